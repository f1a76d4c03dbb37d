//! Costly work: whatever takes a processor, the database or memory in the measure of what someone
//! sent or asked for.
//!
//! All of it goes through [`CostlyWork`]: it gets a place first (`places.rs`), runs in a task of
//! its own, ends inside of itself when its time is over or no one waits any more (`stop.rs`), and
//! gives its place back when it has really ended.

mod places;
mod stop;
#[cfg(test)]
mod tests;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::supervisor::{Panicked, task_with_answer, thread_with_answer};
pub use places::{Of, WAIT};
use places::{Permit, Places, WorkQueue};
pub use stop::{Waiting, WorkStop};
use wayfare_domain::{
    access::actor::Actor,
    interrupt::{GivenUp, Interrupt},
};

/// How long costly work may take, where nothing else is set.
pub const LONGEST: Duration = Duration::from_secs(20);
/// Longest time of an export: as long as the client reads.
const EXPORT: Duration = Duration::from_secs(600);
/// How much later anyone who waits is answered, where the work is within a library and does not
/// look at the clock.
const GRACE: Duration = Duration::from_secs(1);

/// What is costly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Job {
    Preview,
    TestMessage,
    Checks,
    Trial,
    Replay,
    Comparison,
    Count,
    Search,
    Explanation,
    Export,
    Import,
    LargeRequest,
}

impl Job {
    const fn lane(self) -> WorkQueue {
        match self {
            Job::Preview | Job::TestMessage | Job::Checks | Job::Trial | Job::Comparison => {
                WorkQueue::Rendering
            }
            Job::Replay | Job::Count | Job::Search | Job::Explanation => WorkQueue::Reading,
            Job::Export => WorkQueue::Export,
            Job::Import => WorkQueue::Import,
            Job::LargeRequest => WorkQueue::LargeRequest,
        }
    }

    /// As the beginning of a sentence.
    const fn title(self) -> &'static str {
        match self {
            Job::Preview => "The preview",
            Job::TestMessage => "Filling in the test message",
            Job::Checks => "Checking the journey",
            Job::Trial => "The simulation",
            Job::Replay => "The replay",
            Job::Comparison => "The comparison",
            Job::Count => "Counting profiles",
            Job::Search => "The profile search",
            Job::Explanation => "Explaining the entry",
            Job::Export => "The export",
            Job::Import => "The import",
            Job::LargeRequest => "The request",
        }
    }

    /// What makes it shorter.
    const fn advice(self) -> &'static str {
        match self {
            Job::Preview | Job::TestMessage => "Make the message simpler.",
            Job::Checks | Job::Trial | Job::Comparison => {
                "Make the journey and its messages simpler."
            }
            Job::Replay => "Choose fewer days.",
            Job::Count | Job::Search => "Request less.",
            Job::Explanation | Job::Export | Job::Import | Job::LargeRequest => "Try again.",
        }
    }
}

/// No place was free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct Crowded {
    pub job: Job,
    pub of: Of,
}

impl Crowded {
    /// Why, and what to do.
    pub fn sentence(&self) -> String {
        let why = match self.of {
            Of::Person(_) => "You have too many requests running",
            Of::Project(_) => "This project has too many requests running",
            Of::Server => "The server is busy",
        };
        format!("{} was not started. {why}. Wait a moment and try again.", self.job.title())
    }
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum WorkError<E> {
    #[error(transparent)]
    Crowded(#[from] Crowded),
    /// It was ended before its end: a sentence.
    #[error("{0}")]
    TookTooLong(String),
    /// It panicked, or the server is ending.
    #[error("the work was interrupted")]
    BrokeOff,
    #[error(transparent)]
    Work(E),
}

/// What costly work did, since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WorkReading {
    /// Being done right now.
    pub running: u64,
    /// Refused, because no place was free.
    pub refused: u64,
    /// Ended because it took too long.
    pub too_long: u64,
    /// Ended because no one waited any more.
    pub nobody_waited: u64,
}

#[derive(Debug, Default)]
struct Counts {
    running: AtomicU64,
    refused: AtomicU64,
    too_long: AtomicU64,
    nobody_waited: AtomicU64,
}

/// Where costly work is done. All clones are the same.
#[derive(Clone)]
pub struct CostlyWork {
    places: Arc<Places>,
    counts: Arc<Counts>,
    longest: Duration,
}

impl Default for CostlyWork {
    fn default() -> Self {
        Self::within(LONGEST)
    }
}

/// Work that is under way: a place, and what stops it. Dropped, the work has ended or no one waits
/// for it.
pub struct Running {
    pub stop: WorkStop,
    place: Placed,
    _waiting: Waiting,
}

/// A place that is counted.
struct Placed {
    counts: Arc<Counts>,
    _permit: Permit,
}

impl Drop for Placed {
    fn drop(&mut self) {
        self.counts.running.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Placed {
    /// Writes down why the work ended before its end, if it did.
    fn note(&self, stop: &WorkStop) {
        let count = match stop.go_on() {
            Ok(()) => return,
            Err(GivenUp::TooLong) => &self.counts.too_long,
            Err(GivenUp::NobodyWaits) => &self.counts.nobody_waited,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

impl CostlyWork {
    /// No work takes longer than `longest`; exports and imports have times of their own.
    pub fn within(longest: Duration) -> Self {
        Self { places: Arc::default(), counts: Arc::default(), longest }
    }

    pub fn read(&self) -> WorkReading {
        let count = |of: &AtomicU64| of.load(Ordering::Relaxed);
        let Counts { running, refused, too_long, nobody_waited } = &*self.counts;
        WorkReading {
            running: count(running),
            refused: count(refused),
            too_long: count(too_long),
            nobody_waited: count(nobody_waited),
        }
    }

    fn longest(&self, job: Job) -> Option<Duration> {
        match job {
            Job::Import => None,
            Job::Export => Some(EXPORT),
            _ => Some(self.longest),
        }
    }

    /// A place for work that the caller does itself, as long as it holds what is answered.
    ///
    /// # Errors
    /// Where no place is free.
    pub async fn begin(&self, actor: &Actor, job: Job) -> Result<Running, Crowded> {
        let place = self.place(actor, job).await?;
        let stop = WorkStop::after(self.longest(job));
        let waiting = Waiting::on(&stop);
        Ok(Running { stop, place, _waiting: waiting })
    }

    async fn place(&self, actor: &Actor, job: Job) -> Result<Placed, Crowded> {
        let permit =
            self.places.take(job.lane(), actor.user, actor.project).await.map_err(|of| {
                self.counts.refused.fetch_add(1, Ordering::Relaxed);
                tracing::info!(?job, user = %actor.user, project = %actor.project, "work.refused");
                Crowded { job, of }
            })?;
        self.counts.running.fetch_add(1, Ordering::Relaxed);
        Ok(Placed { counts: Arc::clone(&self.counts), _permit: permit })
    }

    /// Does `work` in a task of its own, which keeps its place until it has really ended, whether
    /// anybody waits or not.
    ///
    /// # Errors
    /// Where no place is free, it takes too long, or it fails by itself.
    pub async fn run<T, E, F>(
        &self,
        actor: &Actor,
        job: Job,
        work: impl FnOnce(WorkStop) -> F,
    ) -> Result<T, WorkError<E>>
    where
        T: Send + 'static,
        E: Send + 'static,
        F: Future<Output = Result<T, E>> + Send + 'static,
    {
        let place = self.place(actor, job).await?;
        let longest = self.longest(job);
        let stop = WorkStop::after(longest);
        let _waiting = Waiting::on(&stop);
        let work = work(stop.clone());
        let of_task = stop.clone();
        let task = task_with_answer("work", async move {
            let result = of_task.clone().within(work).await;
            if result.is_err() {
                place.note(&of_task);
            }
            drop(place);
            result
        });
        let took_too_long = || WorkError::TookTooLong(self.took_too_long(job));
        match tokio::time::timeout(longest.unwrap_or(EXPORT) + GRACE, task).await {
            Err(_) => Err(took_too_long()),
            Ok(Err(_)) => Err(WorkError::BrokeOff),
            // Whatever it failed with, it failed because it was stopped.
            Ok(Ok(Err(_))) if stop.go_on().is_err() => Err(took_too_long()),
            Ok(Ok(result)) => result.map_err(WorkError::Work),
        }
    }

    /// The sentence for work that was stopped by its deadline.
    pub fn took_too_long(&self, job: Job) -> String {
        let seconds = self.longest(job).unwrap_or(EXPORT).as_secs();
        format!(
            "{} took longer than {seconds} seconds and was stopped. {}",
            job.title(),
            job.advice()
        )
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.place.note(&self.stop);
    }
}

/// Does what takes a processor on a thread of its own, not on those that answer everybody.
///
/// # Errors
/// Where it panicked; what it answers stands within.
pub async fn aside<T: Send + 'static>(
    stop: WorkStop,
    work: impl FnOnce(&dyn Interrupt) -> T + Send + 'static,
) -> Result<T, Panicked> {
    thread_with_answer("work", move || work(&stop)).await
}
