//! Companies: organisations whose people answer, each with the guest code that its participants type.

pub mod admin;
pub mod admin_api;
pub mod api;
pub mod pages;
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

impl fmt::Display for CompanyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// To which company something belongs that is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Belonging {
    /// To none.
    None,
    /// To this one.
    To(CompanyId),
}

impl Belonging {
    /// The company.
    pub fn company_id(self) -> Option<CompanyId> {
        if let Self::To(company_id) = self { Some(company_id) } else { None }
    }
}

impl Parameter for Belonging {
    const NUMERIC: bool = true;

    fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "none" => Ok(Self::None),
            id => CompanyId::parse(id).map(Self::To).map_err(|_| "must be a company's id, or none"),
        }
    }
}

impl fmt::Display for Belonging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::To(id) => id.fmt(f),
        }
    }
}

impl fmt::Display for GuestCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'r> rocket::request::FromParam<'r> for CompanyId {
    type Error = &'static str;

    fn from_param(text: &'r str) -> Result<Self, Self::Error> {
        Self::parse(text)
    }
}

/// A guest code as its admin wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenCode {
    /// As it was written, trimmed.
    pub text: String,
    /// As it is compared.
    pub key: GuestCode,
}

impl Parameter for WrittenCode {
    fn parse(text: &str) -> Result<Self, &'static str> {
        Ok(Self { key: GuestCode::parse(text)?, text: text.trim().to_owned() })
    }
}

/// What a company is called: something, on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompanyName(pub String);

impl Parameter for CompanyName {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        match text {
            "" => Err("must not be empty"),
            _ if text.chars().count() > 200 || text.chars().any(char::is_control) => {
                Err("must have 200 characters at most, and no control characters")
            }
            _ => Ok(Self(text.to_owned())),
        }
    }
}

/// What a company's participants are shown: free text, perhaps none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CompanyDetails(pub String);

impl Parameter for CompanyDetails {
    fn parse(text: &str) -> Result<Self, &'static str> {
        match text.contains('\0') || text.chars().count() > 10_000 {
            true => Err("must have 10,000 characters at most, and not the control character \\u0000"),
            false => Ok(Self(text.to_owned())),
        }
    }
}

/// A change of a company. What it says nothing of stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// What it is called.
    pub name: Option<CompanyName>,
    /// What its participants are shown.
    pub details: Option<CompanyDetails>,
    /// What its participants type.
    pub guest_code: Option<WrittenCode>,
    /// Whether the code is taken.
    pub is_active: Option<bool>,
}

impl Change {
    /// As far as it makes any difference.
    pub fn unlike(self, present: &Company) -> Self {
        Self {
            name: self.name.filter(|name| name.0 != present.name),
            details: self.details.filter(|details| details.0 != present.details),
            guest_code: self.guest_code.filter(|code| code.text != present.guest_code),
            is_active: self.is_active.filter(|is_active| *is_active != present.is_active),
        }
    }

    /// The names of what it changes, for the audit log.
    pub fn names(&self) -> String {
        let names = [
            ("name", self.name.is_some()),
            ("details", self.details.is_some()),
            ("guest_code", self.guest_code.is_some()),
            ("is_active", self.is_active.is_some()),
        ];
        names.into_iter().filter_map(|(name, is_there)| is_there.then_some(name)).collect::<Vec<_>>().join(", ")
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
