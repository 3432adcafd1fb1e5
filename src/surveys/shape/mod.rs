//! The shape of a JSON Schema (2020-12): names, nesting and types. Titles, limits, patterns, formats, defaults, members
//! of an `enum`, `required`, the order of keys and where a definition stands are no part of it. Two schemas of one shape
//! take each other's drafts.
//!
//! # How a shape is read
//!
//! A *place* is a value that may be in an instance. The schemas that speak of it are those that its container gives,
//! and all that these hold in place: the elements of `allOf`, `anyOf` and `oneOf`, `if`, `then`, `else`, the values of
//! `dependentSchemas`, and what `$ref` and `$dynamicRef` name within the document. A schema that leads back to itself in
//! this way is read once; `true`, `false` and a reference that names nothing say nothing. Of all of them together:
//!
//! - *types*: the names in `type`. A schema without `type` gives the types of its `const` and of the elements of its
//!   `enum`; one without these gives `object` if it has `properties` or `patternProperties`, and `array` if it has
//!   `items` or `prefixItems`. A number without a fraction in a `const` or an `enum` is an `integer`, which counts only
//!   if no schema of the place gives `number`.
//! - *members*: every name in a `properties`, with the shape of all schemas given for it, `false` left out. A name for
//!   which all are `false` is left out.
//! - *rest*: the shape of all schemas in `patternProperties` (`false` left out), `additionalProperties` and
//!   `unevaluatedProperties` (`true` and `false` left out), if there are any.
//! - *tuple*: for each position in a `prefixItems` the shape of all schemas given for it.
//! - *elements*: the shape of all schemas in `items` and `unevaluatedItems` (`true` and `false` left out), if any.
//!
//! A place repeats one around it if the schemas of both that say something (that have `type`, `const`, `enum`,
//! `properties`, `patternProperties`, `additionalProperties`, `unevaluatedProperties`, `prefixItems`, `items` or
//! `unevaluatedItems`) are the same schemas of the document, and there is at least one. Then its shape is only how many
//! levels up that one is: 1 is the place that holds it directly; the nearest counts.
//!
//! # The canonical text
//!
//! JSON without whitespace, with strings as `JSON.stringify` writes them. A shape is an object with these keys in this
//! order, each left out when there is nothing to say: `types` (a sorted list), `members` (a list of pairs
//! `[name, shape]`, sorted by name by UTF-16 code units, as JavaScript's `sort` does), `rest` (a shape), `tuple` (a list
//! of shapes), `elements` (a shape). A repetition is `{"up":levels}`. So `{}` is a place where anything goes.
//!
//! The fingerprint is `1:` and the first 16 hexadecimal digits (lower case) of the SHA-256 of that text in UTF-8. The 1
//! is the version of all of this; `tests/fingerprints.json` has examples.

mod reading;
pub mod references;
mod within;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Write},
};

use serde_json::Value;
use sha2::{Digest, Sha256};

use self::reading::Reader;
pub use self::within::Within;

/// The shape of one place, and of all within it.
#[derive(Debug, Clone, Default)]
pub struct Shape {
    types: BTreeSet<&'static str>,
    members: BTreeMap<String, Shape>,
    rest: Option<Box<Shape>>,
    tuple: Vec<Shape>,
    elements: Option<Box<Shape>>,
    /// How many levels up the shape is that this one repeats; 0 if it is told here.
    up: usize,
    /// Members that are not named here are not expected.
    closed: bool,
    /// The patterns of the names that are told by pattern.
    patterns: BTreeSet<String>,
    /// How many errors a value here can cause, apart from those within it: the schemas and the required names.
    readings: usize,
    /// The same for each name of a member.
    name_readings: usize,
}

/// A schema that refers to itself or branches so much that checking an instance could take for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooComplex;

impl fmt::Display for TooComplex {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(
            "branches, nests or refers to itself so much that checking an answer could take too long; \
             a part may refer to itself along one branch only",
        )
    }
}

impl std::error::Error for TooComplex {}

impl Shape {
    /// Reads the shape of a schema. It need not be valid: what makes no sense says nothing.
    pub fn of(schema: &Value) -> Result<Self, TooComplex> {
        Reader::of(schema).place(&[schema])
    }

    /// A short text that two schemas share if they have the same shape.
    pub fn fingerprint(&self) -> String {
        let digest = Sha256::digest(self.canonical());
        digest.iter().take(8).fold("1:".to_owned(), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    /// The text that the fingerprint is of; the module's documentation describes it.
    pub fn canonical(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    /// Whether members that are not named here are not expected: some are named, and others are not let in expressly.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// The patterns of names here; a name that fits one is as good as named.
    pub fn patterns(&self) -> impl Iterator<Item = &str> {
        self.patterns.iter().map(String::as_str)
    }

    /// How many places the list has whose position has a meaning.
    pub fn tuple_length(&self) -> usize {
        self.tuple.len()
    }

    /// How many errors a value here can cause, apart from those within it.
    pub fn readings(&self) -> usize {
        self.readings
    }

    /// How many errors the name of a member can cause.
    pub fn name_readings(&self) -> usize {
        self.name_readings
    }

    /// All patterns, of this place and of those within it.
    pub fn all_patterns(&self) -> BTreeSet<&str> {
        let within =
            self.members.values().chain(self.rest.as_deref()).chain(&self.tuple).chain(self.elements.as_deref());
        self.patterns().chain(within.flat_map(Self::all_patterns)).collect()
    }

    fn write(&self, text: &mut String) {
        if self.up > 0 {
            // Writing to a String cannot fail.
            let _ = write!(text, "{{\"up\":{}}}", self.up);
            return;
        }
        text.push('{');
        let mut separator = Separator::default();
        if !self.types.is_empty() {
            let types: Vec<_> = self.types.iter().map(|name| format!("\"{name}\"")).collect();
            let _ = write!(text, "{}\"types\":[{}]", separator.next(), types.join(","));
        }
        if !self.members.is_empty() {
            let _ = write!(text, "{}\"members\":[", separator.next());
            let mut members: Vec<_> = self.members.iter().collect();
            members.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
            let mut separator = Separator::default();
            for (name, shape) in members {
                let _ = write!(text, "{}[{},", separator.next(), Value::from(name.as_str()));
                shape.write(text);
                text.push(']');
            }
            text.push(']');
        }
        if let Some(rest) = &self.rest {
            let _ = write!(text, "{}\"rest\":", separator.next());
            rest.write(text);
        }
        if !self.tuple.is_empty() {
            let _ = write!(text, "{}\"tuple\":[", separator.next());
            let mut separator = Separator::default();
            for shape in &self.tuple {
                text.push_str(separator.next());
                shape.write(text);
            }
            text.push(']');
        }
        if let Some(elements) = &self.elements {
            let _ = write!(text, "{}\"elements\":", separator.next());
            elements.write(text);
        }
        text.push('}');
    }
}

/// Nothing the first time, a comma afterwards.
#[derive(Default)]
struct Separator(bool);

impl Separator {
    fn next(&mut self) -> &'static str {
        match std::mem::replace(&mut self.0, true) {
            true => ",",
            false => "",
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
