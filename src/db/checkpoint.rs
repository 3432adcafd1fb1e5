//! Copying SQLite's write-ahead log back into the database file, without holding up the writer.
//!
//! SQLite itself does it within a commit, every so many pages: some ten milliseconds in which nobody's save is
//! acknowledged. Here a thread of its own copies most of the log beside the writer. Only the pages written meanwhile
//! are left to the writer, between two groups; it takes that last step to be able to start the log anew.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, SyncSender},
    },
    thread,
};

use diesel::{connection::SimpleConnection, sqlite::SqliteConnection};

use super::{Conn, Database};

/// Rows after which the log is copied: some 8 MB of it, with drafts of 4 KB.
const ROWS: usize = 1000;

/// The log is copied as far as it can be without waiting for readers or the writer.
const COPY: &str = "PRAGMA wal_checkpoint(PASSIVE)";

/// What a writer keeps to have its log copied. On PostgreSQL, which looks after itself, it does nothing.
pub struct Checkpoints {
    rows: usize,
    wake: SyncSender<()>,
    last_step_due: Arc<AtomicBool>,
}

impl Checkpoints {
    /// Starts the copying thread of a writer, if its database needs one. It ends when this is dropped.
    pub fn start(database: &Database) -> Self {
        let (wake, woken) = mpsc::sync_channel(1);
        let checkpoints = Self { rows: 0, wake, last_step_due: Arc::default() };
        let last_step_due = checkpoints.last_step_due.clone();
        let database = database.clone();
        let started = thread::Builder::new().name("checkpoints".into()).spawn(move || {
            if let Ok(Conn::Sqlite(conn)) = database.connect() {
                copy_when_woken(conn, &woken, &last_step_due);
            }
        });
        if let Err(error) = started {
            tracing::warn!(%error, "the log of the database is copied by the writer itself");
        }
        checkpoints
    }

    /// To be called by the writer after each group, outside a transaction.
    pub fn after(&mut self, conn: &mut Conn, rows: usize) {
        let Conn::Sqlite(conn) = conn else { return };
        if self.last_step_due.swap(false, Ordering::Relaxed) {
            copy(conn);
        }
        self.rows += rows;
        if self.rows >= ROWS {
            self.rows = 0;
            // A thread that is still at it has been woken already.
            let _woken = self.wake.try_send(());
        }
    }
}

fn copy_when_woken(mut conn: SqliteConnection, woken: &Receiver<()>, last_step_due: &AtomicBool) {
    while woken.recv().is_ok() {
        // What is written during the first round is copied by the second, which is shorter: little is left after it.
        copy(&mut conn);
        copy(&mut conn);
        last_step_due.store(true, Ordering::Relaxed);
    }
}

/// A copy that fails is made by the next one, or in the end by SQLite's own.
fn copy(conn: &mut SqliteConnection) {
    if let Err(error) = conn.batch_execute(COPY) {
        tracing::warn!(%error, "the log of the database was not copied");
    }
}
