//! Scheduled work, started when the service is up and stopped before it goes down.

mod chunks;
pub mod purge;
pub mod retention;
pub mod rollup;

use std::time::Duration;

use rocket::{
    Orbit, Rocket,
    fairing::{Fairing, Info, Kind},
    tokio::sync::Mutex,
};
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

pub use self::{
    purge::Purge,
    retention::{Keeping, Retention},
    rollup::Rollup,
};

/// How often new events are added up.
const FOLDING: Duration = Duration::from_secs(60);

/// Runs the jobs while the service is up.
pub struct Jobs {
    purge: Purge,
    rollup: Rollup,
    retention: Retention,
    jobs: Mutex<Vec<Job>>,
    scheduler: Mutex<Option<JobScheduler>>,
}

impl Jobs {
    /// The purge, on a cron schedule (seconds first, in UTC), and with it the forgetting of what is old; each minute the
    /// adding up of events. With an empty schedule there are no jobs: the command `purge` does all of it.
    pub fn new(schedule: &str, purge: Purge, rollup: Rollup, retention: Retention) -> Result<Self, JobSchedulerError> {
        let jobs = match schedule.trim() {
            "" => Vec::new(),
            schedule => vec![purging(schedule, &purge, &rollup, &retention)?, folding(&rollup)?],
        };
        Ok(Self { purge, rollup, retention, jobs: Mutex::new(jobs), scheduler: Mutex::new(None) })
    }

    async fn start(&self) -> Result<(), JobSchedulerError> {
        let jobs = std::mem::take(&mut *self.jobs.lock().await);
        if jobs.is_empty() {
            return Ok(());
        }
        let scheduler = JobScheduler::new().await?;
        for job in jobs {
            scheduler.add(job).await?;
        }
        scheduler.start().await?;
        *self.scheduler.lock().await = Some(scheduler);
        Ok(())
    }
}

fn purging(schedule: &str, purge: &Purge, rollup: &Rollup, retention: &Retention) -> Result<Job, JobSchedulerError> {
    let (purge, rollup, retention) = (purge.clone(), rollup.clone(), retention.clone());
    Job::new_async(schedule, move |_, _| {
        let (purge, rollup, retention) = (purge.clone(), rollup.clone(), retention.clone());
        Box::pin(async move {
            purge.run_unless_running().await;
            // What was purged is added up at once: only then may the oldest events go.
            rollup.fold_unless_running().await;
            retention.run().await;
        })
    })
}

fn folding(rollup: &Rollup) -> Result<Job, JobSchedulerError> {
    let rollup = rollup.clone();
    Job::new_repeated_async(FOLDING, move |_, _| {
        let rollup = rollup.clone();
        Box::pin(async move { rollup.fold_unless_running().await })
    })
}

#[rocket::async_trait]
impl Fairing for Jobs {
    fn info(&self) -> Info {
        Info { name: "Jobs", kind: Kind::Liftoff | Kind::Shutdown }
    }

    async fn on_liftoff(&self, _: &Rocket<Orbit>) {
        if let Err(error) = self.start().await {
            tracing::error!(%error, "the scheduler did not start: expired drafts are hidden, but not purged, and events are not added up");
        }
    }

    async fn on_shutdown(&self, _: &Rocket<Orbit>) {
        self.purge.stop();
        self.rollup.stop();
        self.retention.stop();
        if let Some(mut scheduler) = self.scheduler.lock().await.take()
            && let Err(error) = scheduler.shutdown().await
        {
            tracing::warn!(%error, "the scheduler did not stop cleanly");
        }
    }
}
