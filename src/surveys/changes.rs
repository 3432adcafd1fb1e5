//! What a file would change of a survey, in words. Pure.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use serde_json::{Value, value::RawValue};
use utoipa::ToSchema;

use super::{
    Shapes, Survey, SurveyScreen,
    file::SurveyFile,
    questions::{Asked, asked},
};

/// What a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Its title.
    Name,
    /// What participants are told first.
    Instructions,
    /// What it still takes.
    Status,
    /// How long its drafts live.
    ProgressDays,
    /// Whether writes must name a version.
    RequireIfMatch,
    /// What the answers must be.
    AnswerSchema,
    /// One of its screens, or their order.
    Screens,
    /// One of its questions.
    Questions,
    /// Anything else of the definition.
    Definition,
}

/// What becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It is new.
    Added,
    /// It is there no more.
    Removed,
    /// It is another.
    Changed,
}

/// Something that a file would change of a survey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(title = "SurveyChange")]
pub struct Change {
    /// What it is about.
    pub part: Part,
    /// What becomes of it.
    pub kind: Kind,
    /// A sentence that says it.
    #[schema(example = "The question phone (“Your number?”) is removed.")]
    pub words: String,
}

/// The survey as it is and as it would be; the file has what surveys do not tell of themselves.
pub struct Compared<'a> {
    /// As it is.
    pub before: &'a Survey,
    /// The same as a file.
    pub file_before: &'a SurveyFile,
    /// As it would be.
    pub after: &'a Survey,
    /// The file that makes it so.
    pub file_after: &'a SurveyFile,
}

impl Compared<'_> {
    /// Everything that would change.
    pub fn changes(&self) -> Vec<Change> {
        let mut told = Told(Vec::new());
        self.head(&mut told);
        self.schema(&mut told);
        screens(&self.before.screens, &self.after.screens, &mut told);
        definition(&self.before.definition, &self.after.definition, &mut told);
        told.0
    }

    fn head(&self, told: &mut Told) {
        let (before, after) = (self.before, self.after);
        if before.name != after.name {
            told.changed(Part::Name, format!("The name changes from “{}” to “{}”.", before.name, after.name));
        }
        match (before.instructions.as_str(), after.instructions.as_str()) {
            (before, after) if before == after => {}
            ("", _) => told.add(Part::Instructions, Kind::Added, "Participants are given instructions first."),
            (_, "") => {
                told.add(Part::Instructions, Kind::Removed, "The instructions are removed: the file has none.");
            }
            _ => told.changed(Part::Instructions, "The instructions change.".into()),
        }
        if before.status != after.status {
            let (before, after) = (before.status.as_str(), after.status.as_str());
            told.changed(Part::Status, format!("The survey becomes {after}; it is {before} now."));
        }
        let days = (self.file_before.progress_days, self.file_after.progress_days);
        if let (Some(before), Some(after)) = days
            && before != after
        {
            let words = format!(
                "A draft lives {after} days after its last save, and not {before}. This counts for each draft from its next save on."
            );
            told.changed(Part::ProgressDays, words);
        }
        match self.file_after.require_if_match {
            after if after.is_none() || after == self.file_before.require_if_match => {}
            Some(true) => {
                told.changed(
                    Part::RequireIfMatch,
                    "Writes of drafts must name the version that they were made on.".into(),
                );
            }
            _ => told.changed(Part::RequireIfMatch, "Writes of drafts need not name a version any more.".into()),
        }
    }

    fn schema(&self, told: &mut Told) {
        let text = |survey: &Survey| survey.answer_schema.as_ref().map(|schema| schema.get().to_owned());
        match (text(self.before), text(self.after)) {
            (before, after) if before == after => {}
            (None, _) => told.add(Part::AnswerSchema, Kind::Added, "The survey gets a schema of its answers."),
            (_, None) => told.add(Part::AnswerSchema, Kind::Removed, "The schema of the answers is taken away."),
            (Some(before), Some(after)) if same(&before, &after) => {}
            _ if self.is_of_another_shape() => {
                told.add(
                    Part::AnswerSchema,
                    Kind::Changed,
                    "The schema of the answers changes, and with it their shape.",
                );
            }
            _ => {
                told.add(Part::AnswerSchema, Kind::Changed, "The schema of the answers changes, but not their shape.");
            }
        }
    }

    /// Whether the answers have another shape then.
    pub fn is_of_another_shape(&self) -> bool {
        let current = |survey: &Survey| survey.shapes.as_ref().map(Shapes::current).cloned();
        current(self.before) != current(self.after)
    }
}

/// The changes found so far.
struct Told(Vec<Change>);

impl Told {
    fn add(&mut self, part: Part, kind: Kind, words: impl Into<String>) {
        self.0.push(Change { part, kind, words: words.into() });
    }

    fn changed(&mut self, part: Part, words: String) {
        self.add(part, Kind::Changed, words);
    }
}

fn same(one: &str, other: &str) -> bool {
    let value = |text: &str| serde_json::from_str::<Value>(text).ok();
    one == other || value(one).is_some_and(|value_of_one| value(other) == Some(value_of_one))
}

/// A name, and what people read of it.
fn named(id: &str, text: &str) -> String {
    if text.is_empty() || text == id { id.to_owned() } else { format!("{id} (“{text}”)") }
}

fn screens(before: &[SurveyScreen], after: &[SurveyScreen], told: &mut Told) {
    let schema = |screen: &SurveyScreen| screen.schema.as_ref().map_or("null", |schema| schema.get()).to_owned();
    let by_name: HashMap<&str, &SurveyScreen> = before.iter().map(|screen| (screen.name.as_str(), screen)).collect();
    let is_in = |screens: &[SurveyScreen], name: &str| screens.iter().any(|screen| screen.name == name);
    for screen in before.iter().filter(|screen| !is_in(after, &screen.name)) {
        told.add(
            Part::Screens,
            Kind::Removed,
            format!("The screen {} is removed.", named(&screen.name, &screen.title)),
        );
    }
    for screen in after {
        let words = match by_name.get(screen.name.as_str()) {
            None => {
                let words = format!("The screen {} is added.", named(&screen.name, &screen.title));
                told.add(Part::Screens, Kind::Added, words);
                continue;
            }
            Some(old) => match (old.title == screen.title, same(&schema(old), &schema(screen))) {
                (true, true) => continue,
                (false, true) => "its title",
                (true, false) => "what it asks for",
                (false, false) => "its title and what it asks for",
            },
        };
        told.changed(Part::Screens, format!("The screen {} changes: {words}.", named(&screen.name, &screen.title)));
    }
    let common = |screens: &[SurveyScreen], others: &[SurveyScreen]| -> Vec<String> {
        screens.iter().map(|screen| screen.name.clone()).filter(|name| is_in(others, name)).collect()
    };
    if common(before, after) != common(after, before) {
        told.changed(
            Part::Screens,
            "The screens have another order. Drafts know the number of a screen, not its name.".into(),
        );
    }
}

fn definition(before: &RawValue, after: &RawValue, told: &mut Told) {
    if same(before.get(), after.get()) {
        return;
    }
    let told_before = told.0.len();
    let (before, after): (Vec<Asked<'_>>, Vec<Asked<'_>>) = (asked(before).collect(), asked(after).collect());
    let (before, after) = (by_id(&before), by_id(&after));
    let old: HashMap<_, _> = before.iter().copied().collect();
    let kept: HashSet<_> = after.iter().map(|(id, _)| *id).collect();
    for (_, question) in before.iter().filter(|(id, _)| !kept.contains(id)) {
        let words = format!("The question {} is removed.", named(&question.id, &question.text));
        told.add(Part::Questions, Kind::Removed, words);
    }
    for (id, question) in &after {
        let name = named(&question.id, &question.text);
        match old.get(id) {
            None => told.add(Part::Questions, Kind::Added, format!("The question {name} is added.")),
            Some(old) if same(old.json.get(), question.json.get()) => {}
            Some(old) => {
                let words = format!("The question {name} changes: {}.", unlike(old.json, question.json).join(", "));
                told.changed(Part::Questions, words);
            }
        }
    }
    if told.0.len() == told_before {
        let words = match before.iter().map(|(id, _)| id).eq(after.iter().map(|(id, _)| id)) {
            true => "The definition changes; no question does.",
            false => "The questions have another order.",
        };
        told.add(Part::Definition, Kind::Changed, words);
    }
}

/// Questions by their ids, and how often these stood there up to then: elements of SurveyJS may share one.
fn by_id<'a>(questions: &'a [Asked<'a>]) -> Vec<((&'a str, usize), &'a Asked<'a>)> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let numbered = questions.iter().map(|question| {
        let count = counts.entry(&question.id).or_default();
        *count += 1;
        ((question.id.as_str(), *count), question)
    });
    numbered.collect()
}

/// The names of the members in which two objects differ.
fn unlike(before: &RawValue, after: &RawValue) -> Vec<String> {
    let value = |json: &RawValue| serde_json::from_str::<Value>(json.get()).unwrap_or_default();
    let (before, after) = (value(before), value(after));
    let names = |value: &Value| value.as_object().into_iter().flat_map(|members| members.keys().cloned()).collect();
    let (mut all, others): (Vec<String>, Vec<String>) = (names(&before), names(&after));
    all.extend(others);
    all.sort_unstable();
    all.dedup();
    all.retain(|name| before.get(name) != after.get(name));
    all
}

#[cfg(test)]
#[path = "changes_tests.rs"]
mod tests;
