//! Ids that are used again: by then the service has forgotten, or never knew, what was under them before.

use chrono::TimeDelta;

use crate::support::{
    NAMED, Save, Service, Submission,
    drafts::{IDS, draft_path},
    service::ENDED_DAYS,
};

on_both_databases![
    a_discarded_id_leaves_no_trace_and_may_be_used_again,
    an_id_whose_end_is_forgotten_may_be_used_again,
    an_expired_row_under_an_id_that_is_used_again_leaves_nothing_behind,
    an_id_used_again_is_judged_by_its_new_email,
    an_id_used_again_leaves_other_drafts_alone,
    the_id_of_a_forgotten_submission_may_be_used_and_submitted_again,
    the_id_of_a_forgotten_submission_is_an_id_like_any_other,
];

const ANA: &str = NAMED.0;

const SECRET: &str =
    r#"{"survey_id":1,"email":"sesame@example.com","data":{"name":"sesame","more":1},"meta":"sesame"}"#;

async fn a_discarded_id_leaves_no_trace_and_may_be_used_again(service: &Service<'_>) {
    for key in [None, Some("discard")] {
        let keyed_put = async || {
            let put = service.request("PUT", &draft_path(IDS.0, "")).header("Idempotency-Key", "first");
            put.json(Save::of(ANA).body()).send().await.expect(201)
        };
        keyed_put().await;
        service.patch(IDS.0, r#"{"data":{"a":2},"meta":1}"#).await.expect(200);
        let discard = service.request("DELETE", &draft_path(IDS.0, ""));
        let discard = key.iter().fold(discard, |request, key| request.header("Idempotency-Key", key));
        discard.send().await.expect(204);
        service.draft(IDS.0).await.expect_problem(404, "DRAFT_NOT_FOUND");

        let again = keyed_put().await;

        assert_eq!((again.version(), again.header("Idempotency-Replayed")), (1, None));
        assert_eq!((again.raw("data"), again.raw("meta")), (r#"{"a":1}"#.into(), "null".into()));
        assert_eq!(service.database.count("ended_drafts"), 0);
        service.discard_draft(IDS.0).await.expect(204);
    }
}

async fn an_id_whose_end_is_forgotten_may_be_used_again(service: &Service<'_>) {
    service.put(IDS.0, Save::of(ANA).body()).await.expect(201);
    service.let_drafts_expire();
    service.purge().await;
    service.clock.advance(TimeDelta::days(ENDED_DAYS.into()));

    let again = service.put(IDS.0, Save::of(NAMED.1).body()).await.expect(201);

    assert_eq!((again.version(), again.json()["email"].as_str()), (1, Some(NAMED.1)));
    // The end of the first draft must not be told of the second one, nor the second one be lost with it.
    service.purge().await;
    assert_eq!(service.draft(IDS.0).await.expect(200).body, again.body);
    service.discard_draft(IDS.0).await.expect(204);
    service.draft(IDS.0).await.expect_problem(404, "DRAFT_NOT_FOUND");
}

async fn an_expired_row_under_an_id_that_is_used_again_leaves_nothing_behind(service: &Service<'_>) {
    let keyed =
        |body: String| service.request("PUT", &draft_path(IDS.0, "")).header("Idempotency-Key", "k").json(body).send();
    keyed(SECRET.into()).await.expect(201);
    service.patch(IDS.0, r#"{"data":{"name":null}}"#).await.expect(200);
    service.let_drafts_expire();
    service.clock.advance(TimeDelta::days(ENDED_DAYS.into()));

    let new = keyed(r#"{"survey_id":1,"data":{}}"#.into()).await.expect(201);

    assert_eq!((new.version(), new.raw("email"), new.raw("meta")), (1, "null".into(), "null".into()));
    assert_eq!(new.json()["created_at"], new.json()["updated_at"]);
    let everything = service.database.everything().join("\n");
    assert!(!everything.contains("sesame"), "{everything}");
    assert_eq!((service.database.count("form_progress"), service.database.count("previous_states")), (1, 0));
}

/// A page that keeps its id, on a device that several people use.
async fn the_id_of_a_forgotten_submission_may_be_used_and_submitted_again(service: &Service<'_>) {
    service.put(IDS.0, Save::of(ANA).body()).await.expect(201);
    service.submit_draft(IDS.0).await.expect(201);
    service.clock.advance(TimeDelta::days(ENDED_DAYS.into()));
    service.purge().await;
    service.draft(IDS.0).await.expect_problem(404, "DRAFT_NOT_FOUND");

    service.put(IDS.0, Save::of(NAMED.1).body()).await.expect(201);
    let second = service.submit_draft(IDS.0).await.expect(201);

    assert_eq!(second.json()["email"], NAMED.1);
    assert_eq!(service.database.count("submissions"), 2);
}

/// Ana's draft has expired so long ago that nobody remembers it, but no purge has come by.
async fn with_a_forgotten_draft_of_ana(service: &Service<'_>) {
    service.put(IDS.0, Save::of(ANA).data(r#"{"old":true}"#).with("meta", "1").body()).await.expect(201);
    service.let_drafts_expire();
    service.clock.advance(TimeDelta::days(ENDED_DAYS.into()));
    service.draft(IDS.0).await.expect_problem(404, "DRAFT_NOT_FOUND");
}

async fn an_id_used_again_is_judged_by_its_new_email(service: &Service<'_>) {
    with_a_forgotten_draft_of_ana(service).await;
    service.submit(Submission::of(NAMED.1)).await.expect(201);

    service.put(IDS.0, Save::of(NAMED.1).body()).await.expect_problem(400, "ALREADY_SUBMITTED");
    let new = service.put(IDS.0, Save::of(NAMED.2).body()).await.expect(201);

    assert_eq!((new.json()["email"].as_str(), new.version(), new.raw("meta")), (Some(NAMED.2), 1, "null".into()));
    assert_eq!(service.read(NAMED.2).await.expect(200).body, new.body);
}

async fn an_id_used_again_leaves_other_drafts_alone(service: &Service<'_>) {
    with_a_forgotten_draft_of_ana(service).await;
    let of_ben = service.save(NAMED.1).await.expect(201);

    service.put(IDS.0, Save::of(NAMED.1).data(r#"{"new":true}"#).body()).await.expect_problem(409, "DRAFT_EXISTS");

    assert_eq!(service.read(NAMED.1).await.expect(200).body, of_ben.body);
    assert_eq!(service.draft(&of_ben.draft_id()).await.expect(200).body, of_ben.body);
}

/// Whoever holds it learns nothing of who had it before.
async fn the_id_of_a_forgotten_submission_is_an_id_like_any_other(service: &Service<'_>) {
    service.database.add_survey(r#"{"id":2,"name":"Other","definition":{}}"#);
    service.put(IDS.0, Save::of(ANA).body()).await.expect(201);
    service.submit_draft(IDS.0).await.expect(201);
    service.clock.advance(TimeDelta::days(ENDED_DAYS.into()));

    service.put(IDS.0, r#"{"survey_id":2}"#).await.expect(201);
    service.discard_draft(IDS.0).await.expect(204);
    let anonymous = service.put(IDS.0, r#"{"survey_id":1}"#).await.expect(201);

    assert_eq!((anonymous.version(), anonymous.raw("email")), (1, "null".into()));
}
