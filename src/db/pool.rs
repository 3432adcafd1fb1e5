//! The pool that reads use, off the async threads, beside the writer.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use diesel::QueryResult;
use rocket::tokio::{sync::Semaphore, task, time::timeout};

use super::{Conn, DatabaseUrl, MigrationError, OpenError, migrations};

/// How long anyone waits for a connection before being told that the database is busy.
const PATIENCE: Duration = Duration::from_secs(5);

/// The database is away, locked or overloaded, or refused a query. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Unavailable {
    /// No connection was free in time.
    #[error("no database connection was free within {} s", PATIENCE.as_secs())]
    Busy,
    /// No connection could be made.
    #[error(transparent)]
    Pool(#[from] r2d2::Error),
    /// The query failed.
    #[error(transparent)]
    Query(#[from] diesel::result::Error),
    /// The query panicked: a bug of ours.
    #[error("a query panicked")]
    Panicked,
}

/// The database: where it is, and a pool of connections for reads.
#[derive(Clone)]
pub struct Database {
    url: DatabaseUrl,
    pool: r2d2::Pool<Manager>,
    // As many permits as connections: who waits, waits as a future and not as a blocked thread.
    permits: Arc<Semaphore>,
    waits: Arc<AtomicU64>,
    queries: Arc<AtomicU64>,
}

/// How busy the connections for reads are.
#[derive(Debug, Clone, Copy)]
pub struct PoolState {
    /// Connections that are open.
    pub open: u64,
    /// Reads that have one now.
    pub in_use: u64,
    /// Connections that there may be.
    pub limit: u64,
    /// Reads that had to wait for one, since the start.
    pub waits: u64,
}

impl Database {
    /// Keeps up to `connections` for reads, made when they are needed. Whether the database is there, `migrate` tells.
    pub fn new(url: &DatabaseUrl, connections: u32) -> Self {
        let queries = Arc::<AtomicU64>::default();
        let pool = r2d2::Pool::builder()
            .max_size(connections)
            .min_idle(Some(0))
            .connection_timeout(PATIENCE)
            .test_on_check_out(false)
            .error_handler(Box::new(QuietPool))
            .build_unchecked(Manager { url: url.clone(), queries: queries.clone() });
        let permits = Arc::new(Semaphore::new(connections as usize));
        Self { url: url.clone(), pool, permits, waits: Arc::default(), queries }
    }

    /// Where it is.
    pub fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// A connection of one's own, for a writer.
    pub fn connect(&self) -> Result<Conn, OpenError> {
        Ok(Conn::open_for_writing(&self.url)?.counting(&self.queries))
    }

    /// How many statements its connections have run since the start: queries and changes, and where transactions begin and end.
    pub fn queries(&self) -> u64 {
        self.queries.load(Ordering::Relaxed)
    }

    /// How busy the connections for reads are now.
    pub fn pool_state(&self) -> PoolState {
        let limit = u64::from(self.pool.max_size());
        PoolState {
            open: u64::from(self.pool.state().connections),
            in_use: limit.saturating_sub(self.permits.available_permits() as u64),
            limit,
            waits: self.waits.load(Ordering::Relaxed),
        }
    }

    /// Runs a query on a pooled connection, off the async threads. It never waits for the writer.
    pub async fn read<T, F>(&self, query: F) -> Result<T, Unavailable>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> QueryResult<T> + Send + 'static,
    {
        let permit = match self.permits.clone().try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => {
                self.waits.fetch_add(1, Ordering::Relaxed);
                timeout(PATIENCE, self.permits.clone().acquire_owned())
                    .await
                    .map_err(|_| Unavailable::Busy)?
                    .map_err(|_| Unavailable::Busy)?
            }
        };
        let pool = self.pool.clone();
        task::spawn_blocking(move || {
            let _permit = permit;
            read_from(&pool, &query)
        })
        .await
        .map_err(|_| Unavailable::Panicked)?
    }

    /// Applies the missing migrations.
    pub fn migrate(&self) -> Result<migrations::Migrated, MigrateError> {
        Ok(migrations::apply(&mut self.connect()?)?)
    }
}

/// Opening or migrating failed.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// Could not connect.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Could not migrate.
    #[error(transparent)]
    Migration(#[from] MigrationError),
}

/// After a restart of PostgreSQL every pooled connection is dead, so a read goes through all of them if it must:
/// nobody should see an error because of a connection that was idle.
fn read_from<T>(pool: &r2d2::Pool<Manager>, query: &impl Fn(&mut Conn) -> QueryResult<T>) -> Result<T, Unavailable> {
    let mut dead = 0;
    loop {
        let mut pooled = pool.get()?;
        match query(&mut pooled.conn) {
            Err(error) if !matches!(error, diesel::result::Error::NotFound) => {
                pooled.broken = !pooled.conn.answers();
                dead += 1;
                if !pooled.broken || dead > pool.max_size() {
                    return Err(error.into());
                }
            }
            outcome => return Ok(outcome?),
        }
    }
}

#[derive(Debug)]
struct QuietPool;

impl r2d2::HandleError<OpenError> for QuietPool {
    fn handle_error(&self, error: OpenError) {
        tracing::warn!(%error, "no new database connection");
    }
}

struct Manager {
    url: DatabaseUrl,
    queries: Arc<AtomicU64>,
}

/// A pooled connection, and whether it turned out to be dead.
struct Pooled {
    conn: Conn,
    broken: bool,
}

impl r2d2::ManageConnection for Manager {
    type Connection = Pooled;
    type Error = OpenError;

    fn connect(&self) -> Result<Pooled, OpenError> {
        Ok(Pooled { conn: Conn::open(&self.url)?.counting(&self.queries), broken: false })
    }

    fn is_valid(&self, _: &mut Pooled) -> Result<(), OpenError> {
        Ok(())
    }

    fn has_broken(&self, pooled: &mut Pooled) -> bool {
        pooled.broken || std::thread::panicking()
    }
}
