//! What is different between two form states: by question, or by the place in the data. Pure.

use std::collections::HashMap;

use serde_json::value::RawValue;

use crate::surveys::questions::{
    Questions, below,
    words::{Bounded, LONGEST_NAME, cut, parts_of, say_plain, told_apart},
};

/// More changes than anybody looks through.
const MOST: usize = 200;
/// How deep two values are compared by their members.
const DEEPEST: usize = 16;

/// What is different.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// What has changed, in the order of the questions; what belongs to none comes last.
    pub changes: Vec<Change>,
    /// Whether there is more than is told.
    pub is_cut: bool,
}

/// A question, or a place in the data, at which something else stands.
#[derive(Debug, PartialEq, Eq)]
pub struct Change {
    /// The question's text, or the place.
    pub name: String,
    /// What stood there, in words; none if it was nothing.
    pub was: Option<String>,
    /// What stands there now; none if it is nothing.
    pub now: Option<String>,
}

impl Difference {
    /// Between two form states.
    pub fn between(questions: &Questions, was: &RawValue, now: &RawValue) -> Self {
        let mut difference = Self::default();
        let (was, now) = (questions.apart(was), questions.apart(now));
        for (number, (was, now)) in was.answers.iter().zip(&now.answers).enumerate() {
            let is_same = was.len() == now.len() && was.iter().zip(now).all(|(was, now)| was.get() == now.get());
            if let Some(question) = questions.question(number).filter(|_| !is_same) {
                let (was, now) = told_apart(|text, answers| questions.say(number, answers, text), was, now);
                difference.add(Change { name: question.text.clone(), was, now });
            }
        }
        difference.compare_all(&was.other, &now.other, str::to_owned, 0);
        difference
    }

    fn compare(&mut self, place: &str, was: Option<&RawValue>, now: Option<&RawValue>, depth: usize) {
        if self.is_cut || was.map(RawValue::get) == now.map(RawValue::get) {
            return;
        }
        if let (Some(was), Some(now)) = (was, now)
            && depth < DEEPEST
            && let Some((was, now)) = parts_of_both(was, now)
        {
            return self.compare_all(&was, &now, |name| below(place, name), depth + 1);
        }
        let say = |text: &mut Bounded, values: &[&RawValue]| values.iter().for_each(|value| say_plain(value, text));
        let (was, now) = told_apart(say, was.as_slice(), now.as_slice());
        let name = if place.is_empty() { "All of it" } else { place };
        self.add(Change { name: cut(name, LONGEST_NAME), was, now });
    }

    fn compare_all(
        &mut self,
        was: &[(String, &RawValue)],
        now: &[(String, &RawValue)],
        place: impl Fn(&str) -> String,
        depth: usize,
    ) {
        // Of a name that is repeated, the last one counts.
        let index = |parts: &[(String, &RawValue)]| -> HashMap<String, usize> {
            parts.iter().enumerate().map(|(number, (name, _))| (name.clone(), number)).collect()
        };
        let (in_was, in_now) = (index(was), index(now));
        for (number, (name, value)) in was.iter().enumerate() {
            if in_was.get(name) == Some(&number) {
                let other = in_now.get(name).map(|number| now[*number].1);
                self.compare(&place(name), Some(value), other, depth);
            }
        }
        for (number, (name, value)) in now.iter().enumerate() {
            if in_now.get(name) == Some(&number) && !in_was.contains_key(name) {
                self.compare(&place(name), None, Some(value), depth);
            }
        }
    }

    fn add(&mut self, change: Change) {
        match self.changes.len() < MOST {
            true => self.changes.push(change),
            false => self.is_cut = true,
        }
    }
}

/// The members of both, or their elements, if they can be compared by these.
fn parts_of_both<'a>(was: &'a RawValue, now: &'a RawValue) -> Option<(Named<'a>, Named<'a>)> {
    let is_object = |json: &RawValue| json.get().starts_with('{');
    (is_object(was) == is_object(now)).then(|| parts_of(was).zip(parts_of(now))).flatten()
}

type Named<'a> = Vec<(String, &'a RawValue)>;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FORM: &str = r#"{"question_groups":[{"id":1,"questions":[
        {"id":10,"text":"How?","options":[{"id":100,"text":"On foot"},{"id":101,"text":"By bus"}]},{"id":11,"text":"Why?"}]}]}"#;

    fn raw(json: &str) -> Box<RawValue> {
        serde_json::from_str(json).expect("JSON")
    }

    fn between(was: &str, now: &str) -> Vec<String> {
        let (form, was, now) = (raw(FORM), raw(was), raw(now));
        let difference = Difference::between(&Questions::of(&form), &was, &now);
        let said = |words: &Option<String>| words.clone().unwrap_or_else(|| "-".into());
        difference.changes.iter().map(|one| format!("{} | {} | {}", one.name, said(&one.was), said(&one.now))).collect()
    }

    #[test]
    fn what_has_changed_is_told_by_question_and_by_place() {
        let was = r#"{"10":100,"a":{"b":[{"c":1},{"c":2}],"same":[1]},"gone":{"x":1},"list":[1,2]}"#;
        let now = r#"{"11":"x","10":101,"a":{"same":[1],"b":[{"c":1},{"c":3,"d":""}]},"new":true,"list":[2]}"#;
        insta::assert_snapshot!(between(was, now).join("\n"), @r#"
        How? | On foot | By bus
        Why? | - | x
        a/b/1/c | 2 | 3
        a/b/1/d | - | ""
        gone | {"x":1} | -
        list | 1, 2 | 2
        new | - | yes
        "#);
        assert_eq!(between(was, was), Vec::<String>::new());
    }

    #[test]
    fn what_looks_the_same_in_words_is_shown_as_json() {
        assert_eq!(
            between(r#"{"10":100,"a":1}"#, r#"{"10":"100","a":"1"}"#),
            ["How? | 100 | \"100\"", "a | 1 | \"1\""]
        );
        assert_eq!(between(r#"{"a":null}"#, r#"{"a":""}"#), ["a | null | \"\""]);
        assert_eq!(between(r#"{"a":1,"a":2}"#, r#"{"a":2}"#), Vec::<String>::new());
        assert_eq!(between("1", r#"[1,{}]"#), ["All of it | 1 | 1, {}"]);
        assert_eq!(between(r#"{"a":{"x":1}}"#, r#"{"a":[{"x":1}]}"#), [r#"a | {"x":1} | [{"x":1}]"#]);
    }

    #[test]
    fn long_texts_are_shown_where_they_differ() {
        let text = |end: &str| format!(r#"{{"11":"{}{end}"}}"#, "é".repeat(100_000));
        let changes = between(&text("old"), &text("new"));
        assert_eq!(changes, [format!("Why? | …{0}old | …{0}new", "é".repeat(40))]);
    }

    #[test]
    fn however_much_has_changed_no_more_is_told_than_anybody_reads() {
        let many = |value: u8| {
            let members: Vec<String> = (0..50_000).map(|number| format!(r#""{number}":{value}"#)).collect();
            raw(&format!("{{{}}}", members.join(",")))
        };
        let difference = Difference::between(&Questions::default(), &many(1), &many(2));
        assert_eq!((difference.changes.len(), difference.is_cut), (MOST, true));
    }

    fn any_json() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("null".to_owned()),
            Just("100".to_owned()),
            "\"[a-c<]{0,3}\"",
            Just("\"\\ud800\"".to_owned())
        ];
        leaf.prop_recursive(5, 40, 5, |inner| {
            let name = prop_oneof![Just("10"), Just("responses"), Just("a"), Just("\\ud800"), Just("questionId")];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(|elements| format!("[{}]", elements.join(","))),
                prop::collection::vec((name, inner), 0..5).prop_map(|members| {
                    let members: Vec<_> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
                    format!("{{{}}}", members.join(","))
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn nothing_is_different_from_itself_and_nothing_breaks_it(was in any_json(), now in any_json()) {
            prop_assert_eq!(between(&was, &was), Vec::<String>::new());
            for change in between(&was, &now) {
                prop_assert!(!change.ends_with("| - | -"), "{}", change);
            }
        }
    }
}
