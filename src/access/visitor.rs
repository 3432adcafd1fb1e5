//! Who stands behind a request to a public route: anybody while there is no API key; afterwards whoever shows one.

use std::sync::Arc;

use rocket::{
    Request,
    outcome::Outcome::{Error, Success},
    request::{FromRequest, Outcome},
};

use super::{
    Power,
    caller::{key_of, state},
};
use crate::{
    keys::{ApiKey, Kind, Ring},
    problem::Problem,
    surveys::SurveyId,
};

/// Somebody who may use the public routes.
pub struct Visitor {
    key: Option<Arc<ApiKey>>,
}

impl Visitor {
    /// Whether they may say that a participant is done, without answers: while there are no keys, or a server.
    pub fn may_mark(&self) -> Result<(), Problem> {
        match self.key.as_ref().map(|key| &key.kind) {
            None => Ok(()),
            Some(Kind::Server { grant }) if grant.may(Power::Submit) => Ok(()),
            Some(_) => Err(Problem::ServerKeyRequired),
        }
    }

    /// Whether they may submit in this survey.
    pub fn may_submit_in(&self, survey_id: SurveyId) -> Result<(), Problem> {
        match self.key.as_ref().map(|key| &key.kind) {
            Some(Kind::Server { grant }) if !grant.surveys.sees(survey_id) => Err(Problem::Forbidden),
            _ => Ok(()),
        }
    }
}

/// The same where somebody submits: server keys that may do only that are let in, too.
pub struct Submitter(pub Visitor);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Visitor {
    type Error = Problem;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Problem> {
        match visitor(request, &[Power::Participate]).await {
            Ok(visitor) => Success(visitor),
            Err(problem) => Error((problem.status(), problem)),
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Submitter {
    type Error = Problem;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Problem> {
        match visitor(request, &[Power::Participate, Power::Submit]).await {
            Ok(visitor) => Success(Self(visitor)),
            Err(problem) => Error((problem.status(), problem)),
        }
    }
}

async fn visitor(request: &Request<'_>, any_of: &[Power]) -> Result<Visitor, Problem> {
    // A revoked key counts as well: to revoke the last one must not open the service to everybody.
    let is_open = state::<Ring>(request)?.keys().await?.is_empty();
    if is_open {
        return Ok(Visitor { key: None });
    }
    let key = key_of(request).await?.ok_or(Problem::Unauthorized)?;
    match &key.kind {
        Kind::Site { origins: Some(origins) } => {
            // A browser names the origin in each request that goes elsewhere, and in each that changes something.
            let origin = request.headers().get_one("Origin");
            if origin.is_some_and(|origin| !origins.contains(origin)) {
                return Err(Problem::OriginNotAllowed);
            }
        }
        Kind::Site { origins: None } => {}
        Kind::Server { grant } if any_of.iter().any(|power| grant.may(*power)) => {}
        Kind::Server { .. } => return Err(Problem::Forbidden),
    }
    Ok(Visitor { key: Some(key) })
}
