//! The answers of a submission: the shapes in which front ends send them, brought to one.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use serde_json::value::RawValue;

use crate::{
    http::{
        body::{Object, member},
        fields,
    },
    problem::{FieldError, MOST_ERRORS},
};

/// More answers than any form asks for; a bound on the work that one request can cause.
const MOST: usize = 10_000;

/// What a participant answered to a question.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The question's name or id.
    pub question: String,
    /// The value, as it was sent.
    pub value: Box<RawValue>,
}

/// All answers of a submission.
#[derive(Debug, Clone, Default)]
pub struct Answers(Arc<[Answer]>);

impl Answers {
    /// Reads the answers that stand in a body at this JSON Pointer: an object `{question: value}`, or a list of objects
    /// with a `questionId`, or a list of ids of options. Options must be those that the survey's definition knows, of the
    /// question that they answer. Everything that is wrong is told at once.
    pub fn read(sent: &RawValue, options: &Options, at: &str) -> Result<Self, Vec<FieldError>> {
        let (answers, errors) = match sent.get().as_bytes().first() {
            Some(b'{') => of_object(sent, options, at),
            Some(b'[') => of_list(sent, options, at),
            _ => return Err(vec![FieldError::at(at, "must be an object or a list")]),
        };
        if answers.len() > MOST {
            return Err(vec![FieldError::at(at, "must have 10000 answers at most")]);
        }
        match errors.is_empty() {
            true => Ok(Self(answers.into())),
            false => Err(errors.into_iter().take(MOST_ERRORS).collect()),
        }
    }

    /// How many there are.
    pub fn count(&self) -> i32 {
        i32::try_from(self.0.len()).unwrap_or(i32::MAX)
    }

    /// The answers in the order in which they were sent.
    pub fn iter(&self) -> impl Iterator<Item = &Answer> {
        self.0.iter()
    }
}

fn of_object(sent: &RawValue, options: &Options, at: &str) -> (Vec<Answer>, Vec<FieldError>) {
    let Ok(members) = serde_json::from_str::<Object<'_>>(sent.get()) else {
        return (Vec::new(), vec![FieldError::at(at, "must have member names of valid Unicode")]);
    };
    let mut errors = Vec::new();
    let mut answers = Vec::with_capacity(members.0.len());
    for (question, value) in members.0.into_iter().take(MOST + 1) {
        if question.contains('\0') {
            errors.push(FieldError::at(at, "must have member names without control characters"));
            continue;
        }
        let place = || format!("{at}/{}", escaped(&question));
        errors.extend(options.misfits(&question, value).map(|misfit| FieldError::at(&(place() + &misfit), NO_OPTION)));
        answers.push(Answer { question, value: value.to_owned() });
    }
    (answers, errors)
}

fn of_list(sent: &RawValue, options: &Options, at: &str) -> (Vec<Answer>, Vec<FieldError>) {
    let Ok(elements) = serde_json::from_str::<Vec<&RawValue>>(sent.get()) else {
        return (Vec::new(), vec![FieldError::at(at, "must be a list")]);
    };
    let mut errors = Vec::new();
    let mut answers = Vec::with_capacity(elements.len().min(MOST + 1));
    for (index, element) in elements.into_iter().enumerate().take(MOST + 1) {
        match of_element(element, options) {
            Ok(answer) => {
                let chosen = member(element, "optionId").map(|chosen| options.misfits(&answer.question, chosen));
                let misfits = chosen.into_iter().flatten().map(|misfit| format!("{at}/{index}/optionId{misfit}"));
                errors.extend(misfits.map(|misfit| FieldError::at(&misfit, NO_OPTION)));
                answers.push(answer);
            }
            Err(detail) => errors.push(FieldError::at(&format!("{at}/{index}"), detail)),
        }
    }
    (answers, errors)
}

/// What is said of an option that the question does not have.
const NO_OPTION: &str = "is not an option of this question";

/// A member's name as a part of a JSON Pointer (RFC 6901, section 3).
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn of_element(element: &RawValue, options: &Options) -> Result<Answer, &'static str> {
    let question = match element.get().starts_with('{') {
        true => member(element, "questionId").and_then(id_of).ok_or("must have a questionId")?,
        false => {
            let option = id_of(element).ok_or("must be the id of an option, or an object with a questionId")?;
            options.question_of(&option).ok_or("is not an option of this survey")?.to_owned()
        }
    };
    Ok(Answer { question, value: element.to_owned() })
}

/// An id is a text or a number; both spellings of a number are the same id.
pub(crate) fn id_of(json: &RawValue) -> Option<String> {
    match json.get().as_bytes().first()? {
        b'"' => {
            fields::text(json).map(|text| text.into_owned()).filter(|text| !text.is_empty() && !text.contains('\0'))
        }
        b'0'..=b'9' | b'-' => Some(json.get().to_owned()),
        _ => None,
    }
}

/// The options that a survey's definition knows.
#[derive(Debug, Default)]
pub struct Options {
    question_of: HashMap<String, String>,
    of_question: HashMap<String, HashSet<String>>,
}

impl Options {
    /// Of a definition with `question_groups`; any other has none. A question or an option that is not as it should
    /// be is passed over, and takes nothing away from the others.
    pub fn of(definition: &RawValue) -> Self {
        let questions =
            elements(definition, "question_groups").into_iter().flat_map(|group| elements(group, "questions"));
        let pairs = questions.flat_map(|question| {
            // Once for each question: it may have thousands of options.
            let id = member(question, "id").and_then(id_of);
            let options = id
                .into_iter()
                .flat_map(|id| elements(question, "options").into_iter().map(move |option| (option, id.clone())));
            options.filter_map(|(option, question)| Some((id_of(member(option, "id")?)?, question)))
        });
        let mut known = Self::default();
        for (option, question) in pairs {
            known.of_question.entry(question.clone()).or_default().insert(option.clone());
            known.question_of.insert(option, question);
        }
        known
    }

    fn question_of(&self, option: &str) -> Option<&str> {
        self.question_of.get(option).map(String::as_str)
    }

    /// Whether what is none of these options was meant to be one. Where options are numbered, other texts are the
    /// participant's own words, as in "other, namely".
    fn is_an_option(&self, id: &str, options: &HashSet<String>) -> bool {
        let is_number = |id: &str| id.bytes().all(|byte| byte.is_ascii_digit());
        is_number(id) || self.question_of.contains_key(id) || !options.iter().all(|option| is_number(option))
    }

    /// The places in an answer, as ends of a JSON Pointer, that name an option which the question does not have. A
    /// question without options takes anything; no answer (null, an empty text) and objects are not options.
    fn misfits(&self, question: &str, answer: &RawValue) -> impl Iterator<Item = String> {
        let options = self.of_question.get(question);
        let misfits = |json: &RawValue| match (options, json.get().as_bytes().first()) {
            (None, _) | (_, Some(b'{' | b'[' | b'n')) => false,
            (Some(_), _) if json.get() == "\"\"" => false,
            (Some(options), _) => {
                id_of(json).is_none_or(|id| !options.contains(&id) && self.is_an_option(&id, options))
            }
        };
        let list: Vec<&RawValue> = match options {
            Some(_) if answer.get().starts_with('[') => serde_json::from_str(answer.get()).unwrap_or_default(),
            _ => Vec::new(),
        };
        let elements: Vec<String> = list
            .iter()
            .enumerate()
            .filter(|(_, element)| misfits(element))
            .map(|(index, _)| format!("/{index}"))
            .collect();
        misfits(answer).then(String::new).into_iter().chain(elements)
    }
}

/// The elements of the list that is a member of an object; none if there is no such list.
fn elements<'a>(object: &'a RawValue, name: &str) -> Vec<&'a RawValue> {
    member(object, name).and_then(|list| serde_json::from_str(list.get()).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFINITION: &str = r#"{"question_groups":[{"questions":[
        {"id":10,"options":[{"id":100},{"id":101}]},{"id":"q2","options":[{"id":"yes"}]},
        {"options":[{"id":7}]},{"id":11,"options":null},3]},{"questions":{}}]}"#;

    fn read(answers: &str) -> Result<Vec<(String, String)>, Vec<String>> {
        let raw = |text: &str| serde_json::from_str::<Box<RawValue>>(text).expect("JSON");
        Answers::read(&raw(answers), &Options::of(&raw(DEFINITION)), "/answers")
            .map(|answers| {
                answers.iter().map(|answer| (answer.question.clone(), answer.value.get().to_owned())).collect()
            })
            .map_err(|errors| errors.into_iter().map(|error| error.pointer).collect())
    }

    fn pairs(pairs: &[(&str, &str)]) -> Result<Vec<(String, String)>, Vec<String>> {
        Ok(pairs.iter().map(|(question, value)| (question.to_string(), value.to_string())).collect())
    }

    #[test]
    fn all_three_shapes_become_questions_with_values() {
        assert_eq!(read(r#"{"b":1e2,"a":[1]}"#), pairs(&[("b", "1e2"), ("a", "[1]")]));
        assert_eq!(read(r#"[{"questionId":7,"x":1}]"#), pairs(&[("7", r#"{"questionId":7,"x":1}"#)]));
        assert_eq!(read(r#"[101,"100","yes"]"#), pairs(&[("10", "101"), ("10", r#""100""#), ("q2", r#""yes""#)]));
        assert_eq!(read("[]"), pairs(&[]));
    }

    #[test]
    fn an_answer_must_be_an_option_of_its_own_question() {
        for answers in [
            r#"{"10":100,"q2":"yes","free":"text","11":5}"#,
            r#"{"10":["100",101],"q2":null}"#,
            r#"{"10":"","q2":{"other":"maybe"}}"#,
            r#"{"10":"on a donkey"}"#,
            r#"[{"questionId":10,"optionId":101},{"questionId":"free","optionId":3}]"#,
        ] {
            assert!(read(answers).is_ok(), "{answers}");
        }
        let wrong = |pointers: &[&str]| Err(pointers.iter().map(|pointer| pointer.to_string()).collect());
        assert_eq!(read(r#"{"10":"yes","q2":true}"#), wrong(&["#/answers/10", "#/answers/q2"]));
        assert_eq!(read(r#"{"10":"7","q2":"maybe"}"#), wrong(&["#/answers/10", "#/answers/q2"]));
        assert_eq!(read(r#"{"10":[100,"yes",3]}"#), wrong(&["#/answers/10/1", "#/answers/10/2"]));
        assert_eq!(read(r#"[{"questionId":10,"optionId":7}]"#), wrong(&["#/answers/0/optionId"]));
    }

    #[test]
    fn every_unknown_option_is_pointed_at() {
        let wrong = |pointers: &[&str]| Err(pointers.iter().map(|pointer| pointer.to_string()).collect());
        assert_eq!(
            read(r#"[100,999,null,{"x":1},"no"]"#),
            wrong(&["#/answers/1", "#/answers/2", "#/answers/3", "#/answers/4"])
        );
        assert_eq!(read("3"), wrong(&["#/answers"]));
        assert_eq!(read(&format!("[{}100]", "100,".repeat(10_000))), wrong(&["#/answers"]));
    }
}
