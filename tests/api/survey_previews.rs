//! What a changed form would do to the drafts that exist, told before it is saved: it must be what happens then.

use formprogress::access::Power;
use serde_json::{Value, json};

use crate::support::{
    Client, NAMED, Save, Service, TestDatabase, at_once,
    drafts::{IDS, draft_path},
    formprogress,
};

const SURVEY: &str = "/api/admin/surveys/1";
const PREVIEW: &str = "/api/admin/surveys/1/preview";

on_both_databases![
    what_is_previewed_is_what_happens,
    a_preview_changes_nothing_and_leaves_no_entry,
    a_preview_tells_nothing_of_participants,
    drafts_that_have_expired_do_not_count,
    of_very_many_drafts_those_that_began_last_are_looked_at,
    a_file_that_says_the_same_does_nothing,
    everything_wrong_with_a_file_is_told_as_on_import,
];

mod on_the_command_line {
    use super::*;

    on_both_databases![database: a_file_is_previewed_before_it_is_imported];
}

async fn a_file_is_previewed_before_it_is_imported(database: &TestDatabase) {
    database.add_survey(crate::support::database::SURVEY);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("survey.json");
    std::fs::write(&path, after().to_string()).expect("the file is written");
    let path = path.to_str().expect("a path");
    let told = formprogress(database.url(), &["survey", "preview", path, "--id", "1"]).expect_success();
    assert!(told.stdout.contains("The survey gets a schema of its answers."), "{}", told.stdout);
    assert!(told.stdout.contains("0  drafts"), "{}", told.stdout);
    let told = formprogress(database.url(), &["survey", "preview", path, "--id", "1", "--json"]).expect_success();
    assert_eq!(told.json()["drafts"]["live"], 0);
    formprogress(database.url(), &["survey", "preview", path]).expect_refusal("say with --id");
    formprogress(database.url(), &["survey", "preview", path, "--id", "9"]).expect_refusal("no survey 9");
}

async fn key(service: &Service<'_>) {
    service.server_key(&[Power::Figures, Power::ChangeSurveys, Power::Participate]).await;
}

async fn replace(service: &Service<'_>, file: &Value) {
    service.request("PUT", SURVEY).json(file.to_string()).send().await.expect(200);
}

async fn preview(service: &Service<'_>, file: &Value) -> Value {
    service.post(PREVIEW, file.to_string()).await.expect(200).json()
}

fn before() -> Value {
    json!({"name": "Commuting", "definition": {"pages": [{"elements": [{"name": "phone", "title": "Your number?"}]}]},
        "screens": [{"name": "a"}, {"name": "b"}, {"name": "c"}],
        "answer_schema": {"type": "object", "properties": {"name": {"type": "string"}, "phone": {"type": "string"},
            "age": {"type": "integer"}, "children": {"type": "array", "items": {"type": "object", "properties":
                {"name": {"type": "string"}, "school": {"type": "string"}}}}}}})
}

fn after() -> Value {
    json!({"name": "Commuting", "definition": {}, "screens": [{"name": "a"}, {"name": "b"}],
        "answer_schema": {"type": "object", "required": ["mail"], "properties": {"name": {"type": "string", "maxLength": 5},
            "age": {"type": "string"}, "mail": {"type": "string"}, "children": {"type": "array", "items":
                {"type": "object", "properties": {"name": {"type": "string"}}}}}}})
}

/// Drafts of all kinds: number, data, screen.
fn drafts() -> Vec<(Value, i32)> {
    let kinds = [
        (json!({}), 0),
        (json!({"name": "Ana"}), 1),
        (json!({"name": "Annabel", "phone": "1"}), 2),
        (json!({"age": 3}), 2),
        (json!({"children": [{"name": "x"}, {"name": "y", "school": "z"}]}), 1),
        (json!({"phone": null, "age": "3"}), 0),
        (json!({"unknown": 1}), 3),
    ];
    kinds.iter().cycle().take(60).cloned().collect()
}

async fn what_is_previewed_is_what_happens(service: &Service<'_>) {
    key(service).await;
    replace(service, &before()).await;
    let drafts = drafts();
    let mut ids = Vec::new();
    for (number, (data, screen)) in drafts.iter().enumerate() {
        let save = Save::of(&format!("p{number}@example.com")).data(data.to_string()).screen(*screen);
        ids.push(service.save(save).await.expect(201).draft_id());
    }

    let told = preview(service, &after()).await;
    replace(service, &after()).await;

    let (mut losing, mut marked, mut moved, mut phones, mut schools, mut ages) = (0, 0, 0, 0, 0, 0);
    for (id, (_, screen)) in ids.iter().zip(&drafts) {
        let fitted = service.get(&draft_path(id, "?fit=true")).await.expect(200).json();
        let dropped: Vec<&str> =
            fitted["dropped"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
        losing += i64::from(!dropped.is_empty());
        marked += i64::from(fitted["schema_changed"] == true);
        moved += i64::from(fitted["current_screen"] != json!(screen));
        phones += i64::from(dropped.contains(&"#/data/phone"));
        schools += i64::from(dropped.contains(&"#/data/children/1/school"));
        ages += i64::from(dropped.contains(&"#/data/age"));
    }
    let told = &told["drafts"];
    assert_eq!((&told["live"], &told["looked_at"]), (&json!(60), &json!(60)));
    assert_eq!(
        (&told["losing_answers"], &told["schema_changed"], &told["beyond_the_screens"]),
        (&json!(losing), &json!(marked), &json!(moved))
    );
    assert!(losing > 0 && losing < 60 && marked == 60 && moved > 0, "{told}");
    let of = |list: &str, pointer: &str| -> Value {
        let places = told[list].as_array().expect("a list");
        let place = places.iter().find(|place| place["pointer"] == pointer);
        place.map_or(Value::Null, |place| place["drafts"].clone())
    };
    assert_eq!(of("lost", "/phone"), phones);
    assert_eq!(of("lost", "/children/*/school"), schools);
    assert_eq!(of("lost", "/age"), ages);
    assert_eq!(of("lost", "/*"), 8, "a name that no form has is not told");
    // A text that is too long is kept, and refused.
    assert_eq!((of("lost", "/name"), of("refused_for", "/name")), (Value::Null, json!(9)));
    assert_eq!(of("refused_for", "/mail"), Value::Null, "what is missing may still come");
    let question = &told["lost"].as_array().expect("a list").iter().find(|place| place["pointer"] == "/phone");
    assert_eq!(question.expect("it is told")["question"], "Your number?");
}

async fn a_preview_changes_nothing_and_leaves_no_entry(service: &Service<'_>) {
    key(service).await;
    replace(service, &before()).await;
    service.save(NAMED.0).await.expect(201);
    let (file, entries, draft) =
        (service.get(SURVEY).await.body, service.audited().len(), service.read(NAMED.0).await.expect(200).body);

    let told = preview(service, &after()).await;

    assert_eq!(service.get(SURVEY).await.body, file);
    assert_eq!((service.audited().len(), service.read(NAMED.0).await.expect(200).body), (entries, draft));
    let words: Vec<&str> =
        told["changes"].as_array().expect("a list").iter().filter_map(|change| change["words"].as_str()).collect();
    assert_eq!(
        words,
        [
            "The schema of the answers changes, and with it their shape.",
            "The screen c is removed.",
            "The question phone (“Your number?”) is removed."
        ]
    );
    assert_eq!(told["shape_changes"], true);
    assert_ne!(told["fingerprint"], told["new_fingerprint"]);
}

async fn a_preview_tells_nothing_of_participants(service: &Service<'_>) {
    key(service).await;
    replace(service, &before()).await;
    let data = json!({"secret@example.org": "secret", "phone": "secret", "children": [{"secret": 1}]});
    service.put(IDS.0, Save::of("secret@example.com").data(data.to_string()).body()).await.expect(201);
    let told = service.post(PREVIEW, after().to_string()).await.expect(200);
    assert!(!told.body.contains("secret"), "{}", told.body);
    assert!(!told.body.contains(IDS.0), "{}", told.body);
}

async fn drafts_that_have_expired_do_not_count(service: &Service<'_>) {
    key(service).await;
    replace(service, &before()).await;
    service.save(NAMED.0).await.expect(201);
    service.let_drafts_expire();
    service.save(NAMED.1).await.expect(201);
    let told = preview(service, &after()).await;
    assert_eq!((&told["drafts"]["live"], &told["drafts"]["looked_at"]), (&json!(1), &json!(1)));
}

async fn of_very_many_drafts_those_that_began_last_are_looked_at(service: &Service<'_>) {
    key(service).await;
    replace(service, &before()).await;
    let save = async |first: usize, count: usize, data: &str| {
        for batch in (first..first + count).collect::<Vec<_>>().chunks(100) {
            let saves = batch.iter().map(|number| {
                let (client, save) = (Client::clone(service), Save::of(&format!("p{number}@example.com")).data(data));
                async move { client.save(save).await.expect(201) }
            });
            at_once(saves).await;
        }
    };
    save(0, 10, r#"{"phone":"1"}"#).await;
    service.clock.advance(chrono::TimeDelta::seconds(1));
    save(10, 1990, r#"{"age":1}"#).await;
    service.clock.advance(chrono::TimeDelta::seconds(1));
    save(2000, 20, r#"{"name":"Ana"}"#).await;

    let told = preview(service, &after()).await["drafts"].clone();
    assert_eq!((&told["live"], &told["looked_at"]), (&json!(2020), &json!(2000)));
    assert_eq!(told["losing_answers"], 1980);
    assert_eq!(told["lost"], json!([{"pointer": "/age", "question": null, "drafts": 1980}]));
}

async fn a_file_that_says_the_same_does_nothing(service: &Service<'_>) {
    key(service).await;
    replace(service, &before()).await;
    service.save(Save::of(NAMED.0).data(r#"{"name":"Ana"}"#)).await.expect(201);
    let file = service.get(SURVEY).await.expect(200).body;
    let told = service.post(PREVIEW, file).await.expect(200).json();
    assert_eq!((&told["changes"], &told["shape_changes"]), (&json!([]), &json!(false)));
    for nothing in ["schema_changed", "losing_answers", "beyond_the_screens", "refused"] {
        assert_eq!(told["drafts"][nothing], 0, "{nothing}");
    }
}

async fn everything_wrong_with_a_file_is_told_as_on_import(service: &Service<'_>) {
    key(service).await;
    let refused = service.post(PREVIEW, r#"{"name":" ","definition":[],"x":1}"#).await;
    assert_eq!(refused.pointers(), ["#/name", "#/definition", "#/x"]);
    let refused = service.post(PREVIEW, r#"{"id":2,"name":"x","definition":{}}"#).await;
    assert_eq!(refused.pointers(), ["#/id"]);
    service.post(PREVIEW, "{").await.expect_problem(400, "INVALID_JSON");
    let not_there = service.post("/api/admin/surveys/9/preview", r#"{"name":"x","definition":{}}"#).await;
    not_there.expect_problem(404, "SURVEY_NOT_FOUND");
    let key = service.limited_key(&[Power::ChangeSurveys], Some(&[2]), None).await;
    let hidden = service.as_key(&key, "POST", PREVIEW, r#"{"name":"x","definition":{}}"#).await;
    hidden.expect_problem(404, "SURVEY_NOT_FOUND");
}
