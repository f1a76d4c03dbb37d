//! One channel of one project: the provider at its end, and how much may be handed to it right now.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tokio::sync::Semaphore;

use crate::{
    domain::{
        delivery::{
            breaker::{Breaker, Trust},
            rate::Rate,
        },
        people::profile::Channel,
        time::{MINUTE_MS, Timestamp},
    },
    server::channels::{Fault, Handed, Transport},
};

/// What stands between the outbox and a provider.
pub struct Lane {
    pub revision: i64,
    /// Why nothing can be handed over: the settings make no sense, or the secret was sealed with another key.
    pub transport: Result<Arc<dyn Transport>, String>,
    pub permits: Arc<Semaphore>,
    rate: Option<Rate>,
    breaker: Breaker,
    /// How often the breaker opened: what was taken before it did and is not on its way yet goes back.
    opened: Arc<AtomicU64>,
    /// Most messages that are in hand.
    room: i64,
    in_hand: i64,
    /// What the provider failed with last.
    last_failure: Option<String>,
}

/// Good for handing one message over, until the breaker opens.
pub struct Pass {
    opened: Arc<AtomicU64>,
    when_taken: u64,
}

impl Pass {
    pub fn is_good(&self) -> bool {
        self.opened.load(Ordering::Relaxed) == self.when_taken
    }
}

/// How a lane does, for people and for whoever watches the server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LaneReading {
    pub in_hand: i64,
    /// The circuit breaker keeps messages back.
    pub open: bool,
    pub trouble: Option<String>,
}

impl Lane {
    pub fn new(
        channel: Channel,
        revision: i64,
        per_second: Option<u32>,
        transport: Result<Arc<dyn Transport>, String>,
        now: Timestamp,
    ) -> Self {
        Self {
            revision,
            transport,
            permits: Arc::new(Semaphore::new(together(channel))),
            room: room(channel),
            rate: per_second.map(|rate| Rate::new(rate, now)),
            breaker: Breaker::default(),
            opened: Arc::default(),
            in_hand: 0,
            last_failure: None,
        }
    }

    /// New settings; what is in hand stays in hand.
    pub fn renew(&mut self, other: Lane) {
        *self = Lane { in_hand: self.in_hand, ..other };
    }

    /// How many messages may be taken now.
    pub fn free(&mut self, now: Timestamp) -> i64 {
        if self.transport.is_err() {
            return 0;
        }
        let trusted = match self.breaker.trust(now) {
            Trust::Everything => self.room,
            Trust::One => 1,
            Trust::NothingUntil(_) => 0,
        };
        let rated = self.rate.as_mut().map_or(self.room, |rate| rate.available(now));
        (trusted - self.in_hand).min(rated).max(0)
    }

    /// When more may be taken, where that is a question of time. Otherwise something has to come back first.
    pub fn free_at(&self, now: Timestamp) -> Option<Timestamp> {
        if self.transport.is_err() {
            return Some(now.plus(MINUTE_MS));
        }
        if let Trust::NothingUntil(until) = self.breaker.trust(now) {
            return Some(until);
        }
        self.rate.as_ref().map(Rate::next).filter(|next| *next > now)
    }

    /// To be held by what is taken now.
    pub fn pass(&self) -> Pass {
        Pass { opened: Arc::clone(&self.opened), when_taken: self.opened.load(Ordering::Relaxed) }
    }

    pub fn took(&mut self, count: i64) {
        self.in_hand += count;
        if let Some(rate) = &mut self.rate {
            rate.spend(count);
        }
    }

    /// So many came back, handed over or not.
    pub fn returned(&mut self, count: i64) {
        self.in_hand = (self.in_hand - count).max(0);
    }

    /// What the provider said. Answers whether it has just become, or stays, something to wait for.
    pub fn heard(&mut self, handed: &Handed, now: Timestamp) -> bool {
        match handed {
            Handed::NotNow { reason, fault: Fault::Channel, .. } | Handed::Never { reason, fault: Fault::Channel } => {
                self.last_failure = Some(reason.clone());
                let opens = self.breaker.fails(now);
                if opens {
                    self.opened.fetch_add(1, Ordering::Relaxed);
                }
                opens
            }
            _ => {
                self.last_failure = None;
                self.breaker.works();
                false
            }
        }
    }

    /// A provider that asks for patience gets it from all messages: it takes so much a second, whoever they are for.
    pub fn reading(&self) -> LaneReading {
        let trouble = self.transport.as_ref().err().or(self.last_failure.as_ref().filter(|_| self.breaker.is_open()));
        LaneReading { in_hand: self.in_hand, open: self.breaker.is_open(), trouble: trouble.cloned() }
    }
}

/// Messages that are in hand: enough for the senders never to wait for the outbox, and no more, because all of them are in
/// doubt after a crash.
fn room(channel: Channel) -> i64 {
    match channel {
        Channel::Email => 1_024,
        // Requests take less than a millisecond each; a transaction takes several.
        _ => 1_536,
    }
}

/// Messages that are handed over at the same time.
fn together(channel: Channel) -> usize {
    match channel {
        Channel::Email => 16,
        _ => 64,
    }
}
