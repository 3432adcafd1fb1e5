//! The pages of API keys.

use formprogress::{access::Role, keys::Kind};

use crate::support::{Answer, NAMED, Service};

on_both_databases![
    before_the_first_key_the_pages_warn_of_what_it_does,
    a_site_key_is_made_and_shown_once,
    a_server_key_is_made_with_its_powers_and_limits,
    a_key_that_cannot_be_is_refused_at_its_fields,
    a_key_is_revoked_after_a_question,
    keys_are_listed_with_what_they_may_do,
    only_owners_see_keys,
];

const HOSTILE: &str = "<script>alert(1)</script>";

#[track_caller]
fn secret_in(page: &Answer) -> String {
    let secret = page.body.split("data-copy=\"the key\">").nth(1).and_then(|rest| rest.split('<').next());
    secret.expect("the page shows a key").to_owned()
}

async fn before_the_first_key_the_pages_warn_of_what_it_does(service: &Service<'_>) {
    let owner = service.browser(Role::Owner, &[]);
    owner.open("/admin/keys").await.saying("There is no API key yet").saying("With the first key");
    for kind in ["site", "server"] {
        owner.open(&format!("/admin/keys/new/{kind}")).await.saying("the first key ever").saying("close the public");
    }
    service.save(NAMED.0).await.expect(201);

    let made = owner.fill_in("/admin/keys", &[("kind", "site"), ("name", "Front end")]).await.expect(200);

    let key = secret_in(&made.expect_page().saying("This was the first key"));
    service.save(NAMED.1).await.expect_problem(401, "UNAUTHORIZED");
    service.show_key(&key);
    service.save(NAMED.1).await.expect(201);
    owner.open("/admin/keys/new/site").await.not_saying("the first key ever");
    let revoked = format!("/admin/keys/{}/revoke", service.database.number("SELECT max(id) AS value FROM api_keys"));
    owner.fill_in(&revoked, &[]).await.expect_done();
    owner.open("/admin/keys/new/site").await.not_saying("the first key ever");
    let again = owner.fill_in("/admin/keys", &[("kind", "site"), ("name", "Another")]).await.expect(200);
    again.not_saying("This was the first key");
}

async fn a_site_key_is_made_and_shown_once(service: &Service<'_>) {
    let owner = service.browser(Role::Owner, &[]);
    let origins = " https://A.example \r\n\r\nhttp://localhost:5173\r\n";
    let fields = [("kind", "site"), ("name", HOSTILE), ("origins", origins)];
    let made = owner.fill_in("/admin/keys", &fields).await.expect(200).expect_page().not_saying(HOSTILE);

    let key = secret_in(&made);
    assert!(key.starts_with("fp_site_"), "{key}");
    made.saying("curl -H").saying("Origin: http://localhost:5173");
    let list = owner.open("/admin/keys").await.saying("https://a.example").not_saying(HOSTILE).not_saying(&key);
    list.saying(&key[..12]);
    let details = service.database.lines("SELECT detail AS value FROM audit_log WHERE action = 'key.create'");
    assert_eq!(details, ["site, origins: http://localhost:5173 https://a.example"]);
}

async fn a_server_key_is_made_with_its_powers_and_limits(service: &Service<'_>) {
    let company = service.database.add_company("ACME & Sons", "ACME").0.to_string();
    let owner = service.browser(Role::Owner, &[]);
    owner.open("/admin/keys/new/server").await.saying("Search and read drafts").not_saying("Manage accounts");
    let fields = [
        ("kind", "server"),
        ("name", "The nightly export"),
        ("powers", "drafts:read"),
        ("powers", "submissions:read"),
        ("surveys_limit", "some"),
        ("surveys", "1"),
        ("companies_limit", "some"),
        ("companies", company.as_str()),
    ];
    let made = owner.fill_in("/admin/keys", &fields).await.expect(200).expect_page();

    let bearer = format!("Bearer {}", secret_in(&made.saying("/api/admin/drafts")));
    let asked = service.request("GET", "/api/admin/drafts").header("Authorization", &bearer).send().await;
    asked.expect(200);
    let list = owner.open("/admin/keys").await.saying("ACME &#38; Sons").saying("Commuting");
    list.saying("List, read and export submissions");
    let details = service.database.lines("SELECT detail AS value FROM audit_log WHERE action = 'key.create'");
    let said = format!("server, powers: drafts:read submissions:read; surveys: 1; companies: {company}");
    assert_eq!(details, [said]);
}

async fn a_key_that_cannot_be_is_refused_at_its_fields(service: &Service<'_>) {
    let owner = service.browser(Role::Owner, &[]);
    let before = service.database.everything();
    let (server, name, read) = (("kind", "server"), ("name", "Export"), ("powers", "drafts:read"));
    for (fields, said) in [
        (&[("kind", "site")][..], "Name is missing."),
        (&[("kind", "site"), name, ("origins", "forms.example.org")], "Origins must be one a line"),
        (&[server, name], "The powers must name one"),
        (&[server, name, ("powers", "accounts:write")], "The powers must not have accounts:write"),
        (&[server, name, ("powers", "drafts:write")], "The powers must have drafts:read beside"),
        (&[server, name, read, ("surveys_limit", "some")], "Surveys must be ticked"),
        (&[server, name, read, ("surveys_limit", "some"), ("surveys", "99")], "Surveys must be ids of surveys"),
        (&[server, name, read, ("companies", "1")], "“No limit” is chosen"),
    ] {
        let refused = owner.fill_in("/admin/keys", fields).await.expect(400).expect_page().saying(said);
        if fields.contains(&read) {
            refused.saying("value=\"drafts:read\" checked");
        }
    }
    owner.fill_in("/admin/keys", &[("kind", "master"), name]).await.expect(400).expect_page();
    assert_eq!(service.database.everything(), before);
}

async fn a_key_is_revoked_after_a_question(service: &Service<'_>) {
    let owner = service.browser(Role::Owner, &[]);
    let key = service.key(Kind::Site { origins: None }).await;
    let id = service.database.number("SELECT max(id) AS value FROM api_keys");
    let revoke = format!("/admin/keys/{id}/revoke");
    owner.open(&revoke).await.saying("Revoke the key “a test’s”?".replace('’', "&#39;").as_str());
    service.show_key(&key);
    service.save(NAMED.0).await.expect(201);

    assert_eq!(owner.fill_in(&revoke, &[]).await.expect_done(), "/admin/keys");

    service.save(NAMED.0).await.expect_problem(401, "UNAUTHORIZED");
    owner.open("/admin/keys").await.saying("revoked").not_saying("Revoke…");
    owner.fill_in(&revoke, &[]).await.expect_done();
    let line = format!("account {} key.revoke key {id} done", owner.account.0);
    assert_eq!(service.audit_log().iter().filter(|one| **one == line).count(), 1);
    for unknown in ["99", "x"] {
        owner.get(&format!("/admin/keys/{unknown}/revoke")).await.expect(404).expect_page().saying("KEY_NOT_FOUND");
        owner.fill_in(&format!("/admin/keys/{unknown}/revoke"), &[]).await.expect(404).expect_page();
    }
}

async fn keys_are_listed_with_what_they_may_do(service: &Service<'_>) {
    let owner = service.browser(Role::Owner, &[]);
    for _ in 0..3 {
        service.key(Kind::Site { origins: None }).await;
    }
    let page = owner.open("/admin/keys?limit=2").await.saying("pages of any origin").saying("never");
    let next = page.body.split("href=\"").find(|rest| rest.contains("rel=\"next\"")).expect("a next page");
    let next = next.split('"').next().expect("an address").replace("&#38;", "&").replace("&amp;", "&");
    owner.open(&next).await.saying("number 3").not_saying("number 2");
    owner.open("/admin/keys?kind=site").await.saying("is not a filter of this list");
}

async fn only_owners_see_keys(service: &Service<'_>) {
    let editor = service.browser(Role::Editor, &[]);
    editor.open("/admin/companies").await.not_saying("/admin/keys");
    editor.get("/admin/keys").await.expect(403).expect_page().saying("keys:write");
}
