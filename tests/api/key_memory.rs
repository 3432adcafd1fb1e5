//! How long keys are remembered: a day at least, the last 32 of a draft at least, not for ever, and no longer than the
//! draft; those that ended a draft as long as its end is.

use chrono::TimeDelta;

use crate::support::{Answer, NAMED, Save, Service, Submission, Write, drafts::IDS};

on_both_databases![
    a_key_is_remembered_for_a_day_however_many_come_after_it,
    the_last_keys_are_remembered_however_old,
    keys_do_not_grow_for_ever,
    the_keys_of_other_drafts_are_left_alone,
    keys_outlive_a_restart,
    keys_go_with_the_draft,
    a_draft_that_is_started_anew_has_no_keys,
    the_key_of_a_submission_is_remembered_as_long_as_the_draft,
    the_key_of_a_submission_without_a_draft_is_remembered_too,
    the_key_of_a_discard_is_remembered_as_long,
    a_discard_stays_done_when_its_draft_has_begun_anew,
];

const ANA: &str = NAMED.0;

/// How many keys of a draft are remembered at least.
const LAST: usize = 32;

#[track_caller]
fn is_replayed(answer: &Answer, expected: bool) {
    assert_eq!(answer.header("Idempotency-Replayed"), expected.then_some("true"), "{} {}", answer.status, answer.body);
}

fn numbered(number: usize) -> Write {
    Write::save(Save::of(ANA).data(format!(r#"{{"n":{number}}}"#))).key(&format!("k{number}"))
}

/// Saves of Ana's with a key of its own each, a second apart.
async fn saves(service: &Service<'_>, numbers: std::ops::Range<usize>) {
    for number in numbers {
        is_replayed(&numbered(number).send(service).await, false);
        service.clock.advance(TimeDelta::seconds(1));
    }
}

fn keys(service: &Service<'_>) -> usize {
    usize::try_from(service.database.count("idempotency_keys")).expect("a number of rows")
}

async fn a_key_is_remembered_for_a_day_however_many_come_after_it(service: &Service<'_>) {
    saves(service, 0..40).await;
    service.clock.advance(TimeDelta::hours(23) + TimeDelta::minutes(58));
    saves(service, 40..80).await;
    let last = service.read(ANA).await.expect(200);

    for number in 0..80 {
        let again = numbered(number).send(service).await;
        is_replayed(&again, true);
        assert_eq!(again.version(), number as i64 + 1);
    }
    assert_eq!(service.read(ANA).await.expect(200).body, last.body);
}

async fn the_last_keys_are_remembered_however_old(service: &Service<'_>) {
    saves(service, 0..40).await;
    service.clock.advance(TimeDelta::days(20));
    saves(service, 40..41).await;
    service.purge().await;
    let last = service.read(ANA).await.expect(200);

    for number in 41 - LAST..41 {
        is_replayed(&numbered(number).send(service).await, true);
    }
    assert_eq!(service.read(ANA).await.expect(200).body, last.body);
}

/// The clock of the tests stands at a moment at which the service forgets.
async fn keys_do_not_grow_for_ever(service: &Service<'_>) {
    for round in 0..3 {
        saves(service, round * 40..round * 40 + 40).await;
        service.clock.advance(TimeDelta::days(1) + TimeDelta::minutes(1));
    }
    saves(service, 120..121).await;

    let kept = keys(service);

    assert!((LAST..=LAST + 8).contains(&kept), "{kept} of 121");
    is_replayed(&numbered(0).send(service).await.expect(200), false);
}

async fn the_keys_of_other_drafts_are_left_alone(service: &Service<'_>) {
    let other = Write::save(NAMED.1).key("k0");
    other.send(service).await.expect(201);
    saves(service, 0..40).await;
    service.clock.advance(TimeDelta::days(2));
    saves(service, 40..80).await;

    is_replayed(&other.send(service).await.expect(201), true);
}

async fn keys_outlive_a_restart(service: &Service<'_>) {
    let first = numbered(1).send(service).await.expect(201);
    service.restart().await;

    let again = numbered(1).send(service).await.expect(201);

    is_replayed(&again, true);
    assert_eq!(again.body, first.body);
}

async fn keys_go_with_the_draft(service: &Service<'_>) {
    saves(service, 0..3).await;
    service.discard(ANA).await.expect(204);
    assert_eq!(keys(service), 0, "discarded");

    saves(service, 0..3).await;
    assert_eq!(keys(service), 3);
    service.let_drafts_expire();
    service.purge().await;
    assert_eq!(keys(service), 0, "expired");

    saves(service, 0..3).await;
    service.submit(ANA).await.expect(201);
    assert_eq!(keys(service), 0, "submitted");
}

async fn a_draft_that_is_started_anew_has_no_keys(service: &Service<'_>) {
    let put = Write::put(IDS.0, r#"{"survey_id":1,"data":{"a":1}}"#).key("k");
    numbered(1).send(service).await.expect(201);
    put.send(service).await.expect(201);
    service.let_drafts_expire();

    let anew = numbered(1).send(service).await.expect(201);
    is_replayed(&anew, false);
    assert_eq!(anew.version(), 1);
    put.send(service).await.expect_problem(410, "DRAFT_EXPIRED");
    service.clock.advance(TimeDelta::days(7));
    is_replayed(&put.send(service).await.expect(201), false);
    is_replayed(&put.send(service).await.expect(201), true);
}

async fn the_key_of_a_submission_is_remembered_as_long_as_the_draft(service: &Service<'_>) {
    let mut submissions = Vec::new();
    for email in [ANA, NAMED.1] {
        let id = service.save(email).await.expect(201).draft_id();
        let submit = match email == ANA {
            true => Write::submit(ANA).key("k"),
            false => Write::submit_draft(&id, r#"{"answers":[100]}"#).key("k"),
        };
        let first = submit.send(service).await.expect(201);
        submissions.push((id, submit, first));
    }
    service.clock.advance(TimeDelta::days(7) - TimeDelta::seconds(1));
    service.purge().await;
    for (id, submit, first) in &submissions {
        let again = submit.send(service).await.expect(201);
        is_replayed(&again, true);
        assert_eq!(again.body, first.body);
        let other = Write::submit_draft(id, r#"{"answers":[101]}"#).key("k");
        other.send(service).await.expect_problem(422, "IDEMPOTENCY_KEY_REUSED");
    }

    service.clock.advance(TimeDelta::seconds(1));
    service.purge().await;

    assert_eq!((keys(service), service.database.count("ended_drafts")), (0, 0));
    let (_, by_email, first) = &submissions[0];
    let again = by_email.send(service).await.expect(201);
    is_replayed(&again, false);
    assert_eq!(again.body, first.body, "who sends the same answers is told the same for ever");
    let (_, by_id, _) = &submissions[1];
    by_id.send(service).await.expect_problem(404, "DRAFT_NOT_FOUND");
}

async fn the_key_of_a_submission_without_a_draft_is_remembered_too(service: &Service<'_>) {
    let submit = Write::submit(ANA).key("k");
    submit.send(service).await.expect(201);
    service.clock.advance(TimeDelta::days(7) - TimeDelta::seconds(1));
    service.purge().await;

    is_replayed(&submit.send(service).await.expect(201), true);
    let other = Write::submit(Submission::of(ANA).answers("[101]")).key("k");
    other.send(service).await.expect_problem(422, "IDEMPOTENCY_KEY_REUSED");

    service.clock.advance(TimeDelta::seconds(1));
    service.purge().await;
    assert_eq!(keys(service), 0);
}

async fn the_key_of_a_discard_is_remembered_as_long(service: &Service<'_>) {
    let ids = [service.save(ANA).await.expect(201).draft_id(), IDS.0.to_owned()];
    service.put(IDS.0, r#"{"survey_id":1}"#).await.expect(201);
    for id in &ids {
        Write::discard_draft(id).key("k").send(service).await.expect(204);
    }
    service.clock.advance(TimeDelta::days(7) - TimeDelta::seconds(1));
    service.purge().await;
    for id in &ids {
        is_replayed(&Write::discard_draft(id).key("k").send(service).await.expect(204), true);
        Write::discard_draft(id).send(service).await.expect_problem(404, "DRAFT_NOT_FOUND");
        Write::discard_draft(id).key("l").send(service).await.expect_problem(404, "DRAFT_NOT_FOUND");
    }

    service.clock.advance(TimeDelta::seconds(1));
    service.purge().await;

    assert_eq!((keys(service), service.database.count("ended_drafts")), (0, 0));
    Write::discard_draft(&ids[0]).key("k").send(service).await.expect_problem(404, "DRAFT_NOT_FOUND");
}

async fn a_discard_stays_done_when_its_draft_has_begun_anew(service: &Service<'_>) {
    let put = Write::put(IDS.0, Save::of(ANA).body());
    let discard = Write::discard_draft(IDS.0).key("k");
    put.send(service).await.expect(201);
    discard.send(service).await.expect(204);
    let anew = put.send(service).await.expect(201);

    is_replayed(&discard.send(service).await.expect(204), true);

    assert_eq!(service.read(ANA).await.expect(200).body, anew.body);
    // The end of the first draft is not that of the second.
    service.clock.advance(TimeDelta::days(8));
    service.purge().await;
    assert_eq!(service.draft(IDS.0).await.expect(200).body, anew.body);
}
