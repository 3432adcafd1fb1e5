//! Drafts by their ids: each verb, and that both doors lead to the same drafts.

use crate::support::{
    NAMED, Save, Service,
    drafts::{IDS, draft_path},
    progress_path,
};

on_both_databases![
    a_draft_is_started_and_has_an_address,
    a_draft_may_be_started_with_an_email,
    a_draft_starts_empty_unless_data_is_sent,
    an_email_has_one_draft_in_a_survey,
    an_expired_draft_of_the_email_is_no_obstacle_to_a_new_one,
    a_draft_is_put_under_the_clients_own_id,
    a_put_may_insist_that_the_draft_is_new,
    an_id_belongs_to_one_survey,
    what_is_no_id_names_no_draft,
    a_client_that_has_the_draft_is_not_sent_it_again,
    reading_changes_nothing,
    a_discarded_draft_is_gone,
    both_doors_lead_to_the_same_draft,
    each_door_discards_for_both,
    a_minimal_answer_leaves_data_and_meta_out,
    an_unguessable_key_starts_one_anonymous_draft_however_often_it_is_sent,
    an_unguessable_key_with_another_request_is_refused,
    a_guessable_key_never_shares_a_draft,
];

const ANA: &str = NAMED.0;

async fn a_draft_is_started_and_has_an_address(service: &Service<'_>) {
    let body = r#"{"survey_id":1,"current_screen":2,"data":{"b" : 1e2},"meta":[1],"fingerprint":"mine"}"#;

    let answer = service.start(body).await.expect(201);

    let id = answer.draft_id();
    let reference = answer.json()["reference"].as_str().expect("a draft has a reference").to_owned();
    uuid::Uuid::parse_str(&id).expect("it is a UUID");
    assert_eq!(answer.header("Location"), Some(draft_path(&id, "").as_str()));
    assert_eq!((answer.etag(), answer.header("Cache-Control")), ("\"1\"", Some("no-store")));
    assert_eq!(service.draft(&id).await.expect(200).body, answer.body);
    insta::allow_duplicates! {
        insta::assert_snapshot!(answer.body.replace(&id, "ID").replace(&reference, "REF"), @r#"{"draft_id":"ID","reference":"REF","email":null,"survey_id":1,"company_id":null,"current_screen":2,"data":{"b" : 1e2},"meta":[1],"fingerprint":"mine","schema_changed":false,"version":1,"created_at":"2026-11-21T09:30:00.000000Z","updated_at":"2026-11-21T09:30:00.000000Z","expires_at":"2026-12-21T09:30:00.000000Z"}"#);
    }
}

async fn a_draft_may_be_started_with_an_email(service: &Service<'_>) {
    let answer = service.start(Save::of(" ANA@example.com").body()).await.expect(201);

    assert_eq!(answer.json()["email"], ANA);
    assert_eq!(service.read(ANA).await.expect(200).body, answer.body);
}

async fn a_draft_starts_empty_unless_data_is_sent(service: &Service<'_>) {
    let posted = service.start(r#"{"survey_id":1}"#).await.expect(201);
    let put = service.put(IDS.0, r#"{"survey":"1","unknown":[]}"#).await.expect(201);

    for answer in [posted, put] {
        assert_eq!(
            (answer.raw("data"), answer.raw("meta"), answer.raw("current_screen")),
            ("{}".into(), "null".into(), "0".into())
        );
    }
}

async fn an_email_has_one_draft_in_a_survey(service: &Service<'_>) {
    service.database.add_survey(r#"{"id":2,"name":"Other","definition":{}}"#);
    service.save(ANA).await.expect(201);
    let before = service.database.everything();

    service.start(Save::of(ANA).data(r#"{"a":2}"#).body()).await.expect_problem(409, "DRAFT_EXISTS");
    service.put(IDS.0, Save::of(ANA).body()).await.expect_problem(409, "DRAFT_EXISTS");

    assert_eq!(service.database.everything(), before);
    service.start(Save::of(ANA).survey(2).body()).await.expect(201);
}

async fn an_expired_draft_of_the_email_is_no_obstacle_to_a_new_one(service: &Service<'_>) {
    let old = service.start(Save::of(ANA).screen(3).body()).await.expect(201).draft_id();
    service.let_drafts_expire();

    let new = service.start(Save::of(ANA).body()).await.expect(201);

    assert_ne!(new.draft_id(), old);
    assert_eq!((new.version(), new.raw("current_screen")), (1, "0".into()));
    service.draft(&old).await.expect_problem(410, "DRAFT_EXPIRED");
}

async fn a_draft_is_put_under_the_clients_own_id(service: &Service<'_>) {
    let first = service.put(IDS.0, r#"{"survey_id":1,"data":{"a":1,"b":2},"meta":1}"#).await.expect(201);
    assert_eq!((first.draft_id(), first.etag()), (IDS.0.into(), "\"1\""));
    assert_eq!(first.header("Location"), Some(draft_path(IDS.0, "").as_str()));

    let second = service.put(&IDS.0.to_uppercase(), r#"{"survey_id":1,"data":{"b":3}}"#).await.expect(200);

    assert_eq!((second.draft_id(), second.etag(), second.raw("data")), (IDS.0.into(), "\"2\"", r#"{"b":3}"#.into()));
    assert_eq!(second.header("Location"), None);
    assert_eq!(service.draft(IDS.0).await.expect(200).body, second.body);
    assert_eq!(service.database.count("form_progress"), 1);
}

async fn a_put_may_insist_that_the_draft_is_new(service: &Service<'_>) {
    let only_new = async |body: &str| {
        let request = service.request("PUT", &draft_path(IDS.0, "")).header("If-None-Match", "*");
        request.json(body).send().await
    };
    let first = only_new(r#"{"survey_id":1,"data":{"a":1}}"#).await.expect(201);
    let before = service.database.everything();

    let again = only_new(r#"{"survey_id":1,"data":{"a":2}}"#).await.expect_problem(412, "VERSION_MISMATCH");

    assert_eq!((again.raw("current"), again.etag()), (first.body, "\"1\""));
    assert_eq!(service.database.everything(), before);
}

async fn an_id_belongs_to_one_survey(service: &Service<'_>) {
    service.database.add_survey(r#"{"id":2,"name":"Other","definition":{}}"#);
    service.put(IDS.0, Save::of(ANA).body()).await.expect(201);
    let before = service.database.everything();

    for body in [r#"{"survey_id":2}"#.into(), Save::of(ANA).survey(2).body(), Save::of(NAMED.1).survey(2).body()] {
        service.put(IDS.0, body).await.expect_problem(409, "DRAFT_EXISTS");
    }

    assert_eq!(service.database.everything(), before);
}

async fn what_is_no_id_names_no_draft(service: &Service<'_>) {
    let nil = "00000000-0000-0000-0000-000000000000";
    for id in ["sesame", "1", "0b9f2d1e6c1c4f0e9a535b1a7a1e0c01", "%7B0b9f2d1e-6c1c-4f0e-9a53-5b1a7a1e0c0%7D", nil] {
        println!("{id}");
        let put = service.put(id, r#"{"survey_id":1}"#).await.expect_problem(400, "INVALID_REQUEST");
        assert_eq!(put.pointers(), ["draft_id"]);
        assert!(!put.body.contains("sesame"), "{}", put.body);
        for answer in [
            service.draft(id).await,
            service.patch(id, "{}").await,
            service.discard_draft(id).await,
            service.submit_draft(id).await,
            service.validate(id).await,
        ] {
            answer.expect_problem(404, "DRAFT_NOT_FOUND");
        }
    }
    assert_eq!(service.database.count("form_progress"), 0);
}

async fn a_client_that_has_the_draft_is_not_sent_it_again(service: &Service<'_>) {
    service.put(IDS.0, r#"{"survey_id":1}"#).await.expect(201);
    let read =
        async |tags: &str| service.request("GET", &draft_path(IDS.0, "")).header("If-None-Match", tags).send().await;

    for tags in ["\"1\"", "W/\"1\"", "\"7\", \"1\"", "*"] {
        let answer = read(tags).await.expect(304);
        assert_eq!((answer.body.as_str(), answer.etag()), ("", "\"1\""), "{tags}");
    }
    for tags in ["\"2\"", "\"0\"", "1", "sesame"] {
        read(tags).await.expect(200);
    }
    service.patch(IDS.0, r#"{"current_screen":1}"#).await.expect(200);
    read("\"1\"").await.expect(200);
}

async fn reading_changes_nothing(service: &Service<'_>) {
    service.put(IDS.0, Save::of(ANA).body()).await.expect(201);
    let before = service.database.everything();
    service.clock.advance(chrono::TimeDelta::days(1));

    service.draft(IDS.0).await.expect(200);
    service.get(&draft_path(IDS.0, "?fit=true")).await.expect(200);
    service.validate(IDS.0).await.expect(200);

    assert_eq!(service.database.everything(), before);
}

async fn a_discarded_draft_is_gone(service: &Service<'_>) {
    service.put(IDS.0, Save::of(ANA).body()).await.expect(201);
    service.save(NAMED.1).await.expect(201);

    assert_eq!(service.discard_draft(IDS.0).await.expect(204).body, "");

    service.draft(IDS.0).await.expect_problem(404, "DRAFT_NOT_FOUND");
    service.discard_draft(IDS.0).await.expect_problem(404, "DRAFT_NOT_FOUND");
    assert_eq!(service.database.count("form_progress"), 1, "the other draft is still there");
}

async fn both_doors_lead_to_the_same_draft(service: &Service<'_>) {
    service.clock.advance(chrono::TimeDelta::minutes(1));
    let mut version = 0;
    for step in 0..6 {
        let data = format!(r#"{{"step":{step}}}"#);
        let written = match step % 3 {
            0 => service.put(IDS.0, Save::of(ANA).data(&data).body()).await,
            1 => service.save(Save::of(ANA).data(&data)).await,
            _ => service.patch(IDS.0, format!(r#"{{"data":{data}}}"#)).await,
        };
        version += 1;
        assert_eq!((written.version(), written.draft_id()), (version, IDS.0.into()));
        for read in [service.draft(IDS.0).await, service.read(ANA).await] {
            assert_eq!((read.etag(), &read.body), (written.etag(), &written.body));
        }
    }
    let request = service.request("GET", &progress_path(ANA, 1)).header("If-None-Match", "\"6\"");
    request.send().await.expect(304);
}

async fn each_door_discards_for_both(service: &Service<'_>) {
    service.put(IDS.0, Save::of(ANA).body()).await.expect(201);
    service.discard(ANA).await.expect(204);
    service.draft(IDS.0).await.expect_problem(404, "DRAFT_NOT_FOUND");

    let id = service.save(ANA).await.expect(201).draft_id();
    service.discard_draft(&id).await.expect(204);
    service.read(ANA).await.expect_problem(404, "PROGRESS_NOT_FOUND");
}

async fn a_minimal_answer_leaves_data_and_meta_out(service: &Service<'_>) {
    let body = r#"{"survey_id":1,"data":{"a":1},"meta":2}"#;
    let post = service.request("POST", "/api/drafts").json(body);
    let put = service.request("PUT", &draft_path(IDS.0, "")).json(body);
    let patch = service.request("PATCH", &draft_path(IDS.0, "")).json(r#"{"meta":3}"#);
    for request in [post, put, patch] {
        let answer = request.header("Prefer", "return=minimal").send().await;
        assert!(answer.status < 300, "{}", answer.body);
        let draft = answer.json();
        assert!(draft.get("data").is_none() && draft.get("meta").is_none(), "{draft}");
        assert!(draft["draft_id"].is_string() && draft["version"].is_number(), "{draft}");
        assert_eq!(answer.header("Preference-Applied"), Some("return=minimal"));
    }
    assert_eq!(service.draft(IDS.0).await.expect(200).raw("meta"), "3");
}

const UNGUESSABLE: &str = "7c6b3f6e-52f0-4f0e-8f55-0a8f6f1b9d11";

async fn start_with_key(service: &Service<'_>, key: &str, body: &str) -> crate::support::Answer {
    service.request("POST", "/api/drafts").header("Idempotency-Key", key).json(body).send().await
}

async fn an_unguessable_key_starts_one_anonymous_draft_however_often_it_is_sent(service: &Service<'_>) {
    let body = r#"{"survey_id":1,"data":{"a":1}}"#;
    let first = start_with_key(service, UNGUESSABLE, body).await.expect(201);
    assert_eq!(first.header("Idempotency-Replayed"), None);

    for _ in 0..3 {
        let again = start_with_key(service, &format!("\"{UNGUESSABLE}\""), body).await.expect(201);
        assert_eq!((&again.body, again.header("Idempotency-Replayed")), (&first.body, Some("true")));
        assert_eq!(again.header("Location"), first.header("Location"));
        service.restart().await;
    }
    assert_eq!(service.database.count("form_progress"), 1);
    service.let_drafts_expire();
    start_with_key(service, UNGUESSABLE, body).await.expect_problem(410, "DRAFT_EXPIRED");
}

async fn an_unguessable_key_with_another_request_is_refused(service: &Service<'_>) {
    start_with_key(service, UNGUESSABLE, r#"{"survey_id":1,"data":{"a":1}}"#).await.expect(201);
    let before = service.database.everything();

    let other = start_with_key(service, UNGUESSABLE, r#"{"survey_id":1,"data":{"a":2}}"#).await;

    other.expect_problem(422, "IDEMPOTENCY_KEY_REUSED");
    assert_eq!(service.database.everything(), before);
}

/// Whoever guesses a key must not be handed somebody's draft.
async fn a_guessable_key_never_shares_a_draft(service: &Service<'_>) {
    let by_time_and_place = "2ed6657d-e927-11ee-8000-001122334455";
    for key in ["1", "first-save", "sesame", by_time_and_place] {
        let first = start_with_key(service, key, r#"{"survey_id":1,"data":{"a":"mine"}}"#).await.expect(201);
        let other = start_with_key(service, key, r#"{"survey_id":1,"data":{"a":"mine"}}"#).await.expect(201);
        assert_ne!(first.draft_id(), other.draft_id(), "{key}");
    }
}
