//! A form that changes while drafts exist: how they learn of it, and what of them still fits.

use formprogress::surveys::file::SurveyFile;
use serde_json::{Value, json};

use crate::support::{
    Answer, NAMED, Save, Service,
    drafts::{IDS, draft_path},
    progress_path,
};

on_both_databases![
    a_draft_of_another_shape_is_told_so_through_both_doors,
    titles_and_limits_do_not_change_a_form,
    the_next_save_is_of_the_present_form,
    a_draft_keeps_the_fingerprint_of_its_client,
    a_client_says_that_the_form_has_changed,
    what_cannot_be_compared_never_looks_changed,
    a_survey_that_gets_or_loses_its_schema_changes_no_draft,
    the_shared_vectors_hold_for_imported_surveys,
    a_draft_is_shown_as_far_as_it_still_fits,
    what_can_be_mended_fits,
    pointers_to_what_was_dropped_are_written_as_in_errors,
    the_screen_is_one_that_the_survey_has,
    fitting_changes_nothing,
    fitting_is_done_whatever_the_client_has,
    a_draft_that_fits_is_shown_as_it_is,
    every_answer_says_whether_the_form_has_changed,
];

const ANA: &str = NAMED.0;

/// Imports survey 1 with this schema, and gives its fingerprint.
async fn import(service: &Service<'_>, schema: &Value) -> Value {
    import_file(service, &json!({"id": 1, "name": "Commuting", "definition": {}, "answer_schema": schema})).await
}

async fn import_file(service: &Service<'_>, file: &Value) -> Value {
    service.database.add_survey(&file.to_string());
    service.get("/api/surveys/1").await.expect(200).json()["fingerprint"].clone()
}

fn before() -> Value {
    json!({"type": "object", "properties": {"name": {"type": "string", "maxLength": 50}, "age": {"type": "integer"}}})
}

fn after() -> Value {
    json!({"type": "object", "properties": {"name": {"type": "string"}, "years": {"type": "integer"}}})
}

async fn put(service: &Service<'_>, save: Save) -> Answer {
    service.put(IDS.0, save.body()).await
}

/// Whether the draft says so, through both doors.
async fn has_changed(service: &Service<'_>) -> bool {
    let by_id = service.draft(IDS.0).await.expect(200);
    assert_eq!(service.read(ANA).await.expect(200).body, by_id.body);
    by_id.json()["schema_changed"].as_bool().expect("it says so")
}

async fn a_draft_of_another_shape_is_told_so_through_both_doors(service: &Service<'_>) {
    let fingerprint = import(service, &before()).await;
    let saved = put(service, Save::of(ANA)).await.expect(201);
    assert_eq!(
        (saved.json()["fingerprint"].clone(), saved.raw("schema_changed")),
        (fingerprint.clone(), "false".into())
    );

    assert_ne!(import(service, &after()).await, fingerprint);

    assert!(has_changed(service).await);
    assert_eq!(service.draft(IDS.0).await.expect(200).json()["fingerprint"], fingerprint);
    import(service, &before()).await;
    assert!(!has_changed(service).await, "and back");
}

async fn titles_and_limits_do_not_change_a_form(service: &Service<'_>) {
    let fingerprint = import(service, &before()).await;
    put(service, Save::of(ANA)).await.expect(201);

    let touched = json!({"title": "New", "required": ["age"], "properties": {
        "age": {"type": "integer", "minimum": 18, "default": 20}, "name": {"title": "Name", "type": "string", "pattern": "^A"}}});
    assert_eq!(import(service, &touched).await, fingerprint);

    assert!(!has_changed(service).await);
}

async fn the_next_save_is_of_the_present_form(service: &Service<'_>) {
    import(service, &before()).await;
    put(service, Save::of(ANA)).await.expect(201);
    let now = import(service, &after()).await;

    let saved = service.save(Save::of(ANA).data(r#"{"years":3}"#)).await.expect(200);

    assert_eq!((saved.json()["fingerprint"].clone(), saved.raw("schema_changed")), (now, "false".into()));
    assert!(!has_changed(service).await);
}

async fn a_draft_keeps_the_fingerprint_of_its_client(service: &Service<'_>) {
    let old = import(service, &before()).await;
    put(service, Save::of(ANA).with("fingerprint", old.to_string())).await.expect(201);
    import(service, &after()).await;

    // A page that was opened before the change goes on saving what it knows.
    for answer in [
        service.save(Save::of(ANA).data(r#"{"age":3}"#)).await,
        service.patch(IDS.0, r#"{"data":{"age":4}}"#).await,
        put(service, Save::of(ANA).data(r#"{"age":5}"#)).await,
    ] {
        let draft = answer.expect(200).json();
        assert_eq!((&draft["fingerprint"], &draft["schema_changed"]), (&old, &json!(true)));
    }
    // Cleared, it gives way to the survey's.
    let cleared = service.patch(IDS.0, r#"{"fingerprint":null}"#).await.expect(200);
    assert_eq!(cleared.json()["schema_changed"], false);
}

async fn a_client_says_that_the_form_has_changed(service: &Service<'_>) {
    import(service, &before()).await;

    let saved = put(service, Save::of(ANA).with("fingerprint", "\"1:0000000000000000\"")).await.expect(201);

    assert_eq!(saved.json()["schema_changed"], true);
    assert!(has_changed(service).await);
}

async fn what_cannot_be_compared_never_looks_changed(service: &Service<'_>) {
    import(service, &before()).await;
    for fingerprint in ["2:0000000000000000", "99:x", "my form, version 7", "", ":", "1", "x:1", "-1:0"] {
        println!("{fingerprint}");
        let save = Save::of(ANA).with("fingerprint", json!(fingerprint).to_string());
        let saved = put(service, save).await;
        assert_eq!(
            (saved.json()["fingerprint"].clone(), saved.raw("schema_changed")),
            (json!(fingerprint), "false".into())
        );
        assert!(!has_changed(service).await);
    }
    // What the client says cannot be compared, but the survey's own can.
    import(service, &after()).await;
    assert!(has_changed(service).await);
}

async fn a_survey_that_gets_or_loses_its_schema_changes_no_draft(service: &Service<'_>) {
    let saved = put(service, Save::of(ANA)).await.expect(201);
    assert_eq!((saved.raw("fingerprint"), saved.raw("schema_changed")), ("null".into(), "false".into()));

    import(service, &before()).await;
    assert!(!has_changed(service).await, "nobody knows what it was before");
    put(service, Save::of(ANA)).await.expect(200);
    assert_eq!(import(service, &Value::Null).await, Value::Null);

    assert!(!has_changed(service).await);
}

async fn the_shared_vectors_hold_for_imported_surveys(service: &Service<'_>) {
    let vectors: Value = serde_json::from_str(include_str!("../fingerprints.json")).expect("JSON");
    let mut imported = 0;
    for vector in vectors["exact"].as_array().expect("a list") {
        let file = json!({"id": 1, "name": "x", "definition": {}, "answer_schema": vector["schema"]});
        // Some are about schemas that have a shape, but could not be used to judge answers.
        if SurveyFile::parse(&file.to_string()).is_ok() {
            imported += 1;
            assert_eq!(import_file(service, &file).await, vector["fingerprint"], "{}", vector["name"]);
        }
    }
    assert!(imported > 5, "only {imported} were imported");
    for case in vectors["cases"].as_array().expect("a list").iter().step_by(3) {
        println!("{}", case["name"]);
        let fingerprint = import(service, &case["before"]).await;
        put(service, Save::of(ANA)).await;
        let changed = json!(import(service, &case["after"]).await != fingerprint);
        assert_eq!((&changed, &json!(has_changed(service).await)), (&case["changed"], &case["changed"]));
    }
}

async fn fit(service: &Service<'_>) -> Answer {
    let by_id = service.get(&draft_path(IDS.0, "?fit=true")).await.expect(200);
    let by_email = service.get(&format!("{}&fit=true", progress_path(ANA, 1))).await.expect(200);
    assert_eq!((by_email.etag(), &by_email.body), (by_id.etag(), &by_id.body));
    by_id
}

async fn a_draft_is_shown_as_far_as_it_still_fits(service: &Service<'_>) {
    import(service, &before()).await;
    let data = r#"{"name" : "Ana","age":1e1,"list":[1,{"x":1}], "a/b":1}"#;
    let saved = put(service, Save::of(ANA).data(data).with("meta", r#"{"age":1}"#)).await.expect(201);
    import(service, &json!({"properties": {"name": {"type": "string"}, "list": {"items": {"type": "integer"}}}})).await;

    let fitted = fit(service).await;

    assert_eq!(fitted.raw("data"), r#"{"name" : "Ana","list":[1]}"#);
    let mut dropped: Vec<String> = serde_json::from_str(&fitted.raw("dropped")).expect("a list of texts");
    dropped.sort();
    assert_eq!(dropped, ["#/data/age", "#/data/a~1b", "#/data/list/1"]);
    assert_eq!((fitted.raw("meta"), fitted.raw("schema_changed")), (r#"{"age":1}"#.into(), "true".into()));
    assert_eq!(fitted.etag(), saved.etag());
    let whole = service.draft(IDS.0).await.expect(200);
    assert_eq!((whole.raw("data"), whole.json().get("dropped")), (data.into(), None));
}

async fn what_can_be_mended_fits(service: &Service<'_>) {
    put(service, Save::of(ANA).data(r#"{"name":"Anastasia","age":7}"#)).await.expect(201);
    let stricter = json!({"properties": {"name": {"type": "string", "maxLength": 3, "pattern": "^B"}, "age": {"minimum": 18},
        "zip": {}}, "required": ["zip"]});
    import(service, &stricter).await;

    let fitted = fit(service).await;

    assert_eq!((fitted.raw("data"), fitted.raw("dropped")), (r#"{"name":"Anastasia","age":7}"#.into(), "[]".into()));
}

async fn pointers_to_what_was_dropped_are_written_as_in_errors(service: &Service<'_>) {
    let data = r#"{"full name":1,"é%":2,"a/b~c":3}"#;
    put(service, Save::of(ANA).data(data)).await.expect(201);
    import(service, &json!({"properties": {"name": {}}, "additionalProperties": false})).await;

    let mut dropped: Vec<String> = serde_json::from_str(&fit(service).await.raw("dropped")).expect("a list");

    let mut in_errors = service.validate(IDS.0).await.expect(200).pointers();
    dropped.sort();
    in_errors.sort();
    assert_eq!(dropped, in_errors);
}

async fn the_screen_is_one_that_the_survey_has(service: &Service<'_>) {
    put(service, Save::of(ANA).screen(5)).await.expect(201);
    assert_eq!(fit(service).await.raw("current_screen"), "5", "the survey does not say how many it has");

    let file = |screens: Value| json!({"id": 1, "name": "x", "definition": {}, "screens": screens});
    import_file(service, &file(json!([{"name": "a"}, {"name": "b"}, {"name": "c"}]))).await;
    assert_eq!(fit(service).await.raw("current_screen"), "2");
    assert_eq!(service.draft(IDS.0).await.expect(200).raw("current_screen"), "5");
    service.patch(IDS.0, r#"{"current_screen":1}"#).await.expect(200);
    assert_eq!(fit(service).await.raw("current_screen"), "1");
    import_file(service, &file(json!([]))).await;
    assert_eq!(fit(service).await.raw("current_screen"), "1");
}

async fn fitting_changes_nothing(service: &Service<'_>) {
    put(service, Save::of(ANA).data(r#"{"gone":1}"#).screen(9)).await.expect(201);
    let file = json!({"id": 1, "name": "x", "definition": {}, "answer_schema": after(), "screens": [{"name": "a"}]});
    import_file(service, &file).await;
    let before = service.database.everything();
    service.clock.advance(chrono::TimeDelta::days(1));

    assert_eq!(fit(service).await.raw("data"), "{}");

    assert_eq!(service.database.everything(), before);
    // Nothing is deleted because a form changed, by the next patch neither.
    let patched = service.patch(IDS.0, r#"{"data":{"years":1}}"#).await.expect(200);
    assert_eq!(patched.raw("data"), r#"{"gone":1,"years":1}"#);
}

/// What fits depends on the form too, and no version tells of that.
async fn fitting_is_done_whatever_the_client_has(service: &Service<'_>) {
    put(service, Save::of(ANA)).await.expect(201);
    for path in [draft_path(IDS.0, "?fit=true"), format!("{}&fit=true", progress_path(ANA, 1))] {
        let answer = service.request("GET", &path).header("If-None-Match", "\"1\"").send().await.expect(200);
        assert_eq!(answer.raw("dropped"), "[]");
    }
    let not_fitted = service.request("GET", &draft_path(IDS.0, "?fit=false")).header("If-None-Match", "\"1\"");
    not_fitted.send().await.expect(304);
}

async fn a_draft_that_fits_is_shown_as_it_is(service: &Service<'_>) {
    import(service, &before()).await;
    let data = r#"{ "name":"\u0041" , "age": 1e2,"name":"Ana" }"#;
    put(service, Save::of(ANA).data(data)).await.expect(201);

    let fitted = fit(service).await;

    assert_eq!((fitted.raw("data"), fitted.raw("dropped")), (data.into(), "[]".into()));
}

async fn every_answer_says_whether_the_form_has_changed(service: &Service<'_>) {
    let old = import(service, &before()).await;
    put(service, Save::of(ANA).with("fingerprint", old.to_string())).await.expect(201);
    import(service, &after()).await;

    let stale = service.request("PATCH", &draft_path(IDS.0, "")).header("If-Match", "\"7\"").json("{}").send().await;
    let minimal = service.request("PATCH", &draft_path(IDS.0, "")).header("Prefer", "return=minimal");
    let minimal = minimal.json(r#"{"current_screen":1}"#).send().await.expect(200);

    assert_eq!(stale.expect_problem(412, "VERSION_MISMATCH").json()["current"]["schema_changed"], true);
    assert_eq!(minimal.json()["schema_changed"], true);
}
