//! What support and operators do with drafts on the command line, beside a service that is running.

use crate::support::{NAMED, Save, Service, Submission, database::SURVEY, drafts::IDS, formprogress};

on_both_databases![
    drafts_are_found_and_shown,
    a_draft_is_extended_and_discarded_beside_the_service,
    what_is_not_there_is_told_in_a_line,
    submissions_are_exported_to_standard_output,
];

/// The commands look at the system's clock: the drafts must be alive by it.
async fn begin(service: &Service<'_>) {
    service.database.add_survey(SURVEY);
    service.put(IDS.0, Save::of(NAMED.0).screen(2).data(r#"{"a":"sesame"}"#).body()).await.expect(201);
    service.save(Save::of(NAMED.1).survey(2)).await.expect(201);
    let far = "UPDATE form_progress SET expires_at = '2099-01-01T00:00:00.000000Z'";
    service.database.execute(far);
}

async fn drafts_are_found_and_shown(service: &Service<'_>) {
    begin(service).await;
    let url = service.database.url();
    let reference = service.draft(IDS.0).await.expect(200).json()["reference"].as_str().expect("a text").to_owned();
    for arguments in [["--email", "ANA@example.com"], ["--reference", reference.as_str()], ["--survey", "1"]] {
        let found = formprogress(url, &[&["draft", "find", "--json"], &arguments[..]].concat()).expect_success();
        let found = found.json();
        assert_eq!((found[0]["draft_id"].as_str(), found[1].is_null()), (Some(IDS.0), true), "{arguments:?}: {found}");
    }
    let found = formprogress(url, &["draft", "find", "--email", "ana@example.com"]).expect_success();
    assert_eq!(found.stdout.lines().count(), 2, "{}", found.stdout);
    assert!(found.stdout.contains(IDS.0) && found.stdout.contains(&reference), "{}", found.stdout);
    let none = formprogress(url, &["draft", "find", "--email", "nobody@example.com"]).expect_success();
    assert_eq!(none.stdout, "No draft alive is like that.\n");

    let shown = formprogress(url, &["draft", "show", IDS.0]).expect_success();
    assert!(shown.stdout.contains("ana@example.com") && shown.stdout.contains("started"), "{}", shown.stdout);
    assert!(!shown.stdout.contains("sesame"), "{}", shown.stdout);
    let shown = formprogress(url, &["draft", "show", IDS.0, "--json"]).expect_success().json();
    assert_eq!((&shown["data"]["a"], &shown["history"][0]["kind"]), (&"sesame".into(), &"started".into()));

    let audited = service.database.lines("SELECT actor || ' ' || action AS value FROM audit_log ORDER BY id");
    let mut expected = vec!["command_line draft.search"; 5];
    expected.extend(["command_line draft.read"; 2]);
    assert_eq!(audited, expected);
    assert!(!service.audited_acts().concat().contains('@'));
}

async fn a_draft_is_extended_and_discarded_beside_the_service(service: &Service<'_>) {
    begin(service).await;
    service.database.execute("UPDATE form_progress SET expires_at = '2098-01-01T00:00:00.000000Z'");
    let url = service.database.url();

    // Never shortened.
    let extended = formprogress(url, &["draft", "extend", IDS.0, "--days", "30"]).expect_success();
    assert_eq!(extended.stdout, format!("Draft {} lives until 2098-01-01 00:00:00Z.\n", IDS.0));
    assert_eq!(service.draft(IDS.0).await.expect(200).version(), 1);
    formprogress(url, &["draft", "discard", IDS.0]).expect_success();

    service.draft(IDS.0).await.expect_problem(404, "DRAFT_NOT_FOUND");
    assert_eq!(service.database.count("form_progress"), 1);
    let kinds = service.database.lines("SELECT kind AS value FROM progress_events ORDER BY id");
    assert_eq!(kinds, ["started", "started", "discarded"]);
    let audited = service.audited_acts();
    assert!(audited[0].starts_with(&format!("draft.extend | draft {} | 1 | - | until 20", IDS.0)), "{audited:?}");
    assert_eq!(audited[1], format!("draft.discard | draft {} | 1 | - | ", IDS.0));
}

async fn what_is_not_there_is_told_in_a_line(service: &Service<'_>) {
    begin(service).await;
    let url = service.database.url();
    for command in [&["show", IDS.1][..], &["discard", IDS.1], &["extend", IDS.1, "--days", "3"]] {
        formprogress(url, &[&["draft"], command].concat()).expect_refusal("there is no such draft");
    }
    service.submit_draft_with(IDS.0, r#"{"answers":[100]}"#).await.expect(201);
    service.database.execute("UPDATE ended_drafts SET ended_at = '2098-01-01T00:00:00.000000Z'");
    formprogress(url, &["draft", "discard", IDS.0]).expect_refusal("the draft was submitted");
    formprogress(url, &["draft", "find"]).expect_refusal("--email, --reference or --survey");
    for wrong in [&["show", "sesame"][..], &["extend", IDS.0, "--days", "0"], &["find", "--reference", "U"]] {
        assert!(!formprogress(url, &[&["draft"], wrong].concat()).success, "{wrong:?}");
    }
    assert_eq!(service.audited_acts(), Vec::<String>::new());
}

async fn submissions_are_exported_to_standard_output(service: &Service<'_>) {
    begin(service).await;
    service.submit(Submission::of("dora@example.com").answers(r#"{"10":100,"q2":"yes"}"#)).await.expect(201);
    service.submit(Submission::of("ed@example.com").with("survey_id", "2")).await.expect(201);
    let url = service.database.url();
    let export = |format: &str| {
        formprogress(url, &["submission", "export", "--survey", "1", "--format", format]).expect_success().stdout
    };

    let csv = export("csv");
    assert_eq!(csv.lines().count(), 3, "{csv}");
    assert!(
        csv.starts_with("submission_id,survey_id,") && csv.contains(",10,100\r\n") && csv.contains(",q2,yes\r\n"),
        "{csv}"
    );
    assert_eq!(export("ndjson").lines().count(), 1);
    assert_eq!(service.audited_acts(), vec!["submission.export | submissions | 1 | - | "; 2]);
}
