//! Deleting drafts that have expired. Nobody sees an expired draft anyway; this gives the room back.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use diesel::QueryResult;
use rocket::tokio::sync::Mutex;

use super::chunks::{Chunks, step};
use crate::{
    clock::Clock,
    db::Conn,
    metrics::LastPurge,
    progress::{
        store::{self, Purged},
        writer::Writer,
    },
};

/// Drafts in one transaction: few enough that a save which comes behind them hardly waits.
const CHUNK: i64 = 200;

/// The purge inside the service: in chunks, between the saves of the writer.
#[derive(Clone)]
pub struct Purge {
    chunks: Chunks,
    clock: Clock,
    ended_days: u32,
    running: Arc<Mutex<()>>,
}

impl Purge {
    /// A purge that works through this writer.
    pub fn new(writer: Writer, clock: Clock, ended_days: u32) -> Self {
        Self { chunks: Chunks::new(writer), clock, ended_days, running: Arc::default() }
    }

    /// Purges everything that has expired, unless the last purge is still at it.
    pub async fn run_unless_running(&self) {
        let Ok(_running) = self.running.try_lock() else { return };
        let started = Instant::now();
        let outcome = self.run().await;
        let (ended_at, took) = (self.clock.now(), started.elapsed());
        let ended = outcome.as_ref().ok().map(|drafts| LastPurge { ended_at, drafts: *drafts, took });
        self.chunks.writer().metrics().purge_ended(ended);
        match outcome {
            Ok(0) => {}
            Ok(purged) => tracing::info!(purged, seconds = started.elapsed().as_secs_f64(), "expired drafts purged"),
            Err(error) => tracing::error!(%error, "the purge failed; it goes on at its next hour"),
        }
    }

    /// No further chunk is begun.
    pub fn stop(&self) {
        self.chunks.stop();
    }

    async fn run(&self) -> QueryResult<usize> {
        let now = self.clock.now();
        let gone = Arc::new(AtomicUsize::new(0));
        let (counted, metrics) = (gone.clone(), self.chunks.writer().metrics().clone());
        let purge = move |conn: &mut Conn| {
            let purged = store::purge(conn, now, CHUNK)?;
            counted.fetch_add(purged.gone, Ordering::Relaxed);
            metrics.purged(purged.gone);
            Ok(purged.seen)
        };
        self.chunks.run(purge).await?;
        let until = now.minus_days(self.ended_days);
        self.chunks.run(move |conn| store::forget_ended(conn, until, CHUNK)).await?;
        Ok(gone.load(Ordering::Relaxed))
    }
}

/// The purge of the command line, beside a service that may be running.
pub fn run_here(conn: &mut Conn, clock: &Clock, ended_days: u32) -> QueryResult<usize> {
    let now = clock.now();
    let until = now.minus_days(ended_days);
    let mut total = 0;
    while let Purged { seen: 1.., gone } = step(conn, |conn| store::purge(conn, now, CHUNK))? {
        total += gone;
    }
    while step(conn, |conn| store::forget_ended(conn, until, CHUNK))? > 0 {}
    Ok(total)
}
