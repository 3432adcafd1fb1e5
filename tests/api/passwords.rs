//! Passwords: set with a link, through the API or on its page, and changed while signed in.

use chrono::TimeDelta;
use formprogress::access::Role;
use serde_json::json;

use crate::support::{
    Answer, Service,
    accounts::{DEVICE, PASSWORD, SignedIn, cookie},
};

on_both_databases![
    a_link_sets_a_password_once,
    a_link_works_for_a_day,
    a_link_of_somebody_switched_off_does_not_work,
    a_password_must_be_long_and_not_the_email,
    setting_a_password_ends_all_sessions,
    changing_the_password_ends_all_other_sessions,
    the_current_password_must_be_right,
    the_page_asks_and_sets_without_a_script,
    the_page_says_what_is_wrong,
    the_page_gives_nothing_away,
];

const NEW: &str = "staple that, horse";

async fn set(service: &Service<'_>, token: &str, password: &str) -> Answer {
    let body = json!({"token": token, "password": password}).to_string();
    service.request("POST", "/api/admin/set-password").json(body).anonymous().send().await
}

async fn a_link_sets_a_password_once(service: &Service<'_>) {
    let (id, link) = service.add_account("ana@example.com", Role::Owner, &[]);

    let answer = set(service, link.token.reveal(), PASSWORD).await.expect(204);

    assert!(cookie(&answer, DEVICE).is_some(), "the browser is known: nobody can keep it out");
    let line = format!("account {0} account.password account {0} done", id.0);
    assert_eq!(service.audit_log().last(), Some(&line));
    set(service, link.token.reveal(), NEW).await.expect_problem(410, "PASSWORD_LINK_INVALID");
    service.try_sign_in("ana@example.com", NEW).await.expect_problem(401, "SIGN_IN_FAILED");
    service.try_sign_in("ana@example.com", PASSWORD).await.expect(200);
    let everything = service.database.everything().concat();
    assert!(!everything.contains(PASSWORD) && everything.contains("$argon2id$v=19$m=19456,t=2,p=1$"));
}

async fn a_link_works_for_a_day(service: &Service<'_>) {
    let (_, link) = service.add_account("ana@example.com", Role::Owner, &[]);
    let hashes = service.hashes_made();
    for wrong in ["", "x", &link.token.reveal()[1..]] {
        set(service, wrong, PASSWORD).await.expect_problem(410, "PASSWORD_LINK_INVALID");
    }
    service.clock.advance(TimeDelta::hours(24));
    set(service, link.token.reveal(), PASSWORD).await.expect_problem(410, "PASSWORD_LINK_INVALID");
    assert_eq!(service.hashes_made(), hashes, "nothing is hashed for a link that does not work");

    service.clock.advance(TimeDelta::seconds(-1));
    set(service, link.token.reveal(), PASSWORD).await.expect(204);
}

async fn a_link_of_somebody_switched_off_does_not_work(service: &Service<'_>) {
    let (id, link) = service.add_account("ana@example.com", Role::Owner, &[]);
    service.database.execute(&format!("UPDATE accounts SET is_active = FALSE WHERE id = {}", id.0));

    set(service, link.token.reveal(), PASSWORD).await.expect_problem(410, "PASSWORD_LINK_INVALID");
}

async fn a_password_must_be_long_and_not_the_email(service: &Service<'_>) {
    let (_, link) = service.add_account("ana@example.com", Role::Owner, &[]);
    for password in ["", "eleven char", &"x".repeat(257), "Ana@Example.com"] {
        let answer = set(service, link.token.reveal(), password).await.expect_problem(400, "INVALID_REQUEST");
        assert_eq!(answer.pointers(), ["#/password"], "{password}");
    }
    let answer = service.post("/api/admin/set-password", "{}").await.expect_problem(400, "INVALID_REQUEST");
    assert_eq!(answer.pointers(), ["#/token", "#/password"]);

    set(service, link.token.reveal(), "twelve chars").await.expect(204);
}

async fn setting_a_password_ends_all_sessions(service: &Service<'_>) {
    let owner = service.sign_in("owner@example.com", Role::Owner, &[]);
    let ana = service.sign_in("ana@example.com", Role::Viewer, &[]);
    let path = format!("/api/admin/accounts/{}/password-link", ana.account.0);
    let link = owner.request("POST", &path).send().await.expect(201).json()["password_link"].clone();
    let token = link.as_str().and_then(|link| link.rsplit('/').next()).expect("a link").to_owned();
    ana.get("/api/admin/session").await.expect(200);

    set(service, &token, NEW).await.expect(204);

    ana.get("/api/admin/session").await.expect_problem(401, "UNAUTHORIZED");
    owner.get("/api/admin/session").await.expect(200);
    service.try_sign_in("ana@example.com", NEW).await.expect(200);
}

async fn signed_in_twice(service: &Service<'_>) -> (SignedIn, SignedIn) {
    service.add_person("ana@example.com", Role::Viewer, &[]).await;
    let sign_in = async || SignedIn::by(service, &service.try_sign_in("ana@example.com", PASSWORD).await.expect(200));
    (sign_in().await, sign_in().await)
}

async fn changing_the_password_ends_all_other_sessions(service: &Service<'_>) {
    let (here, there) = signed_in_twice(service).await;
    let body = json!({"current_password": PASSWORD, "new_password": NEW}).to_string();

    here.put("/api/admin/password", body.clone()).await.expect(204);

    here.get("/api/admin/session").await.expect(200);
    there.get("/api/admin/session").await.expect_problem(401, "UNAUTHORIZED");
    let line = format!("account {0} account.password account {0} done", here.account.0);
    assert_eq!(service.audit_log().last(), Some(&line));
    service.try_sign_in("ana@example.com", PASSWORD).await.expect_problem(401, "SIGN_IN_FAILED");
    service.try_sign_in("ana@example.com", NEW).await.expect(200);
    here.bare_request("PUT", "/api/admin/password").json(body).send().await.expect_problem(403, "CSRF_TOKEN_INVALID");
}

async fn the_current_password_must_be_right(service: &Service<'_>) {
    let (here, there) = signed_in_twice(service).await;
    let change = async |current: &str, new: &str| {
        let body = json!({"current_password": current, "new_password": new}).to_string();
        here.put("/api/admin/password", body).await
    };

    let wrong = change("wrong horse battery", NEW).await.expect_problem(400, "INVALID_REQUEST");
    assert_eq!(wrong.pointers(), ["#/current_password"]);
    let line = format!("account {0} account.password account {0} refused", here.account.0);
    assert_eq!(service.audit_log().last(), Some(&line));
    for short in ["short", "ana@example.com"] {
        let short = change(PASSWORD, short).await.expect_problem(400, "INVALID_REQUEST");
        assert_eq!(short.pointers(), ["#/new_password"]);
    }
    here.put("/api/admin/password", "{}").await.expect_problem(400, "INVALID_REQUEST");

    there.get("/api/admin/session").await.expect(200);
    service.try_sign_in("ana@example.com", PASSWORD).await.expect(200);
}

async fn send_form(service: &Service<'_>, path: &str, password: &str, again: &str) -> Answer {
    let form: String = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("password", password), ("again", again)])
        .finish();
    let request = service.request("POST", path).header("Content-Type", "application/x-www-form-urlencoded");
    request.body(form).anonymous().send().await
}

async fn the_page_asks_and_sets_without_a_script(service: &Service<'_>) {
    let (_, link) = service.add_account("ana@example.com", Role::Owner, &[]);
    let before = service.database.everything();
    for _ in 0..2 {
        let page = service.request("GET", &link.path()).anonymous().send().await.expect(200);
        assert!(page.header("Content-Type").is_some_and(|kind| kind.starts_with("text/html")), "{page:?}");
        assert!(page.body.contains("<form method=\"post\">") && page.body.contains("ana@example.com"), "{}", page.body);
        assert!(!page.body.contains("<script"), "{}", page.body);
    }
    assert_eq!(service.database.everything(), before, "looking uses nothing up");

    let page = send_form(service, &link.path(), PASSWORD, PASSWORD).await.expect(200);

    assert!(page.body.contains("Your password is set"), "{}", page.body);
    assert!(cookie(&page, DEVICE).is_some());
    service.try_sign_in("ana@example.com", PASSWORD).await.expect(200);
    let page = service.get(&link.path()).await.expect(410);
    assert!(page.body.contains("does not work any more") && !page.body.contains("<form"), "{}", page.body);
    send_form(service, &link.path(), NEW, NEW).await.expect(410);
}

async fn the_page_says_what_is_wrong(service: &Service<'_>) {
    let (_, link) = service.add_account("ana@example.com", Role::Owner, &[]);
    for (password, again, said) in [
        ("short", "short", "12 characters at least"),
        (PASSWORD, NEW, "the same both times"),
        ("ana@example.com", "ana@example.com", "must not be the email"),
        ("", "", "12 characters at least"),
    ] {
        let page = send_form(service, &link.path(), password, again).await.expect(400);
        assert!(page.body.contains(said) && page.body.contains("<form"), "{said} in {}", page.body);
        assert!(!page.body.contains(NEW), "what was typed does not come back: {}", page.body);
    }
    send_form(service, &link.path(), PASSWORD, PASSWORD).await.expect(200);
}

async fn the_page_gives_nothing_away(service: &Service<'_>) {
    let (_, link) = service.add_account("ana@example.com", Role::Owner, &[]);
    let pages = [
        service.get(&link.path()).await.expect(200),
        service.get("/admin/set-password/nonsense").await.expect(410),
        send_form(service, &link.path(), "short", "short").await.expect(400),
    ];
    for page in pages {
        let policy = page.header("Content-Security-Policy").expect("there is a policy");
        for part in ["default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(policy.contains(part), "{policy}");
        }
        assert_eq!(page.header("Referrer-Policy"), Some("no-referrer"));
        assert_eq!(page.header("Cache-Control"), Some("no-store"));
        assert!(!page.body.contains(link.token.reveal()), "the address bar has it, and nothing else: {}", page.body);
    }
}
