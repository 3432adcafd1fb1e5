//! The end of a draft: submissions, sent in every shape, sent twice, and sent wrong.

use crate::support::{NAMED, Save, Service, Submission};

on_both_databases![
    a_submission_is_answered_with_what_was_kept,
    answers_may_be_an_object_a_list_of_objects_or_of_options,
    answers_are_stored_as_they_were_sent,
    a_submission_without_answers_marks_the_participant_as_done,
    a_submission_ends_the_draft,
    a_save_after_the_submission_is_refused,
    a_submission_needs_no_draft,
    the_same_submission_sent_again_is_answered_as_the_first,
    a_repeat_is_recognised_though_the_survey_has_changed,
    other_answers_after_the_submission_are_refused,
    unknown_options_are_pointed_at_and_the_draft_stays,
    what_is_no_answer_is_refused_and_the_draft_stays,
    every_bad_member_of_a_submission_is_pointed_at,
    a_submission_for_a_survey_that_does_not_exist_is_refused,
    a_submission_remembers_the_participant_and_the_company,
];

const ANA: &str = NAMED.0;

async fn a_submission_is_answered_with_what_was_kept(service: &Service<'_>) {
    let answer = service.submit(Submission::of(" ANA@example.com ").answers(r#"{"10":"train","q2":null}"#)).await;

    insta::allow_duplicates! {
        insta::assert_snapshot!(answer.clone().expect(201).body, @r#"{"submission_id":1,"survey_id":1,"email":"ana@example.com","answers_count":2,"submitted_at":"2026-11-21T09:30:00.000000Z"}"#);
    }
    assert_eq!(answer.header("Cache-Control"), Some("no-store"));
}

async fn answers_may_be_an_object_a_list_of_objects_or_of_options(service: &Service<'_>) {
    for (number, (answers, count)) in [
        (r#"{"a":1,"b":[2],"a":3}"#, 3),
        (r#"[{"questionId":10,"value":"train"},{"questionId":"x"}]"#, 2),
        (r#"[100,"101","yes"]"#, 3),
        (r#"[100,{"questionId":11}]"#, 2),
        ("[]", 0),
        ("{}", 0),
    ]
    .into_iter()
    .enumerate()
    {
        let submission = Submission::of(&format!("p{number}@example.com")).answers(answers);
        let answer = service.submit(submission).await.expect(201);
        assert_eq!(answer.json()["answers_count"], count, "{answers}");
    }
}

async fn answers_are_stored_as_they_were_sent(service: &Service<'_>) {
    let answers = r#"{"b" : 1e2 ,"a":{"x":[ 12345678901234567890 ]},"é":"\u0000 \ud800 😀"}"#;

    service.submit(Submission::of(ANA).answers(answers)).await.expect(201);

    let stored = "SELECT question || ' = ' || value AS value FROM answers ORDER BY position";
    let expected = ["b = 1e2", r#"a = {"x":[ 12345678901234567890 ]}"#, r#"é = "\u0000 \ud800 😀""#];
    assert_eq!(service.database.lines(stored), expected);
}

/// A submission handler elsewhere keeps the answers and only says that the participant is done.
async fn a_submission_without_answers_marks_the_participant_as_done(service: &Service<'_>) {
    for (email, submission) in
        [(NAMED.0, Submission::of(NAMED.0).without("answers")), (NAMED.1, Submission::of(NAMED.1).answers("null"))]
    {
        service.save(email).await.expect(201);
        assert_eq!(service.submit(submission).await.expect(201).json()["answers_count"], 0);
        service.save(email).await.expect_problem(400, "ALREADY_SUBMITTED");
    }
}

/// Rule 4.
async fn a_submission_ends_the_draft(service: &Service<'_>) {
    service.save(ANA).await.expect(201);
    service.save(NAMED.1).await.expect(201);

    service.submit(ANA).await.expect(201);

    service.read(ANA).await.expect_problem(404, "PROGRESS_NOT_FOUND");
    service.read(NAMED.1).await.expect(200);
    assert_eq!(service.database.count("form_progress"), 1);
}

async fn a_save_after_the_submission_is_refused(service: &Service<'_>) {
    service.submit(ANA).await.expect(201);
    let before = service.database.everything();

    service.save(Save::of(ANA).screen(9)).await.expect_problem(400, "ALREADY_SUBMITTED");
    service.discard(ANA).await.expect(204);

    service.read(ANA).await.expect_problem(404, "PROGRESS_NOT_FOUND");
    assert_eq!(service.database.everything(), before);
    service.restart().await;
    service.save(ANA).await.expect_problem(400, "ALREADY_SUBMITTED");
}

async fn a_submission_needs_no_draft(service: &Service<'_>) {
    service.submit(ANA).await.expect(201);

    assert_eq!((service.database.count("submissions"), service.database.count("answers")), (1, 1));
}

/// A browser resends a POST whose connection broke, perhaps after the answer was on its way.
async fn the_same_submission_sent_again_is_answered_as_the_first(service: &Service<'_>) {
    let submission = Submission::of(ANA).answers(r#"{"10":"train"}"#);
    let first = service.submit(submission.clone()).await.expect(201);
    let before = service.database.everything();
    service.clock.advance(chrono::TimeDelta::hours(1));

    let again = service.submit(submission.clone()).await.expect(201);
    service.restart().await;
    let after_a_restart = service.submit(submission).await.expect(201);

    assert_eq!((again.body, after_a_restart.body), (first.body.clone(), first.body));
    assert_eq!(service.database.everything(), before);
}

async fn a_repeat_is_recognised_though_the_survey_has_changed(service: &Service<'_>) {
    let first = service.submit(Submission::of(ANA).answers("[100]")).await.expect(201);
    service.database.add_survey(r#"{"id":1,"name":"Commuting","definition":{"question_groups":[]},"status":"closed"}"#);

    let again = service.submit(Submission::of(ANA).answers("[100]")).await.expect(201);

    assert_eq!(again.body, first.body);
    service.submit(Submission::of(ANA).answers("[101]")).await.expect_problem(400, "ALREADY_SUBMITTED");
}

async fn other_answers_after_the_submission_are_refused(service: &Service<'_>) {
    service.submit(Submission::of(ANA).answers("[100]")).await.expect(201);
    let before = service.database.everything();

    for answers in ["[101]", "[]", "[100,100]", r#"{"10":101}"#, "null"] {
        let answer = service.submit(Submission::of(ANA).answers(answers)).await;
        answer.expect_problem(400, "ALREADY_SUBMITTED");
    }

    assert_eq!(service.database.everything(), before);
}

async fn unknown_options_are_pointed_at_and_the_draft_stays(service: &Service<'_>) {
    let saved = service.save(ANA).await.expect(201);

    let answer = service.submit(Submission::of(ANA).answers(r#"[100,999,"sesame",{"x":1}]"#)).await;

    let answer = answer.expect_problem(422, "ANSWERS_INVALID");
    assert_eq!(answer.pointers(), ["#/answers/1", "#/answers/2", "#/answers/3"]);
    assert!(!answer.body.contains("sesame") && !answer.body.contains("999"), "{}", answer.body);
    assert_eq!(service.read(ANA).await.expect(200).body, saved.body);
    assert_eq!(service.database.count("submissions"), 0);
}

async fn what_is_no_answer_is_refused_and_the_draft_stays(service: &Service<'_>) {
    service.save(ANA).await.expect(201);
    let before = service.database.everything();

    for answers in [
        "7",
        "true",
        "\"[100]\"",
        "[null]",
        "[[100]]",
        "[true]",
        "[\"\"]",
        r#"[{"questionId":null}]"#,
        r#"[{"questionId":""}]"#,
        r#"[{"questionId":"a\u0000b"}]"#,
        r#"["\ud800"]"#,
        r#"{"a\u0000b":1}"#,
        r#"{"\ud800":1}"#,
        &format!("[{}100]", "100,".repeat(10_000)),
    ] {
        println!("{answers:.60}");
        service.submit(Submission::of(ANA).answers(answers)).await.expect_problem(422, "ANSWERS_INVALID");
    }

    assert_eq!(service.database.everything(), before);
}

async fn every_bad_member_of_a_submission_is_pointed_at(service: &Service<'_>) {
    service.save(ANA).await.expect(201);
    let before = service.database.everything();
    for (member, values) in [
        ("email", &["null", "7", "\"sesame\""][..]),
        ("survey_id", &["null", "0", "-1", "1.5", "\"x\"", "9223372036854775808"]),
        ("guest_code", &["7", "[]", "{}", "\"\"", "\"a\\u0000b\"", "\"\\ud800\""]),
        ("participant", &["7", "[]", "\"sesame\"", "true"]),
    ] {
        for value in values {
            println!("{member}: {value}");
            let answer = service.submit(Submission::of(ANA).with(member, *value)).await;
            assert_eq!(answer.expect_problem(400, "INVALID_REQUEST").pointers(), [format!("#/{member}")]);
        }
    }
    let twice = Submission::of(ANA).with("answers", "[100],\"answers\":[101]");
    service.submit(twice).await.expect_problem(400, "INVALID_REQUEST");
    assert_eq!(service.database.everything(), before);
}

async fn a_submission_for_a_survey_that_does_not_exist_is_refused(service: &Service<'_>) {
    for answers in ["[100]", "null", "{}"] {
        let submission = Submission::of(ANA).with("survey_id", "99").answers(answers);
        service.submit(submission).await.expect_problem(404, "SURVEY_NOT_FOUND");
    }
    assert_eq!(service.database.count("submissions"), 0);
}

async fn a_submission_remembers_the_participant_and_the_company(service: &Service<'_>) {
    let company = service.database.add_company("Acme", "ACME-1");
    let participant = r#"{"name" : "Ana","age":1e2}"#;
    let submission = Submission::of(ANA).with("guest_code", "\" acme-1 \"").with("participant", participant);

    service.submit(submission).await.expect(201);

    assert_eq!(service.database.lines("SELECT participant AS value FROM submissions"), [participant]);
    assert_eq!(service.database.number("SELECT company_id AS value FROM submissions"), company.0);
}
