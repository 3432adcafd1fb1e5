//! `/metrics`: counts go up by exactly what was done, nobody who sends strange things makes new labels, and nothing of a
//! participant is in there.

use std::collections::{BTreeMap, BTreeSet};

use formprogress::access::Power;
use rocket::tokio::task::spawn;
use serde_json::Value;

use crate::support::{Client, Exposition, NAMED, Save, Service, Submission, at_once, deadline, postgres};

on_both_databases![
    requests_are_counted_by_method_route_and_status,
    writes_their_groups_and_refusals_are_counted,
    what_waits_can_be_seen,
    a_purge_is_counted,
    live_drafts_are_those_that_are_stored,
    no_label_holds_what_was_sent,
    the_dashboard_asks_for_nothing_that_is_not_there,
];

on_postgres![a_database_that_is_away_hides_no_other_figure, a_read_that_waits_for_a_connection_is_counted,];

const REQUESTS: &str = "formprogress_http_requests_total";
const REQUEST_SECONDS: &str = "formprogress_http_request_duration_seconds_count";
const REFUSALS: &str = "formprogress_refusals_total";
const WRITES: &str = "formprogress_write_duration_seconds";
const GROUPS: &str = "formprogress_group_size";
const LIVE: &str = "formprogress_live_drafts";

fn counts<const N: usize>(expected: [(&str, f64); N]) -> BTreeMap<String, f64> {
    expected.into_iter().map(|(series, value)| (series.to_owned(), value)).collect()
}

async fn requests_are_counted_by_method_route_and_status(service: &Service<'_>) {
    let answer = service.get("/metrics").await.expect(200);
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!((answer.header("Content-Type"), answer.header("Cache-Control")), (Some(kind), Some("no-store")));
    let before = service.metrics().await;

    service.save(NAMED.0).await.expect(201);
    service.save(Save::of(NAMED.0).screen(2)).await.expect(200);
    service.read(NAMED.0).await.expect(200);
    service.read(NAMED.1).await.expect(404);
    service.get("/no/such/path").await.expect(404);
    service.request("PUT", "/api/progress").send().await.expect(405);
    service.request("OPTIONS", "/api/progress").send().await.expect(204);

    let after = service.metrics().await;
    let expected = counts([
        (r#"{method="POST",route="/api/progress",status="201"}"#, 1.0),
        (r#"{method="POST",route="/api/progress",status="200"}"#, 1.0),
        (r#"{method="GET",route="/api/progress",status="200"}"#, 1.0),
        (r#"{method="GET",route="/api/progress",status="404"}"#, 1.0),
        (r#"{method="GET",route="unmatched",status="404"}"#, 1.0),
        (r#"{method="PUT",route="unmatched",status="405"}"#, 1.0),
        (r#"{method="OPTIONS",route="/<_..>",status="204"}"#, 1.0),
        // That which came before these.
        (r#"{method="GET",route="/metrics",status="200"}"#, 1.0),
    ]);
    assert_eq!(after.since(&before, REQUESTS), expected);
    let took = after.since(&before, REQUEST_SECONDS);
    assert_eq!(took.get(r#"{method="GET",route="/api/progress"}"#), Some(&2.0));
    assert_eq!(took.values().sum::<f64>(), expected.values().sum::<f64>());
    assert_eq!(after.value(r#"formprogress_build_info{version="0.1.0"}"#), 1.0);
    assert_eq!(after.value("process_start_time_seconds"), 1_795_253_400.0);
    assert_eq!(after.value("formprogress_database_up"), 1.0);
}

async fn writes_their_groups_and_refusals_are_counted(service: &Service<'_>) {
    let before = service.metrics().await;

    service.save(NAMED.0).await.expect(201);
    service.save(Save::of(NAMED.0).screen(2)).await.expect(200);
    service.submit(NAMED.0).await.expect(201);
    service.save(NAMED.0).await.expect_problem(400, "ALREADY_SUBMITTED");
    service.save(Save::of(NAMED.1).without("survey_id")).await.expect_problem(400, "INVALID_REQUEST");

    let after = service.metrics().await;
    let ended = counts([(r#"_count{outcome="done"}"#, 3.0), (r#"_count{outcome="refused"}"#, 1.0)]);
    let mut writes = after.since(&before, WRITES);
    let waited: f64 = writes.iter().filter(|(series, _)| series.starts_with("_sum")).map(|(_, seconds)| *seconds).sum();
    writes.retain(|series, _| series.starts_with("_count"));
    assert_eq!(writes, ended);
    // One after the other: each was a group of its own.
    let groups = after.since(&before, GROUPS);
    assert_eq!((groups["_count"], groups["_sum"], groups[r#"_bucket{le="1.0"}"#]), (4.0, 4.0, 4.0));
    let took = |name: &str| after.value(name) - before.value(name);
    assert_eq!(took("formprogress_commit_duration_seconds_count"), 4.0);
    let (groups, commits) =
        (took("formprogress_group_duration_seconds_sum"), took("formprogress_commit_duration_seconds_sum"));
    assert!(0.0 < commits && commits < groups && groups < waited, "{commits} {groups} {waited}");
    let refused = counts([(r#"{code="ALREADY_SUBMITTED"}"#, 1.0), (r#"{code="INVALID_REQUEST"}"#, 1.0)]);
    assert_eq!(after.since(&before, REFUSALS), refused);
}

async fn what_waits_can_be_seen(service: &Service<'_>) {
    service.restart_with(&[("postgres_writers", "1"), ("queue_length", "100")]).await;
    let idle = service.metrics().await;
    let queue = |metrics: &Exposition| {
        (metrics.value("formprogress_queue_commands"), metrics.value("formprogress_queue_bytes"))
    };
    assert_eq!(queue(&idle), (0.0, 0.0));
    assert_eq!(idle.value("formprogress_queue_commands_limit"), 100.0);
    assert_eq!(idle.value("formprogress_queue_limit_bytes"), f64::from(32 << 20));
    let held = service.database.hold_up_writes();
    let client: Client = (**service).clone();
    let save = move |number: usize| {
        let client = client.clone();
        async move { client.save(format!("p{number}@example.com").as_str()).await.expect(201) }
    };

    // The first one is a group of its own; the others come while it is held up.
    let first = spawn(save(0));
    deadline::until("the first is being written", async || queue(&service.metrics().await) == (0.0, 1024.0)).await;
    let others = spawn(at_once((1..5).map(save)));

    deadline::until("four wait", async || queue(&service.metrics().await) == (4.0, 5.0 * 1024.0)).await;
    drop(held);
    first.await.expect("the first save is answered");
    others.await.expect("the others are answered");
    let after = service.metrics().await;
    assert_eq!(queue(&after), (0.0, 0.0));
    let groups = after.since(&idle, GROUPS);
    assert_eq!((groups["_count"], groups["_sum"]), (2.0, 5.0), "four shared a transaction");
}

async fn a_purge_is_counted(service: &Service<'_>) {
    for email in [NAMED.0, NAMED.1, NAMED.2] {
        service.save(email).await.expect(201);
    }
    service.let_drafts_expire();
    service.save("late@example.com").await.expect(201);
    let before = service.metrics().await;
    assert_eq!(before.since(&before, "formprogress_last_purge"), BTreeMap::new());
    assert_eq!(before.value(r#"formprogress_live_drafts{survey="1"}"#), 4.0, "it counts until it is purged");

    service.purge().await;

    let after = service.metrics().await;
    assert_eq!(after.value("formprogress_purged_drafts_total"), 3.0);
    assert_eq!(after.value("formprogress_purge_failures_total"), 0.0);
    let now = chrono::DateTime::<chrono::Utc>::from(service.clock.now()).timestamp();
    assert_eq!(after.value("formprogress_last_purge_timestamp_seconds"), now as f64);
    assert!(after.value("formprogress_last_purge_duration_seconds") > 0.0);
    assert_eq!(after.value(r#"formprogress_live_drafts{survey="1"}"#), 1.0);
}

/// Whatever became of them; also those events that have gone into the sums and are no more.
async fn live_drafts_are_those_that_are_stored(service: &Service<'_>) {
    service.database.add_survey(crate::support::database::SURVEY);
    let history = async |round: usize| {
        let email = |name: &str| format!("{name}{round}@example.com");
        for name in ["kept", "submitted", "discarded", "expired", "again"] {
            service.save(email(name).as_str()).await.expect(201);
        }
        service.save(Save::of(&email("elsewhere")).survey(2)).await.expect(201);
        service.post("/api/drafts", r#"{"survey_id":2,"data":{}}"#).await.expect(201);
        service.save(Save::of(&email("kept")).screen(3)).await.expect(200);
        service.submit(email("submitted").as_str()).await.expect(201);
        service.submit(Submission::of(&email("direct"))).await.expect(201);
        service.discard(&email("discarded")).await.expect(204);
        service.clock.advance(chrono::TimeDelta::days(29));
        service.save(Save::of(&email("kept")).screen(4)).await.expect(200);
        service.clock.advance(chrono::TimeDelta::days(2));
        service.save(email("again").as_str()).await.expect(201);
        assert_eq!(live_drafts(service).await, stored_drafts(service));
        service.purge().await;
        assert_eq!(live_drafts(service).await, stored_drafts(service));
    };
    history(1).await;
    assert_eq!(stored_drafts(service), BTreeMap::from([(1, 2), (2, 0)]));

    service.fold_events().await;
    assert!(service.database.count("funnel_screens") > 0, "the sums hold what the events said");
    service.database.execute("DELETE FROM progress_events");
    assert_eq!(live_drafts(service).await, stored_drafts(service));
    history(2).await;
}

async fn live_drafts(service: &Service<'_>) -> BTreeMap<i64, i64> {
    let metrics = service.metrics().await;
    let of_survey = |(series, value): (&String, &f64)| {
        let survey = series.strip_prefix("formprogress_live_drafts{survey=\"")?.strip_suffix("\"}")?;
        Some((survey.parse().expect("the number of a survey"), *value as i64))
    };
    metrics.samples.iter().filter_map(of_survey).collect()
}

fn stored_drafts(service: &Service<'_>) -> BTreeMap<i64, i64> {
    let count = |survey: i64| format!("SELECT count(*) AS value FROM form_progress WHERE survey_id = {survey}");
    [1, 2].into_iter().map(|survey| (survey, service.database.number(&count(survey)))).collect()
}

async fn no_label_holds_what_was_sent(service: &Service<'_>) {
    let sent = async || {
        for number in 0..20 {
            service.get(&format!("/sesame{number}/%22%0a%5c?email=sesame{number}@example.com")).await.expect(404);
            service.get(&format!("/api/drafts/sesame{number}%40example.com")).await;
            service.get(&format!("/api/surveys/sesame{number}")).await;
            service.get(&format!("/docs/sesame{number}")).await.expect(404);
            service.request("POST", "/metrics").header("X-Request-Id", "sesame-sesame").send().await.expect(405);
            for request in [format!("BREW{number} /api/progress"), "TRACE /sesame".into(), "GET sesame".into()] {
                let bytes = format!("{request} HTTP/1.1\r\nHost: sesame\r\nConnection: close\r\n\r\n");
                service.send_raw(bytes.as_bytes()).await;
            }
        }
        service.save("sesame@example.com").await;
        service.metrics().await
    };
    // The second time, because a look at the metrics is counted too, and a second save is an update.
    sent().await;
    let before = sent().await;

    let after = sent().await;

    let new: Vec<_> = after.samples.keys().filter(|series| !before.samples.contains_key(*series)).collect();
    assert!(new.is_empty(), "new series of what was sent: {new:?}");
    let all = after.samples.into_keys().collect::<Vec<_>>().join("\n");
    for secret in ["sesame", "example.com", "%", "@", "BREW", "TRACE"] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
    assert!(all.contains(r#"method="other",route="unmatched""#), "{all}");
}

async fn a_database_that_is_away_hides_no_other_figure(service: &Service<'_>) {
    service.save(NAMED.0).await.expect(201);
    postgres::shut(service.database.url(), true);

    let away = service.metrics().await;

    assert_eq!(away.value("formprogress_database_up"), 0.0);
    assert_eq!(away.value(r#"formprogress_write_duration_seconds_count{outcome="done"}"#), 1.0);
    assert!(!away.families.contains_key(LIVE));
    postgres::shut(service.database.url(), false);
    deadline::until("it is back", async || service.metrics().await.value("formprogress_database_up") == 1.0).await;
}

async fn a_read_that_waits_for_a_connection_is_counted(service: &Service<'_>) {
    service.restart_with(&[("read_connections", "1")]).await;
    service.save(NAMED.0).await.expect(201);
    let before = service.metrics().await;
    assert_eq!(before.value("formprogress_pool_connections_limit"), 1.0);
    let mut held = service.database.conn();
    let formprogress::db::Conn::Postgres(conn) = &mut held else { unreachable!("this runs on PostgreSQL") };
    diesel::connection::SimpleConnection::batch_execute(
        conn,
        "BEGIN; LOCK TABLE form_progress IN ACCESS EXCLUSIVE MODE",
    )
    .expect("the lock is free");
    let client: Client = (**service).clone();

    // Each waits for the lock until its time is over, the second one for the first.
    let statuses = at_once((0..2).map(|_| {
        let client = client.clone();
        async move { client.read(NAMED.0).await.status }
    }))
    .await;

    assert_eq!(statuses, [503, 503]);
    drop(held);
    let after = service.metrics().await;
    assert_eq!(after.since(&before, "formprogress_pool_waits_total"), counts([("", 1.0)]));
    assert_eq!(after.value("formprogress_pool_connections"), 1.0);
    assert_eq!(after.value("formprogress_pool_connections_in_use"), 0.0);
}

async fn the_dashboard_asks_for_nothing_that_is_not_there(service: &Service<'_>) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/grafana/formprogress.json");
    let text = std::fs::read_to_string(path).expect("the dashboard is there");
    let dashboard: Value = serde_json::from_str(&text).expect("the dashboard is JSON");
    service.server_key(&[Power::Participate]).await;
    service.save(NAMED.0).await.expect(201);
    service.purge().await;
    let metrics = service.metrics().await;
    let series: BTreeSet<&str> =
        metrics.samples.keys().map(|series| series.split('{').next().unwrap_or(series)).collect();

    let mut asked = BTreeSet::new();
    for panel in dashboard["panels"].as_array().expect("the dashboard has panels") {
        for target in panel["targets"].as_array().into_iter().flatten() {
            assert_eq!(target["datasource"]["uid"], "${datasource}", "any Prometheus will do: {target}");
            asked.extend(names_in(target["expr"].as_str().expect("a target has an expression")));
        }
    }

    for name in &asked {
        assert!(series.contains(name.as_str()), "the dashboard asks for {name}, which is not there");
    }
    for needed in [REQUESTS, REFUSALS, LIVE, "formprogress_queue_commands", "formprogress_purged_drafts_total"] {
        assert!(asked.contains(needed), "no panel shows {needed}");
    }
    assert!(asked.contains(&format!("{WRITES}_bucket")) && asked.contains(&format!("{GROUPS}_sum")));
}

/// The metrics that an expression names.
fn names_in(expression: &str) -> Vec<String> {
    let words = expression.split(|one: char| !(one.is_ascii_alphanumeric() || one == '_'));
    words.filter(|word| word.starts_with("formprogress_") || word.starts_with("process_")).map(str::to_owned).collect()
}
