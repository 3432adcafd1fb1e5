//! Walks through an instance together with the shape that it should have.

use std::collections::HashMap;

use jsonschema::Validator;
use serde_json::{Value, json};

use super::{
    Misfit, SchemaError,
    findings::{Findings, Unfit},
    phrases::{MISSING, OUT_OF_PLACE, UNKNOWN},
    validator,
};
use crate::{
    problem::MOST_ERRORS,
    surveys::shape::{Shape, Within, references::joined},
};

/// The patterns of a schema, each as a validator: so that a name is matched exactly as in validation.
#[derive(Debug)]
pub struct Patterns(HashMap<String, Validator>);

impl Patterns {
    /// Compiles those of a shape.
    pub fn of(shape: &Shape) -> Result<Self, SchemaError> {
        let compiled = |pattern: &str| Ok((pattern.to_owned(), validator(&json!({ "pattern": pattern }))?));
        shape.all_patterns().into_iter().map(compiled).collect::<Result<_, _>>().map(Self)
    }

    /// Whether a shape speaks of members of that name, by name or by pattern.
    fn know(&self, within: Option<&Within<'_>>, name: &str) -> bool {
        let Some(within) = within else { return false };
        let text = Value::from(name);
        let fits = |pattern: &str| self.0.get(pattern).is_some_and(|pattern| pattern.is_valid(&text));
        within.names(name) || within.shape().patterns().any(fits)
    }
}

/// How many errors a value can cause at worst, with all within it.
pub fn readings(value: &Value, within: Option<&Within<'_>>) -> usize {
    let Some(within) = within else { return 0 };
    let within_it: usize = match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| within.shape().name_readings() + readings(member, within.member(name).as_ref()))
            .sum(),
        Value::Array(elements) => {
            elements.iter().enumerate().map(|(index, element)| readings(element, within.element(index).as_ref())).sum()
        }
        _ => 0,
    };
    within.shape().readings() + within_it
}

/// Puts errors into the order of the instance.
pub struct Listing<'a> {
    /// What is wrong.
    pub findings: &'a Findings,
    /// The schema's.
    pub patterns: &'a Patterns,
    /// What has been listed so far.
    pub errors: Vec<Misfit>,
}

impl Listing<'_> {
    /// Lists what is wrong with a value, with all within it, and with what is missing from it.
    pub fn walk(&mut self, value: &Value, within: Option<&Within<'_>>, pointer: &str) {
        if self.errors.len() >= MOST_ERRORS {
            return;
        }
        let findings = self.findings;
        for phrase in findings.said.get(pointer).into_iter().flatten() {
            self.add(pointer, phrase);
        }
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    let pointer = joined(pointer, name);
                    if findings.unread.contains(&pointer) {
                        self.add_unread(&pointer, self.patterns.know(within, name));
                    }
                    self.walk(member, within.and_then(|within| within.member(name)).as_ref(), &pointer);
                }
            }
            Value::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    let within = within.and_then(|within| within.element(index));
                    self.walk(element, within.as_ref(), &format!("{pointer}/{index}"));
                }
            }
            _ => {}
        }
        for name in findings.missing.get(pointer).into_iter().flatten() {
            self.add(&joined(pointer, name), MISSING);
        }
    }

    fn add_unread(&mut self, pointer: &str, known: bool) {
        match known {
            false => self.add(pointer, UNKNOWN),
            // As long as anything else is wrong, the schema that knows it may be the one that does not fit yet.
            true if self.findings.has_only_unread() => self.add(pointer, OUT_OF_PLACE),
            true => {}
        }
    }

    fn add(&mut self, pointer: &str, detail: &str) {
        let error = Misfit { pointer: pointer.to_owned(), detail: detail.to_owned() };
        if self.errors.len() < MOST_ERRORS && !self.errors.contains(&error) {
            self.errors.push(error);
        }
    }
}

/// Collects what has to be dropped from an instance.
pub struct Dropping<'a> {
    /// What does not fit.
    pub unfit: &'a Unfit,
    /// The schema's.
    pub patterns: &'a Patterns,
    /// What has been collected so far.
    pub dropped: Vec<String>,
}

impl Dropping<'_> {
    /// Collects from a value and all within it. True if the value itself is dropped.
    pub fn walk(&mut self, value: &Value, within: Option<&Within<'_>>, pointer: &str) -> bool {
        if self.unfit.values.contains(pointer) {
            self.dropped.push(pointer.to_owned());
            return true;
        }
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    self.member(name, member, within, joined(pointer, name));
                }
                false
            }
            Value::Array(elements) => self.elements(elements, within, pointer),
            _ => false,
        }
    }

    fn member(&mut self, name: &str, member: &Value, within: Option<&Within<'_>>, pointer: String) {
        let is_closed = within.is_some_and(|within| within.shape().is_closed());
        // One that is known has not been read because the schema that knows it does not fit: a limit may be the cause.
        let may_be_unknown = is_closed || self.unfit.unread.contains(&pointer);
        if may_be_unknown && !self.patterns.know(within, name) {
            return self.dropped.push(pointer);
        }
        self.walk(member, within.and_then(|within| within.member(name)).as_ref(), &pointer);
    }

    /// A list in which the position has a meaning is dropped as a whole.
    fn elements(&mut self, elements: &[Value], within: Option<&Within<'_>>, pointer: &str) -> bool {
        let before = self.dropped.len();
        let positions = within.map_or(0, |within| within.shape().tuple_length());
        let mut is_broken = false;
        for (index, element) in elements.iter().enumerate() {
            let within = within.and_then(|within| within.element(index));
            let is_dropped = self.walk(element, within.as_ref(), &format!("{pointer}/{index}"));
            is_broken |= is_dropped && index < positions;
        }
        if !is_broken || pointer.is_empty() {
            return false;
        }
        self.dropped.truncate(before);
        self.dropped.push(pointer.to_owned());
        true
    }
}
