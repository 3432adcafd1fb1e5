//! The settings of a survey, changed without its file.

use formprogress::access::Power;
use serde_json::json;

use crate::support::{NAMED, Save, Service};

const SURVEY: &str = "/api/admin/surveys/1";

on_both_databases![
    settings_are_changed_one_by_one,
    a_change_of_nothing_writes_nothing,
    everything_wrong_with_settings_is_told_at_once,
    another_life_counts_from_each_drafts_next_save,
    a_survey_that_is_not_there_has_no_settings,
];

async fn change(service: &Service<'_>, body: &str) -> crate::support::Answer {
    service.request("PATCH", SURVEY).json(body).send().await
}

async fn settings_are_changed_one_by_one(service: &Service<'_>) {
    service.server_key(&[Power::Figures, Power::ChangeSurveys]).await;
    let before = service.get(SURVEY).await.expect(200).json();

    let changed = change(service, r#"{"name":"Commuting, again"}"#).await.expect(200).json();
    assert_eq!((&changed["name"], &changed["progress_days"]), (&json!("Commuting, again"), &json!(30)));
    change(service, r#"{"progress_days":"60","name":null}"#).await.expect(200);
    let changed = change(service, r#"{"require_if_match":true}"#).await.expect(200).json();
    assert_eq!((&changed["progress_days"], &changed["require_if_match"]), (&json!(60), &json!(true)));

    let after = service.get(SURVEY).await.expect(200).json();
    assert_eq!((&after["definition"], &after["status"]), (&before["definition"], &before["status"]));
    let names = ["name", "progress_days", "require_if_match"];
    assert_eq!(service.audited(), names.map(|name| format!("key survey.settings survey 1: {name}")));
}

async fn a_change_of_nothing_writes_nothing(service: &Service<'_>) {
    service.server_key(&[Power::ChangeSurveys]).await;
    for body in ["{}", r#"{"progress_days":30,"require_if_match":false}"#] {
        change(service, body).await.expect(200);
    }
    assert!(service.audited().is_empty());
}

async fn everything_wrong_with_settings_is_told_at_once(service: &Service<'_>) {
    service.server_key(&[Power::ChangeSurveys]).await;
    let refused = change(service, r#"{"name":" ","progress_days":0,"require_if_match":"yes"}"#).await;
    refused.expect(400);
    let refused = change(service, r#"{"name":" ","progress_days":65536,"require_if_match":1}"#).await;
    assert_eq!(refused.pointers(), ["#/require_if_match", "#/name", "#/progress_days"]);
    assert!(service.audited().is_empty());
}

async fn another_life_counts_from_each_drafts_next_save(service: &Service<'_>) {
    service.server_key(&[Power::ChangeSurveys, Power::Participate]).await;
    let before = service.save(NAMED.0).await.expect(201).json()["expires_at"].clone();
    change(service, r#"{"progress_days":60}"#).await.expect(200);
    assert_eq!(service.read(NAMED.0).await.expect(200).json()["expires_at"], before);
    let after = service.save(Save::of(NAMED.0).data(r#"{"a":2}"#)).await.expect(200).json()["expires_at"].clone();
    assert_ne!(after, before);
}

async fn a_survey_that_is_not_there_has_no_settings(service: &Service<'_>) {
    service.server_key(&[Power::ChangeSurveys]).await;
    let answer = service.request("PATCH", "/api/admin/surveys/9").json(r#"{"name":"x"}"#).send().await;
    answer.expect_problem(404, "SURVEY_NOT_FOUND");
    let key = service.limited_key(&[Power::ChangeSurveys], Some(&[2]), None).await;
    service.as_key(&key, "PATCH", SURVEY, r#"{"name":"x"}"#).await.expect_problem(404, "SURVEY_NOT_FOUND");
}
