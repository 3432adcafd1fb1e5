//! API keys: of the pages that participants use (site keys), and of programs (server keys).

pub mod ring;
pub mod store;

use std::collections::BTreeSet;

use serde::Serialize;
use utoipa::ToSchema;

pub use self::ring::Ring;
use crate::{access::Grant, clock::Moment};

/// Names a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[schema(value_type = i64, minimum = 1, example = 3)]
pub struct KeyId(pub i64);

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
