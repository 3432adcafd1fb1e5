//! Adding up events, so that the funnel is read quickly.

use std::sync::Arc;

use diesel::QueryResult;
use rocket::tokio::sync::Mutex;

use super::chunks::{Chunks, step};
use crate::{
    clock::Clock,
    db::{Cause, Conn, cause, write},
    progress::writer::Writer,
    record::store,
};

/// Events in one transaction: few enough that a save which comes behind them hardly waits.
const CHUNK: i64 = 1000;

/// The work inside the service.
#[derive(Clone)]
pub struct Rollup {
    chunks: Chunks,
    clock: Clock,
    running: Arc<Mutex<()>>,
}

impl Rollup {
    /// Works through this writer.
    pub fn new(writer: Writer, clock: Clock) -> Self {
        Self { chunks: Chunks::new(writer), clock, running: Arc::default() }
    }

    /// Adds up the events that are new, unless the last time is still at it.
    pub async fn fold_unless_running(&self) {
        let Ok(_running) = self.running.try_lock() else { return };
        match self.fold().await {
            Ok(()) => {}
            Err(error) if cause(&error) == Cause::Contended => {
                tracing::debug!(%error, "events are added up a minute later");
            }
            Err(error) => tracing::error!(%error, "events were not added up; the funnel is right all the same"),
        }
    }

    /// No further chunk is begun.
    pub fn stop(&self) {
        self.chunks.stop();
    }

    async fn fold(&self) -> QueryResult<()> {
        let Some(until) = self.chunks.writer().tidy(store::unfolded).await? else { return Ok(()) };
        let clock = self.clock.clone();
        self.chunks.run(move |conn| store::fold(conn, until, CHUNK, clock.now())).await.map(drop)
    }
}

/// The same on the command line, beside a service that may be running.
pub fn run_here(conn: &mut Conn, clock: &Clock) -> QueryResult<()> {
    if let Some(until) = write(conn, store::unfolded)? {
        while step(conn, |conn| store::fold(conn, until, CHUNK, clock.now()))? > 0 {}
    }
    Ok(())
}
