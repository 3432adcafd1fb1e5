//! One thing, written in the ways in which front ends and browsers write it.

use crate::support::{NAMED, Save, Service, Submission};

on_both_databases![
    every_spelling_of_an_email_names_one_participant,
    a_plus_in_an_email_survives_a_query,
    a_survey_may_be_called_survey_or_survey_id,
    both_names_of_the_survey_must_agree,
    numbers_may_come_as_texts,
    every_route_answers_with_and_without_a_trailing_slash,
    a_key_is_ignored_while_there_are_none,
    requests_without_a_body_may_say_that_it_is_json,
];

const ANA: &str = NAMED.0;

/// Rule 7.
async fn every_spelling_of_an_email_names_one_participant(service: &Service<'_>) {
    let first = service.save(" Ana@Example.COM\t").await.expect(201);

    assert_eq!(first.json()["email"], ANA);
    service.save(ANA).await.expect(200);
    service.get("/api/progress?email=%20ANA%40example.com%20&survey_id=1").await.expect(200);
    service.submit("aNa@eXample.com").await.expect(201);
    let asked = service.post("/api/participant/has-answer", r#"{"email":"ANA@EXAMPLE.COM","survey_id":1}"#).await;
    assert_eq!(asked.expect(200).json()["data"]["has_answer"], true);
    service.save("ANA@example.com").await.expect_problem(400, "ALREADY_SUBMITTED");

    service.save("ben@bücher.example").await.expect(201);
    service.save("BEN@xn--bcher-kva.EXAMPLE").await.expect(200);
}

async fn a_plus_in_an_email_survives_a_query(service: &Service<'_>) {
    service.save("a+b@x.org").await.expect(201);

    let read = service.get("/api/progress?email=a%2Bb%40x.org&survey_id=1").await.expect(200);
    assert_eq!(read.json()["email"], "a+b@x.org");
    // A plus that is not encoded is a space, as forms write it: no address, rather than another one.
    service.get("/api/progress?email=a+b@x.org&survey_id=1").await.expect_problem(400, "INVALID_REQUEST");
    service.delete("/api/progress?email=a%2Bb%40x.org&survey_id=1").await.expect(204);
    service.read("a+b@x.org").await.expect(404);
}

async fn a_survey_may_be_called_survey_or_survey_id(service: &Service<'_>) {
    service.save(Save::of(ANA).without("survey_id").with("survey", "1")).await.expect(201);
    service.save(Save::of(ANA).with("survey", "\"1\"")).await.expect(200);

    for query in ["survey=1", "survey_id=1", "survey=1&survey_id=1", "survey_id=1&survey=01"] {
        service.get(&format!("/api/progress?email={ANA}&{query}")).await.expect(200);
    }
    service.submit(Submission::of(ANA).without("survey_id").with("survey", "1")).await.expect(201);
    service.post("/api/participant/has-answer", format!(r#"{{"email":"{ANA}","survey":"1"}}"#)).await.expect(200);
}

async fn both_names_of_the_survey_must_agree(service: &Service<'_>) {
    service.database.add_survey(r#"{"id":2,"name":"Other","definition":{}}"#);

    let answer = service.save(Save::of(ANA).with("survey", "2")).await.expect_problem(400, "INVALID_REQUEST");

    assert_eq!(answer.pointers(), ["#/survey"]);
    let answer = service.get(&format!("/api/progress?email={ANA}&survey=2&survey_id=1")).await;
    assert_eq!(answer.expect_problem(400, "INVALID_REQUEST").pointers(), ["survey_id"]);
    assert_eq!(service.database.count("form_progress"), 0);
}

/// Front ends read ids from their environment, where everything is text.
async fn numbers_may_come_as_texts(service: &Service<'_>) {
    let save = Save::of(ANA).with("survey_id", "\"1\"").with("current_screen", "\"4\"");

    let answer = service.save(save).await.expect(201);

    assert_eq!((&answer.json()["survey_id"], &answer.json()["current_screen"]), (&1.into(), &4.into()));
}

async fn every_route_answers_with_and_without_a_trailing_slash(service: &Service<'_>) {
    service.database.add_company("Acme", "ACME");
    let submission = r#"{"email":"ana@example.com","survey_id":1,"answers":[100]}"#;
    let response =
        r#"{"invitation_code":"ACME","survey_id":1,"participant":{"email":"ben@example.com"},"answers":[100]}"#;
    let routes = [
        ("POST", "/api/progress", "", r#"{"email":"cleo@example.com","survey_id":1,"data":{}}"#),
        ("GET", "/api/progress", "?email=cleo@example.com&survey_id=1", ""),
        ("DELETE", "/api/progress", "?email=cleo@example.com&survey_id=1", ""),
        ("POST", "/api/submissions", "", submission),
        ("POST", "/api/response", "", response),
        ("POST", "/api/participant/has-answer", "", r#"{"email":"ana@example.com","survey_id":1}"#),
        ("POST", "/api/invitation-code", "", r#"{"invitation_code":"ACME"}"#),
        ("GET", "/api/surveys/1", "", ""),
        ("GET", "/healthz", "", ""),
        ("GET", "/readyz", "", ""),
        ("GET", "/openapi.json", "", ""),
        ("GET", "/docs", "", ""),
    ];
    for (method, path, query, body) in routes {
        if method == "GET" && path == "/api/progress" {
            service.save(NAMED.2).await;
        }
        for slash in ["", "/"] {
            let answer = service.request(method, &format!("{path}{slash}{query}")).json(body).send().await;
            assert!((200..300).contains(&answer.status), "{method} {path}{slash}: {} {}", answer.status, answer.body);
        }
    }
}

async fn a_key_is_ignored_while_there_are_none(service: &Service<'_>) {
    for key in ["Token 0123456789abcdef", "Bearer x", "Basic YTpi", "", "nonsense"] {
        let request = service.request("POST", "/api/progress").header("Authorization", key);
        let answer = request.json(Save::of(ANA).body()).send().await;
        assert!(answer.status < 300, "{key:?}: {}", answer.body);
    }
}

/// Wrappers around `fetch` send the header with everything.
async fn requests_without_a_body_may_say_that_it_is_json(service: &Service<'_>) {
    service.save(ANA).await.expect(201);
    for content_type in ["application/json", "application/json; charset=utf-8", "application/x-www-form-urlencoded"] {
        for (method, path, status) in [
            ("GET", "/api/progress?email=ana@example.com&survey_id=1", 200),
            ("GET", "/api/surveys/1", 200),
            ("DELETE", "/api/progress?email=ben@example.com&survey_id=1", 204),
        ] {
            let request = service.request(method, path).header("Content-Type", content_type);
            let answer = request.send().await;
            assert_eq!(answer.status, status, "{method} {path} {content_type}: {}", answer.body);
        }
    }
}
