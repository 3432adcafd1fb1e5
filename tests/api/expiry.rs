//! Rules 5 and 6: from its expiry on a draft does not exist for anyone, and only a save moves that moment on.

use chrono::TimeDelta;

use crate::support::{NAMED, Save, Service, Submission};

on_both_databases![
    a_draft_exists_until_its_last_moment_and_not_a_moment_longer,
    a_save_over_an_expired_draft_starts_a_new_one,
    a_save_without_data_does_not_revive_an_expired_draft,
    reading_does_not_extend_a_draft,
    a_refused_save_does_not_extend_a_draft,
    the_survey_says_how_long_a_draft_lives,
    a_new_life_span_holds_from_the_next_save,
    an_expired_draft_gives_no_company_to_a_submission,
    an_expired_draft_can_be_submitted_over,
    discarding_an_expired_draft_succeeds,
    a_very_long_life_does_not_overflow,
];

const ANA: &str = NAMED.0;

async fn a_draft_exists_until_its_last_moment_and_not_a_moment_longer(service: &Service<'_>) {
    service.save(ANA).await.expect(201);

    service.clock.advance(TimeDelta::days(30) - TimeDelta::microseconds(1));
    service.read(ANA).await.expect(200);
    service.clock.advance(TimeDelta::microseconds(1));

    service.read(ANA).await.expect_problem(404, "PROGRESS_NOT_FOUND");
    assert_eq!(service.database.count("form_progress"), 1, "nobody has purged it");
}

async fn a_save_over_an_expired_draft_starts_a_new_one(service: &Service<'_>) {
    let old = Save::of(ANA).screen(5).with("meta", "1").with("fingerprint", "\"x\"");
    let first = service.save(old.clone()).await.expect(201);
    service.save(old.screen(4)).await.expect(200);
    service.let_drafts_expire();

    let second = service.save(ANA).await.expect(201);

    assert_ne!(second.json()["draft_id"], first.json()["draft_id"]);
    assert_eq!((second.version(), second.etag()), (1, "\"1\""));
    for nothing_of_the_old in ["meta", "fingerprint"] {
        assert_eq!(second.raw(nothing_of_the_old), "null");
    }
    assert_eq!(second.json()["current_screen"], 0);
    assert_eq!(second.json()["created_at"], second.json()["updated_at"]);
    assert_eq!(service.read(ANA).await.expect(200).body, second.body);
    assert_eq!(service.database.count("form_progress"), 1);
}

async fn a_save_without_data_does_not_revive_an_expired_draft(service: &Service<'_>) {
    service.save(ANA).await.expect(201);
    service.let_drafts_expire();

    let answer = service.save(Save::of(ANA).without("data")).await;

    assert_eq!(answer.expect_problem(400, "INVALID_REQUEST").pointers(), ["#/data"]);
    service.read(ANA).await.expect(404);
}

async fn reading_does_not_extend_a_draft(service: &Service<'_>) {
    service.save(ANA).await.expect(201);

    for _ in 0..29 {
        service.clock.advance(TimeDelta::days(1));
        service.read(ANA).await.expect(200);
    }
    service.clock.advance(TimeDelta::days(1));

    service.read(ANA).await.expect(404);
}

async fn a_refused_save_does_not_extend_a_draft(service: &Service<'_>) {
    service.save(ANA).await.expect(201);
    service.clock.advance(TimeDelta::days(29));

    service.save(Save::of(ANA).data("[]")).await.expect(400);
    service.submit(Submission::of(ANA).answers("[999]")).await.expect(422);
    service.clock.advance(TimeDelta::days(1));

    service.read(ANA).await.expect(404);
}

async fn the_survey_says_how_long_a_draft_lives(service: &Service<'_>) {
    service.database.add_survey(r#"{"id":2,"name":"Short","definition":{},"progress_days":1}"#);

    let answer = service.save(Save::of(ANA).survey(2)).await.expect(201);

    assert_eq!(answer.json()["expires_at"], "2026-11-22T09:30:00.000000Z");
}

async fn a_new_life_span_holds_from_the_next_save(service: &Service<'_>) {
    service.save(ANA).await.expect(201);

    service.database.add_survey(r#"{"id":1,"name":"Shorter","definition":{},"progress_days":2}"#);

    assert_eq!(service.read(ANA).await.expect(200).json()["expires_at"], "2026-12-21T09:30:00.000000Z");
    assert_eq!(service.save(ANA).await.expect(200).json()["expires_at"], "2026-11-23T09:30:00.000000Z");
}

async fn an_expired_draft_gives_no_company_to_a_submission(service: &Service<'_>) {
    service.database.add_company("Acme", "ACME-1");
    service.save(Save::of(ANA).guest_code("ACME-1")).await.expect(201);
    service.let_drafts_expire();

    service.submit(ANA).await.expect(201);

    assert_eq!(service.database.count("submissions WHERE company_id IS NULL"), 1);
}

async fn an_expired_draft_can_be_submitted_over(service: &Service<'_>) {
    service.save(ANA).await.expect(201);
    service.let_drafts_expire();

    service.submit(ANA).await.expect(201);

    assert_eq!(service.database.count("form_progress"), 0);
}

async fn discarding_an_expired_draft_succeeds(service: &Service<'_>) {
    service.save(ANA).await.expect(201);
    service.let_drafts_expire();

    service.discard(ANA).await.expect(204);
}

async fn a_very_long_life_does_not_overflow(service: &Service<'_>) {
    service.database.add_survey(r#"{"id":2,"name":"Long","definition":{},"progress_days":65535}"#);

    let answer = service.save(Save::of(ANA).survey(2)).await.expect(201);

    assert_eq!(answer.json()["expires_at"], "2206-04-27T09:30:00.000000Z");
}
