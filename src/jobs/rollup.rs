//! Adding up events, so that the funnel is read quickly, and forgetting them when they are old.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use diesel::{QueryResult, result::Error};
use rocket::tokio::{sync::Mutex, time::sleep};

use super::purge::step;
use crate::{
    clock::Clock,
    db::{Cause, Conn, cause, write},
    progress::writer::Writer,
    record::store,
};

/// Events in one transaction: few enough that a save which comes behind them hardly waits.
const CHUNK: i64 = 1000;

/// How long the work rests after a chunk, as a multiple of what the chunk took. Saves go first.
const REST: u32 = 2;

/// The work inside the service: in chunks, between the saves of the writer.
#[derive(Clone)]
pub struct Rollup {
    writer: Writer,
    clock: Clock,
    event_days: u32,
    running: Arc<Mutex<()>>,
    stopping: Arc<AtomicBool>,
}

impl Rollup {
    /// Works through this writer, and keeps events for so many days.
    pub fn new(writer: Writer, clock: Clock, event_days: u32) -> Self {
        Self { writer, clock, event_days, running: Arc::default(), stopping: Arc::default() }
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

    /// Forgets the events that are old and added up.
    pub async fn forget(&self) {
        let _running = self.running.lock().await;
        let until = self.clock.now().minus_days(self.event_days);
        match self.in_chunks(move |conn| store::forget(conn, until, CHUNK)).await {
            Ok(0) => {}
            Ok(events) => tracing::info!(events, "old events forgotten"),
            Err(error) => tracing::error!(%error, "old events were not forgotten; they will be at the next hour"),
        }
    }

    /// No further chunk is begun.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    async fn fold(&self) -> QueryResult<()> {
        let Some(until) = self.writer.tidy(store::unfolded).await? else { return Ok(()) };
        let clock = self.clock.clone();
        self.in_chunks(move |conn| store::fold(conn, until, CHUNK, clock.now())).await.map(drop)
    }

    async fn in_chunks(
        &self,
        chunk: impl Fn(&mut Conn) -> QueryResult<usize> + Clone + Send + 'static,
    ) -> QueryResult<usize> {
        let mut total = 0;
        while !self.stopping.load(Ordering::Relaxed) {
            let chunk = chunk.clone();
            let (done, took) = self
                .writer
                .tidy(move |conn| {
                    let started = Instant::now();
                    Ok::<_, Error>((chunk(conn)?, started.elapsed()))
                })
                .await?;
            total += done;
            if done == 0 {
                break;
            }
            sleep((took * REST).min(Duration::from_secs(1))).await;
        }
        Ok(total)
    }
}

/// The same on the command line, beside a service that may be running. Tells how many events were forgotten.
pub fn run_here(conn: &mut Conn, clock: &Clock, event_days: u32) -> QueryResult<usize> {
    if let Some(until) = write(conn, store::unfolded)? {
        while step(conn, |conn| store::fold(conn, until, CHUNK, clock.now()))? > 0 {}
    }
    let until = clock.now().minus_days(event_days);
    let mut total = 0;
    while let forgotten @ 1.. = step(conn, |conn| store::forget(conn, until, CHUNK))? {
        total += forgotten;
    }
    Ok(total)
}
