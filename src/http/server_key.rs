//! The key of the survey admin's own server: for routes that no participant may call.

use rocket::{
    Request,
    outcome::Outcome::{Error, Success},
    request::{FromRequest, Outcome},
};
use sha2::{Digest, Sha256};

use crate::problem::Problem;

/// A key, as its digest: what is compared takes the same time whatever was sent, and nothing can show the key.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerKey([u8; 32]);

impl ServerKey {
    /// The fewest characters of a key.
    pub const SHORTEST: usize = 32;

    /// Of this text.
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text).into())
    }
}

impl std::fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServerKey(…)")
    }
}

/// That a request showed the server key, as `Authorization: Bearer <key>` or `Token <key>`.
pub struct ByServer;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for ByServer {
    type Error = Problem;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Problem> {
        let known = request.rocket().state::<Option<ServerKey>>().and_then(Option::as_ref);
        let shown = request.headers().get_one("Authorization").and_then(|header| {
            let (scheme, key) = header.trim().split_once(' ')?;
            let is_known = scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("token");
            is_known.then(|| ServerKey::of(key.trim()))
        });
        match shown.is_some() && shown.as_ref() == known {
            true => Success(Self),
            false => Error((Problem::Unauthorized.status(), Problem::Unauthorized)),
        }
    }
}
