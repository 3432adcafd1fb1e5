//! The tests of formprogress from the outside: over HTTP and the command line, on SQLite and on PostgreSQL.
//!
//! One binary for all of them, since each file directly in `tests/` would be linked on its own. `support/` starts
//! what they stand on. PostgreSQL is looked for at `TEST_POSTGRES_URL`; see `support/postgres.rs`.

#[macro_use]
mod support;

mod accounts;
mod admin_command;
mod admin_companies;
mod admin_drafts;
mod admin_exports;
mod admin_search;
mod admin_submissions;
mod admin_surveys;
mod api_keys;
mod architecture;
mod audit_log;
mod bad_bodies;
mod bad_requests;
mod changed_forms;
mod claiming;
mod command_line;
mod concurrency;
mod cors;
mod crash;
mod draft_commands;
mod draft_requests;
mod draft_submissions;
mod drafts_by_id;
mod ended_drafts;
mod event_exports;
mod events;
mod expiry;
mod front_end;
mod funnel;
mod funnel_histories;
mod guest_codes;
mod histories;
mod hostile;
mod indexes;
mod key_commands;
mod key_memory;
mod keys_admin;
mod logs;
mod openapi;
mod overload;
mod passwords;
mod patching;
mod person;
mod person_erasure;
mod pipelining;
mod preconditions;
mod progress_reading;
mod progress_saving;
mod purge;
mod rate_limits;
mod retries;
mod reused_ids;
mod rollup;
mod schema;
mod sessions;
mod sign_in;
mod sign_in_attacks;
mod spellings;
mod starting;
mod storms;
mod storms_on_two_servers;
mod submissions;
mod survey_schemas;
mod survey_status;
mod two_servers;
mod undo;
mod validation;
mod verbatim;
mod versions;
