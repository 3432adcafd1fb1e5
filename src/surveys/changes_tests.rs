use super::*;
use crate::{
    clock::Moment,
    surveys::{Status, SurveyId},
};

fn moment() -> Moment {
    "2026-11-21T09:30:00Z".parse().expect("a moment")
}

fn survey(text: &str) -> (Survey, SurveyFile) {
    let file = SurveyFile::parse(text).expect("a survey file");
    let survey = Survey {
        id: SurveyId(1),
        name: file.name.clone(),
        instructions: file.instructions.clone(),
        definition: file.definition.clone(),
        answer_schema: file.answer_schema.clone().filter(|schema| schema.get() != "null"),
        screens: file
            .screens
            .as_ref()
            .map(|screens| serde_json::from_str(screens.get()).expect("screens"))
            .unwrap_or_default(),
        shapes: file.shapes.clone().flatten(),
        status: file.status.unwrap_or(Status::Open),
        created_at: moment(),
        updated_at: moment(),
    };
    (survey, file)
}

fn words(before: &str, after: &str) -> Vec<String> {
    let ((before, file_before), (after, file_after)) = (survey(before), survey(after));
    let compared = Compared { before: &before, file_before: &file_before, after: &after, file_after: &file_after };
    compared.changes().into_iter().map(|change| change.words).collect()
}

const BEFORE: &str = r#"{"name":"A","progress_days":30,"require_if_match":false,"answer_schema":{"properties":{"a":{"type":"string"}}},
    "screens":[{"name":"one"},{"name":"two","title":"Two"},{"name":"three"}],
    "definition":{"pages":[{"elements":[{"name":"a","title":"A?","type":"text"},{"name":"b","type":"text"}]}]}}"#;

#[test]
fn a_file_that_says_the_same_changes_nothing() {
    assert_eq!(words(BEFORE, BEFORE), Vec::<String>::new());
    // Nor does another way to write it.
    assert_eq!(
        words(BEFORE, &BEFORE.replace(r#""name":"a","title":"A?""#, r#""title" : "A?", "name":"a""#)),
        Vec::<String>::new()
    );
}

#[test]
fn every_change_is_told_in_words() {
    let after = r#"{"name":"B","instructions":"x","status":"closing","progress_days":14,"require_if_match":true,
        "answer_schema":{"properties":{"a":{"type":"integer"}}},
        "screens":[{"name":"three"},{"name":"one","title":"One","schema":{"required":["a"]}},{"name":"four"}],
        "definition":{"pages":[{"elements":[{"name":"a","title":"A!","type":"text"},{"name":"c","type":"text"}]}]}}"#;
    assert_eq!(
        words(BEFORE, after),
        [
            "The name changes from “A” to “B”.",
            "Participants are given instructions first.",
            "The survey becomes closing; it is open now.",
            "A draft lives 14 days after its last save, and not 30. This counts for each draft from its next save on.",
            "Writes of drafts must name the version that they were made on.",
            "The schema of the answers changes, and with it their shape.",
            "The screen two (“Two”) is removed.",
            "The screen one (“One”) changes: its title and what it asks for.",
            "The screen four is added.",
            "The screens have another order. Drafts know the number of a screen, not its name.",
            "The question b is removed.",
            "The question a (“A!”) changes: title.",
            "The question c is added.",
        ]
    );
}

#[test]
fn what_a_file_does_not_name_does_not_change() {
    let kept = words(BEFORE, r#"{"name":"A","definition":{"pages":[{"elements":[]}]}}"#);
    assert!(!kept.iter().any(|words| words.contains("days") || words.contains("version")), "{kept:?}");
}

#[test]
fn a_file_without_instructions_takes_them_away() {
    let with = |instructions: &str| {
        BEFORE.replace(r#""name":"A","#, &format!(r#""name":"A","instructions":"{instructions}","#))
    };
    assert_eq!(words(&with("x"), BEFORE), ["The instructions are removed: the file has none."]);
    assert_eq!(words(&with("x"), &with("y")), ["The instructions change."]);
}

#[test]
fn limits_leave_the_shape_as_it_is() {
    let after = BEFORE.replace(r#"{"type":"string"}"#, r#"{"type":"string","maxLength":3}"#);
    assert_eq!(words(BEFORE, &after), ["The schema of the answers changes, but not their shape."]);
    let after = BEFORE.replace(r#"{"properties":{"a":{"type":"string"}}}"#, "null");
    assert_eq!(words(BEFORE, &after), ["The schema of the answers is taken away."]);
    assert_eq!(words(&after, BEFORE), ["The survey gets a schema of its answers."]);
}

#[test]
fn what_is_no_question_is_told_as_such() {
    let after = BEFORE.replace(r#"{"pages":"#, r#"{"logo":"x","pages":"#);
    assert_eq!(words(BEFORE, &after), ["The definition changes; no question does."]);
    let (a, b) = (r#"{"name":"a","title":"A?","type":"text"}"#, r#"{"name":"b","type":"text"}"#);
    let after = BEFORE.replace(&format!("{a},{b}"), &format!("{b},{a}"));
    assert_eq!(words(BEFORE, &after), ["The questions have another order."]);
}

#[test]
fn questions_are_named_as_with_their_answers() {
    let after = BEFORE.replace(
        r#"{"name":"b","type":"text"}"#,
        r#"{"name":"c","valueName":"b","title":{"de":"B?","en":"The other?"},"type":"text"}"#,
    );
    assert_eq!(words(BEFORE, &after), ["The question b (“The other?”) changes: name, title, valueName."]);
    let twice = after.replace(r#"{"name":"c","#, r#"{"name":"a2","valueName":"b"},{"name":"c","#);
    assert_eq!(words(&twice, &after.replace("The other?", "That?"))[0], "The question b (“The other?”) is removed.");
}
