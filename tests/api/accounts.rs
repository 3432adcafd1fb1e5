//! Managing accounts: for owners, with one of them always left.

use formprogress::access::{Power, Role};
use serde_json::{Value, json};

use crate::support::{
    Service,
    accounts::{PASSWORD, SignedIn},
    at_once,
};

on_both_databases![
    an_owner_adds_an_account_whose_person_signs_in,
    an_account_that_cannot_be_is_refused,
    nobody_but_an_owner_manages_accounts,
    accounts_are_listed_page_by_page,
    accounts_are_filtered,
    an_account_is_read_and_that_is_written_down,
    a_change_ends_the_sessions_of_whom_it_concerns,
    a_change_that_cannot_be_read_changes_nothing,
    the_last_owner_stays,
    owners_who_demote_each_other_at_once_leave_one,
    who_is_switched_off_is_out_until_switched_on,
    a_deleted_account_is_gone,
    a_new_link_replaces_the_one_before_and_leaves_the_password,
    an_owner_signs_somebody_out_everywhere,
    who_is_limited_to_companies_is_told_so,
    a_link_begins_with_the_public_address,
];

const ACCOUNTS: &str = "/api/admin/accounts";

fn owner(service: &Service<'_>) -> SignedIn {
    service.sign_in("owner@example.com", Role::Owner, &[])
}

fn at(account: &SignedIn) -> String {
    format!("{ACCOUNTS}/{}", account.account.0)
}

async fn an_owner_adds_an_account_whose_person_signs_in(service: &Service<'_>) {
    let company = service.database.add_company("Acme", "ACME");
    let owner = owner(service);
    let body = json!({"email": "Ben@Example.com", "role": "editor", "companies": [company.0.to_string()]});

    let added = owner.post(ACCOUNTS, body.to_string()).await.expect(201);

    let view = added.json();
    let id = view["id"].as_i64().expect("an id");
    assert_eq!(added.header("Location"), Some(format!("{ACCOUNTS}/{id}").as_str()));
    let expected = json!({"id": id, "email": "ben@example.com", "role": "editor", "companies": [company.0], "is_active": true,
        "has_password": false, "created_at": service.clock.now().to_string(), "signed_in_at": null});
    for (name, value) in expected.as_object().expect("an object") {
        assert_eq!(&view[name], value, "{name}");
    }
    assert_eq!(view["password_link_expires_at"], "2026-11-22T09:30:00.000000Z");
    let link = view["password_link"].as_str().expect("a link");
    let path = link.strip_prefix(&format!("http://{}", service.address())).expect("it leads to this service");
    let form = service.request("POST", path).header("Content-Type", "application/x-www-form-urlencoded");
    let form = form.body("password=correct+horse+battery&again=correct+horse+battery").anonymous();
    form.send().await.expect(200);
    service.try_sign_in("ben@example.com", PASSWORD).await.expect(200);
    let line = format!("account {} account.add account {id} done", owner.account.0);
    assert!(service.audit_log().contains(&line));
    let details =
        service.database.lines("SELECT detail AS value FROM audit_log WHERE action = 'account.add' ORDER BY id");
    assert_eq!(details.last(), Some(&format!("editor, companies {}", company.0)));
}

async fn an_account_that_cannot_be_is_refused(service: &Service<'_>) {
    let company = service.database.add_company("Acme", "ACME");
    let owner = owner(service);
    let before = service.database.everything();
    for (body, pointers) in [
        (json!({}), vec!["#/email", "#/role"]),
        (json!({"email": "ben", "role": "king"}), vec!["#/email", "#/role"]),
        (json!({"email": "ben@example.com", "role": "owner", "companies": [company.0]}), vec!["#/companies"]),
        (json!({"email": "ben@example.com", "role": "viewer", "companies": [company.0, 99]}), vec!["#/companies"]),
        (json!({"email": "ben@example.com", "role": "viewer", "companies": []}), vec!["#/companies"]),
        (json!({"email": "ben@example.com", "role": "viewer", "companies": 1}), vec!["#/companies"]),
        (json!({"email": "ben@example.com", "role": "viewer", "companies": ["x"]}), vec!["#/companies"]),
        (
            json!({"email": "ben@example.com", "role": "viewer", "companies": (1..=1001).collect::<Vec<i64>>()}),
            vec!["#/companies"],
        ),
    ] {
        let answer = owner.post(ACCOUNTS, body.to_string()).await.expect_problem(400, "INVALID_REQUEST");
        assert_eq!(answer.pointers(), pointers, "{body}");
    }
    let taken = json!({"email": " OWNER@example.com", "role": "viewer"}).to_string();
    owner.post(ACCOUNTS, taken).await.expect_problem(409, "ACCOUNT_EXISTS");

    assert_eq!(service.database.everything(), before);
}

async fn nobody_but_an_owner_manages_accounts(service: &Service<'_>) {
    let company = service.database.add_company("Acme", "ACME");
    let others = [
        service.sign_in("viewer@example.com", Role::Viewer, &[]),
        service.sign_in("editor@example.com", Role::Editor, &[]),
        service.sign_in("limited@example.com", Role::Editor, &[company]),
    ];
    let requests = [
        ("GET", ACCOUNTS.to_owned()),
        ("POST", ACCOUNTS.to_owned()),
        ("GET", format!("{ACCOUNTS}/1")),
        ("PATCH", format!("{ACCOUNTS}/1")),
        ("DELETE", format!("{ACCOUNTS}/1")),
        ("POST", format!("{ACCOUNTS}/1/password-link")),
        ("DELETE", format!("{ACCOUNTS}/1/sessions")),
    ];
    let before = service.database.everything();
    for (method, path) in requests {
        for other in &others {
            other.request(method, &path).json("{}").send().await.expect_problem(403, "FORBIDDEN");
        }
        service.request(method, &path).json("{}").send().await.expect_problem(401, "UNAUTHORIZED");
    }
    assert_eq!(service.database.everything(), before);
    let every = Power::ALL.iter().copied().filter(|power| *power != Power::Accounts).collect::<Vec<_>>();
    service.server_key(&every).await;
    service.get(ACCOUNTS).await.expect_problem(403, "FORBIDDEN");
}

fn emails(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().expect("the page has items");
    items.iter().map(|item| item["email"].as_str().expect("an email").to_owned()).collect()
}

async fn accounts_are_listed_page_by_page(service: &Service<'_>) {
    let owner = owner(service);
    let names: Vec<String> = (0..5).map(|number| format!("a{number}@example.com")).collect();
    for name in &names {
        service.add_account(name, Role::Viewer, &[]);
    }
    let (mut seen, mut path) = (Vec::new(), format!("{ACCOUNTS}?limit=4"));
    loop {
        let page = owner.get(&path).await.expect(200).json();
        seen.extend(emails(&page));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("{ACCOUNTS}?limit=4&after={next}");
    }
    assert_eq!(seen[0], "owner@example.com");
    assert_eq!(seen[1..], names);
    for wrong in ["limit=0", "limit=201", "after=%C3%A9", "colour=red", "role=king", "is_active=maybe", "email=x"] {
        owner.get(&format!("{ACCOUNTS}?{wrong}")).await.expect_problem(400, "INVALID_REQUEST");
    }
    let looked = format!("account {} account.list accounts done", owner.account.0);
    assert_eq!(service.audit_log().iter().filter(|line| **line == looked).count(), 2);
}

async fn accounts_are_filtered(service: &Service<'_>) {
    let owner = owner(service);
    service.add_account("ben@example.com", Role::Viewer, &[]);
    let (off, _) = service.add_account("off@example.com", Role::Viewer, &[]);
    service.database.execute(&format!("UPDATE accounts SET is_active = FALSE WHERE id = {}", off.0));
    let found = async |query: &str| emails(&owner.get(&format!("{ACCOUNTS}?{query}")).await.expect(200).json());

    assert_eq!(found("role=owner").await, ["owner@example.com"]);
    assert_eq!(found("role=viewer&is_active=true").await, ["ben@example.com"]);
    assert_eq!(found("is_active=false").await, ["off@example.com"]);
    assert_eq!(found("email=BEN@example.com").await, ["ben@example.com"]);
    assert!(found("email=nobody@example.com").await.is_empty());
}

async fn an_account_is_read_and_that_is_written_down(service: &Service<'_>) {
    let owner = owner(service);
    let view = owner.get(&at(&owner)).await.expect(200).json();
    assert_eq!((view["email"].as_str(), view["has_password"].as_bool()), (Some("owner@example.com"), Some(true)));
    let line = format!("account {0} account.read account {0} done", owner.account.0);
    assert_eq!(service.audit_log().last(), Some(&line));
    for unknown in ["99", "0", "-1", "x", "99999999999999999999"] {
        owner.get(&format!("{ACCOUNTS}/{unknown}")).await.expect_problem(404, "ACCOUNT_NOT_FOUND");
    }
}

async fn a_change_ends_the_sessions_of_whom_it_concerns(service: &Service<'_>) {
    let company = service.database.add_company("Acme", "ACME");
    let owner = owner(service);
    for (number, change) in
        [json!({"role": "editor"}), json!({"companies": [company.0]}), json!({"is_active": false})].iter().enumerate()
    {
        let ben = service.sign_in(&format!("ben{number}@example.com"), Role::Viewer, &[]);
        owner.patch(&at(&ben), "{}").await.expect(200);
        owner.patch(&at(&ben), r#"{"role":"viewer","companies":null,"is_active":true}"#).await.expect(200);
        ben.get("/api/admin/session").await.expect(200);

        let changed = owner.patch(&at(&ben), change.to_string()).await.expect(200).json();

        let (name, value) = change.as_object().and_then(|change| change.iter().next()).expect("one change");
        assert_eq!(&changed[name], value);
        ben.get("/api/admin/session").await.expect_problem(401, "UNAUTHORIZED");
    }
    let details =
        service.database.lines("SELECT detail AS value FROM audit_log WHERE action = 'account.change' ORDER BY id");
    assert_eq!(
        details,
        ["role viewer to editor".to_owned(), format!("companies all to {}", company.0), "switched off".into()]
    );
    owner.get("/api/admin/session").await.expect(200);
}

async fn a_change_that_cannot_be_read_changes_nothing(service: &Service<'_>) {
    let company = service.database.add_company("Acme", "ACME");
    let owner = owner(service);
    let ben = service.sign_in("ben@example.com", Role::Viewer, &[company]);
    let before = service.database.everything();
    for (body, pointers) in [
        (r#"{"role":"king","is_active":"yes"}"#, vec!["#/role", "#/is_active"]),
        (r#"{"companies":[99]}"#, vec!["#/companies"]),
        (r#"{"companies":[]}"#, vec!["#/companies"]),
        (r#"{"role":"owner"}"#, vec!["#/companies"]),
    ] {
        let answer = owner.patch(&at(&ben), body).await.expect_problem(400, "INVALID_REQUEST");
        assert_eq!(answer.pointers(), pointers, "{body}");
    }
    owner.patch(&format!("{ACCOUNTS}/99"), "{}").await.expect_problem(404, "ACCOUNT_NOT_FOUND");
    assert_eq!(service.database.everything(), before);
}

async fn the_last_owner_stays(service: &Service<'_>) {
    let owner = owner(service);
    let (off, _) = service.add_account("off@example.com", Role::Owner, &[]);
    service.database.execute(&format!("UPDATE accounts SET is_active = FALSE WHERE id = {}", off.0));
    service.sign_in("editor@example.com", Role::Editor, &[]);

    for body in [r#"{"role":"editor"}"#, r#"{"is_active":false}"#] {
        owner.patch(&at(&owner), body).await.expect_problem(409, "LAST_OWNER");
    }
    owner.delete(&at(&owner)).await.expect_problem(409, "LAST_OWNER");

    // Who has not set a password yet may never do.
    service.add_account("invited@example.com", Role::Owner, &[]);
    owner.patch(&at(&owner), r#"{"role":"editor"}"#).await.expect_problem(409, "LAST_OWNER");
    service.add_person("second@example.com", Role::Owner, &[]).await;
    owner.patch(&at(&owner), r#"{"role":"editor"}"#).await.expect(200);
}

async fn owners_who_demote_each_other_at_once_leave_one(service: &Service<'_>) {
    let owners: Vec<SignedIn> =
        (0..4).map(|number| service.sign_in(&format!("o{number}@example.com"), Role::Owner, &[])).collect();
    let demotions = owners.iter().enumerate().map(|(number, owner)| {
        let (owner, next) = (owner.clone(), at(&owners[(number + 1) % owners.len()]));
        async move { owner.patch(&next, r#"{"role":"viewer"}"#).await.status }
    });

    let statuses = at_once(demotions).await;

    assert!(statuses.iter().all(|status| [200, 401, 403, 409].contains(status)), "{statuses:?}");
    assert!(service.database.number("SELECT count(*) AS value FROM accounts WHERE role = 'owner'") >= 1);
}

async fn who_is_switched_off_is_out_until_switched_on(service: &Service<'_>) {
    let owner = owner(service);
    let id = service.add_person("ben@example.com", Role::Viewer, &[]).await;
    let ben = format!("{ACCOUNTS}/{}", id.0);
    owner.request("POST", &format!("{ben}/password-link")).send().await.expect(201);

    owner.patch(&ben, r#"{"is_active":false}"#).await.expect(200);

    assert_eq!(service.database.count("password_links"), 0);
    service.try_sign_in("ben@example.com", PASSWORD).await.expect_problem(401, "SIGN_IN_FAILED");
    owner.request("POST", &format!("{ben}/password-link")).send().await.expect_problem(400, "INVALID_REQUEST");
    owner.patch(&ben, r#"{"is_active":true}"#).await.expect(200);
    service.try_sign_in("ben@example.com", PASSWORD).await.expect(200);
}

async fn a_deleted_account_is_gone(service: &Service<'_>) {
    let owner = owner(service);
    let ben = service.sign_in("ben@example.com", Role::Editor, &[]);
    owner.request("POST", &format!("{}/password-link", at(&ben))).send().await.expect(201);

    owner.delete(&at(&ben)).await.expect(204);

    ben.get("/api/admin/session").await.expect_problem(401, "UNAUTHORIZED");
    for method in ["GET", "DELETE"] {
        owner.request(method, &at(&ben)).send().await.expect_problem(404, "ACCOUNT_NOT_FOUND");
    }
    assert_eq!((service.database.count("sessions"), service.database.count("password_links")), (1, 0));
    let line = format!("account {} account.delete account {} done", owner.account.0, ben.account.0);
    assert!(service.audit_log().contains(&line));
    assert!(!service.database.everything().concat().contains("ben@example.com"));
    let (again, _) = service.add_account("ben@example.com", Role::Viewer, &[]);
    assert_ne!(again, ben.account, "the audit log means one account by an id");
}

async fn a_new_link_replaces_the_one_before_and_leaves_the_password(service: &Service<'_>) {
    let owner = owner(service);
    let id = service.add_person("ben@example.com", Role::Viewer, &[]).await;
    let path = format!("{ACCOUNTS}/{}/password-link", id.0);
    let link = async || {
        let view = owner.request("POST", &path).send().await.expect(201).json();
        let link = view["password_link"].as_str().expect("a link");
        link.strip_prefix(&format!("http://{}", service.address())).expect("it leads here").to_owned()
    };

    let (first, second) = (link().await, link().await);

    service.get(&first).await.expect(410);
    service.get(&second).await.expect(200);
    service.try_sign_in("ben@example.com", PASSWORD).await.expect(200);
    let line = format!("account {} account.link account {} done", owner.account.0, id.0);
    assert_eq!(service.audit_log().iter().filter(|one| **one == line).count(), 2);
    owner
        .request("POST", &format!("{ACCOUNTS}/99/password-link"))
        .send()
        .await
        .expect_problem(404, "ACCOUNT_NOT_FOUND");
}

async fn an_owner_signs_somebody_out_everywhere(service: &Service<'_>) {
    let owner = owner(service);
    let ben = service.sign_in("ben@example.com", Role::Editor, &[]);

    owner.delete(&format!("{}/sessions", at(&ben))).await.expect(204);

    ben.get("/api/admin/session").await.expect_problem(401, "UNAUTHORIZED");
    owner.delete(&format!("{}/sessions", at(&ben))).await.expect(204);
    owner.delete(&format!("{ACCOUNTS}/99/sessions")).await.expect_problem(404, "ACCOUNT_NOT_FOUND");
    let line = format!("account {} account.sign_out_everywhere account {} done", owner.account.0, ben.account.0);
    assert_eq!(service.audit_log().iter().filter(|one| **one == line).count(), 2);
}

async fn who_is_limited_to_companies_is_told_so(service: &Service<'_>) {
    let company = service.database.add_company("Acme", "ACME");
    let ben = service.sign_in("ben@example.com", Role::Viewer, &[company]);

    let session = ben.get("/api/admin/session").await.expect(200).json();

    assert_eq!(session["account"]["companies"], json!([company.0]));
    assert_eq!(session["powers"], json!(["figures:read"]));
}

async fn a_link_begins_with_the_public_address(service: &Service<'_>) {
    service.restart_with(&[("public_url", "https://forms.example.org/")]).await;
    let added = owner(service).post(ACCOUNTS, r#"{"email":"ben@example.com","role":"viewer"}"#).await.expect(201);
    let link = added.json()["password_link"].as_str().expect("a link").to_owned();
    assert!(link.starts_with("https://forms.example.org/admin/set-password/"), "{link}");
}
