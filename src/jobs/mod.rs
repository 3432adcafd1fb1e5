//! Scheduled work, started when the service is up and stopped before it goes down.

pub mod purge;

use rocket::{
    Orbit, Rocket,
    fairing::{Fairing, Info, Kind},
    tokio::sync::Mutex,
};
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

pub use purge::Purge;

/// Runs the jobs while the service is up.
pub struct Jobs {
    purge: Purge,
    job: Mutex<Option<Job>>,
    scheduler: Mutex<Option<JobScheduler>>,
}

impl Jobs {
    /// The purge, on a cron schedule (seconds first, in UTC); an empty one is none.
    pub fn new(schedule: &str, purge: Purge) -> Result<Self, JobSchedulerError> {
        let job = match schedule.trim() {
            "" => None,
            schedule => {
                let purge = purge.clone();
                Some(Job::new_async(schedule, move |_, _| {
                    let purge = purge.clone();
                    Box::pin(async move { purge.run_unless_running().await })
                })?)
            }
        };
        Ok(Self { purge, job: Mutex::new(job), scheduler: Mutex::new(None) })
    }

    async fn start(&self) -> Result<(), JobSchedulerError> {
        let Some(job) = self.job.lock().await.take() else { return Ok(()) };
        let scheduler = JobScheduler::new().await?;
        scheduler.add(job).await?;
        scheduler.start().await?;
        *self.scheduler.lock().await = Some(scheduler);
        Ok(())
    }
}

#[rocket::async_trait]
impl Fairing for Jobs {
    fn info(&self) -> Info {
        Info { name: "Jobs", kind: Kind::Liftoff | Kind::Shutdown }
    }

    async fn on_liftoff(&self, _: &Rocket<Orbit>) {
        if let Err(error) = self.start().await {
            tracing::error!(%error, "the scheduler did not start: expired drafts are hidden, but not purged");
        }
    }

    async fn on_shutdown(&self, _: &Rocket<Orbit>) {
        self.purge.stop();
        if let Some(mut scheduler) = self.scheduler.lock().await.take()
            && let Err(error) = scheduler.shutdown().await
        {
            tracing::warn!(%error, "the scheduler did not stop cleanly");
        }
    }
}
