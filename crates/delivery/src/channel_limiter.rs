//! One channel of one project: how much may be handed right now to each of those who receive by it.
//!
//! Mail, SMS and push have one endpoint, their provider. Of webhooks each has an endpoint of its
//! own, a machine and a port: one that does not answer has its own breaker and its own places, and
//! keeps none of the others waiting.

use std::{collections::HashMap, sync::Arc, time::Instant};

use tokio::sync::Semaphore;

use super::endpoint_limiter::{EndpointHealth, EndpointLimiter, SendPermit};
use crate::channels::{SendResult, Transport};
use wayfare_domain::{
    messages::token_bucket::TokenBucket,
    profiles::{mask::MaskableSentence, profile::Channel},
    time::{MINUTE_MS, Timestamp},
};
use wayfare_store::outbox::OutboxQueue;

/// Messages that are handed over at the same time to all endpoints of a channel that do equally
/// well. One endpoint has at most a quarter of it.
const TOGETHER_MAX: i64 = 256;
/// Endpoints that are told apart. Further ones share the places of those who are not known.
const ENDPOINTS_MAX: usize = 4_000;

/// What stands between the outbox and those who receive.
pub struct ChannelLimiter {
    pub revision: i64,
    /// Why nothing can be handed over: the settings make no sense, or the secret was sealed with
    /// another key.
    pub transport: Result<Arc<dyn Transport>, String>,
    channel: Channel,
    rate: Option<TokenBucket>,
    endpoints: HashMap<String, EndpointLimiter>,
}

/// What a channel may still take in one round.
pub struct Allowance {
    /// By the channel's rate.
    rated: i64,
    /// Endpoints that it is shared among.
    sharers: i64,
    /// Places that are taken at the same time, by health.
    concurrency: [i64; EndpointHealth::COUNT],
}

/// How a channel does, for people and for programs that watch the server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChannelLimiterStatus {
    pub in_hand: i64,
    /// A circuit breaker keeps messages back.
    pub open: bool,
    pub trouble: Option<MaskableSentence>,
}

impl ChannelLimiter {
    pub fn new(
        channel: Channel,
        revision: i64,
        per_second: Option<u32>,
        transport: Result<Arc<dyn Transport>, String>,
        now: Timestamp,
    ) -> Self {
        let rate = per_second.map(|rate| TokenBucket::new(rate, now));
        Self { revision, transport, channel, rate, endpoints: HashMap::new() }
    }

    /// New settings; what is in hand stays in hand, and where it has not begun it goes back.
    pub fn renew(&mut self, other: ChannelLimiter) {
        self.close();
        let channel = self.channel;
        let in_hand = self.endpoints.drain().filter(|(_, endpoint)| endpoint.in_hand() > 0);
        let endpoints = in_hand
            .map(|(key, endpoint)| (key, EndpointLimiter::new(channel).holding(endpoint.in_hand())))
            .collect();
        *self = ChannelLimiter { endpoints, ..other };
    }

    /// What has not begun goes back.
    pub fn close(&self) {
        self.endpoints.values().for_each(EndpointLimiter::close);
    }

    fn endpoint(&mut self, key: &str) -> &mut EndpointLimiter {
        let channel = self.channel;
        self.endpoints.entry(key.to_string()).or_insert_with(|| EndpointLimiter::new(channel))
    }

    /// What may be taken in a round for so many endpoints.
    pub fn allowance(&mut self, sharers: usize, now: Timestamp) -> Allowance {
        self.forget_idle(now);
        let rated = self.rate.as_mut().map_or(i64::MAX, |rate| rate.available(now));
        let mut together = [0; EndpointHealth::COUNT];
        for endpoint in self.endpoints.values() {
            together[endpoint.health() as usize] += endpoint.together();
        }
        Allowance {
            rated,
            sharers: i64::try_from(sharers).unwrap_or(i64::MAX).max(1),
            concurrency: together,
        }
    }

    /// How many messages may be taken now for an endpoint. None where it is not worth a
    /// transaction, because many are still on their way.
    pub fn free(&mut self, key: &str, allowance: &mut Allowance, now: Timestamp) -> i64 {
        if self.transport.is_err() {
            return 0;
        }
        // What one leaves of its share of the rate the others have.
        let rated = if allowance.rated == i64::MAX {
            i64::MAX
        } else {
            (allowance.rated / allowance.sharers).max(1)
        };
        allowance.sharers = (allowance.sharers - 1).max(1);
        let endpoint = self.endpoint(key);
        let health = endpoint.health();
        let together = &mut allowance.concurrency[health as usize];
        let in_any_case = (health.few() - endpoint.together()).min(health.most() - *together);
        let places = (TOGETHER_MAX - *together).max(in_any_case);
        let free = endpoint.free(places, now, Instant::now()).min(rated).min(allowance.rated);
        if allowance.rated != i64::MAX {
            allowance.rated -= free;
        }
        *together += endpoint.together_with(free) - endpoint.together();
        free
    }

    /// May anything be taken of the queue as far as its endpoint goes? What waits for one whose
    /// breaker is open is not looked at.
    pub fn is_open(&self, queue: &OutboxQueue, now: Timestamp) -> bool {
        let endpoint = self.endpoints.get(&queue.endpoint);
        endpoint.is_none_or(|endpoint| endpoint.breaker_open_until(now).is_none())
    }

    /// Did an endpoint answer when it was asked last?
    pub fn answers(&self, key: &str) -> bool {
        self.endpoints.get(key).is_some_and(|endpoint| endpoint.health() == EndpointHealth::Answers)
    }

    /// When more may be taken for an endpoint, where that is a question of time. Otherwise
    /// something has to come back first.
    pub fn free_at(&self, key: &str, now: Timestamp) -> Option<Timestamp> {
        if self.transport.is_err() {
            return Some(now.plus(MINUTE_MS));
        }
        let shut = self.endpoints.get(key).and_then(|endpoint| endpoint.breaker_open_until(now));
        shut.or_else(|| {
            self.rate.as_ref().map(TokenBucket::next_available_at).filter(|next| *next > now)
        })
    }

    /// Places at an endpoint, and what is to be held by what is taken now.
    pub fn places(&mut self, key: &str) -> (Arc<Semaphore>, SendPermit) {
        match self.endpoints.get(key) {
            Some(endpoint) => endpoint.places(),
            None => self.endpoint(key).places(),
        }
    }

    /// Is there room to tell another endpoint apart?
    pub fn has_capacity(&self) -> bool {
        self.endpoints.len() < ENDPOINTS_MAX
    }

    pub fn took(&mut self, key: &str) {
        if let Some(endpoint) = self.endpoints.get_mut(key) {
            endpoint.took();
        }
        if let Some(rate) = &mut self.rate {
            rate.consume(1);
        }
    }

    /// A message came back, handed over or not.
    pub fn returned(&mut self, key: &str) {
        if let Some(endpoint) = self.endpoints.get_mut(key) {
            endpoint.returned();
        }
    }

    /// What an endpoint said. Answers whether it has just become, or stays, something to wait for.
    pub fn record_result(&mut self, key: &str, handed: &SendResult, now: Timestamp) -> bool {
        self.endpoints.get_mut(key).is_some_and(|endpoint| endpoint.heard(handed, now))
    }

    /// A message that was taken for it leads elsewhere, and was not handed over: whatever was wrong
    /// with it says nothing about the others that are thought to lead there.
    pub fn leads_elsewhere(&mut self, key: &str) {
        if let Some(rate) = &mut self.rate {
            rate.consume(-1);
        }
        if let Some(endpoint) = self.endpoints.get_mut(key) {
            endpoint.trust_again();
        }
    }

    /// Those that nothing is in hand for: first the ones of which nothing is known, and where there
    /// is no room for others, all that need not be waited for.
    fn forget_idle(&mut self, now: Timestamp) {
        let count = self.endpoints.len();
        if count < ENDPOINTS_MAX / 2 {
            return;
        }
        let all = count >= ENDPOINTS_MAX;
        self.endpoints.retain(|_, endpoint| {
            endpoint.in_hand() > 0
                || endpoint.breaker_open_until(now).is_some()
                || (!all && endpoint.health() != EndpointHealth::New)
        });
    }

    /// A provider that asks for patience gets it from all messages: it takes so much a second,
    /// no matter who they are for.
    pub fn reading(&self) -> ChannelLimiterStatus {
        let shut = self.endpoints.iter().filter(|(_, endpoint)| endpoint.is_breaker_open());
        let first = shut.min_by_key(|(key, _)| *key);
        let trouble = first.and_then(|(key, endpoint)| {
            let trouble = MaskableSentence::new(endpoint.last_failure()?);
            Some(if key.is_empty() { trouble } else { trouble.of_machine(key) })
        });
        ChannelLimiterStatus {
            in_hand: self.endpoints.values().map(EndpointLimiter::in_hand).sum(),
            open: first.is_some(),
            trouble: self.transport.as_ref().err().map(MaskableSentence::new).or(trouble),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::{FailureScope, OutboundMessage};

    const NOW: Timestamp = Timestamp(0);

    struct Nobody;

    impl Transport for Nobody {
        fn send<'a>(
            &'a self,
            _message: &'a OutboundMessage,
        ) -> futures::future::BoxFuture<'a, SendResult> {
            Box::pin(std::future::pending())
        }
    }

    fn limiter(per_second: Option<u32>) -> ChannelLimiter {
        ChannelLimiter::new(Channel::Webhook, 1, per_second, Ok(Arc::new(Nobody)), NOW)
    }

    fn take(limiter: &mut ChannelLimiter, endpoints: &[&str]) -> Vec<i64> {
        let mut allowance = limiter.allowance(endpoints.len(), NOW);
        let free: Vec<i64> =
            endpoints.iter().map(|key| limiter.free(key, &mut allowance, NOW)).collect();
        for (key, count) in endpoints.iter().zip(&free) {
            (0..*count).for_each(|_| limiter.took(key));
        }
        free
    }

    fn answers(limiter: &mut ChannelLimiter, key: &str) {
        limiter.endpoint(key);
        limiter.record_result(key, &SendResult::Accepted { provider_id: None }, NOW);
    }

    #[test]
    fn one_that_never_answered_has_few_places_and_one_that_answers_has_many() {
        let mut limiter = limiter(None);
        let first = take(&mut limiter, &["dead:80"])[0];
        assert!(first <= 32, "{first}");
        assert_eq!(take(&mut limiter, &["dead:80"]), [0]);
        answers(&mut limiter, "well:80");
        assert_eq!(take(&mut limiter, &["well:80"]), [64]);
    }

    #[test]
    fn whatever_the_others_hold_each_has_a_few_places() {
        let mut limiter = limiter(None);
        let slow: Vec<String> = (0..20).map(|number| format!("slow-{number}:443")).collect();
        for key in &slow {
            answers(&mut limiter, key);
        }
        let keys: Vec<&str> = slow.iter().map(String::as_str).collect();
        let held = take(&mut limiter, &keys);
        assert!(held.iter().all(|held| (4..=64).contains(held)), "{held:?}");
        assert!(held.iter().sum::<i64>() <= TOGETHER_MAX + 20 * 4);
        answers(&mut limiter, "well:80");
        assert_eq!(take(&mut limiter, &["well:80"]), [4]);
        assert_eq!(take(&mut limiter, &["new:80"]), [32], "of whom nothing is known has others");
    }

    fn fails(limiter: &mut ChannelLimiter, key: &str) -> bool {
        let reason = "it is busy".to_string();
        let failed = SendResult::Deferred { reason, wish_ms: None, fault: FailureScope::Channel };
        limiter.endpoint(key);
        limiter.record_result(key, &failed, NOW)
    }

    #[test]
    fn however_many_fail_one_that_answers_has_all_of_its_places_and_a_new_one_its_first() {
        let mut limiter = limiter(None);
        let dead: Vec<String> = (0..1_000).map(|number| format!("dead-{number}:443")).collect();
        let dead: Vec<&str> = dead.iter().map(String::as_str).collect();
        take(&mut limiter, &dead);
        answers(&mut limiter, "well:80");
        assert_eq!(take(&mut limiter, &["well:80", "new:80"]), [64, 1]);
        for key in &dead {
            fails(&mut limiter, key);
            (0..limiter.endpoints[*key].in_hand()).for_each(|_| limiter.returned(key));
        }
        take(&mut limiter, &dead);
        let failing =
            limiter.endpoints.values().filter(|one| one.health() == EndpointHealth::Fails);
        let held: i64 = failing.map(EndpointLimiter::together).sum();
        assert!(held <= EndpointHealth::Fails.most(), "{held}");
        answers(&mut limiter, "too:80");
        assert_eq!(take(&mut limiter, &["too:80"]), [64]);
    }

    #[test]
    fn one_that_used_to_answer_keeps_its_places_when_it_fails_now_and_then() {
        let mut limiter = limiter(None);
        answers(&mut limiter, "well:80");
        fails(&mut limiter, "well:80");
        assert!(limiter.answers("well:80"));
        (0..2).for_each(|_| assert!(!fails(&mut limiter, "well:80")));
        assert!(!limiter.answers("well:80"));
        answers(&mut limiter, "well:80");
        assert!(limiter.answers("well:80"));
    }

    #[test]
    fn one_that_fails_is_shut_alone() {
        let mut limiter = limiter(None);
        let shut = (0..8).filter(|_| fails(&mut limiter, "dead:80")).count();
        assert_eq!(shut, 1);
        assert_eq!(take(&mut limiter, &["dead:80"]), [0]);
        assert!(take(&mut limiter, &["well:80"])[0] > 0);
        let reading = limiter.reading();
        let trouble = reading.trouble.map(|trouble| trouble.for_reader(true));
        assert_eq!((reading.open, trouble.as_deref()), (true, Some("dead:80: it is busy")));
    }

    #[test]
    fn a_rate_is_the_channels_and_is_shared() {
        let mut limiter = limiter(Some(100));
        let taken = take(&mut limiter, &["a:80", "b:80"]);
        assert!(
            taken.iter().all(|count| *count > 0) && taken.iter().sum::<i64>() <= 10,
            "{taken:?}"
        );
    }

    #[test]
    fn new_settings_send_back_what_has_not_begun() {
        let mut first = limiter(None);
        let (_, pass) = first.places("well:80");
        assert!(pass.is_good());
        first.renew(limiter(None));
        assert!(!pass.is_good());
    }
}
