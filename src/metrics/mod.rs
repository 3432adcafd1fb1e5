//! Figures for operators, in the form that Prometheus reads: what the service does, how long it takes, what waits.
//!
//! [`Metrics`] is one value, made with the service and handed to whoever has something to count. What is not counted but
//! looked at (queues, the pool, live drafts) is put together when somebody asks: `gauges.rs`. Labels are patterns of
//! routes, methods, codes and numbers of surveys, and never anything of a participant.

pub mod api;
mod gauges;
mod labels;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use prometheus_client::{
    metrics::{
        counter::Counter,
        family::Family,
        gauge::ConstGauge,
        histogram::{Histogram, exponential_buckets},
        info::Info,
    },
    registry::{Registry, Unit},
};

use self::labels::{Answered, Asked, Ended, Refused};
use crate::{clock::Moment, problem::Problem};

/// Upper bounds, in seconds. A save takes some milliseconds; whoever waits for ten seconds has given up.
const SECONDS: [f64; 14] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The beginning of all names but that of the process.
const PREFIX: &str = "formprogress";

/// What the service counts. A clone counts into the same.
#[derive(Clone)]
pub struct Metrics(Arc<Counted>);

struct Counted {
    registry: Registry,
    started_at: Moment,
    requests: Family<Answered, Counter>,
    request_seconds: Family<Asked, Histogram, fn() -> Histogram>,
    refusals: Family<Refused, Counter>,
    write_seconds: Family<Ended, Histogram, fn() -> Histogram>,
    group_size: Histogram,
    group_seconds: Histogram,
    commit_seconds: Histogram,
    purged: Counter,
    failed_purges: Counter,
    last_purge: Mutex<Option<LastPurge>>,
}

/// The last purge of this process that came to its end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LastPurge {
    /// When it ended.
    pub ended_at: Moment,
    /// How many drafts it deleted.
    pub drafts: usize,
    /// How long it took, its rests included.
    pub took: Duration,
}

/// How a write of a draft ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteEnd {
    /// It is on the disk.
    Done,
    /// The rules said no.
    Refused,
    /// It could not be stored.
    Failed,
}

impl Metrics {
    /// All at nothing, for a process that starts now.
    pub fn new(now: Moment) -> Self {
        let mut root = Registry::default();
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        root.register_with_unit(
            "process_start_time",
            "When the process started, since 1970",
            Unit::Seconds,
            ConstGauge::new(now.unix_seconds()),
        );
        let ours = root.sub_registry_with_prefix(PREFIX);
        ours.register("build", "The version that runs", version);
        let counted = Counted {
            requests: counters(ours, "http_requests", "Requests, by method, pattern of the route and status"),
            request_seconds: timed_by(ours, "http_request_duration", "How long requests took until their answer began"),
            refusals: counters(ours, "refusals", "Answers that were problems, by their code"),
            write_seconds: timed_by(
                ours,
                "write_duration",
                "How long writes of drafts took, from when they were accepted to when they were acknowledged",
            ),
            group_size: histogram(ours, "group_size", "Commands in one transaction", exponential_buckets(1.0, 2.0, 9)),
            group_seconds: timed(ours, "group_duration", "How long transactions of groups took, the commit included"),
            commit_seconds: timed(ours, "commit_duration", "How long commits of groups took"),
            purged: counter(ours, "purged_drafts", "Expired drafts that were deleted"),
            failed_purges: counter(ours, "purge_failures", "Purges that ended with an error"),
            last_purge: Mutex::default(),
            started_at: now,
            registry: root,
        };
        // A code that is there from the start, at nothing, lets its first increase be seen.
        for problem in Problem::one_of_each() {
            drop(counted.refusals.get_or_create(&Refused { code: problem.code() }));
        }
        for end in [WriteEnd::Done, WriteEnd::Refused, WriteEnd::Failed] {
            drop(counted.write_seconds.get_or_create(&Ended::of(end)));
        }
        Self(Arc::new(counted))
    }

    /// When the process started.
    pub fn started_at(&self) -> Moment {
        self.0.started_at
    }

    /// A request was answered. `route` is its pattern; none if it has no route.
    pub fn request(&self, method: &'static str, route: Option<&str>, status: u16, took: Duration) {
        let asked = Asked { method, route: route.unwrap_or(labels::UNMATCHED).to_owned() };
        self.0.request_seconds.get_or_create(&asked).observe(took.as_secs_f64());
        self.0.requests.get_or_create(&Answered { asked, status }).inc();
    }

    /// A problem was answered.
    pub fn refusal(&self, code: &'static str) {
        self.0.refusals.get_or_create(&Refused { code }).inc();
    }

    /// A write of a draft that had been accepted was answered.
    pub fn write(&self, end: WriteEnd, took: Duration) {
        self.0.write_seconds.get_or_create(&Ended::of(end)).observe(took.as_secs_f64());
    }

    /// A group of so many commands was committed: how long it took in all, and how long of that its commit.
    pub fn group(&self, commands: usize, took: Duration, commit: Duration) {
        self.0.group_size.observe(commands as f64);
        self.0.group_seconds.observe(took.as_secs_f64());
        self.0.commit_seconds.observe(commit.as_secs_f64());
    }

    /// The purge deleted some drafts.
    pub fn purged(&self, drafts: usize) {
        self.0.purged.inc_by(drafts as u64);
    }

    /// A purge ended, well or with an error.
    pub fn purge_ended(&self, purge: Option<LastPurge>) {
        match purge {
            Some(_) => *self.0.last_purge.lock().unwrap_or_else(PoisonError::into_inner) = purge,
            None => drop(self.0.failed_purges.inc()),
        }
    }

    /// The last purge that came to its end.
    pub fn last_purge(&self) -> Option<LastPurge> {
        *self.0.last_purge.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn counter(registry: &mut Registry, name: &str, help: &str) -> Counter {
    let counter = Counter::default();
    registry.register(name, help, counter.clone());
    counter
}

fn counters<L: labels::Set>(registry: &mut Registry, name: &str, help: &str) -> Family<L, Counter> {
    let family = Family::default();
    registry.register(name, help, family.clone());
    family
}

fn histogram(registry: &mut Registry, name: &str, help: &str, bounds: impl Iterator<Item = f64>) -> Histogram {
    let histogram = Histogram::new(bounds);
    registry.register(name, help, histogram.clone());
    histogram
}

fn timed(registry: &mut Registry, name: &str, help: &str) -> Histogram {
    let histogram = of_seconds();
    registry.register_with_unit(name, help, Unit::Seconds, histogram.clone());
    histogram
}

fn timed_by<L: labels::Set>(
    registry: &mut Registry,
    name: &str,
    help: &str,
) -> Family<L, Histogram, fn() -> Histogram> {
    let family = Family::new_with_constructor(of_seconds as fn() -> Histogram);
    registry.register_with_unit(name, help, Unit::Seconds, family.clone());
    family
}

fn of_seconds() -> Histogram {
    Histogram::new(SECONDS)
}
