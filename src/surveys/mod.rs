//! Surveys: what is being filled in.

pub mod api;
pub mod file;
pub mod store;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::{clock::Moment, http::Parameter};

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
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

/// As much of a survey as decides what may happen to its drafts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// What it still takes.
    pub status: Status,
    /// How many days a draft lives after its last save.
    pub progress_days: u32,
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
    /// What it still takes.
    pub status: Status,
    /// When it was imported.
    pub created_at: Moment,
    /// When it was last changed.
    pub updated_at: Moment,
}
