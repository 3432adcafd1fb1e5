//! Exports of drafts and submissions: whole, in order, and safe to open in a spreadsheet.

use chrono::TimeDelta;

use crate::support::{NAMED, Save, Service, Submission, admin::DRAFT_POWERS, database::SURVEY, drafts::IDS};

on_both_databases![
    drafts_are_exported_as_they_were_saved,
    drafts_are_exported_as_csv,
    an_export_has_what_its_filters_leave,
    an_export_of_many_drafts_is_whole,
    submissions_are_exported_a_line_each,
    answers_are_exported_a_line_each,
    a_cell_that_looks_like_a_formula_is_defused,
];

async fn drafts_are_exported_as_they_were_saved(service: &Service<'_>) {
    service.server_key(&DRAFT_POWERS).await;
    let save = Save::of(NAMED.0).data("{\"b\" : 1e2,\r\n  \"a\":\"x\\ny\",\"a\":2}").with("meta", "[1,\n2]");
    service.put(IDS.0, save.body()).await.expect(201);

    let export = service.get("/api/admin/drafts/export?format=ndjson").await.expect(200);

    assert_eq!(export.header("Content-Type"), Some("application/x-ndjson"));
    assert_eq!(export.header("Content-Disposition"), Some("attachment; filename=\"drafts.ndjson\""));
    assert_eq!(export.header("Cache-Control"), Some("no-store"));
    insta::allow_duplicates! {
        insta::assert_snapshot!(export.body, @r#"{"draft_id":"0b9f2d1e-6c1c-4f0e-9a53-5b1a7a1e0c01","reference":"1EFJ-T7KC-3H7G","email":"ana@example.com","survey_id":1,"company_id":null,"current_screen":0,"furthest_screen":0,"version":1,"created_at":"2026-11-21T09:30:00.000000Z","updated_at":"2026-11-21T09:30:00.000000Z","expires_at":"2026-12-21T09:30:00.000000Z","fingerprint":null,"data":{"b" : 1e2,    "a":"x\ny","a":2},"meta":[1, 2]}"#);
    }
}

async fn drafts_are_exported_as_csv(service: &Service<'_>) {
    service.server_key(&DRAFT_POWERS).await;
    service.put(IDS.0, Save::of(NAMED.0).data(r#"{"a":"x, \"y\""}"#).screen(2).body()).await.expect(201);
    let anonymous = service.start_anonymous("{}").await;

    let export = service.get("/api/admin/drafts/export?format=csv&sort=created").await;
    export.expect_problem(400, "INVALID_REQUEST");
    let export = service.get("/api/admin/drafts/export?format=csv&email=ana%40example.com").await.expect(200);
    assert_eq!(export.header("Content-Type"), Some("text/csv; charset=utf-8"));
    insta::allow_duplicates! {
        insta::assert_snapshot!(export.body, @r#"
        draft_id,reference,email,survey_id,company_id,current_screen,furthest_screen,version,created_at,updated_at,expires_at,fingerprint,data,meta
        0b9f2d1e-6c1c-4f0e-9a53-5b1a7a1e0c01,1EFJ-T7KC-3H7G,ana@example.com,1,,2,2,1,2026-11-21T09:30:00.000000Z,2026-11-21T09:30:00.000000Z,2026-12-21T09:30:00.000000Z,,"{""a"":""x, \""y\""""}",
        "#);
    }
    let all = service.get("/api/admin/drafts/export?format=csv").await.expect(200);
    assert_eq!((all.body.lines().count(), all.body.contains(&anonymous)), (3, true), "{}", all.body);
}

async fn an_export_has_what_its_filters_leave(service: &Service<'_>) {
    service.server_key(&DRAFT_POWERS).await;
    let acme = service.database.add_company("Acme", "ACME");
    service.database.add_survey(SURVEY);
    service.save(Save::of(NAMED.0).guest_code("acme")).await.expect(201);
    service.clock.advance(TimeDelta::days(1));
    service.save(Save::of(NAMED.1).screen(3)).await.expect(201);
    service.save(Save::of(NAMED.2).survey(2)).await.expect(201);
    let lines = async |key: Option<&str>, query: &str| {
        let request = service.request("GET", &format!("/api/admin/drafts/export?format=ndjson{query}"));
        let request = if let Some(key) = key { request.with_key(key) } else { request };
        let body = request.send().await.expect(200).body;
        body.lines()
            .map(|line| line.split("\"email\":\"").nth(1).and_then(|rest| rest.chars().next()).unwrap_or('?'))
            .collect::<String>()
    };
    for (query, expected) in [
        ("&survey_id=2", "c"),
        ("&company_id=1", "a"),
        ("&screen=3", "b"),
        ("&created_before=2026-11-22", "a"),
        ("&email=ben%40example.com", "b"),
        ("&survey_id=3", ""),
    ] {
        assert_eq!(lines(None, query).await, expected, "{query}");
    }
    let limited = service.limited_drafts_key(&[acme], &[]).await;
    assert_eq!(lines(Some(&limited), "").await, "a");
    assert_eq!(lines(Some(&limited), "&company_id=none").await, "");
    let audited = service.audited_acts();
    assert_eq!(audited[0], "draft.export | drafts | 2 | - | survey_id=2");
}

/// More than are read at a time.
async fn an_export_of_many_drafts_is_whole(service: &Service<'_>) {
    service.server_key(&DRAFT_POWERS).await;
    for number in 0..250 {
        service.save(format!("p{number}@example.com").as_str()).await.expect(201);
        if number % 3 == 0 {
            service.clock.advance(TimeDelta::seconds(1));
        }
    }
    service.let_drafts_expire();
    for number in 200..230 {
        service.save(format!("p{number}@example.com").as_str()).await.expect(201);
    }
    assert_eq!(service.database.count("form_progress"), 250);
    let export = service.get("/api/admin/drafts/export?format=ndjson").await.expect(200);
    assert_eq!(export.body.lines().count(), 30);

    service.clock.advance(-TimeDelta::days(30));
    let export = service.get("/api/admin/drafts/export?format=ndjson").await.expect(200);
    let begun: Vec<String> = export
        .body
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).expect("a line is an object")["created_at"].to_string()
        })
        .collect();
    assert_eq!(begun.len(), 250);
    assert!(begun.is_sorted(), "{begun:?}");
}

async fn three_answers(service: &Service<'_>) {
    service.server_key(&DRAFT_POWERS).await;
    service.database.add_company("Acme", "ACME");
    let ana = Submission::of(NAMED.0).with("guest_code", "\"ACME\"").with("participant", "{\"name\" :\n\"Ana\"}");
    service.submit(ana.answers(r#"{"10":100,"q2":"yes","free":{"a":[1, 2]}}"#)).await.expect(201);
    service.submit(Submission::of(NAMED.1).without("answers")).await.expect(201);
}

async fn submissions_are_exported_a_line_each(service: &Service<'_>) {
    three_answers(service).await;

    let export = service.get("/api/admin/submissions/export?format=ndjson&survey_id=1").await.expect(200);

    assert_eq!(export.header("Content-Disposition"), Some("attachment; filename=\"submissions.ndjson\""));
    insta::allow_duplicates! {
        insta::assert_snapshot!(export.body, @r#"
        {"submission_id":1,"survey_id":1,"company_id":1,"email":"ana@example.com","submitted_at":"2026-11-21T09:30:00.000000Z","participant":{"name" : "Ana"},"answers":[{"question":"10","value":100},{"question":"q2","value":"yes"},{"question":"free","value":{"a":[1, 2]}}]}
        {"submission_id":2,"survey_id":1,"company_id":null,"email":"ben@example.com","submitted_at":"2026-11-21T09:30:00.000000Z","participant":null,"answers":[]}
        "#);
    }
    assert_eq!(service.audited_acts(), ["submission.export | submissions | 1 | - | "]);
}

async fn answers_are_exported_a_line_each(service: &Service<'_>) {
    three_answers(service).await;

    let export = service.get("/api/admin/submissions/export?format=csv").await.expect(200);

    insta::allow_duplicates! {
        insta::assert_snapshot!(export.body, @r#"
        submission_id,survey_id,company_id,email,submitted_at,question,value
        1,1,1,ana@example.com,2026-11-21T09:30:00.000000Z,10,100
        1,1,1,ana@example.com,2026-11-21T09:30:00.000000Z,q2,yes
        1,1,1,ana@example.com,2026-11-21T09:30:00.000000Z,free,"{""a"":[1, 2]}"
        2,1,,ben@example.com,2026-11-21T09:30:00.000000Z,,
        "#);
    }
}

async fn a_cell_that_looks_like_a_formula_is_defused(service: &Service<'_>) {
    service.server_key(&DRAFT_POWERS).await;
    let answers = r#"{"=cmd()":"=1+1","n":"-5","t":"-x","ok":"a=b"}"#;
    service.submit(Submission::of(NAMED.0).answers(answers)).await.expect(201);

    let export = service.get("/api/admin/submissions/export?format=csv").await.expect(200);

    let ends: Vec<&str> = export.body.lines().skip(1).map(|line| line.split("Z,").nth(1).unwrap_or_default()).collect();
    assert_eq!(ends, ["'=cmd(),'=1+1", "n,-5", "t,'-x", "ok,a=b"]);
}
