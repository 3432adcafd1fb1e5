//! What the tests stand on: a database for each, the service on it, and a client that speaks plain HTTP to it.

pub mod accounts;
pub mod admin;
pub mod client;
pub mod clock;
pub mod command;
pub mod database;
pub mod deadline;
pub mod drafts;
pub mod exposition;
pub mod pages;
pub mod postgres;
pub mod requests;
pub mod rows;
pub mod server;
pub mod service;
pub mod storm;
pub mod writes;

use std::{panic::AssertUnwindSafe, time::Duration};

use rocket::{
    futures::FutureExt,
    tokio::{runtime, time::timeout},
};

pub use self::{
    client::{Answer, Client},
    command::formprogress,
    database::{Backend, TestDatabase},
    exposition::Exposition,
    requests::{NAMED, Save, Submission, progress_path},
    server::Server,
    service::Service,
    storm::at_once,
    writes::Write,
};

/// Makes two tests of each scenario, `scenario::sqlite` and `scenario::postgres`.
///
/// A scenario is an async function beside the list, which says what the tests of a file promise. It is given the
/// running [`Service`], or after `database:` only the migrated [`TestDatabase`]. One that is missing in the list is
/// dead code, and so a warning.
macro_rules! on_both_databases {
    (database: $($scenario:ident),+ $(,)?) => {
        on_both_databases! { @with with_database $($scenario)+ }
    };
    ($($scenario:ident),+ $(,)?) => {
        on_both_databases! { @with with_service $($scenario)+ }
    };
    (@with $run:ident $($scenario:ident)+) => {$(
        mod $scenario {
            #[test]
            fn sqlite() {
                $crate::support::$run($crate::support::Backend::Sqlite, super::$scenario);
            }

            #[test]
            fn postgres() {
                $crate::support::$run($crate::support::Backend::Postgres, super::$scenario);
            }
        }
    )+};
}

/// The same for what only PostgreSQL has: a server that can be away, and be shared by several services.
macro_rules! on_postgres {
    (database: $($scenario:ident),+ $(,)?) => {
        on_postgres! { @with with_database $($scenario)+ }
    };
    ($($scenario:ident),+ $(,)?) => {
        on_postgres! { @with with_service $($scenario)+ }
    };
    (@with $run:ident $($scenario:ident)+) => {$(
        mod $scenario {
            #[test]
            fn postgres() {
                $crate::support::$run($crate::support::Backend::Postgres, super::$scenario);
            }
        }
    )+};
}

/// A test that takes longer hangs: better to say so than to stop the whole run.
const LONGEST: Duration = Duration::from_secs(180);

/// Runs a scenario against a migrated database of its own, if this machine has that kind of database.
pub fn with_database(backend: Backend, scenario: impl AsyncFnOnce(&TestDatabase)) {
    let Some(database) = TestDatabase::new(backend) else { return };
    block_on(scenario(&database));
}

/// Runs a scenario against a service with a database of its own, and stops the service whatever comes of it.
pub fn with_service(backend: Backend, scenario: impl AsyncFnOnce(&Service)) {
    with_database(backend, async |database| {
        let service = Service::start(database).await;
        let outcome = AssertUnwindSafe(scenario(&service)).catch_unwind().await;
        service.stop().await;
        if let Err(panic) = outcome {
            std::panic::resume_unwind(panic);
        }
    });
}

/// Runs a test's future on a runtime of its own.
pub fn block_on<T>(scenario: impl Future<Output = T>) -> T {
    let runtime =
        runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime for the test");
    runtime.block_on(async { timeout(LONGEST, scenario).await.expect("the test ends in time") })
}
