//! Everything that is held about a person, in one piece.

use chrono::TimeDelta;
use formprogress::access::Power;
use serde_json::{Value, json};

use crate::support::{
    NAMED, Save, Service, Submission, TestDatabase, admin::person_path, database::SURVEY, drafts::IDS, formprogress,
};

mod over_http {
    use super::*;

    on_both_databases![
        everything_that_is_held_is_in_the_export,
        nothing_of_anybody_else_is_in_it,
        a_person_of_whom_nothing_is_held_has_empty_lists,
        drafts_that_have_expired_are_counted_and_not_shown,
        a_query_that_cannot_be_is_refused,
        whoever_lacks_the_power_is_refused,
    ];
}

mod on_the_command_line {
    use super::*;

    on_both_databases![database: a_person_is_exported];
}

const ANA: &str = NAMED.0;

/// A draft with an earlier state in survey 1, and a submission in survey 2.
async fn take_part(service: &Service<'_>, email: &str, id: &str) {
    let full = Save::of(email).data(r#"{"guestCodeResponse":{"guestCode":"ACME"},"a" : 1e2,"b":"\u0000"}"#).screen(3);
    service.put(id, full.with("meta", "[1 ]").body()).await.expect(201);
    service.clock.advance(TimeDelta::minutes(1));
    let less = Save::of(email).data(r#"{"a":1.0}"#).screen(1).with("fingerprint", "\"mine\"");
    service.put(id, less.body()).await.expect(200);
    let submission = Submission::of(email).with("survey_id", "2").with("participant", r#"{"name" : "Ana"}"#);
    service.submit(submission.answers(r#"{"q":1e2,"p":["x" ]}"#)).await.expect(201);
}

async fn prepare(service: &Service<'_>) {
    service.database.add_survey(SURVEY);
    service.database.add_company("Acme", "ACME");
    service.server_key(&[Power::ReadPeople, Power::Participate, Power::Submit, Power::Audit]).await;
}

async fn everything_that_is_held_is_in_the_export(service: &Service<'_>) {
    prepare(service).await;
    take_part(service, ANA, IDS.0).await;

    let export = service.get(&person_path(" Ana@Example.COM")).await.expect(200);
    assert_eq!(export.header("Content-Disposition"), Some("attachment; filename=\"person.json\""));
    assert_eq!(export.header("Cache-Control"), Some("no-store"));
    for spelling in
        [r#""data":{"a":1.0}"#, r#""a" : 1e2,"b":"\u0000"}"#, r#""meta":[1 ]"#, r#"{"name" : "Ana"}"#, r#"["x" ]"#]
    {
        assert!(export.body.contains(spelling), "{spelling} in {}", export.body);
    }
    let person = export.json();
    assert_eq!((&person["email"], &person["exported_at"]), (&json!(ANA), &json!("2026-11-21T09:31:00.000000Z")));
    assert_eq!(person["expired_drafts"], 0);

    let draft = &person["drafts"][0];
    for (member, value) in [
        ("draft_id", json!(IDS.0)),
        ("survey_id", json!(1)),
        ("company_id", json!(1)),
        ("guest_code", json!("acme")),
        ("current_screen", json!(1)),
        ("furthest_screen", json!(3)),
        ("version", json!(2)),
        ("fingerprint", json!("mine")),
        ("created_at", json!("2026-11-21T09:30:00.000000Z")),
        ("updated_at", json!("2026-11-21T09:31:00.000000Z")),
        ("expires_at", json!("2026-12-21T09:31:00.000000Z")),
        ("events", json!([{"at": "2026-11-21T09:30:00.000000Z", "kind": "started", "company_id": 1, "screen": 3}])),
    ] {
        assert_eq!(draft[member], value, "{member}");
    }
    assert_eq!(
        (&draft["previous_states"][0]["version"], draft["previous_states"].as_array().map(Vec::len)),
        (&json!(1), Some(1))
    );

    let submission = &person["submissions"][0];
    assert_eq!((&submission["submission_id"], &submission["survey_id"]), (&json!(1), &json!(2)));
    assert_eq!(submission["answers"], json!([{"question": "q", "value": 1e2}, {"question": "p", "value": ["x"]}]));
    assert_eq!(submission["events"][0]["kind"], "submitted");

    let audit = &person["audit"];
    assert_eq!((&audit[0]["action"], &audit[0]["actor"]), (&json!("person.read"), &json!("key")));
    assert_eq!((audit.as_array().map(Vec::len), &audit[0]["address"]), (Some(1), &Value::Null));
    let audited = service.audited();
    assert!(audited.len() == 1 && audited[0].starts_with("key person.read person "), "{audited:?}");
}

async fn nothing_of_anybody_else_is_in_it(service: &Service<'_>) {
    prepare(service).await;
    take_part(service, ANA, IDS.0).await;
    take_part(service, NAMED.1, IDS.1).await;
    service.get(&person_path(ANA)).await.expect(200);

    let person = service.get(&person_path(NAMED.1)).await.expect(200);
    assert!(!person.body.contains(ANA) && !person.body.contains(IDS.0), "{}", person.body);
    let person = person.json();
    for list in ["drafts", "submissions", "audit"] {
        assert_eq!(person[list].as_array().map(Vec::len), Some(1), "{list}");
    }
}

async fn a_person_of_whom_nothing_is_held_has_empty_lists(service: &Service<'_>) {
    prepare(service).await;
    take_part(service, ANA, IDS.0).await;

    let person = service.get(&person_path("nobody@example.com")).await.expect(200).json();
    assert_eq!(
        (&person["drafts"], &person["submissions"], &person["expired_drafts"]),
        (&json!([]), &json!([]), &json!(0))
    );
}

async fn drafts_that_have_expired_are_counted_and_not_shown(service: &Service<'_>) {
    prepare(service).await;
    service.save(ANA).await.expect(201);
    service.let_drafts_expire();

    let person = service.get(&person_path(ANA)).await.expect(200).json();
    assert_eq!((&person["drafts"], &person["expired_drafts"]), (&json!([]), &json!(1)));
    service.purge().await;
    let person = service.get(&person_path(ANA)).await.expect(200).json();
    assert_eq!(person["expired_drafts"], 0);
}

async fn a_query_that_cannot_be_is_refused(service: &Service<'_>) {
    service.server_key(&[Power::ReadPeople, Power::ErasePeople]).await;
    let before = service.database.everything();
    for query in
        ["", "?email=", "?email=ana", "?email=a%40x.org&email=b%40x.org", "?email=a%40x.org&yes=1", "?mail=a%40x.org"]
    {
        for method in ["GET", "DELETE"] {
            let refused = service.request(method, &format!("/api/admin/person{query}")).send().await;
            refused.expect_problem(400, "INVALID_REQUEST");
        }
    }
    assert_eq!(service.database.everything(), before);
}

async fn whoever_lacks_the_power_is_refused(service: &Service<'_>) {
    prepare(service).await;
    take_part(service, ANA, IDS.0).await;
    let reads = service.limited_key(&[Power::ReadPeople], None, None).await;
    let erases = service.limited_key(&[Power::ErasePeople], None, None).await;
    let both = [Power::ReadPeople, Power::ErasePeople];
    let of_survey = service.limited_key(&both, Some(&[1, 2]), None).await;
    let of_company = service.limited_key(&both, None, Some(&[1])).await;
    let before = service.database.everything();

    for (method, keys) in [("GET", [&erases, &of_survey, &of_company]), ("DELETE", [&reads, &of_survey, &of_company])] {
        for key in keys {
            service.as_key(key, method, &person_path(ANA), "").await.expect_problem(403, "FORBIDDEN");
        }
        let nobody = service.request(method, &person_path(ANA)).anonymous().send().await;
        nobody.expect_problem(401, "UNAUTHORIZED");
    }

    assert_eq!(service.database.everything(), before);
}

async fn a_person_is_exported(database: &TestDatabase) {
    database.add_survey(SURVEY);
    let person = formprogress(database.url(), &["person", "export", " Ana@Example.COM "]).expect_success().json();

    assert_eq!((&person["email"], &person["drafts"]), (&json!(ANA), &json!([])));
    assert_eq!(
        (&person["audit"][0]["actor"], &person["audit"][0]["action"]),
        (&json!("command_line"), &json!("person.read"))
    );
    formprogress(database.url(), &["person", "export", "ana"]).expect_refusal("the email must be an email address");
}
