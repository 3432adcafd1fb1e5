//! The schemas within a JSON Schema, and which of them a reference names.
//!
//! Only references within the document are known: `#`, `#/$defs/name` and `#anchor`. `$dynamicRef` is read like `$ref`,
//! which is the same as long as the document is one resource; `schema` refuses any other.

use std::collections::HashMap;

use serde_json::Value;

/// Keywords whose value is a schema.
const SCHEMA: [&str; 12] = [
    "additionalProperties",
    "contains",
    "contentSchema",
    "else",
    "if",
    "items",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
    "additionalItems",
];
/// Keywords whose value is a list of schemas.
const LIST: [&str; 4] = ["allOf", "anyOf", "oneOf", "prefixItems"];
/// Keywords whose value is an object of schemas.
const OBJECT: [&str; 5] = ["$defs", "definitions", "dependentSchemas", "patternProperties", "properties"];

/// A schema document, in which references are looked up.
#[derive(Debug)]
pub struct Document<'a> {
    root: &'a Value,
    anchors: HashMap<&'a str, &'a Value>,
}

impl<'a> Document<'a> {
    /// Reads the anchors of the document.
    pub fn of(root: &'a Value) -> Self {
        let mut anchors = HashMap::new();
        let mut waiting = vec![root];
        while let Some(schema) = waiting.pop() {
            for keyword in ["$anchor", "$dynamicAnchor"] {
                if let Some(name) = schema.get(keyword).and_then(Value::as_str) {
                    anchors.insert(name, schema);
                }
            }
            waiting.extend(parts(schema).into_iter().map(|(_, part)| part));
        }
        Self { root, anchors }
    }

    /// What a reference names, if it names a schema of this document.
    pub fn target(&self, reference: &str) -> Option<&'a Value> {
        let fragment = percent_decoded(reference.strip_prefix('#')?)?;
        let target = match fragment.is_empty() || fragment.starts_with('/') {
            true => self.root.pointer(&fragment)?,
            false => self.anchors.get(fragment.as_str())?,
        };
        (target.is_object() || target.is_boolean()).then_some(target)
    }
}

/// The references of a schema itself.
pub fn references(schema: &Value) -> impl Iterator<Item = (&'static str, &str)> {
    ["$ref", "$dynamicRef"].into_iter().filter_map(|keyword| Some((keyword, schema.get(keyword)?.as_str()?)))
}

/// The schemas directly within a schema, each with its JSON Pointer from there.
pub fn parts(schema: &Value) -> Vec<(String, &Value)> {
    let mut parts = Vec::new();
    for keyword in SCHEMA {
        parts.extend(schema.get(keyword).map(|part| (format!("/{keyword}"), part)));
    }
    for keyword in LIST {
        let list = schema.get(keyword).and_then(Value::as_array).into_iter().flatten().enumerate();
        parts.extend(list.map(|(index, part)| (format!("/{keyword}/{index}"), part)));
    }
    for keyword in OBJECT {
        let members = schema.get(keyword).and_then(Value::as_object).into_iter().flatten();
        parts.extend(members.map(|(name, part)| (joined(&format!("/{keyword}"), name), part)));
    }
    parts
}

/// The JSON Pointer of a member.
pub fn joined(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// A fragment as it is meant; none if it is not valid.
pub fn percent_decoded(text: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'%' {
            decoded.push(*first);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2)?;
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        decoded.push(digit(digits[0])? * 16 + digit(digits[1])?);
        rest = after;
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_name_pointers_and_anchors_of_the_document() {
        let schema = json!({
            "title": "t",
            "$defs": {"a/b": {"$anchor": "here", "type": "string"}, "é": true},
            "properties": {"default": {"$dynamicAnchor": "there"}},
            "default": {"$anchor": "data"}
        });
        let document = Document::of(&schema);
        assert_eq!(document.target("#"), Some(&schema));
        assert_eq!(document.target("#/$defs/a~1b"), Some(&schema["$defs"]["a/b"]));
        assert_eq!(document.target("#/%24defs/%C3%A9"), Some(&json!(true)));
        assert_eq!(document.target("#here"), Some(&schema["$defs"]["a/b"]));
        assert_eq!(document.target("#there"), Some(&schema["properties"]["default"]));
        for nowhere in ["#/nothing", "#data", "#/title", "other", "https://example.com/#", "#%2", "#%ff", ""] {
            assert_eq!(document.target(nowhere), None, "{nowhere}");
        }
    }
}
