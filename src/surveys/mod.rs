//! Surveys: what is being filled in.

pub mod admin;
pub mod admin_api;
pub mod api;
pub mod changes;
pub mod file;
pub mod file_form;
pub mod file_pages;
pub mod form;
pub mod impact;
pub mod pages;
pub mod preview;
pub mod preview_api;
pub mod questions;
pub mod schema;
pub mod settings;
pub mod settings_pages;
pub mod shape;
pub mod store;

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

pub use self::settings::{ProgressDays, Settings, SurveyName};
use crate::{clock::Moment, http::Parameter, progress::Fingerprint};

/// Names a survey: a positive integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[schema(value_type = i64, minimum = 1, example = 1)]
pub struct SurveyId(pub i64);

impl SurveyId {
    /// What JavaScript can still count to: 2^53 - 1.
    const LARGEST: i64 = 9_007_199_254_740_991;
}

impl Parameter for SurveyId {
    const NUMERIC: bool = true;

    fn parse(text: &str) -> Result<Self, &'static str> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let id = digits.then(|| text.parse().ok()).flatten().filter(|id| (1..=Self::LARGEST).contains(id));
        id.map(Self).ok_or("must be an integer from 1 to 9007199254740991")
    }
}

impl<'r> rocket::request::FromParam<'r> for SurveyId {
    type Error = &'static str;

    fn from_param(text: &'r str) -> Result<Self, Self::Error> {
        Self::parse(text)
    }
}

impl FromStr for SurveyId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for SurveyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a survey still takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Everything.
    #[default]
    Open,
    /// Saves and submissions of drafts that exist, but no new ones.
    Closing,
    /// Nothing.
    Closed,
}

impl Status {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closing => "closing",
            Self::Closed => "closed",
        }
    }
}

impl FromStr for Status {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "open" => Ok(Self::Open),
            "closing" => Ok(Self::Closing),
            "closed" => Ok(Self::Closed),
            _ => Err("must be open, closing or closed"),
        }
    }
}

impl Parameter for Status {
    fn parse(text: &str) -> Result<Self, &'static str> {
        text.parse()
    }
}

/// The shape of a survey's answers: its fingerprint by each algorithm that ever made any, the newest first.
///
/// Drafts keep the fingerprint of the algorithm of their time. They are compared by that one, so that a new algorithm
/// does not make every draft look as if its form had changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shapes(Arc<[Fingerprint]>);

impl Shapes {
    /// Of an answer schema.
    pub fn of(schema: &serde_json::Value) -> Result<Self, shape::TooComplex> {
        let fingerprint = shape::Shape::of(schema)?.fingerprint();
        Ok(Self(Fingerprint::parse(&fingerprint).into_iter().collect()))
    }

    /// Back from the database; none if there is no fingerprint in it.
    pub fn from_stored(text: &str) -> Option<Self> {
        let fingerprints: Arc<[Fingerprint]> =
            text.split_whitespace().filter_map(|text| Fingerprint::parse(text).ok()).collect();
        (!fingerprints.is_empty()).then_some(Self(fingerprints))
    }

    /// As they are stored.
    pub fn as_stored(&self) -> String {
        self.0.iter().map(Fingerprint::as_str).collect::<Vec<_>>().join(" ")
    }

    /// The one by the newest algorithm.
    pub fn current(&self) -> &Fingerprint {
        &self.0[0]
    }

    /// Whether a fingerprint is of another shape. None: it is by an algorithm that made none of these.
    pub fn differ_from(&self, fingerprint: &Fingerprint) -> Option<bool> {
        let algorithm = fingerprint.algorithm()?;
        let own = self.0.iter().find(|own| own.algorithm() == Some(algorithm))?;
        Some(own != fingerprint)
    }
}

/// As much of a survey as decides what may happen to its drafts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// What it still takes.
    pub status: Status,
    /// How many days a draft lives after its last save.
    pub progress_days: u32,
    /// Whether every write must name the version that it was made on.
    pub requires_if_match: bool,
    /// The shape of its answers, if it has a schema of them.
    pub shapes: Option<Shapes>,
}

/// A survey as participants see it.
#[derive(Debug)]
pub struct Survey {
    /// Names it.
    pub id: SurveyId,
    /// Its title.
    pub name: String,
    /// What participants are told first.
    pub instructions: String,
    /// The front end's own JSON: always an object.
    pub definition: Box<RawValue>,
    /// What its answers must be: a JSON Schema.
    pub answer_schema: Option<Box<RawValue>>,
    /// Its screens, in their order; none if it does not say.
    pub screens: Vec<SurveyScreen>,
    /// The shape of its answers.
    pub shapes: Option<Shapes>,
    /// What it still takes.
    pub status: Status,
    /// When it was imported.
    pub created_at: Moment,
    /// When it was last changed.
    pub updated_at: Moment,
}

/// A screen of a survey.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SurveyScreen {
    /// Names it, for programs.
    pub name: String,
    /// Its title, for people.
    #[serde(default)]
    pub title: String,
    /// What the form state must be when the screen is done: a JSON Schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Box<RawValue>>,
}

/// How a request names a screen: by its name, or its number, counted from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScreenName(pub String);

impl Parameter for ScreenName {
    const NUMERIC: bool = true;

    fn parse(text: &str) -> Result<Self, &'static str> {
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fingerprint(text: &str) -> Fingerprint {
        Fingerprint::parse(text).expect("a fingerprint")
    }

    #[test]
    fn fingerprints_are_compared_by_the_algorithm_that_made_them() {
        let shapes = Shapes::from_stored("2:new 1:old").expect("there are two");

        assert_eq!(shapes.current(), &fingerprint("2:new"));
        for (written, differs) in [
            ("2:new", Some(false)),
            ("1:old", Some(false)),
            ("1:older", Some(true)),
            ("2:old", Some(true)),
            ("3:newer", None),
            ("my form, version 7", None),
            (":", None),
        ] {
            assert_eq!(shapes.differ_from(&fingerprint(written)), differs, "{written}");
        }
    }

    #[test]
    fn what_is_stored_comes_back() {
        for stored in ["1:a", "2:b 1:a"] {
            assert_eq!(Shapes::from_stored(stored).map(|shapes| shapes.as_stored()).as_deref(), Some(stored));
        }
        assert_eq!(Shapes::from_stored(" "), None);
    }
}
