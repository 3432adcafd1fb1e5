//! Draft storage for multi-page forms and surveys: save each screen, resume on any device, submit once.
//!
//! `ARCHITECTURE.md` tells how the parts work together. [`Service::new`] makes the whole service out of its settings;
//! the tests build it the same way.

pub mod access;
pub mod accounts;
pub mod audit;
pub mod clock;
pub mod companies;
pub mod config;
pub mod db;
pub mod demo;
pub mod email;
pub mod health;
pub mod http;
pub mod jobs;
pub mod keys;
pub mod limits;
pub mod logging;
pub mod metrics;
pub mod openapi;
pub mod overview;
pub mod pages;
pub mod people;
pub mod problem;
pub mod progress;
pub mod record;
pub mod submissions;
pub mod surveys;
pub mod system;
pub mod timeline;
pub mod views;

use std::sync::Arc;

use rocket::{Build, Rocket, figment::Figment};

use self::{
    clock::Clock,
    config::Settings,
    db::Database,
    jobs::{Jobs, Purge, Retention, Rollup},
    metrics::Metrics,
    progress::writer::{Threads, Writer},
};

/// Why the service does not start, said in one line.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database is not there.
    #[error(transparent)]
    Open(#[from] db::OpenError),
    /// The database has not the shape it should.
    #[error(transparent)]
    Migrate(#[from] db::MigrateError),
    /// The setting `purge_schedule` is not a schedule.
    #[error("setting purge_schedule: {0:?} is not a schedule: six fields, seconds first, such as \"0 0 * * * *\"")]
    Schedule(String),
    /// The system gives no more threads.
    #[error("the writer could not be started: {0}")]
    Threads(#[from] std::io::Error),
}

/// The whole service, not yet listening.
pub struct Service {
    /// What serves; a test may attach to it.
    pub rocket: Rocket<Build>,
    /// What writes; to be stopped when nobody serves any more.
    pub threads: Threads,
    /// What was done to the database.
    pub migrated: db::Migrated,
}

impl Service {
    /// Opens and migrates the database, starts the writers, and mounts every route. `figment` holds Rocket's own
    /// settings, which were checked when `settings` was made of it.
    pub fn new(figment: Figment, settings: &Settings, clock: Clock) -> Result<Self, StartError> {
        let database = Database::new(&settings.database_url, settings.read_connections);
        let migrated = database.migrate()?;
        let metrics = Metrics::new(clock.now());
        let (writer, threads) = Writer::start(&database, &clock, &metrics, settings.writer_limits())?;
        let purge = Purge::new(writer.clone(), clock.clone(), settings.ended_draft_days);
        let rollup = Rollup::new(writer.clone(), clock.clone());
        let retention = Retention::new(writer.clone(), clock.clone(), settings.keeping());
        let jobs = Jobs::new(&settings.purge_schedule, purge, rollup, retention)
            .map_err(|_| StartError::Schedule(settings.purge_schedule.clone()))?;
        let secret = db::write(&mut database.connect()?, |conn| audit::store::secret(conn, clock.now()))
            .map_err(|error| db::MigrateError::Migration(error.into()))?;
        let people = audit::People::new(&secret);
        let limits = settings.policies().map(|policies| Arc::new(limits::Limits::new(&policies, &clock)));
        let cors = http::cors::Cors::new(&settings.cors_origins);
        // Rocket's own log shows paths with their queries, and there are emails in those.
        let rocket = rocket::custom(figment.merge(("log_level", "off")))
            .manage(keys::Ring::new(database.clone()))
            .manage(database)
            .manage(keys::Uses::new(writer.clone()))
            .manage(writer)
            .manage(surveys::form::Forms::default())
            .manage(progress::reader::EndedDays(settings.ended_draft_days))
            .manage(accounts::Throttle::new(people.clone(), &clock))
            .manage(accounts::Hasher::default())
            .manage(people)
            .manage(http::PublicUrl(settings.public_url.clone()))
            .manage(clock)
            .manage(settings.session_life())
            .manage(settings.metrics_access)
            .manage(metrics)
            .manage(http::address::TrustedProxies(settings.trusted_proxies.clone()))
            .attach(http::access_log::AccessLog)
            .manage(cors.clone())
            .attach(cors)
            .attach(limits::headers::RateLimitHeaders(limits.clone()))
            .attach(jobs)
            .register("/", rocket::catchers![http::catchers::any])
            .mount("/", rocket::routes![http::cors::preflight])
            .mount("/", health::routes())
            .mount("/", openapi::routes())
            .mount("/", metrics::api::routes())
            .mount("/api", routes())
            .mount("/api/admin", admin_routes())
            .mount("/admin", page_routes())
            .mount("/", pages::root());
        let rocket = match limits {
            Some(limits) => rocket.manage(limits),
            None => rocket,
        };
        Ok(Self { rocket, threads, migrated })
    }
}

/// The routes of the API.
fn routes() -> Vec<rocket::Route> {
    [
        progress::api::routes(),
        progress::drafts_api::routes(),
        progress::validation_api::routes(),
        progress::previous_api::routes(),
        submissions::api::routes(),
        submissions::front_end::routes(),
        surveys::api::routes(),
        companies::api::routes(),
    ]
    .concat()
}

/// The routes of the admin pages.
fn page_routes() -> Vec<rocket::Route> {
    [
        pages::routes(),
        accounts::pages::routes(),
        companies::pages::routes(),
        progress::pages::routes(),
        surveys::file_pages::routes(),
        surveys::settings_pages::routes(),
        overview::pages::routes(),
        surveys::pages::routes(),
        keys::pages::routes(),
        audit::pages::routes(),
        system::pages::routes(),
        submissions::pages::routes(),
        people::pages::routes(),
    ]
    .concat()
}

/// The routes of the admin API.
fn admin_routes() -> Vec<rocket::Route> {
    [
        accounts::session_api::routes(),
        accounts::password_api::routes(),
        accounts::admin_api::routes(),
        accounts::links_api::routes(),
        record::admin_api::routes(),
        surveys::admin_api::routes(),
        surveys::preview_api::routes(),
        companies::admin_api::routes(),
        people::admin_api::routes(),
        audit::api::routes(),
        progress::search_api::routes(),
        progress::export_api::routes(),
        progress::admin_api::routes(),
        progress::previous_api::admin_routes(),
        submissions::admin_submit_api::routes(),
        submissions::admin_api::routes(),
        keys::api::routes(),
        system::admin_api::routes(),
    ]
    .concat()
}
