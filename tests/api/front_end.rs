//! The routes of existing survey front ends, in exactly the shapes that these read.

use serde_json::json;

use crate::support::{NAMED, Save, Service};

on_both_databases![
    a_survey_stands_beside_its_definition,
    a_definition_is_given_as_it_was_imported,
    a_good_invitation_code_names_its_company,
    a_bad_invitation_code_is_refused,
    has_answer_tells_whether_there_is_a_submission,
    has_answer_of_an_unknown_survey_is_refused,
    a_response_is_a_submission,
    a_response_sent_again_is_answered_as_the_first,
    every_bad_member_of_a_response_is_pointed_at,
    a_response_with_unknown_options_is_refused,
    a_response_with_a_bad_code_is_refused,
];

const ANA: &str = NAMED.0;

/// A response, with the code and the options as JSON.
fn response(email: &str, code: &str, answers: &str) -> String {
    format!(
        r#"{{"invitation_code":{code},"survey_id":"1","participant":{{"email":"{email}","name":"A"}},"answers":{answers}}}"#
    )
}

async fn a_survey_stands_beside_its_definition(service: &Service<'_>) {
    let answer = service.get("/api/surveys/1").await.expect(200);

    let mut body = answer.json();
    for moment in ["created_at", "updated_at"] {
        let text = body[moment].as_str().expect("a moment").to_owned();
        assert!(text.ends_with('Z') && chrono::DateTime::parse_from_rfc3339(&text).is_ok(), "{text}");
        body.as_object_mut().expect("an object").remove(moment);
    }
    let options = json!([{"id": 100, "text": "On foot"}, {"id": 101, "text": "By train"}]);
    let expected = json!({"id": 1, "name": "Commuting", "instructions": "Two screens.", "fingerprint": null, "question_groups": [
        {"id": 1, "name": "Your way", "details": "", "modifiers": {}, "questions": [
            {"id": 10, "text": "How?", "details": "", "options": options},
            {"id": "q2", "text": "Always?", "details": "", "options": [{"id": "yes", "text": "Yes"}]}]}]});
    assert_eq!(body, expected);
    assert_eq!(answer.header("Cache-Control"), Some("no-cache"));
}

async fn a_definition_is_given_as_it_was_imported(service: &Service<'_>) {
    let pages = r#"[{"name":"p1","n":1.0e2,"n":"\ud800","elements":[ ]}]"#;
    service.database.add_survey(&format!(r#"{{"id":2,"name":"SurveyJS","definition":{{"pages":{pages},"z":1}}}}"#));

    let answer = service.get("/api/surveys/2").await.expect(200);

    assert_eq!((answer.raw("pages"), answer.raw("z")), (pages.into(), "1".into()));
}

async fn a_good_invitation_code_names_its_company(service: &Service<'_>) {
    service.database.add_company("Acme", "ACME-1");

    for code in ["ACME-1", " acme-1\\t", "Acme-1"] {
        let answer = service.post("/api/invitation-code", format!(r#"{{"invitation_code":"{code}"}}"#)).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(answer.expect(200).body, @r#"{"status":"ok","message":"The guest code is valid.","data":{"id":1,"name":"Acme","details":"Welcome."}}"#);
        }
    }
}

async fn a_bad_invitation_code_is_refused(service: &Service<'_>) {
    let company = service.database.add_company("Acme", "ACME-1");
    service.database.deactivate(company);
    for code in ["ACME-1", "sesame", "%", "' OR 1=1 --"] {
        let answer = service.post("/api/invitation-code", format!(r#"{{"invitation_code":"{code}"}}"#)).await;
        answer.expect_problem(400, "INVALID_GUEST_CODE");
    }
    for body in [
        "{}".to_owned(),
        r#"{"invitation_code":null}"#.into(),
        r#"{"invitation_code":""}"#.into(),
        r#"{"invitation_code":7}"#.into(),
        r#"{"invitation_code":["ACME-1"]}"#.into(),
        r#"{"invitation_code":"a\u0000b"}"#.into(),
        r#"{"invitation_code":"\ud800"}"#.into(),
        format!(r#"{{"invitation_code":"{}"}}"#, "x".repeat(101)),
    ] {
        let answer = service.post("/api/invitation-code", body.clone()).await;
        assert_eq!(answer.expect_problem(400, "INVALID_REQUEST").pointers(), ["#/invitation_code"], "{body}");
    }
}

async fn has_answer_tells_whether_there_is_a_submission(service: &Service<'_>) {
    let ask = async || {
        let body = format!(r#"{{"email":"{ANA}","survey_id":"1"}}"#);
        service.post("/api/participant/has-answer", body).await.expect(200).body
    };
    let before = ask().await;
    insta::allow_duplicates! {
        insta::assert_snapshot!(before, @r#"{"status":"ok","message":"This email has not answered this survey.","data":{"has_answer":false}}"#);
    }
    service.save(ANA).await.expect(201);
    assert!(ask().await.contains(r#""has_answer":false"#), "a draft is no answer");

    service.submit(ANA).await.expect(201);

    let after = ask().await;
    insta::allow_duplicates! {
        insta::assert_snapshot!(after, @r#"{"status":"ok","message":"This email has answered this survey.","data":{"has_answer":true}}"#);
    }
}

async fn has_answer_of_an_unknown_survey_is_refused(service: &Service<'_>) {
    let ask = async |body: &str| service.post("/api/participant/has-answer", body).await;

    ask(r#"{"email":"ana@example.com","survey_id":99}"#).await.expect_problem(404, "SURVEY_NOT_FOUND");
    let answer = ask("{}").await.expect_problem(400, "INVALID_REQUEST");
    assert_eq!(answer.pointers(), ["#/email", "#/survey_id"]);
}

async fn a_response_is_a_submission(service: &Service<'_>) {
    let company = service.database.add_company("Acme", "ACME-1");
    service.save(ANA).await.expect(201);

    let answer = service.post("/api/response", response("Ana@Example.com", "\"acme-1\"", "[100,\"yes\"]")).await;

    insta::allow_duplicates! {
        insta::assert_snapshot!(answer.expect(201).body, @r#"{"status":"ok","message":"Thank you, your answers have been received.","data":{"submission_id":1,"answers_count":2}}"#);
    }
    service.read(ANA).await.expect(404);
    service.save(ANA).await.expect_problem(400, "ALREADY_SUBMITTED");
    assert_eq!(service.database.number("SELECT company_id AS value FROM submissions"), company.0);
    let participant = service.database.lines("SELECT participant AS value FROM submissions");
    assert_eq!(participant, [r#"{"email":"Ana@Example.com","name":"A"}"#]);
    let answers = service.database.lines("SELECT question || '=' || value AS value FROM answers ORDER BY position");
    assert_eq!(answers, ["10=100", "q2=\"yes\""]);
}

async fn a_response_sent_again_is_answered_as_the_first(service: &Service<'_>) {
    service.database.add_company("Acme", "ACME-1");
    let first = service.post("/api/response", response(ANA, "\"ACME-1\"", "[100]")).await.expect(201);

    let again = service.post("/api/response", response(ANA, "\"ACME-1\"", "[100]")).await.expect(201);

    assert_eq!(again.body, first.body);
    let other = service.post("/api/response", response(ANA, "\"ACME-1\"", "[101]")).await;
    other.expect_problem(400, "ALREADY_SUBMITTED");
    // Both doors lead to one submission.
    service.submit(ANA).await.expect(201);
    assert_eq!(service.database.count("submissions"), 1);
}

async fn every_bad_member_of_a_response_is_pointed_at(service: &Service<'_>) {
    service.database.add_company("Acme", "ACME-1");
    service.save(ANA).await.expect(201);
    let before = service.database.everything();
    let participant = r#"{"email":"ana@example.com"}"#;
    let body = |code: &str, survey: &str, participant: &str, answers: &str| {
        format!(r#"{{"invitation_code":{code},"survey_id":{survey},"participant":{participant},"answers":{answers}}}"#)
    };
    for (sent, pointer) in [
        (body("null", "1", participant, "[100]"), "#/invitation_code"),
        (body("7", "1", participant, "[100]"), "#/invitation_code"),
        (body("\"ACME-1\"", "null", participant, "[100]"), "#/survey_id"),
        (body("\"ACME-1\"", "0", participant, "[100]"), "#/survey_id"),
        (body("\"ACME-1\"", "1", r#"{"email":null}"#, "[100]"), "#/participant/email"),
        (body("\"ACME-1\"", "1", r#"{"email":"sesame"}"#, "[100]"), "#/participant/email"),
        (body("\"ACME-1\"", "1", r#"{"email":["ana@example.com"]}"#, "[100]"), "#/participant/email"),
        (body("\"ACME-1\"", "1", "{}", "[100]"), "#/participant/email"),
        (body("\"ACME-1\"", "1", "null", "[100]"), "#/participant/email"),
        (body("\"ACME-1\"", "1", participant, "null"), "#/answers"),
        (body("\"ACME-1\"", "1", participant, "{}"), "#/answers"),
        (body("\"ACME-1\"", "1", participant, "\"100\""), "#/answers"),
    ] {
        println!("{sent}");
        let answer = service.post("/api/response", sent).await.expect_problem(400, "INVALID_REQUEST");
        assert_eq!(answer.pointers(), [pointer]);
    }
    let nothing = service.post("/api/response", "{}").await.expect_problem(400, "INVALID_REQUEST");
    assert_eq!(nothing.pointers(), ["#/invitation_code", "#/survey_id", "#/participant/email", "#/answers"]);
    assert_eq!(service.database.everything(), before);
}

async fn a_response_with_unknown_options_is_refused(service: &Service<'_>) {
    service.database.add_company("Acme", "ACME-1");
    service.save(Save::of(ANA)).await.expect(201);

    let answer = service.post("/api/response", response(ANA, "\"ACME-1\"", "[100,999]")).await;

    assert_eq!(answer.expect_problem(422, "ANSWERS_INVALID").pointers(), ["#/answers/1"]);
    service.read(ANA).await.expect(200);
}

async fn a_response_with_a_bad_code_is_refused(service: &Service<'_>) {
    service.save(Save::of(ANA)).await.expect(201);
    let before = service.database.everything();

    let answer = service.post("/api/response", response(ANA, "\"nobody's\"", "[100]")).await;

    answer.expect_problem(400, "INVALID_GUEST_CODE");
    assert_eq!(service.database.everything(), before);
}
