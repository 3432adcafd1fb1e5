//! Letting people in: with a password, or with a link to set one.
//!
//! Whoever tries an email learns nothing of whether it has an account: the same is asked of the database, the same hash is
//! made, the same is written down and answered.

use std::convert::Infallible;

use rocket::{
    Request,
    http::Status,
    outcome::Outcome::{Forward, Success},
    request::{FromRequest, Outcome},
};

use super::{
    Account, AccountId, Hasher, Password, PasswordHash, SessionLife, Throttle, TriedPassword,
    browser::Browser,
    rules::{self, Refusal},
    store::{self, Began},
};
use crate::{
    access::{Actor, Caller, Secret, SecretDigest},
    audit::{self, People, Subject},
    clock::{Clock, Moment},
    db::Database,
    email::Email,
    problem::{FieldError, Problem},
    progress::writer::Writer,
};

/// All that it takes to let somebody in.
pub struct Door<'r> {
    /// Where they stand.
    pub browser: Browser<'r>,
    /// How long sessions last.
    pub life: SessionLife,
    database: &'r Database,
    writer: &'r Writer,
    clock: &'r Clock,
    people: &'r People,
    throttle: &'r Throttle,
    hasher: &'r Hasher,
}

/// Somebody who has just signed in.
pub struct SignedIn {
    /// Who.
    pub account: Account,
    /// What their browser keeps.
    pub token: Secret,
    /// When it began.
    pub created_at: Moment,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Door<'r> {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Infallible> {
        match Self::of(request) {
            Some(door) => Success(door),
            // The service is put together with all of its parts.
            None => Forward(Status::InternalServerError),
        }
    }
}

impl<'r> Door<'r> {
    fn of(request: &'r Request<'_>) -> Option<Self> {
        let rocket = request.rocket();
        Some(Self {
            browser: Browser::of(request),
            life: *rocket.state()?,
            database: rocket.state()?,
            writer: rocket.state()?,
            clock: rocket.state()?,
            people: rocket.state()?,
            throttle: rocket.state()?,
            hasher: rocket.state()?,
        })
    }

    /// Signs somebody in: their browser keeps a new session from then on.
    pub async fn sign_in(&self, email: Email, password: TriedPassword) -> Result<SignedIn, Problem> {
        let device = self.browser.device();
        let tried = self.throttle.admit(self.browser.address, &email, device)?;
        let asked = email.clone();
        let known = self.database.read(move |conn| store::by_email(conn, &asked)).await?;
        let hash = known.as_ref().and_then(|(_, hash)| hash.clone());
        let matches = self.hasher.verify(password, hash.clone()).await?;
        let known = known.map(|(account, _)| account);
        let signed_in = match (hash, &known) {
            (Some(hash), Some(account)) if matches && account.is_active => self.begin(account.id, hash).await?,
            _ => None,
        };
        let Some(signed_in) = signed_in else {
            self.throttle.failed(tried);
            let subject = known.map_or_else(|| self.people.subject(&email), |account| account.id.into());
            return Err(self.refused(Actor::Nobody, "account.sign_in", subject, Problem::SignInFailed).await);
        };
        self.browser.keep_session(&signed_in.token, self.life.hours);
        self.browser.keep_device(&self.throttle.devices().cookie(&email, device));
        Ok(signed_in)
    }

    async fn begin(&self, account: AccountId, hash: PasswordHash) -> Result<Option<SignedIn>, Problem> {
        let created_at = self.clock.now();
        let token = Secret::random("");
        let instead_of = self.browser.session().map(SecretDigest::of);
        let began = Began { account, hash, token: token.digest(), instead_of };
        let actor = Actor::Account(account.0);
        let entry = self.browser.entry(created_at, actor, "account.sign_in", account.into());
        let begun = self.writer.change(move |conn| store::begin_session(conn, &began, &entry)).await?;
        Ok(begun.ok().map(|account| SignedIn { account, token, created_at }))
    }

    /// Gives somebody who is signed in another password; their other sessions end.
    pub async fn change_password(
        &self,
        (caller, account): (Caller, Account),
        current: TriedPassword,
        new: Password,
    ) -> Result<(), Problem> {
        let session = caller.session.ok_or(Problem::Unauthorized)?;
        refuse(rules::refuses_password(new.reveal(), account.email.as_str()), "new_password")?;
        let tried = self.throttle.admit_again(account.id)?;
        let id = account.id;
        let known = self.database.read(move |conn| store::with_password(conn, id)).await?;
        let from = known.and_then(|(_, hash)| hash);
        let matches = self.hasher.verify(current, from.clone()).await?;
        let Some(from) = from.filter(|_| matches) else {
            self.throttle.failed(tried);
            let wrong = Problem::InvalidRequest(vec![FieldError::at("/current_password", "is not your password")]);
            return Err(self.refused(caller.actor, "account.password", id.into(), wrong).await);
        };
        let to = self.hasher.hash(new).await?;
        let entry = caller.entry("account.password", id);
        let change = move |conn: &mut _| store::change_password(conn, id, &from, &to, session, &entry);
        Ok(self.writer.change(change).await??)
    }

    /// Whose password a link sets, if it works.
    pub async fn behind(&self, link: &str) -> Result<Account, Problem> {
        let (token, now) = (SecretDigest::of(link), self.clock.now());
        let account = self.database.read(move |conn| store::by_link(conn, token, now)).await?;
        account.ok_or(Problem::PasswordLinkInvalid)
    }

    /// Sets a password with a link, which is used up by that; all sessions of the account end.
    pub async fn set_password(&self, link: &str, password: Password) -> Result<(), Problem> {
        let account = self.behind(link).await?;
        refuse(rules::refuses_password(password.reveal(), account.email.as_str()), "password")?;
        let (token, hash) = (SecretDigest::of(link), self.hasher.hash(password).await?);
        let actor = Actor::Account(account.id.0);
        let entry = self.browser.entry(self.clock.now(), actor, "account.password", account.id.into());
        let entry = entry.detail("with a link");
        self.writer.change(move |conn| store::set_password(conn, token, &hash, &entry)).await??;
        // Whoever was sent the link is no stranger: they get in even while others try their email.
        self.browser.keep_device(&self.throttle.devices().cookie(&account.email, self.browser.device()));
        Ok(())
    }

    /// Writes down that somebody was refused, and gives back why; or that it could not be written down.
    async fn refused(&self, actor: Actor, action: &'static str, subject: Subject, why: Problem) -> Problem {
        let entry = self.browser.entry(self.clock.now(), actor, action, subject).refused();
        match self.writer.change(move |conn| audit::store::add(conn, &entry)).await {
            Ok(()) => why,
            Err(failure) => failure.into(),
        }
    }
}

fn refuse(wrong: Option<&'static str>, member: &str) -> Result<(), Problem> {
    match wrong {
        Some(detail) => Err(Problem::InvalidRequest(vec![FieldError::at(&format!("/{member}"), detail)])),
        None => Ok(()),
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let companies = |detail: &str| Self::InvalidRequest(vec![FieldError::at("/companies", detail)]);
        match refusal {
            Refusal::NoAccount => Self::AccountNotFound,
            Refusal::EmailTaken => Self::AccountExists,
            Refusal::NoCompany => companies("must be ids of companies that there are"),
            Refusal::LimitedOwner => companies("must be null for an owner, who manages what all companies share"),
            Refusal::LastOwner => Self::LastOwner,
            Refusal::SwitchedOff => Self::InvalidRequest(vec![FieldError {
                pointer: "id".into(),
                detail: "is an account that is switched off: switch it on first".into(),
            }]),
            Refusal::LinkInvalid => Self::PasswordLinkInvalid,
            // What the session was begun with is no longer so: it is over.
            Refusal::Outrun => Self::Unauthorized,
        }
    }
}
