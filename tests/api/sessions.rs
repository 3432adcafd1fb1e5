//! Sessions: how long they last, what they need besides the cookie, and how they end.

use chrono::TimeDelta;
use formprogress::{
    access::{Power, Role},
    accounts::{SessionLife, store},
    db::write,
};

use crate::support::{
    Service,
    accounts::{SESSION, set_cookie},
};

on_both_databases![
    a_session_ends_when_nobody_uses_it,
    a_session_ends_however_much_it_is_used,
    a_change_needs_the_csrf_token_of_its_own_session,
    a_key_is_nobody_who_is_signed_in,
    who_signs_out_is_out_here_alone,
    who_signs_out_everywhere_is_out_everywhere,
    a_made_up_session_is_none,
    what_has_come_to_its_end_is_forgotten,
];

const WHO: &str = "/api/admin/session";

async fn a_session_ends_when_nobody_uses_it(service: &Service<'_>) {
    let ana = service.sign_in("ana@example.com", Role::Owner, &[]);
    for _ in 0..3 {
        service.clock.advance(TimeDelta::minutes(119));
        ana.get(WHO).await.expect(200);
    }
    service.clock.advance(TimeDelta::minutes(120));
    ana.get(WHO).await.expect_problem(401, "UNAUTHORIZED");
}

async fn a_session_ends_however_much_it_is_used(service: &Service<'_>) {
    let ana = service.sign_in("ana@example.com", Role::Owner, &[]);
    for _ in 0..11 {
        service.clock.advance(TimeDelta::hours(1));
        ana.get(WHO).await.expect(200);
    }
    service.clock.advance(TimeDelta::hours(1));
    ana.get(WHO).await.expect_problem(401, "UNAUTHORIZED");
}

async fn a_change_needs_the_csrf_token_of_its_own_session(service: &Service<'_>) {
    let ana = service.sign_in("ana@example.com", Role::Owner, &[]);
    let ben = service.sign_in("ben@example.com", Role::Owner, &[]);
    let path = format!("/api/admin/accounts/{}", ben.account.0);
    let change = || ana.bare_request("PATCH", &path).json(r#"{"role":"viewer"}"#);

    change().send().await.expect_problem(403, "CSRF_TOKEN_INVALID");
    for wrong in ["", "x", &ana.token, &ben.csrf_token()] {
        change().header("X-CSRF-Token", wrong).send().await.expect_problem(403, "CSRF_TOKEN_INVALID");
    }
    for (method, path) in [("DELETE", WHO), ("DELETE", "/api/admin/sessions"), ("DELETE", &path)] {
        ana.bare_request(method, path).send().await.expect_problem(403, "CSRF_TOKEN_INVALID");
    }
    assert_eq!(ana.bare_request("GET", &path).send().await.expect(200).json()["role"], "owner");

    change().header("X-CSRF-Token", &ana.csrf_token()).send().await.expect(200);
}

async fn a_key_is_nobody_who_is_signed_in(service: &Service<'_>) {
    service.server_key(&[Power::Figures, Power::Audit]).await;
    for (method, path) in [("GET", WHO), ("DELETE", WHO), ("DELETE", "/api/admin/sessions")] {
        service.request(method, path).send().await.expect_problem(403, "FORBIDDEN");
        service.request(method, path).anonymous().send().await.expect_problem(401, "UNAUTHORIZED");
    }
    for (method, path) in [("GET", "/api/admin/accounts"), ("DELETE", "/api/admin/accounts/1")] {
        service.request(method, path).send().await.expect_problem(403, "FORBIDDEN");
        service.request(method, path).anonymous().send().await.expect_problem(401, "UNAUTHORIZED");
    }
}

async fn who_signs_out_is_out_here_alone(service: &Service<'_>) {
    let ana = service.sign_in("ana@example.com", Role::Viewer, &[]);
    let ben = service.sign_in("ben@example.com", Role::Viewer, &[]);

    let answer = ana.delete(WHO).await.expect(204);

    let line = set_cookie(&answer, SESSION).expect("the cookie is taken away");
    assert!(
        line.starts_with(&format!("{SESSION}=;")) && line.contains("Path=/") && line.contains("Max-Age=0"),
        "{line}"
    );
    ana.get(WHO).await.expect_problem(401, "UNAUTHORIZED");
    ana.delete(WHO).await.expect_problem(401, "UNAUTHORIZED");
    ben.get(WHO).await.expect(200);
    let line = format!("account {0} account.sign_out account {0} done", ana.account.0);
    assert_eq!(service.audit_log().last(), Some(&line));
}

async fn who_signs_out_everywhere_is_out_everywhere(service: &Service<'_>) {
    use crate::support::accounts::{PASSWORD, SignedIn};
    service.add_person("ana@example.com", Role::Viewer, &[]).await;
    let here = SignedIn::by(service, &service.try_sign_in("ana@example.com", PASSWORD).await.expect(200));
    let there = SignedIn::by(service, &service.try_sign_in("ana@example.com", PASSWORD).await.expect(200));
    let ben = service.sign_in("ben@example.com", Role::Viewer, &[]);

    here.delete("/api/admin/sessions").await.expect(204);

    here.get(WHO).await.expect_problem(401, "UNAUTHORIZED");
    there.get(WHO).await.expect_problem(401, "UNAUTHORIZED");
    ben.get(WHO).await.expect(200);
    let line = format!("account {0} account.sign_out_everywhere account {0} done", here.account.0);
    assert_eq!(service.audit_log().last(), Some(&line));
}

async fn a_made_up_session_is_none(service: &Service<'_>) {
    let mut ana = service.sign_in("ana@example.com", Role::Owner, &[]);
    ana.token.pop();
    ana.get(WHO).await.expect_problem(401, "UNAUTHORIZED");
    ana.token = "' OR 1=1 --".into();
    ana.get(WHO).await.expect_problem(401, "UNAUTHORIZED");
}

async fn what_has_come_to_its_end_is_forgotten(service: &Service<'_>) {
    let life = SessionLife { idle_minutes: 120, hours: 12 };
    for email in ["ana@example.com", "ben@example.com", "cleo@example.com"] {
        service.sign_in(email, Role::Viewer, &[]);
    }
    service.add_account("dora@example.com", Role::Viewer, &[]);
    let forget = |limit| {
        write(&mut service.database.conn(), |conn| {
            let sessions = store::forget_dead_sessions(conn, service.clock.now(), life, limit)?;
            Ok::<_, diesel::result::Error>((sessions, store::forget_expired_links(conn, service.clock.now(), limit)?))
        })
        .expect("what is dead is forgotten")
    };

    assert_eq!(forget(100), (0, 0));
    service.clock.advance(TimeDelta::hours(2));
    assert_eq!(forget(2), (2, 0));
    assert_eq!(forget(2), (1, 0));
    service.clock.advance(TimeDelta::hours(22));
    assert_eq!(forget(2), (0, 1));
    assert_eq!((service.database.count("sessions"), service.database.count("password_links")), (0, 0));
    assert_eq!(service.database.count("accounts"), 4);
}
