//! What has to be right with a schema before it is compiled, so that an error names its place.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{MOST_LARGE_PATTERNS, MOST_PATTERNS, SMALL_PATTERN, SchemaError, validator, validator_with};
use crate::surveys::shape::references::{Document, joined, parts, percent_decoded, references};

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Finds the first thing that is wrong with a schema.
pub fn check(schema: &Value) -> Result<(), SchemaError> {
    check_parts(schema)?;
    jsonschema::draft202012::meta::validate(schema).map_err(|error| {
        let place = error.instance_path().as_str().to_owned();
        let detail = match place.ends_with("/type") {
            true => "must be string, number, integer, boolean, object, array or null, or a list of these".to_owned(),
            false => format!("is not valid JSON Schema 2020-12: {}", error.masked_with("it")),
        };
        SchemaError { place, detail }
    })
}

/// Checks every schema that is part of the document or that a reference names.
fn check_parts(schema: &Value) -> Result<(), SchemaError> {
    let document = Document::of(schema);
    let (mut seen, mut patterns) = (HashSet::new(), Patterns::default());
    let mut waiting = vec![(String::new(), schema)];
    while let Some((place, schema)) = waiting.pop() {
        if !seen.insert(std::ptr::from_ref(schema)) {
            continue;
        }
        check_identity(schema, &place)?;
        patterns.check(schema, &place)?;
        for (keyword, reference) in references(schema) {
            let Some(target) = document.target(reference) else {
                let detail = match reference.starts_with('#') {
                    true => "names nothing in this schema",
                    false => "must be a reference within this schema, such as #/$defs/name",
                };
                return Err(error(joined(&place, keyword), detail));
            };
            // An anchor is found in its own place; a pointer may lead to where no schema is expected.
            let pointer = percent_decoded(reference.trim_start_matches('#')).filter(|text| text.starts_with('/'));
            waiting.extend(pointer.map(|pointer| (pointer, target)));
        }
        waiting.extend(parts(schema).into_iter().map(|(pointer, part)| (format!("{place}{pointer}"), part)));
    }
    Ok(())
}

/// One document, one draft: references would mean something else below another `$id`.
fn check_identity(schema: &Value, place: &str) -> Result<(), SchemaError> {
    let draft =
        schema.get("$schema").filter(|draft| draft.as_str().map(|text| text.trim_end_matches('#')) != Some(DRAFT));
    if draft.is_some() {
        return Err(error(joined(place, "$schema"), &format!("must be {DRAFT}, or be left out")));
    }
    if !place.is_empty() && schema.get("$id").is_some() {
        return Err(error(joined(place, "$id"), "must be left out: only the whole schema may have one"));
    }
    Ok(())
}

/// The patterns of a schema, each once: all of them are kept compiled as long as the survey is in use.
#[derive(Default)]
struct Patterns {
    seen: HashSet<String>,
    large: usize,
}

impl Patterns {
    fn check(&mut self, schema: &Value, place: &str) -> Result<(), SchemaError> {
        let own = schema.get("pattern").and_then(Value::as_str).map(|pattern| (joined(place, "pattern"), pattern));
        let names = schema.get("patternProperties").and_then(Value::as_object).into_iter().flatten();
        let of_names =
            names.map(|(pattern, _)| (joined(&format!("{place}/patternProperties"), pattern), pattern.as_str()));
        for (place, pattern) in own.into_iter().chain(of_names) {
            if !self.seen.insert(pattern.to_owned()) {
                continue;
            }
            let schema = json!({ "pattern": pattern });
            if validator_with(&schema, SMALL_PATTERN).is_err() {
                if validator(&schema).is_err() {
                    let detail =
                        "must be a regular expression of moderate size, without look-around and back-references";
                    return Err(error(place, detail));
                }
                self.large += 1;
            }
            if self.large > MOST_LARGE_PATTERNS || self.seen.len() > MOST_PATTERNS {
                let detail =
                    "is one pattern too many: 200 different ones at most, 8 of them large (such as \\p{L}{1,50})";
                return Err(error(place, detail));
            }
        }
        Ok(())
    }
}

fn error(place: String, detail: &str) -> SchemaError {
    SchemaError { place, detail: detail.to_owned() }
}
