//! What a sign-in costs does not tell who has an account: counted, not timed. What was verified
//! holds when it takes effect.

use std::{
    net::IpAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    time::Duration,
};

use super::*;
use crate::{
    AuthRequest,
    auth::{
        Auth, Lifetimes,
        password::{Hasher, PasswordHasher},
    },
    change_feed::ChangeFeed,
};
use wayfare_domain::access::actor::RequestOrigin;
use wayfare_runtime::{clock::SystemClock, engine_metrics::EngineMetrics, supervisor::Supervisor};
use wayfare_store::Stores;
use wayfare_store_sqlite::{SqliteConfig, SqliteStore};

const PASSWORD: &str = "copper lantern drifting moss";
const NEW_PASSWORD: &str = "seven quiet marble ferries";
const STRANGERS_PASSWORD: &str = "winter gravel piano harbour";

/// Takes its password for its hash, and counts what it is asked.
#[derive(Default)]
struct Counting {
    compared: AtomicUsize,
    /// The next comparison has its result, and waits for this before it tells it.
    wait: Mutex<Option<mpsc::Receiver<()>>>,
}

impl Counting {
    /// Lets the next comparison wait until the sender is used or dropped.
    fn hold_next(&self) -> mpsc::Sender<()> {
        let (done, wait) = mpsc::channel();
        *self.wait.lock().expect("a lock") = Some(wait);
        done
    }

    /// Until the comparison that is held has its result.
    async fn is_held(&self) {
        let held = async {
            while self.wait.lock().expect("a lock").is_some() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), held).await.expect("a comparison");
    }
}

impl Hasher for Counting {
    fn hash(&self, password: &[u8]) -> Option<String> {
        Some(format!("hash of {}", String::from_utf8_lossy(password)))
    }

    fn verify(&self, password: &[u8], hash: &str) -> bool {
        self.compared.fetch_add(1, Ordering::SeqCst);
        let is_right = self.hash(password).as_deref() == Some(hash);
        let wait = self.wait.lock().expect("a lock").take();
        if let Some(wait) = wait {
            let _ = wait.recv();
        }
        is_right
    }
}

struct House {
    services: Services,
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
            Stores::of(store),
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

    /// What someone does who owns the machine, and then the owner of the account.
    async fn reset_password(&self, email: &str) {
        let account = self.services.account(email).await.expect("an account");
        let link = self.services.password_link(account.user).await.expect("a link");
        let link = link.trim_start_matches("/password/");
        let client = RequestClient::default();
        self.services.use_password_link(link, NEW_PASSWORD, &client).await.expect("reset");
    }

    /// A session of Ada's, as their requests have it.
    async fn session_of_ada(&self) -> AuthContext {
        let client = RequestClient::default();
        let opened = self.services.sign_in("ada@example.com", PASSWORD, &client).await;
        let secret = Some(opened.expect("a session").secret.hash());
        let request = AuthRequest { secret, ..AuthRequest::default() };
        self.services.authenticate(&request).await.expect("an answer").expect("a session")
    }

    /// Signs in from a network of its own; answers the error and how many hashes were compared.
    async fn try_as(&self, network: u8, email: &str, password: &str) -> (Option<String>, usize) {
        let address = Some(IpAddr::from([192, 0, 2, network]));
        let client = RequestClient {
            origin: RequestOrigin { address, ..RequestOrigin::default() },
            ..RequestClient::default()
        };
        let before = self.hasher.compared.load(Ordering::SeqCst);
        let answer = self.services.sign_in(email, password, &client).await;
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

#[tokio::test]
async fn a_password_that_is_changed_while_it_is_verified_opens_no_session() {
    let house = House::new().await;
    let done = house.hasher.hold_next();
    let reset = async {
        house.hasher.is_held().await;
        house.reset_password("ada@example.com").await;
        drop(done);
    };
    let (answer, ()) = tokio::join!(house.try_as(1, "ada@example.com", PASSWORD), reset);
    assert_eq!(answer, (Some("WrongCredentials".to_string()), 1));
}

#[tokio::test]
async fn a_change_of_the_password_that_a_reset_overtakes_changes_nothing() {
    let house = House::new().await;
    let auth = house.session_of_ada().await;
    let done = house.hasher.hold_next();
    let reset = async {
        house.hasher.is_held().await;
        house.reset_password("ada@example.com").await;
        drop(done);
    };
    let client = RequestClient::default();
    let change = house.services.change_password(&auth, PASSWORD, STRANGERS_PASSWORD, &client);
    let (answer, ()) = tokio::join!(change, reset);
    assert!(matches!(answer.err(), Some(ServiceError::SignedOut)));
    assert_eq!(house.try_as(1, "ada@example.com", NEW_PASSWORD).await, (None, 1));
}
