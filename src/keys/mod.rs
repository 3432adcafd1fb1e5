//! API keys: of the pages that participants use (site keys), and of programs (server keys).

pub mod admin;
pub mod api;
pub mod names;
pub mod pages;
pub mod ring;
pub mod rules;
pub mod store;
pub mod uses;

use std::collections::BTreeSet;

use serde::Serialize;
use utoipa::ToSchema;

pub use self::{ring::Ring, uses::Uses};
use crate::{access::Grant, clock::Moment, http::Parameter};

/// Names a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[schema(value_type = i64, minimum = 1, example = 3)]
pub struct KeyId(pub i64);

impl<'r> rocket::request::FromParam<'r> for KeyId {
    type Error = std::num::ParseIntError;

    fn from_param(text: &'r str) -> Result<Self, Self::Error> {
        text.parse().map(Self)
    }
}

/// An API key. Of the key itself, only its digest is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Names it.
    pub id: KeyId,
    /// What it is for, in the words of whoever made it.
    pub name: String,
    /// The first characters of the key, to tell keys apart by.
    pub hint: String,
    /// What it is.
    pub kind: Kind,
    /// When it was made.
    pub created_at: Moment,
    /// When it was last used, to about a minute.
    pub used_at: Option<Moment>,
    /// From then on it is not valid any more.
    pub revoked_at: Option<Moment>,
}

impl ApiKey {
    /// What it may do, if it is a server's.
    pub fn grant(&self) -> Option<&Grant> {
        match &self.kind {
            Kind::Site { .. } => None,
            Kind::Server { grant } => Some(grant),
        }
    }
}

/// What a key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// It names a public front end. It ships in a web page and is no secret: it may use the public routes, and nothing else.
    Site {
        /// The origins whose pages may use it; none for any.
        origins: Option<BTreeSet<String>>,
    },
    /// It is a program's, and secret.
    Server {
        /// What it may do, and to what.
        grant: Grant,
    },
}

impl Kind {
    /// As it is stored.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Site { .. } => "site",
            Self::Server { .. } => "server",
        }
    }

    /// What every key of this kind begins with, so that a leaked one is recognised.
    pub fn prefix(&self) -> &'static str {
        match self {
            Self::Site { .. } => "fp_site_",
            Self::Server { .. } => "fp_server_",
        }
    }
}

/// What a key is for, in the words of whoever makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(pub String);

impl Parameter for Name {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        match text.chars().count() {
            1..=100 if !text.chars().any(char::is_control) => Ok(Self(text.to_owned())),
            _ => Err("must be a text of 1 to 100 characters, without control characters"),
        }
    }
}

/// Where a page comes from, as a browser names it: `https://forms.example.org`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin(pub String);

impl Parameter for Origin {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let url = url::Url::parse(text.trim()).ok().filter(|url| {
            let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
            let names_nobody = url.username().is_empty() && url.password().is_none();
            matches!(url.scheme(), "http" | "https") && is_bare && names_nobody
        });
        // Browsers send it in lower case, and without the port that the scheme has anyway.
        url.map(|url| Self(url.origin().ascii_serialization()))
            .ok_or("must be an origin such as https://forms.example.org, without a path")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_kept_as_browsers_send_it() {
        for (text, origin) in [
            ("https://forms.example.org", Some("https://forms.example.org")),
            (" HTTPS://Forms.Example.org:443/ ", Some("https://forms.example.org")),
            ("http://localhost:5173", Some("http://localhost:5173")),
            ("https://bücher.example", Some("https://xn--bcher-kva.example")),
            ("http://[::1]:80", Some("http://[::1]")),
            ("https://forms.example.org/start", None),
            ("https://forms.example.org/?a", None),
            ("https://forms.example.org#a", None),
            ("https://ana@forms.example.org", None),
            ("forms.example.org", None),
            ("file:///tmp", None),
            ("null", None),
            ("*", None),
            ("", None),
        ] {
            assert_eq!(Origin::parse(text).ok().map(|origin| origin.0).as_deref(), origin, "{text}");
        }
    }
}
