//! Drafts: the saved state of one participant in one survey, before submission.

pub mod api;
pub mod group;
pub mod rules;
pub mod store;
pub mod writer;

use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

pub use crate::db::types::DraftId;
use crate::{
    clock::Moment,
    companies::{CompanyId, GuestCode},
    email::Email,
    http::{Parameter, body::member, fields},
    surveys::SurveyId,
};

/// A JSON value exactly as it was sent: key order, spelling of numbers, escapes and repeated keys included.
pub type Json = Arc<RawValue>;

/// A participant in a survey: what a draft and a submission belong to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pair {
    /// Who.
    pub email: Email,
    /// In what.
    pub survey_id: SurveyId,
}

/// Counts the saves of a draft that changed something, from 1. As an entity tag (RFC 9110) it stands in quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[schema(value_type = i64, minimum = 1, example = 5)]
pub struct Version(pub i64);

impl Version {
    /// The ETag of a draft at this version.
    pub fn etag(self) -> String {
        format!("\"{}\"", self.0)
    }

    /// Whether an `If-None-Match` header names this version (weak comparison, RFC 9110, section 13.1.2).
    pub fn is_among(self, header: &str) -> bool {
        let own = self.etag();
        header.split(',').map(str::trim).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == own)
    }
}

/// A page of the form, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, ToSchema)]
#[schema(value_type = i32, minimum = 0, example = 3)]
pub struct Screen(pub i32);

impl Parameter for Screen {
    const NUMERIC: bool = true;

    fn parse(text: &str) -> Result<Self, &'static str> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().ok()).flatten().map(Self).ok_or("must be an integer from 0 to 2147483647")
    }
}

/// Short text naming the shape of the form that wrote the draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(value_type = String, max_length = 200, example = "1:9f86d081")]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Parameter for Fingerprint {
    fn parse(text: &str) -> Result<Self, &'static str> {
        match text.chars().count() <= 200 && !text.chars().any(char::is_control) {
            true => Ok(Self(text.to_owned())),
            false => Err("must have 200 characters at most, and no control characters"),
        }
    }
}

/// Tells whether two contents are the same without having either at hand: a half of SHA-256 for `data` and one for
/// `meta` (zeros stand for no `meta`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Of this content.
    pub fn of(content: &Content) -> Self {
        let mut digest = [0; 32];
        digest[..16].copy_from_slice(&Sha256::digest(content.data.get())[..16]);
        if let Some(meta) = &content.meta {
            digest[16..].copy_from_slice(&Sha256::digest(meta.get())[..16]);
        }
        Self(digest)
    }

    /// Whether the content has a `meta`.
    pub fn has_meta(self) -> bool {
        self.0[16..] != [0; 16]
    }

    /// As it is stored.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Back from the database. A column that somebody shortened differs from every content.
    pub fn from_stored(bytes: &[u8]) -> Self {
        Self(bytes.try_into().unwrap_or([0xff; 32]))
    }
}

/// What the front end keeps in a draft.
#[derive(Debug, Clone)]
pub struct Content {
    /// Its whole form state: an object.
    pub data: Json,
    /// Its own notes, such as errors shown or gates passed.
    pub meta: Option<Json>,
}

/// Everything about a draft but its content: small, and enough for most decisions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Names the draft.
    pub draft_id: DraftId,
    /// The participant; none for a draft that nobody has claimed yet.
    pub email: Option<Email>,
    /// The survey.
    pub survey_id: SurveyId,
    /// The company that a guest code linked it to.
    pub company_id: Option<CompanyId>,
    /// The code that made the link.
    pub guest_code: Option<GuestCode>,
    /// The screen last entered.
    pub current_screen: Screen,
    /// The furthest one ever entered.
    pub furthest_screen: Screen,
    /// The shape of the form that wrote it.
    pub fingerprint: Option<Fingerprint>,
    /// How many saves changed something.
    pub version: Version,
    /// Of its content.
    pub digest: Digest,
    /// The first save.
    pub created_at: Moment,
    /// The last save.
    pub updated_at: Moment,
    /// From then on it does not exist for anyone.
    pub expires_at: Moment,
}

/// A draft (table `form_progress`).
#[derive(Debug, Clone)]
pub struct FormProgress {
    /// Everything but the content.
    pub head: Head,
    /// What the front end keeps in it.
    pub content: Content,
}

/// The guest code that a form's state carries at `guestCodeResponse.guestCode`. Any other shape has none: the data
/// is the front end's own, and nothing in it may refuse a save.
pub fn guest_code_of(data: &RawValue) -> Option<GuestCode> {
    let code = member(member(data, "guestCodeResponse")?, "guestCode")?;
    GuestCode::parse(&fields::text(code)?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code(json: &str) -> Option<String> {
        let data: Box<RawValue> = serde_json::from_str(json).expect("JSON");
        guest_code_of(&data).map(|code| code.to_string())
    }

    #[test]
    fn the_guest_code_is_found_in_any_state_that_has_one() {
        assert_eq!(
            code(r#"{"a":1,"guestCodeResponse":{"status":"ok","guestCode":" ACME-1 "}}"#).as_deref(),
            Some("acme-1")
        );
        assert_eq!(code(r#"{"guestCodeResponse":{"guestCode":"\u0041"}}"#).as_deref(), Some("a"));
    }

    #[test]
    fn no_shape_of_data_is_an_error() {
        for json in [
            "{}",
            "[]",
            "null",
            "3",
            r#""x""#,
            r#"{"guestCodeResponse":null}"#,
            r#"{"guestCodeResponse":[]}"#,
            r#"{"guestCodeResponse":"x"}"#,
            r#"{"guestCodeResponse":{"guestCode":null}}"#,
            r#"{"guestCodeResponse":{"guestCode":7}}"#,
            r#"{"guestCodeResponse":{"guestCode":{"a":[]}}}"#,
            r#"{"guestCodeResponse":{"guestCode":""}}"#,
            r#"{"guestCodeResponse":{"guestCode":"a\u0000b"}}"#,
            r#"{"guestCodeResponse":{"guestCode":"\ud800"}}"#,
            r#"{"\ud800":1,"guestCodeResponse":{"guestCode":"a"}}"#,
        ] {
            assert_eq!(code(json), None, "{json}");
        }
    }

    #[test]
    fn an_if_none_match_header_is_compared_weakly() {
        let version = Version(5);
        for header in ["\"5\"", "W/\"5\"", "\"4\", \"5\"", "*"] {
            assert!(version.is_among(header), "{header}");
        }
        for header in ["", "5", "\"55\"", "\"4\""] {
            assert!(!version.is_among(header), "{header}");
        }
    }

    proptest! {
        #[test]
        fn screens_are_the_integers_that_fit(text in "[ +-]?[0-9]{0,12}(\\.[0-9])?") {
            prop_assert_eq!(Screen::parse(&text).ok().map(|screen| screen.0.to_string()),
                text.parse::<i32>().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit())).map(|n| n.to_string()));
        }
    }
}
