//! Whether a piece of work may go on: until its time is over, and as long as someone waits for it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use wayfare_domain::interrupt::{GivenUp, Interrupt};

tokio::task_local! {
    /// The work that the present task is about.
    static CURRENT: WorkStop;
}

/// Of one piece of work. All clones are the same.
#[derive(Debug, Clone)]
pub struct WorkStop(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    until: Option<Instant>,
    nobody_waits: AtomicBool,
}

impl WorkStop {
    /// For work that may take so long; without a length it may take any time.
    pub fn after(length: Option<Duration>) -> Self {
        let until = length.map(|length| Instant::now() + length);
        Self(Arc::new(Inner { until, nobody_waits: AtomicBool::new(false) }))
    }

    /// Of the work that the present task belongs to. Statements that read much ask here, so that
    /// the store's methods need no further argument on their way from the use case to the
    /// connection.
    pub fn current() -> Option<Self> {
        CURRENT.try_with(Clone::clone).ok()
    }

    /// Runs `work` as what [`WorkStop::current`] is about.
    pub async fn within<T>(self, work: impl Future<Output = T>) -> T {
        CURRENT.scope(self, work).await
    }
}

impl Interrupt for WorkStop {
    fn go_on(&self) -> Result<(), GivenUp> {
        if self.0.until.is_some_and(|until| Instant::now() >= until) {
            return Err(GivenUp::TooLong);
        }
        if self.0.nobody_waits.load(Ordering::Relaxed) {
            return Err(GivenUp::NobodyWaits);
        }
        Ok(())
    }
}

/// Held by anyone who waits for the work. A client that hangs up drops its request, the request
/// drops this, and the work ends.
pub struct Waiting(WorkStop);

impl Waiting {
    pub fn on(stop: &WorkStop) -> Self {
        Self(stop.clone())
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.0.nobody_waits.store(true, Ordering::Relaxed);
    }
}
