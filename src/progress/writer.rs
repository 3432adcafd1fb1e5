//! The only way to change a draft: a bounded queue, and behind it threads that commit what waits in groups.
//!
//! A save must be on the disk before it is acknowledged, and a disk takes only a few hundred forced writes a second.
//! So a writer takes all commands that wait, and gives them one transaction. A lone command is not made to wait for
//! others. SQLite has one writer; PostgreSQL a few, and the commands of one draft always go to the same one.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread::{Builder, JoinHandle},
    time::Instant,
};

use diesel::result::Error;
use rocket::tokio::sync::{
    OwnedSemaphorePermit, Semaphore,
    mpsc::{self, error::TrySendError},
    oneshot,
};

use super::{
    DraftId,
    group::{self, Command, Job, Needs},
    rules::Refusal,
    world::{Answered, World},
    writes::{Target, Write},
};
use crate::{
    clock::{Clock, Moment},
    db::{Cause, Conn, Database, cause, write},
    metrics::{Metrics, WriteEnd},
};

/// The most commands in one transaction: past that a group only makes those who wait wait longer.
const LARGEST_GROUP: usize = 256;

/// Why a command was not carried out. It changed nothing.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Failure {
    /// The rules say no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Too much waits already.
    #[error("the queue of writes is full")]
    QueueFull,
    /// The database is away, locked or full, or the service is stopping.
    #[error("the database is not available")]
    Unavailable,
    /// The database refused this very command, or deciding it panicked: a bug of ours.
    #[error("the command could not be carried out")]
    Fault,
}

/// How much may wait.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Writer threads, each with a connection and a queue of its own. More than one needs PostgreSQL.
    pub writers: usize,
    /// Commands that may wait for each writer.
    pub queue_length: usize,
    /// Bytes of content that may wait, for all writers.
    pub queue_bytes: usize,
    /// Days for which ended drafts are remembered.
    pub ended_days: u32,
}

enum Work {
    // The permit is held until the job is answered.
    Job(Box<dyn Job>, OwnedSemaphorePermit),
    Chore(Chore),
    Stop,
}

/// Runs a piece of housekeeping in a transaction of its own.
type Chore = Box<dyn FnOnce(&mut Conn) + Send>;

/// Takes commands, and answers when they are on the disk.
#[derive(Clone)]
pub struct Writer {
    queues: Arc<[mpsc::Sender<Work>]>,
    kibibytes: Arc<Semaphore>,
    kibibytes_limit: usize,
    metrics: Metrics,
}

/// How much waits.
#[derive(Debug, Clone, Copy)]
pub struct QueueState {
    /// Commands that wait for a writer.
    pub commands: u64,
    /// Commands that may wait, for all writers.
    pub commands_limit: u64,
    /// Bytes of content that wait or are being written, to a KiB for each write.
    pub bytes: u64,
    /// Bytes of content that may wait.
    pub bytes_limit: u64,
}

/// The running writer threads.
pub struct Threads {
    queues: Arc<[mpsc::Sender<Work>]>,
    handles: Vec<JoinHandle<()>>,
}

impl Writer {
    /// Starts the writer threads.
    pub fn start(
        database: &Database,
        clock: &Clock,
        metrics: &Metrics,
        limits: Limits,
    ) -> std::io::Result<(Self, Threads)> {
        let mut queues = Vec::new();
        let mut handles = Vec::new();
        for number in 0..limits.writers {
            let (sender, queue) = mpsc::channel(limits.queue_length);
            let thread = Thread {
                database: database.clone(),
                clock: clock.clone(),
                metrics: metrics.clone(),
                ended_days: limits.ended_days,
                conn: None,
            };
            handles.push(Builder::new().name(format!("writer {number}")).spawn(move || thread.run(queue))?);
            queues.push(sender);
        }
        let queues: Arc<[_]> = queues.into();
        let kibibytes_limit = limits.queue_bytes / 1024;
        let kibibytes = Arc::new(Semaphore::new(kibibytes_limit));
        let writer = Self { queues: queues.clone(), kibibytes, kibibytes_limit, metrics: metrics.clone() };
        Ok((writer, Threads { queues, handles }))
    }

    /// Carries out a write. `bytes` is about how much memory it holds on to while it waits.
    ///
    /// The writes that name a draft alike go to the same writer, which saves the writers waiting for each other's locks.
    pub async fn run(&self, bytes: usize, write: Write) -> Result<Answered, Failure> {
        let mut hasher = DefaultHasher::new();
        match &write.target {
            Target::Pair(pair) => pair.hash(&mut hasher),
            Target::Draft(id) => id.hash(&mut hasher),
        }
        let accepted = Instant::now();
        let outcome = self.send(hasher.finish() as usize % self.queues.len(), bytes, write).await;
        let end = match &outcome {
            Ok(_) => WriteEnd::Done,
            Err(Failure::Refused(_)) => WriteEnd::Refused,
            // It never was accepted.
            Err(Failure::QueueFull) => return outcome,
            Err(Failure::Unavailable | Failure::Fault) => WriteEnd::Failed,
        };
        self.metrics.write(end, accepted.elapsed());
        outcome
    }

    /// What counts the service's doings.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// How much waits now.
    pub fn queue_state(&self) -> QueueState {
        let sum = |of: fn(&mpsc::Sender<Work>) -> usize| self.queues.iter().map(of).sum::<usize>() as u64;
        QueueState {
            commands: sum(|queue| queue.max_capacity() - queue.capacity()),
            commands_limit: sum(mpsc::Sender::max_capacity),
            bytes: self.kibibytes_limit.saturating_sub(self.kibibytes.available_permits()) as u64 * 1024,
            bytes_limit: self.kibibytes_limit as u64 * 1024,
        }
    }

    /// Carries out a command that concerns no draft.
    pub async fn run_any<C: Command>(&self, command: C) -> Result<C::Outcome, Failure> {
        self.send(0, 0, command).await
    }

    async fn send<C: Command>(&self, queue: usize, bytes: usize, command: C) -> Result<C::Outcome, Failure> {
        let kibibytes = u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX);
        let permit = self.kibibytes.clone().try_acquire_many_owned(kibibytes).map_err(|_| Failure::QueueFull)?;
        let (reply, answer) = oneshot::channel();
        let job = Waiting { command, outcome: None, reply };
        self.queues[queue].try_send(Work::Job(Box::new(job), permit)).map_err(|error| match error {
            TrySendError::Full(_) => Failure::QueueFull,
            TrySendError::Closed(_) => Failure::Unavailable,
        })?;
        answer.await.unwrap_or(Err(Failure::Unavailable))
    }

    /// Makes a change that concerns no draft, between two groups, in a write transaction of its own.
    pub async fn change<T: Send + 'static>(
        &self,
        body: impl FnOnce(&mut Conn) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Failure> {
        self.tidy(body).await.map_err(|error| {
            tracing::error!(%error, "a change was not stored");
            if cause(&error) == Cause::Refused { Failure::Fault } else { Failure::Unavailable }
        })
    }

    /// Runs housekeeping between two groups, in a write transaction of its own. It waits for a place in the queue.
    pub async fn tidy<T: Send + 'static>(
        &self,
        body: impl FnOnce(&mut Conn) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (reply, answer) = oneshot::channel();
        let chore: Chore = Box::new(move |conn| drop(reply.send(write(conn, body))));
        let sent = self.queues[0].send(Work::Chore(chore)).await;
        match (sent, answer.await) {
            (Ok(()), Ok(outcome)) => outcome,
            _ => Err(Error::BrokenTransactionManager),
        }
    }
}

/// Carries out a write on a connection of one's own: for a command, beside a service that may be running.
pub fn run_here(
    conn: &mut Conn,
    write: Write,
    clock: &Clock,
    ended_days: u32,
) -> Result<Result<Answered, Failure>, Error> {
    let (reply, mut answer) = oneshot::channel();
    let mut jobs: [Box<dyn Job>; 1] = [Box::new(Waiting { command: write, outcome: None, reply })];
    group::run(conn, &mut jobs, clock, ended_days, &mut None)?;
    jobs.into_iter().for_each(|job| job.answer(Ok(())));
    Ok(answer.try_recv().unwrap_or(Err(Failure::Fault)))
}

impl Threads {
    /// Lets the writers finish what waits, and waits for them.
    pub fn stop(self) {
        for queue in self.queues.iter() {
            // A queue that is closed has no thread any more: nothing to stop.
            drop(queue.blocking_send(Work::Stop));
        }
        for handle in self.handles {
            if handle.join().is_err() {
                tracing::error!("a writer thread had panicked");
            }
        }
    }
}

/// A command that waits, and whoever waits for it.
struct Waiting<C: Command> {
    command: C,
    outcome: Option<Result<C::Outcome, Refusal>>,
    reply: oneshot::Sender<Result<C::Outcome, Failure>>,
}

impl<C: Command> Job for Waiting<C> {
    fn needs(&self, needs: &mut Needs) {
        self.command.needs(needs);
    }

    fn content_needed(&self, world: &World, now: Moment) -> Option<DraftId> {
        self.command.content_needed(world, now)
    }

    fn is_repeatable(&self) -> bool {
        self.command.is_repeatable()
    }

    fn decide(&mut self, world: &mut World, now: Moment) {
        self.outcome = Some(self.command.decide(world, now));
    }

    fn answer(self: Box<Self>, settled: Result<(), Failure>) {
        let outcome = match (settled, self.outcome) {
            (Ok(()), Some(outcome)) => outcome.map_err(Failure::Refused),
            (Ok(()), None) => Err(Failure::Fault),
            (Err(failure), _) => Err(failure),
        };
        // Whoever asked may have hung up.
        drop(self.reply.send(outcome));
    }
}

/// What went wrong with a transaction.
enum Trouble {
    /// The database says why.
    Database(Error),
    /// The connection was lost in the commit: nobody knows whether the group is stored.
    Unknown(Error),
    /// A bug of ours.
    Panic,
}

struct Thread {
    database: Database,
    clock: Clock,
    metrics: Metrics,
    ended_days: u32,
    conn: Option<Conn>,
}

impl Thread {
    fn run(mut self, mut queue: mpsc::Receiver<Work>) {
        let mut waiting = Vec::with_capacity(LARGEST_GROUP);
        while queue.blocking_recv_many(&mut waiting, LARGEST_GROUP) > 0 {
            let (mut jobs, mut chores, mut permits, mut stop) = (Vec::new(), Vec::new(), Vec::new(), false);
            for work in waiting.drain(..) {
                match work {
                    Work::Job(job, permit) => {
                        jobs.push(job);
                        permits.push(permit);
                    }
                    Work::Chore(chore) => chores.push(chore),
                    Work::Stop => stop = true,
                }
            }
            self.settle(jobs);
            drop(permits);
            chores.into_iter().for_each(|chore| self.tidy(chore));
            if stop {
                return;
            }
        }
    }

    /// Carries out a group and answers each of its jobs.
    fn settle(&mut self, mut jobs: Vec<Box<dyn Job>>) {
        if jobs.is_empty() {
            return;
        }
        let settled = match self.attempt(&mut jobs) {
            // A connection that died while nobody used it: the group is worth a second try on a new one.
            Err(Trouble::Database(error)) if self.conn.is_none() => {
                tracing::warn!(%error, "the writer connects again");
                self.attempt(&mut jobs)
            }
            Err(Trouble::Unknown(error)) => {
                tracing::warn!(%error, "the connection was lost in a commit: what may be done twice is done again");
                let (repeatable, other): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|job| job.is_repeatable());
                other.into_iter().for_each(|job| job.answer(Err(Failure::Unavailable)));
                jobs = repeatable;
                self.attempt(&mut jobs)
            }
            settled => settled,
        };
        let trouble = match settled {
            Ok(()) => return jobs.into_iter().for_each(|job| job.answer(Ok(()))),
            // One command failed for its own reasons: that must not fail its neighbours.
            Err(trouble) if trouble.is_of_one_command() && jobs.len() > 1 => {
                tracing::warn!(commands = jobs.len(), %trouble, "a group failed: its commands are run one by one");
                return jobs.into_iter().for_each(|job| self.settle(vec![job]));
            }
            Err(trouble) => trouble,
        };
        tracing::error!(commands = jobs.len(), %trouble, "not saved");
        jobs.into_iter().for_each(|job| job.answer(Err(trouble.failure())));
    }

    fn attempt(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<(), Trouble> {
        if jobs.is_empty() {
            return Ok(());
        }
        let mut conn = self.connected()?;
        let (begun, mut committing) = (Instant::now(), None);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            group::run(&mut conn, jobs, &self.clock, self.ended_days, &mut committing)
        }));
        match outcome {
            Ok(Ok(())) => {
                let commit = committing.map(|since: Instant| since.elapsed()).unwrap_or_default();
                self.metrics.group(jobs.len(), begun.elapsed(), commit);
                self.conn = Some(conn);
                Ok(())
            }
            Ok(Err(error)) => {
                self.conn = conn.answers().then_some(conn);
                match committing.is_some() && self.conn.is_none() {
                    true => Err(Trouble::Unknown(error)),
                    false => Err(Trouble::Database(error)),
                }
            }
            // The transaction is still open: this connection is not used again.
            Err(_) => Err(Trouble::Panic),
        }
    }

    fn tidy(&mut self, chore: Chore) {
        // A chore that is dropped tells its owner so.
        let Ok(mut conn) = self.connected() else { return };
        if catch_unwind(AssertUnwindSafe(|| chore(&mut conn))).is_ok() && conn.answers() {
            self.conn = Some(conn);
        }
    }

    fn connected(&mut self) -> Result<Conn, Trouble> {
        match self.conn.take() {
            Some(conn) => Ok(conn),
            None => self.database.connect().map_err(|error| {
                tracing::error!(%error, "the writer cannot connect");
                Trouble::Database(Error::BrokenTransactionManager)
            }),
        }
    }
}

impl Trouble {
    /// Whether the other commands of the group may well succeed without the one that caused it.
    fn is_of_one_command(&self) -> bool {
        match self {
            Self::Database(error) => cause(error) != Cause::Away,
            Self::Unknown(_) => false,
            Self::Panic => true,
        }
    }

    fn failure(&self) -> Failure {
        match self {
            Self::Unknown(_) => Failure::Unavailable,
            Self::Database(error) if cause(error) != Cause::Refused => Failure::Unavailable,
            Self::Database(_) | Self::Panic => Failure::Fault,
        }
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Database(error) | Self::Unknown(error) => error.fmt(f),
            Self::Panic => f.write_str("a panic"),
        }
    }
}
