//! The state of the service: over HTTP of the process that answers, on the command line of the database.

use formprogress::{access::Power, keys::Kind};

use crate::support::{Backend, NAMED, Service, TestDatabase, formprogress};

on_both_databases![
    the_state_tells_what_is_there_and_what_waits,
    only_who_may_read_metrics_sees_the_state,
    the_state_takes_no_parameters,
];

on_both_databases![database: the_command_says_what_state_the_database_is_in];

async fn the_state_tells_what_is_there_and_what_waits(service: &Service<'_>) {
    service.server_key(&[Power::Metrics, Power::Participate]).await;
    service.key(Kind::Site { origins: None }).await;
    service.save(NAMED.0).await.expect(201);
    service.save(NAMED.1).await.expect(201);
    let state = service.get("/api/admin/system").await.expect(200).json();
    assert_eq!(state["last_purge"], serde_json::Value::Null);
    assert_eq!(state["database"]["drafts_to_purge"], 0);
    assert_eq!(state["database"]["record"]["newest_event"], 2);
    service.let_drafts_expire();
    service.save(NAMED.2).await.expect(201);

    let state = service.get("/api/admin/system").await.expect(200).json();

    let now = service.clock.now();
    assert_eq!(state["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(state["uptime_seconds"], 30 * 24 * 3600 + 1);
    let kind = if service.database.backend() == Backend::Sqlite { "sqlite" } else { "postgres" };
    assert_eq!(state["database_kind"], kind);
    let database = &state["database"];
    assert!(database["bytes"].as_i64().is_some_and(|bytes| bytes > 10_000), "{database}");
    assert_eq!(database["migrations_applied"], database["migrations_known"]);
    assert_eq!(
        (&database["drafts_to_purge"], &database["accounts"], &database["keys"]),
        (&2.into(), &0.into(), &2.into())
    );
    assert_eq!(database["record"]["newest_event"], 3);
    assert!(database["record"]["folded_to"].is_i64() && database["record"]["folded_at"].is_string(), "{database}");
    assert_eq!(
        state["queue"],
        serde_json::json!({"commands": 0, "commands_limit": limit(service), "bytes": 0, "bytes_limit": 32 << 20})
    );
    assert_eq!((&state["pool"]["limit"], &state["pool"]["waits"]), (&4.into(), &0.into()));
    service.purge().await;
    let purged = service.get("/api/admin/system").await.expect(200).json();
    assert_eq!(
        (&purged["last_purge"]["drafts"], &purged["last_purge"]["ended_at"]),
        (&2.into(), &now.to_string().into())
    );
    assert!(purged["last_purge"]["seconds"].as_f64().is_some_and(|seconds| seconds > 0.0), "{purged}");
    assert_eq!(purged["database"]["drafts_to_purge"], 0);
}

/// PostgreSQL has two writers in tests, each with a queue of its own.
fn limit(service: &Service<'_>) -> u32 {
    if service.database.backend() == Backend::Sqlite { 4096 } else { 8192 }
}

async fn only_who_may_read_metrics_sees_the_state(service: &Service<'_>) {
    service.get("/api/admin/system").await.expect_problem(401, "UNAUTHORIZED");
    service.server_key(&[Power::Figures, Power::Audit]).await;
    service.get("/api/admin/system").await.expect_problem(403, "FORBIDDEN");
}

async fn the_state_takes_no_parameters(service: &Service<'_>) {
    service.server_key(&[Power::Metrics]).await;

    service.get("/api/admin/system?verbose=1").await.expect_problem(400, "INVALID_REQUEST");
}

async fn the_command_says_what_state_the_database_is_in(database: &TestDatabase) {
    database.execute(
        "INSERT INTO accounts (email, role, created_at, updated_at) VALUES \
         ('ona@example.com', 'owner', '2026-11-21T09:30:00.000000Z', '2026-11-21T09:30:00.000000Z')",
    );

    let said = formprogress(database.url(), &["status"]).expect_success().stdout;
    let json = formprogress(database.url(), &["status", "--json"]).expect_success().json();

    assert!(said.contains("up to date (") && said.contains("0 expired drafts waiting"), "{said}");
    assert!(said.contains("1 account, 0 API keys") && said.contains("nothing is missing"), "{said}");
    assert_eq!((&json["database"]["accounts"], &json["database"]["keys"]), (&1.into(), &0.into()));
    assert_eq!(json["database"]["record"]["folded_to"], 0);
    assert_eq!(json["version"], env!("CARGO_PKG_VERSION"));
    assert!(!json["database_url"].as_str().expect("an address").contains('@'), "no user and no password: {json}");
    assert!(!said.contains("ona@example.com") && !json.to_string().contains("ona@example.com"));
}
