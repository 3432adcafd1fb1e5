//! Bringing a database to the shape that this binary knows. Rules for writing migrations: `migrations/README.md`.

use std::{collections::BTreeSet, error::Error as StdError};

use diesel::migration::MigrationSource;
use diesel::{backend::Backend, pg::Pg, prelude::*, sqlite::Sqlite};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{Conn, connection::write};
use crate::on_backend;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// What [`apply`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migrated {
    /// Migrations that were missing and are applied now.
    pub applied: usize,
    /// All that this binary knows.
    pub known: usize,
}

/// Why a database has not the shape that this binary needs.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// A newer formprogress has been here.
    #[error(
        "the database has migration {0}, which this formprogress does not know: it was written by a newer version. \
         Start that version, or restore a backup"
    )]
    Newer(String),
    /// The tables are not there yet, or not all of them.
    #[error("the database is not up to date (migrations missing: {0}): run `formprogress migrate` first")]
    Pending(usize),
    /// A migration failed; nothing of it stays.
    #[error("the database could not be migrated: {0}")]
    Failed(#[from] Box<dyn StdError + Send + Sync>),
    /// The database did not answer.
    #[error("the database could not be migrated: {0}")]
    Database(#[from] diesel::result::Error),
}

/// Applies the missing migrations, all or none. Several processes may call it at once: one works, the others wait.
pub fn apply(conn: &mut Conn) -> Result<Migrated, MigrationError> {
    write(conn, |conn| {
        if let Conn::Postgres(conn) = conn {
            // Any number will do, as long as every formprogress takes the same.
            diesel::sql_query("SELECT pg_advisory_xact_lock(7235421064)").execute(conn)?;
        }
        let state = state(conn)?;
        match conn {
            Conn::Sqlite(conn) => conn.run_pending_migrations(SQLITE).map(drop)?,
            Conn::Postgres(conn) => conn.run_pending_migrations(POSTGRES).map(drop)?,
        }
        Ok(Migrated { applied: state.pending, known: state.known })
    })
}

/// Refuses a database that is older or newer than this binary, and changes nothing.
pub fn check(conn: &mut Conn) -> Result<(), MigrationError> {
    match state(conn)?.pending {
        0 => Ok(()),
        pending => Err(MigrationError::Pending(pending)),
    }
}

/// How many migrations are applied, and how many this binary knows.
pub fn counts(conn: &mut Conn) -> QueryResult<(usize, usize)> {
    let failed = diesel::result::Error::QueryBuilderError;
    let known = match conn {
        Conn::Sqlite(_) => names::<Sqlite>(&SQLITE),
        Conn::Postgres(_) => names::<Pg>(&POSTGRES),
    };
    let applied = on_backend!(conn => conn.applied_migrations()).map_err(failed)?;
    Ok((applied.len(), known.map_err(|error| failed(error.into()))?.len()))
}

struct State {
    pending: usize,
    known: usize,
}

fn state(conn: &mut Conn) -> Result<State, MigrationError> {
    let known = match conn {
        Conn::Sqlite(_) => names::<Sqlite>(&SQLITE)?,
        Conn::Postgres(_) => names::<Pg>(&POSTGRES)?,
    };
    let applied: BTreeSet<String> =
        on_backend!(conn => conn.applied_migrations())?.into_iter().map(|version| version.to_string()).collect();
    match applied.difference(&known).next() {
        Some(newer) => Err(MigrationError::Newer(newer.clone())),
        None => Ok(State { pending: known.len() - applied.len(), known: known.len() }),
    }
}

fn names<DB: Backend>(source: &EmbeddedMigrations) -> Result<BTreeSet<String>, MigrationError> {
    let migrations = MigrationSource::<DB>::migrations(source)?;
    Ok(migrations.iter().map(|migration| migration.name().version().to_string()).collect())
}
