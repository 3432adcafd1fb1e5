//! The questions of a survey, as far as its `definition` tells them, and what was answered to them, in words. Pure.
//!
//! Definitions are the front ends' own. Two shapes are known: `question_groups`, and the `pages` of SurveyJS. Whatever is not as
//! expected is passed over, and data of an unknown shape is shown by its members' names. All that is shown is bounded.

mod apart;
mod definition;
pub mod pretty;
#[cfg(test)]
mod tests;
mod unasked;
pub mod words;

use std::{borrow::Cow, collections::HashMap};

use serde_json::value::RawValue;

use self::words::{Bounded, LONGEST_NAME, Room, cut, flattened};
pub use self::{
    apart::{Parts, below},
    definition::{Asked, asked},
};
use crate::{
    http::{body::Object, fields},
    submissions::answers::id_of,
};

/// More questions than a person looks through; those beyond are other data.
const MOST_QUESTIONS: usize = 1000;
/// More options than all questions have together; those beyond are shown as they were sent.
const MOST_OPTIONS: usize = 50_000;

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
        let mut questions = Self::default();
        for (screen, asked) in definition::screens(definition) {
            questions.begin_screen(&screen);
            asked.iter().filter(|asked| !asked.is_repeated).for_each(|asked| questions.add(asked));
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

    fn add(&mut self, asked: &Asked<'_>) {
        let Asked { id, text, members, .. } = asked;
        let number = self.questions.len();
        if number == MOST_QUESTIONS || self.by_id.contains_key(id) {
            return;
        }
        let mut known = HashMap::new();
        for option in asked.options.iter().flat_map(|name| members.list(name)) {
            let members = Members::of(option);
            let id = id_of(option).or_else(|| members.get("id").or_else(|| members.get("value")).and_then(id_of));
            let Some(id) = id.filter(|_| self.by_option.len() < MOST_OPTIONS) else { continue };
            let text = members.label(&["text", "name", "title"]).unwrap_or_else(|| cut(&id, LONGEST_NAME));
            self.by_option.entry(id.clone()).or_insert(number);
            known.insert(id, text);
        }
        for (value, label) in [("true", "labelTrue"), ("false", "labelFalse")] {
            if let Some(text) = members.label(&[label]) {
                known.insert(value.to_owned(), text);
            }
        }
        self.by_id.insert(id.clone(), number);
        self.questions.push(Question { id: id.clone(), text: text.clone(), options: known });
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
            match self.by_id.get(question) {
                Some(number) => parts.put(Some(*number), question, value),
                // A draft's own answers have the form state's members, such as `responses`.
                None => self.take_member(question, value, &mut parts),
            }
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
    }
}
