//! The errors of the jsonschema crate, sorted by the places that they are about.

use std::collections::{HashMap, HashSet};

use jsonschema::{ValidationError, error::ValidationErrorKind as Kind};
use serde_json::Value;

use super::phrases::{UNKNOWN, phrase};
use crate::surveys::shape::references::joined;

/// Everything that is wrong with an instance, by JSON Pointer.
#[derive(Debug, Default)]
pub struct Findings {
    /// What is said of a value.
    pub said: HashMap<String, Vec<String>>,
    /// The names that are missing from an object.
    pub missing: HashMap<String, Vec<String>>,
    /// Members that no schema which fits has read. They may be unknown, or the schema that knows them may not fit.
    pub unread: HashSet<String>,
}

impl Findings {
    /// Sorts errors.
    pub fn of<'a>(errors: impl Iterator<Item = ValidationError<'a>>, instance: &Value) -> Self {
        let mut findings = Self::default();
        for error in errors {
            findings.add(&error, instance);
        }
        findings
    }

    /// Whether there is nothing else wrong than members that have not been read.
    pub fn has_only_unread(&self) -> bool {
        self.said.is_empty() && self.missing.is_empty()
    }

    /// Says something of a value.
    pub fn say(&mut self, pointer: String, phrase: impl Into<String>) {
        self.said.entry(pointer).or_default().push(phrase.into());
    }

    fn add(&mut self, error: &ValidationError<'_>, instance: &Value) {
        let place = error.instance_path().as_str();
        match error.kind() {
            Kind::Required { property } => {
                let name = property.as_str().unwrap_or_default().to_owned();
                self.missing.entry(place.to_owned()).or_default().push(name);
            }
            Kind::UnevaluatedProperties { unexpected } => {
                self.unread.extend(unexpected.iter().map(|name| joined(place, name)));
            }
            _ => match unexpected(error, instance) {
                Some(members) => members.into_iter().for_each(|member| self.say(member, UNKNOWN)),
                None => self.say(place.to_owned(), phrase(error)),
            },
        }
    }
}

/// The values that an instance would fit better without.
#[derive(Debug, Default)]
pub struct Unfit {
    /// Values of the wrong type, or for which there is no place.
    pub values: HashSet<String>,
    /// Members that no schema which fits has read.
    pub unread: HashSet<String>,
}

impl Unfit {
    /// Finds them among errors.
    pub fn of<'a>(errors: impl Iterator<Item = ValidationError<'a>>, instance: &Value) -> Self {
        let mut unfit = Self::default();
        for error in errors {
            unfit.add(&error, instance);
        }
        unfit
    }

    fn add(&mut self, error: &ValidationError<'_>, instance: &Value) {
        let place = error.instance_path().as_str();
        if let Some(members) = unexpected(error, instance) {
            return self.values.extend(members);
        }
        match error.kind() {
            Kind::UnevaluatedProperties { unexpected } => {
                self.unread.extend(unexpected.iter().map(|name| joined(place, name)));
            }
            Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
                let rules_out = |branch: &[ValidationError<'_>]| branch.iter().any(|error| is_unfit_at(error, place));
                let possible: Vec<_> = context.iter().filter(|branch| !rules_out(branch)).collect();
                match possible.as_slice() {
                    [] => self.values.extend([place.to_owned()]),
                    // An object that may be null: as if there were no choice.
                    [only] => only.iter().for_each(|error| self.add(error, instance)),
                    _ => {}
                }
            }
            _ if is_unfit_at(error, place) => self.values.extend([place.to_owned()]),
            _ => {}
        }
    }
}

/// Whether a value cannot be mended without becoming another: its type is wrong, or it is not among those allowed.
fn is_unfit_at(error: &ValidationError<'_>, place: &str) -> bool {
    if error.instance_path().as_str() != place || is_of_all_members(error) {
        return false;
    }
    match error.kind() {
        Kind::Type { .. } | Kind::Enum { .. } | Kind::Constant { .. } | Kind::FalseSchema => true,
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
            context.iter().all(|branch| branch.iter().any(|error| is_unfit_at(error, place)))
        }
        _ => false,
    }
}

/// The members that an error says should not be there.
fn unexpected(error: &ValidationError<'_>, instance: &Value) -> Option<Vec<String>> {
    let place = error.instance_path().as_str();
    match error.kind() {
        Kind::AdditionalProperties { unexpected } => Some(unexpected.iter().map(|name| joined(place, name)).collect()),
        // An `additionalProperties` or `propertyNames` that lets nothing in is reported at the object.
        Kind::FalseSchema if is_of_all_members(error) => {
            let members = instance.pointer(place).and_then(Value::as_object).into_iter().flatten();
            Some(members.map(|(name, _)| joined(place, name)).collect())
        }
        _ => None,
    }
}

/// Whether an error is about every member of an object: jsonschema reports an `additionalProperties` without
/// `properties` and a `propertyNames` that let nothing in as a false schema at the object itself.
fn is_of_all_members(error: &ValidationError<'_>) -> bool {
    let [place, schema] = [error.instance_path().as_str(), error.schema_path().as_str()];
    ["additionalProperties", "propertyNames"].into_iter().any(|keyword| {
        // A member of that name, ruled out by `properties`, is something else.
        let is_member = schema.ends_with(&format!("/properties/{keyword}")) && place.ends_with(&format!("/{keyword}"));
        schema.ends_with(&format!("/{keyword}")) && !is_member
    })
}
