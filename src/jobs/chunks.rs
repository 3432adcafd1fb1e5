//! Housekeeping in chunks, between the saves of the writer: saves go first.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use diesel::QueryResult;
use rocket::tokio::time::sleep;

use crate::{
    db::{Conn, write},
    progress::writer::Writer,
};

/// How long the work rests after a chunk, as a multiple of what the chunk took.
const REST: u32 = 2;

/// Works through a writer, until it is told to stop.
#[derive(Clone)]
pub struct Chunks {
    writer: Writer,
    stopping: Arc<AtomicBool>,
}

impl Chunks {
    /// Through this writer.
    pub fn new(writer: Writer) -> Self {
        Self { writer, stopping: Arc::default() }
    }

    /// The writer.
    pub fn writer(&self) -> &Writer {
        &self.writer
    }

    /// No further chunk is begun.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Does chunk after chunk, until one says that it had nothing to do. Tells how much was done.
    pub async fn run(
        &self,
        chunk: impl Fn(&mut Conn) -> QueryResult<usize> + Clone + Send + 'static,
    ) -> QueryResult<usize> {
        let mut total = 0;
        while !self.stopping.load(Ordering::Relaxed) {
            let chunk = chunk.clone();
            let timed = move |conn: &mut Conn| {
                let started = Instant::now();
                Ok((chunk(conn)?, started.elapsed()))
            };
            let (done, took) = self.writer.tidy(timed).await?;
            total += done;
            if done == 0 {
                break;
            }
            sleep(rest_after(took)).await;
        }
        Ok(total)
    }
}

/// How long to rest after a chunk that took so long.
pub fn rest_after(took: Duration) -> Duration {
    (took * REST).min(Duration::from_secs(1))
}

/// One chunk of the command line, beside a service that may be running; then a rest, in which the service's saves get the
/// lock that they wait for.
pub fn step<T>(conn: &mut Conn, chunk: impl FnOnce(&mut Conn) -> QueryResult<T>) -> QueryResult<T> {
    let started = Instant::now();
    let outcome = write(conn, chunk)?;
    std::thread::sleep(rest_after(started.elapsed()));
    Ok(outcome)
}
