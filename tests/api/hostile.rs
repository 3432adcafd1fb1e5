//! Those who would make the service spend more than they do: small requests stay small matters.

use diesel::connection::SimpleConnection;

use crate::support::{Client, NAMED, Save, Service, Submission, at_once};

on_both_databases![
    a_refusal_lists_a_hundred_errors_at_most,
    whatever_waits_counts_against_the_memory_of_the_queue,
    the_viewer_refuses_like_everything_else,
    http_2_is_not_spoken,
];

on_postgres![a_pair_that_somebody_else_holds_fails_alone];

async fn a_refusal_lists_a_hundred_errors_at_most(service: &Service<'_>) {
    let repeated = format!("{{{}\"survey_id\":1}}", r#""email":"a","#.repeat(10_000));
    let unknown = format!("/api/progress?{}", "a&".repeat(1_000));
    let answers = format!("[{}0]", "0,".repeat(9_000));
    let members = format!("{{{}}}", vec![r#""\u0000":1"#; 9_000].join(","));

    for (answer, status, code) in [
        (service.post("/api/progress", repeated).await, 400, "INVALID_REQUEST"),
        (service.get(&unknown).await, 400, "INVALID_REQUEST"),
        (service.submit(Submission::of(NAMED.0).answers(&answers)).await, 422, "ANSWERS_INVALID"),
        (service.submit(Submission::of(NAMED.0).answers(&members)).await, 422, "ANSWERS_INVALID"),
    ] {
        assert_eq!(answer.expect_problem(status, code).pointers().len(), 100);
    }
}

/// Not only `data`: a body is held on to whole.
async fn whatever_waits_counts_against_the_memory_of_the_queue(service: &Service<'_>) {
    service.restart_with(&[("queue_memory", "64KiB")]).await;
    let long = format!("{{\"notes\":\"{}\"}}", "x".repeat(60_000));

    service.save(Save::of(NAMED.0).with("meta", long.clone())).await.expect_problem(503, "QUEUE_FULL");
    service.save(Save::of(NAMED.0).with("unknown", long.clone())).await.expect_problem(503, "QUEUE_FULL");
    service.submit(Submission::of(NAMED.0).with("participant", long)).await.expect_problem(503, "QUEUE_FULL");

    service.read(NAMED.0).await.expect(404);
    service.save(NAMED.0).await.expect(201);
}

/// A group whose commands wait for each other's locks must not fail for the sake of one of them.
async fn a_pair_that_somebody_else_holds_fails_alone(service: &Service<'_>) {
    let mut elsewhere = service.database.conn();
    let formprogress::db::Conn::Postgres(conn) = &mut elsewhere else { panic!("a PostgreSQL test") };
    conn.batch_execute("BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('held@example.com', 1))")
        .expect("the lock is free");
    let client: Client = (**service).clone();

    let saves =
        at_once(
            (0..8).map(|number| {
                let client = client.clone();
                async move {
                    client.save(if number == 0 { "held@example.com".into() } else { email(number) }.as_str()).await
                }
            }),
        );
    for (number, answer) in saves.await.into_iter().enumerate() {
        match number {
            0 => drop(answer.expect_problem(503, "STORAGE_UNAVAILABLE")),
            _ => drop(answer.expect(201)),
        }
    }

    conn.batch_execute("ROLLBACK").expect("the lock is given back");
    service.save("held@example.com").await.expect(201);
}

fn email(number: usize) -> String {
    format!("p{number}@example.com")
}

async fn the_viewer_refuses_like_everything_else(service: &Service<'_>) {
    service.get("/docs/nothing-of-that-name.js").await.expect_problem(404, "NOT_FOUND");
    service.get("/docs/%2e%2e/Cargo.toml").await.expect_problem(404, "NOT_FOUND");
    service.post("/docs", "{}").await.expect_problem(405, "METHOD_NOT_ALLOWED");
    for path in ["/docs", "/docs/"] {
        assert!(service.get(path).await.expect(200).body.contains("swagger-ui"), "{path}");
    }
}

/// It would take fifteen megabytes of headers from anybody.
async fn http_2_is_not_spoken(service: &Service<'_>) {
    let answer = service.send_raw(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await;

    assert!(!answer.contains("200") && !answer.starts_with('\0'), "{answer:?}");
}
