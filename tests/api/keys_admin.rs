//! API keys over HTTP: made, listed and revoked by owners who are signed in.

use formprogress::access::{Power, SecretDigest, caller::csrf_token};
use serde_json::json;

use crate::support::{Answer, Backend, Service, client::Request};

on_both_databases![
    a_key_is_shown_once_and_works_at_once,
    what_a_key_may_is_told_and_noted,
    a_key_that_cannot_be_is_refused_with_all_that_is_wrong,
    keys_are_listed_page_by_page_and_never_shown_again,
    a_revoked_key_is_refused_at_once,
    a_key_that_is_not_there_cannot_be_revoked,
    only_an_owner_who_is_signed_in_manages_keys,
];

/// Signs somebody in of this role. The token is the name.
fn sign_in(service: &Service<'_>, role: &str, companies: &str) -> String {
    let token = format!("token-of-{role}-{companies}");
    let digest: String = SecretDigest::of(&token).0.iter().map(|byte| format!("{byte:02x}")).collect();
    let blob = match service.database.backend() {
        Backend::Sqlite => format!("X'{digest}'"),
        Backend::Postgres => format!("'\\x{digest}'"),
    };
    let (now, email) = (service.clock.now(), format!("{role}{companies}@example.org"));
    let companies = if companies.is_empty() { "NULL".into() } else { format!("'{companies}'") };
    service.database.execute(&format!(
        "INSERT INTO accounts (email, role, companies, is_active, created_at, updated_at)
             VALUES ('{email}', '{role}', {companies}, TRUE, '{now}', '{now}');
         INSERT INTO sessions (token_digest, account_id, created_at, seen_at)
             SELECT {blob}, max(id), '{now}', '{now}' FROM accounts"
    ));
    token
}

fn within(request: Request, token: &str) -> Request {
    request.header("Cookie", &format!("formprogress_session={token}")).header("X-CSRF-Token", &csrf_token(token))
}

async fn make(service: &Service<'_>, owner: &str, body: impl ToString) -> Answer {
    within(service.request("POST", "/api/admin/keys").json(body.to_string()), owner).send().await
}

async fn list(service: &Service<'_>, owner: &str, query: &str) -> Answer {
    within(service.request("GET", &format!("/api/admin/keys{query}")), owner).send().await
}

async fn revoke(service: &Service<'_>, owner: &str, id: &str) -> Answer {
    within(service.request("DELETE", &format!("/api/admin/keys/{id}")), owner).send().await
}

fn audit(service: &Service<'_>) -> Vec<String> {
    service.database.lines(
        "SELECT actor || ' ' || actor_id || ' ' || action || ' ' || subject || ' ' || outcome AS value FROM audit_log ORDER BY id",
    )
}

async fn a_key_is_shown_once_and_works_at_once(service: &Service<'_>) {
    let owner = sign_in(service, "owner", "");
    let made =
        make(service, &owner, json!({"kind": "site", "name": " Pages ", "origins": ["https://A.example/"]})).await;
    let made = made.expect(201).json();
    let key = made["key"].as_str().expect("the key is shown").to_owned();

    assert_eq!(made["name"], "Pages");
    assert_eq!(made["origins"], json!(["https://a.example"]));
    assert!(key.starts_with(made["hint"].as_str().expect("a hint")) && key.len() > 40, "{made}");
    service.get("/api/surveys/1").await.expect_problem(401, "UNAUTHORIZED");
    let with_key = service.request("GET", "/api/surveys/1").header("Authorization", &format!("Bearer {key}"));
    with_key.send().await.expect(200);
    let listed = list(service, &owner, "").await.expect(200);
    assert!(!listed.body.contains(&key), "{}", listed.body);
    assert!(!service.database.everything().iter().any(|row| row.contains(&key)), "it is stored in clear");
    assert_eq!(audit(service), ["account 1 key.create key 1 done"]);
}

async fn what_a_key_may_is_told_and_noted(service: &Service<'_>) {
    let owner = sign_in(service, "owner", "");
    service.database.add_company("Acme", "ACME");
    let body = json!({"kind": "server", "name": "Export", "powers": ["submissions:read", "figures:read"],
        "surveys": ["1"], "companies": [1], "colour": "red"});

    let made = make(service, &owner, body).await.expect(201).json();

    assert_eq!(made["powers"], json!(["figures:read", "submissions:read"]));
    assert_eq!((&made["surveys"], &made["companies"]), (&json!([1]), &json!([1])));
    assert_eq!((&made["used_at"], &made["revoked_at"]), (&json!(null), &json!(null)));
    let detail = service.database.lines("SELECT detail AS value FROM audit_log");
    assert_eq!(detail, ["server, powers: figures:read submissions:read; surveys: 1; companies: 1"]);
}

async fn a_key_that_cannot_be_is_refused_with_all_that_is_wrong(service: &Service<'_>) {
    let owner = sign_in(service, "owner", "");
    let before = service.database.everything();
    for (body, pointers) in [
        (json!({}), vec!["#/name", "#/kind"]),
        (json!({"kind": "admin", "name": " "}), vec!["#/name", "#/kind"]),
        (json!({"kind": "server", "name": "x"}), vec!["#/powers"]),
        (json!({"kind": "server", "name": "x", "powers": []}), vec!["#/powers"]),
        (json!({"kind": "server", "name": "x", "powers": "figures:read"}), vec!["#/powers"]),
        (
            json!({"kind": "server", "name": "x", "powers": ["fly", "figures:read", 1]}),
            vec!["#/powers/0", "#/powers/2"],
        ),
        (json!({"kind": "server", "name": "x", "powers": ["keys:write"]}), vec!["#/powers"]),
        (json!({"kind": "server", "name": "x", "powers": ["audit:read"], "companies": [1]}), vec!["#/powers"]),
        (
            json!({"kind": "server", "name": "x", "powers": ["drafts:read"], "origins": ["https://a.example"]}),
            vec!["#/origins"],
        ),
        (
            json!({"kind": "server", "name": "x", "powers": ["drafts:read"], "surveys": [], "companies": ["a"]}),
            vec!["#/companies/0", "#/surveys"],
        ),
        (
            json!({"kind": "server", "name": "x", "powers": ["drafts:read"], "surveys": [1, 9], "companies": [9]}),
            vec!["#/surveys", "#/companies"],
        ),
        (json!({"kind": "site", "name": "x", "origins": []}), vec!["#/origins"]),
        (json!({"kind": "site", "name": "x", "origins": ["https://a.example", "a.example"]}), vec!["#/origins/1"]),
        (
            json!({"kind": "site", "name": "x", "powers": ["figures:read"], "surveys": [1]}),
            vec!["#/powers", "#/surveys"],
        ),
    ] {
        let refused = make(service, &owner, &body).await.expect_problem(400, "INVALID_REQUEST");
        assert_eq!(refused.pointers(), pointers, "{body}");
    }
    assert_eq!(service.database.everything(), before);
}

async fn keys_are_listed_page_by_page_and_never_shown_again(service: &Service<'_>) {
    let owner = sign_in(service, "owner", "");
    assert_eq!(list(service, &owner, "").await.expect(200).json(), json!({"items": [], "next": null}));
    for name in ["a", "b", "c"] {
        make(service, &owner, json!({"kind": "site", "name": name})).await.expect(201);
    }

    let first = list(service, &owner, "?limit=2").await.expect(200).json();
    let next = first["next"].as_str().expect("there is more").to_owned();
    let second = list(service, &owner, &format!("?limit=2&after={next}")).await.expect(200).json();

    let names = |page: &serde_json::Value| -> Vec<String> {
        let items = page["items"].as_array().expect("a list").iter();
        items.map(|item| item["name"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!((names(&first), names(&second)), (vec!["a".into(), "b".into()], vec!["c".into()]));
    assert_eq!(second["next"], json!(null));
    assert_eq!(first["items"][0].get("key"), None);
    for query in ["?limit=0", "?limit=201", "?after=%20", "?sort=name"] {
        list(service, &owner, query).await.expect_problem(400, "INVALID_REQUEST");
    }
}

async fn a_revoked_key_is_refused_at_once(service: &Service<'_>) {
    let owner = sign_in(service, "owner", "");
    let made = make(service, &owner, json!({"kind": "site", "name": "x"})).await.expect(201).json();
    let ask = async || {
        let key = format!("Bearer {}", made["key"].as_str().expect("a key"));
        service.request("GET", "/api/surveys/1").header("Authorization", &key).send().await
    };
    ask().await.expect(200);

    revoke(service, &owner, "1").await.expect(204);

    ask().await.expect_problem(401, "UNAUTHORIZED");
    revoke(service, &owner, "1").await.expect(204);
    assert_eq!(audit(service), ["account 1 key.create key 1 done", "account 1 key.revoke key 1 done"]);
    let listed = list(service, &owner, "").await.expect(200).json();
    assert_eq!(listed["items"][0]["revoked_at"], "2026-11-21T09:30:00.000000Z");
}

async fn a_key_that_is_not_there_cannot_be_revoked(service: &Service<'_>) {
    let owner = sign_in(service, "owner", "");
    for id in ["1", "0", "-1", "x", "99999999999999999999"] {
        revoke(service, &owner, id).await.expect_problem(404, "KEY_NOT_FOUND");
    }
    assert_eq!(audit(service), Vec::<String>::new());
}

async fn only_an_owner_who_is_signed_in_manages_keys(service: &Service<'_>) {
    let owner = sign_in(service, "owner", "");
    let others: Vec<String> = [("viewer", ""), ("editor", ""), ("owner", "1")]
        .map(|(role, companies)| sign_in(service, role, companies))
        .into();
    let all_but_this: Vec<Power> = Power::ALL.iter().copied().filter(|power| *power != Power::Keys).collect();
    let mighty = service.server_key(&all_but_this).await;
    let before = service.database.everything();
    let requests = || {
        [("GET", "/api/admin/keys"), ("POST", "/api/admin/keys"), ("DELETE", "/api/admin/keys/1")]
            .map(|(method, path)| service.request(method, path).json(r#"{"kind":"site","name":"x"}"#))
    };

    for request in requests() {
        request.anonymous().send().await.expect_problem(401, "UNAUTHORIZED");
    }
    for request in requests() {
        request.header("Authorization", &format!("Bearer {mighty}")).send().await.expect_problem(403, "FORBIDDEN");
    }
    for token in &others {
        for request in requests() {
            within(request, token).send().await.expect_problem(403, "FORBIDDEN");
        }
    }
    for request in requests().into_iter().skip(1) {
        let cookie = request.header("Cookie", &format!("formprogress_session={owner}"));
        cookie.header("X-CSRF-Token", &csrf_token("another")).send().await.expect_problem(403, "CSRF_TOKEN_INVALID");
    }
    assert_eq!(service.database.everything(), before);
}
