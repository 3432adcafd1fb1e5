//! For tests: a service that works.

use super::{DatabaseState, RecordState, admin::State};
use crate::{clock::Moment, db::PoolState, progress::writer::QueueState};

/// The moment at which the samples are looked at.
pub fn now() -> Moment {
    "2026-11-21T09:30:00Z".parse().expect("a moment")
}

/// Up for three days, and nothing is off.
pub fn state() -> State {
    State {
        version: "0.1.0",
        started_at: now().minus_days(3),
        uptime_seconds: 3 * 24 * 3600,
        database_kind: "sqlite",
        database: DatabaseState {
            bytes: 52_428_800,
            migrations_applied: 4,
            migrations_known: 4,
            drafts_to_purge: 0,
            record: RecordState { newest_event: Some(90_210), folded_to: 90_200, folded_at: now() },
            accounts: 3,
            keys: 2,
        },
        queue: QueueState { commands: 0, commands_limit: 4096, bytes: 0, bytes_limit: 33_554_432 },
        pool: PoolState { open: 2, in_use: 1, limit: 8, waits: 0 },
        last_purge: None,
        unfolded_since: None,
    }
}
