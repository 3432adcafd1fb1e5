//! Who stands behind a request to an admin route: a person with a session, or a program with a server key.

use std::sync::Arc;

use rocket::{
    Request,
    http::Method,
    outcome::Outcome::{Error, Success},
    request::{FromRequest, Outcome},
};

use super::{Actor, Grant, Power, SecretDigest, rules};
use crate::{
    accounts::{self, Account, SessionLife},
    audit::{self, Entry, Subject},
    clock::{Clock, Moment},
    companies::CompanyId,
    db::Database,
    http::{address, request_id},
    keys::{ApiKey, Kind, Ring, Uses},
    problem::Problem,
    progress::writer::Writer,
    surveys::SurveyId,
};

/// The cookie that holds a session's token.
pub const SESSION_COOKIE: &str = "formprogress_session";
/// The header in which a change within a session carries its CSRF token.
pub const CSRF_HEADER: &str = "X-CSRF-Token";

/// Somebody who is known. What they may do has still to be asked: [`Arrived::may`].
pub struct Arrived {
    caller: Caller,
}

/// Somebody who may do what was asked.
#[derive(Clone)]
pub struct Caller {
    /// What they may do, and to what.
    pub grant: Grant,
    /// The account, if it is a person.
    pub account: Option<Account>,
    /// The session, if it is a person.
    pub session: Option<SecretDigest>,
    /// Who.
    pub actor: Actor,
    /// From where.
    pub address: String,
    request_id: String,
    clock: Clock,
}

impl Arrived {
    /// The caller, if they have this power.
    pub fn may(self, power: Power) -> Result<Caller, Problem> {
        if self.caller.grant.may(power) { Ok(self.caller) } else { Err(Problem::LacksPower(power.as_str())) }
    }

    /// The caller, if it is a person: for what concerns their own account and session.
    pub fn is_signed_in(self) -> Result<(Caller, Account), Problem> {
        match self.caller.account.clone() {
            Some(account) => Ok((self.caller, account)),
            None => Err(Problem::Forbidden),
        }
    }

    /// The account, if it is a person.
    pub fn account(&self) -> Option<&Account> {
        self.caller.account.as_ref()
    }

    /// The present moment.
    pub fn now(&self) -> Moment {
        self.caller.now()
    }
}

impl Caller {
    /// An entry for the audit log, about what they do now.
    pub fn entry(&self, action: &'static str, subject: impl Into<Subject>) -> Entry {
        Entry {
            at: self.clock.now(),
            actor: self.actor,
            action,
            subject: subject.into().0,
            survey_id: None,
            company_id: None,
            outcome: audit::Outcome::Done,
            detail: String::new(),
            address: self.address.clone(),
            request_id: self.request_id.clone(),
        }
    }

    /// Whether they see what belongs to this survey and company; `hidden` is what those are told who do not.
    pub fn sees(&self, survey_id: SurveyId, company_id: Option<CompanyId>, hidden: Problem) -> Result<(), Problem> {
        if self.grant.sees(survey_id, company_id) { Ok(()) } else { Err(hidden) }
    }

    /// The caller, if they are limited to no companies and no surveys: for what concerns all.
    pub fn without_limits(self) -> Result<Self, Problem> {
        let is_limited = self.grant.surveys.is_limited() || self.grant.companies.is_limited();
        if is_limited { Err(Problem::Forbidden) } else { Ok(self) }
    }

    /// The present moment.
    pub fn now(&self) -> Moment {
        self.clock.now()
    }
}

/// Writes down that somebody looked, before they are shown.
pub async fn look(writer: &Writer, entry: Entry) -> Result<(), Problem> {
    Ok(writer.change(move |conn| audit::store::add(conn, &entry)).await?)
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Arrived {
    type Error = Problem;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Problem> {
        match arrived(request).await {
            Ok(arrived) => Success(arrived),
            Err(problem) => Error((problem.status(), problem)),
        }
    }
}

async fn arrived(request: &Request<'_>) -> Result<Arrived, Problem> {
    if request.headers().contains("Authorization") {
        let key = key_of(request).await?.ok_or(Problem::Unauthorized)?;
        return match &key.kind {
            Kind::Server { grant } => somebody(request, grant.clone(), Actor::Key(key.id.0), None),
            Kind::Site { .. } => Err(Problem::Forbidden),
        };
    }
    let (arrived, csrf) = in_session(request).await?;
    let changes = !matches!(request.method(), Method::Get | Method::Head | Method::Options);
    if changes && request.headers().get_one(CSRF_HEADER) != Some(csrf.as_str()) {
        return Err(Problem::CsrfTokenInvalid);
    }
    Ok(arrived)
}

/// Who is signed in, and the CSRF token that a change has to show: whoever asks compares it.
pub async fn in_session(request: &Request<'_>) -> Result<(Arrived, String), Problem> {
    let Some(cookie) = request.cookies().get(SESSION_COOKIE) else { return Err(Problem::Unauthorized) };
    let session = SecretDigest::of(cookie.value());
    let account = signed_in(request, session, state::<Clock>(request)?.now()).await?;
    let grant = rules::grant_of(account.role, account.companies.clone());
    let actor = Actor::Account(account.id.0);
    Ok((somebody(request, grant, actor, Some((account, session)))?, csrf_token(cookie.value())))
}

fn somebody(
    request: &Request<'_>,
    grant: Grant,
    actor: Actor,
    person: Option<(Account, SecretDigest)>,
) -> Result<Arrived, Problem> {
    let (account, session) = person.unzip();
    let caller = Caller {
        grant,
        account,
        session,
        actor,
        address: address::client(request).map(|address| address.to_string()).unwrap_or_default(),
        request_id: request_id::of(request).to_owned(),
        clock: state::<Clock>(request)?.clone(),
    };
    Ok(Arrived { caller })
}

/// The account of a session, if the session is still good.
async fn signed_in(request: &Request<'_>, token: SecretDigest, now: Moment) -> Result<Account, Problem> {
    let life = *state::<SessionLife>(request)?;
    let session = state::<Database>(request)?.read(move |conn| accounts::store::session(conn, token)).await?;
    let session = session.filter(|session| session.account.is_active && life.is_alive(session, now));
    let session = session.ok_or(Problem::Unauthorized)?;
    // Not each request is worth a write.
    if session.seen_at.plus_minutes(1) <= now {
        state::<Writer>(request)?.change(move |conn| accounts::store::see(conn, token, now)).await?;
    }
    Ok(session.account)
}

/// The CSRF token of a session: made of its token, which no other site's page can read.
pub fn csrf_token(session: &str) -> String {
    SecretDigest::derived(session, "csrf")
}

/// The key that a request shows, if it is valid; an error if it shows one that is not.
pub async fn key_of(request: &Request<'_>) -> Result<Option<Arc<ApiKey>>, Problem> {
    let Some(header) = request.headers().get_one("Authorization") else { return Ok(None) };
    let shown = header
        .trim()
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("token"));
    let (_, text) = shown.ok_or(Problem::Unauthorized)?;
    let key = state::<Ring>(request)?.find(SecretDigest::of(text.trim())).await?;
    let key = key.filter(|key| key.revoked_at.is_none()).ok_or(Problem::Unauthorized)?;
    state::<Uses>(request)?.note(key.id, state::<Clock>(request)?.now());
    Ok(Some(key))
}

/// Something that the service was put together with.
pub fn state<'r, T: Send + Sync + 'static>(request: &'r Request<'_>) -> Result<&'r T, Problem> {
    request.rocket().state().ok_or(Problem::Internal)
}
