//! Exports of the record: all events, in both formats, however many, and a trace of who took them.

use chrono::TimeDelta;
use formprogress::access::Power;

use crate::support::{Client, Save, Service, at_once, formprogress};

on_both_databases![
    an_export_is_csv_with_a_header,
    an_export_is_a_json_object_a_line,
    an_export_has_all_events_however_many,
    an_export_goes_on_where_the_last_one_ended,
    an_export_is_of_a_period,
    an_export_leaves_a_trace,
    what_is_wrong_with_an_export_is_told,
    the_command_exports_too,
];

const POWERS: [Power; 4] = [Power::Participate, Power::Submit, Power::Events, Power::ReadDrafts];

async fn two_drafts(service: &Service<'_>) -> (String, i64) {
    service.server_key(&POWERS).await;
    let acme = service.database.add_company("Acme", "ACME").0;
    let id = service.save(Save::of("ana@example.com").screen(1)).await.expect(201).draft_id();
    service.clock.advance(TimeDelta::days(1));
    service.save(Save::of("ana@example.com").guest_code("ACME").screen(3)).await.expect(200);
    service.submit("ben@example.com").await.expect(201);
    (id, acme)
}

async fn an_export_is_csv_with_a_header(service: &Service<'_>) {
    let (id, acme) = two_drafts(service).await;

    let export = service.get("/api/admin/events/export?format=csv&survey_id=1").await.expect(200);

    assert_eq!(export.header("Content-Type"), Some("text/csv; charset=utf-8"));
    assert_eq!(export.header("Content-Disposition"), Some("attachment; filename=\"events.csv\""));
    assert_eq!(export.header("Cache-Control"), Some("no-store"));
    let lines: Vec<&str> = export.body.split_terminator("\r\n").collect();
    assert_eq!(
        lines[..5],
        [
            "id,at,kind,survey_id,company_id,draft_id,started_at,screen,from_screen,from_company_id".to_owned(),
            format!("1,2026-11-21T09:30:00.000000Z,started,1,,{id},2026-11-21T09:30:00.000000Z,1,,"),
            format!("2,2026-11-22T09:30:00.000000Z,company_linked,1,{acme},{id},2026-11-21T09:30:00.000000Z,1,,"),
            format!("3,2026-11-22T09:30:00.000000Z,resumed,1,{acme},{id},2026-11-21T09:30:00.000000Z,1,,"),
            format!("4,2026-11-22T09:30:00.000000Z,screen_entered,1,{acme},{id},2026-11-21T09:30:00.000000Z,3,1,"),
        ]
    );
    assert!(lines[5].starts_with("5,2026-11-22T09:30:00.000000Z,submitted,1,,"), "{}", lines[5]);
    assert!(!export.body.contains("example.com"));
}

async fn an_export_is_a_json_object_a_line(service: &Service<'_>) {
    two_drafts(service).await;

    let export = service.get("/api/admin/events/export?format=ndjson&kind=resumed").await.expect(200);
    assert_eq!(export.header("Content-Type"), Some("application/x-ndjson"));
    let listed = service.get("/api/admin/events?kind=resumed").await.expect(200).json();
    assert_eq!(export.body.lines().count(), 1);
    assert_eq!(export.json(), listed["items"][0]);

    let empty = service.get("/api/admin/events/export?format=ndjson&survey_id=2").await.expect(200);
    assert_eq!(empty.body, "");
}

async fn an_export_has_all_events_however_many(service: &Service<'_>) {
    service.server_key(&POWERS).await;
    let client: Client = (**service).clone();
    at_once((0..1300).map(|number| {
        let client = client.clone();
        async move { client.save(Save::of(&format!("p{number}@example.com")).screen(number % 7)).await.expect(201) }
    }))
    .await;

    let export = service.get("/api/admin/events/export?format=ndjson").await.expect(200);

    let ids =
        export.body.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON")["id"].clone());
    let ids: Vec<i64> = ids.map(|id| id.as_i64().expect("an id")).collect();
    assert_eq!(ids.len(), 1300);
    assert!(ids.is_sorted_by(|one, next| one < next));
}

async fn an_export_goes_on_where_the_last_one_ended(service: &Service<'_>) {
    two_drafts(service).await;

    let export = service.get("/api/admin/events/export?format=csv&after=4").await.expect(200);

    assert_eq!(export.body.lines().count(), 2, "{}", export.body);
    let none = service.get("/api/admin/events/export?format=csv&after=5").await.expect(200);
    assert_eq!(none.body.lines().count(), 1);
}

async fn an_export_is_of_a_period(service: &Service<'_>) {
    two_drafts(service).await;

    for (period, count) in [("from=2026-11-22", 4), ("to=2026-11-21", 1), ("from=2026-11-21&to=2026-11-22", 5)] {
        let export = service.get(&format!("/api/admin/events/export?format=ndjson&{period}")).await.expect(200);
        assert_eq!(export.body.lines().count(), count, "{period}");
    }
}

async fn an_export_leaves_a_trace(service: &Service<'_>) {
    two_drafts(service).await;

    service.get("/api/admin/events/export?format=csv&survey_id=1&kind=started&to=2026-11-30").await.expect(200);

    let trace = "SELECT actor || ' ' || action || ' ' || subject || ' ' || survey_id || ' ' || outcome || ': ' || detail AS value \
                 FROM audit_log WHERE action = 'events.export'";
    assert_eq!(
        service.database.lines(trace),
        ["key events.export events 1 done: csv, started, before 2026-12-01T00:00:00.000000Z"]
    );
}

async fn what_is_wrong_with_an_export_is_told(service: &Service<'_>) {
    service.server_key(&POWERS).await;
    let query = "format=xls&from=yesterday&to=2026-02-30&after=-1&survey_id=0";
    let refused =
        service.get(&format!("/api/admin/events/export?{query}")).await.expect_problem(400, "INVALID_REQUEST");

    let mut pointers = refused.pointers();
    pointers.sort_unstable();
    assert_eq!(pointers, ["after", "format", "from", "survey_id", "to"]);
    let refused = service.get("/api/admin/events/export").await.expect_problem(400, "INVALID_REQUEST");
    assert_eq!(refused.pointers(), ["format"]);
}

async fn the_command_exports_too(service: &Service<'_>) {
    two_drafts(service).await;
    let served = service.get("/api/admin/events/export?format=ndjson").await.expect(200).body;

    let printed = formprogress(service.database.url(), &["events", "export", "--format", "ndjson"]).expect_success();
    assert_eq!(printed.stdout, served);
    let printed = formprogress(service.database.url(), &["events", "export", "--survey", "2"]).expect_success();
    assert_eq!(printed.stdout.lines().count(), 1, "only the header: {}", printed.stdout);
    formprogress(service.database.url(), &["events", "export", "--after", "4"]).expect_success();
    let trace = "SELECT count(*) AS value FROM audit_log WHERE action = 'events.export' AND actor = 'command_line'";
    assert_eq!(service.database.number(trace), 3);
}
