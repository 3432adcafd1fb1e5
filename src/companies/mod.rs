//! Companies: organisations whose people answer, each with the guest code that its participants type.

pub mod api;
pub mod store;

use std::{fmt, str::FromStr};

use serde::Serialize;
use utoipa::ToSchema;

use crate::{http::Parameter, surveys::SurveyId};

/// Names a company.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[schema(value_type = i64, minimum = 1, example = 7)]
pub struct CompanyId(pub i64);

impl Parameter for CompanyId {
    const NUMERIC: bool = true;

    fn parse(text: &str) -> Result<Self, &'static str> {
        // The same numbers as those of surveys: what JavaScript can count to.
        SurveyId::parse(text).map(|SurveyId(id)| Self(id))
    }
}

impl FromStr for CompanyId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// What participants type to say which company they belong to, in the form in which it is compared: trimmed and
/// case-folded, since telephones capitalise.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GuestCode(String);

impl GuestCode {
    /// The code as it is stored and compared.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Parameter for GuestCode {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        if text.is_empty() {
            return Err("must not be empty");
        }
        let folded = text.to_lowercase();
        if folded.chars().count() > 100 || folded.chars().any(char::is_control) {
            return Err("must be a guest code: 100 characters at most, no control characters");
        }
        Ok(Self(folded))
    }
}

impl fmt::Display for GuestCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Company {
    /// Names it.
    pub id: CompanyId,
    /// What it is called.
    pub name: String,
    /// Free text that its participants are shown.
    pub details: String,
    /// The code as its admin wrote it.
    pub guest_code: String,
    /// Whether the code is taken.
    pub is_active: bool,
}
