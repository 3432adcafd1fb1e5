//! Pages from other origins: they may call every route, and read why they were refused.

use crate::support::{Answer, NAMED, Save, Service, progress_path};

on_both_databases![
    every_answer_may_be_read_by_any_page,
    a_preflight_is_answered_on_every_path_without_credentials,
    only_the_origins_of_the_settings_are_answered,
    several_origins_may_be_set,
];

const EXPOSED: &str = "ETag, Location, Retry-After, RateLimit, RateLimit-Policy, Idempotency-Replayed, X-Request-Id";
const ALLOWED: &str = "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, Prefer";

#[track_caller]
fn may_be_read_by_any_page(answer: &Answer) {
    assert_eq!(answer.header("Access-Control-Allow-Origin"), Some("*"), "{answer:?}");
    assert_eq!(answer.header("Access-Control-Expose-Headers"), Some(EXPOSED), "{answer:?}");
    assert_eq!(answer.header("Access-Control-Allow-Credentials"), None, "{answer:?}");
    assert!(answer.header("X-Request-Id").is_some(), "{answer:?}");
}

async fn every_answer_may_be_read_by_any_page(service: &Service<'_>) {
    let with_origin = |method: &str, path: &str| {
        let request = service.request(method, path).header("Origin", "https://forms.example.org");
        request.header("Authorization", "Token abc")
    };
    let own = progress_path(NAMED.0, 1);
    for (request, status) in [
        (with_origin("POST", "/api/progress").json(Save::of(NAMED.0).body()), 201),
        (with_origin("GET", &own), 200),
        (with_origin("GET", &own).header("If-None-Match", "*"), 304),
        (with_origin("HEAD", &own), 200),
        (with_origin("DELETE", &own), 204),
        (with_origin("GET", &own), 404),
        (with_origin("GET", "/api/progress"), 400),
        (with_origin("POST", "/api/progress").json("{"), 400),
        (with_origin("POST", "/api/progress").body("{}"), 415),
        (with_origin("POST", "/api/progress").json(" ".repeat(1024 * 1024 + 1)), 413),
        (with_origin("PUT", "/api/progress"), 405),
        (with_origin("GET", "/nowhere"), 404),
        (with_origin("GET", "/api/%00"), 404),
        (with_origin("GET", "/api/surveys/1"), 200),
        (with_origin("GET", "/healthz"), 200),
        (with_origin("GET", "/openapi.json"), 200),
    ] {
        let answer = request.send().await.expect(status);
        may_be_read_by_any_page(&answer);
    }
    let without_origin = service.get("/healthz").await;
    may_be_read_by_any_page(&without_origin);
}

async fn a_preflight_is_answered_on_every_path_without_credentials(service: &Service<'_>) {
    for path in [
        "/api/progress",
        "/api/progress/",
        "/api/progress?email=a%2Bb%40x.org&survey_id=1",
        "/api/submissions/",
        "/api/response/",
        "/api/participant/has-answer/",
        "/api/invitation-code/",
        "/api/surveys/1/",
        "/api/drafts/x",
        "/",
        "/nowhere/at/all",
    ] {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let request = service.request("OPTIONS", path).header("Origin", "https://forms.example.org");
            let request = request.header("Access-Control-Request-Method", method);
            let request = request.header("Access-Control-Request-Headers", "authorization,content-type");
            let answer = request.send().await.expect(204);

            may_be_read_by_any_page(&answer);
            assert_eq!(answer.header("Access-Control-Allow-Headers"), Some(ALLOWED));
            assert_eq!(answer.header("Access-Control-Max-Age"), Some("7200"));
            let methods = answer.header("Access-Control-Allow-Methods").unwrap_or_default();
            assert!(methods.split(", ").any(|allowed| allowed == method), "{method} in {methods}");
            assert_eq!(answer.body, "");
        }
    }
}

async fn only_the_origins_of_the_settings_are_answered(service: &Service<'_>) {
    service.restart_with(&[("cors_origins", "https://forms.example.org/")]).await;
    for method in ["GET", "OPTIONS"] {
        let from = async |origin: &str| {
            let answer = service.request(method, "/healthz").header("Origin", origin).send().await;
            assert!(answer.status < 300);
            assert!(answer.header("Vary").is_some_and(|vary| vary.contains("Origin")), "{answer:?}");
            answer.header("Access-Control-Allow-Origin").map(str::to_owned)
        };

        assert_eq!(from("https://forms.example.org").await.as_deref(), Some("https://forms.example.org"));
        for stranger in [
            "https://evil.example.org",
            "http://forms.example.org",
            "https://forms.example.org.evil.org",
            "https://forms.example.org:444",
            "null",
            "*",
        ] {
            assert_eq!(from(stranger).await, None, "{method} {stranger}");
        }
    }
    let refused = service.request("GET", "/nowhere").header("Origin", "https://forms.example.org").send().await;
    assert_eq!(refused.header("Access-Control-Allow-Origin"), Some("https://forms.example.org"));
}

async fn several_origins_may_be_set(service: &Service<'_>) {
    service.restart_with(&[("cors_origins", "\"https://a.example.org, http://localhost:5173\"")]).await;

    for origin in ["https://a.example.org", "http://localhost:5173"] {
        let answer = service.request("GET", "/healthz").header("Origin", origin).send().await;
        assert_eq!(answer.header("Access-Control-Allow-Origin"), Some(origin));
    }
}
