//! `formprogress admin`: the first owner, and an operator's way back in.

use formprogress::access::Role;
use serde_json::json;

use crate::support::{
    Server, Service, TestDatabase,
    accounts::PASSWORD,
    command::{Ended, formprogress_with},
    formprogress,
};

on_both_databases![
    an_account_is_added_and_its_link_works,
    a_new_link_lets_its_person_back_in,
    sessions_are_ended_and_accounts_removed,
];

mod without_a_service {
    use super::*;

    on_both_databases![
        database:
        the_link_says_where_the_service_is,
        accounts_are_listed,
        what_cannot_be_is_one_clear_line,
        the_demo_has_an_owner_who_sets_a_password_once,
        the_demo_has_a_history_that_adds_up_and_is_not_made_twice,
    ];

    async fn the_link_says_where_the_service_is(database: &TestDatabase) {
        let add = |email: &str, name: &str, value: &str| {
            let environment = [("DATABASE_URL", database.url()), (name, value)];
            formprogress_with(&["admin", "add", email], &environment, "").expect_success().stdout
        };

        let said = add("ana@example.com", "ROCKET_PORT", "8123");
        assert!(said.starts_with("Account 1 added: ana@example.com, owner\n"), "{said}");
        assert!(said.contains("within 24 hours"), "{said}");
        assert!(said.contains("\nhttp://127.0.0.1:8123/admin/set-password/"), "{said}");
        let said = add("ben@example.com", "FORMPROGRESS_PUBLIC_URL", "https://forms.example.org");
        assert!(said.contains("\nhttps://forms.example.org/admin/set-password/"), "{said}");
    }

    async fn accounts_are_listed(database: &TestDatabase) {
        let admin =
            |arguments: &[&str]| formprogress(database.url(), &[&["admin"], arguments].concat()).expect_success();
        assert!(admin(&["list"]).stdout.contains("admin add"));
        database.add_company("Acme", "ACME");
        admin(&["add", "Ana@Example.com"]);
        let added = admin(&["add", "ben@example.com", "--role", "editor", "--company", "1", "--json"]).json();
        assert_eq!(added["id"], 2);
        assert!(added["password_link"].is_string() && added["password_link_expires_at"].is_string(), "{added}");

        let listed = admin(&["list", "--json"]).json();

        assert_eq!(listed[0]["email"], "ana@example.com");
        assert_eq!((&listed[0]["role"], &listed[0]["companies"]), (&json!("owner"), &json!(null)));
        assert_eq!((&listed[1]["role"], &listed[1]["companies"]), (&json!("editor"), &json!([1])));
        let table = admin(&["list"]).stdout;
        assert!(table.lines().count() == 3 && table.contains("not yet"), "{table}");
    }

    async fn what_cannot_be_is_one_clear_line(database: &TestDatabase) {
        let admin = |arguments: &[&str]| -> Ended { formprogress(database.url(), &[&["admin"], arguments].concat()) };
        admin(&["add", "ana@example.com"]).expect_success();
        database.execute("UPDATE accounts SET password_hash = 'set'");
        let before = database.everything();

        admin(&["add", "ana"]).expect_refusal("EMAIL must be an email address");
        admin(&["add", "ANA@example.com"]).expect_refusal("there is an account with this email already");
        admin(&["add", "ben@example.com", "--company", "1"]).expect_refusal("an owner cannot be limited");
        admin(&["add", "ben@example.com", "--role", "viewer", "--company", "1"]).expect_refusal("no company");
        admin(&["remove", "ana@example.com"]).expect_refusal("the only active owner");
        for command in ["link", "remove", "sign-out"] {
            admin(&[command, "ben@example.com"]).expect_refusal("there is no account with this email");
        }

        assert_eq!(database.everything(), before);
    }

    async fn the_demo_has_an_owner_who_sets_a_password_once(database: &TestDatabase) {
        let link_in = |server: &Server| {
            let banner = server.banner();
            assert!(banner.contains("owner demo@example.com"), "{banner}");
            let (_, link) = banner.split_once(&format!("http://{}/admin/", server.address()))?;
            Some(format!("/admin/{}", link.split_whitespace().next().expect("a link")))
        };
        let first = link_in(&Server::start_with(database.url(), &["--demo"], &[])).expect("a link");
        let server = Server::start_with(database.url(), &["--demo"], &[]);
        let second = link_in(&server).expect("a link at each start, as long as there is no password");
        server.get(&first).await.expect(410);

        let form = server.request("POST", &second).header("Content-Type", "application/x-www-form-urlencoded");
        form.body("password=correct+horse+battery&again=correct+horse+battery").send().await.expect(200);

        let signed_in = json!({"email": "demo@example.com", "password": PASSWORD}).to_string();
        let session = server.post("/api/admin/session", signed_in).await.expect(200).json();
        assert_eq!(session["account"]["role"], "owner");
        assert_eq!(link_in(&Server::start_with(database.url(), &["--demo"], &[])), None);
        assert_eq!(database.count("accounts"), 1);
    }

    async fn the_demo_has_a_history_that_adds_up_and_is_not_made_twice(database: &TestDatabase) {
        drop(Server::start_with(database.url(), &["--demo"], &[]));
        let funnel = || formprogress(database.url(), &["survey", "funnel", "1", "--json"]).expect_success().json();
        let first = funnel();
        let figure = |name: &str| first[name].as_i64().unwrap_or_else(|| panic!("{name} in {first}"));

        let [submitted, expired, discarded, alive] = ["submitted", "expired", "discarded", "alive"].map(figure);
        assert!([submitted, expired, discarded, alive].iter().all(|figure| *figure > 0), "{first}");
        assert_eq!(figure("started"), submitted + expired + discarded + alive);
        assert_eq!(database.count("submissions"), submitted);

        drop(Server::start_with(database.url(), &["--demo"], &[]));
        assert_eq!(funnel()["started"], first["started"]);
    }
}

async fn an_account_is_added_and_its_link_works(service: &Service<'_>) {
    let (_, port) =
        service.address().split_once(':').map(|(host, port)| (host.to_owned(), port.to_owned())).expect("a port");
    let environment = [("DATABASE_URL", service.database.url()), ("ROCKET_PORT", &port)];
    // The service's clock stands in the year 2026, the command's does not: the link is read, and not used.
    let said = formprogress_with(&["admin", "add", "ana@example.com"], &environment, "").expect_success().stdout;

    let link = said.lines().last().expect("a link");
    assert!(link.starts_with(&format!("http://{}/admin/set-password/", service.address())), "{said}");
    let line = "command_line 0 account.add account 1 done".to_owned();
    assert_eq!(service.audit_log(), [line]);
}

async fn a_new_link_lets_its_person_back_in(service: &Service<'_>) {
    service.add_person("ana@example.com", Role::Owner, &[]).await;

    let said =
        formprogress(service.database.url(), &["admin", "link", "Ana@Example.com", "--json"]).expect_success().json();

    assert_eq!(said["id"], 1);
    assert!(said["password_link"].as_str().is_some_and(|link| link.contains("/admin/set-password/")), "{said}");
    assert_eq!(service.database.count("password_links"), 1);
    service.try_sign_in("ana@example.com", PASSWORD).await.expect(200);
    assert!(service.audit_log().contains(&"command_line 0 account.link account 1 done".to_owned()));
}

async fn sessions_are_ended_and_accounts_removed(service: &Service<'_>) {
    service.sign_in("owner@example.com", Role::Owner, &[]);
    let ana = service.sign_in("ana@example.com", Role::Owner, &[]);
    let admin = |command: &str| formprogress(service.database.url(), &["admin", command, "ana@example.com"]);

    assert_eq!(admin("sign-out").expect_success().stdout, "1 session of account 2 ended.\n");
    ana.get("/api/admin/session").await.expect_problem(401, "UNAUTHORIZED");
    assert_eq!(admin("sign-out").expect_success().stdout, "0 sessions of account 2 ended.\n");
    assert_eq!(admin("remove").expect_success().stdout, "Account 2 removed.\n");
    admin("remove").expect_refusal("there is no account");

    let log = service.audit_log();
    for action in ["account.sign_out_everywhere", "account.delete"] {
        assert!(log.contains(&format!("command_line 0 {action} account 2 done")), "{log:?}");
    }
}
