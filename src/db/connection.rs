//! One connection to either database, and the few places where the two must be told apart.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use diesel::{
    connection::{AnsiTransactionManager, Connection, InstrumentationEvent, SimpleConnection, TransactionManager},
    pg::PgConnection,
    prelude::*,
    result::{DatabaseErrorKind, Error},
    sql_types::{Array, BigInt, Text},
    sqlite::SqliteConnection,
};

use super::{
    DatabaseUrl, OverColumns,
    types::{DraftId, Uuid},
};

/// A connection to one of the two databases.
pub enum Conn {
    /// SQLite, inside this process.
    Sqlite(SqliteConnection),
    /// PostgreSQL, over a socket.
    Postgres(PgConnection),
}

/// Runs a query with the connection inside: it is compiled once for each back end, so that all that both can say
/// may be used (upserts, batches, `RETURNING`), with one text.
#[macro_export]
macro_rules! on_backend {
    ($conn:ident => $run:expr) => {
        match $conn {
            $crate::db::Conn::Sqlite($conn) => $run,
            $crate::db::Conn::Postgres($conn) => $run,
        }
    };
}

/// A database that could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Nobody answers there, or not as this user.
    #[error("the database {url} cannot be reached: {reason}")]
    Connect {
        /// Where.
        url: String,
        /// What the database library says, in one line.
        reason: String,
    },
    /// It answers, but refuses the settings that every connection needs.
    #[error("the database {url} refused to be set up: {source}")]
    SetUp {
        /// Where.
        url: String,
        /// What it said.
        source: Error,
    },
}

/// busy_timeout comes first, since the others may already meet a lock. `synchronous=FULL`: a commit is on the disk
/// before it is answered.
const SQLITE_SET_UP: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
     PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -1000; \
     PRAGMA journal_size_limit = 67108864;";

/// A group of saves dirties some hundreds of pages; a cache that holds them all is spared writing some of them twice.
const SQLITE_WRITER: &str = "PRAGMA cache_size = -8000;";

/// A server that is set to acknowledge before the disk has it is overruled; stronger settings stay as they are.
/// Every query of the hot path has one good plan, so it is made once; by an index also while the tables are new and look small
/// to the planner, since it is kept when they have grown. Waiting has an end.
const POSTGRES_SET_UP: &str = "SELECT set_config('synchronous_commit', 'on', false) \
     WHERE current_setting('synchronous_commit') = 'off'; \
     SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET jit = off; SET lock_timeout = '2s'; SET statement_timeout = '60s'; \
     SET idle_in_transaction_session_timeout = '60s'; SET client_min_messages = 'warning'; SET TIME ZONE 'UTC';";

impl Conn {
    /// Connects, and sets up what every connection needs.
    pub fn open(url: &DatabaseUrl) -> Result<Self, OpenError> {
        Self::connect(url, SQLITE_SET_UP)
    }

    /// Connects like [`Conn::open`], for a writer.
    pub fn open_for_writing(url: &DatabaseUrl) -> Result<Self, OpenError> {
        Self::connect(url, &format!("{SQLITE_SET_UP} {SQLITE_WRITER}"))
    }

    fn connect(url: &DatabaseUrl, sqlite_set_up: &str) -> Result<Self, OpenError> {
        let refused = |error: ConnectionError| OpenError::Connect { url: url.to_string(), reason: one_line(&error) };
        let (mut conn, set_up) = match url {
            DatabaseUrl::Sqlite(path) => {
                let conn = SqliteConnection::establish(&path.to_string_lossy()).map_err(refused)?;
                (Self::Sqlite(conn), sqlite_set_up)
            }
            DatabaseUrl::Postgres(uri) => {
                (Self::Postgres(PgConnection::establish(uri).map_err(refused)?), POSTGRES_SET_UP)
            }
        };
        let done = {
            let conn = &mut conn;
            on_backend!(conn => conn.batch_execute(set_up))
        };
        done.map_err(|source| OpenError::SetUp { url: url.to_string(), source })?;
        Ok(conn)
    }

    /// The same connection, which counts each of its statements from now on.
    pub fn counting(mut self, statements: &Arc<AtomicU64>) -> Self {
        let statements = statements.clone();
        let count = move |event: InstrumentationEvent<'_>| {
            if matches!(event, InstrumentationEvent::StartQuery { .. }) {
                statements.fetch_add(1, Ordering::Relaxed);
            }
        };
        let conn = &mut self;
        on_backend!(conn => conn.set_instrumentation(count));
        self
    }

    /// Whether the connection still answers.
    pub fn answers(&mut self) -> bool {
        let conn = self;
        on_backend!(conn => diesel::select(1_i32.into_sql::<diesel::sql_types::Integer>()).execute(conn)).is_ok()
    }
}

/// The first line of what a database library says: its messages go over several.
fn one_line(error: &ConnectionError) -> String {
    error.to_string().lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Runs `body` in a transaction that may write: all of it is committed, or nothing.
///
/// SQLite must take its write lock at the start (`BEGIN IMMEDIATE`): a transaction that reads first and writes
/// later fails as soon as another one wrote in between.
pub fn write<T, E: From<Error>>(conn: &mut Conn, body: impl FnOnce(&mut Conn) -> Result<T, E>) -> Result<T, E> {
    transaction(conn, "BEGIN IMMEDIATE", "BEGIN", body)
}

/// Runs queries that all see the database as it is at the first of them, whatever is written meanwhile.
pub fn snapshot<T, E: From<Error>>(conn: &mut Conn, body: impl FnOnce(&mut Conn) -> Result<T, E>) -> Result<T, E> {
    transaction(conn, "BEGIN", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", body)
}

fn transaction<T, E: From<Error>>(
    conn: &mut Conn,
    sqlite_begin: &str,
    postgres_begin: &str,
    body: impl FnOnce(&mut Conn) -> Result<T, E>,
) -> Result<T, E> {
    match conn {
        Conn::Sqlite(conn) => AnsiTransactionManager::begin_transaction_sql(conn, sqlite_begin)?,
        Conn::Postgres(conn) => AnsiTransactionManager::begin_transaction_sql(conn, postgres_begin)?,
    }
    match body(conn) {
        Ok(value) => {
            on_backend!(conn => AnsiTransactionManager::commit_transaction(conn))?;
            Ok(value)
        }
        Err(error) => {
            // The first error says what went wrong; a connection that cannot even roll back is discarded later.
            drop(on_backend!(conn => AnsiTransactionManager::rollback_transaction(conn)));
            Err(error)
        }
    }
}

/// The bytes that the database takes on its disk.
pub fn size(conn: &mut Conn) -> QueryResult<i64> {
    #[derive(QueryableByName)]
    struct Size {
        #[diesel(sql_type = BigInt)]
        bytes: i64,
    }
    // What each calls it, Diesel has no words for.
    let query = match conn {
        Conn::Sqlite(_) => "SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()",
        Conn::Postgres(_) => "SELECT pg_database_size(current_database()) AS bytes",
    };
    let size: Size = on_backend!(conn => diesel::sql_query(query).get_result(conn))?;
    Ok(size.bytes)
}

/// Stores many rows the way each database does it best: SQLite, a library in this process, with one cached
/// statement in a loop (`one`); PostgreSQL, a round trip away, with a single statement for all (`all`).
pub fn write_rows<R>(
    conn: &mut Conn,
    rows: &[R],
    mut one: impl FnMut(&mut SqliteConnection, &R) -> QueryResult<usize>,
    all: impl FnOnce(&mut PgConnection, &[R]) -> QueryResult<usize>,
) -> QueryResult<usize> {
    if rows.is_empty() {
        return Ok(0);
    }
    match conn {
        Conn::Sqlite(conn) => rows.iter().try_fold(0, |sum, row| Ok(sum + one(conn, row)?)),
        Conn::Postgres(conn) => all(conn, rows),
    }
}

/// Makes this transaction the only one, in any process, that works on these (email, survey) pairs.
///
/// PostgreSQL: advisory locks, which also hold for a draft that does not exist yet, taken in the order of their
/// keys so that two groups never wait for each other. SQLite: nothing to do, its writer is alone.
pub fn lock_pairs<'a>(conn: &mut Conn, pairs: impl Iterator<Item = (&'a str, i64)>) -> QueryResult<()> {
    let Conn::Postgres(conn) = conn else { return Ok(()) };
    let (emails, surveys): (Vec<&str>, Vec<i64>) = pairs.unzip();
    // OFFSET 0 keeps the sorted list apart from the locking, which must follow its order.
    OverColumns {
        before: "SELECT pg_advisory_xact_lock(key) FROM (SELECT DISTINCT hashtextextended(email, survey_id) AS key \
                 FROM unnest(",
        columns: (emails.into_sql::<Array<Text>>(), surveys.into_sql::<Array<BigInt>>()),
        after: ") AS pair (email, survey_id) ORDER BY key OFFSET 0) AS sorted",
    }
    .execute(conn)
    .map(drop)
}

/// The same for drafts by their ids. Whoever locks both takes these locks first.
pub fn lock_drafts(conn: &mut Conn, ids: &[DraftId]) -> QueryResult<()> {
    let Conn::Postgres(conn) = conn else { return Ok(()) };
    // No survey has the number 0: ids and pairs do not share keys.
    OverColumns {
        before: "SELECT pg_advisory_xact_lock(key) FROM (SELECT DISTINCT hashtextextended(id::text, 0) AS key FROM unnest(",
        columns: (ids.into_sql::<Array<Uuid>>(),),
        after: ") AS draft (id) ORDER BY key OFFSET 0) AS sorted",
    }
    .execute(conn)
    .map(drop)
}

/// Waits until no transaction is under way that has written to this table, and lets none begin until this one ends.
///
/// PostgreSQL: not for long, since those who come later wait behind it; then a lock timeout is the answer. SQLite: nothing
/// to do, its writer is alone.
pub fn keep_writers_out(conn: &mut Conn, table: &'static str) -> QueryResult<()> {
    let Conn::Postgres(conn) = conn else { return Ok(()) };
    // Diesel has no words for it. The name is one of ours.
    conn.batch_execute(&format!("SET LOCAL lock_timeout = '300ms'; LOCK TABLE {table} IN SHARE MODE"))
}

/// Makes this transaction the only one, in any process, that works on things of this kind: for rules that look at all of
/// them. SQLite: nothing to do, its writer is alone.
pub fn lock_all(conn: &mut Conn, kind: &str) -> QueryResult<()> {
    let Conn::Postgres(conn) = conn else { return Ok(()) };
    // Shares its keys with the ids of drafts, whose texts no kind has.
    let lock = diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))");
    lock.bind::<Text, _>(kind).execute(conn).map(drop)
}

/// Why a transaction failed, as far as it decides what to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The database refused a statement for what it says: a constraint, a value that it cannot hold.
    Refused,
    /// Somebody else holds a lock for too long, or won a race. Other statements may well succeed.
    Contended,
    /// The database is away, locked as a whole, full or read-only.
    Away,
}

/// Tells the causes apart. Diesel keeps the kind of an error, but of most kinds only the message.
pub fn cause(error: &Error) -> Cause {
    const AWAY: [&str; 6] = ["locked", "disk", "readonly", "unable to open", "terminating connection", "server closed"];
    const CONTENDED: [&str; 3] = ["lock timeout", "statement timeout", "deadlock"];
    match error {
        Error::BrokenTransactionManager
        | Error::DatabaseError(
            DatabaseErrorKind::ClosedConnection
            | DatabaseErrorKind::UnableToSendCommand
            | DatabaseErrorKind::ReadOnlyTransaction,
            _,
        ) => Cause::Away,
        Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => Cause::Contended,
        Error::DatabaseError(DatabaseErrorKind::Unknown, info) => {
            let says = |signs: &[&str]| signs.iter().any(|sign| info.message().contains(sign));
            match (says(&CONTENDED), says(&AWAY)) {
                (true, _) => Cause::Contended,
                (false, true) => Cause::Away,
                (false, false) => Cause::Refused,
            }
        }
        _ => Cause::Refused,
    }
}
