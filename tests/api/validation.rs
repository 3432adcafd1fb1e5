//! Answers against the survey's `answer_schema` and its screens: at a submission, and when a draft is checked.

use std::collections::BTreeSet;

use serde_json::json;

use crate::support::{
    Answer, NAMED, Save, Service, Submission,
    drafts::{IDS, draft_path},
};

on_both_databases![
    answers_that_fit_the_schema_are_accepted,
    everything_that_does_not_fit_is_told_at_once_and_nothing_changes,
    what_the_definition_and_the_schema_refuse_is_told_at_once,
    a_submission_without_answers_is_not_judged,
    no_more_errors_are_told_than_anybody_mends,
    names_that_a_pointer_cannot_hold_are_escaped,
    what_no_schema_can_judge_is_refused_in_the_same_way,
    a_draft_is_checked_as_it_would_be_submitted,
    a_draft_is_checked_for_one_screen,
    a_screen_that_the_survey_does_not_have_is_refused,
    a_check_of_a_survey_without_a_schema_finds_nothing,
    an_anonymous_draft_can_be_checked,
    checking_changes_nothing,
    an_imported_schema_holds_from_the_next_request,
];

const ANA: &str = NAMED.0;

const SURVEY: &str = r#"{"id":1,"name":"Commuting","definition":{},
    "answer_schema":{"type":"object","properties":{
        "name":{"type":"string","minLength":1,"maxLength":20},
        "age":{"type":"integer","minimum":18},
        "way":{"enum":["foot","train"]},
        "code":{"pattern":"^[A-Z]{3}$"},
        "stops":{"type":"array","items":{"type":"object","properties":{"place":{"type":"string"}},"required":["place"]}}},
        "required":["name","age"],"additionalProperties":false},
    "screens":[
        {"name":"you","title":"You","schema":{"properties":{"name":{"type":"string","minLength":1}},"required":["name"]}},
        {"name":"way","title":"Your way"},
        {"name":"1","title":"A number for a name","schema":{"required":["way"]}}]}"#;

const GOOD: &str = r#"{"name":"Ana","age":1.8e1,"way":"foot","stops":[{"place":"Main St"}]}"#;

/// Every value is wrong, and one is missing.
const BAD: &str =
    r#"{"age":"sesame","way":"sesame","code":"sesame","stops":[{"place":"x"},{"sesames":1}],"more":"sesame"}"#;

const BAD_PLACES: [&str; 6] = ["age", "code", "more", "name", "stops/1/place", "way"];

fn places(answer: &Answer) -> BTreeSet<String> {
    answer.pointers().into_iter().collect()
}

fn below(root: &str) -> BTreeSet<String> {
    BAD_PLACES.iter().map(|place| format!("{root}/{place}")).collect()
}

async fn put(service: &Service<'_>, data: &str) {
    service.put(IDS.0, Save::of(ANA).data(data).body()).await.expect(201);
}

async fn check(service: &Service<'_>, screen: &str) -> Answer {
    service.post(&draft_path(IDS.0, "/validate"), format!(r#"{{"screen":{screen}}}"#)).await
}

async fn answers_that_fit_the_schema_are_accepted(service: &Service<'_>) {
    service.database.add_survey(SURVEY);
    put(service, GOOD).await;
    service.put(IDS.1, Save::of(NAMED.1).data(BAD).body()).await.expect(201);

    service.submit_draft(IDS.0).await.expect(201);
    service.submit_draft_with(IDS.1, &format!(r#"{{"answers":{GOOD}}}"#)).await.expect(201);
    service.submit(Submission::of(NAMED.2).answers(GOOD)).await.expect(201);
}

async fn everything_that_does_not_fit_is_told_at_once_and_nothing_changes(service: &Service<'_>) {
    service.database.add_survey(SURVEY);
    put(service, BAD).await;
    let before = service.database.everything();

    for (answer, root) in [
        (service.submit_draft(IDS.0).await, "#/data"),
        (service.submit_draft_with(IDS.0, &format!(r#"{{"answers":{BAD}}}"#)).await, "#/answers"),
        (service.submit(Submission::of(ANA).answers(BAD)).await, "#/answers"),
    ] {
        let answer = answer.expect_problem(422, "ANSWERS_INVALID");
        assert_eq!(places(&answer), below(root));
        assert!(!answer.body.contains("sesame\""), "no value is repeated: {}", answer.body);
    }

    assert_eq!(service.database.everything(), before);
}

async fn what_the_definition_and_the_schema_refuse_is_told_at_once(service: &Service<'_>) {
    service.database.add_survey(
        r#"{"id":1,"name":"Both","definition":{"question_groups":[{"questions":[{"id":10,"options":[{"id":100}]}]}]},
            "answer_schema":{"properties":{"age":{"type":"integer"}},"required":["name"]}}"#,
    );
    put(service, r#"{"10":999,"age":"old"}"#).await;

    let answer = service.submit_draft(IDS.0).await.expect_problem(422, "ANSWERS_INVALID");

    assert_eq!(places(&answer), ["#/data/10", "#/data/age", "#/data/name"].map(str::to_owned).into());
    let checked = service.validate(IDS.0).await.expect(200);
    assert_eq!(places(&checked), places(&answer));
}

/// Somebody else keeps the answers and only says that the participant is done.
async fn a_submission_without_answers_is_not_judged(service: &Service<'_>) {
    service.database.add_survey(SURVEY);

    service.submit(Submission::of(ANA).without("answers")).await.expect(201);
}

async fn no_more_errors_are_told_than_anybody_mends(service: &Service<'_>) {
    service.database.add_survey(SURVEY);
    put(service, &format!(r#"{{"stops":[{}{{}}]}}"#, "{},".repeat(5_000))).await;

    let answer = service.submit_draft(IDS.0).await.expect_problem(422, "ANSWERS_INVALID");

    assert_eq!(answer.pointers().len(), 100);
    assert!(answer.body.len() < 20_000, "{} bytes", answer.body.len());
}

async fn names_that_a_pointer_cannot_hold_are_escaped(service: &Service<'_>) {
    service.database.add_survey(SURVEY);
    put(service, r#"{"name":"Ana","age":18,"a/b~c":1,"full name":1,"é\"%":1}"#).await;

    let answer = service.submit_draft(IDS.0).await.expect_problem(422, "ANSWERS_INVALID");

    let expected = ["#/data/a~1b~0c", "#/data/full%20name", "#/data/%C3%A9%22%25"];
    assert_eq!(places(&answer), expected.map(str::to_owned).into());
}

async fn what_no_schema_can_judge_is_refused_in_the_same_way(service: &Service<'_>) {
    service.database.add_survey(SURVEY);
    for data in [r#"{"name":"\ud800","age":18}"#, r#"{"name":"Ana","age":1e999}"#] {
        put(service, data).await;
        let answer = service.submit_draft(IDS.0).await.expect_problem(422, "ANSWERS_INVALID");
        assert_eq!(answer.pointers(), ["#/data"]);
        assert_eq!(service.validate(IDS.0).await.expect(200).json()["valid"], false);
        assert_eq!(service.get(&draft_path(IDS.0, "?fit=true")).await.expect(200).raw("data"), data);
        service.discard_draft(IDS.0).await.expect(204);
    }
}

async fn a_draft_is_checked_as_it_would_be_submitted(service: &Service<'_>) {
    service.database.add_survey(SURVEY);
    put(service, BAD).await;

    let without_a_body = service.validate(IDS.0).await.expect(200);

    assert_eq!(without_a_body.json()["valid"], false);
    assert_eq!(places(&without_a_body), below("#/data"));
    assert!(!without_a_body.body.contains("sesame\""), "{}", without_a_body.body);
    assert_eq!(without_a_body.header("Cache-Control"), Some("no-store"));
    let refused = service.submit_draft(IDS.0).await;
    assert_eq!(refused.json()["errors"], without_a_body.json()["errors"]);
    for body in ["{}", r#"{"screen":null}"#, r#"{"unknown":1}"#] {
        let checked = service.post(&draft_path(IDS.0, "/validate"), body).await.expect(200);
        assert_eq!(checked.body, without_a_body.body);
    }
    service.put(IDS.0, Save::of(ANA).data(GOOD).body()).await.expect(200);
    assert_eq!(service.validate(IDS.0).await.expect(200).json(), json!({"valid": true, "errors": []}));
}

async fn a_draft_is_checked_for_one_screen(service: &Service<'_>) {
    service.database.add_survey(SURVEY);
    put(service, r#"{"name":"","age":"not asked for here"}"#).await;

    let by_name = check(service, "\"you\"").await.expect(200);

    assert_eq!((by_name.raw("valid"), by_name.pointers()), ("false".into(), vec!["#/data/name".to_owned()]));
    for number in ["0", "\"0\""] {
        assert_eq!(check(service, number).await.expect(200).body, by_name.body);
    }
    // It has no schema: nothing can be wrong with it.
    assert_eq!(check(service, "\"way\"").await.expect(200).json(), json!({"valid": true, "errors": []}));
    // A name goes before a number.
    for last in ["1", "\"1\"", "2"] {
        assert_eq!(check(service, last).await.expect(200).pointers(), ["#/data/way"]);
    }
}

async fn a_screen_that_the_survey_does_not_have_is_refused(service: &Service<'_>) {
    service.database.add_survey(SURVEY);
    put(service, GOOD).await;

    for screen in ["\"sesame\"", "3", "-1", "1.5", "\"\"", "\"You\"", "99999999999999999999", "true", "[0]", "{}"] {
        println!("{screen}");
        let answer = check(service, screen).await.expect_problem(400, "INVALID_REQUEST");
        assert_eq!(answer.pointers(), ["#/screen"]);
        assert!(!answer.body.contains("sesame"), "{}", answer.body);
    }
}

async fn a_check_of_a_survey_without_a_schema_finds_nothing(service: &Service<'_>) {
    put(service, r#"{"anything":["goes"]}"#).await;

    assert_eq!(service.validate(IDS.0).await.expect(200).json(), json!({"valid": true, "errors": []}));
    check(service, "0").await.expect_problem(400, "INVALID_REQUEST");
}

async fn an_anonymous_draft_can_be_checked(service: &Service<'_>) {
    service.database.add_survey(SURVEY);
    let id = service.start_anonymous(GOOD).await;

    assert_eq!(service.validate(&id).await.expect(200).json()["valid"], true);
}

async fn checking_changes_nothing(service: &Service<'_>) {
    service.database.add_survey(SURVEY);
    put(service, BAD).await;
    let before = service.database.everything();
    service.clock.advance(chrono::TimeDelta::days(1));

    service.validate(IDS.0).await.expect(200);
    check(service, "0").await.expect(200);
    check(service, "\"sesame\"").await.expect(400);

    assert_eq!(service.database.everything(), before);
}

/// Schemas are compiled once and kept; what is kept must not outlive them.
async fn an_imported_schema_holds_from_the_next_request(service: &Service<'_>) {
    put(service, BAD).await;
    assert_eq!(service.validate(IDS.0).await.expect(200).json()["valid"], true);

    for _ in 0..3 {
        service.database.add_survey(SURVEY);
        assert_eq!(places(&service.validate(IDS.0).await.expect(200)), below("#/data"));
        service.database.add_survey(r#"{"id":1,"name":"x","definition":{},"answer_schema":{"required":["zip"]}}"#);
        assert_eq!(service.validate(IDS.0).await.expect(200).pointers(), ["#/data/zip"]);
    }

    service.database.add_survey(r#"{"id":1,"name":"x","definition":{},"answer_schema":null}"#);
    service.submit_draft(IDS.0).await.expect(201);
}
