//! How much one API key of browsers may send from one client network. Such a key stands in a page,
//! so that anyone can use it: what one network sends with it takes nothing from the others. The
//! limits live in memory; a restart forgets them.

use std::{
    num::NonZeroU32,
    sync::atomic::{AtomicU32, Ordering},
};

use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    state::keyed::DashMapStateStore,
};

use crate::{auth::rate_limit::RateLimited, client_network::ClientNetwork};
#[cfg(doc)]
use wayfare_domain::profiles::ingest_record::IngestRecord;
use wayfare_domain::{access::actor::Actor, ids::UserId};

/// A key, and where it is used from.
type Sender = (UserId, Option<ClientNetwork>);

/// Senders beyond which those that would be let through again anyway are forgotten.
const SENDERS_MAX: usize = 10_000;
/// After how many requests it is looked whether there are so many.
const FORGET_EVERY: u32 = 4_096;

/// Counts records, a large one for several ([`IngestRecord::weight`]); each request counts as one, also where there are none in it.
pub struct BrowserKeyLimiter {
    records: RateLimiter<Sender, DashMapStateStore<Sender>, DefaultClock>,
    burst: NonZeroU32,
    requests: AtomicU32,
}

impl BrowserKeyLimiter {
    /// At most so many records a minute, also at once.
    pub fn new(per_minute: NonZeroU32) -> Self {
        let records = RateLimiter::keyed(Quota::per_minute(per_minute));
        Self { records, burst: per_minute, requests: AtomicU32::new(0) }
    }

    /// Counts a request, before anything of its body is read.
    ///
    /// # Errors
    /// Where this key has sent too much from this network.
    pub fn request(&self, actor: &Actor) -> Result<(), RateLimited> {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        if number.is_multiple_of(FORGET_EVERY) && self.records.len() > SENDERS_MAX {
            self.records.retain_recent();
        }
        self.take(actor, NonZeroU32::MIN)
    }

    /// Counts the records of a request beyond the first one. More than fit into a minute count as
    /// what fits: a batch that is taken in at all is taken in by whoever sent nothing before.
    ///
    /// # Errors
    /// Where they are too many: none of them is to be stored.
    pub fn records(&self, actor: &Actor, records: usize) -> Result<(), RateLimited> {
        let further = u32::try_from(records.saturating_sub(1)).unwrap_or(u32::MAX);
        let further = further.min(self.burst.get() - 1);
        NonZeroU32::new(further).map_or(Ok(()), |further| self.take(actor, further))
    }

    fn take(&self, actor: &Actor, records: NonZeroU32) -> Result<(), RateLimited> {
        let sender = (actor.user, actor.origin.address.map(ClientNetwork::from));
        match self.records.check_key_n(&sender, records) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(until)) => {
                let now = DefaultClock::default().now();
                Err(RateLimited(until.wait_time_from(now).as_secs() + 1))
            }
            // There are never more than the burst.
            Err(_) => Err(RateLimited(60)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use wayfare_domain::{
        access::{actor::RequestOrigin, permissions::Authority, scope::Scope},
        ids::ProjectId,
    };

    use super::*;

    fn sender(key: u128, address: &str) -> Actor {
        Actor {
            user: UserId(uuid::Uuid::from_u128(key)),
            name: "Shop".to_string(),
            project: ProjectId(uuid::Uuid::from_u128(1)),
            authority: Authority::Key(vec![Scope::Browser]),
            origin: RequestOrigin { address: address.parse::<IpAddr>().ok(), agent: String::new() },
        }
    }

    fn limiter(per_minute: u32) -> BrowserKeyLimiter {
        BrowserKeyLimiter::new(NonZeroU32::new(per_minute).expect("not zero"))
    }

    #[test]
    fn a_key_has_a_rate_of_its_own_for_each_client_network() {
        let limiter = limiter(10);
        let ada = sender(1, "192.0.2.1");
        let let_through =
            |actor: &Actor| (0..100).take_while(|_| limiter.request(actor).is_ok()).count();
        assert_eq!(let_through(&ada), 10);
        assert!(matches!(limiter.request(&ada), Err(RateLimited(1..=60))));
        assert_eq!(let_through(&sender(1, "192.0.2.2")), 10, "another network");
        assert_eq!(let_through(&sender(2, "192.0.2.1")), 10, "another key");
        assert_eq!(let_through(&sender(1, "2001:db8::1")), 10);
        assert_eq!(let_through(&sender(1, "2001:db8::2")), 0, "the same /64");
    }

    #[test]
    fn records_count_and_a_batch_that_is_larger_than_a_minute_counts_as_one_minute() {
        let limiter = limiter(10);
        let ada = sender(1, "192.0.2.1");
        assert_eq!((limiter.request(&ada), limiter.records(&ada, 6)), (Ok(()), Ok(())));
        assert_eq!(limiter.request(&ada), Ok(()));
        assert!(limiter.records(&ada, 6).is_err(), "the tenth record has been counted");
        let bob = sender(2, "192.0.2.1");
        assert_eq!((limiter.request(&bob), limiter.records(&bob, 1_000)), (Ok(()), Ok(())));
        assert!(limiter.request(&bob).is_err());
    }
}
