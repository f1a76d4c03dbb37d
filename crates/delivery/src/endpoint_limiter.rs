//! One who receives by a channel: its provider, or a webhook's machine and port; and how much may
//! be handed to it right now.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use tokio::sync::Semaphore;

use crate::channels::{FailureScope, SendResult};
use wayfare_domain::{
    messages::circuit_breaker::{BreakerState, CircuitBreaker},
    profiles::profile::Channel,
    time::Timestamp,
};

/// Places of a webhook's endpoint that has not answered yet: one that never does holds no more.
const UNPROVEN: i64 = 32;
/// Failures in a row until one that used to answer counts among those that fail.
const FAILS_AFTER: u32 = 3;
/// Messages are not worth a transaction one by one: while others are on their way, an endpoint
/// waits until it has room for such a part of what it has in hand.
const WORTH_PART: i64 = 16;
const WORTH_MAX: i64 = 32;

/// How an endpoint did last. Those of each health have their places apart, so that the ones that
/// fail take none of those that answer, however many they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndpointHealth {
    Answers,
    /// No one has heard of it yet.
    New,
    Fails,
}

impl EndpointHealth {
    pub const COUNT: usize = 3;

    /// What one of them has in any case, also where others have taken all of it.
    pub fn few(self) -> i64 {
        match self {
            EndpointHealth::Answers => 4,
            // So that a thousand of whom none ever answers leave one for the next.
            EndpointHealth::New | EndpointHealth::Fails => 1,
        }
    }

    /// And what all of them have at most.
    pub fn most(self) -> i64 {
        match self {
            EndpointHealth::Answers | EndpointHealth::New => 2_048,
            EndpointHealth::Fails => 512,
        }
    }
}

pub struct EndpointLimiter {
    permits: Arc<Semaphore>,
    /// Messages that are handed over at the same time.
    places: i64,
    places_max: i64,
    /// Most messages that are in hand, however fast it is.
    room: i64,
    pace: Pace,
    breaker: CircuitBreaker,
    health: EndpointHealth,
    /// How often the breaker opened: what was taken before it did and is not on its way yet goes
    /// back.
    opened: Arc<AtomicU64>,
    in_hand: i64,
    /// What it failed with last.
    last_failure: Option<String>,
}

/// Good for handing one message over, until the breaker opens.
pub struct SendPermit {
    opened: Arc<AtomicU64>,
    when_taken: u64,
}

impl SendPermit {
    pub fn is_good(&self) -> bool {
        self.opened.load(Ordering::Relaxed) == self.when_taken
    }
}

impl EndpointLimiter {
    pub fn new(channel: Channel) -> Self {
        let places_max = together(channel);
        let places = if channel == Channel::Webhook { UNPROVEN } else { places_max };
        Self {
            permits: Arc::new(permits(places)),
            places,
            places_max,
            room: capacity(channel),
            pace: Pace::new(),
            breaker: CircuitBreaker::default(),
            health: EndpointHealth::New,
            opened: Arc::default(),
            in_hand: 0,
            last_failure: None,
        }
    }

    /// With so many in hand from before.
    #[must_use]
    pub fn holding(self, in_hand: i64) -> Self {
        Self { in_hand, ..self }
    }

    pub fn in_hand(&self) -> i64 {
        self.in_hand
    }

    pub fn health(&self) -> EndpointHealth {
        self.health
    }

    pub fn is_breaker_open(&self) -> bool {
        self.breaker.is_open()
    }

    pub fn last_failure(&self) -> Option<&str> {
        self.last_failure.as_deref()
    }

    /// What has not begun goes back.
    pub fn close(&self) {
        self.opened.fetch_add(1, Ordering::Relaxed);
    }

    /// Messages that are on their way at the same time, or would be with so many more.
    pub fn together(&self) -> i64 {
        self.together_with(0)
    }

    pub fn together_with(&self, more: i64) -> i64 {
        (self.in_hand + more).min(self.places)
    }

    /// How many messages may be taken now, where the channel has so many places left.
    pub fn free(&mut self, places: i64, now: Timestamp, instant: Instant) -> i64 {
        let window = (self.places + self.pace.ahead(instant)).min(self.room);
        let trusted = match self.breaker.trust(now) {
            BreakerState::Closed => window,
            BreakerState::HalfOpen => 1,
            BreakerState::OpenUntil(_) => 0,
        };
        let mut free = (trusted - self.in_hand).max(0);
        if places < self.places - self.together() {
            // It does not get all of its places: nothing is taken that would wait for one.
            free = free.min(places.max(0));
        }
        let worth = (window / WORTH_PART).clamp(1, WORTH_MAX);
        if free < worth && self.in_hand > worth { 0 } else { free }
    }

    pub fn breaker_open_until(&self, now: Timestamp) -> Option<Timestamp> {
        match self.breaker.trust(now) {
            BreakerState::OpenUntil(until) => Some(until),
            BreakerState::Closed | BreakerState::HalfOpen => None,
        }
    }

    pub fn places(&self) -> (Arc<Semaphore>, SendPermit) {
        let pass = SendPermit {
            opened: Arc::clone(&self.opened),
            when_taken: self.opened.load(Ordering::Relaxed),
        };
        (Arc::clone(&self.permits), pass)
    }

    pub fn took(&mut self) {
        self.in_hand += 1;
    }

    pub fn returned(&mut self) {
        self.in_hand = (self.in_hand - 1).max(0);
        self.pace.returned(1);
    }

    /// It answered, or what was thought to lead to it did not even ask it.
    pub fn trust_again(&mut self) {
        self.health = EndpointHealth::Answers;
        self.last_failure = None;
        self.breaker.record_success();
    }

    /// What it said. Answers whether it has just become, or stays, something to wait for.
    pub fn heard(&mut self, handed: &SendResult, now: Timestamp) -> bool {
        match handed {
            SendResult::Deferred { reason, fault: FailureScope::Channel, .. }
            | SendResult::Rejected { reason, fault: FailureScope::Channel } => {
                self.last_failure = Some(reason.clone());
                let opens = self.breaker.record_failure(now);
                if self.health != EndpointHealth::Answers || self.breaker.in_a_row() >= FAILS_AFTER
                {
                    self.health = EndpointHealth::Fails;
                }
                if opens {
                    self.close();
                }
                opens
            }
            // A machine that has no name, for instance: that is the message's matter, and no
            // answer.
            SendResult::Deferred { .. } => {
                let before = self.health;
                self.trust_again();
                if before != EndpointHealth::Answers {
                    self.health = EndpointHealth::Fails;
                }
                false
            }
            SendResult::Accepted { .. } | SendResult::Rejected { .. } => {
                self.trust_again();
                if self.places < self.places_max {
                    self.permits.add_permits(
                        usize::try_from(self.places_max - self.places).unwrap_or_default(),
                    );
                    self.places = self.places_max;
                }
                false
            }
        }
    }
}

fn permits(places: i64) -> Semaphore {
    Semaphore::new(usize::try_from(places).unwrap_or_default())
}

/// How fast messages come back, measured where they do.
///
/// All that is in hand is marked as begun before it begins, and is in doubt after a crash: so it is
/// what is handed over at the same time, and what the provider will take until the dispatcher comes
/// round again, and no more.
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

    /// Messages that will come back until the dispatcher has come round.
    fn ahead(&mut self, now: Instant) -> i64 {
        let passed = now.saturating_duration_since(self.since);
        if passed.as_millis() > 0 {
            let ms = passed.as_secs_f64() * 1000.0;
            let measured = self.returned as f64 / ms;
            // Up at once, down slowly: one slow answer does not leave senders without work.
            let weight =
                if measured > self.per_ms { 0.5 } else { 1.0 - (-ms / SLOWER_WITHIN_MS).exp() };
            self.per_ms += (measured - self.per_ms) * weight;
            (self.since, self.returned) = (now, 0);
        }
        (self.per_ms * AHEAD_MS).ceil() as i64
    }
}

/// How far ahead of the provider messages are taken. The dispatcher comes round in twenty and
/// writes in a few.
const AHEAD_MS: f64 = 40.0;
const SLOWER_WITHIN_MS: f64 = 100.0;
/// Most messages that are in hand, for providers that are fast.
fn capacity(channel: Channel) -> i64 {
    match channel {
        Channel::Email => 1_024,
        // Requests take less than a millisecond each; a transaction takes several.
        Channel::Sms
        | Channel::Push
        | Channel::Webhook
        | Channel::Whatsapp
        | Channel::WebPush
        | Channel::InApp => 1_536,
    }
}

/// Messages that are handed over at the same time.
fn together(channel: Channel) -> i64 {
    match channel {
        Channel::Email => 16,
        Channel::Sms
        | Channel::Push
        | Channel::Webhook
        | Channel::Whatsapp
        | Channel::WebPush
        | Channel::InApp => 64,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Messages ahead of a provider from which so many come back in twenty milliseconds, after a
    /// while.
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
        assert_eq!(
            ahead_of(0),
            0,
            "one that does not answer has what is handed over at the same time, and no more"
        );
        let slow = ahead_of(4);
        assert!((7..=8).contains(&slow), "{slow} ahead of one that takes 200 a second");
        let fast = ahead_of(400);
        assert!((790..=800).contains(&fast), "{fast} ahead of one that takes 20,000 a second");
    }
}
