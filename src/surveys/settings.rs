//! The settings of a survey that can be changed without a file.

use super::store::Summary;
use crate::{
    http::{Fields, Parameter},
    problem::Problem,
};

/// What a survey is called: something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SurveyName(pub String);

impl Parameter for SurveyName {
    fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            _ if text.contains('\0') => Err("must not have the control character \\u0000"),
            _ if text.trim().is_empty() => Err("must not be empty"),
            _ if text.chars().count() > 500 => Err("must have 500 characters at most"),
            _ => Ok(Self(text.to_owned())),
        }
    }
}

/// How many days a draft lives after its last save.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProgressDays(pub u16);

impl Parameter for ProgressDays {
    const NUMERIC: bool = true;

    fn parse(text: &str) -> Result<Self, &'static str> {
        let days = text.trim().parse().ok().filter(|days| *days > 0);
        days.map(Self).ok_or("must be an integer from 1 to 65535")
    }
}

/// A change of settings. What it says nothing of stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// What the survey is called.
    pub name: Option<SurveyName>,
    /// How many days a draft lives after its last save.
    pub progress_days: Option<ProgressDays>,
    /// Whether every write must name the version that it was made on.
    pub require_if_match: Option<bool>,
}

impl Settings {
    /// Of the members of a body.
    pub fn of_body(mut fields: Fields<'_>) -> Result<Self, Problem> {
        let require_if_match = fields.raw("require_if_match").and_then(|json| match json.get() {
            "true" => Some(true),
            "false" => Some(false),
            "null" => None,
            _ => {
                fields.note("require_if_match", "must be true or false");
                None
            }
        });
        let (name, progress_days) = (fields.optional("name"), fields.optional("progress_days"));
        fields.finish(Some(Self { name, progress_days, require_if_match }))
    }

    /// Of a form, in which each must be there; a box that is not ticked says no.
    pub fn of_form(mut fields: Fields<'_>) -> Result<Self, Problem> {
        let (name, days) = (fields.required("name"), fields.required("progress_days"));
        let require_if_match = Some(fields.optional("require_if_match").unwrap_or(false));
        fields.finish(name.zip(days).map(|(name, days)| Self {
            name: Some(name),
            progress_days: Some(days),
            require_if_match,
        }))
    }

    /// As far as it makes any difference.
    pub fn unlike(self, present: &Summary) -> Self {
        Self {
            name: self.name.filter(|name| name.0 != present.name),
            progress_days: self.progress_days.filter(|days| i32::from(days.0) != present.progress_days),
            require_if_match: self.require_if_match.filter(|required| *required != present.requires_if_match),
        }
    }

    /// The names of what it changes, for the audit log.
    pub fn names(&self) -> String {
        let names = [
            ("name", self.name.is_some()),
            ("progress_days", self.progress_days.is_some()),
            ("require_if_match", self.require_if_match.is_some()),
        ];
        names.into_iter().filter_map(|(name, is_there)| is_there.then_some(name)).collect::<Vec<_>>().join(", ")
    }
}
