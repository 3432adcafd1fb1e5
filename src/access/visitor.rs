//! Who stands behind a request to a public route: anybody while there is no API key; afterwards whoever shows one.

use std::sync::Arc;

use rocket::{
    Request,
    outcome::Outcome::{Error, Success},
    request::{FromRequest, Outcome},
};

use super::{
    Grant, Power,
    caller::{key_of, state},
};
use crate::{
    companies::{CompanyId, GuestCode},
    http::address,
    keys::{ApiKey, Kind, Ring},
    limits::{self, Guess, Limits, Turn, headers},
    problem::Problem,
    progress::writes::Target,
    surveys::SurveyId,
};

/// Somebody who may use the public routes.
pub struct Visitor {
    key: Option<Arc<ApiKey>>,
    turn: Option<Turn>,
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

    /// Whether they may submit in this survey. Whose draft a pair has, and of which company, only its own door tells: a key
    /// that is limited to companies goes through the draft's.
    pub fn may_submit_in(&self, survey_id: SurveyId) -> Result<(), Problem> {
        match self.grant() {
            Some(grant) if grant.companies.is_limited() || !grant.surveys.sees(survey_id) => Err(Problem::Forbidden),
            _ => Ok(()),
        }
    }

    /// Whether they may submit a draft of this survey and company. What they may not see is as if it were not there.
    pub fn may_submit_draft(&self, survey_id: SurveyId, company_id: Option<CompanyId>) -> Result<(), Problem> {
        match self.grant() {
            Some(grant) if !grant.sees(survey_id, company_id) => Err(Problem::DraftNotFound),
            _ => Ok(()),
        }
    }

    /// Whether they may be told what became of a draft that is not there, of this survey if that is known.
    pub fn may_learn_of(&self, survey_id: Option<SurveyId>) -> Result<(), Problem> {
        match self.grant() {
            Some(grant) if grant.companies.is_limited() => Err(Problem::DraftNotFound),
            Some(grant) if grant.surveys.is_limited() && !survey_id.is_some_and(|id| grant.surveys.sees(id)) => {
                Err(Problem::DraftNotFound)
            }
            _ => Ok(()),
        }
    }

    /// Lets them write this draft, as far as the limits do.
    pub fn may_write(&self, target: &Target) -> Result<(), Problem> {
        self.turn.as_ref().map_or(Ok(()), |turn| turn.write(target))
    }

    /// Lets them try what may be a guess, as far as the limits do.
    pub fn may_guess(&self, guess: Guess) -> Result<(), Problem> {
        self.turn.as_ref().map_or(Ok(()), |turn| turn.may_guess(guess))
    }

    /// What they asked about is not there: it may have been a guess.
    pub fn missed(&self, guess: Guess) {
        if let Some(turn) = &self.turn {
            turn.missed(guess);
        }
    }

    /// A guest code in a draft's data is nobody's.
    pub fn missed_code(&self, target: &Target, code: &GuestCode) {
        if let Some(turn) = &self.turn {
            turn.missed_code(target, code);
        }
    }

    /// They have begun a draft: so what they asked before was no guess.
    pub fn began(&self) {
        if let Some(turn) = &self.turn {
            turn.began();
        }
    }

    fn grant(&self) -> Option<&Grant> {
        match &self.key.as_ref()?.kind {
            Kind::Server { grant } => Some(grant),
            Kind::Site { .. } => None,
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
    let key = if is_open { None } else { Some(key_of(request).await?.ok_or(Problem::Unauthorized)?) };
    match key.as_ref().map(|key| &key.kind) {
        None | Some(Kind::Site { origins: None }) => {}
        Some(Kind::Site { origins: Some(origins) }) => {
            // A browser names the origin in each request that goes elsewhere, and in each that changes something.
            let origin = request.headers().get_one("Origin");
            if origin.is_some_and(|origin| !origins.contains(origin)) {
                return Err(Problem::OriginNotAllowed);
            }
        }
        Some(Kind::Server { grant }) if any_of.iter().any(|power| grant.may(*power)) => {}
        Some(Kind::Server { .. }) => return Err(Problem::Forbidden),
    }
    let turn = turn(request, key.as_deref())?;
    Ok(Visitor { key, turn })
}

/// Lets a request in, as far as the limits do; none where there are no limits.
fn turn(request: &Request<'_>, key: Option<&ApiKey>) -> Result<Option<Turn>, Problem> {
    let (Some(limits), Some(route)) = (request.rocket().state::<Arc<Limits>>(), request.route()) else {
        return Ok(None);
    };
    let is_server = key.is_some_and(|key| matches!(key.kind, Kind::Server { .. }));
    let address = (!is_server).then(|| address::client(request).unwrap_or(limits::NOWHERE));
    let class = limits::class_of(route.method.as_str(), route.uri.path());
    limits.enter(class, address, key.map(|key| key.id), headers::of(request)).map(Some)
}
