//! `formprogress key`: what an operator sees of API keys.

use serde_json::json;

use crate::support::{Server, TestDatabase, database::SURVEY, formprogress};

on_both_databases![
    database:
    a_site_key_is_made_and_can_be_tried,
    a_server_key_is_made_for_a_script,
    keys_are_listed_and_revoked,
    a_key_that_cannot_be_is_one_clear_line,
];

async fn a_site_key_is_made_and_can_be_tried(database: &TestDatabase) {
    database.add_survey(SURVEY);
    let add = ["key", "add", "--site", "--name", "Pages", "--origin", "https://Forms.example.org/"];

    let made = formprogress(database.url(), &add).expect_success().stdout;

    let key = made.lines().map(str::trim).find(|line| line.starts_with("fp_site_")).expect("the key is shown");
    assert!(made.starts_with("Key 1 added: Pages."), "{made}");
    assert!(made.contains("This is the first key: from now on each request to the public routes needs one"), "{made}");
    let command = made.lines().find(|line| line.trim().starts_with("curl ")).expect("a command to try");
    assert!(
        command.contains(&format!("-H 'Authorization: Bearer {key}' -H 'Origin: https://forms.example.org'")),
        "{command}"
    );
    let server = Server::start(database.url());
    let ask = server.request("GET", "/api/surveys/1").header("Authorization", &format!("Bearer {key}"));
    ask.header("Origin", "https://forms.example.org").send().await.expect(200);

    let second = formprogress(database.url(), &add).expect_success().stdout;
    assert!(!second.contains("first key"), "{second}");
    let audit = database
        .lines("SELECT actor || ' ' || action || ' ' || subject || ' ' || detail AS value FROM audit_log ORDER BY id");
    let detail = "site, origins: https://forms.example.org";
    assert_eq!(audit, [1, 2].map(|id| format!("command_line key.create key {id} {detail}")));
}

async fn a_server_key_is_made_for_a_script(database: &TestDatabase) {
    database.add_survey(SURVEY);
    let made = formprogress(
        database.url(),
        &[
            "key",
            "add",
            "--server",
            "--name",
            "x",
            "--power",
            "submissions:write",
            "--power",
            "drafts:read",
            "--survey",
            "1",
            "--json",
        ],
    );

    let made = made.expect_success().json();
    assert!(made["key"].as_str().is_some_and(|key| key.starts_with("fp_server_")), "{made}");
    assert_eq!((&made["powers"], &made["surveys"]), (&json!(["drafts:read", "submissions:write"]), &json!([1])));
}

async fn keys_are_listed_and_revoked(database: &TestDatabase) {
    let empty = formprogress(database.url(), &["key", "list"]).expect_success().stdout;
    assert!(empty.contains("public routes are open") && empty.contains("key add"), "{empty}");
    assert_eq!(formprogress(database.url(), &["key", "list", "--json"]).expect_success().stdout, "[]\n");
    formprogress(database.url(), &["key", "add", "--site", "--name", "Pages"]).expect_success();
    let listed = formprogress(database.url(), &["key", "list"]).expect_success().stdout;
    assert!(
        listed.contains("never") && listed.contains("valid") && listed.contains("Pages: site, origins: any"),
        "{listed}"
    );

    let revoked = formprogress(database.url(), &["key", "revoke", "1"]).expect_success().stdout;

    assert_eq!(revoked, "Key 1 is revoked. A running service refuses it within a second.\n");
    assert_eq!(
        formprogress(database.url(), &["key", "revoke", "1"]).expect_success().stdout,
        "Key 1 was revoked before.\n"
    );
    formprogress(database.url(), &["key", "revoke", "2"]).expect_refusal("there is no key 2");
    let listed = formprogress(database.url(), &["key", "list"]).expect_success().stdout;
    assert!(listed.contains("revoked"), "{listed}");
    let audit = database.lines("SELECT action || ' ' || subject AS value FROM audit_log ORDER BY id");
    assert_eq!(audit, ["key.create key 1", "key.revoke key 1"]);
}

async fn a_key_that_cannot_be_is_one_clear_line(database: &TestDatabase) {
    for (arguments, saying) in [
        (&["--server", "--name", "x"][..], "--power must name one power at least"),
        (&["--server", "--name", "x", "--power", "accounts:write"], "--power must not have accounts:write"),
        (
            &["--server", "--name", "x", "--power", "drafts:read", "--origin", "https://a.example"],
            "--origin must not be given",
        ),
        (&["--site", "--name", "x", "--power", "drafts:read"], "--power must not be given"),
        (&["--server", "--name", "x", "--power", "drafts:read", "--survey", "9"], "--survey must be ids of surveys"),
        (
            &["--server", "--name", "x", "--power", "drafts:read", "--company", "9"],
            "--company must be ids of companies",
        ),
    ] {
        println!("{arguments:?}");
        formprogress(database.url(), &[&["key", "add"], arguments].concat()).expect_refusal(saying);
    }
    for arguments in [
        &["--name", "x"][..],
        &["--site", "--server", "--name", "x"],
        &["--site"],
        &["--site", "--name", " "],
        &["--site", "--name", "x", "--origin", "a.example"],
        &["--server", "--name", "x", "--power", "fly"],
    ] {
        assert!(!formprogress(database.url(), &[&["key", "add"], arguments].concat()).success, "{arguments:?}");
    }
    assert_eq!((database.count("api_keys"), database.count("audit_log")), (0, 0));
}
