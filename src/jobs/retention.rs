//! Forgetting what is old: events that are added up, entries of the audit log, sessions and links that have ended.

use diesel::QueryResult;

use super::chunks::{Chunks, step};
use crate::{
    accounts::{self, SessionLife},
    audit,
    clock::{Clock, Moment},
    db::Conn,
    progress::writer::Writer,
    record,
};

/// Rows in one transaction.
const CHUNK: i64 = 1000;

/// For how long things are kept.
#[derive(Debug, Clone, Copy)]
pub struct Keeping {
    /// Days for events.
    pub event_days: u32,
    /// Days for the audit log.
    pub audit_days: u32,
    /// How long sessions last.
    pub sessions: SessionLife,
}

impl Keeping {
    /// What may go now, kind by kind. Events may go only when they are added up, and wait for that.
    fn forget(self, kind: Kind, conn: &mut Conn, now: Moment) -> QueryResult<usize> {
        match kind {
            Kind::Events => record::store::forget(conn, now.minus_days(self.event_days), CHUNK),
            Kind::AuditLog => audit::store::forget_old(conn, now.minus_days(self.audit_days), CHUNK),
            Kind::Sessions => accounts::store::forget_dead_sessions(conn, now, self.sessions, CHUNK),
            Kind::Links => accounts::store::forget_expired_links(conn, now, CHUNK),
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Events,
    AuditLog,
    Sessions,
    Links,
}

const KINDS: [Kind; 4] = [Kind::Events, Kind::AuditLog, Kind::Sessions, Kind::Links];

/// The work inside the service.
#[derive(Clone)]
pub struct Retention {
    chunks: Chunks,
    clock: Clock,
    keeping: Keeping,
}

impl Retention {
    /// Works through this writer.
    pub fn new(writer: Writer, clock: Clock, keeping: Keeping) -> Self {
        Self { chunks: Chunks::new(writer), clock, keeping }
    }

    /// Forgets all that is old.
    pub async fn run(&self) {
        let (now, keeping) = (self.clock.now(), self.keeping);
        for kind in KINDS {
            match self.chunks.run(move |conn| keeping.forget(kind, conn, now)).await {
                Ok(0) => {}
                Ok(rows) => tracing::info!(rows, ?kind, "what was old is forgotten"),
                Err(error) => {
                    tracing::error!(%error, ?kind, "what is old was not forgotten; it will be at the next hour")
                }
            }
        }
    }

    /// No further chunk is begun.
    pub fn stop(&self) {
        self.chunks.stop();
    }
}

/// The same on the command line, beside a service that may be running.
pub fn run_here(conn: &mut Conn, clock: &Clock, keeping: Keeping) -> QueryResult<()> {
    let now = clock.now();
    KINDS.iter().try_for_each(|kind| {
        while step(conn, |conn| keeping.forget(*kind, conn, now))? > 0 {}
        Ok(())
    })
}
