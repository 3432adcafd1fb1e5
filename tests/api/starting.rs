//! Starting up: what is printed when all is well, and the one line when it is not.

use std::net::TcpListener;

use crate::support::{
    Backend, NAMED, Server, TestDatabase,
    command::{Ended, formprogress_with},
    formprogress,
};

on_both_databases![database: the_banner_says_where_what_and_what_next, the_demo_is_loaded_once_and_can_be_played];

async fn the_banner_says_where_what_and_what_next(database: &TestDatabase) {
    let server = Server::start(database.url());

    let banner = server.banner();
    assert!(banner.contains(&format!("  listening  http://{}\n", server.address())), "{banner}");
    assert!(banner.contains(&format!("  docs       http://{}/docs\n", server.address())), "{banner}");
    assert!(banner.contains(&format!("  admin      http://{}/admin\n", server.address())), "{banner}");
    assert!(banner.contains("up to date") && banner.contains("survey import"), "{banner}");
    match database.backend() {
        Backend::Sqlite => assert!(banner.contains(&format!("  database   {} ", database.url())), "{banner}"),
        // Without the user and the password.
        Backend::Postgres => assert!(banner.contains("  database   postgres://127.0.0.1"), "{banner}"),
    }
}

/// The tour of the README: saved, read back, submitted, refused.
async fn the_demo_is_loaded_once_and_can_be_played(database: &TestDatabase) {
    drop(Server::start_with(database.url(), &["--demo"], &[]));
    let server = Server::start_with(database.url(), &["serve", "--demo"], &[]);

    assert!(server.banner().contains("survey 1, guest code DEMO"), "{}", server.banner());
    assert_eq!((database.count("surveys"), database.count("companies")), (1, 2));
    let code = server.post("/api/invitation-code/", r#"{"invitation_code":"demo"}"#).await.expect(200);
    assert_eq!(code.json()["data"]["name"], "Demo Company");
    server.get("/api/surveys/1/").await.expect(200);
    server.save(NAMED.0).await.expect(201);
    server.read(NAMED.0).await.expect(200);
    server.submit(NAMED.0).await.expect(201);
    server.save(NAMED.0).await.expect_problem(400, "ALREADY_SUBMITTED");
}

#[test]
fn a_first_start_makes_the_database_and_says_so() {
    let database = TestDatabase::unmigrated(Backend::Sqlite).expect("SQLite is always there");

    let server = Server::start(database.url());

    assert!(server.banner().contains("3 migrations applied"), "{}", server.banner());
}

#[test]
fn a_command_that_needs_a_database_does_not_make_one() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("mistyped.sqlite");
    let url = format!("sqlite:{}", path.display());

    for command in [&["purge"][..], &["status"], &["survey", "list"], &["survey", "close", "1"], &["company", "list"]] {
        formprogress(&url, command).expect_refusal("there is no database at sqlite:");
    }

    assert!(!path.exists());
}

#[test]
fn a_database_that_cannot_be_reached_is_one_clear_line() {
    formprogress("sqlite:/nowhere/at/all.sqlite", &["serve"]).expect_refusal("cannot be reached");
    // Nobody listens on port 1, and the password stays secret.
    let refused = formprogress("postgres://ana:s3cret@127.0.0.1:1/forms", &["serve"]);
    let refused = refused.expect_refusal("postgres://127.0.0.1:1/forms cannot be reached");
    assert!(!refused.stderr.contains("s3cret"), "{}", refused.stderr);
}

#[test]
fn a_file_that_is_no_database_is_one_clear_line() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "Not a database, but a text that is long enough to be looked at. ".repeat(50))
        .expect("written");

    formprogress(&format!("sqlite:{}", path.display()), &["serve"]).expect_refusal("not a database");
}

#[test]
fn an_address_of_another_kind_is_refused() {
    for url in ["", "mysql://x/y", "forms.sqlite", "/srv/forms.sqlite", "sqlite:", "sqlite::memory:", "postgre://h/n"] {
        let refused = formprogress(url, &["migrate"]).expect_refusal("sqlite:");
        assert!(refused.stderr.contains("database_url"), "{}", refused.stderr);
    }
}

#[test]
fn a_port_in_use_is_one_clear_line() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("it has an address").port().to_string();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = format!("sqlite:{}", folder.path().join("a.sqlite").display());

    let refused = formprogress_with(&["serve"], &[("DATABASE_URL", &url), ("ROCKET_PORT", &port)], "");

    refused.expect_refusal(&format!("127.0.0.1:{port} cannot be listened on"));
}

#[test]
fn an_unknown_or_bad_setting_is_named() {
    let migrate = |name: &str, value: &str| -> Ended {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite:{}", folder.path().join("a.sqlite").display());
        formprogress_with(&["serve"], &[("DATABASE_URL", &url), ("ROCKET_PORT", "0"), (name, value)], "")
    };
    for (name, value, saying) in [
        ("FORMPROGRESS_QUEUE_LENGHT", "5", "unknown setting FORMPROGRESS_QUEUE_LENGHT"),
        ("ROCKET_COLOUR", "red", "unknown setting ROCKET_COLOUR"),
        ("FORMPROGRESS_SERVER_KEY", "s3cret", "unknown setting FORMPROGRESS_SERVER_KEY"),
        ("FORMPROGRESS_LIMIT_DRAFT", "many", "setting limit_draft: \"many\" is not a limit such as 120/60"),
        ("FORMPROGRESS_LIMIT_LOOKUPS", "0/60", "setting limit_lookups: \"0/60\" is not a limit"),
        ("FORMPROGRESS_RATE_LIMITS", "sometimes", "setting rate_limits"),
        ("FORMPROGRESS_QUEUE_LENGTH", "0", "queue_length"),
        ("FORMPROGRESS_QUEUE_LENGTH", "many", "queue_length"),
        ("FORMPROGRESS_READ_CONNECTIONS", "-1", "read_connections"),
        ("FORMPROGRESS_POSTGRES_WRITERS", "0", "postgres_writers"),
        ("FORMPROGRESS_LOG_FORMAT", "loud", "log_format"),
        ("FORMPROGRESS_CORS_ORIGINS", "forms.example.org", "cors_origins"),
        ("FORMPROGRESS_PURGE_SCHEDULE", "hourly", "purge_schedule"),
        ("FORMPROGRESS_PURGE_SCHEDULE", "99 99 * * * *", "purge_schedule"),
        ("ROCKET_PORT", "99999", "port"),
        ("ROCKET_ADDRESS", "nowhere", "address"),
        ("ROCKET_LIMITS", "{json=\"lots\"}", "limits"),
    ] {
        println!("{name}={value}");
        migrate(name, value).expect_refusal(saying);
    }
}

#[test]
fn an_unknown_setting_in_rocket_toml_is_named_with_the_file() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("Settings.toml");
    std::fs::write(&file, "[default]\nqueue_lenght = 5\n").expect("written");
    let path = file.to_str().expect("a path of text");

    let refused = formprogress_with(&["migrate"], &[("ROCKET_CONFIG", path)], "");

    let refused = refused.expect_refusal("unknown setting queue_lenght");
    assert!(refused.stderr.contains("Settings.toml"), "{}", refused.stderr);
    std::fs::write(&file, "[default\n").expect("written");
    formprogress_with(&["migrate"], &[("ROCKET_CONFIG", path)], "").expect_refusal("settings cannot be read");
}

#[test]
fn a_mistyped_command_is_explained() {
    let ended = formprogress("sqlite:unused.sqlite", &["purrge"]);

    assert!(!ended.success && ended.stderr.contains("purge"), "{ended:?}");
    let help = formprogress("sqlite:unused.sqlite", &["--help"]);
    assert!(help.success, "{help:?}");
    for command in ["serve", "migrate", "purge", "survey", "company", "openapi", "DATABASE_URL"] {
        assert!(help.stdout.contains(command), "{command} in {}", help.stdout);
    }
}
