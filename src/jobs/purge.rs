//! Deleting drafts that have expired. Nobody sees an expired draft anyway; this gives the room back.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use diesel::QueryResult;
use rocket::tokio::{sync::Mutex, time::sleep};

use crate::{
    clock::Clock,
    db::{Conn, write},
    metrics::LastPurge,
    progress::{
        store::{self, Purged},
        writer::Writer,
    },
};

/// Drafts in one transaction: few enough that a save which comes behind them hardly waits.
const CHUNK: i64 = 200;

/// How long the purge rests after a chunk, as a multiple of what the chunk took. Saves go first.
const REST: u32 = 2;

/// The purge inside the service: in chunks, between the saves of the writer.
#[derive(Clone)]
pub struct Purge {
    writer: Writer,
    clock: Clock,
    ended_days: u32,
    running: Arc<Mutex<()>>,
    stopping: Arc<AtomicBool>,
}

impl Purge {
    /// A purge that works through this writer.
    pub fn new(writer: Writer, clock: Clock, ended_days: u32) -> Self {
        Self { writer, clock, ended_days, running: Arc::default(), stopping: Arc::default() }
    }

    /// Purges everything that has expired, unless the last purge is still at it.
    pub async fn run_unless_running(&self) {
        let Ok(_running) = self.running.try_lock() else { return };
        let started = Instant::now();
        let outcome = self.run().await;
        let (ended_at, took) = (self.clock.now(), started.elapsed());
        let ended = outcome.as_ref().ok().map(|drafts| LastPurge { ended_at, drafts: *drafts, took });
        self.writer.metrics().purge_ended(ended);
        match outcome {
            Ok(0) => {}
            Ok(purged) => tracing::info!(purged, seconds = started.elapsed().as_secs_f64(), "expired drafts purged"),
            Err(error) => tracing::error!(%error, "the purge failed; it goes on at its next hour"),
        }
    }

    /// No further chunk is begun.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    async fn run(&self) -> QueryResult<usize> {
        let now = self.clock.now();
        let mut total = 0;
        while !self.stopping.load(Ordering::Relaxed) {
            let (purged, took) = self
                .writer
                .tidy(move |conn| {
                    let started = Instant::now();
                    Ok((store::purge(conn, now, CHUNK)?, started.elapsed()))
                })
                .await?;
            if purged.seen == 0 {
                break;
            }
            total += purged.gone;
            self.writer.metrics().purged(purged.gone);
            sleep((took * REST).min(Duration::from_secs(1))).await;
        }
        let until = now.minus_days(self.ended_days);
        while !self.stopping.load(Ordering::Relaxed) {
            let (forgotten, took) = self
                .writer
                .tidy(move |conn| {
                    let started = Instant::now();
                    Ok((store::forget_ended(conn, until, CHUNK)?, started.elapsed()))
                })
                .await?;
            if forgotten == 0 {
                break;
            }
            sleep((took * REST).min(Duration::from_secs(1))).await;
        }
        Ok(total)
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

/// One chunk; then a rest, in which the service's saves get the lock that they wait for.
pub(super) fn step<T>(conn: &mut Conn, chunk: impl FnOnce(&mut Conn) -> QueryResult<T>) -> QueryResult<T> {
    let started = Instant::now();
    let outcome = write(conn, chunk)?;
    std::thread::sleep((started.elapsed() * REST).min(Duration::from_secs(1)));
    Ok(outcome)
}
