//! Which part of a form state answers which question.

use std::collections::HashMap;

use serde_json::value::RawValue;

use super::{Members, Questions};
use crate::{http::fields, submissions::answers::id_of};

/// Members in which front ends put all answers, beside what else they keep.
const CONTAINERS: [&str; 4] = ["responses", "answers", "values", "data"];

/// A form state, taken apart.
#[derive(Debug)]
pub struct Parts<'a> {
    /// By the number of the question: what was answered to it.
    pub answers: Vec<Vec<&'a RawValue>>,
    /// What belongs to no question, with its place.
    pub other: Vec<(String, &'a RawValue)>,
}

impl<'a> Parts<'a> {
    pub(super) fn of(questions: &Questions) -> Self {
        Self { answers: vec![Vec::new(); questions.questions.len()], other: Vec::new() }
    }

    pub(super) fn put(&mut self, question: Option<usize>, place: &str, value: &'a RawValue) {
        match question.and_then(|number| self.answers.get_mut(number)) {
            Some(answers) => answers.push(value),
            None => self.other.push((place.to_owned(), value)),
        }
    }
}

impl Questions {
    /// Takes a form state apart. Known are: `{question: value}`, the same below the name of a screen or of a container such as
    /// `responses`, and lists of options' ids or of objects with a `questionId`.
    pub fn apart<'a>(&self, data: &'a RawValue) -> Parts<'a> {
        let mut parts = Parts::of(self);
        match data.get().as_bytes().first() {
            Some(b'{') => {
                for (name, value, is_last) in named(data) {
                    match self.by_id.get(&name).filter(|_| is_last) {
                        Some(number) => parts.put(Some(*number), &name, value),
                        None => self.take_member(&name, value, &mut parts),
                    }
                }
            }
            Some(b'[') => self.take_list("", data, &mut parts),
            _ => parts.put(None, "", data),
        }
        parts
    }

    pub(super) fn take_member<'a>(&self, name: &str, value: &'a RawValue, parts: &mut Parts<'a>) {
        let screen = self.screens.iter().position(|screen| screen.names.iter().any(|own| own == name));
        let within = match screen {
            Some(number) => self.questions_of(number),
            None if CONTAINERS.contains(&name) => 0..self.questions.len(),
            None => return parts.put(None, name, value),
        };
        match value.get().as_bytes().first() {
            Some(b'[') => self.take_list(name, value, parts),
            Some(b'{') => {
                let members = named(value);
                let question = |own: &str| self.by_id.get(own).copied().filter(|number| within.contains(number));
                if !members.iter().any(|(own, ..)| question(own).is_some()) {
                    return parts.put(None, name, value);
                }
                for (own, value, is_last) in members {
                    parts.put(question(&own).filter(|_| is_last), &below(name, &own), value);
                }
            }
            _ => parts.put(None, name, value),
        }
    }

    fn questions_of(&self, screen: usize) -> std::ops::Range<usize> {
        let end = self.screens.get(screen + 1).map_or(self.questions.len(), |next| next.first);
        self.screens[screen].first..end
    }

    fn take_list<'a>(&self, place: &str, list: &'a RawValue, parts: &mut Parts<'a>) {
        let elements: Vec<&RawValue> = serde_json::from_str(list.get()).unwrap_or_default();
        let questions: Vec<Option<usize>> = elements.iter().map(|element| self.question_in(element)).collect();
        if questions.iter().all(Option::is_none) {
            return parts.put(None, place, list);
        }
        for (index, (element, question)) in elements.into_iter().zip(questions).enumerate() {
            parts.put(question, &below(place, &index.to_string()), element);
        }
    }

    /// The question that an element of a list answers.
    fn question_in(&self, element: &RawValue) -> Option<usize> {
        match element.get().starts_with('{') {
            true => self.by_id.get(&id_of(Members::of(element).get("questionId")?)?).copied(),
            false => self.by_option.get(&id_of(element)?).copied(),
        }
    }
}

/// The members of an object with their names, and whether they are the last ones of their name, which count.
pub(super) fn named(object: &RawValue) -> Vec<(String, &RawValue, bool)> {
    let members = Members::of(object).0;
    let text = |name: &RawValue| fields::text(name).map_or_else(|| name.get().to_owned(), std::borrow::Cow::into_owned);
    let names: Vec<String> = members.iter().map(|(name, _)| text(name)).collect();
    let last: HashMap<&str, usize> = names.iter().enumerate().map(|(index, name)| (name.as_str(), index)).collect();
    let is_last: Vec<bool> = names.iter().enumerate().map(|(index, name)| last[name.as_str()] == index).collect();
    let members = members.into_iter().zip(is_last);
    names.into_iter().zip(members).map(|(name, ((_, value), is_last))| (name, value, is_last)).collect()
}

/// The place of a member.
pub fn below(place: &str, name: &str) -> String {
    let name = super::cut(name, super::LONGEST_NAME).replace('~', "~0").replace('/', "~1");
    if place.is_empty() { name } else { format!("{place}/{name}") }
}
