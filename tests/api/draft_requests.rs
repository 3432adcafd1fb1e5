//! Requests about drafts by id that are not as they should be, and the ways in which good ones may be spelled.

use crate::support::{
    Answer, NAMED, Save, Service, Submission,
    drafts::{IDS, draft_path},
};
use formprogress::surveys::{Status, SurveyId};

on_both_databases![
    every_bad_member_is_pointed_at_and_nothing_changes,
    all_that_is_wrong_is_said_at_once,
    a_body_that_is_no_json_object_is_refused,
    a_body_that_is_too_large_or_too_deep_is_refused,
    a_draft_that_is_not_there_goes_before_a_bad_body,
    a_survey_that_does_not_exist_takes_no_draft,
    a_closed_survey_takes_nothing,
    a_closing_survey_takes_changes_and_no_new_drafts,
    who_has_submitted_starts_no_draft,
    numbers_may_come_as_texts,
    every_route_answers_with_and_without_a_trailing_slash,
    pages_from_elsewhere_may_use_every_verb,
    a_parameter_that_a_route_does_not_have_is_refused,
];

const ANA: &str = NAMED.0;

const BAD_MEMBERS: [(&str, &[&str]); 5] = [
    ("email", &["7", "\"\"", "\"sesame\"", "[]", "\"a\\u0000@x.org\"", "\"\\ud800@x.org\""]),
    ("survey_id", &["null", "0", "-1", "1.5", "\"sesame\"", "9007199254740992", "1e400"]),
    ("current_screen", &["-1", "1.5", "2147483648", "\"sesame\"", "true", "[]"]),
    ("data", &["null", "[]", "\"sesame\"", "7", "true"]),
    ("fingerprint", &["7", "[]", "\"a\\u0000b\"", "\"\\ud800\""]),
];

/// What writes a draft, with this body: POST, PUT and PATCH.
async fn written(service: &Service<'_>, body: &str) -> [Answer; 3] {
    [service.start(body).await, service.put(IDS.0, body).await, service.patch(IDS.0, body).await]
}

async fn every_bad_member_is_pointed_at_and_nothing_changes(service: &Service<'_>) {
    service.put(IDS.0, r#"{"survey_id":1,"data":{"a":1}}"#).await.expect(201);
    let before = service.database.everything();
    let too_long = format!("\"{}\"", "x".repeat(201));

    let members = BAD_MEMBERS.iter().flat_map(|(member, values)| values.iter().map(|value| (*member, *value)));
    for (member, value) in members.chain([("fingerprint", too_long.as_str())]) {
        println!("{member}: {value}");
        let body = Save::of(ANA).without("email").with(member, value).body();
        // A patch says nothing of the survey: a draft stays where it is.
        let how_many = if member == "survey_id" { 2 } else { 3 };
        for answer in written(service, &body).await.into_iter().take(how_many) {
            let answer = answer.expect_problem(400, "INVALID_REQUEST");
            assert_eq!(answer.pointers(), [format!("#/{member}")]);
            assert!(!answer.body.contains("sesame"), "{}", answer.body);
        }
    }
    assert_eq!(service.database.everything(), before);
}

async fn all_that_is_wrong_is_said_at_once(service: &Service<'_>) {
    service.put(IDS.0, r#"{"survey_id":1}"#).await.expect(201);
    let body = r#"{"survey_id":"x","email":"sesame","current_screen":-1,"data":[],"meta":1,"meta":2,"fingerprint":7}"#;

    for (answer, names) in written(service, body).await.into_iter().zip([
        &["current_screen", "data", "email", "fingerprint", "meta", "survey_id"][..],
        &["current_screen", "data", "email", "fingerprint", "meta", "survey_id"],
        &["current_screen", "data", "email", "fingerprint", "meta"],
    ]) {
        let mut pointers = answer.expect_problem(400, "INVALID_REQUEST").pointers();
        pointers.sort();
        assert_eq!(pointers, names.iter().map(|name| format!("#/{name}")).collect::<Vec<_>>());
    }
}

async fn a_body_that_is_no_json_object_is_refused(service: &Service<'_>) {
    service.put(IDS.0, Save::of(ANA).body()).await.expect(201);
    service.drafts_key().await;
    let before = service.database.everything();
    for body in ["{", "[]", "null", "7", "\"sesame\"", r#"{"\ud800":1}"#, r#"{"survey_id":1}}"#, "{'survey_id':1}"] {
        println!("{body}");
        let [started, put, patched] = written(service, body).await;
        let submitted = service.submit_draft_with(IDS.0, body).await;
        let validated = service.post(&draft_path(IDS.0, "/validate"), body).await;
        let restored = service.request("POST", &draft_path(IDS.0, "/restore"));
        for answer in [started, put, patched, submitted, validated, restored.json(body).send().await] {
            assert!(!answer.body.contains("sesame"), "{}", answer.body);
            answer.expect_problem(400, "INVALID_JSON");
        }
    }
    for answer in written(service, "").await {
        answer.expect_problem(400, "INVALID_JSON");
    }
    assert_eq!(service.database.everything(), before);
}

async fn a_body_that_is_too_large_or_too_deep_is_refused(service: &Service<'_>) {
    service.put(IDS.0, r#"{"survey_id":1}"#).await.expect(201);
    let before = service.database.everything();
    let large = format!(r#"{{"survey_id":1,"data":{{"a":"{}"}}}}"#, "x".repeat(1 << 20));
    let deep = format!(r#"{{"survey_id":1,"data":{{"a":{}{}}}}}"#, "[".repeat(127), "]".repeat(127));

    for answer in written(service, &large).await {
        answer.expect_problem(413, "BODY_TOO_LARGE");
    }
    for answer in written(service, &deep).await {
        answer.expect_problem(400, "NESTING_TOO_DEEP");
    }

    assert_eq!(service.database.everything(), before);
}

/// The order of judgement: existence and state come before the body.
async fn a_draft_that_is_not_there_goes_before_a_bad_body(service: &Service<'_>) {
    service.put(IDS.1, Save::of(ANA).body()).await.expect(201);
    service.let_drafts_expire();
    for (id, status, code) in [(IDS.0, 404, "DRAFT_NOT_FOUND"), (IDS.1, 410, "DRAFT_EXPIRED")] {
        for body in ["{", "[]", r#"{"survey_id":"x","email":7,"data":[],"participant":7,"screen":[]}"#, "{}"] {
            println!("{id}: {body}");
            service.patch(id, body).await.expect_problem(status, code);
            service.submit_draft_with(id, body).await.expect_problem(status, code);
            service.post(&draft_path(id, "/validate"), body).await.expect_problem(status, code);
            if status == 410 {
                service.put(id, body).await.expect_problem(status, code);
            }
        }
    }
}

async fn a_survey_that_does_not_exist_takes_no_draft(service: &Service<'_>) {
    for body in [r#"{"survey_id":99}"#.into(), Save::of(ANA).survey(99).body()] {
        service.start(body.clone()).await.expect_problem(404, "SURVEY_NOT_FOUND");
        service.put(IDS.0, body).await.expect_problem(404, "SURVEY_NOT_FOUND");
    }
    assert_eq!(service.database.count("form_progress"), 0);
}

async fn a_closed_survey_takes_nothing(service: &Service<'_>) {
    service.put(IDS.0, Save::of(ANA).body()).await.expect(201);
    service.database.set_status(SurveyId(1), Status::Closed);
    let before = service.database.everything();

    for answer in written(service, r#"{"survey_id":1,"data":{"a":2}}"#).await {
        answer.expect_problem(403, "SURVEY_CLOSED");
    }
    service.submit_draft(IDS.0).await.expect_problem(403, "SURVEY_CLOSED");

    assert_eq!(service.database.everything(), before);
    service.draft(IDS.0).await.expect(200);
    service.discard_draft(IDS.0).await.expect(204);
}

async fn a_closing_survey_takes_changes_and_no_new_drafts(service: &Service<'_>) {
    service.put(IDS.0, Save::of(ANA).body()).await.expect(201);
    service.database.set_status(SurveyId(1), Status::Closing);

    service.start(r#"{"survey_id":1}"#).await.expect_problem(403, "SURVEY_CLOSED");
    service.put(IDS.1, r#"{"survey_id":1}"#).await.expect_problem(403, "SURVEY_CLOSED");
    service.put(IDS.0, r#"{"survey_id":1,"data":{"a":2}}"#).await.expect(200);
    service.patch(IDS.0, r#"{"data":{"a":3}}"#).await.expect(200);
    service.submit_draft(IDS.0).await.expect(201);
}

async fn who_has_submitted_starts_no_draft(service: &Service<'_>) {
    service.submit(Submission::of(ANA)).await.expect(201);
    let before = service.database.everything();

    service.start(Save::of(ANA).body()).await.expect_problem(400, "ALREADY_SUBMITTED");
    service.put(IDS.0, Save::of(ANA).body()).await.expect_problem(400, "ALREADY_SUBMITTED");

    assert_eq!(service.database.everything(), before);
}

async fn numbers_may_come_as_texts(service: &Service<'_>) {
    let started = service.start(r#"{"survey_id":"1","current_screen":"2"}"#).await.expect(201);
    assert_eq!((started.raw("survey_id"), started.raw("current_screen")), ("1".into(), "2".into()));

    let patched = service.patch(&started.draft_id(), r#"{"current_screen":"03"}"#).await.expect(200);

    assert_eq!(patched.raw("current_screen"), "3");
}

async fn every_route_answers_with_and_without_a_trailing_slash(service: &Service<'_>) {
    service.drafts_key().await;
    for slash in ["", "/"] {
        let send = async |method: &str, path: String, body: &str| {
            let request = service.request(method, &format!("{path}{slash}"));
            request.json(body).send().await
        };
        let email = format!("p{}@example.com", slash.len());
        let started = send("POST", "/api/drafts".into(), r#"{"survey_id":1}"#).await.expect(201);
        send("DELETE", draft_path(&started.draft_id(), ""), "").await.expect(204);
        send("PUT", draft_path(IDS.0, ""), &Save::of(&email).data(r#"{"a":1,"b":2}"#).body()).await.expect(201);
        send("PATCH", draft_path(IDS.0, ""), r#"{"data":{"b":null}}"#).await.expect(200);
        service.get(&format!("{}{slash}", draft_path(IDS.0, ""))).await.expect(200);
        let previous = service.request("GET", &format!("{}{slash}", draft_path(IDS.0, "/previous")));
        previous.send().await.expect(200);
        send("POST", draft_path(IDS.0, "/restore"), r#"{"version":1}"#).await.expect(200);
        send("POST", draft_path(IDS.0, "/validate"), "{}").await.expect(200);
        send("POST", draft_path(IDS.0, "/submit"), r#"{"answers":{}}"#).await.expect(201);
        service.database.execute("DELETE FROM submissions; DELETE FROM ended_drafts;");
    }
}

async fn pages_from_elsewhere_may_use_every_verb(service: &Service<'_>) {
    for method in ["POST", "PUT", "PATCH", "GET", "DELETE"] {
        let preflight =
            service.request("OPTIONS", &draft_path(IDS.0, "")).header("Origin", "https://forms.example.org");
        let preflight = preflight.header("Access-Control-Request-Method", method).send().await;
        assert!(preflight.status < 300, "{method}: {}", preflight.status);
        let allowed = preflight.header("Access-Control-Allow-Methods").expect("the methods are named");
        assert!(allowed.split(", ").any(|allowed| allowed == method), "{method} in {allowed}");
    }
    let refused = service.request("GET", &draft_path(IDS.0, "")).header("Origin", "https://forms.example.org");
    assert_eq!(refused.send().await.expect(404).header("Access-Control-Allow-Origin"), Some("*"));
}

async fn a_parameter_that_a_route_does_not_have_is_refused(service: &Service<'_>) {
    service.put(IDS.0, Save::of(ANA).body()).await.expect(201);
    for answer in [
        service.get(&draft_path(IDS.0, "?fit=sesame")).await,
        service.get(&draft_path(IDS.0, "?colour=sesame")).await,
        service.delete(&draft_path(IDS.0, "?email=sesame")).await,
        service.post(&draft_path(IDS.0, "/submit?email=sesame"), "{}").await,
        service.request("POST", &draft_path(IDS.0, "/submit?email=sesame")).send().await,
        service.request("POST", &draft_path(IDS.0, "/validate?screen=sesame")).send().await,
    ] {
        assert!(!answer.body.contains("sesame"), "{}", answer.body);
        answer.expect_problem(400, "INVALID_REQUEST");
    }
    service.draft(IDS.0).await.expect(200);
}
