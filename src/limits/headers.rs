//! What answers say of the limits (draft-ietf-httpapi-ratelimit-headers): the one that the request has come nearest to.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use rocket::{
    Orbit, Request, Response, Rocket,
    fairing::{Fairing, Info, Kind},
    http::Header,
    tokio,
};

use super::{Limits, Nearest};

/// Adds the headers to the answers, and tidies the limits up.
pub struct RateLimitHeaders(pub Option<Arc<Limits>>);

/// How often those who have used nothing lately are forgotten. A flood of new names is remembered for so long.
const TIDY: Duration = Duration::from_secs(10);

/// What a request has come nearest to, for its answer.
#[derive(Default)]
struct Noted(Option<Arc<Nearest>>);

/// Where a request notes what it comes nearest to, for its answer.
pub fn of(request: &Request<'_>) -> Arc<Nearest> {
    request.local_cache(|| Noted(Some(Arc::default()))).0.clone().unwrap_or_default()
}

#[rocket::async_trait]
impl Fairing for RateLimitHeaders {
    fn info(&self) -> Info {
        Info { name: "Rate limits", kind: Kind::Liftoff | Kind::Response }
    }

    async fn on_liftoff(&self, _: &Rocket<Orbit>) {
        if let Some(limits) = &self.0 {
            tokio::spawn(tidy(Arc::downgrade(limits)));
        }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        if self.0.is_none() {
            return;
        }
        let noted = request.local_cache(Noted::default);
        let Some(standing) = noted.0.as_ref().and_then(|nearest| nearest.standing()) else { return };
        let (name, quota) = (standing.policy.name, standing.policy.quota);
        response
            .set_header(Header::new("RateLimit-Policy", format!("\"{name}\";q={};w={}", quota.units, quota.seconds)));
        response.set_header(Header::new(
            "RateLimit",
            format!("\"{name}\";r={};t={}", standing.remaining, standing.seconds),
        ));
    }
}

/// Until the service is gone.
async fn tidy(limits: Weak<Limits>) {
    loop {
        tokio::time::sleep(TIDY).await;
        let Some(limits) = limits.upgrade() else { return };
        limits.tidy();
    }
}
