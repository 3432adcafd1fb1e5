//! Each command, and one clear line with a non-zero exit whenever something is wrong.

use serde_json::json;

use crate::support::{TestDatabase, command::formprogress_with, database::SURVEY, formprogress};

on_both_databases![
    database:
    migrate_says_that_there_is_nothing_to_do,
    a_survey_is_imported_listed_and_closed,
    a_closed_survey_is_opened_again,
    what_a_file_does_not_say_of_a_survey_stays,
    a_survey_with_an_id_is_replaced,
    a_survey_comes_from_a_file_too,
    a_bad_survey_is_refused_and_nothing_changes,
    a_company_is_added_and_listed,
    a_guest_code_belongs_to_one_company,
    closing_a_survey_that_does_not_exist_is_refused,
    empty_lists_say_what_to_do,
    a_database_of_a_newer_version_is_left_alone,
];

async fn migrate_says_that_there_is_nothing_to_do(database: &TestDatabase) {
    let done = formprogress(database.url(), &["migrate"]).expect_success();

    assert!(done.stdout.contains("is up to date"), "{}", done.stdout);
}

async fn a_survey_is_imported_listed_and_closed(database: &TestDatabase) {
    let url = [("DATABASE_URL", database.url())];
    let done = formprogress_with(&["survey", "import", "-"], &url, SURVEY).expect_success();
    assert_eq!(done.stdout, "Survey 1 created: Commuting\n");
    let done = formprogress_with(&["survey", "import", "-", "--json"], &url, SURVEY).expect_success();
    assert_eq!(done.json(), json!({"id": 2, "created": true}));

    let closed = formprogress(database.url(), &["survey", "close", "2"]).expect_success();
    assert_eq!(closed.stdout, "Survey 2 is closed.\n");
    let closing = formprogress(database.url(), &["survey", "close", "1", "--let-finish"]).expect_success();
    assert_eq!(closing.stdout, "Survey 1 is closing.\n");

    let listed = formprogress(database.url(), &["survey", "list", "--json"]).expect_success();
    let survey = |id: i64, status: &str| json!({"id": id, "name": "Commuting", "status": status, "progress_days": 30, "drafts": 0, "submissions": 0});
    assert_eq!(listed.json(), json!([survey(1, "closing"), survey(2, "closed")]));
    let listed = formprogress(database.url(), &["survey", "list"]).expect_success();
    assert_eq!(listed.stdout.lines().count(), 3, "{}", listed.stdout);
    assert!(listed.stdout.contains("closing") && listed.stdout.contains("Commuting"), "{}", listed.stdout);
}

async fn a_closed_survey_is_opened_again(database: &TestDatabase) {
    database.add_survey(SURVEY);
    formprogress(database.url(), &["survey", "close", "1"]).expect_success();

    let opened = formprogress(database.url(), &["survey", "open", "1"]).expect_success();

    assert_eq!(opened.stdout, "Survey 1 is open.\n");
    assert_eq!(database.lines("SELECT status AS value FROM surveys"), ["open"]);
    formprogress(database.url(), &["survey", "open", "2"]).expect_refusal("there is no survey 2");
}

/// Whoever mends a typo must not open a survey again by it.
async fn what_a_file_does_not_say_of_a_survey_stays(database: &TestDatabase) {
    let url = [("DATABASE_URL", database.url())];
    let first = r#"{"id":7,"name":"Tpyo","definition":{},"status":"closed","progress_days":3}"#;
    formprogress_with(&["survey", "import", "-"], &url, first).expect_success();

    formprogress_with(&["survey", "import", "-"], &url, r#"{"id":7,"name":"Typo","definition":{}}"#).expect_success();

    let kept = database.lines("SELECT name || ' ' || status || ' ' || progress_days AS value FROM surveys");
    assert_eq!(kept, ["Typo closed 3"]);
}

async fn a_survey_with_an_id_is_replaced(database: &TestDatabase) {
    let url = [("DATABASE_URL", database.url())];
    let import =
        |text: &str| formprogress_with(&["survey", "import", "-", "--json"], &url, text).expect_success().json();

    assert_eq!(import(r#"{"id":7,"name":"Old","definition":{}}"#), json!({"id": 7, "created": true}));
    assert_eq!(
        import(r#"{"id":7,"name":"New","definition":{},"status":"closed","progress_days":3}"#),
        json!({"id": 7, "created": false})
    );
    assert_eq!(import(r#"{"name":"Next","definition":{}}"#), json!({"id": 8, "created": true}));

    let kept = database.lines("SELECT name || ' ' || status AS value FROM surveys ORDER BY id");
    assert_eq!(kept, ["New closed", "Next open"]);
}

async fn a_survey_comes_from_a_file_too(database: &TestDatabase) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("survey.json");
    std::fs::write(&file, SURVEY).expect("the file is written");
    let path = file.to_str().expect("a path of text");

    formprogress(database.url(), &["survey", "import", path]).expect_success();

    assert_eq!(database.count("surveys"), 1);
    let missing = formprogress(database.url(), &["survey", "import", "nowhere.json"]);
    missing.expect_refusal("nowhere.json cannot be read");
    let folder = folder.path().to_str().expect("a path of text");
    formprogress(database.url(), &["survey", "import", folder]).expect_refusal("cannot be read");
}

async fn a_bad_survey_is_refused_and_nothing_changes(database: &TestDatabase) {
    let url = [("DATABASE_URL", database.url())];
    for (text, saying) in [
        ("", "must be a JSON object"),
        ("{", "not a survey file"),
        ("[]", "must be a JSON object"),
        (r#"{"definition":{}}"#, "name"),
        (r#"{"name":" ","definition":{}}"#, "name must not be empty"),
        (r#"{"name":"x"}"#, "definition"),
        (r#"{"name":"x","definition":[]}"#, "definition must be an object"),
        (r#"{"name":"x","definition":{"id":1}}"#, "must not have a member id"),
        (r#"{"name":"x","definition":{},"progress_days":0}"#, "from 1 to 65535"),
        (r#"{"name":"x","definition":{},"progress_days":-1}"#, "from 1 to 65535"),
        (r#"{"name":"x","definition":{},"status":"shut"}"#, "shut"),
        (r#"{"name":"x","definition":{},"id":0}"#, "must be "),
        (r#"{"name":"x","definition":{},"colour":1}"#, "colour"),
    ] {
        println!("{text}");
        formprogress_with(&["survey", "import", "-"], &url, text).expect_refusal(saying);
    }
    assert_eq!(database.count("surveys"), 0);
}

async fn a_company_is_added_and_listed(database: &TestDatabase) {
    let add = |arguments: &[&str]| formprogress(database.url(), &[&["company", "add"], arguments].concat());

    let done = add(&["--name", " Acme ", "--guest-code", " ACME-1 ", "--details", "Hello"]).expect_success();
    assert_eq!(done.stdout, "Company 1 added: Acme, guest code ACME-1\n");
    let done = add(&["--name", "Other", "--guest-code", "OTHER", "--json"]).expect_success();
    assert_eq!(done.json(), json!({"id": 2}));

    let listed = formprogress(database.url(), &["company", "list", "--json"]).expect_success();
    let company = |id: i64, name: &str, details: &str, code: &str| json!({"id": id, "name": name, "details": details, "guest_code": code, "is_active": true});
    assert_eq!(listed.json(), json!([company(1, "Acme", "Hello", "ACME-1"), company(2, "Other", "", "OTHER")]));
    let listed = formprogress(database.url(), &["company", "list"]).expect_success();
    assert!(listed.stdout.contains("ACME-1") && listed.stdout.contains("yes"), "{}", listed.stdout);
}

async fn a_guest_code_belongs_to_one_company(database: &TestDatabase) {
    let add = |name: &str, code: &str| {
        formprogress(database.url(), &["company", "add", "--name", name, "--guest-code", code])
    };
    add("Acme", "ACME-1").expect_success();

    add("Other", " acme-1").expect_refusal("another company has the guest code");
    add("Other", " ").expect_refusal("--guest-code must not be empty");
    add("Other", &"x".repeat(101)).expect_refusal("--guest-code must be a guest code");
    add(" ", "OTHER").expect_refusal("--name must not be empty");

    assert_eq!(database.count("companies"), 1);
}

async fn closing_a_survey_that_does_not_exist_is_refused(database: &TestDatabase) {
    formprogress(database.url(), &["survey", "close", "1"]).expect_refusal("there is no survey 1");
}

async fn empty_lists_say_what_to_do(database: &TestDatabase) {
    for (list, hint) in [("survey", "survey import"), ("company", "company add")] {
        let listed = formprogress(database.url(), &[list, "list"]).expect_success();
        assert!(listed.stdout.contains(hint), "{}", listed.stdout);
        let listed = formprogress(database.url(), &[list, "list", "--json"]).expect_success();
        assert_eq!(listed.stdout, "[]\n");
    }
}

async fn a_database_of_a_newer_version_is_left_alone(database: &TestDatabase) {
    let newer = "INSERT INTO __diesel_schema_migrations (version, run_on) VALUES ('29991231000000', CURRENT_TIMESTAMP)";
    database.execute(newer);

    for command in [
        &["serve"][..],
        &["migrate"],
        &["purge"],
        &["survey", "list"],
        &["company", "add", "--name", "Acme", "--guest-code", "ACME"],
    ] {
        println!("{command:?}");
        formprogress(database.url(), command).expect_refusal("was written by a newer version");
    }
    assert_eq!(database.count("companies"), 0);
}
