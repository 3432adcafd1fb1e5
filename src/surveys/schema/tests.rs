use std::{
    thread,
    time::{Duration, Instant},
};

use proptest::prelude::*;
use serde_json::json;

use super::*;

#[track_caller]
fn schema(schema: Value) -> Schema {
    Schema::compile(&schema).expect("a schema")
}

#[track_caller]
fn errors(definition: Value, instance: Value) -> Vec<(String, String)> {
    schema(definition).errors(&instance).into_iter().map(|error| (error.pointer, error.detail)).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(pointer, detail)| (pointer.to_string(), detail.to_string())).collect()
}

#[track_caller]
fn misfits(definition: Value, instance: Value) -> Vec<String> {
    schema(definition).misfits(&instance)
}

#[test]
fn a_schema_can_be_shared_by_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Schema>();
}

#[test]
fn a_schema_that_cannot_be_compiled_is_refused_with_its_place() {
    let refused = |definition: Value| {
        let error = Schema::compile(&definition).expect_err("an error");
        (error.place, error.detail)
    };
    let draft = "must be https://json-schema.org/draft/2020-12/schema, or be left out";
    let within = "must be a reference within this schema, such as #/$defs/name";
    let pattern = "must be a regular expression of moderate size, without look-around and back-references";
    let types = "must be string, number, integer, boolean, object, array or null, or a list of these";
    for (definition, place, detail) in [
        (json!({"$schema": "http://json-schema.org/draft-07/schema#"}), "/$schema", draft),
        (json!({"properties": {"a": {"$schema": "http://json-schema.org/schema"}}}), "/properties/a/$schema", draft),
        (json!({"properties": {"age": {"type": "strin"}}}), "/properties/age/type", types),
        (json!({"$defs": {"a/b": {"$ref": "https://example.com/x"}}}), "/$defs/a~1b/$ref", within),
        (json!({"items": {"$ref": "file:///etc/passwd"}}), "/items/$ref", within),
        (json!({"items": {"$dynamicRef": "other#x"}}), "/items/$dynamicRef", within),
        (json!({"items": {"$ref": "#/$defs/x"}}), "/items/$ref", "names nothing in this schema"),
        (json!({"$ref": "#/x/y", "x": {"y": {"$ref": "#z"}}}), "/x/y/$ref", "names nothing in this schema"),
        (json!({"$defs": {"x": {"$id": "x"}}}), "/$defs/x/$id", "must be left out: only the whole schema may have one"),
        (json!({"properties": {"a": {"pattern": "("}}}), "/properties/a/pattern", pattern),
        (json!({"properties": {"a": {"pattern": "^(a|a)*\\1$"}}}), "/properties/a/pattern", pattern),
        (json!({"pattern": "((\\p{L}{1,99}){1,99}){1,99}"}), "/pattern", pattern),
        (json!({"patternProperties": {"a/(": {}}}), "/patternProperties/a~1(", pattern),
    ] {
        assert_eq!(refused(definition), (place.to_owned(), detail.to_owned()));
    }
    let not_valid = |what: &str| format!("is not valid JSON Schema 2020-12: {what}");
    assert_eq!(refused(json!([])), (String::new(), not_valid(r#"it is not of types "boolean", "object""#)));
    assert_eq!(
        refused(json!({"items": {"minLength": -1}})),
        ("/items/minLength".into(), not_valid("it is less than the minimum of 0"))
    );
    let endless = json!({"anyOf": [{"properties": {"a": {"$ref": "#"}}}, {"properties": {"a": {"$ref": "#"}}}]});
    assert_eq!(refused(endless).0, "");
    assert_eq!(
        Schema::compile(&json!({"items": {"$ref": "#x"}})).expect_err("an error").to_string(),
        "/items/$ref names nothing in this schema"
    );
}

#[test]
fn the_patterns_of_a_schema_are_bounded_together() {
    let with = |patterns: Vec<String>| {
        let properties =
            patterns.into_iter().enumerate().map(|(n, pattern)| (format!("p{n}"), json!({"pattern": pattern})));
        Schema::compile(&json!({"properties": properties.collect::<serde_json::Map<_, _>>()}))
    };
    let large = |n: usize| format!("^\\p{{L}}{{1,50}}{n}$");
    with((0..8).map(large).collect()).expect("eight large ones");
    with(vec![large(0); 60]).expect("one, however often");
    let error = with((0..9).map(large).collect()).expect_err("too many large ones");
    assert!(error.detail.contains("one pattern too many"), "{error:?}");
    with((0..200).map(|n| format!("^a{n}$")).collect()).expect("two hundred small ones");
    with((0..201).map(|n| format!("^a{n}$")).collect()).expect_err("too many");
}

#[test]
fn what_only_looks_like_a_reference_is_no_error() {
    for definition in [
        json!(true),
        json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://example.com/form", "$ref": "#"}),
        json!({"$id": "https://json-schema.org/draft/2020-12/schema", "items": {"$ref": "#/$defs/x"}, "$defs": {"x": {}}}),
        json!({"const": {"$ref": "https://example.com", "$id": "x"}, "default": {"$ref": "#/x", "pattern": "("}}),
        json!({"properties": {"$ref": {"type": "string"}, "$id": {}, "pattern": {"pattern": "^\\p{L}{1,50}$"}}}),
        json!({"items": {"$ref": "#/definitions/x"}, "definitions": {"x": {"$anchor": "y", "items": {"$ref": "#y"}}}}),
        json!({"$dynamicAnchor": "node", "properties": {"children": {"items": {"$dynamicRef": "#node"}}}}),
    ] {
        schema(definition).errors(&json!({"a": [1]}));
    }
}

#[test]
fn every_error_has_a_phrase_of_ours() {
    for (keywords, instance, detail) in [
        (json!({"type": "string"}), json!(1), "must be a text"),
        (json!({"type": "integer"}), json!(1.5), "must be an integer"),
        (json!({"type": ["number", "null"]}), json!("x"), "must be null or a number"),
        (json!({"type": ["boolean", "array", "object"]}), json!("x"), "must be true or false or a list or an object"),
        (json!({"enum": [1]}), json!(2), "must be one of the values that the survey allows"),
        (json!({"const": 1}), json!(2), "must be one of the values that the survey allows"),
        (json!({"oneOf": [{"const": 1}, {"const": 2}]}), json!(3), "must be one of the values that the survey allows"),
        (
            json!({"anyOf": [{"type": "string"}, {"type": "null"}]}),
            json!(3),
            "must fit one of the forms that the survey allows",
        ),
        (
            json!({"oneOf": [{"type": "string"}, {"const": 4}]}),
            json!(3),
            "must fit one of the forms that the survey allows",
        ),
        (json!({"oneOf": [true, true]}), json!(3), "must fit only one of the forms that the survey allows"),
        (json!({"maxLength": 20}), json!("x".repeat(21)), "must have 20 characters at most"),
        (json!({"minLength": 1}), json!(""), "must have 1 character at least"),
        (json!({"pattern": "^a"}), json!("b"), "must match the survey's pattern"),
        (json!({"minimum": 3}), json!(2), "must be 3 or more"),
        (json!({"maximum": 3}), json!(4), "must be 3 or less"),
        (json!({"exclusiveMinimum": 0.5}), json!(0.5), "must be more than 0.5"),
        (json!({"exclusiveMaximum": 3}), json!(3), "must be less than 3"),
        (json!({"multipleOf": 5}), json!(3), "must be a multiple of 5"),
        (json!({"maxItems": 1}), json!([1, 2]), "must have 1 element at most"),
        (json!({"minItems": 2}), json!([]), "must have 2 elements at least"),
        (json!({"uniqueItems": true}), json!([1, 1]), "must not have the same element twice"),
        (json!({"unevaluatedItems": false}), json!([1]), "has elements for which the survey has no place"),
        (json!({"maxProperties": 0}), json!({"a": 1}), "must have 0 members at most"),
        (json!({"minProperties": 1}), json!({}), "must have 1 member at least"),
        (
            json!({"propertyNames": {"maxLength": 1}}),
            json!({"aa": 1}),
            "has a member whose name the survey does not allow",
        ),
        (json!(false), json!(1), "must be left out"),
        (json!({"not": {}}), json!(1), "does not fit the survey"),
        (json!({"contains": {"const": 1}}), json!([]), "does not fit the survey"),
    ] {
        assert_eq!(errors(json!({"properties": {"q": keywords}}), json!({"q": instance})), pairs(&[("/q", detail)]));
    }
    assert_eq!(errors(json!({"format": "email", "contentMediaType": "application/json"}), json!("x")), pairs(&[]));
}

#[test]
fn errors_about_members_point_at_the_members() {
    let unknown = "is not a question of this survey";
    assert_eq!(
        errors(json!({"required": ["b", "a/~"]}), json!({"a": 1})),
        pairs(&[("/b", "is missing"), ("/a~1~0", "is missing")])
    );
    assert_eq!(errors(json!({"dependentRequired": {"a": ["b"]}}), json!({"a": 1})), pairs(&[("/b", "is missing")]));
    for closing in [
        json!({"additionalProperties": false}),
        json!({"properties": {"b": {}}, "additionalProperties": false}),
        json!({"patternProperties": {"^b": {}}, "additionalProperties": false}),
        json!({"allOf": [{"properties": {"b": {}}}], "unevaluatedProperties": false}),
        json!({"properties": {"b": {}}, "unevaluatedProperties": {"type": "string"}}),
        json!({"propertyNames": false}),
    ] {
        assert_eq!(errors(json!({"items": closing}), json!([{"a/": 1}])), pairs(&[("/0/a~1", unknown)]));
    }
    let forbidden = json!({"properties": {"additionalProperties": false}});
    assert_eq!(
        errors(forbidden, json!({"additionalProperties": {"a": 1}})),
        pairs(&[("/additionalProperties", "must be left out")])
    );
}

#[test]
fn a_known_member_is_not_called_unknown_because_of_another_error() {
    let definition = json!({
        "oneOf": [
            {"properties": {"kind": {"const": "a"}, "text": {"maxLength": 1}}, "required": ["kind"]},
            {"properties": {"kind": {"const": "b"}, "number": {}}, "required": ["kind"]}
        ],
        "unevaluatedProperties": false
    });
    assert_eq!(
        errors(definition.clone(), json!({"kind": "a", "text": "long", "other": 1})),
        pairs(&[
            ("", "must fit one of the forms that the survey allows"),
            ("/other", "is not a question of this survey")
        ])
    );
    assert_eq!(
        errors(definition.clone(), json!({"kind": "a", "number": 1})),
        pairs(&[("/number", "does not go together with the other answers")])
    );
    assert_eq!(misfits(definition, json!({"kind": "a", "text": "long", "other": 1})), ["/other"]);
}

#[test]
fn errors_are_in_the_order_of_the_instance_without_duplicates_and_a_hundred_at_most() {
    let definition = json!({
        "allOf": [{"properties": {"c": {"type": "string"}}}, {"$ref": "#/$defs/more"}],
        "properties": {"c": {"type": "string"}, "a": {"items": {"type": "integer"}}},
        "required": ["b"],
        "$defs": {"more": {"required": ["b"], "minProperties": 5}}
    });
    let expected = pairs(&[
        ("", "must have 5 members at least"),
        ("/a/2", "must be an integer"),
        ("/a/10", "must be an integer"),
        ("/c", "must be a text"),
        ("/b", "is missing"),
    ]);
    assert_eq!(errors(definition.clone(), json!({"c": 1, "a": [1, 2, "x", 4, 5, 6, 7, 8, 9, 10, "x"]})), expected);
    let many = errors(definition, json!({"a": vec!["x"; 1000]}));
    assert_eq!((many.len(), many.last().map(|error| error.0.as_str())), (100, Some("/a/98")));
}

#[test]
fn members_that_the_form_does_not_name_are_misfits() {
    let address = json!({"properties": {"city": {}}, "patternProperties": {"^x-[0-9]+$": {"properties": {"y": {}}}}});
    let definition = json!({
        "properties": {"name": {}, "free": {"type": "object"}, "open": {"properties": {"a": {}}, "additionalProperties": true}},
        "anyOf": [{"properties": {"address": {"$ref": "#/$defs/address"}}}, {"type": "null"}],
        "$defs": {"address": address}
    });
    let draft = json!({
        "name": {"anything": 1}, "nickname": "x", "free": {"a": 1}, "open": {"b": 1}, "a/b": {"c": 1},
        "address": {"city": "x", "street": "x", "x-1": {"y": 1, "z": 1}, "x-y": 1}
    });
    assert_eq!(
        misfits(definition.clone(), draft),
        ["/a~1b", "/address/street", "/address/x-1/z", "/address/x-y", "/nickname"]
    );
    assert_eq!(misfits(definition, json!({"name": "x"})), Vec::<String>::new());
    assert_eq!(
        misfits(json!({"properties": {"a": {"properties": {"a": {"$ref": "#"}}}}}), json!({"a": {"a": {"b": 1}}})),
        ["/a/a/b"]
    );
}

#[test]
fn values_of_another_type_or_choice_are_misfits_and_what_can_be_mended_is_not() {
    let definition = json!({
        "properties": {
            "type": {"type": "string"},
            "null": {"type": "string"},
            "choice": {"enum": ["a", "b"]},
            "constant": {"const": 1},
            "never": false,
            "labelled": {"oneOf": [{"const": "a"}, {"const": "b"}]},
            "nullable": {"anyOf": [{"type": "null"}, {"properties": {"x": {"type": "string"}, "y": {"maxLength": 1}}, "type": "object"}]},
            "branches": {"anyOf": [{"properties": {"x": {"type": "string"}}}, {"properties": {"x": {"type": "null"}}}]},
            "list": {"items": {"type": "integer"}},
            "deep": {"items": {"properties": {"x": {"type": "integer"}}}},
            "limit": {"maxLength": 1, "pattern": "^[0-9]$", "minimum": 3},
            "required": {"required": ["x"], "minProperties": 2},
            "not": {"not": {"type": "string"}}
        },
        "required": ["nothing"]
    });
    let wrong = json!({
        "type": 1, "null": null, "choice": "c", "constant": 2, "never": 1, "labelled": "c", "nullable": {"x": 1, "y": "long", "z": 1},
        "branches": {"x": 1}, "list": [1, "x", 3], "deep": [{"x": 1}, {"x": "x"}], "limit": "long", "required": {}, "not": "x"
    });
    assert_eq!(
        misfits(definition.clone(), wrong),
        [
            "/choice",
            "/constant",
            "/deep/1/x",
            "/labelled",
            "/list/1",
            "/never",
            "/null",
            "/nullable/x",
            "/nullable/z",
            "/type"
        ]
    );
    assert_eq!(misfits(definition.clone(), json!({"nullable": 5, "limit": 2})), ["/nullable"]);
    assert_eq!(misfits(definition, json!([1])), Vec::<String>::new());
    assert_eq!(misfits(json!({"type": "array", "items": {"type": "string"}}), json!([1, "a"])), ["/0"]);
}

#[test]
fn a_tuple_is_dropped_as_a_whole_and_what_it_holds_with_it() {
    let definition = json!({"properties": {
        "point": {"prefixItems": [{"type": "number"}, {"properties": {"a": {"type": "number"}}}], "items": {"type": "null"}},
        "pairs": {"items": {"prefixItems": [{"prefixItems": [{"type": "number"}]}]}}
    }});
    let misfits = |draft: Value| misfits(definition.clone(), draft);
    assert_eq!(misfits(json!({"point": ["x", {"b": 1}]})), ["/point"]);
    assert_eq!(misfits(json!({"point": [1, {"a": "x", "b": 1}, 5]})), ["/point/1/a", "/point/1/b", "/point/2"]);
    assert_eq!(misfits(json!({"pairs": [[[1]], [["x"]]]})), ["/pairs/1"]);
}

#[test]
fn a_pattern_takes_time_linear_in_the_text() {
    let schema = schema(json!({"items": {"pattern": "^(a+)+$"}}));
    let text = "a".repeat(100_000) + "!";
    let began = Instant::now();
    assert_eq!(schema.errors(&json!([text, text])).len(), 2);
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

#[test]
fn a_value_with_too_many_possible_errors_is_one_error() {
    let countries: Vec<_> = (0..200).map(|number| json!({"const": number.to_string()})).collect();
    let form = schema(json!({
        "properties": {"name": {"type": "string"}, "visited": {"items": {"oneOf": countries}}},
        "required": ["visited", "name"]
    }));
    let draft = json!({"visited": vec![0; 100_000], "name": 5});
    let expected = [("/name", "must be a text"), ("/visited", "has too much in it to be checked")];
    let expected = expected.map(|(pointer, detail)| Misfit { pointer: pointer.into(), detail: detail.into() });
    assert_eq!(form.errors(&draft), expected);
    assert_eq!(form.misfits(&draft), ["/name", "/visited"]);
    assert_eq!(form.errors(&json!({"visited": vec!["7"; 10_000], "name": "x"})), []);
    let list = schema(json!({"items": {"type": "string"}}));
    assert_eq!(list.errors(&json!(vec![0; 300_000])).len(), 1);
    assert_eq!(list.misfits(&json!(vec![0; 300_000])), Vec::<String>::new());
}

#[test]
fn the_deepest_instance_needs_no_more_stack_than_a_thread_of_the_server_has() {
    let wrapped =
        (0..6).fold(json!({"properties": {"a": {"$ref": "#"}}}), |inner, _| json!({"anyOf": [{"allOf": [inner]}]}));
    let deepest = (0..127).fold(json!(1), |inner, _| json!({"a": inner}));
    let check = move || {
        let schema = schema(json!({"allOf": [wrapped], "type": "object", "unevaluatedProperties": false}));
        (schema.errors(&deepest).len(), schema.misfits(&deepest))
    };
    let thread = thread::Builder::new().stack_size(2 << 20).spawn(check).expect("a thread");
    let (errors, misfits) = thread.join().expect("no overflow");
    assert_eq!((errors, misfits.len()), (1, 1));
}

const MARKER: &str = "SECRET";

fn instances() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(|number| json!(format!("{MARKER}{number}"))),
        "[a-z]{0,30}".prop_map(|text| json!(format!("{text}{MARKER}"))),
        Just(json!(987_654_321)),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let name = prop_oneof![Just("a"), Just("b"), Just("c"), Just("d"), Just("e/~"), Just("other")];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(name.prop_map(str::to_owned), inner, 0..6).prop_map(|members| json!(members)),
        ]
    })
}

fn schemas() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!({"type": "integer"})),
        Just(json!({"type": ["string", "null"], "maxLength": 3, "pattern": "^[0-9]+$"})),
        Just(json!({"enum": ["a", 1]})),
        Just(json!({"const": 1})),
        Just(json!(false)),
        Just(json!({"not": {"type": "string"}})),
        Just(json!({"propertyNames": {"maxLength": 0}, "uniqueItems": true, "maxItems": 1})),
        Just(json!({"contains": {"const": 5}, "unevaluatedItems": false, "multipleOf": 7})),
    ];
    leaf.prop_recursive(4, 30, 4, |inner| {
        let (a, b, c) = (inner.clone(), inner.clone(), inner);
        (a, b, c, 0..8).prop_map(|(a, b, c, kind)| match kind {
            0 => json!({"properties": {"a": a, "b": b, "e/~": c}, "required": ["a", "d"]}),
            1 => json!({"properties": {"a": a, "c": b}, "additionalProperties": false}),
            2 => json!({"anyOf": [a, b, c], "unevaluatedProperties": false}),
            3 => json!({"oneOf": [a, b]}),
            4 => json!({"items": a, "properties": {"d": b}}),
            5 => json!({"prefixItems": [a, b], "items": c}),
            6 => json!({"if": a, "then": b, "else": c}),
            _ => json!({"patternProperties": {"^[ab]": a}, "additionalProperties": b, "allOf": [c]}),
        })
    })
}

proptest! {
    #[test]
    fn no_value_of_an_instance_is_told_and_every_pointer_is_right(definition in schemas(), instance in instances()) {
        let schema = Schema::compile(&definition).expect("a schema");
        let errors = schema.errors(&instance);
        prop_assert_eq!(errors.is_empty(), schema.validator.is_valid(&instance));
        for error in &errors {
            prop_assert!(!format!("{error:?}").contains(MARKER) && !error.detail.contains("987654321"), "{:?}", error);
            prop_assert!(error.detail == "is missing" || instance.pointer(&error.pointer).is_some(), "{:?}", error);
        }
        let misfits = schema.misfits(&instance);
        for (index, pointer) in misfits.iter().enumerate() {
            prop_assert!(!pointer.is_empty() && !pointer.contains(MARKER) && instance.pointer(pointer).is_some());
            let within = misfits[index + 1..].iter().any(|other| other.starts_with(&format!("{pointer}/")));
            prop_assert!(!within, "{:?}", misfits);
        }
    }
}
