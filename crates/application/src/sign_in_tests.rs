//! What a sign-in costs does not tell who has an account: counted, not timed.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::*;
use crate::{
    auth::{
        Auth, Lifetimes,
        password::{Hasher, PasswordHasher},
    },
    change_feed::ChangeFeed,
};
use wayfare_domain::access::actor::RequestOrigin;
use wayfare_runtime::{clock::SystemClock, engine_metrics::EngineMetrics, supervisor::Supervisor};
use wayfare_store_sqlite::{SqliteConfig, SqliteStore};

const PASSWORD: &str = "copper lantern drifting moss";

/// Takes its password for its hash, and counts what it is asked.
#[derive(Default)]
struct Counting {
    compared: AtomicUsize,
}

impl Hasher for Counting {
    fn hash(&self, password: &[u8]) -> Option<String> {
        Some(format!("hash of {}", String::from_utf8_lossy(password)))
    }

    fn verify(&self, password: &[u8], hash: &str) -> bool {
        self.compared.fetch_add(1, Ordering::SeqCst);
        self.hash(password).as_deref() == Some(hash)
    }
}

struct House {
    services: Services<SqliteStore>,
    hasher: Arc<Counting>,
    _folder: tempfile::TempDir,
}

impl House {
    /// With Ada, with Sam who is suspended, and with Joe who never chose a password.
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let config =
            SqliteConfig { readers: 2, ..SqliteConfig::new(folder.path().join("test.db")) };
        let store = SqliteStore::open(&config).await.expect("a database");
        let hasher = Arc::new(Counting::default());
        let auth = Auth {
            passwords: PasswordHasher::new(hasher.clone()),
            ..Auth::new(Lifetimes::default(), None)
        };
        let (clock, signs) = (Arc::new(SystemClock), EngineMetrics::default());
        let services = Services::new(
            store,
            clock,
            ChangeFeed::default(),
            auth,
            signs,
            None,
            Supervisor::default(),
        );
        for (email, password) in [
            ("ada@example.com", Some(PASSWORD)),
            ("sam@example.com", Some(PASSWORD)),
            ("joe@example.com", None),
        ] {
            let role = InitialRole::In(Vec::new());
            let user =
                services.add_account("Somebody", email, password, role).await.expect("an account");
            if email.starts_with("sam") {
                services.suspend_account(user, true).await.expect("suspended");
            }
        }
        Self { services, hasher, _folder: folder }
    }

    /// Signs in from a network of its own; answers the error and how many hashes were compared.
    async fn try_as(&self, network: u8, email: &str, password: &str) -> (Option<String>, usize) {
        let address = Some(IpAddr::from([192, 0, 2, network]));
        let visitor = RequestClient {
            origin: RequestOrigin { address, ..RequestOrigin::default() },
            ..RequestClient::default()
        };
        let before = self.hasher.compared.load(Ordering::SeqCst);
        let answer = self.services.sign_in(email, password, &visitor).await;
        (
            answer.err().map(|error| format!("{error:?}")),
            self.hasher.compared.load(Ordering::SeqCst) - before,
        )
    }
}

#[tokio::test]
async fn every_attempt_compares_one_hash_whoever_is_named() {
    let house = House::new().await;
    assert_eq!(house.try_as(1, "ada@example.com", PASSWORD).await, (None, 1), "the one who may");
    let refused = (Some("WrongCredentials".to_string()), 1);
    for (email, password) in [
        ("ada@example.com", "another password"),
        ("nobody@example.com", PASSWORD),
        ("nobody@example.com", "nobody has this password"),
        ("sam@example.com", PASSWORD),
        ("sam@example.com", "another password"),
        ("joe@example.com", ""),
        ("joe@example.com", "nobody has this password"),
        ("no address", PASSWORD),
        ("", ""),
    ] {
        assert_eq!(house.try_as(2, email, password).await, refused, "{email}");
    }
}

#[tokio::test]
async fn an_attempt_too_many_is_answered_without_a_hash_whoever_is_named() {
    let house = House::new().await;
    let mut answers = Vec::new();
    for (network, email) in [
        (1, "ada@example.com"),
        (2, "nobody@example.com"),
        (3, "sam@example.com"),
        (4, "joe@example.com"),
    ] {
        for _ in 0..10 {
            assert_eq!(house.try_as(network, email, "a guess").await.1, 1, "{email}");
        }
        let (error, compared) = house.try_as(network, email, "a guess").await;
        assert_eq!(compared, 0, "{email}");
        // Seconds pass while the test runs.
        answers.push(
            error.map(|error| {
                error.trim_end_matches(|sign: char| !sign.is_alphabetic()).to_string()
            }),
        );
    }
    assert!(
        answers.iter().all(|answer| *answer == Some("TooMany(RateLimited".to_string())),
        "{answers:?}"
    );
}
