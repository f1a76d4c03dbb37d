//! What the dispatcher tells about itself.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use super::channel_limiter::ChannelLimiterStatus;
use wayfare_domain::{ids::ProjectId, messages::outcome::SendOutcome, profiles::profile::Channel};
use wayfare_runtime::engine_metrics::EngineMetrics;

/// Counters and the state of the channels. Cheap to clone.
#[derive(Clone, Default)]
pub struct DeliveryMetrics(Arc<Inner>);

#[derive(Default)]
struct Inner {
    sent: AtomicU64,
    failed: AtomicU64,
    withheld: AtomicU64,
    again: AtomicU64,
    failures: AtomicU64,
    channels: Mutex<HashMap<(ProjectId, Channel), ChannelLimiterStatus>>,
    engine: EngineMetrics,
}

/// The counters at one moment, since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DeliveryMetricsSnapshot {
    pub sent: u64,
    pub failed: u64,
    pub withheld: u64,
    /// Put back to be tried again.
    pub again: u64,
    /// Rounds of the dispatcher that failed.
    pub failures: u64,
}

impl DeliveryMetrics {
    /// The engine wakes the dispatcher when it has written messages, and is woken by it when some
    /// were settled.
    pub fn new(engine: EngineMetrics) -> Self {
        Self(Arc::new(Inner { engine, ..Inner::default() }))
    }

    /// Messages were written that wait for a channel.
    pub fn wake(&self) {
        self.0.engine.wake_dispatcher();
    }

    /// Messages were settled: the engine has people to move.
    pub fn record_outcome(&self) {
        self.0.engine.wake();
    }

    pub async fn wait_for_outbox(&self) {
        self.0.engine.wait_for_outbox().await;
    }

    pub fn count(&self, outcome: &SendOutcome) {
        let counter = match outcome {
            SendOutcome::Sent { .. } => &self.0.sent,
            SendOutcome::Failed { .. } => &self.0.failed,
            SendOutcome::Withheld { .. } => &self.0.withheld,
            SendOutcome::Retry { .. } => &self.0.again,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub fn failed_round(&self) {
        self.0.failures.fetch_add(1, Ordering::Relaxed);
    }

    pub fn read(&self) -> DeliveryMetricsSnapshot {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let Inner { sent, failed, withheld, again, failures, .. } = &*self.0;
        DeliveryMetricsSnapshot {
            sent: of(sent),
            failed: of(failed),
            withheld: of(withheld),
            again: of(again),
            failures: of(failures),
        }
    }

    pub fn show_channels(&self, channels: HashMap<(ProjectId, Channel), ChannelLimiterStatus>) {
        *self.0.channels.lock().unwrap_or_else(PoisonError::into_inner) = channels;
    }

    /// How the channels of a project do.
    pub fn channels(&self, project: ProjectId) -> Vec<(Channel, ChannelLimiterStatus)> {
        let channels = self.0.channels.lock().unwrap_or_else(PoisonError::into_inner);
        let mut of_project: Vec<_> = channels
            .iter()
            .filter(|((of, _), _)| *of == project)
            .map(|((_, channel), reading)| (*channel, reading.clone()))
            .collect();
        of_project.sort_by_key(|(channel, _)| *channel);
        of_project
    }
}
