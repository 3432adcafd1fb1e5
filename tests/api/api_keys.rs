//! Who is let in by the public routes: anybody while there is no API key; afterwards whoever shows a good one.

use chrono::TimeDelta;
use formprogress::{
    access::{Grant, Power, Reach},
    companies::CompanyId,
    keys::Kind,
    surveys::SurveyId,
};
use serde_json::Value;

use crate::support::{
    Answer, Client, NAMED, Save, Server, Service, Submission, TestDatabase,
    client::Request,
    database::SURVEY,
    deadline,
    drafts::{IDS, draft_path},
    formprogress,
};

on_both_databases![
    while_there_is_no_key_anybody_is_let_in,
    once_there_is_a_key_each_public_route_needs_a_valid_one,
    preflights_need_no_key,
    a_site_key_opens_the_public_routes_to_its_pages,
    a_site_key_without_origins_is_for_all_pages,
    a_site_key_opens_nothing_else,
    a_server_key_needs_the_power_to_participate,
    a_server_key_that_may_submit_may_do_only_that,
    a_key_that_is_limited_to_surveys_submits_in_those_alone,
    a_key_that_is_limited_to_surveys_learns_nothing_of_others,
    a_key_that_is_limited_to_companies_submits_their_drafts_alone,
    only_a_server_may_mark_somebody_as_done,
    revoking_the_last_key_does_not_open_the_door,
    the_use_of_a_key_is_noted_once_a_minute,
    a_key_made_on_the_command_line_is_good_at_once,
];

on_postgres![database: what_one_process_does_with_keys_another_knows_within_a_second];

/// Each public route, with a body where it takes one.
const ROUTES: [(&str, &str, Option<&str>); 15] = [
    ("GET", "/api/progress", None),
    ("POST", "/api/progress", Some("{}")),
    ("DELETE", "/api/progress", None),
    ("POST", "/api/drafts", Some("{}")),
    ("PUT", "/api/drafts/{id}", Some("{}")),
    ("GET", "/api/drafts/{id}", None),
    ("PATCH", "/api/drafts/{id}", Some("{}")),
    ("DELETE", "/api/drafts/{id}", None),
    ("POST", "/api/drafts/{id}/validate", None),
    ("POST", "/api/drafts/{id}/submit", None),
    ("POST", "/api/submissions", Some("{}")),
    ("POST", "/api/response", Some("{}")),
    ("POST", "/api/participant/has-answer", Some("{}")),
    ("POST", "/api/invitation-code", Some("{}")),
    ("GET", "/api/surveys/{id}", None),
];

const SUBMITTING: [&str; 3] = ["/api/drafts/{id}/submit", "/api/submissions", "/api/response"];

#[test]
fn these_are_all_the_public_routes() {
    let document = formprogress("sqlite:unused.sqlite", &["openapi"]).expect_success().json();
    let mut documented = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("the document has paths") {
        for (method, operation) in methods.as_object().expect("a path has methods") {
            // Those that need somebody in any case say so.
            if path.starts_with("/api/")
                && !path.starts_with("/api/admin/")
                && operation["responses"].get("429").is_some()
                && operation.get("security").is_none()
            {
                documented.push((method.to_uppercase(), path.clone()));
            }
        }
    }
    documented.sort();
    let mut tested: Vec<_> =
        ROUTES.iter().map(|(method, path, _)| ((*method).to_owned(), (*path).to_owned())).collect();
    tested.sort();

    assert_eq!(documented, tested);
    // And each that can be guessed at, or flooded, is in the table of the limits.
    for (method, path, _) in formprogress::limits::classes::ROUTES {
        let path = path.replace("<id>", "{id}");
        assert!(tested.contains(&(method.to_owned(), path.clone())), "{method} {path}");
    }
}

fn request(client: &Client, (method, path, body): (&str, &str, Option<&str>)) -> Request {
    let request = client.request(method, &path.replace("{id}", IDS.0));
    match body {
        Some(body) => request.json(body),
        None => request,
    }
}

fn with(request: Request, key: &str) -> Request {
    request.header("Authorization", &format!("Bearer {key}"))
}

/// What comes of a request that is let in depends on the request alone.
#[track_caller]
fn was_let_in(answer: &Answer) {
    let code = answer.body.starts_with('{').then(|| answer.json()["code"].clone());
    let refused = ["UNAUTHORIZED", "FORBIDDEN", "ORIGIN_NOT_ALLOWED"].map(Value::from);
    assert!(answer.status != 401 && !code.is_some_and(|code| refused.contains(&code)), "{answer:?}");
}

fn server(powers: &[Power]) -> Grant {
    Grant { powers: powers.iter().copied().collect(), surveys: Reach::All, companies: Reach::All }
}

async fn server_key(service: &Service<'_>, grant: Grant) -> String {
    service.key(Kind::Server { grant }).await
}

async fn site_key(service: &Service<'_>, origins: &[&str]) -> String {
    let origins = (!origins.is_empty()).then(|| origins.iter().map(|origin| (*origin).to_owned()).collect());
    service.key(Kind::Site { origins }).await
}

async fn while_there_is_no_key_anybody_is_let_in(service: &Service<'_>) {
    for route in ROUTES {
        was_let_in(&request(service, route).send().await);
        was_let_in(&with(request(service, route), "anything").send().await);
    }
    // What is an admin's is not open for that.
    service.get(&draft_path(IDS.0, "/previous")).await.expect_problem(401, "UNAUTHORIZED");
    service.get("/api/admin/keys").await.expect_problem(401, "UNAUTHORIZED");
}

async fn once_there_is_a_key_each_public_route_needs_a_valid_one(service: &Service<'_>) {
    let valid = server_key(service, server(&[Power::Participate])).await;
    let revoked = server_key(service, server(&[Power::Participate])).await;
    service.database.execute("UPDATE api_keys SET revoked_at = created_at WHERE id = 2");
    server_key(service, server(&[Power::Figures])).await;
    let before = service.database.everything();

    for route in ROUTES {
        for header in [
            String::new(),
            "Bearer wrong".into(),
            format!("Bearer {revoked}"),
            format!("Basic {valid}"),
            format!("Bearer {}", &valid[..valid.len() - 1]),
            format!("Bearer {}", valid.to_uppercase()),
            valid.clone(),
            "Bearer".into(),
        ] {
            let request = request(service, route).header("Origin", "https://forms.example.org");
            let request = if header.is_empty() { request } else { request.header("Authorization", &header) };
            let refused = request.send().await.expect_problem(401, "UNAUTHORIZED");

            assert!(refused.header("WWW-Authenticate").is_some_and(|scheme| scheme.starts_with("Bearer")));
            assert_eq!(refused.header("Access-Control-Allow-Origin"), Some("*"), "the page must be able to read it");
        }
        for scheme in ["Bearer", "Token", "token"] {
            let header = format!("{scheme} {valid}");
            was_let_in(&request(service, route).header("Authorization", &header).send().await);
        }
    }
    assert_eq!(service.database.everything(), before);
}

async fn preflights_need_no_key(service: &Service<'_>) {
    site_key(service, &["https://forms.example.org"]).await;
    for (method, path, _) in ROUTES {
        let preflight = service.request("OPTIONS", &path.replace("{id}", IDS.0));
        let preflight = preflight.header("Origin", "https://elsewhere.example.org");
        let answer = preflight.header("Access-Control-Request-Method", method).send().await.expect(204);

        let allowed = answer.header("Access-Control-Allow-Headers").expect("headers are allowed");
        assert!(allowed.contains("Authorization"), "{allowed}");
    }
}

async fn a_site_key_opens_the_public_routes_to_its_pages(service: &Service<'_>) {
    let key = site_key(service, &["https://forms.example.org", "http://localhost:5173"]).await;
    for route in ROUTES {
        for origin in ["https://forms.example.org", "http://localhost:5173"] {
            was_let_in(&with(request(service, route), &key).header("Origin", origin).send().await);
        }
        // A page's own origin is not named in a plain GET, and a program may say what it likes in any case.
        was_let_in(&with(request(service, route), &key).send().await);
        for origin in ["https://evil.example.org", "http://forms.example.org", "https://forms.example.org:444", "null"]
        {
            let refused = with(request(service, route), &key).header("Origin", origin).send().await;
            let refused = refused.expect_problem(403, "ORIGIN_NOT_ALLOWED");
            assert_eq!(refused.header("Access-Control-Allow-Origin"), Some("*"));
        }
    }
}

async fn a_site_key_without_origins_is_for_all_pages(service: &Service<'_>) {
    let key = site_key(service, &[]).await;
    for route in ROUTES {
        was_let_in(&with(request(service, route), &key).header("Origin", "https://any.example.org").send().await);
    }
}

async fn a_site_key_opens_nothing_else(service: &Service<'_>) {
    let key = site_key(service, &[]).await;
    for path in [draft_path(IDS.0, "/previous"), "/api/admin/keys".into()] {
        with(service.request("GET", &path), &key).send().await.expect_problem(403, "FORBIDDEN");
    }
    let restore = service.request("POST", &draft_path(IDS.0, "/restore")).json(r#"{"version":1}"#);
    with(restore, &key).send().await.expect_problem(403, "FORBIDDEN");
}

async fn a_server_key_needs_the_power_to_participate(service: &Service<'_>) {
    let participant = server_key(service, server(&[Power::Participate])).await;
    let other: Vec<Power> = Power::ALL.iter().copied().filter(|power| *power != Power::Participate).collect();
    let without_submit: Vec<Power> = other.iter().copied().filter(|power| *power != Power::Submit).collect();
    let other = server_key(service, server(&without_submit)).await;
    for route in ROUTES {
        was_let_in(&with(request(service, route), &participant).send().await);
        with(request(service, route), &other).send().await.expect_problem(403, "FORBIDDEN");
    }
}

async fn a_server_key_that_may_submit_may_do_only_that(service: &Service<'_>) {
    let key = server_key(service, server(&[Power::Submit])).await;
    for route in ROUTES {
        let answer = with(request(service, route), &key).send().await;
        match SUBMITTING.contains(&route.1) {
            true => was_let_in(&answer),
            false => drop(answer.expect_problem(403, "FORBIDDEN")),
        }
    }
}

/// A key that may submit in survey 1 alone.
async fn submitter(service: &Service<'_>) -> String {
    server_key(service, Grant { surveys: Reach::Only([SurveyId(1)].into()), ..server(&[Power::Submit]) }).await
}

async fn a_key_that_is_limited_to_surveys_submits_in_those_alone(service: &Service<'_>) {
    let other = service.database.add_survey(SURVEY);
    let key = submitter(service).await;
    let submit = async |survey: i64, email: &str, path: &str| {
        let body = match path {
            "/api/response" => format!(
                r#"{{"invitation_code":"ACME","survey_id":{survey},"participant":{{"email":"{email}"}},"answers":[100]}}"#
            ),
            _ => Submission::of(email).with("survey_id", survey.to_string()).body(),
        };
        with(service.request("POST", path).json(body), &key).send().await
    };
    service.database.add_company("Acme", "ACME");

    for (email, path) in [(NAMED.0, "/api/submissions"), (NAMED.1, "/api/response")] {
        submit(1, email, path).await.expect(201);
        submit(other.0, email, path).await.expect_problem(403, "FORBIDDEN");
    }
    assert_eq!(service.database.count("submissions"), 2);
}

async fn a_key_that_is_limited_to_surveys_learns_nothing_of_others(service: &Service<'_>) {
    let other = service.database.add_survey(SURVEY);
    let ids = ["0b9f2d1e-6c1c-4f0e-9a53-5b1a7a1e0c11", "0b9f2d1e-6c1c-4f0e-9a53-5b1a7a1e0c12", IDS.1];
    service.put(IDS.0, Save::of(NAMED.0).body()).await.expect(201);
    // Of the other survey: one alive, one submitted, one expired.
    for (id, email) in ids.iter().zip(["x@example.com", "y@example.com", "z@example.com"]) {
        service.put(id, Save::of(email).survey(other.0).body()).await.expect(201);
    }
    service.submit_draft_with(ids[1], r#"{"answers":[100]}"#).await.expect(201);
    service.database.execute(&format!(
        "UPDATE form_progress SET expires_at = '2026-11-01T00:00:00.000000Z' WHERE draft_id = '{}'",
        ids[2]
    ));
    let key = submitter(service).await;
    let submit = async |id: &str| {
        let request = service.request("POST", &draft_path(id, "/submit")).json(r#"{"answers":[100]}"#);
        with(request.header("If-Match", "\"7\""), &key).send().await
    };
    let nobodys = submit("0b9f2d1e-6c1c-4f0e-9a53-5b1a7a1e0c99").await.expect_problem(404, "DRAFT_NOT_FOUND");
    let before = service.database.everything();

    for id in ids {
        let refused = submit(id).await.expect_problem(404, "DRAFT_NOT_FOUND");
        assert_eq!(refused.json()["detail"], nobodys.json()["detail"]);
    }
    assert_eq!(service.database.everything(), before);

    // Its own survey's it submits, and is told again when it asks again.
    let own = || with(service.request("POST", &draft_path(IDS.0, "/submit")).json(r#"{"answers":[100]}"#), &key);
    let first = own().send().await.expect(201);
    assert_eq!(own().send().await.expect(201).body, first.body);
}

async fn a_key_that_is_limited_to_companies_submits_their_drafts_alone(service: &Service<'_>) {
    let (own, _) = (service.database.add_company("Acme", "ACME"), service.database.add_company("Other", "OTHER"));
    service.put(IDS.0, Save::of(NAMED.0).guest_code("ACME").body()).await.expect(201);
    service.put(IDS.1, Save::of(NAMED.1).guest_code("OTHER").body()).await.expect(201);
    let nobodys = service.start_anonymous("{}").await;
    let companies: Reach<CompanyId> = Reach::Only([own].into());
    let key = server_key(service, Grant { companies, ..server(&[Power::Submit]) }).await;
    let submit = async |id: &str| {
        with(service.request("POST", &draft_path(id, "/submit")).json(r#"{"answers":[100]}"#), &key).send().await
    };

    submit(IDS.1).await.expect_problem(404, "DRAFT_NOT_FOUND");
    submit(&nobodys).await.expect_problem(404, "DRAFT_NOT_FOUND");
    submit(IDS.0).await.expect(201);
    // By email it is not known before whose it is.
    let by_email = service.request("POST", "/api/submissions").json(Submission::of(NAMED.2).body());
    with(by_email, &key).send().await.expect_problem(403, "FORBIDDEN");
}

async fn only_a_server_may_mark_somebody_as_done(service: &Service<'_>) {
    let mark = |email: &str| {
        let body = Submission::of(email).without("answers").body();
        service.request("POST", "/api/submissions").json(body)
    };
    mark(NAMED.0).send().await.expect(201);

    let site = site_key(service, &[]).await;
    let participant = server_key(service, server(&[Power::Participate])).await;
    let submitter = server_key(service, server(&[Power::Submit])).await;
    for key in [site, participant] {
        with(mark(NAMED.1), &key).send().await.expect_problem(403, "SERVER_KEY_REQUIRED");
        let with_answers = service.request("POST", "/api/submissions").json(Submission::of(NAMED.2).body());
        with(with_answers, &key).send().await.expect(201);
    }
    with(mark(NAMED.1), &submitter).send().await.expect(201);
}

async fn revoking_the_last_key_does_not_open_the_door(service: &Service<'_>) {
    site_key(service, &[]).await;
    formprogress(service.database.url(), &["key", "revoke", "1"]).expect_success();
    // It is read again within a second, and stays shut.
    service.restart().await;

    service.get("/api/surveys/1").await.expect_problem(401, "UNAUTHORIZED");
}

async fn the_use_of_a_key_is_noted_once_a_minute(service: &Service<'_>) {
    let key = site_key(service, &[]).await;
    let uses = || service.database.lines("SELECT coalesce(used_at || '', 'never') AS value FROM api_keys");
    assert_eq!(uses(), ["never"]);

    let ask = async || drop(with(service.request("GET", "/api/surveys/1"), &key).send().await.expect(200));
    ask().await;
    deadline::until("the use is noted", async || uses() != ["never"]).await;
    let first = uses();
    service.clock.advance(TimeDelta::seconds(59));
    ask().await;
    service.clock.advance(TimeDelta::seconds(1));
    assert_eq!(uses(), first, "within a minute nothing is written");
    ask().await;
    deadline::until("the next minute's use is noted", async || uses() != first).await;
    let listed = formprogress(service.database.url(), &["key", "list", "--json"]).expect_success().json();
    assert_eq!(listed[0]["used_at"], "2026-11-21T09:31:00.000000Z");
}

async fn a_key_made_on_the_command_line_is_good_at_once(service: &Service<'_>) {
    service.server_key(&[Power::Participate]).await;
    for _ in 0..5 {
        // The service has just read the keys, and did not find this one among them.
        service.get("/api/surveys/1").await.expect(200);
        let add = ["key", "add", "--site", "--name", "pages", "--json"];
        let made = formprogress(service.database.url(), &add).expect_success().json();
        let bearer = format!("Bearer {}", made["key"].as_str().expect("a key"));
        service.request("GET", "/api/surveys/1").header("Authorization", &bearer).send().await.expect(200);
    }
}

async fn what_one_process_does_with_keys_another_knows_within_a_second(database: &TestDatabase) {
    database.add_survey(SURVEY);
    let servers = [Server::start(database.url()), Server::start(database.url())];
    for server in &servers {
        server.get("/api/surveys/1").await.expect(200);
    }
    let add = ["key", "add", "--site", "--name", "pages", "--json"];
    let key = formprogress(database.url(), &add).expect_success().json()["key"].as_str().expect("a key").to_owned();
    let status = async |server: &Server, key: &str| {
        server.request("GET", "/api/surveys/1").header("Authorization", &format!("Bearer {key}")).send().await.status
    };

    for server in &servers {
        deadline::until("the door is shut", async || server.get("/api/surveys/1").await.status == 401).await;
        deadline::until("the key is known", async || status(server, &key).await == 200).await;
    }
    formprogress(database.url(), &["key", "revoke", "1"]).expect_success();
    for server in &servers {
        deadline::until("the key is refused", async || status(server, &key).await == 401).await;
    }
}
