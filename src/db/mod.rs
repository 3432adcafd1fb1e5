//! The only place that knows there are two databases.
//!
//! Everything that differs between SQLite and PostgreSQL is in here: how to connect, column types, migrations, how
//! a write begins, and how many statements it takes to store many rows. The rest of the crate writes each query
//! once, with Diesel, and runs it through [`on_backend!`](crate::on_backend).

diesel::postfix_operator!(PlusNothing, " + 0", diesel::sql_types::BigInt);

/// A survey's number, written so that no index of surveys serves it: `column + 0`.
///
/// Where a participant is looked for, the email must choose the index. PostgreSQL's planner takes a whole survey for as small
/// as one email's drafts as long as a table was not analysed; a plan made then, when a service is new, lasts.
pub fn by_email_alone<C: diesel::Expression<SqlType = diesel::sql_types::BigInt>>(survey: C) -> PlusNothing<C> {
    PlusNothing::new(survey)
}

/// The same, where drafts are looked for whose hour has come: those are few, and a survey may have all that there are.
pub fn by_hour_alone<C: diesel::Expression<SqlType = diesel::sql_types::BigInt>>(survey: C) -> PlusNothing<C> {
    PlusNothing::new(survey)
}

/// Rows with their ids, as a query for a chunk of them gives them.
pub type QueryRows<R> = diesel::QueryResult<Vec<(i64, R)>>;

/// Why a query failed.
pub type QueryError = diesel::result::Error;
/// What a query gives, for those who only pass it on.
pub type Queried<T> = diesel::QueryResult<T>;
/// Rows, and where the next ones begin, as a query for a chunk of them gives them.
pub type QueryWalked<R, P> = diesel::QueryResult<Walked<R, P>>;

mod columns;
mod connection;
mod migrations;
mod pool;
mod prepared;
pub mod schema;
pub mod types;
mod url;
mod walk;

pub use columns::OverColumns;
pub use connection::{
    Cause, Conn, OpenError, cause, keep_writers_out, lock_all, lock_drafts, lock_pairs, size, snapshot, write,
    write_rows,
};
pub use migrations::{Migrated, MigrationError, apply, check, counts};
pub use pool::{Database, MigrateError, PoolState, Unavailable};
pub use prepared::Prepared;
pub use url::{DatabaseUrl, UrlError};
pub use walk::{Walked, walk};
