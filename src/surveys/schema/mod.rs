//! A survey's JSON Schema (2020-12), compiled: what in an instance does not fit it.
//!
//! `format` is an annotation, as in 2020-12 by default: nothing is checked against it.

mod checks;
mod findings;
mod phrases;
mod walks;

use std::{borrow::Cow, cmp::Reverse, fmt};

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

pub use self::phrases::MISSING;
use self::{
    findings::{Findings, Unfit},
    phrases::TOO_MUCH,
    walks::Patterns,
};
use crate::surveys::shape::{Shape, Within, references::joined};

/// How many errors an instance may cause at worst to have all of them looked for. An error takes a few hundred bytes,
/// and a list of a hundred thousand wrong choices among two hundred countries would take gigabytes.
const MOST_READINGS: usize = 200_000;
/// How large a pattern may become when compiled, in bytes: enough for `^\p{L}{1,50}$`.
const LARGEST_PATTERN: usize = 4 << 20;
/// Patterns below this size are small, and there may be so many of them; and so many that are larger.
const SMALL_PATTERN: usize = 128 << 10;
const MOST_PATTERNS: usize = 200;
const MOST_LARGE_PATTERNS: usize = 8;

/// A compiled schema.
#[derive(Debug)]
pub struct Schema {
    validator: Validator,
    shape: Shape,
    patterns: Patterns,
}

/// Why a schema cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaError {
    /// JSON Pointer into the schema; empty for the schema itself.
    pub place: String,
    /// What is wrong there; follows the place in a sentence.
    pub detail: String,
}

impl fmt::Display for SchemaError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place.as_str() {
            "" => write!(formatter, "the schema {}", self.detail),
            place => write!(formatter, "{place} {}", self.detail),
        }
    }
}

impl std::error::Error for SchemaError {}

/// A value that does not fit, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// JSON Pointer into the instance; empty for the instance itself.
    pub pointer: String,
    /// What is wrong with it, to be read after its name. Never repeats the value.
    pub detail: String,
}

impl Schema {
    /// Compiles a schema, or says what is wrong with it.
    pub fn compile(schema: &Value) -> Result<Self, SchemaError> {
        checks::check(schema)?;
        let shape =
            Shape::of(schema).map_err(|error| SchemaError { place: String::new(), detail: error.to_string() })?;
        let patterns = Patterns::of(&shape)?;
        Ok(Self { validator: validator(schema)?, shape, patterns })
    }

    /// What the schema asks for, without limits and texts.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Everything that is wrong with an instance, in its order; the first hundred errors.
    pub fn errors(&self, instance: &Value) -> Vec<Misfit> {
        if self.validator.is_valid(instance) {
            return Vec::new();
        }
        let Some((checked, left_out)) = self.checkable(instance) else {
            return vec![Misfit { pointer: String::new(), detail: TOO_MUCH.to_owned() }];
        };
        let mut findings = Findings::of(self.validator.iter_errors(&checked), &checked);
        for name in left_out {
            findings.missing.entry(String::new()).or_default().retain(|missing| missing != name);
            findings.say(joined("", name), TOO_MUCH);
        }
        let mut listing = walks::Listing { findings: &findings, patterns: &self.patterns, errors: Vec::new() };
        listing.walk(instance, Some(&Within::root(&self.shape)), "");
        listing.errors
    }

    /// JSON Pointers of the values of a saved draft that do not fit the form any more: a client can show the draft
    /// without them. Values that a participant can mend, such as a text that is too long, stay. So does the draft itself.
    pub fn misfits(&self, instance: &Value) -> Vec<String> {
        let Some((checked, left_out)) = self.checkable(instance) else { return Vec::new() };
        let mut unfit = match self.validator.is_valid(&checked) {
            true => Unfit::default(),
            false => Unfit::of(self.validator.iter_errors(&checked), &checked),
        };
        unfit.values.extend(left_out.iter().map(|name| joined("", name)));
        unfit.values.remove("");
        let mut dropping = walks::Dropping { unfit: &unfit, patterns: &self.patterns, dropped: Vec::new() };
        dropping.walk(instance, Some(&Within::root(&self.shape)), "");
        dropping.dropped
    }

    /// The part of an instance whose errors are not too many to look for, and the names of the members left out, the
    /// worst first. None if it is no object of which some could be left out.
    fn checkable<'a>(&self, instance: &'a Value) -> Option<(Cow<'a, Value>, Vec<&'a str>)> {
        let root = Within::root(&self.shape);
        let mut readings = walks::readings(instance, Some(&root));
        if readings <= MOST_READINGS {
            return Some((Cow::Borrowed(instance), Vec::new()));
        }
        let mut members: Vec<_> = instance
            .as_object()?
            .iter()
            .map(|(name, member)| (name.as_str(), walks::readings(member, root.member(name).as_ref())))
            .collect();
        members.sort_by_key(|(_, readings)| Reverse(*readings));
        let mut kept = instance.as_object()?.clone();
        let mut left_out = Vec::new();
        for (name, member) in members {
            if readings <= MOST_READINGS {
                break;
            }
            kept.remove(name);
            left_out.push(name);
            readings -= member;
        }
        (readings <= MOST_READINGS).then_some((Cow::Owned(Value::Object(kept)), left_out))
    }
}

/// A validator with our options. The references of a schema that has been checked stay within it, whatever its `$id`.
fn validator(schema: &Value) -> Result<Validator, SchemaError> {
    validator_with(schema, LARGEST_PATTERN)
}

/// The same with patterns of another size at most.
fn validator_with(schema: &Value, largest_pattern: usize) -> Result<Validator, SchemaError> {
    let mut schema = schema.clone();
    if let Some(keywords) = schema.as_object_mut() {
        keywords.remove("$id");
    }
    // The `regex` engine takes time linear in the text. `fancy_regex` would know look-around and back-references too,
    // but each text may then take a million steps before it gives up, and a list has many texts.
    let patterns = PatternOptions::regex().size_limit(largest_pattern);
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .with_pattern_options(patterns)
        .should_validate_formats(false)
        .offline()
        .build(&schema)
        .map_err(|error| SchemaError {
            place: error.instance_path().as_str().to_owned(),
            detail: format!("cannot be compiled: {}", error.masked()),
        })
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
