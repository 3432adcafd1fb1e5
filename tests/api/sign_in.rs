//! Signing in: who gets in, what their browser keeps, and what everybody else is told.

use formprogress::access::Role;
use serde_json::json;

use crate::support::{
    Answer, Service,
    accounts::{DEVICE, PASSWORD, SESSION, SignedIn, cookie, set_cookie},
};

on_both_databases![
    a_person_signs_in_and_is_told_who_they_are,
    the_cookies_are_out_of_reach_of_scripts_and_other_sites,
    behind_tls_the_cookies_are_sent_over_tls_alone,
    whoever_is_refused_learns_nothing_of_the_account,
    every_refusal_takes_one_hash,
    a_sign_in_that_cannot_be_read_is_refused_before_anything_is_hashed,
    who_signs_in_again_has_one_session_more_elsewhere_and_none_more_here,
];

async fn a_person_signs_in_and_is_told_who_they_are(service: &Service<'_>) {
    let company = service.database.add_company("Acme", "ACME");
    let id = service.add_person("ana@example.com", Role::Editor, &[company]).await;

    let answer = service.try_sign_in(" Ana@Example.com ", PASSWORD).await.expect(200);

    let ana = SignedIn::by(service, &answer);
    let body = answer.json();
    assert_eq!(body["account"]["id"], id.0);
    assert_eq!(body["account"]["email"], "ana@example.com");
    assert_eq!(body["account"]["role"], "editor");
    assert_eq!(body["account"]["companies"], json!([company.0]));
    assert_eq!(body["account"]["signed_in_at"], json!(service.clock.now().to_string()));
    assert_eq!(body["csrf_token"], json!(ana.csrf_token()));
    assert_eq!(body["ends_at"], "2026-11-21T21:30:00.000000Z");
    assert_eq!(body["idle_minutes"], 120);
    let powers = json!([
        "figures:read",
        "events:read",
        "drafts:read",
        "drafts:write",
        "submissions:read",
        "submissions:write",
        "companies:write"
    ]);
    assert_eq!(body["powers"], powers);
    assert_eq!(ana.get("/api/admin/session").await.expect(200).json(), body);
    let line = format!("account {} account.sign_in account {} done", id.0, id.0);
    assert_eq!(service.audit_log().last(), Some(&line));
    assert_eq!(
        service.database.lines("SELECT address AS value FROM audit_log ORDER BY id").last().map(String::as_str),
        Some("127.0.0.1")
    );
}

async fn the_cookies_are_out_of_reach_of_scripts_and_other_sites(service: &Service<'_>) {
    service.add_person("ana@example.com", Role::Owner, &[]).await;

    let answer = service.try_sign_in("ana@example.com", PASSWORD).await.expect(200);

    for (name, age) in [(SESSION, 12 * 3600), (DEVICE, 365 * 86_400)] {
        let line = set_cookie(&answer, name).expect("the cookie is set");
        for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", &format!("Max-Age={age}")] {
            assert!(line.split("; ").any(|part| part == attribute), "{attribute} in {line}");
        }
        assert!(!line.contains("Secure"), "it came without TLS: {line}");
    }
    // What is stored does not let anybody in.
    let token = cookie(&answer, SESSION).expect("a token");
    assert!(!service.database.everything().concat().contains(&token));
}

async fn behind_tls_the_cookies_are_sent_over_tls_alone(service: &Service<'_>) {
    service.add_person("ana@example.com", Role::Owner, &[]).await;
    let is_secure = |answer: Answer| {
        let answer = answer.expect(200);
        [SESSION, DEVICE].map(|name| set_cookie(&answer, name).is_some_and(|line| line.contains("; Secure")))
    };
    let told = || service.sign_in_request("ana@example.com", PASSWORD).header("X-Forwarded-Proto", "https").send();

    assert_eq!(is_secure(told().await), [false, false], "nobody said that this proxy is to be believed");
    service.restart_with(&[("trusted_proxies", "127.0.0.1")]).await;
    assert_eq!(is_secure(told().await), [true, true]);
    assert_eq!(is_secure(service.try_sign_in("ana@example.com", PASSWORD).await), [false, false]);
    service.restart_with(&[("public_url", "https://forms.example.org")]).await;
    assert_eq!(is_secure(service.try_sign_in("ana@example.com", PASSWORD).await), [true, true]);
}

/// Somebody with a password, somebody without one, somebody who is switched off, and nobody.
async fn people(service: &Service<'_>) -> [(&'static str, &'static str); 4] {
    service.add_person("ana@example.com", Role::Owner, &[]).await;
    service.add_account("new@example.com", Role::Viewer, &[]);
    let off = service.add_person("off@example.com", Role::Viewer, &[]).await;
    service.database.execute(&format!("UPDATE accounts SET is_active = FALSE WHERE id = {}", off.0));
    [
        ("ana@example.com", "wrong horse battery"),
        ("new@example.com", PASSWORD),
        ("off@example.com", PASSWORD),
        ("nobody@example.com", PASSWORD),
    ]
}

async fn whoever_is_refused_learns_nothing_of_the_account(service: &Service<'_>) {
    let mut answers = Vec::new();
    for (email, password) in people(service).await {
        let answer = service.try_sign_in(email, password).await.expect_problem(401, "SIGN_IN_FAILED");
        assert!(answer.headers.get("Set-Cookie").is_none() && answer.headers.get("WWW-Authenticate").is_none());
        let mut body = answer.json();
        body["request_id"] = json!(null);
        let mut headers: Vec<_> = answer.headers.keys().map(|name| name.as_str().to_owned()).collect();
        headers.sort_unstable();
        answers.push((body, headers));
    }

    assert!(answers.windows(2).all(|two| two[0] == two[1]), "{answers:#?}");
    assert_eq!(service.database.count("sessions"), 0);
    let log: Vec<String> = service.audit_log().into_iter().filter(|line| line.contains("sign_in")).collect();
    assert_eq!(log.len(), 4);
    assert!(
        log.iter().all(|line| line.starts_with("nobody 0 account.sign_in ") && line.ends_with(" refused")),
        "{log:?}"
    );
    assert!(log[0].contains(" account 1 ") && log[3].contains(" person "), "{log:?}");
    let everything = service.database.lines("SELECT subject || detail AS value FROM audit_log");
    assert!(!everything.concat().contains('@'), "{everything:?}");
}

async fn every_refusal_takes_one_hash(service: &Service<'_>) {
    for (email, password) in people(service).await {
        let before = service.hashes_made();
        service.try_sign_in(email, password).await.expect_problem(401, "SIGN_IN_FAILED");
        assert_eq!(service.hashes_made() - before, 1, "{email}");
    }
}

async fn a_sign_in_that_cannot_be_read_is_refused_before_anything_is_hashed(service: &Service<'_>) {
    service.add_person("ana@example.com", Role::Owner, &[]).await;
    let before = service.hashes_made();

    let answer = service.post("/api/admin/session", "{}").await.expect_problem(400, "INVALID_REQUEST");
    assert_eq!(answer.pointers(), ["#/email", "#/password"]);
    let long = service.try_sign_in("ana", &"x".repeat(257)).await.expect_problem(400, "INVALID_REQUEST");
    assert_eq!(long.pointers(), ["#/email", "#/password"]);
    // A form of another site can send nothing else without asking first.
    let form = service.request("POST", "/api/admin/session").header("Content-Type", "text/plain");
    let form = form.body(format!(r#"{{"email":"ana@example.com","password":"{PASSWORD}"}}"#)).send().await;
    form.expect_problem(415, "UNSUPPORTED_MEDIA_TYPE");

    assert_eq!(service.hashes_made(), before);
}

async fn who_signs_in_again_has_one_session_more_elsewhere_and_none_more_here(service: &Service<'_>) {
    service.add_person("ana@example.com", Role::Owner, &[]).await;
    let first = SignedIn::by(service, &service.try_sign_in("ana@example.com", PASSWORD).await.expect(200));
    let elsewhere = SignedIn::by(service, &service.try_sign_in("ana@example.com", PASSWORD).await.expect(200));
    assert_eq!(service.database.count("sessions"), 2);

    let cookies = format!("{SESSION}={}", first.token);
    let again = service.sign_in_request("ana@example.com", PASSWORD).header("Cookie", &cookies).send().await;

    let again = SignedIn::by(service, &again.expect(200));
    assert_ne!(again.token, first.token);
    first.get("/api/admin/session").await.expect_problem(401, "UNAUTHORIZED");
    elsewhere.get("/api/admin/session").await.expect(200);
    again.get("/api/admin/session").await.expect(200);
    assert_eq!(service.database.count("sessions"), 2);
}
