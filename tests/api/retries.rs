//! Writes that are sent again with their `Idempotency-Key`: applied once, and answered as the first time.

use crate::support::{Answer, NAMED, Save, Service, Submission, Write, drafts::IDS};

on_both_databases![
    every_write_with_a_key_is_applied_once,
    every_first_write_with_a_key_is_applied_once,
    a_discard_by_email_is_recognised_too,
    a_discard_by_email_does_not_take_the_next_draft,
    after_other_saves_the_answer_tells_the_version_of_then,
    after_other_saves_a_start_is_still_answered_as_one,
    a_key_is_the_same_with_quotes_and_without,
    a_key_has_128_characters_at_most,
    a_key_belongs_to_one_request,
    a_draft_has_the_same_keys_through_both_doors,
    a_key_goes_before_the_version,
    a_refused_write_is_not_remembered,
    a_patch_that_changed_nothing_is_remembered,
    what_was_started_anonymously_is_found_again_after_the_claim,
    the_same_key_at_two_drafts_is_two,
    a_write_without_a_key_is_applied_each_time,
];

const ANA: &str = NAMED.0;

#[track_caller]
fn is_replayed(answer: &Answer, expected: bool) {
    assert_eq!(answer.header("Idempotency-Replayed"), expected.then_some("true"), "{} {}", answer.status, answer.body);
}

/// Sends it twice, and it must be one write with one answer, which is given.
async fn once(service: &Service<'_>, write: &Write, status: u16) -> Answer {
    let first = write.send(service).await;
    assert_eq!(first.status, status, "{write:?}: {}", first.body);
    is_replayed(&first, false);
    let before = service.database.everything();
    service.clock.advance(chrono::TimeDelta::minutes(5));

    let again = write.send(service).await;

    is_replayed(&again, true);
    assert_eq!((again.status, &again.body), (first.status, &first.body), "{write:?}");
    for header in ["ETag", "Location"] {
        assert_eq!(again.header(header), first.header(header), "{write:?}");
    }
    assert_eq!(service.database.everything(), before, "{write:?}");
    first
}

async fn every_write_with_a_key_is_applied_once(service: &Service<'_>) {
    service.database.add_company("Acme", "ACME");
    for number in [0, 1, 2, 4, 5, 6, 7] {
        let email = format!("p{number}@example.com");
        let id = service.save(email.as_str()).await.expect(201).draft_id();
        let (write, status) = Write::of_every_kind(&email, &id)[number].clone();

        let first = once(service, &write.key("k"), status).await;

        if status == 200 {
            assert_eq!(first.etag(), "\"2\"");
            assert_eq!(service.read(&email).await.expect(200).body, first.body);
        }
    }
    assert_eq!(service.database.count("submissions"), 3);
}

async fn every_first_write_with_a_key_is_applied_once(service: &Service<'_>) {
    service.database.add_company("Acme", "ACME");
    let uuid = "8e03978e-40d5-43dd-bc93-6894a57f9324";
    once(service, &Write::save(ANA).key("k"), 201).await;
    once(service, &Write::put(IDS.0, Save::of(NAMED.1).body()).key("k"), 201).await;
    once(service, &Write::put(IDS.1, r#"{"survey_id":1}"#).key("k"), 201).await;
    once(service, &Write::create(Save::of(NAMED.2).body()).key("k"), 201).await;
    once(service, &Write::create(r#"{"survey_id":1}"#).key(uuid), 201).await;
    assert_eq!(service.database.count("form_progress"), 5);

    once(service, &Write::submit("dora@example.com").key("k"), 201).await;
    once(service, &Write::respond("emil@example.com").key("k"), 201).await;
    assert_eq!((service.database.count("submissions"), service.database.count("answers")), (2, 2));
}

async fn a_discard_by_email_is_recognised_too(service: &Service<'_>) {
    service.save(ANA).await.expect(201);
    once(service, &Write::discard(ANA).key("k"), 204).await;
}

/// The answer was lost, another tab began anew, and then the discard comes again.
async fn a_discard_by_email_does_not_take_the_next_draft(service: &Service<'_>) {
    service.save(ANA).await.expect(201);
    let discard = Write::discard(ANA).if_match("\"1\"").key("k");
    discard.send(service).await.expect(204);
    service.save(Save::of(ANA).data(r#"{"new":1}"#)).await.expect(201);

    discard.send(service).await.expect(204);

    assert_eq!(service.read(ANA).await.expect(200).raw("data"), r#"{"new":1}"#);
}

async fn after_other_saves_the_answer_tells_the_version_of_then(service: &Service<'_>) {
    let id = service.save(ANA).await.expect(201).draft_id();
    let writes = [
        Write::save(Save::of(ANA).data(r#"{"n":1}"#).screen(4)).key("1"),
        Write::patch(&id, r#"{"data":{"p":2},"current_screen":5}"#).key("2"),
        Write::put(&id, r#"{"survey_id":1,"data":{"n":3},"current_screen":6,"meta":[1]}"#).key("3"),
    ];
    let mut firsts = Vec::new();
    for write in &writes {
        firsts.push(write.send(service).await.expect(200));
    }
    let last = service.save(Save::of(ANA).data(r#"{"other":"tab"}"#).screen(0)).await.expect(200);
    let before = service.database.everything();

    for (write, first) in writes.iter().zip(&firsts) {
        let again = write.send(service).await.expect(200);
        is_replayed(&again, true);
        assert_eq!((again.etag(), again.version()), (first.etag(), first.version()));
        assert_eq!(again.raw("current_screen"), first.raw("current_screen"));
        assert_eq!(again.raw("draft_id"), first.raw("draft_id"));
        let body = again.json();
        assert!(body.get("data").is_none() && body.get("meta").is_none(), "{}", again.body);
    }
    assert_eq!(service.database.everything(), before);
    assert_eq!(service.read(ANA).await.expect(200).body, last.body);
}

async fn after_other_saves_a_start_is_still_answered_as_one(service: &Service<'_>) {
    let uuid = "8e03978e-40d5-43dd-bc93-6894a57f9324";
    let starts = [
        Write::save(ANA).key("k"),
        Write::put(IDS.0, Save::of(NAMED.1).body()).key("k"),
        Write::create(Save::of(NAMED.2).body()).key("k"),
        Write::create(r#"{"survey_id":1,"data":{"a":1}}"#).key(uuid),
    ];
    for start in starts {
        let first = start.send(service).await.expect(201);
        let id = first.draft_id();
        service.patch(&id, r#"{"data":{"later":1}}"#).await.expect(200);

        let again = start.send(service).await.expect(201);

        is_replayed(&again, true);
        assert_eq!((again.etag(), again.raw("draft_id")), ("\"1\"", first.raw("draft_id")));
        assert_eq!(again.header("Location"), first.header("Location"));
        assert!(again.json().get("data").is_none(), "{}", again.body);
        assert_eq!(service.draft(&id).await.expect(200).raw("data"), r#"{"a":1,"later":1}"#);
    }
}

async fn a_key_is_the_same_with_quotes_and_without(service: &Service<'_>) {
    let save = Write::save(ANA);
    save.clone().key("8e03-97,8e:/x").send(service).await.expect(201);

    for key in ["\"8e03-97,8e:/x\"", " \"8e03-97,8e:/x\" ", "8e03-97,8e:/x"] {
        is_replayed(&save.clone().key(key).send(service).await.expect(201), true);
    }
    is_replayed(&save.key("8E03-97,8e:/x").send(service).await.expect(200), false);
}

async fn a_key_has_128_characters_at_most(service: &Service<'_>) {
    let id = service.save(ANA).await.expect(201).draft_id();
    let patch = Write::patch(&id, r#"{"data":{"b":1}}"#);
    let longest = "k".repeat(128);
    patch.clone().key(&longest).send(service).await.expect(200);
    is_replayed(&patch.clone().key(&format!("\"{longest}\"")).send(service).await.expect(200), true);
    let before = service.database.everything();

    for key in [&"k".repeat(129), &format!("\"{longest}k\""), "", "\"\"", "a b", "a\"b", "\"a", "a\\b"] {
        for write in [patch.clone(), Write::save(Save::of(ANA).screen(9)), Write::discard(ANA), Write::submit(ANA)] {
            let refused = write.key(key).send(service).await.expect_problem(400, "INVALID_REQUEST");
            assert_eq!(refused.pointers(), ["Idempotency-Key"], "{key}");
        }
    }
    let two = patch.key("a").key("b").send(service).await.expect_problem(400, "INVALID_REQUEST");
    assert_eq!(two.pointers(), ["Idempotency-Key"]);
    assert_eq!(service.database.everything(), before);
}

async fn a_key_belongs_to_one_request(service: &Service<'_>) {
    let id = service.save(ANA).await.expect(201).draft_id();
    let body = Save::of(ANA).data(r#"{"b":1}"#).body();
    Write::put(&id, body.as_str()).key("k").send(service).await.expect(200);
    let before = service.database.everything();

    let others = [
        Write::put(&id, format!("{body} ")),
        Write::put(&id, Save::of(ANA).body()),
        Write::patch(&id, body.as_str()),
        Write::save(Save::of(ANA).data(r#"{"b":1}"#)),
        Write::create(body),
        Write::discard(ANA),
        Write::discard_draft(&id),
        Write::submit(ANA),
        Write::submit_draft(&id, r#"{"answers":[100]}"#),
    ];
    for other in others {
        other.key("k").send(service).await.expect_problem(422, "IDEMPOTENCY_KEY_REUSED");
    }
    assert_eq!(service.database.everything(), before);
}

async fn a_draft_has_the_same_keys_through_both_doors(service: &Service<'_>) {
    let id = Write::save(ANA).key("k").send(service).await.expect(201).draft_id();
    Write::patch(&id, "{}").key("k").send(service).await.expect_problem(422, "IDEMPOTENCY_KEY_REUSED");
    Write::patch(&id, r#"{"data":{"b":1}}"#).key("l").send(service).await.expect(200);
    Write::save(ANA).key("l").send(service).await.expect_problem(422, "IDEMPOTENCY_KEY_REUSED");
}

async fn a_key_goes_before_the_version(service: &Service<'_>) {
    service.save(ANA).await.expect(201);
    let write = Write::save(Save::of(ANA).data(r#"{"a":2}"#)).if_match("\"1\"").key("k");
    write.send(service).await.expect(200);
    service.save(Save::of(ANA).data(r#"{"a":3}"#)).await.expect(200);

    let again = write.send(service).await.expect(200);

    is_replayed(&again, true);
    assert_eq!(again.etag(), "\"2\"");
}

async fn a_refused_write_is_not_remembered(service: &Service<'_>) {
    let id = service.save(ANA).await.expect(201).draft_id();
    let patch = Write::patch(&id, r#"{"data":{"b":1}}"#).key("k");
    let before = service.database.everything();

    patch.clone().if_match("\"7\"").send(service).await.expect_problem(412, "VERSION_MISMATCH");
    let bad = Write::patch(&id, r#"{"data":[]}"#).key("k");
    bad.send(service).await.expect_problem(400, "INVALID_REQUEST");
    let claim = Write::patch(&id, r#"{"email":"other@example.com"}"#).key("k");
    claim.send(service).await.expect_problem(409, "DRAFT_CLAIMED");
    let submit = Write::submit(Submission::of(ANA).answers("[7]")).key("k");
    submit.send(service).await.expect_problem(422, "ANSWERS_INVALID");
    assert_eq!(service.database.everything(), before);

    let answer = patch.if_match("\"1\"").send(service).await.expect(200);

    is_replayed(&answer, false);
    assert_eq!(answer.etag(), "\"2\"");
}

/// Sent again later, it must not set back what came between.
async fn a_patch_that_changed_nothing_is_remembered(service: &Service<'_>) {
    let id = service.save(ANA).await.expect(201).draft_id();
    let patch = Write::patch(&id, r#"{"data":{"a":1}}"#).key("k");
    let first = once(service, &patch, 200).await;
    assert_eq!(first.etag(), "\"1\"");
    let later = service.save(Save::of(ANA).data(r#"{"a":2}"#)).await.expect(200);

    let again = patch.send(service).await.expect(200);

    is_replayed(&again, true);
    assert_eq!(again.etag(), "\"1\"");
    assert_eq!(service.read(ANA).await.expect(200).body, later.body);
    Write::patch(&id, "{}").key("k").send(service).await.expect_problem(422, "IDEMPOTENCY_KEY_REUSED");
}

async fn what_was_started_anonymously_is_found_again_after_the_claim(service: &Service<'_>) {
    let start = Write::create(r#"{"survey_id":1}"#).key("8e03978e-40d5-43dd-bc93-6894a57f9324");
    let id = start.send(service).await.expect(201).draft_id();
    let claim = Write::patch(&id, format!(r#"{{"email":"{ANA}"}}"#)).key("claim");
    once(service, &claim, 200).await;

    let again = start.send(service).await.expect(201);

    is_replayed(&again, true);
    assert_eq!((again.draft_id(), again.etag()), (id, "\"1\""));
    assert_eq!(service.database.count("form_progress"), 1);
}

async fn the_same_key_at_two_drafts_is_two(service: &Service<'_>) {
    for email in [ANA, NAMED.1] {
        is_replayed(&Write::save(email).key("k").send(service).await.expect(201), false);
    }
    assert_eq!(service.database.count("form_progress"), 2);
}

async fn a_write_without_a_key_is_applied_each_time(service: &Service<'_>) {
    let id = service.save(ANA).await.expect(201).draft_id();
    let patch = Write::patch(&id, r#"{"data":{"a":2}}"#);
    patch.clone().key("k").send(service).await.expect(200);
    service.save(ANA).await.expect(200);

    let applied = patch.send(service).await.expect(200);

    is_replayed(&applied, false);
    assert_eq!((applied.version(), applied.raw("data")), (4, r#"{"a":2}"#.into()));
}
