//! The audit log, as it is listed and exported; and that nothing of anybody is in it.

use chrono::TimeDelta;
use formprogress::{access::Power, audit, db::write};
use serde_json::{Value, json};

use crate::support::{Answer, NAMED, Service, TestDatabase, admin::person_path, formprogress};

const AUDIT: &str = "/api/admin/audit";

mod over_http {
    use super::*;

    on_both_databases![
        entries_are_listed_the_newest_first,
        pages_stay_in_step_while_entries_are_added,
        entries_are_found_by_who_and_what_and_when,
        a_person_is_found_by_their_email_which_is_nowhere_in_the_log,
        a_query_that_cannot_be_is_refused,
        the_log_is_exported_as_csv_and_ndjson,
        an_export_has_all_entries_however_many,
        whoever_lacks_the_power_is_refused,
        old_entries_are_forgotten_in_portions,
    ];
}

mod on_the_command_line {
    use super::*;

    on_both_databases![database: the_log_is_listed_and_exported];
}

/// A key that may do everything that leaves an entry here.
async fn admin(service: &Service<'_>) -> String {
    use Power::{Audit, ChangeCompanies, ChangeSurveys, ErasePeople, Figures, Participate, ReadPeople};
    service.server_key(&[Audit, ChangeCompanies, ChangeSurveys, ErasePeople, Figures, Participate, ReadPeople]).await
}

async fn set_status(service: &Service<'_>, status: &str) {
    service.post("/api/admin/surveys/1/status", json!({"status": status}).to_string()).await.expect(200);
}

async fn list(service: &Service<'_>, query: &str) -> Answer {
    service.get(&format!("{AUDIT}{query}")).await.expect(200)
}

fn told(answer: &Answer) -> Vec<String> {
    let body = answer.json();
    let items = body["items"].as_array().expect("items");
    items.iter().map(|item| format!("{} {}", item["action"], item["detail"]).replace('"', "")).collect()
}

async fn entries_are_listed_the_newest_first(service: &Service<'_>) {
    admin(service).await;
    set_status(service, "closing").await;
    service.clock.advance(TimeDelta::minutes(1));
    set_status(service, "open").await;

    let listed = list(service, "").await;
    assert_eq!(told(&listed), ["audit.read ", "survey.status open", "survey.status closing"]);
    let entry = &listed.json()["items"][1];
    assert_eq!(entry["at"], "2026-11-21T09:31:00.000000Z");
    assert_eq!(entry["actor"], json!({"kind": "key", "id": 1}));
    assert_eq!((&entry["subject"], &entry["survey_id"]), (&json!("survey 1"), &json!(1)));
    assert_eq!((&entry["company_id"], &entry["outcome"]), (&Value::Null, &json!("done")));
    assert_eq!(entry["address"], "127.0.0.1");
    assert!(entry["request_id"].as_str().is_some_and(|id| id.len() == 36), "{entry}");
}

/// Each look adds an entry.
async fn pages_stay_in_step_while_entries_are_added(service: &Service<'_>) {
    admin(service).await;
    for _ in 0..5 {
        set_status(service, "open").await;
    }
    let last = service.database.number("SELECT max(id) AS value FROM audit_log");

    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = list(service, &format!("?limit=2{after}")).await.json();
        seen.extend(page["items"].as_array().expect("items").iter().filter_map(|item| item["id"].as_i64()));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }

    let expected: Vec<i64> = (1..=last + 1).rev().collect();
    assert_eq!(seen, expected);
}

async fn entries_are_found_by_who_and_what_and_when(service: &Service<'_>) {
    admin(service).await;
    set_status(service, "closing").await;
    service.clock.advance(TimeDelta::days(1));
    service.post("/api/admin/companies", r#"{"name":"Acme","guest_code":"ACME"}"#).await.expect(201);
    service.database.execute(
        "INSERT INTO audit_log (at, actor, actor_id, action, subject, outcome, detail, address, request_id) VALUES \
         ('2026-11-20T12:00:00.000000Z', 'account', 3, 'session.create', 'account 3', 'refused', '', '', ''), \
         ('2026-11-20T12:00:00.000000Z', 'nobody', NULL, 'session_x.create', 'accounts', 'refused', '', '', ''), \
         ('2026-11-20T12:00:00.000000Z', 'command_line', NULL, 'survey.create', 'survey 2', 'done', '', '', '')",
    );
    let found = async |query: &str| {
        let mut found = told(&list(service, query).await);
        // The look itself may fit what is looked for.
        found.retain(|entry| !entry.starts_with("audit.read"));
        found
    };

    let (closed, added) = ("survey.status closing", "company.create ");
    let (signed_in, other, created) = ("session.create ", "session_x.create ", "survey.create ");
    assert_eq!(found("?actor=key").await, [added, closed]);
    assert_eq!(found("?actor=key:1").await, [added, closed]);
    assert_eq!(found("?actor=key:2").await, Vec::<String>::new());
    assert_eq!(found("?actor=account:3").await, [signed_in]);
    assert_eq!(found("?actor=nobody").await, [other]);
    assert_eq!(found("?actor=command_line").await, [created]);
    assert_eq!(found("?action=survey.status").await, [closed]);
    assert_eq!(found("?action=survey").await, [created, closed]);
    assert_eq!(found("?action=session").await, [signed_in]);
    assert_eq!(found("?subject=survey%201").await, [closed]);
    assert_eq!(found("?survey_id=1").await, [closed]);
    assert_eq!(found("?company_id=1").await, [added]);
    assert_eq!(found("?outcome=refused").await, [other, signed_in]);
    assert_eq!(found("?from=2026-11-22").await, [added]);
    assert_eq!(found("?from=2026-11-21&to=2026-11-21").await, [closed]);
    assert_eq!(found("?to=2026-11-21T09:30:00Z").await, [created, other, signed_in]);
    assert_eq!(found("?action=survey&outcome=done&actor=key").await, [closed]);
}

async fn a_person_is_found_by_their_email_which_is_nowhere_in_the_log(service: &Service<'_>) {
    admin(service).await;
    service.save(NAMED.0).await.expect(201);
    for email in [NAMED.0, NAMED.1] {
        service.get(&person_path(email)).await.expect(200);
    }
    service.delete(&person_path(NAMED.0)).await.expect(200);

    let listed = list(service, "?email=%20Ana%40Example.COM").await;
    let actions: Vec<String> = told(&listed).iter().map(|entry| entry.split(' ').next().expect("one").into()).collect();
    // The look too is one at that person.
    assert_eq!(actions, ["audit.read", "person.erase", "person.read"]);
    let subject = listed.json()["items"][0]["subject"].as_str().expect("a subject").to_owned();
    assert!(subject.starts_with("person ") && subject.len() == 31, "{subject}");
    assert_eq!(
        list(service, &format!("?subject={}", subject.replace(' ', "%20"))).await.json()["items"][0]["subject"],
        subject
    );

    // No column of any entry has an address of anybody.
    for line in service.database.lines(ALL_COLUMNS) {
        assert!(!line.contains('@') && !line.contains("example"), "{line}");
    }
}

const ALL_COLUMNS: &str =
    "SELECT actor || action || subject || outcome || detail || address || request_id AS value FROM audit_log";

async fn a_query_that_cannot_be_is_refused(service: &Service<'_>) {
    admin(service).await;
    let before = service.database.everything();
    for query in [
        "actor=root",
        "actor=nobody:1",
        "actor=key:x",
        "actor=key:-1",
        "action=%25",
        "action=",
        "subject=",
        "subject=ana%40example.com",
        "from=-9999-01-1",
        "to=-99999-1-1",
        "email=ana",
        "email=ana%40example.com&subject=survey%201",
        "survey_id=0",
        "company_id=x",
        "outcome=failed",
        "from=yesterday",
        "to=2026-13-01",
        "limit=0",
        "after=eA",
        "page=2",
    ] {
        println!("{query}");
        service.get(&format!("{AUDIT}?{query}")).await.expect_problem(400, "INVALID_REQUEST");
    }
    let wrong = service.get(&format!("{AUDIT}/export?outcome=x&from=y")).await.expect_problem(400, "INVALID_REQUEST");
    assert_eq!(wrong.pointers(), ["outcome", "from", "format"]);
    service.get(&format!("{AUDIT}/export?format=xml")).await.expect_problem(400, "INVALID_REQUEST");
    assert_eq!(service.database.everything(), before);
}

async fn the_log_is_exported_as_csv_and_ndjson(service: &Service<'_>) {
    admin(service).await;
    set_status(service, "closing").await;
    set_status(service, "open").await;

    let csv = service.get(&format!("{AUDIT}/export?format=csv")).await.expect(200);
    assert_eq!(csv.header("Content-Disposition"), Some("attachment; filename=\"audit.csv\""));
    assert_eq!(csv.header("Content-Type"), Some("text/csv; charset=utf-8"));
    let lines: Vec<&str> = csv.body.split("\r\n").collect();
    assert_eq!(lines[0], "id,at,actor,actor_id,action,subject,survey_id,company_id,outcome,detail,address,request_id");
    assert!(
        lines[1].starts_with("1,2026-11-21T09:30:00.000000Z,key,1,survey.status,survey 1,1,,done,closing,127.0.0.1,"),
        "{}",
        lines[1]
    );
    // Two changes, the export itself, and the end of the last line.
    assert_eq!((lines.len(), lines[4]), (5, ""));

    let ndjson = service.get(&format!("{AUDIT}/export?format=ndjson&action=survey.status")).await.expect(200);
    let exported: Vec<Value> =
        ndjson.body.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect();
    let mut listed = list(service, "?action=survey.status").await.json()["items"].clone();
    let listed = listed.as_array_mut().expect("items");
    listed.reverse();
    assert_eq!(&exported, listed);
    let looks = service.audited().into_iter().filter(|entry| entry.starts_with("key audit.")).collect::<Vec<_>>();
    assert_eq!(looks, ["key audit.export audit", "key audit.export audit", "key audit.read audit"]);
}

/// Entries in bulk, past what is read at a time.
fn fill(database: &TestDatabase, count: i64) {
    database.execute(&format!(
        "INSERT INTO audit_log (at, actor, action, subject, outcome, detail, address, request_id) \
         WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {count}) \
         SELECT '2026-11-20T12:00:00.000000Z', 'nobody', 'survey.status', 'survey 1', 'done', '', '', '' FROM number"
    ));
}

async fn an_export_has_all_entries_however_many(service: &Service<'_>) {
    admin(service).await;
    fill(service.database, 2500);

    let exported = service.get(&format!("{AUDIT}/export?format=ndjson&actor=nobody")).await.expect(200);
    let ids: Vec<i64> = exported
        .body
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["id"].as_i64().expect("an id"))
        .collect();
    assert_eq!(ids, (1..=2500).collect::<Vec<_>>());
}

async fn whoever_lacks_the_power_is_refused(service: &Service<'_>) {
    let other = service.limited_key(&[Power::Figures, Power::ReadPeople], None, None).await;
    let of_survey = service.limited_key(&[Power::Audit], Some(&[1]), None).await;
    let of_company = service.limited_key(&[Power::Audit], None, Some(&[1])).await;
    let before = service.database.everything();
    for path in [AUDIT, "/api/admin/audit/export?format=csv"] {
        for key in [&other, &of_survey, &of_company] {
            service.as_key(key, "GET", path, "").await.expect_problem(403, "FORBIDDEN");
        }
        service.get(path).await.expect_problem(401, "UNAUTHORIZED");
    }
    assert_eq!(service.database.everything(), before);
}

async fn old_entries_are_forgotten_in_portions(service: &Service<'_>) {
    admin(service).await;
    fill(service.database, 25);
    set_status(service, "closing").await;
    let forget = |until: &str| {
        let until = until.parse().expect("a moment");
        write(&mut service.database.conn(), |conn| audit::store::forget_old(conn, until, 10)).expect("it is done")
    };

    assert_eq!(forget("2026-11-20T12:00:00Z"), 0);
    let until = "2026-11-21T00:00:00Z";
    assert_eq!((forget(until), forget(until), forget(until), forget(until)), (10, 10, 5, 0));
    assert_eq!(service.audited(), ["key survey.status survey 1: closing"]);
}

async fn the_log_is_listed_and_exported(database: &TestDatabase) {
    let run = |arguments: &[&str]| formprogress(database.url(), arguments).expect_success();
    run(&["company", "add", "--name", "Acme", "--guest-code", "ACME"]);
    run(&["person", "erase", NAMED.0, "--yes"]);

    let listed = run(&["audit", "list", "--json"]).json();
    let actions: Vec<&str> =
        listed.as_array().expect("a list").iter().filter_map(|entry| entry["action"].as_str()).collect();
    assert_eq!(actions, ["audit.read", "person.erase", "company.create"]);
    assert_eq!(run(&["audit", "list", "--limit", "1", "--json"]).json().as_array().map(Vec::len), Some(1));
    let listed = run(&["audit", "list"]).stdout;
    assert!(listed.contains("command_line") && listed.contains("company 1"), "{listed}");

    fill(database, 1500);
    let exported = run(&["audit", "export", "--format", "ndjson"]).stdout;
    assert_eq!(exported.lines().count() as i64, database.count("audit_log"));
    let exported = run(&["audit", "export"]).stdout;
    assert!(exported.starts_with("id,at,actor,") && exported.contains(",company.create,company 1,"));
    assert!(!listed.contains('@') && !exported.contains('@'));
}
