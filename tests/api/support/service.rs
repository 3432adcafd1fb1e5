//! The service inside the test's own process, as `main` builds it, but with the test's clock and a port of its own.

use std::{collections::BTreeSet, ops::Deref, pin::pin, sync::Mutex, time::Duration};

use chrono::TimeDelta;
use formprogress::{
    access::{Grant, Power, Reach},
    accounts::Hasher,
    accounts::SessionLife,
    config::Settings,
    db::write,
    jobs::{Keeping, Purge, Retention, Rollup},
    keys::{self, Kind, Ring},
    progress::writer::{Threads, Writer},
};
use rocket::{
    Ignite, Rocket,
    fairing::AdHoc,
    figment::{Figment, providers::Serialized, value::Value},
    tokio::{
        select,
        sync::oneshot,
        task::{JoinHandle, spawn, spawn_blocking},
        time::sleep,
    },
};

use super::{Backend, Client, TestDatabase, clock::TestClock, database::SURVEY};

/// For how long the service remembers ended drafts, unless it is told otherwise.
pub const ENDED_DAYS: u32 = 7;

/// A running service with survey 1 in its database. It is its own client.
pub struct Service<'d> {
    pub database: &'d TestDatabase,
    pub clock: TestClock,
    client: Client,
    running: Mutex<Option<Running>>,
}

struct Running {
    writer: Writer,
    ring: Ring,
    hasher: Hasher,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Result<Rocket<Ignite>, rocket::Error>>,
    threads: Threads,
}

impl<'d> Service<'d> {
    pub async fn start(database: &'d TestDatabase) -> Self {
        database.add_survey(SURVEY);
        let service = Self { database, clock: TestClock::new(), client: Client::new(), running: Mutex::default() };
        service.go(&[]).await;
        service
    }

    /// Stops it in the proper way and starts it again on the same database.
    pub async fn restart(&self) {
        self.restart_with(&[]).await;
    }

    /// The same, with settings that differ from those of the other tests.
    pub async fn restart_with(&self, settings: &[(&str, &str)]) {
        self.stop().await;
        self.go(settings).await;
    }

    /// Shuts it down and waits until its last write is done.
    pub async fn stop(&self) {
        let Some(running) = self.running.lock().expect("no test panicked here").take() else { return };
        running.stop.send(()).expect("the server has not stopped by itself");
        running.serving.await.expect("the server does not panic").expect("the server stops in the proper way");
        spawn_blocking(|| running.threads.stop()).await.expect("the writers stop");
    }

    /// Lets a draft saved now come to its end and a second more: the survey keeps it for 30 days.
    pub fn let_drafts_expire(&self) {
        self.clock.advance(TimeDelta::days(30) + TimeDelta::seconds(1));
    }

    /// Runs the service's own purge now, as its schedule would.
    pub async fn purge(&self) {
        Purge::new(self.writer(), self.clock.for_the_service(), ENDED_DAYS).run_unless_running().await;
    }

    /// Adds up new events now, as the service does each minute.
    pub async fn fold_events(&self) {
        Rollup::new(self.writer(), self.clock.for_the_service()).fold_unless_running().await;
    }

    /// Forgets what is old, as the service does each hour; events when they are older than this.
    pub async fn forget_events(&self, event_days: u32) {
        let sessions = SessionLife { idle_minutes: 120, hours: 12 };
        let keeping = Keeping { event_days, audit_days: 400, sessions };
        Retention::new(self.writer(), self.clock.for_the_service(), keeping).run().await;
    }

    fn writer(&self) -> Writer {
        let writer = self.running.lock().expect("no test panicked here").as_ref().map(|running| running.writer.clone());
        writer.expect("the service is running")
    }

    /// Makes, once, a server key that may do what a participant and an admin of drafts may, and shows it from then on.
    pub async fn drafts_key(&self) -> String {
        if let Some(key) = self.client.shown_key() {
            return key;
        }
        self.server_key(&[Power::Participate, Power::Submit, Power::ReadDrafts, Power::ChangeDrafts]).await
    }

    /// Makes a server key with these powers, without limits, and shows it with each request from now on.
    pub async fn server_key(&self, powers: &[Power]) -> String {
        let grant = Grant { powers: powers.iter().copied().collect(), surveys: Reach::All, companies: Reach::All };
        let key = self.key(Kind::Server { grant }).await;
        self.client.show_key(&key);
        key
    }

    /// Makes a key, which the service knows at once.
    pub async fn key(&self, kind: Kind) -> String {
        let now = self.clock.now();
        let (secret, _) = write(&mut self.database.conn(), |conn| keys::store::add(conn, "a test's", kind, now))
            .expect("the key is stored");
        let ring = self.running.lock().expect("no test panicked here").as_ref().map(|running| running.ring.clone());
        ring.expect("the service is running").read().await.expect("the keys can be read");
        secret.reveal().to_owned()
    }

    /// How many passwords were hashed, to be kept or compared, since it was started.
    pub fn hashes_made(&self) -> u64 {
        let running = self.running.lock().expect("no test panicked here");
        running.as_ref().expect("the service is running").hasher.made()
    }

    async fn go(&self, settings: &[(&str, &str)]) {
        // A value is read as the environment's would be: what looks like a number is one.
        let figment = settings.iter().fold(figment(self.database.url()), |figment, (key, value)| {
            figment.merge((*key, value.parse::<Value>().expect("reading a value never fails")))
        });
        let settings = Settings::of(&figment).expect("the settings of the test are good");
        let clock = self.clock.for_the_service();
        let built = spawn_blocking(move || formprogress::Service::new(figment, &settings, clock))
            .await
            .expect("building the service does not panic");
        let formprogress::Service { rocket, threads, .. } = built.expect("the service can be built");
        let (tell_port, port) = oneshot::channel();
        let tell_port = Mutex::new(Some(tell_port));
        let rocket = rocket
            .attach(AdHoc::on_liftoff("Port", move |rocket| {
                Box::pin(async move {
                    let tell_port = tell_port.lock().expect("nobody else").take().expect("there is one liftoff");
                    tell_port.send(rocket.config().port).expect("the test waits for it");
                })
            }))
            // A connection that is still being closed when Rocket looks costs a second. The result is the same.
            .attach(AdHoc::on_shutdown("Connections close", |_| Box::pin(sleep(Duration::from_millis(10)))))
            .ignite()
            .await
            .expect("the service ignites");
        let (stop, asked_to_stop) = oneshot::channel();
        let writer = rocket.state::<Writer>().expect("the service has a writer").clone();
        let ring = rocket.state::<Ring>().expect("the service has a key ring").clone();
        let hasher = rocket.state::<Hasher>().expect("the service has a hasher").clone();
        let serving = spawn(serve(rocket, asked_to_stop));
        self.client.point_at(port.await.expect("the service listens"));
        *self.running.lock().expect("no test panicked here") =
            Some(Running { writer, ring, hasher, stop, serving, threads });
    }
}

impl Deref for Service<'_> {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

/// All routes of the service: methods, and patterns of paths.
pub fn routes() -> BTreeSet<(String, String)> {
    let database = TestDatabase::new(Backend::Sqlite).expect("SQLite is always there");
    let figment = figment(database.url());
    let settings = Settings::of(&figment).expect("the settings are good");
    let clock = TestClock::new().for_the_service();
    let built = formprogress::Service::new(figment, &settings, clock);
    let formprogress::Service { rocket, threads, .. } = built.expect("the service can be built");
    let routes = rocket.routes().map(|route| (route.method.to_string(), route.uri.path().to_string())).collect();
    threads.stop();
    routes
}

/// Serves until it is asked to stop.
///
/// Rocket 0.5.2 takes a shutdown that another thread asks for between two polls of its server for an error, and cuts
/// off what is in flight (`http_server`: the outer branch of its `select!`). Asked for in the server's own task it is
/// always seen first.
async fn serve(rocket: Rocket<Ignite>, asked_to_stop: oneshot::Receiver<()>) -> Result<Rocket<Ignite>, rocket::Error> {
    let shutdown = rocket.shutdown();
    let mut launched = pin!(rocket.launch());
    select! {
        biased;
        _ = asked_to_stop => shutdown.notify(),
        ended = &mut launched => return ended,
    }
    launched.await
}

/// The settings of all tests: nothing from files or the environment, so that every machine tests the same.
pub fn figment(database_url: &str) -> Figment {
    let rocket = rocket::Config {
        port: 0,
        workers: 2,
        shutdown: rocket::config::Shutdown {
            ctrlc: false,
            signals: Default::default(),
            grace: 0,
            mercy: 0,
            force: false,
            ..Default::default()
        },
        ..rocket::Config::debug_default()
    };
    Figment::from(rocket).merge(Serialized::defaults(serde_json::json!({
        "database_url": database_url,
        "cors_origins": "*",
        "purge_schedule": "",
        "read_connections": 4,
        "postgres_writers": 2,
        "queue_length": 4096,
        "queue_memory": "32MiB",
        "ended_draft_days": ENDED_DAYS,
        "public_url": "",
        "session_idle_minutes": 120,
        "session_hours": 12,
        "trusted_proxies": "",
        "event_days": 400,
        "audit_days": 400,
        // Most tests send from one address, more than any honest one would.
        "rate_limits": false,
        "limit_draft": "120/60",
        "limit_address": "60000/60",
        "limit_key": "600000/60",
        "limit_lookups": "6000/3600",
        "limit_guest_codes": "3000/3600",
        "metrics_access": "local",
        "log_format": "json",
    })))
}
