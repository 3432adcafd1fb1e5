use serde_json::json;

use super::*;

/// Shared with the JavaScript client.
const EXAMPLES: &str = include_str!("../../../tests/fingerprints.json");

fn examples(kind: &str) -> Vec<Value> {
    let examples: Value = serde_json::from_str(EXAMPLES).expect("JSON");
    examples[kind].as_array().expect("a list").clone()
}

#[track_caller]
fn shape(schema: &Value) -> Shape {
    Shape::of(schema).expect("a shape")
}

#[test]
fn the_fingerprint_changes_with_the_shape_and_with_nothing_else() {
    for example in examples("cases") {
        let [before, after] = ["before", "after"].map(|key| shape(&example[key]));
        let changed = before.fingerprint() != after.fingerprint();
        assert_eq!(example["changed"], changed, "{}: {} {}", example["name"], before.canonical(), after.canonical());
    }
}

#[test]
fn canonical_texts_and_fingerprints_are_those_that_clients_compute() {
    for example in examples("exact") {
        let shape = shape(&example["schema"]);
        assert_eq!(example["canonical"], shape.canonical(), "{}", example["name"]);
        assert_eq!(example["fingerprint"], shape.fingerprint(), "{}", example["name"]);
    }
}

#[test]
fn a_repetition_leads_back_to_what_it_repeats() {
    let schema = json!({"properties": {
        "name": {"type": "string"},
        "groups": {"items": {"properties": {"parts": {"additionalProperties": {"$ref": "#"}}}}}
    }});
    let shape = shape(&schema);
    let root = Within::root(&shape);
    let groups = root.member("groups").expect("groups");
    let group = groups.element(7).expect("a group");
    let parts = group.member("parts").expect("parts");
    let part = parts.member("anything").expect("a part");
    assert!(std::ptr::eq(part.shape(), root.shape()));
    assert!(part.member("groups").is_some() && part.member("parts").is_none() && group.element(0).is_none());
}

#[test]
fn only_names_that_are_told_close_an_object() {
    let closed = |schema: Value| shape(&schema).is_closed();
    assert!(closed(json!({"properties": {"a": {}}})));
    assert!(closed(json!({"properties": {"a": false}, "additionalProperties": false})));
    assert!(closed(json!({"$ref": "#/$defs/a", "$defs": {"a": {"patternProperties": {"^a": {}}}}})));
    assert!(!closed(json!({"type": "object"})));
    assert!(!closed(json!({"properties": {}})));
    assert!(!closed(json!({"properties": {"a": {}}, "additionalProperties": true})));
    assert!(!closed(json!({"properties": {"a": {}}, "allOf": [{"unevaluatedProperties": {"type": "string"}}]})));
}

#[test]
fn a_choice_of_countries_asked_often_is_not_too_complex() {
    let countries: Vec<_> = (0..200).map(|number| json!({"const": number.to_string()})).collect();
    let questions: serde_json::Map<_, _> =
        (0..300).map(|number| (format!("q{number}"), json!({"$ref": "#/$defs/country"}))).collect();
    let schema = json!({"properties": questions, "$defs": {"country": {"oneOf": countries}}});
    assert!(shape(&schema).canonical().len() > 1000);
}

#[test]
fn what_grows_without_measure_is_refused() {
    let doubling = |keyword: &str| {
        let definitions: serde_json::Map<_, _> = (0..40)
            .map(|number| {
                let next = json!({"$ref": format!("#/$defs/d{}", number + 1)});
                let body = match keyword {
                    "allOf" => json!({"allOf": [next, next]}),
                    _ => json!({"properties": {"a": next, "b": next}}),
                };
                (format!("d{number}"), body)
            })
            .collect();
        json!({"$ref": "#/$defs/d0", "$defs": definitions})
    };
    let wrapped = (0..40).fold(json!({"type": "string"}), |schema, _| json!({"allOf": [schema]}));
    let twice_itself = json!({"anyOf": [{"properties": {"a": {"$ref": "#"}}}, {"properties": {"a": {"$ref": "#"}}}]});
    let wide: Vec<_> = (0..10_001).map(|_| json!({})).collect();
    for schema in [doubling("allOf"), doubling("properties"), wrapped, twice_itself, json!({"prefixItems": wide})] {
        assert_eq!(Shape::of(&schema).map(|shape| shape.canonical().len()), Err(TooComplex));
    }
}

#[test]
fn what_is_no_schema_says_nothing() {
    for schema in [json!(null), json!([1]), json!("x"), json!({"type": 3, "properties": [1], "allOf": {}, "$ref": 7})] {
        shape(&schema).fingerprint();
    }
}
