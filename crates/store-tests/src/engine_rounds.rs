//! Rounds of the engine on a clock that is held.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use wayfare_domain::time::Timestamp;
use wayfare_engine::Engine;
use wayfare_runtime::{clock::Clock, engine_metrics::EngineMetrics, time_zones::TzdbZones};
use wayfare_store::Stores;

/// Rounds after which the engine should have come to rest.
const ROUNDS_MAX: usize = 200;

/// A clock that goes when it is told to.
#[derive(Clone)]
pub struct HeldClock(Arc<AtomicI64>);

impl HeldClock {
    pub fn at(now: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(now.0)))
    }

    pub fn set(&self, now: Timestamp) {
        self.0.store(now.0, Ordering::SeqCst);
    }
}

impl Clock for HeldClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

pub fn engine_of(stores: &Stores, clock: &HeldClock) -> Engine {
    let (zones, metrics) = (Arc::new(TzdbZones), EngineMetrics::default());
    Engine::new(stores, Arc::new(clock.clone()), zones, metrics)
}

/// Everything that is due at that time, by an engine that remembers nothing from before.
pub async fn run_until_rest(stores: &Stores, now: Timestamp) {
    let mut engine = engine_of(stores, &HeldClock::at(now));
    for _ in 0..ROUNDS_MAX {
        if !engine.tick().await.expect("a round") {
            return;
        }
    }
    panic!("the engine never comes to rest");
}
