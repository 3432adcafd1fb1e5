//! What is off with the service, as far as its state tells. Pure.

use super::admin::State;
use crate::clock::Moment;

/// Something that is off. The page says it in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warning {
    /// Not all migrations are applied, or more than this version knows.
    Migrations,
    /// The queue of writes, or its memory, is nearly full.
    Queue,
    /// Expired drafts wait, and nothing has purged them for a day.
    Purge,
    /// Events are not in the sums of the funnel for longer than they should be.
    Folding,
}

/// Hours for which the purge may fail to come: the usual schedule has one each hour.
pub const PURGE_HOURS: u64 = 24;

/// Minutes after which an event should be in the sums: they are added up each minute.
pub const FOLDING_MINUTES: u64 = 10;

/// What is off.
pub fn warnings(state: &State, now: Moment) -> Vec<Warning> {
    let database = &state.database;
    // As full as leaves no time to look for the cause.
    let is_nearly_full = |filled: u64, limit: u64| limit > 0 && filled.saturating_mul(5) >= limit.saturating_mul(4);
    let purged_at = state.last_purge.map_or(state.started_at, |purge| purge.ended_at);
    let is_older = |moment: Moment, seconds: u64| now.seconds_since(moment) > seconds;
    let found = [
        (database.migrations_applied != database.migrations_known, Warning::Migrations),
        (
            is_nearly_full(state.queue.commands, state.queue.commands_limit)
                || is_nearly_full(state.queue.bytes, state.queue.bytes_limit),
            Warning::Queue,
        ),
        (database.drafts_to_purge > 0 && is_older(purged_at, PURGE_HOURS * 3600), Warning::Purge),
        (state.unfolded_since.is_some_and(|since| is_older(since, FOLDING_MINUTES * 60)), Warning::Folding),
    ];
    found.into_iter().filter_map(|(is_so, warning)| is_so.then_some(warning)).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        metrics::LastPurge,
        system::samples::{now, state},
    };

    #[test]
    fn all_is_well_with_a_service_that_works() {
        assert_eq!(warnings(&state(), now()), []);
    }

    #[test]
    fn what_is_off_is_told() {
        let mut off = state();
        off.database.migrations_applied = 3;
        off.queue.commands = 3300;
        off.database.drafts_to_purge = 7;
        off.unfolded_since = Some(now().minus_days(1));
        let all = [Warning::Migrations, Warning::Queue, Warning::Purge, Warning::Folding];
        assert_eq!(warnings(&off, now()), all);
        let purge = LastPurge { ended_at: now(), drafts: 7, took: Duration::from_secs(1) };
        let purged = State { last_purge: Some(purge), ..off };
        assert_eq!(warnings(&purged, now()), [Warning::Migrations, Warning::Queue, Warning::Folding]);
    }

    #[test]
    fn what_has_just_begun_is_no_cause_for_alarm() {
        let mut fresh = state();
        (fresh.started_at, fresh.unfolded_since, fresh.database.drafts_to_purge) = (now(), Some(now()), 7);
        assert_eq!(warnings(&fresh, now()), []);
    }
}
