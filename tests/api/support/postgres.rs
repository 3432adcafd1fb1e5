//! PostgreSQL for tests: one migrated template for each run of the test binary, and quick copies of it.
//!
//! Where it is says `TEST_POSTGRES_URL`. Without an answer from there the tests on PostgreSQL have nothing to test:
//! they say so in a way that nobody overlooks, or fail with `REQUIRE_POSTGRES=1`.

use std::{
    io::Write,
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use diesel::{Connection, PgConnection, connection::SimpleConnection};
use formprogress::db::{self, Conn};
use url::Url;

use super::rows;

/// What the names of all databases of tests begin with: whatever is called so may be dropped.
const PREFIX: &str = "formprogress_test_";

const SKIPPED: &[u8] = b"
##############################################################################
##  NO POSTGRESQL: the ::postgres tests of this run TEST NOTHING and pass.  ##
##  Start one, or say with TEST_POSTGRES_URL where it is.                   ##
##  REQUIRE_POSTGRES=1 makes them fail instead.                             ##
##############################################################################
";

/// A copy of the template, dropped with this value.
pub struct PostgresDatabase {
    name: String,
}

/// What all tests of this run share.
struct Run {
    /// Tells this run's databases from those of others.
    id: String,
    /// Lives as long as this process, under this run's name: as long as it is there, the run's databases are in use.
    admin: Mutex<PgConnection>,
    copies: AtomicU32,
}

static RUN: OnceLock<Option<Run>> = OnceLock::new();

impl PostgresDatabase {
    /// A migrated database with a name of its own. None when there is no PostgreSQL.
    pub fn from_template() -> Option<Self> {
        let run = RUN.get_or_init(begin).as_ref()?;
        let name = format!("{PREFIX}{}_{}", run.id, run.copies.fetch_add(1, Ordering::Relaxed));
        run.execute(&format!("CREATE DATABASE {name} TEMPLATE {}", template_of(&run.id)));
        Some(Self { name })
    }

    pub fn url(&self) -> String {
        url_of(&self.name)
    }
}

impl Drop for PostgresDatabase {
    fn drop(&mut self) {
        if let Some(Some(run)) = RUN.get() {
            run.execute(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        }
    }
}

impl Run {
    fn execute(&self, sql: &str) {
        // A test that panicked with the lock held has left the connection as it was.
        let mut admin = self.admin.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let done = admin.batch_execute(sql);
        // In a drop during a panic, a second panic would hide the first one.
        if !std::thread::panicking() {
            done.expect("the PostgreSQL of the tests does what it is told");
        }
    }
}

/// The address of a database on the server of the tests.
pub fn url_of(name: &str) -> String {
    let mut url = server();
    url.set_path(name);
    url.to_string()
}

fn server() -> Url {
    let text = std::env::var("TEST_POSTGRES_URL").unwrap_or_else(|_| "postgres://postgres@127.0.0.1:5432".into());
    Url::parse(&text).expect("TEST_POSTGRES_URL is a URL such as postgres://postgres@127.0.0.1:5432")
}

fn template_of(run: &str) -> String {
    format!("{PREFIX}{run}_template")
}

fn begin() -> Option<Run> {
    let started = chrono::Utc::now().timestamp();
    let id = format!("{}_{started}", std::process::id());
    let mut url = server();
    url.set_path("postgres");
    url.query_pairs_mut().append_pair("application_name", &format!("{PREFIX}{id}"));
    let mut admin = match PgConnection::establish(url.as_str()) {
        Ok(admin) => admin,
        Err(error) if std::env::var("REQUIRE_POSTGRES").is_ok_and(|required| required == "1") => {
            panic!("REQUIRE_POSTGRES=1, but: {error}")
        }
        Err(_) => {
            // Not eprintln!, which the test harness keeps to itself as long as a test passes.
            std::io::stderr().write_all(SKIPPED).expect("standard error takes a message");
            return None;
        }
    };
    admin.batch_execute("SET client_min_messages = 'warning'").expect("the server takes a setting");
    let mut admin = Conn::Postgres(admin);
    sweep(&mut admin);
    let Conn::Postgres(mut admin) = admin else { unreachable!("it was made of one") };
    let template = template_of(&id);
    admin.batch_execute(&format!("CREATE DATABASE {template}")).expect("this user may create databases");
    let url = url_of(&template).parse().expect("the address of a database");
    db::apply(&mut Conn::open(&url).expect("the template answers")).expect("the migrations apply");
    Some(Run { id, admin: Mutex::new(admin), copies: AtomicU32::new(0) })
}

/// Drops what earlier runs have left: their template, and what a killed run had no time to drop. A run that is still
/// at it is known by its connection, whatever machine it comes from.
fn sweep(admin: &mut Conn) {
    let left = rows::lines(
        admin,
        &format!(
            "SELECT candidate.datname::text AS value FROM pg_database AS candidate \
             WHERE starts_with(candidate.datname, '{PREFIX}') AND NOT EXISTS \
             (SELECT 1 FROM pg_stat_activity AS run WHERE starts_with(run.application_name, '{PREFIX}') \
              AND starts_with(candidate.datname, run.application_name || '_'))"
        ),
    );
    let Conn::Postgres(admin) = admin else { return };
    for name in left {
        // Another run may be sweeping too.
        drop(admin.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")));
    }
}

/// Throws everybody out of a database and lets nobody in, as if its server were down; or opens it again.
pub fn shut(url: &str, shut: bool) {
    let name = url.rsplit('/').next().expect("the URL ends with the name of the database");
    let run = RUN.get().and_then(Option::as_ref).expect("the database is one of this run's");
    run.execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS {}", !shut));
    if shut {
        run.execute(&format!(
            "DO $$ BEGIN PERFORM pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'; END $$"
        ));
    }
}
