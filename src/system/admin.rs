//! The state of the service, whichever way somebody asks: the admin API and the page are two ways to say the same.

use super::{DatabaseState, store};
use crate::{
    access::Caller,
    clock::Moment,
    db::{Database, PoolState},
    metrics::{LastPurge, Metrics},
    problem::Problem,
    progress::writer::{QueueState, Writer},
};

/// The state of the process that answers, and of the database that it works on.
#[derive(Debug, Clone)]
pub struct State {
    /// Of formprogress.
    pub version: &'static str,
    /// When the process started.
    pub started_at: Moment,
    /// Seconds since then.
    pub uptime_seconds: u64,
    /// `sqlite` or `postgres`.
    pub database_kind: &'static str,
    /// What the database tells.
    pub database: DatabaseState,
    /// What waits to be written.
    pub queue: QueueState,
    /// The connections for reads.
    pub pool: PoolState,
    /// The last purge of this process that came to its end.
    pub last_purge: Option<LastPurge>,
    /// When the oldest event happened that is not in the sums yet.
    pub unfolded_since: Option<Moment>,
}

/// The state at this moment.
pub async fn state(caller: &Caller, metrics: &Metrics, writer: &Writer, database: &Database) -> Result<State, Problem> {
    let (now, queue, pool) = (caller.now(), writer.queue_state(), database.pool_state());
    let both = move |conn: &mut _| {
        let state = store::state(conn, now)?;
        let since = store::unfolded_since(conn, state.record.folded_to)?;
        Ok((state, since))
    };
    let (state, unfolded_since) = database.read(both).await?;
    Ok(State {
        version: env!("CARGO_PKG_VERSION"),
        started_at: metrics.started_at(),
        uptime_seconds: now.seconds_since(metrics.started_at()),
        database_kind: database.url().kind(),
        database: state,
        queue,
        pool,
        last_purge: metrics.last_purge(),
        unfolded_since,
    })
}
