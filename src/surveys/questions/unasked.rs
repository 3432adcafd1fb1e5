//! Which answers of a form state would answer nothing any more, were the questions others.

use std::collections::BTreeSet;

use serde_json::value::RawValue;

use super::{Members, Question, Questions};
use crate::submissions::answers::id_of;

/// How deep the options' ids of an answer may stand in lists and objects.
const DEEPEST: usize = 4;

impl Questions {
    /// The questions, and the options of questions, that `data` answers to and that are not among those of `after`: in words.
    pub fn unasked(&self, after: &Self, data: &RawValue) -> BTreeSet<String> {
        let parts = self.apart(data);
        let answered = self.questions.iter().zip(&parts.answers);
        let mut unasked = BTreeSet::new();
        for (question, answers) in answered {
            let said = answers.iter().filter(|answer| !["null", "\"\"", "[]", "{}"].contains(&answer.get()));
            match after.by_id.get(&question.id).and_then(|number| after.questions.get(*number)) {
                None => unasked.extend(said.map(|_| question.text.clone())),
                Some(still) => said.for_each(|answer| options(question, still, answer, DEEPEST, &mut unasked)),
            }
        }
        unasked
    }
}

/// The options in an answer that the question has, and will not have any more.
fn options(question: &Question, still: &Question, answer: &RawValue, depth: usize, unasked: &mut BTreeSet<String>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    match answer.get().as_bytes().first() {
        Some(b'[') => {
            let elements: Vec<&RawValue> = serde_json::from_str(answer.get()).unwrap_or_default();
            elements.into_iter().for_each(|element| options(question, still, element, depth, unasked));
        }
        Some(b'{') => {
            let members = Members::of(answer);
            let named = ["optionId", "optionIds", "value", "answer"].iter().filter_map(|name| members.get(name));
            named.for_each(|value| options(question, still, value, depth, unasked));
        }
        _ => {
            let gone = id_of(answer).filter(|id| still.option(id).is_none());
            let text = gone.and_then(|id| question.option(&id).map(str::to_owned));
            unasked.extend(text.map(|text| format!("{}: {text}", question.text)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(json: &str) -> Box<RawValue> {
        serde_json::from_str(json).expect("JSON")
    }

    fn questions(json: &str) -> Questions {
        Questions::of(&raw(&format!(r#"{{"question_groups":[{{"id":1,"questions":{json}}}]}}"#)))
    }

    #[test]
    fn answers_to_questions_and_options_that_are_gone_are_found_wherever_they_stand() {
        let before = questions(
            r#"[{"id":10,"text":"How?","options":[{"id":100,"text":"On foot"},{"id":101,"text":"By car"}]},{"id":20,"text":"Why?"}]"#,
        );
        let after = questions(r#"[{"id":10,"text":"How then?","options":[{"id":100,"text":"On foot"}]}]"#);
        for (data, unasked) in [
            (r#"{"10":100}"#, &[][..]),
            (r#"{"10":101}"#, &["How?: By car"]),
            (r#"{"10":[100,101],"20":"because"}"#, &["How?: By car", "Why?"]),
            (
                r#"{"responses":[{"questionId":10,"optionId":101},{"questionId":20,"value":"x"}]}"#,
                &["How?: By car", "Why?"],
            ),
            (r#"{"responses":[101]}"#, &["How?: By car"]),
            (r#"{"20":null,"x":101}"#, &[]),
            (r#"{"20":""}"#, &[]),
        ] {
            assert!(
                before.unasked(&after, &raw(data)).iter().map(String::as_str).eq(unasked.iter().copied()),
                "{data}"
            );
            assert!(before.unasked(&before, &raw(data)).is_empty(), "{data}");
        }
    }
}
