//! The questions of a definition, to be compared with those of another, as far as they can be told: those of `question_groups`,
//! and SurveyJS's elements. Pure.

use serde_json::{Value, value::RawValue};

/// A question of a front end's own JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Names it: its id or name.
    pub id: String,
    /// What its answers go by: mostly the same.
    pub answers: String,
    /// What participants read; nothing if it does not say.
    pub text: String,
    /// All of it.
    pub value: Value,
}

/// Where lists of questions stand, or of what holds such lists.
const LISTS: [&str; 6] = ["question_groups", "pages", "questions", "elements", "templateElements", "panels"];
/// What holds questions and is none itself.
const HOLDERS: [&str; 2] = ["question_groups", "pages"];
/// Members that have the text of a question, the first that is there.
const TEXTS: [&str; 3] = ["text", "title", "label"];
/// As deep as a body may be.
const DEEPEST: usize = 128;

/// All questions of a definition, in their order; none of one that cannot be looked through.
pub fn questions(definition: &RawValue) -> Vec<Question> {
    let mut questions = Vec::new();
    if let Ok(definition) = serde_json::from_str::<Value>(definition.get()) {
        gather(&definition, DEEPEST, &mut questions);
    }
    questions
}

fn gather(holder: &Value, left: usize, questions: &mut Vec<Question>) {
    let Some(left) = left.checked_sub(1) else { return };
    for name in LISTS {
        for element in holder.get(name).and_then(Value::as_array).into_iter().flatten() {
            let is_panel = element.get("type").and_then(Value::as_str) == Some("panel");
            if !HOLDERS.contains(&name) && !is_panel {
                questions.extend(question(element));
            }
            gather(element, left, questions);
        }
    }
}

fn question(element: &Value) -> Option<Question> {
    let names = |names: &[&str]| {
        names.iter().find_map(|name| match element.get(name)? {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        })
    };
    let (id, answers) = (names(&["id", "name"])?, names(&["id", "valueName", "name"])?);
    let text = TEXTS.into_iter().find_map(|name| text_in(element.get(name)?)).unwrap_or_default();
    Some(Question { id, answers, text, value: element.clone() })
}

/// A text, or the default of one in several languages.
fn text_in(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Object(languages) => {
            languages.get("default").or_else(|| languages.values().next())?.as_str().map(str::to_owned)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(definition: &str) -> Vec<(String, String)> {
        let raw: Box<RawValue> = serde_json::from_str(definition).expect("JSON");
        questions(&raw).into_iter().map(|question| (question.id, question.text)).collect()
    }

    #[test]
    fn questions_of_both_kinds_of_definitions_are_found() {
        let groups = r#"{"question_groups":[{"id":1,"name":"A","questions":[{"id":10,"text":"How?"},{"id":"q2"},3]}]}"#;
        assert_eq!(told(groups), [("10".into(), "How?".into()), ("q2".into(), "".into())]);
        let pages = r#"{"pages":[{"name":"p1","elements":[{"type":"text","name":"age","title":{"default":"Age?"}},
            {"type":"panel","name":"box","elements":[{"type":"text","name":"inner"}]},
            {"type":"paneldynamic","name":"children","templateElements":[{"type":"text","name":"child"}]}]}]}"#;
        let ids: Vec<String> = told(pages).into_iter().map(|(id, _)| id).collect();
        assert_eq!(ids, ["age", "inner", "children", "child"]);
        let renamed: Box<RawValue> =
            serde_json::from_str(r#"{"elements":[{"name":"mail","valueName":"contact"}]}"#).expect("JSON");
        let renamed = &questions(&renamed)[0];
        assert_eq!((renamed.id.as_str(), renamed.answers.as_str()), ("mail", "contact"));
        assert_eq!(told(r#"{"pages":{"elements":3},"x":[{"id":1}]}"#), []);
    }
}
