//! Requests sent again: what an `Idempotency-Key` is, and what is remembered of the write that carried it.

use sha2::{Digest as _, Sha256};

use super::{Screen, Version};
use crate::clock::Moment;

/// How many days a key is remembered at least.
pub const DAYS: u32 = 1;

/// How many keys of a draft are remembered at least, however old.
pub const LAST: i64 = 32;

/// A half of SHA-256: as much of a text as tells it apart.
fn half_digest(parts: &[&[u8]]) -> [u8; 16] {
    let mut hasher = Sha256::new();
    for part in parts {
        // The length goes first, so that no two lists of parts are the same text.
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let mut half = [0; 16];
    half.copy_from_slice(&hasher.finalize()[..16]);
    half
}

/// Stands for the text of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyDigest(pub [u8; 16]);

impl KeyDigest {
    /// Of this key.
    pub fn of(key: &str) -> Self {
        Self(half_digest(&[key.as_bytes()]))
    }
}

/// Stands for what a request asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestDigest(pub [u8; 16]);

/// The key of a request, and what the request asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Of the key.
    pub digest: KeyDigest,
    /// Of the method, the kind of thing it was sent to, and the body.
    pub request: RequestDigest,
}

impl Key {
    /// The key of a request: `kind` tells what it was to do, `body` with what.
    pub fn new(key: &str, kind: &str, body: &str) -> Self {
        let request = RequestDigest(half_digest(&[kind.as_bytes(), body.as_bytes()]));
        Self { digest: KeyDigest::of(key), request }
    }
}

/// Reads an `Idempotency-Key` header: a quoted text (RFC 8941) or a bare one. What stands in an entity tag too, so that
/// `"op:<key>"` can name it.
pub fn key_in(header: &str) -> Result<&str, &'static str> {
    const FORM: &str = "must have 1 to 128 visible ASCII characters, and no quotes or backslashes among them";
    let header = header.trim();
    let bare = header.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(header);
    let fits = (1..=128).contains(&bare.len());
    let is_plain = bare.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'));
    if fits && is_plain { Ok(bare) } else { Err(FORM) }
}

/// What is remembered of a write with a key: as much as it takes to answer the same again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remembered {
    /// What was asked for.
    pub request: RequestDigest,
    /// Whether it started the draft.
    pub created: bool,
    /// The version that it produced.
    pub version: Version,
    /// The screen that it left the draft at.
    pub current_screen: Screen,
    /// When it was answered.
    pub answered_at: Moment,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_may_stand_in_quotes() {
        assert_eq!(key_in("\"8e03978e\""), Ok("8e03978e"));
        assert_eq!(key_in(" 8e03978e "), Ok("8e03978e"));
        assert_eq!(key_in(&"k".repeat(128)).map(|key| key.len()), Ok(128));
    }

    #[test]
    fn what_cannot_stand_in_an_entity_tag_is_no_key() {
        for header in ["", "\"\"", "\"", "a\"b", "a b", "a\\b", "é", "\"a", &"k".repeat(129)] {
            assert!(key_in(header).is_err(), "{header}");
        }
    }

    #[test]
    fn a_request_is_told_apart_by_its_kind_and_its_body() {
        let digest = |kind, body| Key::new("k", kind, body).request;
        assert_eq!(digest("PATCH", "{}"), digest("PATCH", "{}"));
        assert_ne!(digest("PATCH", "{}"), digest("PUT", "{}"));
        assert_ne!(digest("PATCH", "{}"), digest("PATCH", "{ }"));
        assert_ne!(digest("PATCH{", "}"), digest("PATCH", "{}"));
    }
}
