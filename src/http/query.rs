//! The query of a request: its parameters, each known and given once.

use rocket::{
    Request,
    outcome::Outcome::Success,
    request::{FromRequest, Outcome},
};
use url::form_urlencoded;

use super::Fields;
use crate::problem::Problem;

/// The raw query of a request.
pub struct Query<'r>(&'r str);

impl<'r> Query<'r> {
    /// Of this request.
    pub fn of(request: &'r Request<'_>) -> Self {
        Self(request.uri().query().map_or("", |query| query.as_str()))
    }

    /// All parameters, as they are given.
    pub fn parameters(&self) -> form_urlencoded::Parse<'r> {
        form_urlencoded::parse(self.0.as_bytes())
    }

    /// The parameters; one that is not among `known` is refused, since a misspelt name must not be ignored.
    pub fn fields(&self, known: &[&str]) -> Result<Fields<'r>, Problem> {
        let parameters: Vec<_> = self.parameters().collect();
        let strangers: Vec<String> = parameters
            .iter()
            .map(|(name, _)| name.to_string())
            .filter(|name| !known.contains(&name.as_str()))
            .collect();
        let mut fields = Fields::of_query(parameters);
        for stranger in strangers {
            // The name is the client's own text: a part of it says enough, and none of it reaches a log.
            fields.note(&stranger.chars().take(64).collect::<String>(), "is not a parameter of this route");
        }
        Ok(fields)
    }

    /// For a route that takes no parameters: refuses any.
    pub fn none(&self) -> Result<(), Problem> {
        self.fields(&[])?.finish(Some(()))
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Query<'r> {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Self::Error> {
        Success(Self::of(request))
    }
}
