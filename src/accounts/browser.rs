//! The browser, or program, from which somebody signs in: where it is, and what it keeps for us.

use std::net::IpAddr;

use rocket::{
    Request,
    http::{Cookie, CookieJar, SameSite},
    time::Duration,
};

use crate::{
    access::{Actor, Secret, caller::SESSION_COOKIE},
    audit::{self, Entry, Subject},
    clock::Moment,
    http::{PublicUrl, address, request_id},
};

/// The cookie that says from which browser somebody signed in before: see [`Throttle`](super::Throttle).
pub const DEVICE_COOKIE: &str = "formprogress_device";

/// Days for which a browser is known. Browsers keep no cookie for much longer.
const DEVICE_DAYS: i64 = 365;

/// Where a request comes from.
pub struct Browser<'r> {
    /// The client's address, if it has one.
    pub address: Option<IpAddr>,
    jar: &'r CookieJar<'r>,
    request_id: &'r str,
    is_secure: bool,
}

impl<'r> Browser<'r> {
    /// Of this request.
    pub fn of(request: &'r Request<'_>) -> Self {
        let public_url = request.rocket().state::<PublicUrl>();
        Self {
            address: address::client(request),
            jar: request.cookies(),
            request_id: request_id::of(request),
            is_secure: public_url.is_some_and(|public_url| public_url.is_secure(request)),
        }
    }

    /// The token of the session that it keeps, good or not.
    pub fn session(&self) -> Option<&'r str> {
        self.jar.get(SESSION_COOKIE).map(Cookie::value)
    }

    /// Has it keep a session's token.
    pub fn keep_session(&self, token: &Secret, hours: u32) {
        self.keep(SESSION_COOKIE, token.reveal(), Duration::hours(hours.into()));
    }

    /// Has it forget its session.
    pub fn forget_session(&self) {
        self.jar.remove(Cookie::build(SESSION_COOKIE).path("/"));
    }

    /// What it keeps of whoever signed in before, true or not.
    pub fn device(&self) -> Option<&'r str> {
        self.jar.get(DEVICE_COOKIE).map(Cookie::value)
    }

    /// Has it keep that somebody signed in.
    pub fn keep_device(&self, device: &str) {
        self.keep(DEVICE_COOKIE, device, Duration::days(DEVICE_DAYS));
    }

    fn keep(&self, name: &'static str, value: &str, max_age: Duration) {
        let cookie = Cookie::build((name, value.to_owned()))
            .path("/")
            .http_only(true)
            // A link to our pages finds the session; a form or script of another site does not.
            .same_site(SameSite::Lax)
            .secure(self.is_secure)
            .max_age(max_age);
        self.jar.add(cookie);
    }

    /// An entry for the audit log, about what is done from here now.
    pub fn entry(&self, at: Moment, actor: Actor, action: &'static str, subject: Subject) -> Entry {
        Entry {
            at,
            actor,
            action,
            subject: subject.0,
            survey_id: None,
            company_id: None,
            outcome: audit::Outcome::Done,
            detail: String::new(),
            address: self.address.map(|address| address.to_string()).unwrap_or_default(),
            request_id: self.request_id.to_owned(),
        }
    }
}
