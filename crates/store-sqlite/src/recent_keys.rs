//! API keys that were looked up a moment ago. A program that sends one event after another shows
//! the same key each time, and asking for it cost as much as storing the event.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use wayfare_secrets::secret::SecretHash;
use wayfare_store::access::ActiveApiKey;

/// How long a key counts as found. Every change that this process makes for a person ends it at
/// once; only what another process writes, such as a command line beside the server, is noticed as
/// late as this.
const HOLDS: Duration = Duration::from_millis(50);

/// Holds what was found only: never more than there are keys.
#[derive(Default)]
pub struct RecentKeys(Mutex<HashMap<SecretHash, RecentKey>>);

struct RecentKey {
    key: ActiveApiKey,
    found_at: Instant,
    /// How much had been written for people when it was asked for.
    person_commits: u64,
}

impl RecentKeys {
    fn keys(&self) -> MutexGuard<'_, HashMap<SecretHash, RecentKey>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The key of this secret, where it was found lately and nothing was written for a person
    /// since.
    pub fn get(&self, secret: &SecretHash, person_commits: u64) -> Option<ActiveApiKey> {
        let keys = self.keys();
        let recent = keys.get(secret)?;
        let holds = recent.person_commits == person_commits && recent.found_at.elapsed() < HOLDS;
        holds.then(|| recent.key.clone())
    }

    /// `found_at` and `person_commits`: from before it was asked for.
    pub fn insert(
        &self,
        secret: SecretHash,
        key: ActiveApiKey,
        found_at: Instant,
        person_commits: u64,
    ) {
        self.keys().insert(secret, RecentKey { key, found_at, person_commits });
    }

    /// Forgets everything: something of keys has changed that no person wrote.
    pub fn clear(&self) {
        self.keys().clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SqliteConfig, SqliteStore};
    use wayfare_domain::{
        access::{actor::Actor, permissions::Scope},
        ids::ApiKeyId,
        names::KeyName,
        time::Timestamp,
    };
    use wayfare_secrets::secret;
    use wayfare_store::{
        access::{ApiKeyStore, NewKey, ProjectStore},
        maintenance::MaintenanceStore,
    };

    const NOW: Timestamp = Timestamp(1_790_000_000_000);

    async fn open(folder: &tempfile::TempDir) -> SqliteStore {
        let config = SqliteConfig::new(folder.path().join("keys.db"));
        SqliteStore::open(&config).await.expect("a store")
    }

    async fn make_key(store: &SqliteStore) -> (Actor, ApiKeyId) {
        let actor = store.ensure_local_actor(NOW).await.expect("an actor");
        let name = KeyName::parse("Shop").expect("a name");
        let secret = secret::hash("key");
        let scopes = &[Scope::Ingest];
        let new = NewKey { name: &name, scopes, expires_at: None, hint: "wf_12", secret };
        let id = store.create_api_key(&actor, &new, NOW).await.expect("a key");
        (actor, id)
    }

    async fn opens(store: &SqliteStore) -> bool {
        let found = store.find_active_api_key(&secret::hash("key")).await.expect("an answer");
        found.is_some_and(|key| key.facts.state(NOW).opens())
    }

    #[tokio::test]
    async fn a_key_that_was_just_found_opens_nothing_once_it_is_revoked() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = open(&folder).await;
        let (actor, key) = make_key(&store).await;
        assert!(opens(&store).await);
        store.revoke_api_key(&actor, key, NOW).await.expect("revoked");
        assert!(!opens(&store).await);
        store.close().await;
    }

    #[tokio::test]
    async fn what_another_process_revokes_opens_nothing_a_moment_later() {
        let folder = tempfile::tempdir().expect("a folder");
        let (store, other) = (open(&folder).await, open(&folder).await);
        let (actor, key) = make_key(&store).await;
        assert!(opens(&store).await);
        other.revoke_api_key(&actor, key, NOW).await.expect("revoked");
        tokio::time::sleep(HOLDS).await;
        assert!(!opens(&store).await);
        store.close().await;
        other.close().await;
    }
}
