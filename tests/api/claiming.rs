//! Anonymous drafts: how one gets its email, once.

use chrono::TimeDelta;
use formprogress::surveys::{Status, SurveyId};
use rocket::tokio::task::spawn;

use crate::support::{Client, NAMED, Save, Service, Submission, at_once, drafts::IDS};

on_both_databases![
    a_patch_gives_an_anonymous_draft_its_email,
    a_put_gives_an_anonymous_draft_its_email,
    a_draft_is_claimed_once,
    who_owns_a_draft_may_say_so_again,
    who_has_another_draft_cannot_claim_one,
    who_has_submitted_cannot_claim_a_draft,
    an_expired_draft_of_the_email_is_no_obstacle,
    a_draft_in_another_survey_is_no_obstacle,
    a_closed_survey_lets_nobody_claim,
    a_claim_with_a_bad_body_claims_nothing,
    nobody_finds_an_anonymous_draft_by_an_email,
    of_two_claims_at_once_one_is_refused,
    of_two_drafts_claimed_at_once_one_is_refused,
    of_two_drafts_started_at_once_one_is_refused,
    a_claim_and_a_save_at_once_leave_one_draft,
];

const ANA: &str = NAMED.0;

const CLAIM: &str = r#"{"email":" ANA@example.com "}"#;

async fn a_patch_gives_an_anonymous_draft_its_email(service: &Service<'_>) {
    let id = service.start_anonymous(r#"{"a" : 1e2}"#).await;

    let claimed = service.patch(&id, CLAIM).await.expect(200);

    assert_eq!((claimed.json()["email"].as_str(), claimed.version()), (Some(ANA), 2));
    assert_eq!((claimed.draft_id(), claimed.raw("data")), (id.clone(), r#"{"a" : 1e2}"#.into()));
    for read in [service.read(ANA).await, service.draft(&id).await] {
        assert_eq!((read.etag(), &read.body), (claimed.etag(), &claimed.body));
    }
    assert_eq!(service.save(Save::of(ANA).screen(1)).await.expect(200).draft_id(), id);
}

async fn a_put_gives_an_anonymous_draft_its_email(service: &Service<'_>) {
    service.put(IDS.0, r#"{"survey_id":1}"#).await.expect(201);

    let claimed = service.put(IDS.0, Save::of(ANA).body()).await.expect(200);

    assert_eq!((claimed.json()["email"].as_str(), claimed.version()), (Some(ANA), 2));
    assert_eq!(service.read(ANA).await.expect(200).body, claimed.body);
    // From now on its holder need not name the email.
    let saved = service.put(IDS.0, r#"{"survey_id":1,"data":{}}"#).await.expect(200);
    assert_eq!(saved.json()["email"], ANA);
}

async fn a_draft_is_claimed_once(service: &Service<'_>) {
    let id = service.start_anonymous("{}").await;
    service.patch(&id, CLAIM).await.expect(200);
    let before = service.database.everything();

    for other in [NAMED.1, NAMED.2] {
        let patch = format!(r#"{{"email":"{other}","data":{{"a":2}}}}"#);
        let refused = service.patch(&id, patch).await.expect_problem(409, "DRAFT_CLAIMED");
        assert!(!refused.body.contains("example.com"), "{}", refused.body);
        service.put(&id, Save::of(other).body()).await.expect_problem(409, "DRAFT_CLAIMED");
    }

    assert_eq!(service.database.everything(), before);
}

async fn who_owns_a_draft_may_say_so_again(service: &Service<'_>) {
    let id = service.start_anonymous("{}").await;
    let claimed = service.patch(&id, CLAIM).await.expect(200);
    let before = service.database.everything();

    assert_eq!(service.patch(&id, CLAIM).await.expect(200).body, claimed.body);
    assert_eq!(service.patch(&id, r#"{"email":"ana@EXAMPLE.com"}"#).await.expect(200).body, claimed.body);

    assert_eq!(service.database.everything(), before);
}

async fn who_has_another_draft_cannot_claim_one(service: &Service<'_>) {
    service.save(ANA).await.expect(201);
    let id = service.start_anonymous("{}").await;
    let before = service.database.everything();

    service.patch(&id, CLAIM).await.expect_problem(409, "DRAFT_EXISTS");
    service.put(&id, Save::of(ANA).body()).await.expect_problem(409, "DRAFT_EXISTS");

    assert_eq!(service.database.everything(), before);
    service.patch(&id, format!(r#"{{"email":"{}"}}"#, NAMED.1)).await.expect(200);
}

async fn who_has_submitted_cannot_claim_a_draft(service: &Service<'_>) {
    service.submit(Submission::of(ANA)).await.expect(201);
    let id = service.start_anonymous("{}").await;
    let before = service.database.everything();

    service.patch(&id, CLAIM).await.expect_problem(400, "ALREADY_SUBMITTED");
    service.put(&id, Save::of(ANA).body()).await.expect_problem(400, "ALREADY_SUBMITTED");

    assert_eq!(service.database.everything(), before);
}

async fn an_expired_draft_of_the_email_is_no_obstacle(service: &Service<'_>) {
    let old = service.save(ANA).await.expect(201).draft_id();
    service.clock.advance(TimeDelta::days(20));
    let id = service.start_anonymous("{}").await;
    service.clock.advance(TimeDelta::days(11));

    service.patch(&id, CLAIM).await.expect(200);

    assert_eq!(service.read(ANA).await.expect(200).draft_id(), id);
    service.draft(&old).await.expect_problem(410, "DRAFT_EXPIRED");
    assert_eq!(service.database.count("form_progress"), 1);
}

async fn a_draft_in_another_survey_is_no_obstacle(service: &Service<'_>) {
    service.database.add_survey(r#"{"id":2,"name":"Other","definition":{}}"#);
    service.save(Save::of(ANA).survey(2)).await.expect(201);
    let id = service.start_anonymous("{}").await;

    service.patch(&id, CLAIM).await.expect(200);

    assert_eq!(service.read(ANA).await.expect(200).draft_id(), id);
}

async fn a_closed_survey_lets_nobody_claim(service: &Service<'_>) {
    let id = service.start_anonymous("{}").await;
    service.database.set_status(SurveyId(1), Status::Closed);
    let before = service.database.everything();

    service.patch(&id, CLAIM).await.expect_problem(403, "SURVEY_CLOSED");

    assert_eq!(service.database.everything(), before);
}

async fn a_claim_with_a_bad_body_claims_nothing(service: &Service<'_>) {
    let id = service.start_anonymous("{}").await;
    let before = service.database.everything();

    let refused = service.patch(&id, r#"{"email":"ana@example.com","data":[]}"#).await;

    assert_eq!(refused.expect_problem(400, "INVALID_REQUEST").pointers(), ["#/data"]);
    assert_eq!(service.database.everything(), before);
}

async fn nobody_finds_an_anonymous_draft_by_an_email(service: &Service<'_>) {
    let id = service.start_anonymous(r#"{"email":"ana@example.com"}"#).await;

    service.read(ANA).await.expect_problem(404, "PROGRESS_NOT_FOUND");

    assert_ne!(service.save(ANA).await.expect(201).draft_id(), id);
    service.discard(ANA).await.expect(204);
    service.draft(&id).await.expect(200);
}

async fn of_two_claims_at_once_one_is_refused(service: &Service<'_>) {
    for round in 0..10 {
        let id = service.start_anonymous("{}").await;
        let claims = ["a", "b", "c"].map(|name| {
            let (client, id): (Client, String) = ((**service).clone(), id.clone());
            async move { client.patch(&id, format!(r#"{{"email":"{name}{round}@example.com"}}"#)).await }
        });

        let answers = at_once(claims).await;

        let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
        assert_eq!(won.len(), 1);
        lost.into_iter().for_each(|answer| drop(answer.expect_problem(409, "DRAFT_CLAIMED")));
        assert_eq!(service.draft(&id).await.expect(200).body, won[0].body);
    }
}

async fn of_two_drafts_claimed_at_once_one_is_refused(service: &Service<'_>) {
    for round in 0..10 {
        let mut claims = Vec::new();
        for _ in 0..3 {
            let (client, id): (Client, String) = ((**service).clone(), service.start_anonymous("{}").await);
            claims.push(async move { client.patch(&id, format!(r#"{{"email":"p{round}@example.com"}}"#)).await });
        }

        let answers = at_once(claims).await;

        let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
        assert_eq!(won.len(), 1);
        lost.into_iter().for_each(|answer| drop(answer.expect_problem(409, "DRAFT_EXISTS")));
        assert_eq!(service.read(&format!("p{round}@example.com")).await.expect(200).body, won[0].body);
    }
}

async fn of_two_drafts_started_at_once_one_is_refused(service: &Service<'_>) {
    for round in 0..10 {
        let answers = at_once((0..3).map(|_| {
            let client: Client = (**service).clone();
            async move { client.start(Save::of(&format!("p{round}@example.com")).body()).await }
        }))
        .await;

        let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 201);
        assert_eq!(won.len(), 1);
        lost.into_iter().for_each(|answer| drop(answer.expect_problem(409, "DRAFT_EXISTS")));
    }
}

async fn a_claim_and_a_save_at_once_leave_one_draft(service: &Service<'_>) {
    for round in 0..10 {
        let email = format!("p{round}@example.com");
        let id = service.start_anonymous("{}").await;
        let (claiming, saving): (Client, Client) = ((**service).clone(), (**service).clone());
        let (patch, save) = (format!(r#"{{"email":"{email}"}}"#), Save::of(&email));
        let claim = spawn({
            let id = id.clone();
            async move { claiming.patch(&id, patch).await }
        });
        let saved = spawn(async move { saving.save(save).await }).await.expect("no panic");
        let claimed = claim.await.expect("no panic");

        match saved.draft_id() == id {
            true => assert_eq!((claimed.status, saved.status), (200, 200)),
            false => {
                assert_eq!(saved.status, 201);
                claimed.expect_problem(409, "DRAFT_EXISTS");
            }
        }
        assert_eq!(service.read(&email).await.expect(200).body, saved.body);
    }
}
