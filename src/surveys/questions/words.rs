//! JSON in words, never more than somebody reads.

use serde_json::value::RawValue;

use super::{
    Line, Members, Question,
    apart::{below, named},
};
use crate::{http::fields, submissions::answers::id_of};

/// The longest text of a question, of an option, or of a member's name that is shown, in characters.
pub const LONGEST_NAME: usize = 300;
/// The longest answer that is shown, in characters.
const LONGEST_ANSWER: usize = 2000;
/// What is still shown of an answer when there is no more room.
const LEAST: usize = 80;
/// All answers together, in characters.
const MOST_CHARACTERS: usize = 200_000;
/// More entries beside the questions than anybody reads.
const MOST_OTHERS: usize = 300;
/// How deep other data is shown by its members; what is deeper is shown as JSON.
const DEEPEST: usize = 6;

/// How much may still be said.
#[derive(Debug)]
pub struct Room {
    left: usize,
    /// Whether something was left out.
    pub is_cut: bool,
}

impl Default for Room {
    fn default() -> Self {
        Self { left: MOST_CHARACTERS, is_cut: false }
    }
}

impl Room {
    /// A text, as far as there is room; none if nothing is said.
    pub fn said(&mut self, say: impl FnOnce(&mut Bounded)) -> Option<String> {
        let room = self.left.clamp(LEAST, LONGEST_ANSWER);
        let mut text = Bounded::new(room);
        say(&mut text);
        self.left = self.left.saturating_sub(room - text.left);
        self.is_cut |= text.is_cut;
        Some(text.finish()).filter(|text| !text.is_empty())
    }
}

/// A text that stops growing.
#[derive(Debug)]
pub struct Bounded {
    text: String,
    left: usize,
    is_cut: bool,
}

impl Bounded {
    fn new(room: usize) -> Self {
        Self { text: String::new(), left: room, is_cut: false }
    }

    fn push(&mut self, text: &str) {
        for character in text.chars() {
            if self.left == 0 {
                self.is_cut = true;
                return;
            }
            self.left -= 1;
            self.text.push(visible(character));
        }
    }

    /// One more of several, if it says anything.
    pub(super) fn next(&mut self, say: impl FnOnce(&mut Self)) {
        if self.is_cut {
            return;
        }
        let before = (self.text.len(), self.left);
        if before.0 > 0 {
            self.push(", ");
        }
        let begun = self.text.len();
        say(self);
        if self.text.len() == begun && !self.is_cut {
            self.text.truncate(before.0);
            self.left = before.1;
        }
    }

    fn finish(mut self) -> String {
        if self.is_cut {
            self.text.push('…');
        }
        self.text
    }
}

/// Characters that a page cannot show get a sign that it can.
fn visible(character: char) -> char {
    match character {
        '\n' | '\t' => character,
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(character)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\u{7f}' => '\u{2421}',
        other => other,
    }
}

/// A text, as far as it has no more characters than this.
pub fn cut(text: &str, longest: usize) -> String {
    let mut bounded = Bounded::new(longest);
    bounded.push(text);
    bounded.finish()
}

/// Says a JSON value of which nothing is known.
pub fn say_plain(json: &RawValue, text: &mut Bounded) {
    say(&Question::default(), json, text);
}

/// More than any draft holds.
const EVERYTHING: usize = 4 << 20;
/// How much is shown of what two long texts have in common, before they differ.
const COMMON: usize = 40;

/// Two values in words, so that one sees how they differ: as JSON where the words are the same, and without most of what long
/// texts begin with in common.
pub fn told_apart(
    say: impl Fn(&mut Bounded, &[&RawValue]),
    one: &[&RawValue],
    other: &[&RawValue],
) -> (Option<String>, Option<String>) {
    let whole = |say: &dyn Fn(&mut Bounded)| {
        let mut text = Bounded::new(EVERYTHING);
        say(&mut text);
        text.finish()
    };
    let in_words = |values: &[&RawValue]| whole(&|text| say(text, values));
    let as_json = |values: &[&RawValue]| {
        whole(&|text| values.iter().for_each(|value| text.next(|text| say_json(value.get(), text))))
    };
    let (mut said, mut also) = (in_words(one), in_words(other));
    if said == also {
        (said, also) = (as_json(one), as_json(other));
    }
    let same = said.chars().zip(also.chars()).take_while(|(one, other)| one == other).count();
    let shown = |text: String| {
        let text = match same > LONGEST_NAME {
            true => format!("…{}", text.chars().skip(same - COMMON).collect::<String>()),
            false => text,
        };
        Some(cut(&text, LONGEST_ANSWER)).filter(|text| !text.is_empty())
    };
    (shown(said), shown(also))
}

/// The members of an object, or the elements of a list that are more than plain values, with their names; none of anything else.
pub fn parts_of(json: &RawValue) -> Option<Vec<(String, &RawValue)>> {
    let parts: Vec<(String, &RawValue)> = match json.get().as_bytes().first() {
        Some(b'{') => named(json).into_iter().map(|(name, value, _)| (name, value)).collect(),
        Some(b'[') => {
            let elements: Vec<&RawValue> = serde_json::from_str(json.get()).unwrap_or_default();
            let is_plain = !elements.iter().any(|element| element.get().starts_with(['[', '{']));
            let named = elements.into_iter().enumerate().map(|(index, element)| (index.to_string(), element));
            if is_plain { Vec::new() } else { named.collect() }
        }
        _ => Vec::new(),
    };
    Some(parts).filter(|parts| !parts.is_empty())
}

/// Says an answer to a question.
pub(super) fn say_answer(question: &Question, answer: &RawValue, text: &mut Bounded) {
    let members = if answer.get().starts_with('{') { Members::of(answer) } else { Members(Vec::new()) };
    let is_its = members.get("questionId").and_then(id_of).is_some_and(|id| id == question.id);
    if !is_its {
        return say(question, answer, text);
    }
    for (name, value) in &members.0 {
        match fields::text(name).as_deref() {
            Some("questionId") => {}
            Some("optionId" | "optionIds" | "value" | "text" | "answer") => {
                text.next(|text| say(question, value, text));
            }
            _ if value.get() == "null" => {}
            _ => text.next(|text| {
                say_plain(name, text);
                text.push(": ");
                say(question, value, text);
            }),
        }
    }
}

fn say(question: &Question, json: &RawValue, text: &mut Bounded) {
    let option = || id_of(json).or_else(|| Some(json.get().to_owned())).and_then(|id| question.option(&id));
    match json.get() {
        "null" => {}
        "true" => text.push(option().unwrap_or("yes")),
        "false" => text.push(option().unwrap_or("no")),
        list if list.starts_with('[') => {
            let elements: Vec<&RawValue> = serde_json::from_str(list).unwrap_or_default();
            for element in elements {
                text.next(|text| match element.get().starts_with(['[', '{']) {
                    true => say_json(element.get(), text),
                    false => say(question, element, text),
                });
            }
        }
        object if object.starts_with('{') => say_json(object, text),
        // What is not Unicode is shown as it stands in the JSON.
        scalar => match (option(), fields::text(json)) {
            (Some(option), _) => text.push(option),
            (None, Some(own)) => text.push(&own.replace("\r\n", "\n")),
            (None, None) => text.push(scalar),
        },
    }
}

/// Says JSON without the spaces around its parts.
fn say_json(json: &str, text: &mut Bounded) {
    let (mut is_text, mut is_escaped, mut begun) = (false, false, 0);
    for (index, byte) in json.bytes().enumerate() {
        if !is_text && byte.is_ascii_whitespace() {
            text.push(&json[begun..index]);
            begun = index + 1;
        }
        if text.is_cut {
            return;
        }
        match byte {
            b'"' if !is_escaped => is_text = !is_text,
            _ => {}
        }
        is_escaped = byte == b'\\' && !is_escaped;
    }
    text.push(&json[begun..]);
}

/// Data of which nothing is known, by the names of its members.
pub(super) fn flattened(data: &[(String, &RawValue)], room: &mut Room) -> Vec<Line> {
    let mut lines = Vec::new();
    for (place, value) in data {
        flatten(place, value, 0, &mut lines, room);
    }
    lines
}

fn flatten(place: &str, json: &RawValue, depth: usize, lines: &mut Vec<Line>, room: &mut Room) {
    if lines.len() == MOST_OTHERS {
        room.is_cut = true;
        return;
    }
    let Some(parts) = Some(json).filter(|_| depth < DEEPEST).and_then(parts_of) else {
        let answer = room.said(|text| say_plain(json, text));
        lines.push(Line { name: cut(place, LONGEST_NAME), answer });
        return;
    };
    for (name, value) in parts.iter().take(MOST_OTHERS + 1) {
        flatten(&below(place, name), value, depth + 1, lines, room);
    }
}
