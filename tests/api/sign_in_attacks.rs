//! Sign-in under attack: guesses are bounded, nobody learns who has an account, and the person gets in.

use std::net::Ipv4Addr;

use chrono::TimeDelta;
use formprogress::access::Role;
use rocket::{
    futures::{StreamExt, stream},
    tokio::task::spawn,
};

use crate::support::{
    Answer, Service,
    accounts::{DEVICE, PASSWORD, cookie},
};

on_both_databases![
    ten_thousand_guesses_from_everywhere_at_one_account_reach_the_hash_a_few_times,
    ten_thousand_guesses_at_unknown_emails_keep_nobody_out_for_long,
    who_mistypes_is_let_in_with_the_next_try,
    the_current_password_cannot_be_guessed_with_a_stolen_session,
];

/// So many tries, each from an address of its own, at the email that `target` makes of its number.
async fn attack(service: &Service<'_>, tries: u32, target: impl Fn(u32) -> String) -> Vec<Answer> {
    let requests = (0..tries).map(|number| {
        let address = Ipv4Addr::from(0x0a00_0000 + number).to_string();
        let request = service.sign_in_request(&target(number), "wrong horse battery");
        spawn(request.header("X-Forwarded-For", &address).send())
    });
    stream::iter(requests).buffer_unordered(32).map(|answer| answer.expect("no panic")).collect().await
}

/// Each was refused as nobody's sign-in, or told to wait; the number of the former, who all were told the same.
fn let_through(answers: &[Answer]) -> usize {
    let mut seen = std::collections::BTreeMap::<_, usize>::new();
    for answer in answers {
        let code = answer.json()["code"].as_str().expect("a code").to_owned();
        assert_eq!(answer.header("Retry-After").is_some(), answer.status == 429, "{}", answer.body);
        *seen.entry((answer.status, code)).or_default() += 1;
    }
    let refused = seen.remove(&(401, "SIGN_IN_FAILED".into())).unwrap_or_default();
    let told_to_wait = seen.remove(&(429, "TOO_MANY_REQUESTS".into())).unwrap_or_default();
    assert_eq!(refused + told_to_wait, answers.len(), "{seen:?}");
    refused
}

async fn with_a_proxy(service: &Service<'_>) {
    service.restart_with(&[("trusted_proxies", "127.0.0.1")]).await;
    service.add_person("ana@example.com", Role::Owner, &[]).await;
}

/// Waits as it is told until it is let in.
async fn waits(service: &Service<'_>) -> i64 {
    let mut waited = 0;
    loop {
        let answer = service.try_sign_in("ana@example.com", PASSWORD).await;
        if answer.status == 200 {
            return waited;
        }
        let answer = answer.expect_problem(429, "TOO_MANY_REQUESTS");
        let seconds = answer.header("Retry-After").expect("it says how long").parse().expect("seconds");
        service.clock.advance(TimeDelta::seconds(seconds));
        waited += seconds;
        assert!(waited < 300, "locked out");
    }
}

async fn ten_thousand_guesses_from_everywhere_at_one_account_reach_the_hash_a_few_times(service: &Service<'_>) {
    with_a_proxy(service).await;
    let answer = service.try_sign_in("ana@example.com", PASSWORD).await.expect(200);
    let device = cookie(&answer, DEVICE).expect("the browser is known from now on");
    let (hashes, entries) = (service.hashes_made(), service.audit_log().len());

    let at_ana = attack(service, 5000, |_| "ana@example.com".into()).await;
    let at_nobody = attack(service, 5000, |_| "nobody@example.com".into()).await;

    // Known or not, an email is worth the same few guesses, and whoever tries is told the same.
    for answers in [&at_ana, &at_nobody] {
        let refused = let_through(answers);
        assert!((1..=30).contains(&refused), "{refused}");
    }
    let hashes = service.hashes_made() - hashes;
    assert_eq!(hashes as usize, let_through(&at_ana) + let_through(&at_nobody));
    assert_eq!(
        service.audit_log().len() - entries,
        hashes as usize,
        "only those who were let through are written down"
    );

    // The clock has not moved: the attack goes on. Ana's own browser gets in, and again when she mistypes.
    service.try_sign_in("ana@example.com", PASSWORD).await.expect_problem(429, "TOO_MANY_REQUESTS");
    let known = format!("{DEVICE}={device}");
    let typed =
        async |password| service.sign_in_request("ana@example.com", password).header("Cookie", &known).send().await;
    typed("mistyped horse").await.expect_problem(401, "SIGN_IN_FAILED");
    typed(PASSWORD).await.expect(200);
    // Another browser gets in when it has waited as it was told.
    let waited = waits(service).await;
    assert!((1..=120).contains(&waited), "{waited}");
}

async fn ten_thousand_guesses_at_unknown_emails_keep_nobody_out_for_long(service: &Service<'_>) {
    with_a_proxy(service).await;
    let hashes = service.hashes_made();

    let answers = attack(service, 10_000, |number| format!("nobody{number}@example.com")).await;

    let refused = let_through(&answers);
    assert!(refused <= 200, "{refused}");
    assert_eq!((service.hashes_made() - hashes) as usize, refused);
    assert_eq!(service.audit_log().iter().filter(|line| line.contains("sign_in")).count(), refused);
    let waited = waits(service).await;
    assert!(waited <= 60, "{waited}");
}

async fn who_mistypes_is_let_in_with_the_next_try(service: &Service<'_>) {
    service.add_person("ana@example.com", Role::Owner, &[]).await;
    for _ in 0..5 {
        service.try_sign_in("ana@example.com", "mistyped horse").await.expect_problem(401, "SIGN_IN_FAILED");
    }
    service.try_sign_in("ana@example.com", PASSWORD).await.expect(200);
}

async fn the_current_password_cannot_be_guessed_with_a_stolen_session(service: &Service<'_>) {
    let ana = service.sign_in("ana@example.com", Role::Owner, &[]);
    let body = r#"{"current_password":"wrong horse battery","new_password":"the thief's own password"}"#;
    let mut guesses = 0;
    while ana.put("/api/admin/password", body).await.status == 400 {
        guesses += 1;
        assert!(guesses <= 30, "guesses are bounded");
    }
    ana.put("/api/admin/password", body).await.expect_problem(429, "TOO_MANY_REQUESTS");
    ana.get("/api/admin/session").await.expect(200);
}
