//! Saving a screen: what a save changes, and what it leaves alone.

use chrono::TimeDelta;

use crate::support::{NAMED, Save, Service};

on_both_databases![
    a_first_save_is_created,
    a_second_save_replaces_the_first,
    a_save_that_says_nothing_new_keeps_the_version_but_renews_the_expiry,
    every_part_that_changes_makes_a_new_version,
    a_first_save_without_a_screen_starts_at_the_first,
    a_save_without_a_screen_stays_where_the_draft_is,
    a_screen_may_go_back,
    a_save_without_data_keeps_what_is_there,
    a_first_save_without_data_is_refused,
    meta_and_fingerprint_are_kept_unless_sent,
    null_clears_meta_and_fingerprint,
    a_minimal_answer_leaves_data_and_meta_out,
    unknown_members_are_ignored,
    drafts_of_one_email_in_two_surveys_do_not_touch,
    a_save_for_a_survey_that_does_not_exist_is_refused,
];

const ANA: &str = NAMED.0;

async fn a_first_save_is_created(service: &Service<'_>) {
    let answer = service.save(Save::of(ANA).screen(3).with("meta", "[1]").with("fingerprint", r#""1:9f""#)).await;

    let draft_id = answer.json()["draft_id"].as_str().expect("a draft has an id").to_owned();
    uuid::Uuid::parse_str(&draft_id).expect("it is a UUID");
    let reference = answer.json()["reference"].as_str().expect("a draft has a reference").to_owned();
    let body = answer.expect(201).body.replace(&draft_id, "ID").replace(&reference, "REF");
    insta::allow_duplicates! {
        insta::assert_snapshot!(body, @r#"{"draft_id":"ID","reference":"REF","email":"ana@example.com","survey_id":1,"company_id":null,"current_screen":3,"data":{"a":1},"meta":[1],"fingerprint":"1:9f","schema_changed":false,"version":1,"created_at":"2026-11-21T09:30:00.000000Z","updated_at":"2026-11-21T09:30:00.000000Z","expires_at":"2026-12-21T09:30:00.000000Z"}"#);
    }
}

async fn a_second_save_replaces_the_first(service: &Service<'_>) {
    let first = service.save(Save::of(ANA).data(r#"{"a":1,"b":2}"#)).await.expect(201);
    service.clock.advance(TimeDelta::minutes(1));

    let second = service.save(Save::of(ANA).data(r#"{"b":3}"#)).await.expect(200);

    assert_eq!((second.raw("data"), second.version(), second.etag()), (r#"{"b":3}"#.into(), 2, "\"2\""));
    for kept in ["draft_id", "created_at"] {
        assert_eq!(second.json()[kept], first.json()[kept]);
    }
    assert_eq!(second.json()["updated_at"], "2026-11-21T09:31:00.000000Z");
    assert_eq!(service.read(ANA).await.expect(200).body, second.body, "what is read is what the save answered");
    assert_eq!(service.database.count("form_progress"), 1);
}

/// A browser that sends a save again must not make other devices fetch the draft again.
async fn a_save_that_says_nothing_new_keeps_the_version_but_renews_the_expiry(service: &Service<'_>) {
    let save = Save::of(ANA).screen(2).with("meta", r#"{"seen":[1]}"#).with("fingerprint", r#""1:9f""#);
    let first = service.save(save.clone()).await.expect(201);
    service.clock.advance(TimeDelta::days(1));

    let again = service.save(save).await.expect(200);

    assert_eq!(again.etag(), first.etag());
    assert_eq!(again.json()["updated_at"], "2026-11-22T09:30:00.000000Z");
    assert_eq!(again.json()["expires_at"], "2026-12-22T09:30:00.000000Z");
    assert_eq!(service.read(ANA).await.expect(200).body, again.body);
}

async fn every_part_that_changes_makes_a_new_version(service: &Service<'_>) {
    let save = Save::of(ANA).screen(2).with("meta", "1").with("fingerprint", r#""x""#);
    service.save(save.clone()).await.expect(201);

    let changes = [("current_screen", "3"), ("data", r#"{"a": 1}"#), ("meta", "2"), ("fingerprint", r#""y""#)];
    for (version, (part, json)) in (2..).zip(changes) {
        let save = Save::of(ANA).without("data").with(part, json);
        assert_eq!(service.save(save).await.expect(200).version(), version, "{part}");
    }
}

async fn a_first_save_without_a_screen_starts_at_the_first(service: &Service<'_>) {
    let answer = service.save(ANA).await.expect(201);

    assert_eq!(answer.json()["current_screen"], 0);
}

async fn a_save_without_a_screen_stays_where_the_draft_is(service: &Service<'_>) {
    service.save(Save::of(ANA).screen(4)).await.expect(201);

    for save in [Save::of(ANA).data("{}"), Save::of(ANA).with("current_screen", "null")] {
        assert_eq!(service.save(save).await.expect(200).json()["current_screen"], 4);
    }
}

async fn a_screen_may_go_back(service: &Service<'_>) {
    service.save(Save::of(ANA).screen(4)).await.expect(201);

    let back = service.save(Save::of(ANA).screen(1)).await.expect(200);

    assert_eq!(back.json()["current_screen"], 1);
    let furthest = "SELECT furthest_screen AS value FROM form_progress";
    assert_eq!(service.database.number(&format!("SELECT CAST(value AS bigint) AS value FROM ({furthest}) AS t")), 4);
}

async fn a_save_without_data_keeps_what_is_there(service: &Service<'_>) {
    service.save(Save::of(ANA).data(r#"{"kept": 1e2}"#)).await.expect(201);

    let answer = service.save(Save::of(ANA).without("data").screen(2)).await.expect(200);

    assert_eq!((answer.raw("data"), answer.version()), (r#"{"kept": 1e2}"#.into(), 2));
    assert_eq!(service.read(ANA).await.expect(200).body, answer.body);
}

async fn a_first_save_without_data_is_refused(service: &Service<'_>) {
    let answer = service.save(Save::of(ANA).without("data")).await.expect_problem(400, "INVALID_REQUEST");

    assert_eq!(answer.pointers(), ["#/data"]);
    assert_eq!(service.database.count("form_progress"), 0);
}

async fn meta_and_fingerprint_are_kept_unless_sent(service: &Service<'_>) {
    service.save(Save::of(ANA).with("meta", r#"{"m":1}"#).with("fingerprint", r#""x""#)).await.expect(201);

    let answer = service.save(Save::of(ANA).data("{}")).await.expect(200);

    assert_eq!((answer.raw("meta"), answer.raw("fingerprint")), (r#"{"m":1}"#.into(), r#""x""#.into()));
    assert_eq!(service.read(ANA).await.expect(200).body, answer.body);
}

async fn null_clears_meta_and_fingerprint(service: &Service<'_>) {
    service.save(Save::of(ANA).with("meta", r#"{"m":1}"#).with("fingerprint", r#""x""#)).await.expect(201);

    let answer = service.save(Save::of(ANA).with("meta", "null").with("fingerprint", "null")).await.expect(200);

    assert_eq!((answer.raw("meta"), answer.raw("fingerprint"), answer.version()), ("null".into(), "null".into(), 2));
    assert_eq!(service.read(ANA).await.expect(200).body, answer.body);
}

async fn a_minimal_answer_leaves_data_and_meta_out(service: &Service<'_>) {
    for (prefer, status) in [("return=minimal", 201), ("respond-async, Return=Minimal; foo", 200)] {
        let request = service.request("POST", "/api/progress").header("Prefer", prefer);
        let answer = request.json(Save::of(ANA).with("meta", "{}").body()).send().await.expect(status);

        assert_eq!(answer.header("Preference-Applied"), Some("return=minimal"));
        assert_eq!((answer.etag(), answer.version()), ("\"1\"", 1));
        let body = answer.json();
        assert!(body.get("data").is_none() && body.get("meta").is_none(), "{body}");
        assert!(body.get("expires_at").is_some(), "{body}");
    }
}

async fn unknown_members_are_ignored(service: &Service<'_>) {
    let answer = service.save(Save::of(ANA).with("csrf", r#"{"a":[]}"#).with("", "1")).await.expect(201);

    assert!(answer.json().get("csrf").is_none());
}

async fn drafts_of_one_email_in_two_surveys_do_not_touch(service: &Service<'_>) {
    service.database.add_survey(r#"{"id":2,"name":"Other","definition":{}}"#);
    service.save(Save::of(ANA).data(r#"{"one":1}"#)).await.expect(201);

    service.save(Save::of(ANA).survey(2).data(r#"{"two":2}"#)).await.expect(201);
    service.discard(ANA).await.expect(204);

    service.read(ANA).await.expect_problem(404, "PROGRESS_NOT_FOUND");
    let other = service.get("/api/progress?email=ana@example.com&survey_id=2").await.expect(200);
    assert_eq!(other.raw("data"), r#"{"two":2}"#);
}

async fn a_save_for_a_survey_that_does_not_exist_is_refused(service: &Service<'_>) {
    service.save(Save::of(ANA).survey(99)).await.expect_problem(404, "SURVEY_NOT_FOUND");

    assert_eq!(service.database.count("form_progress"), 0);
}
