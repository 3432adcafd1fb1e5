//! Adding up events: each once, whoever does it and whenever it was committed.

use chrono::TimeDelta;
use formprogress::{access::Power, jobs::rollup, on_backend};
use rocket::tokio::task::spawn_blocking;
use serde_json::json;

use crate::support::{Client, Save, Service, at_once, deadline, formprogress};

on_both_databases![
    two_that_add_up_at_once_count_once,
    events_are_kept_for_their_days_and_until_they_are_added_up,
    the_command_adds_up_and_forgets,
    the_schedule_adds_up,
    a_screen_entered_before_the_last_adding_up_is_timed,
];

on_postgres![an_event_that_is_committed_late_is_counted];

async fn begun(service: &Service<'_>, many: usize) {
    service.server_key(&[Power::Participate, Power::Submit, Power::Figures]).await;
    let client: Client = (**service).clone();
    at_once((0..many).map(|number| {
        let (client, email) = (client.clone(), format!("p{number}@example.com"));
        async move {
            client.save(Save::of(&email)).await.expect(201);
            client.save(Save::of(&email).screen(1)).await.expect(200)
        }
    }))
    .await;
}

async fn started(service: &Service<'_>) -> i64 {
    let funnel = service.get("/api/admin/surveys/1/funnel").await.expect(200).json();
    funnel["started"].as_i64().expect("a number")
}

fn folded(service: &Service<'_>) -> (i64, i64) {
    let number = |sql: &str| service.database.number(sql);
    (
        number("SELECT coalesce(cast(sum(arrived - departed) AS bigint), 0) AS value FROM funnel_screens"),
        number("SELECT coalesce(cast(sum(started) AS bigint), 0) AS value FROM funnel_days"),
    )
}

async fn two_that_add_up_at_once_count_once(service: &Service<'_>) {
    begun(service, 700).await;

    at_once((0..3).map(|_| {
        let (mut conn, clock) = (service.database.conn(), service.clock.for_the_service());
        async move { spawn_blocking(move || rollup::run_here(&mut conn, &clock)).await }
    }))
    .await
    .into_iter()
    // One that comes while another keeps writers out gives way, and comes again in a minute.
    .for_each(|done| drop(done.expect("it does not panic")));
    service.fold_events().await;

    assert_eq!(folded(service), (700, 700));
    assert_eq!(started(service).await, 700);
}

async fn events_are_kept_for_their_days_and_until_they_are_added_up(service: &Service<'_>) {
    begun(service, 3).await;
    service.clock.advance(TimeDelta::days(10));
    service.save("late@example.com").await.expect(201);

    service.forget_events(5).await;
    assert_eq!(service.database.count("progress_events"), 7, "nothing is added up yet");
    service.fold_events().await;
    service.forget_events(10).await;
    assert_eq!(service.database.count("progress_events"), 7, "ten days are not over before their last moment");
    service.forget_events(9).await;
    assert_eq!(service.database.count("progress_events"), 1);

    assert_eq!((started(service).await, folded(service)), (4, (4, 4)));
}

async fn the_command_adds_up_and_forgets(service: &Service<'_>) {
    begun(service, 3).await;
    service.database.execute("UPDATE progress_events SET at = '2020-01-01T00:00:00.000000Z'");

    formprogress(service.database.url(), &["purge", "--dry-run"]).expect_success();
    assert_eq!((service.database.count("progress_events"), folded(service)), (6, (0, 0)));
    formprogress(service.database.url(), &["purge"]).expect_success();

    assert_eq!((service.database.count("progress_events"), folded(service).0), (0, 3));
}

async fn the_schedule_adds_up(service: &Service<'_>) {
    begun(service, 1).await;
    service.restart_with(&[("purge_schedule", "\"* * * * * *\""), ("event_days", "2")]).await;

    deadline::until("events are added up", async || folded(service) == (1, 1)).await;
    service.clock.advance(TimeDelta::days(3));
    deadline::until("events are forgotten", async || service.database.count("progress_events") == 0).await;

    assert_eq!(started(service).await, 1);
}

async fn a_screen_entered_before_the_last_adding_up_is_timed(service: &Service<'_>) {
    begun(service, 1).await;
    service.fold_events().await;
    service.clock.advance(TimeDelta::seconds(30));
    service.save(Save::of("p0@example.com").screen(2)).await.expect(200);

    for _ in 0..2 {
        let funnel = service.get("/api/admin/surveys/1/funnel").await.expect(200).json();
        assert_eq!(funnel["screens"][1]["median_seconds"], json!(30));
        service.fold_events().await;
    }
}

/// An event has its id before it is committed. One that is folded over would never be counted.
async fn an_event_that_is_committed_late_is_counted(service: &Service<'_>) {
    begun(service, 1).await;
    let mut late = service.database.conn();
    {
        let late = &mut late;
        on_backend!(late => diesel::connection::SimpleConnection::batch_execute(late, "BEGIN; \
            INSERT INTO progress_events (at, kind, survey_id, draft_id, started_at, screen) VALUES \
            ('2026-11-21T09:30:00Z', 'started', 1, '0b9f2d1e-6c1c-4f0e-9a53-5b1a7a1e0c0f', '2026-11-21T09:30:00Z', 4)"))
        .expect("the event is written");
    }
    service.save("after@example.com").await.expect(201);

    service.fold_events().await;
    assert_eq!((started(service).await, folded(service)), (2, (0, 0)), "nobody knows yet what else there is");
    {
        let late = &mut late;
        on_backend!(late => diesel::connection::SimpleConnection::batch_execute(late, "COMMIT"))
            .expect("it is committed");
    }
    assert_eq!(started(service).await, 3);
    service.fold_events().await;
    assert_eq!((started(service).await, folded(service)), (3, (3, 3)));
}
