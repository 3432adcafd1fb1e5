//! Cross-origin calls: the participant's browser runs a page from elsewhere.
//!
//! Every answer carries the headers, refusals and unknown routes too, or else the page could not read why it was
//! refused. There are no cookies on these routes, so any origin may call unless the settings name some.

use std::collections::BTreeSet;

use rocket::{
    Request, Response,
    fairing::{Fairing, Info, Kind},
    http::{Header, Status},
};

const ALLOWED_METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
const ALLOWED_HEADERS: &str = "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, Prefer";
const EXPOSED_HEADERS: &str =
    "ETag, Location, Retry-After, RateLimit, RateLimit-Policy, Idempotency-Replayed, X-Request-Id";
/// Two hours: what Chromium caps it at.
const MAX_AGE_SECONDS: &str = "7200";

/// Adds the CORS headers to every response.
#[derive(Clone)]
pub struct Cors {
    /// None: any origin.
    origins: Option<BTreeSet<String>>,
}

impl Cors {
    /// For these origins (`https://forms.example.org`); `*` among them means any.
    pub fn new(origins: &[String]) -> Self {
        let any = origins.iter().any(|origin| origin == "*");
        Self { origins: (!any).then(|| origins.iter().cloned().collect()) }
    }
}

#[rocket::async_trait]
impl Fairing for Cors {
    fn info(&self) -> Info {
        Info { name: "CORS", kind: Kind::Response }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        self.add_headers(request, response);
    }
}

impl Cors {
    /// Adds the headers to a response.
    pub fn add_headers(&self, request: &Request<'_>, response: &mut Response<'_>) {
        let allowed = match &self.origins {
            None => "*",
            Some(origins) => {
                // Caches must not hand one origin's answer to another.
                response.adjoin_header(Header::new("Vary", "Origin"));
                match request.headers().get_one("Origin").filter(|origin| origins.contains(*origin)) {
                    Some(origin) => origin,
                    None => return,
                }
            }
        };
        response.set_header(Header::new("Access-Control-Allow-Origin", allowed.to_owned()));
        response.set_header(Header::new("Access-Control-Expose-Headers", EXPOSED_HEADERS));
        if request.method() == rocket::http::Method::Options {
            response.set_header(Header::new("Access-Control-Allow-Methods", ALLOWED_METHODS));
            response.set_header(Header::new("Access-Control-Allow-Headers", ALLOWED_HEADERS));
            response.set_header(Header::new("Access-Control-Max-Age", MAX_AGE_SECONDS));
        }
    }
}

/// Answers a preflight, on any path: whether the path exists is for the real request to learn.
#[rocket::options("/<_..>")]
pub fn preflight() -> Status {
    Status::NoContent
}
