//! Submitting a draft by its id.

use chrono::TimeDelta;
use formprogress::surveys::{Status, SurveyId};

use crate::support::{NAMED, Save, Service, Submission, drafts::IDS};

on_both_databases![
    a_draft_is_submitted_with_its_own_answers,
    a_draft_is_submitted_with_the_answers_that_are_sent,
    a_body_may_leave_the_answers_to_the_draft,
    the_end_of_the_draft_is_seen_through_both_doors,
    an_anonymous_draft_cannot_be_submitted,
    the_same_submission_sent_again_is_answered_as_the_first,
    a_repeat_is_recognised_though_the_survey_is_closed,
    a_repeat_through_the_other_door_is_recognised,
    other_answers_after_the_submission_are_refused,
    a_repeat_with_a_bad_body_is_not_taken_for_the_first,
    the_drafts_own_answers_are_not_called_submitted_when_others_were,
    a_participant_who_has_submitted_cannot_submit_another_draft,
    the_guest_code_must_be_good_or_the_drafts_own,
    the_participant_and_the_company_are_remembered,
    every_bad_member_is_pointed_at_and_nothing_changes,
    answers_that_are_none_are_refused_and_the_draft_stays,
    options_that_the_questions_do_not_have_are_pointed_at,
];

const ANA: &str = NAMED.0;

const ANSWERS: &str = r#"{"10":100, "q2" : "yes"}"#;

async fn put(service: &Service<'_>, data: &str) {
    service.put(IDS.0, Save::of(ANA).data(data).body()).await.expect(201);
}

fn stored(service: &Service<'_>) -> Vec<String> {
    service.database.lines("SELECT question || ' = ' || value AS value FROM answers ORDER BY position")
}

async fn a_draft_is_submitted_with_its_own_answers(service: &Service<'_>) {
    put(service, ANSWERS).await;

    let answer = service.submit_draft(IDS.0).await.expect(201);

    insta::allow_duplicates! {
        insta::assert_snapshot!(answer.body, @r#"{"submission_id":1,"survey_id":1,"email":"ana@example.com","answers_count":2,"submitted_at":"2026-11-21T09:30:00.000000Z"}"#);
    }
    assert_eq!(answer.header("Cache-Control"), Some("no-store"));
    assert_eq!(stored(service), ["10 = 100", "q2 = \"yes\""]);
    assert_eq!(service.database.count("form_progress"), 0);
}

async fn a_draft_is_submitted_with_the_answers_that_are_sent(service: &Service<'_>) {
    for (number, (answers, count)) in
        [(r#"{"10":1e2,"x":[ 1 ]}"#, 2), (r#"[{"questionId":10,"optionId":100}]"#, 1), ("[100,\"yes\"]", 2), ("{}", 0)]
            .into_iter()
            .enumerate()
    {
        let id = service.start(Save::of(&format!("p{number}@example.com")).body()).await.expect(201).draft_id();
        let answer = service.submit_draft_with(&id, &format!(r#"{{"answers":{answers}}}"#)).await.expect(201);
        assert_eq!(answer.json()["answers_count"], count, "{answers}");
    }
    assert!(stored(service).contains(&"x = [ 1 ]".to_owned()));
}

async fn a_body_may_leave_the_answers_to_the_draft(service: &Service<'_>) {
    for (number, body) in ["{}", r#"{"answers":null}"#, r#"{"participant":null,"unknown":1}"#].into_iter().enumerate() {
        let save = Save::of(&format!("p{number}@example.com")).data(ANSWERS);
        let id = service.start(save.body()).await.expect(201).draft_id();
        let answer = service.submit_draft_with(&id, body).await.expect(201);
        assert_eq!(answer.json()["answers_count"], 2, "{body}");
    }
}

async fn the_end_of_the_draft_is_seen_through_both_doors(service: &Service<'_>) {
    put(service, ANSWERS).await;
    service.put(IDS.1, Save::of(NAMED.1).body()).await.expect(201);

    service.submit_draft(IDS.0).await.expect(201);

    service.read(ANA).await.expect_problem(404, "PROGRESS_NOT_FOUND");
    service.save(ANA).await.expect_problem(400, "ALREADY_SUBMITTED");
    service.draft(IDS.0).await.expect_problem(410, "DRAFT_SUBMITTED");
    let asked = service.post("/api/participant/has-answer", format!(r#"{{"email":"{ANA}","survey_id":1}}"#)).await;
    assert_eq!(asked.expect(200).json()["data"]["has_answer"], true);
    service.draft(IDS.1).await.expect(200);
}

async fn an_anonymous_draft_cannot_be_submitted(service: &Service<'_>) {
    let id = service.start_anonymous(ANSWERS).await;
    let before = service.database.everything();

    service.submit_draft(&id).await.expect_problem(409, "DRAFT_ANONYMOUS");
    service.submit_draft_with(&id, r#"{"answers":[100]}"#).await.expect_problem(409, "DRAFT_ANONYMOUS");
    service.submit_draft_with(&id, r#"{"answers":[999]}"#).await.expect_problem(409, "DRAFT_ANONYMOUS");

    assert_eq!(service.database.everything(), before);
    service.patch(&id, format!(r#"{{"email":"{ANA}"}}"#)).await.expect(200);
    service.submit_draft(&id).await.expect(201);
}

async fn the_same_submission_sent_again_is_answered_as_the_first(service: &Service<'_>) {
    for (id, email, body) in [
        (IDS.0, NAMED.0, None),
        (IDS.1, NAMED.1, Some(r#"{"answers":{"10":101}}"#)),
        ("0b9f2d1e-6c1c-4f0e-9a53-5b1a7a1e0c03", NAMED.2, Some("{}")),
    ] {
        service.put(id, Save::of(email).data(ANSWERS).body()).await.expect(201);
        let submit = async || match body {
            None => service.submit_draft(id).await,
            Some(body) => service.submit_draft_with(id, body).await,
        };
        let first = submit().await.expect(201);
        let before = service.database.everything();
        service.clock.advance(TimeDelta::hours(1));

        let again = submit().await.expect(201);
        service.restart().await;
        let after_a_restart = submit().await.expect(201);

        assert_eq!((&again.body, &after_a_restart.body), (&first.body, &first.body));
        assert_eq!(service.database.everything(), before);
    }
}

async fn a_repeat_is_recognised_though_the_survey_is_closed(service: &Service<'_>) {
    put(service, ANSWERS).await;
    let first = service.submit_draft(IDS.0).await.expect(201);
    service.database.set_status(SurveyId(1), Status::Closed);

    assert_eq!(service.submit_draft(IDS.0).await.expect(201).body, first.body);
}

async fn a_repeat_through_the_other_door_is_recognised(service: &Service<'_>) {
    put(service, ANSWERS).await;
    let first = service.submit_draft(IDS.0).await.expect(201);

    let again = service.submit(Submission::of(ANA).answers(ANSWERS)).await.expect(201);

    assert_eq!(again.body, first.body);
    service.submit(Submission::of(ANA).answers("[100]")).await.expect_problem(400, "ALREADY_SUBMITTED");
}

async fn other_answers_after_the_submission_are_refused(service: &Service<'_>) {
    put(service, ANSWERS).await;
    service.submit_draft_with(IDS.0, r#"{"answers":[100]}"#).await.expect(201);
    let before = service.database.everything();

    for answers in ["[101]", "[]", "{}", r#"{"10":100}"#, "[999]", "7"] {
        let answer = service.submit_draft_with(IDS.0, &format!(r#"{{"answers":{answers}}}"#)).await;
        answer.expect_problem(400, "ALREADY_SUBMITTED");
    }

    assert_eq!(service.database.everything(), before);
}

/// What cannot be read is not the same submission sent again.
async fn a_repeat_with_a_bad_body_is_not_taken_for_the_first(service: &Service<'_>) {
    put(service, ANSWERS).await;
    service.submit_draft(IDS.0).await.expect(201);

    for body in ["{", "[]", r#"{"answers":[100],"answers":[101]}"#] {
        let answer = service.submit_draft_with(IDS.0, body).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.body);
    }
}

/// A stale tab must not tell the participant that what it shows has been handed in.
async fn the_drafts_own_answers_are_not_called_submitted_when_others_were(service: &Service<'_>) {
    put(service, ANSWERS).await;
    service.submit(Submission::of(ANA).answers("[101]")).await.expect(201);

    for body in [None, Some("{}")] {
        let answer = match body {
            None => service.submit_draft(IDS.0).await,
            Some(body) => service.submit_draft_with(IDS.0, body).await,
        };
        answer.expect_problem(400, "ALREADY_SUBMITTED");
    }
}

async fn a_participant_who_has_submitted_cannot_submit_another_draft(service: &Service<'_>) {
    put(service, ANSWERS).await;
    let anonymous = service.start_anonymous("{}").await;
    service.submit(Submission::of(ANA)).await.expect(201);

    service.submit_draft_with(IDS.0, r#"{"answers":[101]}"#).await.expect_problem(400, "ALREADY_SUBMITTED");
    service.submit_draft(&anonymous).await.expect_problem(409, "DRAFT_ANONYMOUS");

    assert_eq!(service.database.count("submissions"), 1);
}

async fn the_guest_code_must_be_good_or_the_drafts_own(service: &Service<'_>) {
    let company = service.database.add_company("Acme", "ACME-1");
    let body = Save::of(ANA).guest_code("ACME-1").body();
    let linked = service.put(IDS.0, body).await.expect(201);
    assert_eq!(linked.json()["company_id"], company.0);
    service.put(IDS.1, Save::of(NAMED.1).body()).await.expect(201);
    service.database.deactivate(company);
    let before = service.database.everything();

    for (id, code) in [(IDS.0, "OTHER"), (IDS.1, "OTHER"), (IDS.1, "ACME-1")] {
        let body = format!(r#"{{"guest_code":"{code}","answers":[100]}}"#);
        let refused = service.submit_draft_with(id, &body).await;
        refused.expect_problem(400, "INVALID_GUEST_CODE");
    }

    assert_eq!(service.database.everything(), before);
    service.submit_draft_with(IDS.0, r#"{"guest_code":" acme-1 ","answers":[100]}"#).await.expect(201);
    assert_eq!(service.database.number("SELECT company_id AS value FROM submissions"), company.0);
}

async fn the_participant_and_the_company_are_remembered(service: &Service<'_>) {
    let company = service.database.add_company("Acme", "ACME-1");
    put(service, ANSWERS).await;

    let body = r#"{"guest_code":"ACME-1","participant":{"name" : "Ana","age":1e2}}"#;
    service.submit_draft_with(IDS.0, body).await.expect(201);

    let participant = service.database.lines("SELECT participant AS value FROM submissions");
    assert_eq!(participant, [r#"{"name" : "Ana","age":1e2}"#]);
    assert_eq!(service.database.number("SELECT company_id AS value FROM submissions"), company.0);
}

async fn every_bad_member_is_pointed_at_and_nothing_changes(service: &Service<'_>) {
    put(service, ANSWERS).await;
    let before = service.database.everything();
    for (member, values) in
        [("guest_code", &["7", "[]", "\"\"", "\"a\\u0000b\""][..]), ("participant", &["7", "[]", "\"sesame\"", "true"])]
    {
        for value in values {
            let answer = service.submit_draft_with(IDS.0, &format!(r#"{{"{member}":{value}}}"#)).await;
            let answer = answer.expect_problem(400, "INVALID_REQUEST");
            assert_eq!(answer.pointers(), [format!("#/{member}")]);
            assert!(!answer.body.contains("sesame"), "{}", answer.body);
        }
    }
    let both = service.submit_draft_with(IDS.0, r#"{"guest_code":7,"participant":7,"answers":[999]}"#).await;
    assert_eq!(both.expect_problem(400, "INVALID_REQUEST").pointers(), ["#/guest_code", "#/participant"]);
    let twice = service.submit_draft_with(IDS.0, r#"{"answers":{},"answers":{}}"#).await;
    assert_eq!(twice.expect_problem(400, "INVALID_REQUEST").pointers(), ["#/answers"]);
    assert_eq!(service.database.everything(), before);
}

async fn answers_that_are_none_are_refused_and_the_draft_stays(service: &Service<'_>) {
    put(service, ANSWERS).await;
    let before = service.database.everything();

    for answers in ["7", "true", "\"sesame\"", "[null]", "[[100]]", r#"[{"questionId":""}]"#, r#"{"a\u0000b":1}"#] {
        let answer = service.submit_draft_with(IDS.0, &format!(r#"{{"answers":{answers}}}"#)).await;
        let answer = answer.expect_problem(422, "ANSWERS_INVALID");
        assert!(answer.pointers().iter().all(|pointer| pointer.starts_with("#/answers")), "{}", answer.body);
        assert!(!answer.body.contains("sesame"), "{}", answer.body);
    }

    assert_eq!(service.database.everything(), before);
}

async fn options_that_the_questions_do_not_have_are_pointed_at(service: &Service<'_>) {
    put(service, r#"{"10":[100,999],"q2":"sesame","free":"text"}"#).await;
    let before = service.database.everything();

    let own = service.submit_draft(IDS.0).await.expect_problem(422, "ANSWERS_INVALID");
    let sent = service.submit_draft_with(IDS.0, r#"{"answers":["yes",999]}"#).await;

    assert_eq!(own.pointers(), ["#/data/10/1", "#/data/q2"]);
    assert_eq!(sent.expect_problem(422, "ANSWERS_INVALID").pointers(), ["#/answers/1"]);
    assert!(!own.body.contains("sesame") && !own.body.contains("999"), "{}", own.body);
    assert_eq!(service.database.everything(), before);
}
