//! What the engine tells about itself, and how others wake it: they meet in tables otherwise.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use tokio::sync::Notify;

/// The engine's counters and its alarm clock. Cheap to clone; all clones are the same.
#[derive(Clone, Default)]
pub struct EngineMetrics(Arc<Counters>);

#[derive(Default)]
struct Counters {
    events: AtomicU64,
    entered: AtomicU64,
    steps: AtomicU64,
    messages: AtomicU64,
    failures: AtomicU64,
    behind: AtomicI64,
    lateness_ms: AtomicI64,
    wake: Notify,
    /// Of the dispatcher: messages were written that wait for a channel.
    outbox: Notify,
}

/// The counters at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EngineMetricsSnapshot {
    /// Events looked at since the start.
    pub events: u64,
    pub entered: u64,
    pub steps: u64,
    pub messages: u64,
    /// Rounds that failed.
    pub failures: u64,
    /// Events that wait to be looked at.
    pub behind: i64,
    /// How late the last person was acted on, in milliseconds.
    pub lateness_ms: i64,
}

impl EngineMetrics {
    /// Something was stored that the engine should look at now.
    pub fn wake(&self) {
        self.0.wake.notify_one();
    }

    /// Returns when the engine was woken.
    pub async fn wait_for_wake(&self) {
        self.0.wake.notified().await;
    }

    /// Messages were written that wait for a channel.
    pub fn wake_dispatcher(&self) {
        self.0.outbox.notify_one();
    }

    /// Returns when there are such messages.
    pub async fn wait_for_outbox(&self) {
        self.0.outbox.notified().await;
    }

    pub fn count_events(&self, events: u64) {
        self.0.events.fetch_add(events, Ordering::Relaxed);
    }

    /// What one batch did.
    pub fn count_batch(&self, entered: u64, steps: u64, messages: u64) {
        self.0.entered.fetch_add(entered, Ordering::Relaxed);
        self.0.steps.fetch_add(steps, Ordering::Relaxed);
        self.0.messages.fetch_add(messages, Ordering::Relaxed);
    }

    /// A round failed.
    pub fn count_failure(&self) {
        self.0.failures.fetch_add(1, Ordering::Relaxed);
    }

    pub fn set_behind(&self, events: i64) {
        self.0.behind.store(events, Ordering::Relaxed);
    }

    pub fn set_lateness(&self, milliseconds: i64) {
        self.0.lateness_ms.store(milliseconds, Ordering::Relaxed);
    }

    pub fn read(&self) -> EngineMetricsSnapshot {
        let counters = &self.0;
        EngineMetricsSnapshot {
            events: counters.events.load(Ordering::Relaxed),
            entered: counters.entered.load(Ordering::Relaxed),
            steps: counters.steps.load(Ordering::Relaxed),
            messages: counters.messages.load(Ordering::Relaxed),
            failures: counters.failures.load(Ordering::Relaxed),
            behind: counters.behind.load(Ordering::Relaxed),
            lateness_ms: counters.lateness_ms.load(Ordering::Relaxed),
        }
    }
}
