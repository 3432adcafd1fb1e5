//! `GET /metrics`, and who may read it.

use rocket::{
    Request, Route, State, get,
    http::ContentType,
    outcome::Outcome::{Error, Success},
    request::{FromRequest, Outcome},
    routes,
};

use super::{Metrics, gauges};
use crate::{
    access::{Arrived, Power, caller::state},
    config::MetricsAccess,
    db::Database,
    http::{Query, address},
    problem::Problem,
    progress::writer::Writer,
    record,
};

/// The routes of this slice.
pub fn routes() -> Vec<Route> {
    routes![show]
}

/// Somebody who may read the metrics.
pub struct Scraper;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Scraper {
    type Error = Problem;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, Problem> {
        match scraper(request).await {
            Ok(scraper) => Success(scraper),
            Err(problem) => Error((problem.status(), problem)),
        }
    }
}

async fn scraper(request: &Request<'_>) -> Result<Scraper, Problem> {
    // A page from elsewhere, in a browser on this machine, is not this machine.
    let is_local = || address::is_local(request) && !request.headers().contains("Origin");
    match state::<MetricsAccess>(request)? {
        MetricsAccess::Off => return Err(Problem::NotFound),
        MetricsAccess::Open => return Ok(Scraper),
        MetricsAccess::Local if is_local() => return Ok(Scraper),
        MetricsAccess::Local | MetricsAccess::Key => {}
    }
    match Arrived::from_request(request).await {
        Success(arrived) => arrived.may(Power::Metrics).map(|_| Scraper),
        Error((_, problem)) => Err(problem),
        Outcome::Forward(_) => Err(Problem::Unauthorized),
    }
}

/// Read the metrics
///
/// In the text format of OpenMetrics, for Prometheus. The setting `metrics_access` says who may: whoever asks from the
/// machine itself, and keys with `metrics:read`, unless it says otherwise.
#[utoipa::path(
    operation_id = "readMetrics", tag = "Service", security((), ("api_key" = []), ("session" = [])),
    responses(
        (status = 200, description = "The metrics", body = String, content_type = "application/openmetrics-text"),
        (status = 400, response = crate::openapi::InvalidRequest),
        (status = 401, response = crate::openapi::Unauthorized),
        (status = 403, response = crate::openapi::Forbidden),
        (status = 404, response = crate::openapi::NotFound),
        (status = 500, response = crate::openapi::InternalError)
    )
)]
#[get("/metrics")]
async fn show(
    scraper: Result<Scraper, Problem>,
    query: Query<'_>,
    metrics: &State<Metrics>,
    writer: &State<Writer>,
    database: &State<Database>,
) -> Result<(ContentType, String), Problem> {
    scraper?;
    query.none()?;
    let (queue, pool) = (writer.queue_state(), database.pool_state());
    // A database that is away is worth an alarm, and must not hide all other figures.
    let live_drafts = database.read(record::store::live_drafts).await.inspect_err(|error| {
        tracing::error!(%error, "live drafts could not be counted");
    });
    let state = gauges::State { queue, pool, queries: database.queries(), live_drafts: live_drafts.ok() };
    let text = metrics.text(&state).map_err(|_| Problem::Internal)?;
    let kind = ContentType::new("application", "openmetrics-text");
    Ok((kind.with_params([("version", "1.0.0"), ("charset", "utf-8")]), text))
}
