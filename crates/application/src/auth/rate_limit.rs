//! Limits on guessing, and on test messages. They live in memory; a restart forgets them.
//!
//! No one's guesses shut out the owner of an account: attempts count for the account and the
//! network that they come from, to a larger number for the account as a whole, and those of a
//! browser that signed in before count for that browser alone.

use std::{net::IpAddr, num::NonZeroU32, time::Duration};

use governor::{
    Quota, RateLimiter, clock::Clock, clock::DefaultClock, state::keyed::DashMapStateStore,
};

use super::device::Device;
use crate::client_network::ClientNetwork;
use wayfare_domain::ids::UserId;

type Limiter = RateLimiter<String, DashMapStateStore<String>, DefaultClock>;

/// Keys that are kept before those that would be let through again anyway are forgotten.
const KEYS_MAX: usize = 10_000;

/// Too many attempts: how long to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many attempts; the next one in {0} seconds")]
pub struct RateLimited(pub u64);

pub struct SignInLimiter {
    /// By account and network.
    networks: Limiter,
    /// By account, over all networks.
    accounts: Limiter,
    /// By account and browser that signed in to it before.
    devices: Limiter,
    addresses: Limiter,
    tests: Limiter,
}

impl Default for SignInLimiter {
    fn default() -> Self {
        // Ten attempts at once on an account, then one every half minute: 2,880 guesses a day from
        // one network at the very most.
        let [networks, devices] = [quota(Duration::from_secs(30), 10); 2];
        // Fills up faster than one network can use it, so that no single one empties it: 4,320
        // guesses a day from all of them.
        let accounts = quota(Duration::from_secs(20), 50);
        // An office shares an address.
        let addresses = quota(Duration::from_secs(2), 60);
        // Enough to look at a message in a few mailboxes; too little to be a way of sending.
        let tests = quota(Duration::from_secs(12), 5);
        let [networks, accounts, devices, addresses, tests] =
            [networks, accounts, devices, addresses, tests].map(RateLimiter::keyed);
        Self { networks, accounts, devices, addresses, tests }
    }
}

fn quota(period: Duration, burst: u32) -> Quota {
    let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
    Quota::with_period(period).unwrap_or(Quota::per_minute(burst)).allow_burst(burst)
}

impl SignInLimiter {
    /// Counts an attempt to sign in, from a browser that signed in to this account before or from
    /// any other.
    ///
    /// # Errors
    /// Where there were too many on this account, known or not, or from this address.
    pub fn attempt(
        &self,
        account: &str,
        address: Option<IpAddr>,
        device: Option<Device>,
    ) -> Result<(), RateLimited> {
        if let Some(device) = device {
            return check(&self.devices, device.key());
        }
        // What is refused to one network uses up nothing that is for all.
        self.attempt_from(address)?;
        check(&self.networks, format!("{:?} {account}", address.map(ClientNetwork::from)))?;
        check(&self.accounts, account.to_string())
    }

    /// Counts an attempt with a link.
    ///
    /// # Errors
    /// Where there were too many from this address.
    pub fn attempt_from(&self, address: Option<IpAddr>) -> Result<(), RateLimited> {
        address.map_or(Ok(()), |address| {
            check(&self.addresses, format!("{:?}", ClientNetwork::from(address)))
        })
    }

    /// Counts a test message.
    ///
    /// # Errors
    /// Where this person sent too many.
    pub fn test_message(&self, user: UserId) -> Result<(), RateLimited> {
        check(&self.tests, user.to_string())
    }
}

fn check(limiter: &Limiter, key: String) -> Result<(), RateLimited> {
    if limiter.len() > KEYS_MAX {
        limiter.retain_recent();
    }
    limiter.check_key(&key).map_err(|until| {
        RateLimited(until.wait_time_from(DefaultClock::default().now()).as_secs() + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(n: u8) -> Option<IpAddr> {
        Some(IpAddr::from([192, 0, 2, n]))
    }

    /// Until it is refused; answers how many were let through.
    fn guess(throttle: &SignInLimiter, from: Option<IpAddr>) -> usize {
        (0..1_000).take_while(|_| throttle.attempt("ada@example.com", from, None).is_ok()).count()
    }

    #[test]
    fn the_eleventh_attempt_on_an_account_has_to_wait_and_other_accounts_and_networks_have_not() {
        let throttle = SignInLimiter::default();
        assert_eq!(guess(&throttle, address(1)), 10);
        assert!(matches!(
            throttle.attempt("ada@example.com", address(1), None),
            Err(RateLimited(1..=31))
        ));
        assert_eq!(throttle.attempt("bob@example.com", address(1), None), Ok(()));
        assert_eq!(
            throttle.attempt("ada@example.com", address(2), None),
            Ok(()),
            "the owner's own network"
        );
    }

    #[test]
    fn what_is_refused_to_one_network_uses_up_nothing_of_the_others() {
        let throttle = SignInLimiter::default();
        for _ in 0..20 {
            guess(&throttle, address(1));
        }
        let others: usize = (2..=10).map(|n| guess(&throttle, address(n))).sum();
        assert_eq!(others, 40, "fifty for the account, of which the first network had its ten");
    }

    #[test]
    fn a_browser_that_signed_in_before_is_let_in_while_everybody_guesses() {
        let throttle = SignInLimiter::default();
        let guesses: usize = (1..=99).map(|n| guess(&throttle, address(n))).sum();
        assert_eq!(guesses, 50);
        assert!(throttle.attempt("ada@example.com", address(200), None).is_err());
        let folder = tempfile::tempdir().expect("a folder");
        let server_key =
            wayfare_secrets::server_key::ServerKey::open(None, &folder.path().join("key"))
                .expect("a key");
        let cookie =
            super::super::device::remember(&server_key, "", "ada@example.com").expect("a cookie");
        let device = super::super::device::known(&server_key, &cookie, "ada@example.com");
        for _ in 0..10 {
            assert_eq!(throttle.attempt("ada@example.com", address(1), device), Ok(()));
        }
        assert!(
            throttle.attempt("ada@example.com", address(1), device).is_err(),
            "the thief has a limit as well"
        );
    }

    #[test]
    fn the_sixth_test_message_has_to_wait_and_other_peoples_have_not() {
        let throttle = SignInLimiter::default();
        let [ada, bob] = [1, 2].map(|number| UserId(uuid::Uuid::from_u128(number)));
        for _ in 0..5 {
            assert_eq!(throttle.test_message(ada), Ok(()));
        }
        assert!(matches!(throttle.test_message(ada), Err(RateLimited(1..=13))));
        assert_eq!(throttle.test_message(bob), Ok(()));
    }

    #[test]
    fn an_address_has_a_limit_over_all_accounts_and_ipv6_counts_by_network() {
        let throttle = SignInLimiter::default();
        for n in 0..60_u16 {
            let address = IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, n]);
            assert_eq!(throttle.attempt(&format!("{n}@example.com"), Some(address), None), Ok(()));
        }
        let next = IpAddr::from([0x2001, 0xdb8, 0, 1, 9, 9, 9, 9]);
        assert!(throttle.attempt("more@example.com", Some(next), None).is_err());
    }
}
