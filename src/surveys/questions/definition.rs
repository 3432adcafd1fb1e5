//! The questions as they stand in a definition: what answers are shown by, and what is compared with another definition.

use serde_json::value::RawValue;

use super::{
    Members,
    words::{LONGEST_NAME, cut},
};
use crate::{http::fields, submissions::answers::id_of};

/// How deep panels may stand in panels.
const DEEPEST_PANEL: usize = 16;

/// The members that make a question, the first that is there.
struct Kind {
    ids: &'static [&'static str],
    texts: &'static [&'static str],
    options: &'static [&'static str],
}

/// Those of `question_groups`.
const GROUPED: Kind = Kind { ids: &["id"], texts: &["text", "name", "title"], options: &["options"] };
/// Those of SurveyJS.
const ELEMENT: Kind =
    Kind { ids: &["valueName", "name"], texts: &["title", "name"], options: &["choices", "rateValues"] };

/// A question as it stands in a definition.
pub struct Asked<'a> {
    /// Names it in the data.
    pub id: String,
    /// What is asked; the id if nothing is said.
    pub text: String,
    /// All of it.
    pub json: &'a RawValue,
    pub(super) members: Members<'a>,
    /// The lists of its options.
    pub(super) options: &'static [&'static str],
    /// Whether it is asked once for each part of what is answered to another.
    pub(super) is_repeated: bool,
}

impl<'a> Asked<'a> {
    fn of(json: &'a RawValue, members: Members<'a>, kind: &Kind, is_repeated: bool) -> Option<Self> {
        let id = kind.ids.iter().find_map(|name| members.get(name).and_then(id_of))?;
        let text = members.label(kind.texts).unwrap_or_else(|| cut(&id, LONGEST_NAME));
        Some(Self { id, text, json, members, options: kind.options, is_repeated })
    }
}

/// All questions, in their order.
pub fn asked(definition: &RawValue) -> impl Iterator<Item = Asked<'_>> {
    screens(definition).into_iter().flat_map(|(_, questions)| questions)
}

/// What is asked together: the members of each group or page, and its questions.
pub(super) fn screens(definition: &RawValue) -> Vec<(Members<'_>, Vec<Asked<'_>>)> {
    let definition = Members::of(definition);
    let groups = definition.list("question_groups").into_iter().map(|group| {
        let group = Members::of(group);
        let questions = group.list("questions").into_iter();
        let questions = questions.filter_map(|json| Asked::of(json, Members::of(json), &GROUPED, false)).collect();
        (group, questions)
    });
    let pages = definition.list("pages").into_iter().map(|page| with_elements(Members::of(page)));
    let mut screens: Vec<_> = groups.chain(pages).collect();
    // A form of SurveyJS without pages is one.
    if screens.is_empty() {
        screens.push(with_elements(definition));
    }
    screens
}

fn with_elements(page: Members<'_>) -> (Members<'_>, Vec<Asked<'_>>) {
    let mut questions = Vec::new();
    gather(&page, &["elements", "questions"], (0, false), &mut questions);
    (page, questions)
}

fn gather<'a>(parent: &Members<'a>, lists: &[&str], at: (usize, bool), questions: &mut Vec<Asked<'a>>) {
    let (depth, is_repeated) = at;
    for json in lists.iter().flat_map(|name| parent.list(name)) {
        let element = Members::of(json);
        match element.get("type").and_then(fields::text).as_deref() {
            Some("panel") if depth < DEEPEST_PANEL => {
                gather(&element, &["elements", "questions"], (depth + 1, is_repeated), questions);
            }
            // They say something, and ask nothing.
            Some("panel" | "html" | "image") => {}
            _ => {
                let mut repeated = Vec::new();
                if depth < DEEPEST_PANEL {
                    gather(&element, &["templateElements"], (depth + 1, true), &mut repeated);
                }
                questions.extend(Asked::of(json, element, &ELEMENT, is_repeated));
                questions.append(&mut repeated);
            }
        }
    }
}
