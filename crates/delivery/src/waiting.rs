//! What waits in the outbox, as it was read last.
//!
//! Reading takes a step for each endpoint that something waits for. Where there are thousands of
//! them it is read less often, so that those that fail cost a part of the time and no more; what
//! was read is used until then, since whatever is taken is looked at anew anyway.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use wayfare_domain::{ids::VersionKey, profiles::profile::Channel, time::Timestamp};
use wayfare_store::outbox::{LeaseQuota, LeasedMessage, OutboxQueue};

/// Reading takes at most such a part of the time, where it takes longer than this.
const PART: u32 = 10;
const CHEAP: Duration = Duration::from_millis(2);
/// The queue is empty, as far as is known.
const NOTHING: Timestamp = Timestamp(i64::MAX);

#[derive(Default)]
pub struct Waiting {
    queues: Vec<OutboxQueue>,
    read_at: Option<Instant>,
    cost: Duration,
    /// More was written since.
    news: bool,
}

type HeapKey<'a> = (VersionKey, Channel, &'a str);

impl Waiting {
    /// For how long it is not read again.
    pub fn rest(&self) -> Option<Duration> {
        let passed = self.read_at.filter(|_| self.cost > CHEAP)?.elapsed();
        (self.cost * PART).checked_sub(passed).filter(|rest| !rest.is_zero())
    }

    pub fn was_read(&mut self, queues: Vec<OutboxQueue>, since: Instant) {
        let now = Instant::now();
        *self = Self { queues, read_at: Some(now), cost: now - since, news: false };
    }

    /// More was written than is known here.
    pub fn hear_of_news(&mut self) {
        self.news = true;
    }

    pub fn queues(&self) -> &[OutboxQueue] {
        &self.queues
    }

    pub fn due(&self, now: Timestamp) -> Vec<&OutboxQueue> {
        self.queues.iter().filter(|queue| queue.due_at <= now).collect()
    }

    /// Less was taken of these queues than was wanted: nothing is due in them any more.
    pub fn took(&mut self, quotas: &[LeaseQuota], taken: &[LeasedMessage]) {
        let mut counts: HashMap<HeapKey<'_>, i64> = HashMap::new();
        for message in taken {
            let key = (message.version, message.channel, message.endpoint.as_str());
            *counts.entry(key).or_default() += 1;
        }
        let exhausted: HashSet<HeapKey<'_>> = quotas
            .iter()
            .map(|quota| ((quota.version, quota.channel, quota.endpoint.as_str()), quota.most))
            .filter(|(key, most)| counts.get(key).copied().unwrap_or_default() < *most)
            .map(|(key, _)| key)
            .collect();
        for queue in &mut self.queues {
            if exhausted.contains(&(queue.version, queue.channel, queue.endpoint.as_str())) {
                queue.due_at = NOTHING;
            }
        }
    }

    /// How long nothing is to be done, where something is by the mere passing of time after so
    /// long.
    pub fn pause(&self, ahead: Duration) -> Duration {
        match self.rest() {
            None => ahead,
            Some(rest) if self.news => rest,
            Some(rest) => ahead.max(rest),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wayfare_domain::ids::ProjectKey;

    fn queue(endpoint: &str) -> OutboxQueue {
        OutboxQueue {
            project: ProjectKey(1),
            version: VersionKey(1),
            channel: Channel::Webhook,
            endpoint: endpoint.to_string(),
            due_at: Timestamp(0),
        }
    }

    fn read_in(cost: Duration) -> Waiting {
        let mut waiting = Waiting::default();
        let now = Instant::now();
        waiting.was_read(vec![queue("a:80"), queue("b:80")], now.checked_sub(cost).unwrap_or(now));
        waiting
    }

    #[test]
    fn what_is_cheap_is_read_each_time_and_what_is_not_takes_a_part_of_the_time() {
        assert_eq!(read_in(Duration::from_micros(500)).rest(), None);
        let costly = read_in(Duration::from_secs(60));
        let minute = Duration::from_secs(60);
        assert!(costly.rest().is_some_and(|rest| rest > minute && rest <= minute * (PART + 1)));
    }

    #[test]
    fn news_is_looked_at_as_soon_as_it_may_be_and_what_is_due_does_not_come_sooner() {
        let mut costly = read_in(Duration::from_secs(60));
        let (soon, late) = (Duration::from_millis(1), Duration::from_secs(3600));
        assert!(costly.pause(soon) > soon);
        assert_eq!(costly.pause(late), late);
        costly.hear_of_news();
        assert!(costly.pause(late) < late);
    }

    #[test]
    fn a_heap_that_gave_less_than_was_wanted_is_not_asked_again_until_it_was_read() {
        let mut waiting = read_in(Duration::from_secs(60));
        let quota = |endpoint: &str, most| LeaseQuota {
            version: VersionKey(1),
            channel: Channel::Webhook,
            endpoint: endpoint.to_string(),
            revision: 1,
            most,
        };
        waiting.took(&[quota("a:80", 2)], &[]);
        let due: Vec<&str> =
            waiting.due(Timestamp(1)).iter().map(|queue| queue.endpoint.as_str()).collect();
        assert_eq!(due, ["b:80"]);
    }
}
