//! Two services on one PostgreSQL: what is always true is true across them (rules 1, 4 and 5).

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use rocket::tokio::task::spawn;

use crate::support::{Answer, Client, Save, Server, TestDatabase, at_once, database::SURVEY, deadline};

on_postgres![
    database:
    first_saves_at_both_make_one_draft,
    a_submission_at_one_ends_the_saves_at_both,
    an_expired_draft_is_started_anew_once,
    both_may_start_on_an_old_database_at_once,
];

fn numbered(email: &str, number: usize) -> Save {
    Save::of(email).data(format!(r#"{{"n":{number}}}"#))
}

/// Each round gives the two services another chance to come between each other.
const ROUNDS: usize = 8;

fn participant(round: usize) -> String {
    format!("p{round}@example.com")
}

/// Saves of one participant, every other one at the other service.
async fn save_at_both(servers: &[Server; 2], email: &str, many: usize) -> Vec<Answer> {
    let clients: [Client; 2] = [servers[0].client(), servers[1].client()];
    at_once((0..many).map(|number| {
        let (client, save) = (clients[number % 2].clone(), numbered(email, number));
        async move { client.save(save).await }
    }))
    .await
}

#[track_caller]
fn one_started_it_and_no_version_is_missing(answers: &[Answer]) {
    let mut versions: Vec<i64> = answers.iter().map(Answer::version).collect();
    versions.sort_unstable();
    assert_eq!(versions, (1..=answers.len() as i64).collect::<Vec<_>>());
    assert!(answers.iter().all(|answer| answer.status == if answer.version() == 1 { 201 } else { 200 }));
    assert!(answers.iter().all(|answer| answer.raw("draft_id") == answers[0].raw("draft_id")));
}

async fn first_saves_at_both_make_one_draft(database: &TestDatabase) {
    database.add_survey(SURVEY);
    let servers = [Server::start(database.url()), Server::start(database.url())];
    for email in (0..ROUNDS).map(participant) {
        let answers = save_at_both(&servers, &email, 40).await;

        one_started_it_and_no_version_is_missing(&answers);
        let last = answers.iter().max_by_key(|answer| answer.version()).expect("there are answers");
        for server in &servers {
            assert_eq!(server.read(&email).await.expect(200).body, last.body);
        }
    }
    assert_eq!(database.count("form_progress"), ROUNDS as i64);
}

async fn a_submission_at_one_ends_the_saves_at_both(database: &TestDatabase) {
    database.add_survey(SURVEY);
    let servers = [Server::start(database.url()), Server::start(database.url())];
    for email in (0..ROUNDS).map(participant) {
        let submitted = Arc::new(AtomicBool::new(false));
        let savers: Vec<_> = (0..6)
            .map(|saver| save_until_it_is_over(servers[saver % 2].client(), email.clone(), submitted.clone()))
            .collect();
        let storm = spawn(at_once(savers));
        deadline::until("the storm is on", async || {
            let read = servers[1].read(&email).await;
            read.status == 200 && read.version() > 10
        })
        .await;

        servers[0].submit(email.as_str()).await.expect(201);
        submitted.store(true, Ordering::SeqCst);
        storm.await.expect("the storm ends");

        servers[1].read(&email).await.expect(404);
    }
    assert_eq!((database.count("form_progress"), database.count("submissions")), (0, ROUNDS as i64));
}

async fn save_until_it_is_over(client: Client, email: String, submitted: Arc<AtomicBool>) {
    for number in 0.. {
        let it_is_over = submitted.load(Ordering::SeqCst);
        let answer = client.save(numbered(&email, number)).await;
        if answer.status == 400 {
            answer.expect_problem(400, "ALREADY_SUBMITTED");
            return;
        }
        assert!(matches!(answer.status, 200 | 201), "{}", answer.body);
        assert!(!it_is_over, "a save that began after the submission was accepted");
    }
}

/// Rule 5, with saves that come at the same moment. Nobody can set a process's clock: the draft's end is moved.
async fn an_expired_draft_is_started_anew_once(database: &TestDatabase) {
    database.add_survey(SURVEY);
    let servers = [Server::start(database.url()), Server::start(database.url())];
    for round in 0..ROUNDS {
        let email = participant(0);
        let old = servers[0].save(Save::of(&email).data(format!(r#"{{"old":{round}}}"#))).await;
        database.execute("UPDATE form_progress SET expires_at = now() - interval '1 second'");
        servers[1].read(&email).await.expect_problem(404, "PROGRESS_NOT_FOUND");

        let answers = save_at_both(&servers, &email, 20).await;

        one_started_it_and_no_version_is_missing(&answers);
        assert_ne!(answers[0].raw("draft_id"), old.raw("draft_id"));
        assert_eq!(database.count("form_progress"), 1);
    }
}

async fn both_may_start_on_an_old_database_at_once(database: &TestDatabase) {
    database.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public");

    let started = at_once((0..2).map(|_| {
        let url = database.url().to_owned();
        let start = move || Server::start(&url);
        async { rocket::tokio::task::spawn_blocking(start).await.expect("both start") }
    }))
    .await;

    let who_migrated = started.iter().filter(|server| server.banner().contains("applied")).count();
    assert_eq!(who_migrated, 1, "{} {}", started[0].banner(), started[1].banner());
    for server in started {
        server.get("/readyz").await.expect(200);
    }
}
