//! Requests that go wrong before anyone looks at a body: queries, paths, methods, and what is no HTTP at all.

use serde_json::Value;

use crate::support::{NAMED, Save, Service};

on_both_databases![
    every_bad_query_is_refused,
    a_route_that_takes_no_parameters_says_so,
    a_bad_survey_id_in_a_path_is_no_survey,
    a_path_that_nobody_serves_is_not_found,
    a_method_that_a_route_has_not_is_refused_with_those_that_it_has,
    a_form_cannot_turn_a_post_into_a_delete,
    bytes_that_are_no_http_are_refused_and_do_no_harm,
    a_request_id_of_a_proxy_is_kept_if_it_is_plain,
];

async fn every_bad_query_is_refused(service: &Service<'_>) {
    service.save("sesame@example.com").await.expect(201);
    let before = service.database.everything();
    let email = "email=sesame@example.com";
    for (query, pointers) in [
        ("".to_owned(), vec!["email", "survey_id"]),
        ("?".to_owned(), vec!["email", "survey_id"]),
        (format!("?{email}"), vec!["survey_id"]),
        ("?survey_id=1".to_owned(), vec!["email"]),
        ("?email=&survey_id=1".to_owned(), vec!["email"]),
        ("?email&survey_id=1".to_owned(), vec!["email"]),
        (format!("?{email}&survey_id="), vec!["survey_id"]),
        (format!("?{email}&survey_id=0"), vec!["survey_id"]),
        (format!("?{email}&survey_id=-1"), vec!["survey_id"]),
        (format!("?{email}&survey_id=%2B1"), vec!["survey_id"]),
        (format!("?{email}&survey_id=1.0"), vec!["survey_id"]),
        (format!("?{email}&survey_id=1e0"), vec!["survey_id"]),
        (format!("?{email}&survey_id=9223372036854775808"), vec!["survey_id"]),
        (format!("?{email}&survey_id=sesame"), vec!["survey_id"]),
        (format!("?{email}&survey_id=1%00"), vec!["survey_id"]),
        (format!("?{email}%00&survey_id=1"), vec!["email"]),
        ("?email=%FF@x.org&survey_id=1".to_owned(), vec!["email"]),
        (format!("?{email}&survey_id=1&survey_id=1"), vec!["survey_id"]),
        (format!("?{email}&{email}&survey_id=1"), vec!["email"]),
        (format!("?{email}&survey_id=1&colour=sesame"), vec!["colour"]),
        (format!("?{email}&survey_id=1&%00=1"), vec!["\u{0}"]),
        (format!("?{email}&surveyId=1"), vec!["surveyId", "survey_id"]),
    ] {
        for method in ["GET", "DELETE"] {
            println!("{method} {query}");
            let answer = service.request(method, &format!("/api/progress{query}")).send().await;
            let answer = answer.expect_problem(400, "INVALID_REQUEST");
            assert_eq!(answer.pointers(), pointers);
            assert!(!answer.body.contains("sesame"), "{}", answer.body);
        }
    }
    assert_eq!(service.database.everything(), before);
}

async fn a_route_that_takes_no_parameters_says_so(service: &Service<'_>) {
    for path in ["/api/progress", "/api/submissions", "/api/response", "/api/participant/has-answer"] {
        let answer = service.post(&format!("{path}?survey_id=1"), Save::of(NAMED.0).body()).await;
        assert_eq!(answer.expect_problem(400, "INVALID_REQUEST").pointers(), ["survey_id"], "{path}");
    }
    service.get("/api/surveys/1?lang=de").await.expect_problem(400, "INVALID_REQUEST");
    assert_eq!(service.database.count("form_progress"), 0);
}

async fn a_bad_survey_id_in_a_path_is_no_survey(service: &Service<'_>) {
    for id in ["0", "-1", "99", "sesame", "1.0", "%00", "1%00", "9223372036854775808", "%31%32", "%FF", "%F0%9F%98%80"]
    {
        let answer = service.get(&format!("/api/surveys/{id}")).await;
        println!("{id}");
        answer.expect_problem(404, "SURVEY_NOT_FOUND");
    }
}

async fn a_path_that_nobody_serves_is_not_found(service: &Service<'_>) {
    for path in [
        "/api",
        "/api/",
        "/sesame",
        "/api/progress/sesame",
        "/api/progress%00",
        "/%00",
        "/api/%2e%2e/healthz%00",
        "/api//sesame",
        "/API/progress",
        "/api/drafts%2Fx",
        "/.env",
        "/docs%00",
    ] {
        for method in ["GET", "POST", "DELETE", "PUT", "PATCH"] {
            let answer = service.request(method, path).send().await;
            println!("{method} {path}");
            let answer = answer.expect_problem(404, "NOT_FOUND");
            assert!(!answer.body.contains("sesame"), "{}", answer.body);
        }
    }
}

async fn a_method_that_a_route_has_not_is_refused_with_those_that_it_has(service: &Service<'_>) {
    for (path, allowed) in [
        ("/api/progress", "DELETE, GET, HEAD, POST"),
        ("/api/submissions", "POST"),
        ("/api/response", "POST"),
        ("/api/participant/has-answer", "POST"),
        ("/api/invitation-code", "POST"),
        ("/api/surveys/1", "GET, HEAD"),
        ("/api/surveys/%00", "GET, HEAD"),
        ("/healthz", "GET, HEAD"),
        ("/readyz", "GET, HEAD"),
        ("/openapi.json", "GET, HEAD"),
    ] {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"].iter().filter(|method| !allowed.contains(**method)) {
            for slash in ["", "/"] {
                println!("{method} {path}{slash}");
                let answer = service.request(method, &format!("{path}{slash}")).json("{}").send().await;
                let answer = answer.expect_problem(405, "METHOD_NOT_ALLOWED");
                assert_eq!(answer.header("Allow"), Some(allowed));
            }
        }
    }
}

/// Rocket itself would obey a form that says so.
async fn a_form_cannot_turn_a_post_into_a_delete(service: &Service<'_>) {
    service.save(NAMED.0).await.expect(201);
    let before = service.database.everything();

    for form in ["_method=delete", "_method=DELETE&a=b", "%5Fmethod=delete", "_method=get", "_method=put"] {
        let request = service.request("POST", "/api/progress?email=ana@example.com&survey_id=1");
        let request = request.header("Content-Type", "application/x-www-form-urlencoded").body(form);
        let answer = request.send().await;
        assert!((400..500).contains(&answer.status), "{form}: {} {}", answer.status, answer.body);
    }

    assert_eq!(service.database.everything(), before);
}

async fn bytes_that_are_no_http_are_refused_and_do_no_harm(service: &Service<'_>) {
    for bytes in [
        &b"sesame\r\n\r\n"[..],
        b"GET\r\n\r\n",
        b"GET /api/progress\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /api/surveys/\xff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET sesame HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /% HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /api/progress?email=% HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /<>\"{}|\\^` HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET http://sesame:x/sesame HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"CONNECT sesame:443 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"BREW /api/progress HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"POST /api/progress HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/progress HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
        b"POST /api/progress HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /api/progress HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ] {
        let shown = String::from_utf8_lossy(bytes).into_owned();
        println!("{shown:?}");
        let answer = service.send_raw(bytes).await;
        println!("{answer:?}");
        if let Some((head, body)) = answer.split_once("\r\n\r\n") {
            let status: u16 = head.split(' ').nth(1).expect("a status").parse().expect("a number");
            assert!((400..500).contains(&status) || shown.starts_with("OPTIONS"), "{head}");
            // What HTTP itself does not understand, hyper refuses without a body.
            if !body.is_empty() {
                let problem: Value = serde_json::from_str(body).expect("a problem is JSON");
                assert!(problem["code"].is_string() && problem["request_id"].is_string(), "{body}");
                assert!(!body.contains("sesame"), "{body}");
                let head = head.to_lowercase();
                assert!(head.contains("access-control-allow-origin: *") && head.contains("x-request-id: "), "{head}");
            }
        }
    }
    service.get("/healthz").await.expect(200);
}

async fn a_request_id_of_a_proxy_is_kept_if_it_is_plain(service: &Service<'_>) {
    let of = async |id: &str| {
        let answer = service.request("GET", "/healthz").header("X-Request-Id", id).send().await.expect(200);
        answer.header("X-Request-Id").expect("every answer has one").to_owned()
    };

    assert_eq!(of("proxy-0123_4567").await, "proxy-0123_4567");
    for strange in ["short", "ana@example.com", "with space in it", &"x".repeat(65)] {
        assert_ne!(of(strange).await, strange);
    }
}
