<<<<<<<< HEAD:src/surveys/questions.rs
//! The questions of a survey, as far as its `definition` tells them, and what was answered to them, in words. Pure.
//!
//! Definitions are the front ends' own. Two shapes are known: `question_groups`, and the `pages` of SurveyJS. Whatever is not as
//! expected is passed over, and data of an unknown shape is shown by its members' names. All that is shown is bounded.
========
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
>>>>>>>> e6143bc (Name the questions of a definition after what they are compared for):src/surveys/definition.rs

mod apart;
pub mod pretty;
#[cfg(test)]
mod tests;
pub mod words;

<<<<<<<< HEAD:src/surveys/questions.rs
use std::{borrow::Cow, collections::HashMap};

use serde_json::value::RawValue;

pub use self::apart::{Parts, below};
use self::words::{Bounded, LONGEST_NAME, Room, cut, flattened};
use crate::{
    http::{body::Object, fields},
    submissions::answers::id_of,
};

/// More questions than a person looks through; those beyond are other data.
const MOST_QUESTIONS: usize = 1000;
/// More options than all questions have together; those beyond are shown as they were sent.
const MOST_OPTIONS: usize = 50_000;
/// How deep panels may stand in panels.
const DEEPEST_PANEL: usize = 16;

/// The questions of a survey, in the order in which they are asked.
#[derive(Debug, Default)]
pub struct Questions {
    screens: Vec<Screen>,
    questions: Vec<Question>,
    /// By id; the first of two with the same.
    by_id: HashMap<String, usize>,
    /// By the id of an option that they have.
    by_option: HashMap<String, usize>,
}

/// Some questions that are asked together.
#[derive(Debug)]
struct Screen {
    /// By which data may name it.
    names: Vec<String>,
    title: String,
    /// Where its questions begin.
    first: usize,
}

/// A question.
#[derive(Debug, Default)]
pub struct Question {
    /// Names it in the data.
    pub id: String,
    /// What is asked.
    pub text: String,
    options: HashMap<String, String>,
}

impl Question {
    /// The text of one of its options.
    pub fn option(&self, id: &str) -> Option<&str> {
        self.options.get(id).map(String::as_str)
    }
}

/// What was answered, laid out to be read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    /// By screen, all questions in their order.
    pub screens: Vec<SheetScreen>,
    /// What belongs to no question.
    pub other: Vec<Line>,
    /// Whether there is more than is shown.
    pub is_cut: bool,
}

/// What was answered on a screen.
#[derive(Debug, PartialEq, Eq)]
pub struct SheetScreen {
    /// Its name for people.
    pub title: String,
    /// Its questions.
    pub lines: Vec<Line>,
}

/// A question, or a place in the data, and what stands there.
#[derive(Debug, PartialEq, Eq)]
pub struct Line {
    /// The question's text, or the member's name.
    pub name: String,
    /// The answer in words; none if there is none.
    pub answer: Option<String>,
}

impl Sheet {
    /// How many questions have an answer, and how many there are.
    pub fn answered(&self) -> (usize, usize) {
        let lines = || self.screens.iter().flat_map(|screen| &screen.lines);
        (lines().filter(|line| line.answer.is_some()).count(), lines().count())
    }
}

impl Questions {
    /// Of a definition.
    pub fn of(definition: &RawValue) -> Self {
        let (mut questions, definition) = (Self::default(), Members::of(definition));
        for group in definition.list("question_groups") {
            let group = Members::of(group);
            questions.begin_screen(&group);
            for question in group.list("questions") {
                questions.add(&Members::of(question), &["id"], &["text", "name", "title"], &["options"]);
            }
        }
        for page in definition.list("pages") {
            let page = Members::of(page);
            questions.begin_screen(&page);
            questions.add_elements(&page, 0);
        }
        // A form of SurveyJS without pages is one.
        if questions.screens.is_empty() {
            questions.begin_screen(&definition);
            questions.add_elements(&definition, 0);
        }
        questions
    }

    fn begin_screen(&mut self, screen: &Members<'_>) {
        if self.screens.len() == MOST_QUESTIONS {
            return;
        }
        let names = ["id", "name"].iter().filter_map(|name| screen.get(name).and_then(id_of)).collect();
        let title = screen.label(&["title", "name", "id"]).unwrap_or_default();
        self.screens.push(Screen { names, title, first: self.questions.len() });
    }

    fn add_elements(&mut self, parent: &Members<'_>, depth: usize) {
        for element in parent.list("elements").into_iter().chain(parent.list("questions")) {
            let element = Members::of(element);
            match element.get("type").and_then(fields::text).as_deref() {
                Some("panel") if depth < DEEPEST_PANEL => self.add_elements(&element, depth + 1),
                // They say something, and ask nothing.
                Some("panel" | "html" | "image") => {}
                _ => self.add(&element, &["valueName", "name"], &["title", "name"], &["choices", "rateValues"]),
            }
        }
    }

    fn add(&mut self, question: &Members<'_>, ids: &[&str], texts: &[&str], options: &[&str]) {
        let Some(id) = ids.iter().find_map(|name| question.get(name).and_then(id_of)) else { return };
        let number = self.questions.len();
        if number == MOST_QUESTIONS || self.by_id.contains_key(&id) {
            return;
        }
        let mut known = HashMap::new();
        for option in options.iter().flat_map(|name| question.list(name)) {
            let members = Members::of(option);
            let id = id_of(option).or_else(|| members.get("id").or_else(|| members.get("value")).and_then(id_of));
            let Some(id) = id.filter(|_| self.by_option.len() < MOST_OPTIONS) else { continue };
            let text = members.label(&["text", "name", "title"]).unwrap_or_else(|| cut(&id, LONGEST_NAME));
            self.by_option.entry(id.clone()).or_insert(number);
            known.insert(id, text);
        }
        for (value, label) in [("true", "labelTrue"), ("false", "labelFalse")] {
            if let Some(text) = question.label(&[label]) {
                known.insert(value.to_owned(), text);
            }
        }
        let text = question.label(texts).unwrap_or_else(|| cut(&id, LONGEST_NAME));
        self.by_id.insert(id.clone(), number);
        self.questions.push(Question { id, text, options: known });
    }

    /// Whether nothing is known of what is asked.
    pub fn is_empty(&self) -> bool {
        self.questions.is_empty()
    }

    /// What the screens are called, in their order.
    pub fn screens(&self) -> impl ExactSizeIterator<Item = &str> {
        self.screens.iter().map(|screen| screen.title.as_str())
    }

    /// The question at a place in a form state, such as `responses/10`: what its id names there.
    pub fn at(&self, place: &str) -> Option<&Question> {
        let number = place.split('/').find_map(|name| self.by_id.get(&name.replace("~1", "/").replace("~0", "~")));
        self.question(*number?)
    }

    /// What is asked, by its number.
    pub fn question(&self, number: usize) -> Option<&Question> {
        self.questions.get(number)
    }

    /// What stands in a form state, a draft's `data`.
    pub fn sheet(&self, data: &RawValue) -> Sheet {
        self.laid_out(&self.apart(data))
    }

    /// What stands in the answers of a submission: questions' ids with values, as they were sent.
    pub fn sheet_of<'a>(&self, answers: impl IntoIterator<Item = (&'a str, &'a RawValue)>) -> Sheet {
        let mut parts = Parts::of(self);
        for (question, value) in answers {
            parts.put(self.by_id.get(question).copied(), question, value);
        }
        self.laid_out(&parts)
    }

    fn laid_out(&self, parts: &Parts<'_>) -> Sheet {
        let mut room = Room::default();
        let ends = self.screens.iter().skip(1).map(|screen| screen.first).chain([self.questions.len()]);
        let screens = self.screens.iter().zip(ends).filter(|(screen, end)| screen.first < *end);
        let screens = screens.map(|(screen, end)| {
            let lines = (screen.first..end).map(|number| Line {
                name: self.questions[number].text.clone(),
                answer: room.said(|text| self.say(number, &parts.answers[number], text)),
            });
            SheetScreen { title: screen.title.clone(), lines: lines.collect() }
        });
        let screens = screens.collect();
        let other = flattened(&parts.other, &mut room);
        Sheet { screens, other, is_cut: room.is_cut }
    }

    /// Says what was answered to a question.
    pub fn say(&self, number: usize, answers: &[&RawValue], text: &mut Bounded) {
        let Some(question) = self.questions.get(number) else { return };
        for answer in answers {
            text.next(|text| words::say_answer(question, answer, text));
        }
    }
}

/// The members of an object; none of what is no object.
struct Members<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'a> Members<'a> {
    fn of(json: &'a RawValue) -> Self {
        let object = serde_json::from_str::<Object<'a, &'a RawValue>>(json.get());
        Self(object.map(|object| object.0).unwrap_or_default())
    }

    /// The value of a member, the last one if it is repeated.
    fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().rev().find(|(own, _)| fields::text(own).is_some_and(|own| own == name)).map(|(_, value)| *value)
    }

    fn list(&self, name: &str) -> Vec<&'a RawValue> {
        self.get(name).and_then(|list| serde_json::from_str(list.get()).ok()).unwrap_or_default()
    }

    /// The first of these members that says something: a text, a number, or a text in several languages.
    fn label(&self, names: &[&str]) -> Option<String> {
        let label = names.iter().filter_map(|name| self.get(name)).find_map(|value| {
            let plain = fields::text(value).or_else(|| id_of(value).map(Cow::Owned));
            plain.or_else(|| Self::of(value).in_some_language()).filter(|text| !text.trim().is_empty())
        });
        label.map(|text| cut(&text, LONGEST_NAME))
    }

    fn in_some_language(&self) -> Option<Cow<'a, str>> {
        let preferred = ["default", "en"].iter().filter_map(|language| self.get(language));
        preferred.chain(self.0.iter().map(|(_, text)| *text)).find_map(fields::text)
========
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
>>>>>>>> e6143bc (Name the questions of a definition after what they are compared for):src/surveys/definition.rs
    }
}
