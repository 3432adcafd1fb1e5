//! What drafts are known by: whose they are, and their id, version, screen and form.

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use super::{DraftId, retries::KeyDigest};
use crate::{email::Email, http::Parameter, surveys::SurveyId};

/// A participant in a survey: what a draft and a submission belong to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pair {
    /// Who.
    pub email: Email,
    /// In what.
    pub survey_id: SurveyId,
}

/// Counts the saves of a draft that changed something, from 1. As an entity tag (RFC 9110) it stands in quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, ToSchema)]
#[schema(value_type = i64, minimum = 1, example = 5)]
pub struct Version(pub i64);

impl Version {
    /// The ETag of a draft at this version.
    pub fn etag(self) -> String {
        format!("\"{}\"", self.0)
    }
}

impl Parameter for Version {
    const NUMERIC: bool = true;

    fn parse(text: &str) -> Result<Self, &'static str> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().ok()).flatten().map(Self).ok_or("must be an integer from 1")
    }
}

impl Parameter for DraftId {
    fn parse(text: &str) -> Result<Self, &'static str> {
        text.parse()
    }
}

impl DraftId {
    /// A new id: the time, for the sake of the index, and 74 random bits. (The library's own version 7 counts within a
    /// millisecond: from one id of a moment the others could be guessed.)
    pub fn random() -> Self {
        let (random, now) = (uuid::Uuid::new_v4(), uuid::Timestamp::now(uuid::NoContext));
        let (seconds, nanoseconds) = now.to_unix();
        // Bytes in which version 4 has no fixed bits.
        let mut bits = [0; 10];
        bits[..6].copy_from_slice(&random.as_bytes()[..6]);
        bits[6..].copy_from_slice(&random.as_bytes()[10..14]);
        let milliseconds = seconds * 1000 + u64::from(nanoseconds / 1_000_000);
        Self(uuid::Builder::from_unix_timestamp_millis(milliseconds, &bits).into_uuid())
    }

    /// The id of an anonymous draft that a request with this key starts: the same for the same request sent again.
    /// Whoever does not know the key cannot know the id.
    pub fn of_key(survey_id: SurveyId, key: &str) -> Self {
        Self::of_digest(&[b"anonymous draft", &survey_id.0.to_le_bytes(), key.as_bytes()])
    }

    /// No draft's id, but a name for the request with this key that discards a pair's draft.
    pub fn of_discard(pair: &Pair, key: KeyDigest) -> Self {
        Self::of_digest(&[b"discard", &pair.survey_id.0.to_le_bytes(), &key.0, pair.email.as_str().as_bytes()])
    }

    fn of_digest(parts: &[&[u8]]) -> Self {
        let mut hasher = Sha256::new();
        parts.iter().for_each(|part| hasher.update(part));
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hasher.finalize()[..16]);
        Self(uuid::Uuid::new_v8(bytes))
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

    /// The version of the algorithm that made it, if it is one of ours: the number before the colon.
    pub fn algorithm(&self) -> Option<u32> {
        self.0.split_once(':')?.0.parse().ok()
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ids_of_one_moment_share_nothing_but_the_moment() {
        let ids: Vec<uuid::Uuid> = (0..1000).map(|_| DraftId::random().0).collect();

        let tails: std::collections::HashSet<&[u8]> = ids.iter().map(|id| &id.as_bytes()[9..13]).collect();
        assert!(tails.len() > 990 && ids.iter().all(|id| id.get_version_num() == 7));
    }

    proptest! {
        #[test]
        fn screens_are_the_integers_that_fit(text in "[ +-]?[0-9]{0,12}(\\.[0-9])?") {
            prop_assert_eq!(Screen::parse(&text).ok().map(|screen| screen.0.to_string()),
                text.parse::<i32>().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit())).map(|n| n.to_string()));
        }
    }
}
