//! Limits on guessing, per account and per address, and on test messages, per person. They live in memory; a restart forgets them.

use std::{net::IpAddr, num::NonZeroU32, time::Duration};

use governor::{Quota, RateLimiter, clock::Clock, clock::DefaultClock, state::keyed::DashMapStateStore};

use crate::domain::ids::UserId;

type Limiter = RateLimiter<String, DashMapStateStore<String>, DefaultClock>;

/// Keys that are kept before those that would be let through again anyway are forgotten.
const KEYS_MAX: usize = 10_000;

/// Too many attempts: how long to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many attempts; the next one in {0} seconds")]
pub struct TooMany(pub u64);

pub struct Throttle {
    accounts: Limiter,
    addresses: Limiter,
    tests: Limiter,
}

impl Default for Throttle {
    fn default() -> Self {
        // Ten attempts at once on an account, then one every half minute: 2,880 guesses a day at the very most.
        let accounts = quota(Duration::from_secs(30), 10);
        // An office shares an address.
        let addresses = quota(Duration::from_secs(2), 60);
        // Enough to look at a message in a few mailboxes; too little to be a way of sending.
        let tests = quota(Duration::from_secs(12), 5);
        let [accounts, addresses, tests] = [accounts, addresses, tests].map(RateLimiter::keyed);
        Self { accounts, addresses, tests }
    }
}

fn quota(period: Duration, burst: u32) -> Quota {
    let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
    Quota::with_period(period).unwrap_or(Quota::per_minute(burst)).allow_burst(burst)
}

impl Throttle {
    /// Counts an attempt to sign in.
    ///
    /// # Errors
    /// Where there were too many on this account, known or not, or from this address.
    pub fn attempt(&self, account: &str, address: Option<IpAddr>) -> Result<(), TooMany> {
        // The address first: whoever is over its limit does not use up the attempts of the account.
        self.attempt_from(address)?;
        check(&self.accounts, account.to_string())
    }

    /// Counts an attempt with a link.
    ///
    /// # Errors
    /// Where there were too many from this address.
    pub fn attempt_from(&self, address: Option<IpAddr>) -> Result<(), TooMany> {
        address.map_or(Ok(()), |address| check(&self.addresses, network(address)))
    }

    /// Counts a test message.
    ///
    /// # Errors
    /// Where this person sent too many.
    pub fn test_message(&self, user: UserId) -> Result<(), TooMany> {
        check(&self.tests, user.to_string())
    }
}

fn check(limiter: &Limiter, key: String) -> Result<(), TooMany> {
    if limiter.len() > KEYS_MAX {
        limiter.retain_recent();
    }
    limiter.check_key(&key).map_err(|until| TooMany(until.wait_time_from(DefaultClock::default().now()).as_secs() + 1))
}

/// One IPv4 address; of IPv6 the /64 that one household has.
fn network(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(address) => address.to_string(),
            None => address.segments()[..4].iter().map(|part| format!("{part:x}")).collect::<Vec<_>>().join(":"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eleventh_attempt_on_an_account_has_to_wait_and_other_accounts_have_not() {
        let throttle = Throttle::default();
        let address = |n: u8| Some(IpAddr::from([192, 0, 2, n]));
        for n in 0..10 {
            assert_eq!(throttle.attempt("ada@example.com", address(n)), Ok(()));
        }
        assert!(matches!(throttle.attempt("ada@example.com", address(99)), Err(TooMany(1..=31))));
        assert_eq!(throttle.attempt("bob@example.com", address(99)), Ok(()));
    }

    #[test]
    fn the_sixth_test_message_has_to_wait_and_other_peoples_have_not() {
        let throttle = Throttle::default();
        let [ada, bob] = [1, 2].map(|number| UserId(uuid::Uuid::from_u128(number)));
        for _ in 0..5 {
            assert_eq!(throttle.test_message(ada), Ok(()));
        }
        assert!(matches!(throttle.test_message(ada), Err(TooMany(1..=13))));
        assert_eq!(throttle.test_message(bob), Ok(()));
    }

    #[test]
    fn an_address_has_a_limit_over_all_accounts_and_ipv6_counts_by_network() {
        let throttle = Throttle::default();
        for n in 0..60_u16 {
            let address = IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, n]);
            assert_eq!(throttle.attempt(&format!("{n}@example.com"), Some(address)), Ok(()));
        }
        let next = IpAddr::from([0x2001, 0xdb8, 0, 1, 9, 9, 9, 9]);
        assert!(throttle.attempt("more@example.com", Some(next)).is_err());
    }
}
