//! Surveys, as admins import, export, open and close them.

use chrono::TimeDelta;
use formprogress::access::Power;
use serde_json::{Value, json};

use crate::support::{Service, TestDatabase, command::formprogress_with, formprogress};

const SURVEYS: &str = "/api/admin/surveys";
const ALL: [Power; 3] = [Power::Figures, Power::ChangeSurveys, Power::Participate];

/// Every member that a file may have, spelt as no program would.
const FILE: &str = r#"{"id":7,"name":"Commuting","instructions":"Two screens.\n","progress_days":3,"status":"closing",
    "definition":{"pages" : [1e2, "\u0041", {"b":1,"a":2,"b":3}]},
    "answer_schema":{"properties": {"age":{"type":"integer"}}},
    "screens":[{"name":"you","title":"You","schema":{"required":["age"]}} , {"name":"way"}],"require_if_match":true}"#;

mod over_http {
    use super::*;

    on_both_databases![
        a_survey_is_imported_and_replaced,
        what_is_exported_makes_the_same_survey_again,
        a_survey_without_anything_is_exported_whole_too,
        a_replacement_keeps_what_it_does_not_name,
        everything_wrong_with_a_file_is_told_at_once,
        a_survey_is_closed_and_opened,
        surveys_are_listed_page_by_page,
        a_key_limited_to_surveys_sees_and_changes_no_others,
        who_is_limited_to_companies_sees_all_surveys,
        whoever_lacks_the_power_is_refused,
    ];
}

mod on_the_command_line {
    use super::*;

    on_both_databases![database: a_survey_is_exported, changes_of_surveys_are_written_down];
}

/// Another survey's id, which the service has from its start.
const OTHER: &str = "/api/admin/surveys/1";

async fn a_survey_is_imported_and_replaced(service: &Service<'_>) {
    service.server_key(&ALL).await;

    let created = service.post(SURVEYS, r#"{"name":"New","definition":{"pages":[]}}"#).await.expect(201);
    assert_eq!(created.header("Location"), Some("/api/admin/surveys/2"));
    insta::allow_duplicates! {
        insta::assert_snapshot!(created.body, @r#"{"id":2,"name":"New","status":"open","progress_days":30,"fingerprint":null,"require_if_match":false,"created_at":"2026-11-21T09:30:00.000000Z","updated_at":"2026-11-21T09:30:00.000000Z"}"#);
    }
    service.clock.advance(TimeDelta::minutes(1));
    let replaced = service.post(SURVEYS, r#"{"id":"2","name":"x","definition":{}}"#).await;
    replaced.expect_problem(400, "INVALID_REQUEST");
    let replaced = service.post(SURVEYS, r#"{"id":2,"name":"Newer","definition":{"pages":[1]}}"#).await.expect(200);
    assert_eq!((replaced.header("Location"), &replaced.json()["name"]), (None, &json!("Newer")));
    assert_eq!(replaced.json()["updated_at"], "2026-11-21T09:31:00.000000Z");
    let file = r#"{"name":"Newest","definition":{"pages":[2]}}"#;
    service.request("PUT", "/api/admin/surveys/2").json(file).send().await.expect(200);

    let seen = service.get("/api/surveys/2").await.expect(200).json();
    assert_eq!((&seen["name"], &seen["pages"]), (&json!("Newest"), &json!([2])));
    assert_eq!(
        service.audited(),
        ["key survey.create survey 2", "key survey.replace survey 2", "key survey.replace survey 2"]
    );
}

async fn what_is_exported_makes_the_same_survey_again(service: &Service<'_>) {
    service.server_key(&ALL).await;
    service.post(SURVEYS, FILE).await.expect(201);
    let stored = || {
        let form =
            ["answer_schema", "screens", "fingerprint"].map(|column| format!("coalesce({column}, '-')")).join(" || ");
        let columns = format!("name || instructions || definition || status || progress_days || {form}");
        service.database.lines(&format!("SELECT {columns} AS value FROM surveys WHERE id = 7"))
    };
    let before = stored();

    let exported = service.get("/api/admin/surveys/7").await.expect(200);
    assert_eq!(exported.header("Content-Disposition"), Some("attachment; filename=\"survey-7.json\""));
    assert_eq!(exported.raw("definition"), r#"{"pages" : [1e2, "\u0041", {"b":1,"a":2,"b":3}]}"#);
    let changed = r#"{"id":7,"name":"x","definition":{},"status":"open","progress_days":9,"answer_schema":null,
        "screens":null,"require_if_match":false}"#;
    service.post(SURVEYS, changed).await.expect(200);
    assert_ne!(stored(), before);
    service.post(SURVEYS, exported.body.clone()).await.expect(200);

    assert_eq!(stored(), before);
    assert_eq!(service.get("/api/admin/surveys/7").await.expect(200).body, exported.body);
    // And under an id of its own.
    let file = exported.body.replacen(r#""id":7"#, r#""id":8"#, 1);
    service.post(SURVEYS, file.clone()).await.expect(201);
    assert_eq!(service.get("/api/admin/surveys/8").await.expect(200).body, file);
}

async fn a_survey_without_anything_is_exported_whole_too(service: &Service<'_>) {
    service.server_key(&ALL).await;
    let exported = service.get(OTHER).await.expect(200);
    for member in ["answer_schema", "screens"] {
        assert_eq!(exported.raw(member), "null");
    }

    // Imported over a survey that has more, it takes that away.
    let more = r#"{"id":1,"name":"x","definition":{},"answer_schema":{"type":"object"},"screens":[{"name":"a"}]}"#;
    service.post(SURVEYS, more).await.expect(200);
    service.post(SURVEYS, exported.body.clone()).await.expect(200);
    assert_eq!(service.get(OTHER).await.expect(200).body, exported.body);
}

async fn a_replacement_keeps_what_it_does_not_name(service: &Service<'_>) {
    service.server_key(&ALL).await;
    service.post(SURVEYS, FILE).await.expect(201);
    let put = async |body: &str| service.request("PUT", "/api/admin/surveys/7").json(body).send().await;

    put(r#"{"name":"Typo","definition":{}}"#).await.expect(200);
    let kept = service.get("/api/admin/surveys/7").await.expect(200).json();
    assert_eq!(
        (&kept["name"], &kept["status"], &kept["progress_days"]),
        (&json!("Typo"), &json!("closing"), &json!(3))
    );
    assert_eq!((&kept["require_if_match"], kept["screens"].as_array().map(Vec::len)), (&json!(true), Some(2)));

    let before = service.database.everything();
    let other = put(r#"{"id":1,"name":"Typo","definition":{}}"#).await.expect_problem(400, "INVALID_REQUEST");
    assert_eq!(other.pointers(), ["#/id"]);
    for id in ["9", "0", "x"] {
        let put = service.request("PUT", &format!("{SURVEYS}/{id}")).json(r#"{"name":"x","definition":{}}"#);
        put.send().await.expect_problem(404, "SURVEY_NOT_FOUND");
        service.get(&format!("{SURVEYS}/{id}")).await.expect_problem(404, "SURVEY_NOT_FOUND");
    }
    assert_eq!(service.database.everything(), before);
}

async fn everything_wrong_with_a_file_is_told_at_once(service: &Service<'_>) {
    service.server_key(&ALL).await;
    let before = service.database.everything();
    let bad = r#"{"name":" ","progress_days":0,"status":"shut","definition":{"id":1,"name":2},
        "answer_schema":{"properties":{"a":{"type":"strin"}}},"screens":[{"name":""},{"name":"b","schema":{"type":7}}],"colour":1}"#;
    let expected = [
        "#/name",
        "#/progress_days",
        "#/status",
        "#/definition",
        "#/definition",
        "#/answer_schema/properties/a/type",
        "#/screens/0",
        "#/screens/1/schema/type",
        "#/colour",
    ];

    let posted = service.post(SURVEYS, bad).await.expect_problem(400, "INVALID_REQUEST");
    assert_eq!(posted.pointers(), expected);
    let put = service.request("PUT", OTHER).json(bad).send().await.expect_problem(400, "INVALID_REQUEST");
    assert_eq!(put.pointers(), expected);
    service.post(SURVEYS, "[]").await.expect_problem(400, "INVALID_JSON");
    service.post(SURVEYS, "{").await.expect_problem(400, "INVALID_JSON");
    service.request("POST", SURVEYS).body("{}").send().await.expect_problem(415, "UNSUPPORTED_MEDIA_TYPE");

    assert_eq!(service.database.everything(), before);
}

async fn a_survey_is_closed_and_opened(service: &Service<'_>) {
    service.server_key(&ALL).await;
    for status in ["closing", "closed", "open"] {
        let set = service.post("/api/admin/surveys/1/status", json!({"status": status}).to_string()).await.expect(200);
        assert_eq!(set.json()["status"], status);
    }
    for body in ["{}", r#"{"status":"shut"}"#, r#"{"status":1}"#] {
        let refused = service.post("/api/admin/surveys/1/status", body).await.expect_problem(400, "INVALID_REQUEST");
        assert_eq!(refused.pointers(), ["#/status"]);
    }
    let missing = service.post("/api/admin/surveys/9/status", r#"{"status":"open"}"#).await;
    missing.expect_problem(404, "SURVEY_NOT_FOUND");

    assert_eq!(
        service.audited(),
        ["closing", "closed", "open"].map(|status| format!("key survey.status survey 1: {status}"))
    );
    service.save("ana@example.com").await.expect(201);
}

async fn ids(service: &Service<'_>, query: &str) -> Vec<i64> {
    let page = service.get(&format!("{SURVEYS}{query}")).await.expect(200).json();
    page["items"].as_array().expect("items").iter().filter_map(|item| item["id"].as_i64()).collect()
}

async fn surveys_are_listed_page_by_page(service: &Service<'_>) {
    service.server_key(&ALL).await;
    for id in [30, 20, 10] {
        let status = if id == 20 { "closed" } else { "open" };
        let file = json!({"id": id, "name": "x", "definition": {}, "status": status}).to_string();
        service.post(SURVEYS, file).await.expect(201);
    }

    let first = service.get(&format!("{SURVEYS}?limit=3")).await.expect(200).json();
    let next = first["next"].as_str().expect("there are more");
    assert_eq!(ids(service, "?limit=3").await, [1, 10, 20]);
    assert_eq!(ids(service, &format!("?limit=3&after={next}")).await, [30]);
    let last = service.get(&format!("{SURVEYS}?after={next}")).await.expect(200).json();
    assert_eq!(last["next"], Value::Null);
    assert_eq!(ids(service, "?status=closed").await, [20]);
    for query in ["?status=shut", "?limit=x", "?after=eA", "?sort=name"] {
        service.get(&format!("{SURVEYS}{query}")).await.expect_problem(400, "INVALID_REQUEST");
    }
}

async fn a_key_limited_to_surveys_sees_and_changes_no_others(service: &Service<'_>) {
    service.server_key(&ALL).await;
    service.post(SURVEYS, FILE).await.expect(201);
    let limited = service.limited_key(&[Power::Figures, Power::ChangeSurveys], Some(&[7, 9]), None).await;
    let (file, status) = (r#"{"name":"x","definition":{}}"#, r#"{"status":"open"}"#);

    let list = service.as_key(&limited, "GET", SURVEYS, "").await.expect(200).json();
    assert_eq!((list["items"].as_array().map(Vec::len), &list["items"][0]["id"]), (Some(1), &json!(7)));
    let own = r#"{"id":7,"name":"Mine","definition":{}}"#;
    service.as_key(&limited, "POST", SURVEYS, own).await.expect(200);
    service.as_key(&limited, "PUT", "/api/admin/surveys/7", own).await.expect(200);
    let before = service.database.everything();
    for (method, path, body) in [
        ("GET", OTHER, ""),
        ("PUT", OTHER, file),
        ("POST", "/api/admin/surveys/1/status", status),
        ("POST", SURVEYS, r#"{"id":1,"name":"x","definition":{}}"#),
        // Whether it is there or not.
        ("POST", SURVEYS, r#"{"id":2,"name":"x","definition":{}}"#),
    ] {
        service.as_key(&limited, method, path, body).await.expect_problem(404, "SURVEY_NOT_FOUND");
    }
    for new in [file, r#"{"id":9,"name":"x","definition":{}}"#] {
        service.as_key(&limited, "POST", SURVEYS, new).await.expect_problem(403, "FORBIDDEN");
    }
    assert_eq!(service.database.everything(), before);
}

async fn who_is_limited_to_companies_sees_all_surveys(service: &Service<'_>) {
    service.database.add_company("Acme", "ACME");
    let limited = service.limited_key(&[Power::Figures], None, Some(&[1])).await;

    let list = service.as_key(&limited, "GET", SURVEYS, "").await.expect(200).json();
    assert_eq!(list["items"][0]["id"], 1);
    service.as_key(&limited, "GET", OTHER, "").await.expect(200);
}

async fn whoever_lacks_the_power_is_refused(service: &Service<'_>) {
    let figures = service.limited_key(&[Power::Figures], None, None).await;
    let changes = service.limited_key(&[Power::ChangeSurveys], None, None).await;
    let before = service.database.everything();

    let file = r#"{"name":"x","definition":{}}"#;
    for (method, path, body, key) in [
        ("GET", SURVEYS, "", &changes),
        ("GET", OTHER, "", &changes),
        ("POST", SURVEYS, file, &figures),
        ("PUT", OTHER, file, &figures),
        ("POST", "/api/admin/surveys/1/status", r#"{"status":"closed"}"#, &figures),
    ] {
        service.as_key(key, method, path, body).await.expect_problem(403, "FORBIDDEN");
        let nobody = service.request(method, path);
        let nobody = if body.is_empty() { nobody } else { nobody.json(body) };
        nobody.send().await.expect_problem(401, "UNAUTHORIZED");
    }

    assert_eq!(service.database.everything(), before);
}

async fn a_survey_is_exported(database: &TestDatabase) {
    let url = [("DATABASE_URL", database.url())];
    formprogress_with(&["survey", "import", "-"], &url, FILE).expect_success();

    let exported = formprogress(database.url(), &["survey", "export", "7"]).expect_success();
    formprogress_with(&["survey", "import", "-"], &url, &exported.stdout).expect_success();
    let again = formprogress(database.url(), &["survey", "export", "7"]).expect_success();

    assert_eq!(again.stdout, exported.stdout);
    assert!(again.stdout.contains(r#"{"pages" : [1e2, "\u0041", {"b":1,"a":2,"b":3}]}"#), "{}", again.stdout);
    formprogress(database.url(), &["survey", "export", "8"]).expect_refusal("there is no survey 8");
}

async fn changes_of_surveys_are_written_down(database: &TestDatabase) {
    let url = [("DATABASE_URL", database.url())];
    for _ in 0..2 {
        formprogress_with(&["survey", "import", "-"], &url, FILE).expect_success();
    }
    formprogress(database.url(), &["survey", "close", "7"]).expect_success();
    formprogress(database.url(), &["survey", "close", "8"]).expect_refusal("there is no survey 8");

    let audited = database.lines("SELECT actor || ' ' || action || ' ' || subject AS value FROM audit_log ORDER BY id");
    assert_eq!(
        audited,
        ["survey.create", "survey.replace", "survey.status"].map(|action| format!("command_line {action} survey 7"))
    );
}
