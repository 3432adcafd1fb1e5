//! One line for each request, and the headers that every response has.
//!
//! The line names the route's pattern, never the path as it was sent: queries and bodies hold participants' data.

use std::time::Instant;

use rocket::{
    Data, Request, Response,
    fairing::{Fairing, Info, Kind},
    http::{Header, Method},
};

use super::request_id;

struct Started(Instant);

/// Logs each request, gives its response an id, and keeps participants' data out of caches.
pub struct AccessLog;

#[rocket::async_trait]
impl Fairing for AccessLog {
    fn info(&self) -> Info {
        Info { name: "Access log", kind: Kind::Request | Kind::Response }
    }

    async fn on_request(&self, request: &mut Request<'_>, _: &mut Data<'_>) {
        request.local_cache(|| Started(Instant::now()));
        // Rocket lets a form name another method in its body. No client of ours does, and a POST that turns into
        // a DELETE is nobody's wish.
        if request.content_type().is_some_and(|declared| declared.is_form()) && request.method() != Method::Post {
            request.set_method(Method::Post);
        }
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        let id = request_id::of(request);
        response.set_header(Header::new(request_id::HEADER, id.to_owned()));
        response.set_header(Header::new("X-Content-Type-Options", "nosniff"));
        if !response.headers().contains("Cache-Control") {
            response.set_header(Header::new("Cache-Control", "no-store"));
        }
        let started = request.local_cache(|| Started(Instant::now()));
        tracing::info!(
            method = request.method().as_str(),
            route = request.route().map_or("-", |route| route.uri.path()),
            status = response.status().code,
            milliseconds = started.0.elapsed().as_micros() as f64 / 1000.0,
            request_id = id,
            "request"
        );
    }
}
