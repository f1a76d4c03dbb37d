//! One channel of one project: the provider at its end, and how much may be handed to it right now.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
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
    /// Messages that are handed over at the same time.
    together: i64,
    /// Most messages that are in hand, however fast the provider is.
    room: i64,
    pace: Pace,
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
            together: i64::try_from(together(channel)).unwrap_or(i64::MAX),
            room: room(channel),
            pace: Pace::new(),
            rate: per_second.map(|rate| Rate::new(rate, now)),
            breaker: Breaker::default(),
            opened: Arc::default(),
            in_hand: 0,
            last_failure: None,
        }
    }

    /// New settings; what is in hand stays in hand, and where it has not begun it goes back.
    pub fn renew(&mut self, other: Lane) {
        self.close();
        *self = Lane { in_hand: self.in_hand, ..other };
    }

    /// What has not begun goes back.
    pub fn close(&self) {
        self.opened.fetch_add(1, Ordering::Relaxed);
    }

    /// How many messages may be taken now. None where it is not worth a transaction, because many are still on their way.
    pub fn free(&mut self, now: Timestamp) -> i64 {
        if self.transport.is_err() {
            return 0;
        }
        let window = (self.together + self.pace.ahead(Instant::now())).min(self.room);
        let trusted = match self.breaker.trust(now) {
            Trust::Everything => window,
            Trust::One => 1,
            Trust::NothingUntil(_) => 0,
        };
        let rated = self.rate.as_mut().map_or(window, |rate| rate.available(now));
        let free = (trusted - self.in_hand).min(rated).max(0);
        let worth = (window / WORTH_PART).clamp(1, WORTH_MAX);
        if free < worth && self.in_hand > worth { 0 } else { free }
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
        self.pace.returned(count);
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

/// How fast messages come back, measured where they do.
///
/// All that is in hand is marked as begun before it begins, and is in doubt after a crash: so it is what is handed over at the
/// same time, and what the provider will take until the courier comes round again, and no more.
struct Pace {
    since: Instant,
    returned: i64,
    per_ms: f64,
}

impl Pace {
    fn new() -> Self {
        Self { since: Instant::now(), returned: 0, per_ms: 0.0 }
    }

    fn returned(&mut self, count: i64) {
        self.returned += count;
    }

    /// Messages that will come back until the courier has come round.
    fn ahead(&mut self, now: Instant) -> i64 {
        let passed = now.saturating_duration_since(self.since);
        if passed.as_millis() > 0 {
            let ms = passed.as_secs_f64() * 1000.0;
            let measured = self.returned as f64 / ms;
            // Up at once, down slowly: one slow answer does not leave senders without work.
            let weight = if measured > self.per_ms { 0.5 } else { 1.0 - (-ms / SLOWER_WITHIN_MS).exp() };
            self.per_ms += (measured - self.per_ms) * weight;
            (self.since, self.returned) = (now, 0);
        }
        (self.per_ms * AHEAD_MS).ceil() as i64
    }
}

/// How far ahead of the provider messages are taken. The courier comes round in twenty and writes in a few.
const AHEAD_MS: f64 = 40.0;
const SLOWER_WITHIN_MS: f64 = 100.0;
/// Messages are not worth a transaction one by one: while others are on their way, a lane waits until it has room for such a
/// part of what it has in hand.
const WORTH_PART: i64 = 16;
const WORTH_MAX: i64 = 32;

/// Most messages that are in hand, for providers that are fast.
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Messages ahead of a provider from which so many come back in twenty milliseconds, after a while.
    fn ahead_of(came_back: i64) -> i64 {
        let mut pace = Pace::new();
        let mut now = pace.since;
        let mut ahead = 0;
        for _ in 0..20 {
            now += Duration::from_millis(20);
            pace.returned(came_back);
            ahead = pace.ahead(now);
        }
        ahead
    }

    #[test]
    fn what_is_in_hand_follows_what_the_provider_takes() {
        assert_eq!(ahead_of(0), 0, "one that does not answer has what is handed over at the same time, and no more");
        let slow = ahead_of(4);
        assert!((7..=8).contains(&slow), "{slow} ahead of one that takes 200 a second");
        let fast = ahead_of(400);
        assert!((790..=800).contains(&fast), "{fast} ahead of one that takes 20,000 a second");
    }

    #[test]
    fn new_settings_send_back_what_has_not_begun() {
        let lane = || Lane::new(Channel::Sms, 1, None, Err(String::new()), Timestamp(0));
        let mut first = lane();
        let pass = first.pass();
        assert!(pass.is_good());
        first.renew(lane());
        assert!(!pass.is_good());
    }
}
