//! Who may do what: powers, how far they reach, and who stands behind a request.
//!
//! `rules.rs` decides, and nothing else does. A handler asks for one power and is given a [`Caller`] in return, whose
//! [`Grant`] says which surveys and companies it may see; the stores filter by it.

pub mod caller;
pub mod rules;
pub mod secret;
pub mod visitor;
pub mod words;

use std::{collections::BTreeSet, fmt, str::FromStr};

use serde::{Serialize, Serializer};
use utoipa::ToSchema;

pub use self::{caller::Arrived, caller::Caller, secret::Secret, secret::SecretDigest, visitor::Visitor};
use crate::{companies::CompanyId, surveys::SurveyId};

/// Declares the powers with their names on the wire.
macro_rules! powers {
    ($($(#[doc = $doc:literal])+ $power:ident = $name:literal;)+) => {
        /// Something that a caller may be allowed to do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Power {
            $($(#[doc = $doc])+ $power,)+
        }

        impl Power {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$power),+];

            /// Its name on the wire.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$power => $name,)+
                }
            }
        }

        impl utoipa::PartialSchema for Power {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                let names = Self::ALL.iter().map(|power| power.as_str());
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::Type::String)
                    .enum_values(Some(names))
                    .into()
            }
        }

        impl ToSchema for Power {
            fn name() -> std::borrow::Cow<'static, str> {
                "Power".into()
            }
        }

        impl FromStr for Power {
            type Err = UnknownPower;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($name => Ok(Self::$power),)+
                    _ => Err(UnknownPower),
                }
            }
        }
    };
}

powers! {
    /// Use the public routes, as a participant's front end does. Only without limits of surveys or companies.
    Participate = "participate";
    /// See surveys, companies and figures: nothing of any one participant.
    Figures = "figures:read";
    /// Export the record: it names drafts by their ids.
    Events = "events:read";
    /// Search and read drafts.
    ReadDrafts = "drafts:read";
    /// Extend, discard, submit and restore drafts.
    ChangeDrafts = "drafts:write";
    /// List, read and export submissions.
    ReadSubmissions = "submissions:read";
    /// Submit, or mark as completed, on a participant's behalf.
    Submit = "submissions:write";
    /// Create, replace, open and close surveys.
    ChangeSurveys = "surveys:write";
    /// Add and change companies and their guest codes.
    ChangeCompanies = "companies:write";
    /// See everything that is held about a person.
    ReadPeople = "people:read";
    /// Erase everything that is held about a person.
    ErasePeople = "people:erase";
    /// Read the audit log.
    Audit = "audit:read";
    /// Read `/metrics` and the state of the service.
    Metrics = "metrics:read";
    /// Manage accounts. Not for keys.
    Accounts = "accounts:write";
    /// Manage API keys. Not for keys.
    Keys = "keys:write";
}

/// No power has this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not the name of a power")]
pub struct UnknownPower;

impl crate::http::Parameter for Power {
    fn parse(text: &str) -> Result<Self, &'static str> {
        text.parse().map_err(|UnknownPower| "must be the name of a power, such as drafts:read")
    }
}

impl Serialize for Power {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// What a person who has an account is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees figures, and nothing of any one participant.
    Viewer,
    /// Sees and changes surveys, companies, drafts and submissions.
    Editor,
    /// The same, and people, accounts, keys and the audit log.
    Owner,
}

impl Role {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Editor => "editor",
            Self::Owner => "owner",
        }
    }
}

impl FromStr for Role {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "viewer" => Ok(Self::Viewer),
            "editor" => Ok(Self::Editor),
            "owner" => Ok(Self::Owner),
            _ => Err("must be viewer, editor or owner"),
        }
    }
}

impl crate::http::Parameter for Role {
    fn parse(text: &str) -> Result<Self, &'static str> {
        text.parse()
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The surveys, or the companies, that a caller may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach<T> {
    /// All of them, and what belongs to none.
    All,
    /// These, and nothing else.
    Only(BTreeSet<T>),
}

impl<T: Ord + Copy> Reach<T> {
    /// Whether this one may be seen.
    pub fn sees(&self, one: T) -> bool {
        match self {
            Self::All => true,
            Self::Only(some) => some.contains(&one),
        }
    }

    /// Whether it is limited at all.
    pub fn is_limited(&self) -> bool {
        matches!(self, Self::Only(_))
    }

    /// What both may see.
    pub fn within(&self, asked: Option<T>) -> Self {
        match asked {
            None => self.clone(),
            Some(one) if self.sees(one) => Self::Only([one].into()),
            Some(_) => Self::Only(BTreeSet::new()),
        }
    }
}

macro_rules! stored_reach {
    ($($id:ident)+) => {$(
        impl Reach<$id> {
            /// The ids, for a query's filter; none for no limit.
            pub fn ids(&self) -> Option<Vec<i64>> {
                match self {
                    Self::All => None,
                    Self::Only(ids) => Some(ids.iter().map(|id| id.0).collect()),
                }
            }

            /// As it is stored: ids with spaces between; none for no limit.
            pub fn as_stored(&self) -> Option<String> {
                self.ids().map(|ids| ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
            }

            /// Back from the database. What cannot be read limits to nothing.
            pub fn from_stored(text: Option<&str>) -> Self {
                match text {
                    None => Self::All,
                    Some(text) => Self::Only(text.split_whitespace().filter_map(|id| id.parse().ok()).map($id).collect()),
                }
            }
        }
    )+};
}

stored_reach!(SurveyId CompanyId);

/// What a caller may do, and to what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// What.
    pub powers: BTreeSet<Power>,
    /// In which surveys.
    pub surveys: Reach<SurveyId>,
    /// For which companies. Whoever is limited does not see what belongs to no company.
    pub companies: Reach<CompanyId>,
}

/// Who did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "kind", content = "id")]
pub enum Actor {
    /// A person who was signed in.
    Account(i64),
    /// A program with an API key.
    Key(i64),
    /// An operator, on the command line.
    CommandLine,
    /// Nobody that is known.
    Nobody,
}
