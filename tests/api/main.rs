//! The tests of formprogress from the outside: over HTTP and the command line, on SQLite and on PostgreSQL.
//!
//! One binary for all of them, since each file directly in `tests/` would be linked on its own. `support/` starts
//! what they stand on. PostgreSQL is looked for at `TEST_POSTGRES_URL`; see `support/postgres.rs`.

#[macro_use]
mod support;

mod architecture;
mod bad_bodies;
mod bad_requests;
mod command_line;
mod concurrency;
mod cors;
mod crash;
mod expiry;
mod front_end;
mod guest_codes;
mod hostile;
mod indexes;
mod logs;
mod openapi;
mod overload;
mod progress_reading;
mod progress_saving;
mod purge;
mod schema;
mod spellings;
mod starting;
mod submissions;
mod survey_status;
mod two_servers;
mod verbatim;
