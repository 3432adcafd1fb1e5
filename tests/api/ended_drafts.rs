//! What the holder of an id learns when the draft has ended, for how long, and what is left of it.

use chrono::TimeDelta;

use crate::support::{
    Answer, NAMED, Save, Service, Submission, deadline,
    drafts::{IDS, draft_path},
};

on_both_databases![
    an_expired_draft_is_told_on_every_verb_for_seven_days,
    an_expired_draft_is_told_in_the_same_way_after_the_purge,
    a_submitted_draft_is_told_on_every_verb_for_seven_days,
    a_submission_of_the_participant_ends_the_draft_of_that_id,
    the_setting_says_for_how_many_days_an_end_is_remembered,
    the_purge_forgets_ends_that_are_old_enough_and_no_others,
    the_purge_of_an_expired_draft_leaves_nothing_of_the_participant,
    what_is_remembered_of_a_submitted_draft_is_nothing_of_the_participant,
    keys_and_earlier_states_go_with_the_draft,
    a_new_draft_over_an_expired_one_leaves_the_old_id_told,
];

const ANA: &str = NAMED.0;

/// All that can be asked of a draft, but to submit it: that may be a repeat.
async fn every_verb(service: &Service<'_>, id: &str) -> Vec<Answer> {
    service.drafts_key().await;
    let previous = service.request("GET", &draft_path(id, "/previous"));
    let restore = service.request("POST", &draft_path(id, "/restore"));
    vec![
        service.draft(id).await,
        service.get(&draft_path(id, "?fit=true")).await,
        service.patch(id, r#"{"data":{"a":2}}"#).await,
        service.discard_draft(id).await,
        service.validate(id).await,
        previous.send().await,
        restore.json(r#"{"version":1}"#).send().await,
    ]
}

async fn is_told(service: &Service<'_>, id: &str, code: &str) {
    service.drafts_key().await;
    let before = service.database.everything();
    for answer in every_verb(service, id).await {
        answer.expect_problem(410, code);
    }
    for body in [r#"{"survey_id":1}"#.to_owned(), Save::of(ANA).body(), Save::of(NAMED.1).body()] {
        service.put(id, body).await.expect_problem(410, code);
    }
    assert_eq!(service.database.everything(), before);
}

async fn is_unknown(service: &Service<'_>, id: &str) {
    service.drafts_key().await;
    let before = service.database.everything();
    for answer in every_verb(service, id).await.into_iter().chain([service.submit_draft(id).await]) {
        answer.expect_problem(404, "DRAFT_NOT_FOUND");
    }
    assert_eq!(service.database.everything(), before);
}

async fn put(service: &Service<'_>) {
    service.put(IDS.0, Save::of(ANA).body()).await.expect(201);
}

async fn an_expired_draft_is_told_on_every_verb_for_seven_days(service: &Service<'_>) {
    put(service).await;
    service.clock.advance(TimeDelta::days(30));
    is_told(service, IDS.0, "DRAFT_EXPIRED").await;

    service.clock.advance(TimeDelta::days(7) - TimeDelta::microseconds(1));
    is_told(service, IDS.0, "DRAFT_EXPIRED").await;
    service.submit_draft(IDS.0).await.expect_problem(410, "DRAFT_EXPIRED");
    service.submit_draft_with(IDS.0, r#"{"answers":[100]}"#).await.expect_problem(410, "DRAFT_EXPIRED");
    service.clock.advance(TimeDelta::microseconds(1));

    is_unknown(service, IDS.0).await;
}

async fn an_expired_draft_is_told_in_the_same_way_after_the_purge(service: &Service<'_>) {
    put(service).await;
    let anonymous = service.start_anonymous("{}").await;
    service.clock.advance(TimeDelta::days(31));
    service.purge().await;
    assert_eq!(service.database.count("form_progress"), 0);

    // It counts from the end of the draft, not from the hour of the purge.
    service.clock.advance(TimeDelta::days(6) - TimeDelta::microseconds(1));
    for id in [IDS.0, &anonymous] {
        is_told(service, id, "DRAFT_EXPIRED").await;
        service.submit_draft(id).await.expect_problem(410, "DRAFT_EXPIRED");
    }
    service.clock.advance(TimeDelta::microseconds(1));

    is_unknown(service, IDS.0).await;
    is_unknown(service, &anonymous).await;
}

async fn a_submitted_draft_is_told_on_every_verb_for_seven_days(service: &Service<'_>) {
    put(service).await;
    service.submit_draft(IDS.0).await.expect(201);
    is_told(service, IDS.0, "DRAFT_SUBMITTED").await;
    service.purge().await;
    service.restart().await;

    service.clock.advance(TimeDelta::days(7) - TimeDelta::microseconds(1));
    is_told(service, IDS.0, "DRAFT_SUBMITTED").await;
    service.clock.advance(TimeDelta::microseconds(1));

    is_unknown(service, IDS.0).await;
}

async fn a_submission_of_the_participant_ends_the_draft_of_that_id(service: &Service<'_>) {
    put(service).await;
    service.submit(Submission::of(ANA)).await.expect(201);

    is_told(service, IDS.0, "DRAFT_SUBMITTED").await;
}

async fn the_setting_says_for_how_many_days_an_end_is_remembered(service: &Service<'_>) {
    service.restart_with(&[("ended_draft_days", "2")]).await;
    put(service).await;
    service.put(IDS.1, Save::of(NAMED.1).body()).await.expect(201);
    service.submit_draft(IDS.1).await.expect(201);
    service.clock.advance(TimeDelta::days(2) - TimeDelta::microseconds(1));
    is_told(service, IDS.1, "DRAFT_SUBMITTED").await;
    service.clock.advance(TimeDelta::microseconds(1));
    is_unknown(service, IDS.1).await;

    service.clock.advance(TimeDelta::days(28));
    is_told(service, IDS.0, "DRAFT_EXPIRED").await;
    // The scheduled purge knows the setting too.
    service.restart_with(&[("ended_draft_days", "2"), ("purge_schedule", "\"* * * * * *\"")]).await;
    let ended = || service.database.lines("SELECT ending AS value FROM ended_drafts");
    deadline::until("the purge has run", async || ended() == ["expired"]).await;
    // The same job adds up what the purge has told, a moment later.
    let ahead = "SELECT (SELECT max(id) FROM progress_events) - (SELECT folded_to FROM rollup_state) AS value";
    deadline::until("its events are folded", async || service.database.number(ahead) == 0).await;
    is_told(service, IDS.0, "DRAFT_EXPIRED").await;
    service.clock.advance(TimeDelta::days(2));
    is_unknown(service, IDS.0).await;
    deadline::until("the purge has run", async || ended().is_empty()).await;
}

async fn the_purge_forgets_ends_that_are_old_enough_and_no_others(service: &Service<'_>) {
    put(service).await;
    service.submit_draft(IDS.0).await.expect(201);
    service.clock.advance(TimeDelta::days(1));
    service.put(IDS.1, Save::of(NAMED.1).body()).await.expect(201);
    let discard = service.request("DELETE", &draft_path(IDS.1, "")).header("Idempotency-Key", "k");
    discard.send().await.expect(204);
    service.clock.advance(TimeDelta::days(6) - TimeDelta::microseconds(1));

    service.purge().await;
    assert_eq!(service.database.count("ended_drafts"), 2);
    service.clock.advance(TimeDelta::microseconds(1));
    service.purge().await;

    assert_eq!(service.database.lines("SELECT ending AS value FROM ended_drafts"), ["discarded"]);
    service.clock.advance(TimeDelta::days(1));
    service.purge().await;
    assert_eq!((service.database.count("ended_drafts"), service.database.count("idempotency_keys")), (0, 0));
    assert_eq!(service.database.count("submissions"), 1, "a submission is never purged");
}

fn secret() -> Save {
    Save::of("sesame@example.com").data(r#"{"name":"sesame","more":1}"#).with("meta", "\"sesame\"")
}

async fn the_purge_of_an_expired_draft_leaves_nothing_of_the_participant(service: &Service<'_>) {
    let put = service.request("PUT", &draft_path(IDS.0, "")).header("Idempotency-Key", "sesame");
    put.json(secret().body()).send().await.expect(201);
    service.patch(IDS.0, r#"{"data":{"name":null}}"#).await.expect(200);
    assert_eq!(service.database.count("previous_states"), 1);
    service.clock.advance(TimeDelta::days(31));

    service.purge().await;

    let everything = service.database.everything().join("\n");
    assert!(!everything.contains("sesame"), "{everything}");
    let left = ["form_progress", "previous_states", "idempotency_keys", "ended_drafts"];
    assert_eq!(left.map(|table| service.database.count(table)), [0, 0, 0, 1]);
}

async fn what_is_remembered_of_a_submitted_draft_is_nothing_of_the_participant(service: &Service<'_>) {
    service.put(IDS.0, secret().body()).await.expect(201);
    let submit = service.request("POST", &draft_path(IDS.0, "/submit")).header("Idempotency-Key", "sesame");
    submit.json(r#"{"participant":{"name":"sesame"}}"#).send().await.expect(201);
    service.database.execute("DELETE FROM answers; DELETE FROM submissions;");

    let everything = service.database.everything().join("\n");

    assert!(!everything.contains("sesame"), "{everything}");
    assert_eq!(service.database.count("ended_drafts"), 1);
}

async fn keys_and_earlier_states_go_with_the_draft(service: &Service<'_>) {
    for (end, id) in [("discard", IDS.0), ("submit", IDS.1), ("expire", IDS.0)] {
        let body = Save::of(&format!("{end}@example.com")).data(r#"{"a":1,"b":2}"#).body();
        let put = service.request("PUT", &draft_path(id, "")).header("Idempotency-Key", "k");
        put.json(body).send().await.expect(201);
        service.patch(id, r#"{"data":{"a":null}}"#).await.expect(200);
        let memory = || ["previous_states", "idempotency_keys"].map(|table| service.database.count(table));
        assert_eq!(memory(), [1, 1]);

        match end {
            "discard" => drop(service.discard_draft(id).await.expect(204)),
            "submit" => drop(service.submit_draft(id).await.expect(201)),
            _ => {
                service.let_drafts_expire();
                service.purge().await;
            }
        }

        assert_eq!(memory(), [0, 0], "{end}");
    }
}

async fn a_new_draft_over_an_expired_one_leaves_the_old_id_told(service: &Service<'_>) {
    put(service).await;
    service.let_drafts_expire();

    let new = service.save(Save::of(ANA).data("{}")).await.expect(201).draft_id();

    is_told(service, IDS.0, "DRAFT_EXPIRED").await;
    assert_eq!(service.read(ANA).await.expect(200).draft_id(), new);
    service.purge().await;
    is_told(service, IDS.0, "DRAFT_EXPIRED").await;
    service.draft(&new).await.expect(200);
}
