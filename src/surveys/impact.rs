//! What a changed form would do to the drafts that exist. Pure; each draft is judged by itself.
//!
//! A draft's data has names in it that participants may have chosen. A place is told by the names that the survey itself has,
//! before the change or after it; any other name, and the number of an element, is told as `*`.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
};

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Shapes, Survey,
    form::Form,
    questions::{Questions, asked},
    schema::{MISSING, SchemaError},
    shape::{
        Shape, Within,
        references::{joined, percent_decoded},
    },
};
use crate::progress::{Fingerprint, FormProgress, rules::schema_changed};

/// The most places that are told of; the most frequent ones.
const MOST_PLACES: usize = 50;

/// Judges drafts by a changed form.
pub struct Judge {
    form: Form,
    shapes: Option<Shapes>,
    names: Names,
    /// What is asked, and would be.
    questions: (Questions, Questions),
    /// What the screens are called, and would be.
    screens: (Vec<String>, Vec<String>),
}

/// What would become of a draft.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effect {
    /// It would be marked as written by another form.
    pub schema_changed: bool,
    /// The places whose answers `?fit=true` would leave out.
    pub dropped: BTreeSet<String>,
    /// The places whose answers a submission would be refused for.
    pub refused: BTreeSet<String>,
    /// The questions, and options of questions, that it answers to and that would not be asked any more.
    pub unasked: BTreeSet<String>,
    /// It stands on a screen that there would not be.
    pub is_beyond_the_screens: bool,
    /// The screen that it stands on would be another one.
    pub is_on_another_screen: bool,
}

impl Judge {
    /// Of a survey as it is and as it would be.
    pub fn of(before: &Survey, after: &Survey) -> Result<Self, SchemaError> {
        let form = Form::compile(after)?;
        // One that an older service took and this one does not compile has no names to tell.
        let old = Form::compile(before).ok().and_then(|form| form.shape().cloned());
        let shapes = old.into_iter().chain(form.shape().cloned()).collect();
        let mut questions = HashMap::new();
        for question in [after, before].into_iter().flat_map(|survey| asked(&survey.definition)) {
            questions.entry(question.id).or_insert(question.text);
        }
        let names = Names { shapes, questions };
        let questions = (Questions::of(&before.definition), Questions::of(&after.definition));
        let screens = (screens(before, &questions.0), screens(after, &questions.1));
        Ok(Self { form, shapes: after.shapes.clone(), names, questions, screens })
    }

    /// What would become of this draft.
    pub fn effect(&self, draft: &FormProgress) -> Effect {
        let data = &draft.content.data;
        let dropped = self.form.misfits(data).iter().map(|pointer| self.names.told(pointer)).collect();
        let errors = self.form.answers(data, "").err().unwrap_or_default();
        // What is missing may still be answered: a draft is not finished.
        let wrong = errors.iter().filter(|error| error.detail != MISSING);
        let place = |pointer: &str| percent_decoded(pointer.trim_start_matches('#')).unwrap_or_default();
        let screens = self.form.screen_count().and_then(|count| i32::try_from(count).ok());
        Effect {
            schema_changed: schema_changed(&draft.head, self.shapes.as_ref()),
            dropped,
            refused: wrong.map(|error| self.names.told(&place(&error.pointer))).collect(),
            unasked: self.questions.0.unasked(&self.questions.1, data),
            is_beyond_the_screens: screens.is_some_and(|count| draft.head.current_screen.0 >= count),
            is_on_another_screen: self.is_on_another_screen(draft),
        }
    }

    fn is_on_another_screen(&self, draft: &FormProgress) -> bool {
        let screen = usize::try_from(draft.head.current_screen.0).unwrap_or_default();
        let (before, after) = (self.screens.0.get(screen), self.screens.1.get(screen));
        before.zip(after).is_some_and(|(before, after)| before != after)
    }
}

/// By what participants or the front end know the screens of a survey.
fn screens(survey: &Survey, questions: &Questions) -> Vec<String> {
    match survey.screens.is_empty() {
        true => questions.screens().map(str::to_owned).collect(),
        false => survey.screens.iter().map(|screen| screen.name.clone()).collect(),
    }
}

/// The names that a survey itself has.
struct Names {
    shapes: Vec<Shape>,
    /// What participants read, by what the answers go by.
    questions: HashMap<String, String>,
}

impl Names {
    /// A place without any name that is not the survey's own.
    fn told(&self, pointer: &str) -> String {
        let names: Vec<String> =
            pointer.split('/').skip(1).map(|name| name.replace("~1", "/").replace("~0", "~")).collect();
        let roots: Vec<Within<'_>> = self.shapes.iter().map(Within::root).collect();
        let mut told = String::new();
        self.tell(&names, &roots.iter().map(Some).collect::<Vec<_>>(), &mut told);
        told
    }

    fn tell(&self, names: &[String], places: &[Option<&Within<'_>>], told: &mut String) {
        let Some((name, rest)) = names.split_first() else { return };
        let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
        let is_asked = self.questions.contains_key(name) && (told.is_empty() || !is_number);
        let is_own = is_asked || places.iter().flatten().any(|place| place.names(name));
        *told = if is_own { joined(told, name) } else { format!("{told}/*") };
        let index = name.parse::<usize>().ok();
        let next: Vec<Option<Within<'_>>> = places
            .iter()
            .map(|place| {
                let place = (*place)?;
                place.member(name).or_else(|| place.element(index?))
            })
            .collect();
        self.tell(rest, &next.iter().map(Option::as_ref).collect::<Vec<_>>(), told);
    }

    /// What participants read where a place is.
    fn question(&self, place: &str) -> Option<String> {
        let names = place.split('/').skip(1).map(|name| name.replace("~1", "/").replace("~0", "~"));
        names.filter_map(|name| self.questions.get(&name).filter(|text| **text != name)).last().cloned()
    }
}

/// What would become of many drafts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Impact {
    looked_at: i64,
    schema_changed: i64,
    losing: i64,
    dropped: BTreeMap<String, i64>,
    refused: i64,
    refused_places: BTreeMap<String, i64>,
    beyond_the_screens: i64,
    on_another_screen: i64,
    answering_nothing: i64,
    unasked: BTreeMap<String, i64>,
}

impl Impact {
    /// Counts a draft.
    pub fn add(&mut self, effect: Effect) {
        self.looked_at += 1;
        self.schema_changed += i64::from(effect.schema_changed);
        self.losing += i64::from(!effect.dropped.is_empty());
        self.refused += i64::from(!effect.refused.is_empty());
        self.beyond_the_screens += i64::from(effect.is_beyond_the_screens);
        self.on_another_screen += i64::from(effect.is_on_another_screen);
        self.answering_nothing += i64::from(!effect.unasked.is_empty());
        effect.unasked.into_iter().for_each(|question| *self.unasked.entry(question).or_default() += 1);
        effect.dropped.into_iter().for_each(|place| *self.dropped.entry(place).or_default() += 1);
        effect.refused.into_iter().for_each(|place| *self.refused_places.entry(place).or_default() += 1);
    }

    /// How many were counted.
    pub fn looked_at(&self) -> i64 {
        self.looked_at
    }

    /// As it is told, of a survey with so many drafts.
    pub fn view(&self, judge: &Judge, live: i64) -> ImpactView {
        let told = |places| {
            let places = most_frequent(places);
            let view = |(place, drafts): (&String, i64)| PlaceView {
                pointer: place.clone(),
                question: judge.names.question(place),
                drafts,
            };
            places.map(view).collect()
        };
        let unasked = most_frequent(&self.unasked);
        let unasked = unasked.map(|(question, drafts)| UnaskedView { question: question.clone(), drafts });
        ImpactView {
            live,
            looked_at: self.looked_at,
            schema_changed: self.schema_changed,
            losing_answers: self.losing,
            lost: told(&self.dropped),
            answering_nothing: self.answering_nothing,
            unasked: unasked.collect(),
            beyond_the_screens: self.beyond_the_screens,
            on_another_screen: self.on_another_screen,
            refused: self.refused,
            refused_for: told(&self.refused_places),
        }
    }
}

fn most_frequent(counted: &BTreeMap<String, i64>) -> impl Iterator<Item = (&String, i64)> {
    let mut counted: Vec<(&String, i64)> = counted.iter().map(|(what, drafts)| (what, *drafts)).collect();
    counted.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(other.0)));
    counted.into_iter().take(MOST_PLACES)
}

/// What a changed form would do to the drafts of its survey, in numbers of drafts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(title = "SurveyImpact")]
pub struct ImpactView {
    /// Drafts that there are.
    #[schema(example = 120)]
    pub live: i64,
    /// Those that were looked at: those that began last. All other numbers are of these.
    #[schema(example = 120)]
    pub looked_at: i64,
    /// Drafts that would say `schema_changed`.
    pub schema_changed: i64,
    /// Drafts that `?fit=true` would show without some of their answers. They stay stored.
    #[schema(example = 7)]
    pub losing_answers: i64,
    /// Which answers these are, the most frequent first; the first fifty.
    pub lost: Vec<PlaceView>,
    /// Drafts with answers to questions or options that the definition would not have any more.
    pub answering_nothing: i64,
    /// Which ones these are, the most frequent first; the first fifty.
    pub unasked: Vec<UnaskedView>,
    /// Drafts that stand on a screen that there would not be. `?fit=true` shows them on the last one.
    pub beyond_the_screens: i64,
    /// Drafts whose screen would be another one: screens are known by their number.
    pub on_another_screen: i64,
    /// Drafts with answers for which a submission would be refused. What is still missing does not count.
    pub refused: i64,
    /// Which answers these are, the most frequent first; the first fifty.
    pub refused_for: Vec<PlaceView>,
}

impl fmt::Display for ImpactView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:>7}  drafts, of which {} were looked at", self.live, self.looked_at)?;
        writeln!(f, "{:>7}  would be marked as of an older form (schema_changed)", self.schema_changed)?;
        writeln!(f, "{:>7}  would be shown without some answers (?fit=true)", self.losing_answers)?;
        self.lost.iter().try_for_each(|place| writeln!(f, "         {place}"))?;
        writeln!(f, "{:>7}  answer to what would not be asked any more", self.answering_nothing)?;
        self.unasked
            .iter()
            .try_for_each(|unasked| writeln!(f, "         {:>7}  {}", unasked.drafts, unasked.question))?;
        writeln!(f, "{:>7}  stand on a screen that is gone", self.beyond_the_screens)?;
        writeln!(f, "{:>7}  stand on a screen that would be another one", self.on_another_screen)?;
        writeln!(f, "{:>7}  would be refused on submission for an answer that is there", self.refused)?;
        self.refused_for.iter().try_for_each(|place| writeln!(f, "         {place}"))
    }
}

impl fmt::Display for PlaceView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let question = self.question.as_ref().map(|question| format!("  {question}")).unwrap_or_default();
        write!(f, "{:>7}  {}{question}", self.drafts, self.pointer)
    }
}

/// A place in drafts, and in how many of them it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(title = "PlaceInDrafts")]
pub struct PlaceView {
    /// JSON Pointer into `data`; `*` stands for the number of an element, and for any name that is not the survey's own.
    #[schema(example = "/phone")]
    pub pointer: String,
    /// What participants read there, if the definition says.
    pub question: Option<String>,
    /// Drafts that have it.
    #[schema(example = 7)]
    pub drafts: i64,
}

/// A question, or an option of one, that would not be there any more, and how many drafts answer to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(title = "UnaskedQuestion")]
pub struct UnaskedView {
    /// What participants read: the question, or the question and the option.
    #[schema(example = "How do you usually get to work?: By car")]
    pub question: String,
    /// Drafts that answer to it.
    #[schema(example = 7)]
    pub drafts: i64,
}

/// The shape that a survey has, and would have.
pub fn fingerprint(survey: &Survey) -> Option<Fingerprint> {
    survey.shapes.as_ref().map(|shapes| shapes.current().clone())
}

#[cfg(test)]
#[path = "impact_tests.rs"]
mod tests;
