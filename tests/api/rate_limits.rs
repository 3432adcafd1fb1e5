//! The limits of the public routes: floods and guessing are stopped, and people who fill in forms never notice.

use std::ops::Range;

use chrono::TimeDelta;
use formprogress::{
    access::{Grant, Power, Reach},
    keys::Kind,
};

use crate::support::{
    Answer, Client, NAMED, Save, Service, Submission, at_once,
    client::Request,
    drafts::{IDS, draft_path},
    progress_path,
};

on_both_databases![
    answers_say_what_is_left,
    without_limits_nothing_is_said_of_them,
    a_draft_takes_only_so_many_writes_a_minute,
    the_end_of_a_draft_is_counted_apart,
    a_refused_write_changes_nothing,
    a_school_that_starts_at_nine_notices_nothing,
    a_flood_from_one_address_is_refused,
    a_household_counts_as_one,
    only_trusted_proxies_name_the_address,
    guessing_emails_is_stopped,
    insisting_on_versions_is_no_way_around,
    a_first_save_forgives_what_was_asked_before,
    guessing_guest_codes_is_stopped,
    guessing_from_many_addresses_is_stopped,
    guessing_guest_codes_by_saving_tells_nothing_after_a_while,
    asking_about_emails_through_other_doors_is_stopped,
    a_stranger_does_not_use_up_what_an_email_may_write,
    a_server_is_trusted_with_many_people,
    a_key_has_a_limit_of_its_own,
];

/// Any peer is believed when it names the client's address: the tests are a proxy for many.
async fn limited(service: &Service<'_>, settings: &[(&str, &str)]) {
    let common = [("rate_limits", "true"), ("trusted_proxies", "127.0.0.1")];
    service.restart_with(&[&common[..], settings].concat()).await;
}

fn from(client: &Client, address: &str, method: &str, path: &str) -> Request {
    client.request(method, path).header("X-Forwarded-For", address)
}

async fn save_from(client: &Client, address: &str, save: impl Into<Save>) -> Answer {
    from(client, address, "POST", "/api/progress").json(save.into().body()).send().await
}

async fn look_up_from(client: &Client, address: &str, email: &str) -> Answer {
    from(client, address, "GET", &progress_path(email, 1)).send().await
}

async fn has_answer_from(client: &Client, address: &str, email: &str) -> Answer {
    let body = format!(r#"{{"email":"{email}","survey_id":1}}"#);
    from(client, address, "POST", "/api/participant/has-answer").json(body).send().await
}

async fn code_from(client: &Client, address: &str, code: &str) -> Answer {
    let body = format!(r#"{{"invitation_code":"{code}"}}"#);
    from(client, address, "POST", "/api/invitation-code").json(body).send().await
}

fn emails(numbers: Range<usize>) -> impl Iterator<Item = String> {
    numbers.map(|number| format!("p{number}@example.com"))
}

/// What an answer says of the limits: the policy, and what is left of it.
fn limit_in(answer: &Answer) -> (&str, &str) {
    (
        answer.header("RateLimit-Policy").expect("the answer names a policy"),
        answer.header("RateLimit").expect("the answer says what is left"),
    )
}

/// The answer, which must be a refusal by this limit, readable by any page.
#[track_caller]
fn refused_by(answer: Answer, policy: &str) -> u64 {
    let refused = answer.expect_problem(429, "TOO_MANY_REQUESTS");
    let wait: u64 = refused.header("Retry-After").and_then(|seconds| seconds.parse().ok()).expect("seconds to wait");
    assert!(wait >= 1);
    let (named, left) = limit_in(&refused);
    assert!(named.starts_with(&format!("\"{policy}\";q=")), "{named}");
    assert_eq!(left, format!("\"{policy}\";r=0;t={wait}"));
    assert_eq!(refused.header("Access-Control-Allow-Origin"), Some("*"));
    let exposed = refused.header("Access-Control-Expose-Headers").expect("headers are exposed");
    assert!(exposed.contains("Retry-After, RateLimit, RateLimit-Policy"), "{exposed}");
    wait
}

async fn answers_say_what_is_left(service: &Service<'_>) {
    limited(service, &[]).await;
    let saved = service.save(NAMED.0).await.expect(201);
    assert_eq!(limit_in(&saved), ("\"autosave\";q=120;w=60", "\"autosave\";r=119;t=1"));
    let saved = service.save(NAMED.0).await.expect(200);
    assert_eq!(limit_in(&saved), ("\"autosave\";q=120;w=60", "\"autosave\";r=118;t=1"));

    let found = service.read(NAMED.0).await.expect(200);
    assert_eq!(limit_in(&found), ("\"lookup\";q=6000;w=3600", "\"lookup\";r=5999;t=1"));
    let missed = service.read(NAMED.1).await.expect(404);
    assert_eq!(limit_in(&missed), ("\"lookup-misses\";q=1200;w=3600", "\"lookup-misses\";r=1199;t=3"));
    let wrong = code_from(service, "192.0.2.9", "WRONG").await.expect(400);
    assert_eq!(limit_in(&wrong), ("\"guest-code-misses\";q=100;w=3600", "\"guest-code-misses\";r=99;t=36"));
    let survey = service.get("/api/surveys/1").await.expect(200);
    assert!(limit_in(&survey).0.starts_with("\"address\";q=60000;w=60"));
    let submitted = service.submit(NAMED.2).await.expect(201);
    assert_eq!(limit_in(&submitted), ("\"submit\";q=30;w=60", "\"submit\";r=29;t=2"));

    // Who is no participant is not counted.
    for path in ["/healthz", "/openapi.json", "/nowhere", "/api/admin/keys"] {
        assert_eq!(service.get(path).await.header("RateLimit"), None, "{path}");
    }
}

async fn without_limits_nothing_is_said_of_them(service: &Service<'_>) {
    let saved = service.save(NAMED.0).await.expect(201);

    assert_eq!((saved.header("RateLimit"), saved.header("RateLimit-Policy")), (None, None));
}

async fn a_draft_takes_only_so_many_writes_a_minute(service: &Service<'_>) {
    limited(service, &[]).await;
    service.put(IDS.0, Save::of(NAMED.0).body()).await.expect(201);
    for number in 1..120 {
        service.patch(IDS.0, format!(r#"{{"data":{{"n":{number}}}}}"#)).await.expect(200);
    }

    // Whoever sends it, in whatever way.
    assert_eq!(refused_by(service.patch(IDS.0, r#"{"data":{"n":0}}"#).await, "autosave"), 1);
    let elsewhere = from(service, "192.0.2.9", "DELETE", &draft_path(IDS.0, "")).send().await;
    refused_by(elsewhere, "autosave");

    service.put(IDS.1, Save::of(NAMED.1).body()).await.expect(201);
    service.draft(IDS.0).await.expect(200);
    service.clock.advance(TimeDelta::milliseconds(500));
    service.patch(IDS.0, r#"{"data":{"n":0}}"#).await.expect(200);
    refused_by(service.patch(IDS.0, r#"{"data":{"n":1}}"#).await, "autosave");
    service.clock.advance(TimeDelta::minutes(1));
    service.patch(IDS.0, r#"{"data":{"n":1}}"#).await.expect(200);
}

async fn the_end_of_a_draft_is_counted_apart(service: &Service<'_>) {
    limited(service, &[("limit_draft", "8/60")]).await;
    for number in 0..8 {
        service.save(Save::of(NAMED.0).data(format!(r#"{{"n":{number}}}"#))).await;
    }
    refused_by(service.save(NAMED.0).await, "autosave");

    service.submit(NAMED.0).await.expect(201);
    // Sent again by a browser.
    service.submit(NAMED.0).await.expect(201);
    refused_by(service.submit(NAMED.0).await, "submit");
}

async fn a_refused_write_changes_nothing(service: &Service<'_>) {
    limited(service, &[("limit_draft", "1/60")]).await;
    service.save(NAMED.0).await.expect(201);
    let before = service.database.everything();

    let again = service.request("POST", "/api/progress").header("Idempotency-Key", "k1");
    let refused = again.json(Save::of(NAMED.0).data(r#"{"b":2}"#).body()).send().await;
    assert!(!refused.body.contains("b\":2") && !refused.body.contains(NAMED.0), "{}", refused.body);
    assert_eq!(refused_by(refused, "autosave"), 60);
    refused_by(service.discard(NAMED.0).await, "autosave");

    assert_eq!(service.database.everything(), before);
    // The key was not used up by that.
    service.clock.advance(TimeDelta::minutes(1));
    let again = service.request("POST", "/api/progress").header("Idempotency-Key", "k1");
    let saved = again.json(Save::of(NAMED.0).data(r#"{"b":2}"#).body()).send().await.expect(200);
    assert_eq!(saved.header("Idempotency-Replayed"), None);
}

const SCHOOL: &str = "192.0.2.7";

/// 500 participants behind one address, each new, each saving every second and a half through ten screens.
async fn a_school_that_starts_at_nine_notices_nothing(service: &Service<'_>) {
    limited(service, &[]).await;
    service.database.add_company("School", "SCHOOL");
    let pupils: Vec<String> = emails(0..500).collect();
    for pupil in &pupils {
        code_from(service, SCHOOL, "SCHOOL").await.expect(200);
        has_answer_from(service, SCHOOL, pupil).await.expect(200);
        look_up_from(service, SCHOOL, pupil).await.expect(404);
    }
    for screen in 0..10 {
        for some in pupils.chunks(50) {
            let saves = some.iter().map(|pupil| {
                let (client, save): (&Client, _) = (service, Save::of(pupil).screen(screen));
                let client = client.clone();
                async move { save_from(&client, SCHOOL, save).await }
            });
            let expected = if screen == 0 { 201 } else { 200 };
            at_once(saves).await.into_iter().for_each(|saved| drop(saved.expect(expected)));
        }
        service.clock.advance(TimeDelta::milliseconds(1500));
    }

    assert_eq!(service.database.count("form_progress"), 500);
    // And they leave room for the next class.
    let next = look_up_from(service, SCHOOL, "next@example.com").await.expect(404);
    assert_eq!(
        limit_in(&next).0,
        "\"lookup\";q=6000;w=3600",
        "their misses are forgiven: what they asked counts for more"
    );
}

async fn a_flood_from_one_address_is_refused(service: &Service<'_>) {
    limited(service, &[("limit_address", "50/60")]).await;
    for email in emails(0..50) {
        save_from(service, "192.0.2.7", email.as_str()).await.expect(201);
    }
    let before = service.database.everything();

    for (method, path, body) in [
        ("POST", "/api/progress", Save::of(NAMED.0).body()),
        ("GET", "/api/surveys/1", String::new()),
        ("POST", "/api/submissions", Submission::of(NAMED.0).body()),
        ("POST", "/api/invitation-code", r#"{"invitation_code":"x"}"#.into()),
    ] {
        refused_by(from(service, "192.0.2.7", method, path).json(body).send().await, "address");
    }

    assert_eq!(service.database.everything(), before);
    save_from(service, "192.0.2.8", NAMED.0).await.expect(201);
    service.clock.advance(TimeDelta::milliseconds(1200));
    save_from(service, "192.0.2.7", NAMED.1).await.expect(201);
}

async fn a_household_counts_as_one(service: &Service<'_>) {
    limited(service, &[("limit_address", "3/60")]).await;
    for host in 1..=3 {
        let address = format!("2001:db8:1:2::{host}");
        from(service, &address, "GET", "/api/surveys/1").send().await.expect(200);
    }

    refused_by(from(service, "2001:db8:1:2:ffff::", "GET", "/api/surveys/1").send().await, "address");
    from(service, "2001:db8:1:3::1", "GET", "/api/surveys/1").send().await.expect(200);
    // An IPv4 address in the clothes of IPv6 is itself.
    for address in ["192.0.2.7", "::ffff:192.0.2.7", "192.0.2.7:4711"] {
        from(service, address, "GET", "/api/surveys/1").send().await.expect(200);
    }
    refused_by(from(service, "192.0.2.7", "GET", "/api/surveys/1").send().await, "address");
}

async fn only_trusted_proxies_name_the_address(service: &Service<'_>) {
    limited(service, &[("limit_address", "3/60"), ("trusted_proxies", "")]).await;
    for address in ["192.0.2.1", "192.0.2.2", "192.0.2.3"] {
        from(service, address, "GET", "/api/surveys/1").send().await.expect(200);
    }
    let spoofed = from(service, "192.0.2.4", "GET", "/api/surveys/1").header("X-Real-IP", "192.0.2.5");
    refused_by(spoofed.header("Forwarded", "for=192.0.2.6").send().await, "address");

    // Behind a proxy, what the client said itself stands first in the list and is not believed.
    limited(service, &[("limit_address", "3/60"), ("trusted_proxies", "\"127.0.0.0/8, 10.0.0.0/8\"")]).await;
    for told in ["192.0.2.1, 198.51.100.1", "192.0.2.2, 198.51.100.1, 10.0.0.9", "198.51.100.1"] {
        from(service, told, "GET", "/api/surveys/1").send().await.expect(200);
    }
    refused_by(from(service, "192.0.2.4,198.51.100.1", "GET", "/api/surveys/1").send().await, "address");
    from(service, "192.0.2.1", "GET", "/api/surveys/1").send().await.expect(200);
}

async fn guessing_emails_is_stopped(service: &Service<'_>) {
    // Ten misses.
    limited(service, &[("limit_lookups", "50/3600")]).await;
    save_from(service, "192.0.2.8", NAMED.0).await.expect(201);
    service.submit(NAMED.1).await.expect(201);
    let guesser = "192.0.2.7";
    for email in emails(0..5) {
        look_up_from(service, guesser, &email).await.expect(404);
        has_answer_from(service, guesser, &email).await.expect(200);
    }

    // What would be found is refused as well: else the refusal would tell what is not there.
    for email in [NAMED.0, NAMED.1, "p9@example.com"] {
        refused_by(look_up_from(service, guesser, email).await, "lookup-misses");
        refused_by(has_answer_from(service, guesser, email).await, "lookup-misses");
    }
    // Others go on, and so do those there who only save.
    look_up_from(service, "192.0.2.8", NAMED.0).await.expect(200);
    save_from(service, guesser, NAMED.2).await.expect(201);
    service.clock.advance(TimeDelta::hours(1));
    look_up_from(service, guesser, NAMED.0).await.expect(200);
    // What finds something costs less, and yet something.
    for _ in 1..50 {
        look_up_from(service, guesser, NAMED.0).await.expect(200);
    }
    refused_by(look_up_from(service, guesser, NAMED.0).await, "lookup");
}

/// A write that fits no version is refused with the draft as it is: a read of any email's draft.
async fn insisting_on_versions_is_no_way_around(service: &Service<'_>) {
    limited(service, &[("limit_lookups", "25/3600")]).await;
    save_from(service, "192.0.2.8", NAMED.0).await.expect(201);
    let insist = async |method: &str, email: &str| {
        let path = if method == "POST" { "/api/progress".into() } else { progress_path(email, 1) };
        let request = from(service, "192.0.2.7", method, &path).header("If-Match", "\"99\"");
        request.json(Save::of(email).body()).send().await
    };
    let found = insist("POST", NAMED.0).await.expect_problem(412, "VERSION_MISMATCH");
    assert!(found.json()["current"].is_object());
    for (number, email) in emails(0..5).enumerate() {
        match number % 2 {
            0 => drop(insist("POST", &email).await.expect_problem(412, "VERSION_MISMATCH")),
            // Nothing is there any more, as was wished.
            _ => drop(insist("DELETE", &email).await.expect(204)),
        }
    }

    for email in [NAMED.0, NAMED.1] {
        refused_by(insist("POST", email).await, "lookup-misses");
        refused_by(insist("DELETE", email).await, "lookup-misses");
    }
    // Whoever knows the version of their own draft saves as ever.
    let own = from(service, "192.0.2.7", "POST", "/api/progress").header("If-Match", "\"1\"");
    own.json(Save::of(NAMED.0).data(r#"{"b":2}"#).body()).send().await.expect(200);
}

async fn a_first_save_forgives_what_was_asked_before(service: &Service<'_>) {
    limited(service, &[("limit_lookups", "100/3600"), ("limit_draft", "1000/60")]).await;
    // Twenty misses are allowed, and these are eighty.
    for email in emails(0..40) {
        has_answer_from(service, "192.0.2.7", &email).await.expect(200);
        look_up_from(service, "192.0.2.7", &email).await.expect(404);
        save_from(service, "192.0.2.7", email.as_str()).await.expect(201);
    }
}

async fn guessing_guest_codes_is_stopped(service: &Service<'_>) {
    // Three misses.
    limited(service, &[("limit_guest_codes", "90/3600")]).await;
    service.database.add_company("Acme", "ACME");
    let respond = async |address: &str, email: &str, code: &str| {
        let body = format!(
            r#"{{"invitation_code":"{code}","survey_id":1,"participant":{{"email":"{email}"}},"answers":[100]}}"#
        );
        from(service, address, "POST", "/api/response").json(body).send().await
    };
    let guesser = "192.0.2.7";
    code_from(service, guesser, "acme").await.expect(200);
    code_from(service, guesser, "a").await.expect_problem(400, "INVALID_GUEST_CODE");
    respond(guesser, NAMED.0, "b").await.expect_problem(400, "INVALID_GUEST_CODE");
    let with_code = Submission::of(NAMED.0).with("guest_code", "\"c\"").body();
    let submit = from(service, guesser, "POST", "/api/submissions").json(with_code);
    submit.send().await.expect_problem(400, "INVALID_GUEST_CODE");

    for code in ["d", "ACME"] {
        refused_by(code_from(service, guesser, code).await, "guest-code-misses");
        refused_by(respond(guesser, NAMED.0, code).await, "guest-code-misses");
    }
    assert_eq!(service.database.count("submissions"), 0);
    respond("192.0.2.8", NAMED.0, "ACME").await.expect(201);
    // Without a code there is nothing to guess.
    let without = from(service, guesser, "POST", "/api/submissions").json(Submission::of(NAMED.1).body());
    without.send().await.expect(201);
}

/// A save is never refused for what is in its data: the code is then as good as unknown.
async fn guessing_guest_codes_by_saving_tells_nothing_after_a_while(service: &Service<'_>) {
    let acme = service.database.add_company("ACME", "acme");
    limited(service, &[("limit_guest_codes", "90/3600"), ("limit_draft", "10000/60")]).await;
    let wrong = |number: usize| Save::of(NAMED.0).guest_code(&format!("wrong{number}"));
    for number in 0..3 {
        save_from(service, "192.0.2.1", wrong(number)).await;
    }
    let told = async |address: &str, email: &str| {
        let saved = save_from(service, address, Save::of(email).guest_code("acme")).await.expect(201);
        saved.json()["company_id"].as_i64()
    };
    assert_eq!(told("192.0.2.1", NAMED.1).await, None);
    assert_eq!(told("192.0.2.2", NAMED.2).await, Some(acme.0));
}

async fn asking_about_emails_through_other_doors_is_stopped(service: &Service<'_>) {
    limited(service, &[("limit_lookups", "20/3600")]).await;
    let mut statuses = Vec::new();
    for number in 0..8 {
        let id = format!("0b9f2d1e-6c1c-4f0e-9a53-5b1a7a1e0c{number:02}");
        let body = Save::of(&format!("nobody{number}@example.com")).body();
        let put = from(service, "192.0.2.1", "PUT", &draft_path(&id, "")).header("If-Match", "\"7\"");
        statuses.push(put.json(body).send().await.status);
    }
    assert_eq!(statuses, [412, 412, 412, 412, 429, 429, 429, 429]);
}

async fn a_stranger_does_not_use_up_what_an_email_may_write(service: &Service<'_>) {
    limited(service, &[("limit_draft", "5/60")]).await;
    for _ in 0..10 {
        save_from(service, "192.0.2.1", NAMED.0).await;
    }
    save_from(service, "192.0.2.1", NAMED.0).await.expect_problem(429, "TOO_MANY_REQUESTS");
    save_from(service, "192.0.2.2", NAMED.0).await.expect(200);
}

async fn guessing_from_many_addresses_is_stopped(service: &Service<'_>) {
    // Two misses of an address, twenty everywhere; then one.
    limited(service, &[("limit_guest_codes", "60/3600")]).await;
    service.database.add_company("Acme", "ACME");
    for guesser in 0..10 {
        for code in ["a", "b"] {
            code_from(service, &format!("192.0.2.{guesser}"), code).await.expect(400);
        }
    }

    for guesser in 100..110 {
        let address = format!("192.0.2.{guesser}");
        code_from(service, &address, "c").await.expect(400);
        refused_by(code_from(service, &address, "ACME").await, "guest-code-misses");
    }
    // Whoever knows their code comes in, from everywhere, as often as they like.
    for _ in 0..20 {
        code_from(service, "192.0.2.200", "ACME").await.expect(200);
    }
    service.clock.advance(TimeDelta::hours(1));
    code_from(service, "192.0.2.201", "a").await.expect(400);
    code_from(service, "192.0.2.201", "b").await.expect(400);
}

fn server(powers: &[Power]) -> Kind {
    let powers = powers.iter().copied().collect();
    Kind::Server { grant: Grant { powers, surveys: Reach::All, companies: Reach::All } }
}

async fn a_server_is_trusted_with_many_people(service: &Service<'_>) {
    limited(service, &[("limit_address", "3/60"), ("limit_lookups", "5/3600"), ("limit_draft", "2/60")]).await;
    let key = service.key(server(&[Power::Participate])).await;
    service.show_key(&key);
    for email in emails(0..10) {
        service.read(&email).await.expect(404);
    }
    // But not with writing one draft again and again.
    service.save(NAMED.0).await.expect(201);
    service.save(NAMED.0).await.expect(200);
    refused_by(service.save(NAMED.0).await, "autosave");
}

async fn a_key_has_a_limit_of_its_own(service: &Service<'_>) {
    limited(service, &[("limit_key", "3/60")]).await;
    let keys = [service.key(Kind::Site { origins: None }).await, service.key(server(&[Power::Participate])).await];
    for key in keys {
        let ask = || service.request("GET", "/api/surveys/1").header("Authorization", &format!("Bearer {key}"));
        for host in 1..=3 {
            ask().header("X-Forwarded-For", &format!("192.0.2.{host}")).send().await.expect(200);
        }
        refused_by(ask().header("X-Forwarded-For", "192.0.2.4").send().await, "key");
    }
    // Who is not let in uses nothing up.
    service.get("/api/surveys/1").await.expect_problem(401, "UNAUTHORIZED");
}
