//! When more comes than can be stored, or the database is away: an honest 503, and all is well again afterwards.

use rocket::tokio::task::JoinSet;

use crate::support::{Answer, Client, NAMED, Save, Service, at_once, deadline, postgres};

on_both_databases![a_full_queue_turns_saves_away_at_once, a_locked_database_is_a_503_and_heals];

on_postgres![connections_that_died_are_replaced_without_an_error, a_database_that_is_away_is_a_503_and_comes_back,];

async fn a_full_queue_turns_saves_away_at_once(service: &Service<'_>) {
    service.restart_with(&[("queue_length", "1"), ("postgres_writers", "1")]).await;
    let held = service.database.hold_up_writes();
    let client: Client = (**service).clone();
    let mut saves: JoinSet<(usize, Answer)> = JoinSet::new();
    for number in 0..12 {
        let client = client.clone();
        saves.spawn(async move { (number, client.save(email(number).as_str()).await) });
    }

    // Nothing can be stored: whoever is answered now has been turned away.
    let (first, refused) = saves.join_next().await.expect("there are saves").expect("no save panics");
    let refused = refused.expect_problem(503, "QUEUE_FULL");
    assert_eq!(refused.header("Retry-After"), Some("1"));
    assert_eq!(refused.header("Access-Control-Allow-Origin"), Some("*"));
    service.read(&email(first)).await.expect(404);
    drop(held);

    let mut kept = 0;
    while let Some(saved) = saves.join_next().await {
        let (number, answer) = saved.expect("no save panics");
        match answer.status {
            201 => {
                kept += 1;
                service.read(&email(number)).await.expect(200);
            }
            _ => {
                answer.expect_problem(503, "QUEUE_FULL");
                service.read(&email(number)).await.expect(404);
            }
        }
    }
    assert!(kept > 0, "what waited was stored");
    service.save(Save::of(NAMED.0)).await.expect(201);
}

fn email(number: usize) -> String {
    format!("p{number}@example.com")
}

/// It takes as long as the service is willing to wait for a lock.
async fn a_locked_database_is_a_503_and_heals(service: &Service<'_>) {
    service.save(NAMED.0).await.expect(201);
    let before = service.database.everything();
    let held = service.database.hold_up_writes();

    let refused = service.save(Save::of(NAMED.0).screen(3)).await.expect_problem(503, "STORAGE_UNAVAILABLE");

    assert_eq!(refused.header("Retry-After"), Some("5"));
    service.read(NAMED.0).await.expect(200);
    assert_eq!(service.database.everything(), before);
    drop(held);
    service.save(Save::of(NAMED.0).screen(3)).await.expect(200);
    service.get("/readyz").await.expect(200);
}

/// After a restart of PostgreSQL, or a firewall's silence.
async fn connections_that_died_are_replaced_without_an_error(service: &Service<'_>) {
    service.save(NAMED.0).await.expect(201);
    let client: Client = (**service).clone();
    for round in 0..3 {
        // Several connections in the pool.
        let reads = at_once((0..8).map(|_| {
            let client = client.clone();
            async move { client.read(NAMED.0).await.status }
        }));
        assert!(reads.await.iter().all(|status| *status == 200));

        service.database.execute(
            "DO $$ BEGIN PERFORM pg_terminate_backend(pid, 5000) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid(); END $$",
        );

        service.save(Save::of(NAMED.0).screen(round + 1)).await.expect(200);
        service.read(NAMED.0).await.expect(200);
        service.submit(email(round as usize).as_str()).await.expect(201);
    }
}

async fn a_database_that_is_away_is_a_503_and_comes_back(service: &Service<'_>) {
    service.save(NAMED.0).await.expect(201);

    postgres::shut(service.database.url(), true);
    let save = service.save(Save::of(NAMED.0).screen(3)).await;
    assert_eq!(save.expect_problem(503, "STORAGE_UNAVAILABLE").header("Retry-After"), Some("5"));
    service.read(NAMED.0).await.expect_problem(503, "STORAGE_UNAVAILABLE");
    service.get("/readyz").await.expect_problem(503, "STORAGE_UNAVAILABLE");
    service.get("/healthz").await.expect(200);
    postgres::shut(service.database.url(), false);

    deadline::until("the service reads again", async || service.read(NAMED.0).await.status == 200).await;
    service.save(Save::of(NAMED.0).screen(3)).await.expect(200);
    service.get("/readyz").await.expect(200);
}
