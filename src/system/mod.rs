//! The state of the service, for operators: over HTTP, and as far as the database tells it on the command line.

pub mod admin;
pub mod admin_api;
pub mod pages;
pub mod rules;
#[cfg(test)]
pub mod samples;
pub mod store;

use serde::Serialize;
use utoipa::ToSchema;

use crate::clock::Moment;

/// What the database tells of itself and of what is in it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DatabaseState {
    /// The bytes that it takes on its disk.
    #[schema(example = 52_428_800)]
    pub bytes: i64,
    /// Migrations that are applied.
    #[schema(example = 4)]
    pub migrations_applied: usize,
    /// Migrations that this version knows.
    #[schema(example = 4)]
    pub migrations_known: usize,
    /// Drafts that have expired and wait for the purge.
    #[schema(example = 12)]
    pub drafts_to_purge: i64,
    /// The record and its sums.
    pub record: RecordState,
    /// Accounts of people, those that are switched off included.
    #[schema(example = 3)]
    pub accounts: i64,
    /// API keys that are not revoked.
    #[schema(example = 2)]
    pub keys: i64,
}

/// How far the sums of the record have come.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RecordState {
    /// The newest event; none while there is none.
    #[schema(example = 90_210)]
    pub newest_event: Option<i64>,
    /// The last event that is in the sums.
    #[schema(example = 90_200)]
    pub folded_to: i64,
    /// When events were last put into the sums.
    pub folded_at: Moment,
}
