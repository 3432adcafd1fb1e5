//! The state of the service over HTTP.

use rocket::{Route, State as Managed, get, routes, serde::json::Json};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    DatabaseState,
    admin::{self, State},
};
use crate::{
    access::{Arrived, Power},
    clock::Moment,
    db::{Database, PoolState},
    http::Query,
    metrics::{LastPurge, Metrics},
    problem::Problem,
    progress::writer::{QueueState, Writer},
};

/// The routes of this slice.
pub fn routes() -> Vec<Route> {
    routes![show]
}

/// The state of the process that answers, and of the database that it works on.
#[derive(Serialize, ToSchema)]
pub struct SystemView {
    /// Of formprogress.
    #[schema(example = "0.1.0")]
    version: &'static str,
    /// When the process started.
    started_at: Moment,
    /// Seconds since then.
    #[schema(example = 86_400)]
    uptime_seconds: u64,
    /// `sqlite` or `postgres`.
    #[schema(example = "sqlite")]
    database_kind: &'static str,
    database: DatabaseState,
    queue: QueueView,
    pool: PoolView,
    /// The last purge of this process that came to its end; null before the first.
    last_purge: Option<PurgeView>,
}

/// What waits to be written.
#[derive(Serialize, ToSchema)]
pub struct QueueView {
    /// Commands that wait for a writer.
    #[schema(example = 0)]
    commands: u64,
    /// Commands that may wait before others are refused.
    #[schema(example = 4096)]
    commands_limit: u64,
    /// Memory of waiting and running writes.
    #[schema(example = 0)]
    bytes: u64,
    /// Memory that waiting writes may hold.
    #[schema(example = 33_554_432)]
    bytes_limit: u64,
}

/// The database connections for reads.
#[derive(Serialize, ToSchema)]
pub struct PoolView {
    /// Connections that are open.
    #[schema(example = 2)]
    open: u64,
    /// Reads that have one now.
    #[schema(example = 1)]
    in_use: u64,
    /// Connections that there may be.
    #[schema(example = 8)]
    limit: u64,
    /// Reads that had to wait for one since the start.
    #[schema(example = 0)]
    waits: u64,
}

/// A purge that came to its end.
#[derive(Serialize, ToSchema)]
pub struct PurgeView {
    ended_at: Moment,
    /// How many drafts it deleted.
    #[schema(example = 12)]
    drafts: usize,
    /// How long it took, its rests included.
    #[schema(example = 0.125)]
    seconds: f64,
}

impl From<QueueState> for QueueView {
    fn from(QueueState { commands, commands_limit, bytes, bytes_limit }: QueueState) -> Self {
        Self { commands, commands_limit, bytes, bytes_limit }
    }
}

impl From<PoolState> for PoolView {
    fn from(PoolState { open, in_use, limit, waits }: PoolState) -> Self {
        Self { open, in_use, limit, waits }
    }
}

impl From<LastPurge> for PurgeView {
    fn from(LastPurge { ended_at, drafts, took }: LastPurge) -> Self {
        Self { ended_at, drafts, seconds: took.as_secs_f64() }
    }
}

/// Read the state of the service
///
/// Of the process that answers: several may share one database.
#[utoipa::path(
    operation_id = "readSystem",
    context_path = "/api/admin", tag = "Admin: system", security(("api_key" = []), ("session" = [])),
    responses(
        (status = 200, description = "The state", body = SystemView),
        (status = 400, response = crate::openapi::InvalidRequest),
        crate::openapi::AnyAdmin
    )
)]
#[get("/system")]
async fn show(
    arrived: Result<Arrived, Problem>,
    query: Query<'_>,
    metrics: &Managed<Metrics>,
    writer: &Managed<Writer>,
    database: &Managed<Database>,
) -> Result<Json<SystemView>, Problem> {
    let caller = arrived?.may(Power::Metrics)?;
    query.none()?;
    let State { version, started_at, uptime_seconds, database_kind, database, queue, pool, last_purge, .. } =
        admin::state(&caller, metrics, writer, database).await?;
    Ok(Json(SystemView {
        version,
        started_at,
        uptime_seconds,
        database_kind,
        database,
        queue: queue.into(),
        pool: pool.into(),
        last_purge: last_purge.map(Into::into),
    }))
}
