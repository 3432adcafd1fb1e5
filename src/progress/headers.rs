//! The request headers that concern drafts.

use std::{collections::HashSet, convert::Infallible};

use rocket::{
    Request,
    outcome::Outcome::{Error, Success},
    request::{FromRequest, Outcome},
};

use super::{
    Version,
    conditions::{Conditions, Tag, Tags},
    retries::{Key, key_in},
    writes::{Act, By, Target, Write},
};
use crate::problem::{FieldError, Problem};

/// The headers of a write.
pub struct WriteHeaders<'r> {
    conditions: Conditions,
    /// Whether the answer may do without data and meta (RFC 7240).
    pub minimal: bool,
    key: Option<&'r str>,
}

impl<'r> WriteHeaders<'r> {
    /// Those of a write that insists on a version, and says nothing else.
    pub fn insisting_on(version: Version) -> Self {
        let if_match = Some(Tags::These(vec![Tag::Version(version)]));
        Self { conditions: Conditions { if_match, ..Default::default() }, minimal: false, key: None }
    }

    /// The write that a request asks for: `kind` tells what it does (for its key), `body` with what, `problem` what is wrong with
    /// that.
    pub fn write(
        &self,
        (kind, body): (&str, &str),
        target: Target,
        by: By,
        act: Act,
        problem: Option<&Problem>,
    ) -> Write {
        let (conditions, key) = (self.conditions.clone(), self.key.map(|key| Key::new(key, kind, body)));
        Write { target, conditions, key, body_is_valid: problem.is_none(), by, act }
    }

    /// The key as it was sent, if it looks as if nobody could guess it: a random UUID.
    pub fn unguessable_key(&self) -> Option<&'r str> {
        self.key.filter(|key| uuid::Uuid::try_parse(key).is_ok_and(|key| is_random(&key)))
    }
}

/// Whether a UUID is of a random kind, and not one that somebody typed: of 16 random bytes, few are the same.
fn is_random(key: &uuid::Uuid) -> bool {
    let different: HashSet<&u8> = key.as_bytes().iter().collect();
    matches!(key.get_version_num(), 4 | 7) && different.len() >= 10
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for WriteHeaders<'r> {
    type Error = Problem;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Problem> {
        match read(request) {
            Ok(headers) => Success(headers),
            Err(problem) => Error((problem.status(), problem)),
        }
    }
}

fn read<'r>(request: &'r Request<'_>) -> Result<WriteHeaders<'r>, Problem> {
    let headers = request.headers();
    let mut errors = Vec::new();
    let mut note = |name: &str, detail: &str| errors.push(FieldError { pointer: name.into(), detail: detail.into() });
    let mut tags = |name: &str| {
        let lines: Vec<&str> = headers.get(name).collect();
        match lines.is_empty() {
            true => None,
            // A list may go over several lines (RFC 9110, section 5.3).
            false => Tags::parse(&lines.join(",")).map_err(|detail| note(name, detail)).ok(),
        }
    };
    let conditions = Conditions { if_match: tags("If-Match"), if_none_match: tags("If-None-Match") };
    let mut keys = headers.get("Idempotency-Key");
    let key = keys.next().and_then(|header| key_in(header).map_err(|detail| note("Idempotency-Key", detail)).ok());
    if keys.next().is_some() {
        note("Idempotency-Key", "is given more than once");
    }
    match errors.is_empty() {
        true => Ok(WriteHeaders { conditions, minimal: prefers_minimal(request), key }),
        false => Err(Problem::InvalidRequest(errors)),
    }
}

/// RFC 7240: preferences are a list, over one header or several; the first of a name counts, without its parameters.
fn prefers_minimal(request: &Request<'_>) -> bool {
    let mut preferences = request.headers().get("Prefer").flat_map(|header| header.split(',')).map(|preference| {
        preference.split(';').next().unwrap_or_default().trim().replace('"', "").to_ascii_lowercase()
    });
    preferences.find(|preference| preference.starts_with("return=")).as_deref() == Some("return=minimal")
}

/// The headers of a read.
pub struct ReadHeaders {
    if_none_match: Option<Tags>,
}

impl ReadHeaders {
    /// Whether the client has this version already.
    pub fn know(&self, version: Version) -> bool {
        self.if_none_match.as_ref().is_some_and(|tags| tags.name(Some(version), |_| None))
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for ReadHeaders {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Infallible> {
        let lines: Vec<&str> = request.headers().get("If-None-Match").collect();
        // A client that cannot say what it has is given everything.
        Success(Self { if_none_match: Tags::parse(&lines.join(",")).ok() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_that_somebody_typed_is_not_taken_for_random() {
        for (key, random) in [
            ("8e03978e-40d5-43e8-bc93-6894a57f9324", true),
            ("00000000-0000-4000-8000-000000000000", false),
            ("11111111-2222-4333-8444-555555555555", false),
            ("f47ac10b-58cc-1372-a567-0e02b2c3d479", false),
        ] {
            assert_eq!(is_random(&uuid::Uuid::try_parse(key).expect(key)), random, "{key}");
        }
    }
}
