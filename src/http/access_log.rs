//! One line for each request, its figures, and the headers that every response has.
//!
//! The line names the route's pattern, never the path as it was sent: queries and bodies hold participants' data.

use std::time::Instant;

use rocket::{
    Data, Request, Response,
    fairing::{Fairing, Info, Kind},
    http::{Header, Method},
};
use url::form_urlencoded;

use super::request_id;
use crate::metrics::Metrics;

/// When the request reached the fairings; none if it never did.
struct Started(Option<Instant>);

/// Logs and counts each request, gives its response an id, and keeps participants' data out of caches.
pub struct AccessLog;

#[rocket::async_trait]
impl Fairing for AccessLog {
    fn info(&self) -> Info {
        Info { name: "Access log", kind: Kind::Request | Kind::Response }
    }

    async fn on_request(&self, request: &mut Request<'_>, data: &mut Data<'_>) {
        request.local_cache(|| Started(Some(Instant::now())));
        if names_another_method(request, data).await {
            request.set_method(Method::Post);
        }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        finish(request, response);
    }
}

/// Whether the fairings see this request's response. They do not when Rocket cannot even tell its method or target.
pub fn is_followed(request: &Request<'_>) -> bool {
    request.local_cache(|| Started(None)).0.is_some()
}

/// Adds the headers that every response has, logs the request and counts it.
pub fn finish(request: &Request<'_>, response: &mut Response<'_>) {
    let id = request_id::of(request);
    response.set_header(Header::new(request_id::HEADER, id.to_owned()));
    response.set_header(Header::new("X-Content-Type-Options", "nosniff"));
    if !response.headers().contains("Cache-Control") {
        response.set_header(Header::new("Cache-Control", "no-store"));
    }
    let took = request.local_cache(|| Started(None)).0.map(|started| started.elapsed());
    let route = request.route().map(|route| route.uri.path());
    if let Some(metrics) = request.rocket().state::<Metrics>() {
        metrics.request(method(request), route, response.status().code, took.unwrap_or_default());
    }
    tracing::info!(
        method = request.method().as_str(),
        route = route.unwrap_or("-"),
        status = response.status().code,
        milliseconds = took.map_or(0.0, |took| took.as_micros() as f64 / 1000.0),
        request_id = id,
        "request"
    );
}

/// The method as the metrics name it: `other` for those that no route has, and for what Rocket could not read.
fn method(request: &Request<'_>) -> &'static str {
    match request.method() {
        _ if !is_followed(request) => "other",
        Method::Get => "GET",
        Method::Head => "HEAD",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Patch => "PATCH",
        Method::Delete => "DELETE",
        Method::Options => "OPTIONS",
        _ => "other",
    }
}

/// Rocket lets a posted form name another method in its body, and has already obeyed. No client of ours does that,
/// and a POST that turns into a DELETE is nobody's wish.
async fn names_another_method(request: &Request<'_>, data: &mut Data<'_>) -> bool {
    let is_form = request.content_type().is_some_and(|declared| declared.is_form());
    is_form && form_urlencoded::parse(data.peek(512).await).next().is_some_and(|(name, _)| name == "_method")
}
