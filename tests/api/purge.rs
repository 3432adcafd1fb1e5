//! The purge takes the rows of expired drafts, all of them and no others, whatever else is going on.

use chrono::TimeDelta;

use crate::support::{Client, NAMED, Save, Server, Service, TestDatabase, at_once, deadline, formprogress};

on_both_databases![
    all_expired_drafts_and_no_others_are_purged,
    the_last_moment_decides,
    the_schedule_starts_the_purge,
    saves_over_expired_drafts_survive_a_purge,
];

on_both_databases![
    database:
    the_command_says_what_it_would_purge_and_purges_it,
    two_processes_purge_each_draft_once,
];

/// More than the purge takes in one chunk.
const MANY: usize = 250;

async fn save_many(client: &Client, many: usize) {
    at_once((0..many).map(|number| {
        let client = client.clone();
        async move { client.save(email(number).as_str()).await.expect(201) }
    }))
    .await;
}

fn email(number: usize) -> String {
    format!("p{number}@example.com")
}

async fn all_expired_drafts_and_no_others_are_purged(service: &Service<'_>) {
    save_many(service, MANY).await;
    service.submit("done@example.com").await.expect(201);
    service.clock.advance(TimeDelta::days(29));
    service.save(NAMED.0).await.expect(201);
    service.save(email(0).as_str()).await.expect(200);
    service.clock.advance(TimeDelta::days(1));

    service.purge().await;

    assert_eq!((service.database.count("form_progress"), service.database.count("submissions")), (2, 1));
    for kept in [NAMED.0, &email(0)] {
        service.read(kept).await.expect(200);
    }
}

async fn the_last_moment_decides(service: &Service<'_>) {
    service.save(NAMED.0).await.expect(201);
    service.clock.advance(TimeDelta::microseconds(1));
    service.save(NAMED.1).await.expect(201);
    service.clock.advance(TimeDelta::days(30) - TimeDelta::microseconds(1));

    service.purge().await;

    let left = service.database.lines("SELECT email AS value FROM form_progress");
    assert_eq!(left, [NAMED.1]);
    service.read(NAMED.1).await.expect(200);
}

async fn the_schedule_starts_the_purge(service: &Service<'_>) {
    service.restart_with(&[("purge_schedule", "\"* * * * * *\"")]).await;
    service.save(NAMED.0).await.expect(201);
    service.let_drafts_expire();
    service.save(NAMED.1).await.expect(201);

    deadline::until("the purge has run", async || service.database.count("form_progress") == 1).await;

    service.read(NAMED.1).await.expect(200);
}

async fn saves_over_expired_drafts_survive_a_purge(service: &Service<'_>) {
    save_many(service, MANY).await;
    service.let_drafts_expire();
    let client: Client = (**service).clone();
    let saves = rocket::tokio::task::spawn(at_once((0..MANY / 2).map(move |number| {
        let client = client.clone();
        // An expired draft and no draft are the same: a save starts a new one, with nothing of the old.
        async move { client.save(Save::of(&email(number)).data("{}")).await.expect(201).version() }
    })));

    service.purge().await;

    let versions = saves.await.expect("no save panics");
    assert!(versions.iter().all(|version| *version == 1));
    for number in 0..MANY / 2 {
        assert_eq!(service.read(&email(number)).await.expect(200).raw("data"), "{}");
    }
    service.purge().await;
    assert_eq!(service.database.count("form_progress"), (MANY / 2) as i64);
}

/// Without a clock to set, drafts expire by a correction in the database.
async fn drafts_of_which_some_expired(database: &TestDatabase, many: usize, alive: usize) {
    database.add_survey(crate::support::database::SURVEY);
    let server = Server::start(database.url());
    save_many(&server, many).await;
    database.execute("UPDATE form_progress SET expires_at = '2020-01-01T00:00:00.000000Z'");
    for number in 0..alive {
        server.save(Save::of(&format!("alive{number}@example.com"))).await.expect(201);
    }
}

async fn the_command_says_what_it_would_purge_and_purges_it(database: &TestDatabase) {
    drafts_of_which_some_expired(database, 3, 2).await;
    let before = database.everything();

    let asked = formprogress(database.url(), &["purge", "--dry-run"]).expect_success();
    assert_eq!(asked.stdout, "3 expired drafts would be purged.\n");
    let asked = formprogress(database.url(), &["purge", "--dry-run", "--json"]).expect_success();
    assert_eq!(asked.json(), serde_json::json!({"dry_run": true, "drafts": 3}));
    assert_eq!(database.everything(), before);

    let done = formprogress(database.url(), &["purge"]).expect_success();
    assert!(done.stdout.starts_with("3 expired drafts purged in "), "{}", done.stdout);
    let done = formprogress(database.url(), &["purge", "--json"]).expect_success();
    assert_eq!(done.json(), serde_json::json!({"dry_run": false, "drafts": 0}));
    assert_eq!(database.count("form_progress"), 2);
}

async fn two_processes_purge_each_draft_once(database: &TestDatabase) {
    drafts_of_which_some_expired(database, MANY, 2).await;

    let purged = at_once((0..2).map(|_| {
        let url = database.url().to_owned();
        let purge = move || formprogress(&url, &["purge", "--json"]).expect_success().json()["drafts"].clone();
        async { rocket::tokio::task::spawn_blocking(purge).await.expect("the command ends") }
    }))
    .await;

    let total: i64 = purged.iter().map(|drafts| drafts.as_i64().expect("a number")).sum();
    assert_eq!(total, MANY as i64, "{purged:?}");
    assert_eq!(database.count("form_progress"), 2);
}
