//! Whose a database is: who serves it, with which key, and whether it is held.

use async_trait::async_trait;

use crate::StoreResult;
use wayfare_domain::{
    access::actor::Actor,
    hold::{Hold, HoldReason},
    time::Timestamp,
};
use wayfare_secrets::server_key::KeyFingerprint;

/// Which server a database belongs to, with which key, and whether it is held.
#[async_trait]
pub trait OwnershipStore: Send + Sync {
    /// This process is the server of the database from now on; one that was before writes nothing
    /// more.
    async fn take_over(&self, owner: &str, now: Timestamp) -> StoreResult<()>;
    /// Looks whether the database is still this process's; answers the hold that is in force.
    async fn confirm_ownership(&self) -> StoreResult<Option<Hold>>;
    /// When a server that trusted its clock last said that it runs; none for a new database.
    async fn find_last_alive(&self) -> StoreResult<Option<Timestamp>>;
    /// Says that a server runs, and trusts its clock.
    async fn record_alive(&self, now: Timestamp) -> StoreResult<()>;
    /// Holds everything that happens by itself; where it is held already, that hold stays.
    async fn hold(&self, reason: HoldReason, now: Timestamp) -> StoreResult<()>;
    /// Lets everything go on, with an entry in each project's audit log. False where nothing was
    /// held.
    async fn release_hold(&self, actor: &Actor, now: Timestamp) -> StoreResult<bool>;
    /// Of the key that the database was used with last.
    async fn find_key_fingerprint(&self) -> StoreResult<Option<KeyFingerprint>>;
    /// From now on the database is used with this key.
    async fn save_key_fingerprint(&self, fingerprint: &KeyFingerprint) -> StoreResult<()>;
    /// Would something be lost with another key: are there sealed secrets, or messages that
    /// providers were asked to take?
    async fn depends_on_key(&self) -> StoreResult<bool>;
}
