//! Drafts: the saved state of one participant in one survey, before submission.

pub mod admin;
pub mod admin_api;
pub mod api;
pub mod conditions;
pub mod difference;
pub mod drafts_api;
pub mod export_api;
pub mod group;
pub mod headers;
pub mod limited;
pub mod merge;
mod names;
pub mod pages;
pub mod previous_api;
pub mod reader;
mod reference;
mod refusal;
pub mod retries;
pub mod rules;
pub mod search;
pub mod search_api;
pub mod states;
pub mod store;
pub mod validation_api;
pub mod views;
pub mod world;
pub mod writer;
pub mod writes;

use std::{str::FromStr, sync::Arc};

use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

pub use self::{
    names::{Fingerprint, Pair, Screen, Version},
    reference::Reference,
};
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
    /// What the client says of the shape of the form that wrote it.
    pub fingerprint: Option<Fingerprint>,
    /// The shape of the survey's answers when it was last saved.
    pub survey_fingerprint: Option<Fingerprint>,
    /// How many saves changed something.
    pub version: Version,
    /// Of its content.
    pub digest: Digest,
    /// How many values its data holds; unknown for a draft that an older service saved.
    pub value_count: Option<u32>,
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

/// A draft as it is shown: with what its survey says of it.
#[derive(Debug, Clone)]
pub struct Current {
    /// The draft.
    pub draft: FormProgress,
    /// Whether the form has another shape than the one that wrote it.
    pub schema_changed: bool,
}

/// A form state, and how many values it holds (texts that are not empty, numbers, booleans; at any depth).
#[derive(Debug, Clone)]
pub struct Data {
    /// The state.
    pub json: Json,
    /// How many values.
    pub value_count: u32,
}

impl Data {
    /// Counts.
    pub fn of(json: Json) -> Self {
        Self { value_count: merge::value_count(&json), json }
    }

    /// `{}`.
    pub fn empty() -> Self {
        Self { json: raw("{}"), value_count: 0 }
    }
}

/// What a write brings for a draft. What it says nothing of stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// The participant, for a draft that nobody has claimed.
    pub email: Option<Email>,
    /// The screen entered.
    pub current_screen: Option<Screen>,
    /// The whole form state.
    pub data: Option<Data>,
    /// The front end's notes; `Some(None)` clears them.
    pub meta: Option<Option<Json>>,
    /// The shape of the form; `Some(None)` clears it.
    pub fingerprint: Option<Option<Fingerprint>>,
    /// The guest code in the data, if there is one.
    pub guest_code: Option<GuestCode>,
}

/// What is known of a state that can be restored, without what is in it.
#[derive(Debug, Clone)]
pub struct PreviousLine {
    /// The version that had it.
    pub version: Version,
    /// How many values its data holds.
    pub value_count: u32,
    /// When it was replaced.
    pub replaced_at: Moment,
}

/// A state of a draft that a save replaced with less.
#[derive(Debug, Clone)]
pub struct Previous {
    /// The version that had it.
    pub version: Version,
    /// The screen.
    pub current_screen: Screen,
    /// How many values its data holds.
    pub value_count: u32,
    /// When it was saved.
    pub saved_at: Moment,
    /// When it was replaced.
    pub replaced_at: Moment,
    /// The content.
    pub content: Content,
}

impl Previous {
    /// The change that brings it back.
    pub fn change(&self) -> Change {
        let data = Data { json: self.content.data.clone(), value_count: self.value_count };
        Change {
            current_screen: Some(self.current_screen),
            data: Some(data),
            meta: Some(self.content.meta.clone()),
            ..Default::default()
        }
    }
}

/// How a draft ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// With a submission.
    Submitted,
    /// By itself.
    Expired,
    /// On the participant's wish.
    Discarded,
}

impl End {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Expired => "expired",
            Self::Discarded => "discarded",
        }
    }
}

impl FromStr for End {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "submitted" => Ok(Self::Submitted),
            "expired" => Ok(Self::Expired),
            "discarded" => Ok(Self::Discarded),
            _ => Err("must be submitted, expired or discarded"),
        }
    }
}

/// What is remembered of a draft that is no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// How it ended.
    pub end: End,
    /// When.
    pub at: Moment,
}

/// JSON that is known to be valid.
pub(crate) fn raw(json: &'static str) -> Json {
    RawValue::from_string(json.to_owned()).expect("the text is JSON").into()
}

/// The guest code that a form's state carries at `guestCodeResponse.guestCode`. Any other shape has none: the data
/// is the front end's own, and nothing in it may refuse a save.
pub fn guest_code_of(data: &RawValue) -> Option<GuestCode> {
    let code = member(member(data, "guestCodeResponse")?, "guestCode")?;
    GuestCode::parse(&fields::text(code)?).ok()
}

#[cfg(test)]
mod tests {
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
        assert_eq!(code(r#"{"\ud800":1,"guestCodeResponse":{"guestCode":"a"}}"#).as_deref(), Some("a"));
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
        ] {
            assert_eq!(code(json), None, "{json}");
        }
    }
}
