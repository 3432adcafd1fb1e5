//! Schemas and screens in survey files: what is wrong with them is said at the import, with its place.

use serde_json::{Value, json};

use crate::support::{Server, TestDatabase, command::formprogress_with};

on_both_databases![
    database:
    a_schema_that_cannot_be_used_is_refused_with_its_place,
    screens_that_cannot_be_used_are_refused_with_their_place,
    a_refused_import_leaves_the_survey_as_it_is,
    a_survey_shows_the_fingerprint_of_its_schema,
    what_a_file_does_not_say_of_schema_and_screens_stays_and_null_removes_it,
    a_file_that_says_nothing_new_of_the_shape_keeps_the_fingerprint,
    a_definition_cannot_have_a_fingerprint_of_its_own,
    a_schema_may_refer_to_its_own_parts_and_name_its_draft,
];

fn import(database: &TestDatabase, file: &Value) -> crate::support::command::Ended {
    formprogress_with(&["survey", "import", "-"], &[("DATABASE_URL", database.url())], &file.to_string())
}

/// Survey 7 with these members beside those that it must have.
fn file(members: Value) -> Value {
    let mut file = json!({"id": 7, "name": "Commuting", "definition": {}});
    file.as_object_mut().expect("it is an object").extend(members.as_object().expect("members").clone());
    file
}

async fn a_schema_that_cannot_be_used_is_refused_with_its_place(database: &TestDatabase) {
    let deep = (0..200).fold(json!({}), |inner, _| json!({"properties": {"a": inner}}));
    let many =
        json!({"properties": (0..20_000).map(|n| (format!("q{n}"), json!({}))).collect::<serde_json::Map<_, _>>()});
    for (schema, saying) in [
        (json!({"properties": {"age": {"type": "strin"}}}), "answer_schema/properties/age/type: must be string"),
        (json!({"items": {"minLength": -1}}), "answer_schema/items/minLength: is not valid JSON Schema"),
        (json!({"required": "name"}), "answer_schema/required: is not valid"),
        (json!({"properties": []}), "answer_schema/properties: is not valid"),
        (json!({"properties": {"a": {"pattern": "("}}}), "answer_schema/properties/a/pattern: must be a regular"),
        (json!({"patternProperties": {"a/(": {}}}), "answer_schema/patternProperties/a~1(: must be a regular"),
        (json!({"properties": {"a": {"pattern": "(?=x)"}}}), "answer_schema/properties/a/pattern: must be"),
        (json!({"properties": {"a": {"$ref": "https://example.com/x"}}}), "answer_schema/properties/a/$ref: must be a"),
        (json!({"properties": {"a": {"$ref": "http://127.0.0.1:1/x"}}}), "answer_schema/properties/a/$ref: must be a"),
        (json!({"items": {"$ref": "file:///etc/passwd"}}), "answer_schema/items/$ref: must be a reference within"),
        (json!({"items": {"$ref": "other.json#/x"}}), "answer_schema/items/$ref: must be a reference within"),
        (json!({"items": {"$ref": "#/$defs/x"}}), "answer_schema/items/$ref: names nothing"),
        (json!({"$schema": "http://json-schema.org/draft-07/schema#"}), "answer_schema/$schema: must be https://json-"),
        (json!({"$defs": {"x": {"$id": "https://example.com/x"}}}), "answer_schema/$defs/x/$id: must be left out"),
        (json!([]), "answer_schema"),
        (json!("sesame"), "answer_schema"),
        (json!(7), "answer_schema"),
        (deep, "answer_schema"),
        (many, "answer_schema"),
    ] {
        println!("{:.100}", schema.to_string());
        import(database, &file(json!({"answer_schema": schema}))).expect_refusal(saying);
    }
    assert_eq!(database.count("surveys"), 0);
}

async fn screens_that_cannot_be_used_are_refused_with_their_place(database: &TestDatabase) {
    for (screens, saying) in [
        (json!({}), "screens must be a list"),
        (json!("you"), "screens must be a list"),
        (json!(["you"]), "screens must be a list"),
        (json!([{"title": "You"}]), "name"),
        (json!([{"name": "you"}, {"name": " "}]), "screens/1: name must not be empty"),
        (json!([{"name": "a\u{0}b"}]), "screens/0: name must not be empty, nor have the control character"),
        (json!([{"name": "you"}, {"name": "way"}, {"name": "you"}]), "screens/2: the name \"you\" is given to another"),
        (json!([{"name": "you", "schemas": {}}]), "schemas"),
        (json!([{"name": "a", "schema": {}}, {"name": "b", "schema": {"type": 7}}]), "screens/1/schema/type: must be"),
        (json!([{"name": "a", "schema": {"pattern": "["}}]), "screens/0/schema/pattern: must be a regular"),
        (
            json!([{"name": "a", "schema": {"$ref": "https://example.com"}}]),
            "screens/0/schema/$ref: must be a reference",
        ),
    ] {
        println!("{screens}");
        import(database, &file(json!({"screens": screens}))).expect_refusal(saying);
    }
    assert_eq!(database.count("surveys"), 0);
}

async fn a_refused_import_leaves_the_survey_as_it_is(database: &TestDatabase) {
    import(database, &file(json!({"answer_schema": {"properties": {"a": {}}}}))).expect_success();
    let before = database.everything();

    let bad = json!({"name": "New", "progress_days": 3, "answer_schema": {"type": "strin"}});
    import(database, &file(bad)).expect_refusal("answer_schema/type");

    assert_eq!(database.everything(), before);
}

async fn fingerprint(server: &Server) -> Value {
    let survey = server.get("/api/surveys/7").await.expect(200).json();
    survey.get("fingerprint").expect("a survey has a fingerprint, or null").clone()
}

async fn a_survey_shows_the_fingerprint_of_its_schema(database: &TestDatabase) {
    import(database, &file(json!({}))).expect_success();
    let server = Server::start(database.url());
    assert_eq!(fingerprint(&server).await, Value::Null);

    import(database, &file(json!({"answer_schema": true}))).expect_success();

    // As in tests/fingerprints.json: anything goes.
    assert_eq!(fingerprint(&server).await, "1:44136fa355b3678a");
    let survey = server.get("/api/surveys/7").await.expect(200).json();
    assert!(survey.get("answer_schema").is_none() && survey.get("screens").is_none(), "{survey}");
}

async fn what_a_file_does_not_say_of_schema_and_screens_stays_and_null_removes_it(database: &TestDatabase) {
    let schema = json!({"properties": {"name": {"type": "string"}}});
    let screens = json!([{"name": "you", "title": "You", "schema": {"required": ["name"]}}]);
    let first = json!({"answer_schema": schema, "screens": screens, "require_if_match": true});
    import(database, &file(first)).expect_success();
    let server = Server::start(database.url());
    let stored = |column: &str| database.lines(&format!("SELECT coalesce({column}, 'none') AS value FROM surveys"));
    let before = (fingerprint(&server).await, stored("answer_schema"), stored("screens"));
    assert_ne!(before.0, Value::Null);

    import(database, &file(json!({"name": "Renamed"}))).expect_success();

    assert_eq!((fingerprint(&server).await, stored("answer_schema"), stored("screens")), before);
    let requires = |value: &str| database.count(&format!("surveys WHERE requires_if_match = {value}"));
    assert_eq!(requires("TRUE"), 1);
    import(database, &file(json!({"answer_schema": null, "screens": null, "require_if_match": false})))
        .expect_success();
    assert_eq!(fingerprint(&server).await, Value::Null);
    assert_eq!((stored("answer_schema"), stored("screens")), (vec!["none".to_owned()], vec!["none".to_owned()]));
    assert_eq!(requires("FALSE"), 1);
}

async fn a_file_that_says_nothing_new_of_the_shape_keeps_the_fingerprint(database: &TestDatabase) {
    let name = |more: Value| json!({"answer_schema": {"type": "object", "properties": {"name": more}}});
    import(database, &file(name(json!({"type": "string"})))).expect_success();
    let server = Server::start(database.url());
    let first = fingerprint(&server).await;

    import(database, &file(name(json!({"maxLength": 5, "type": "string", "title": "Name"})))).expect_success();
    assert_eq!(fingerprint(&server).await, first);

    import(database, &file(name(json!({"type": "integer"})))).expect_success();
    assert_ne!(fingerprint(&server).await, first);
}

async fn a_definition_cannot_have_a_fingerprint_of_its_own(database: &TestDatabase) {
    let file = file(json!({"definition": {"fingerprint": "mine"}}));

    import(database, &file).expect_refusal("definition must not have a member fingerprint");
}

async fn a_schema_may_refer_to_its_own_parts_and_name_its_draft(database: &TestDatabase) {
    for schema in [
        json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://example.com/form"}),
        json!({"properties": {"a": {"$ref": "#/$defs/text"}}, "$defs": {"text": {"type": "string"}}}),
        json!({"properties": {"more": {"$ref": "#"}}}),
        json!({"properties": {"a": {"$ref": "#text"}}, "$defs": {"text": {"$anchor": "text"}}}),
        json!({"properties": {"name": {"pattern": "^\\p{L}{1,50}$"}}}),
        json!({"const": {"$ref": "https://example.com"}}),
    ] {
        import(database, &file(json!({"answer_schema": schema}))).expect_success();
    }
}
