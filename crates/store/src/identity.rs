//! What a database knows of itself: who serves it, with which key, and whether it is held.

use super::StoreResult;
use wayfare_domain::{
    access::actor::Actor,
    hold::{Hold, HoldReason},
    time::Timestamp,
};
use wayfare_secrets::server_key::KeyFingerprint;

pub trait IdentityStore: Send + Sync + 'static {
    /// This process is the server of the database from now on; one that was before writes nothing
    /// more.
    fn take_over(
        &self,
        owner: &str,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;
    /// Looks whether the database is still this process's; answers the hold that is in force.
    fn look_at_identity(&self) -> impl Future<Output = StoreResult<Option<Hold>>> + Send;
    /// Was the database cut off or overwritten under this process?
    fn is_damaged(&self) -> bool;
    /// Holds everything that happens by itself; where it is held already, that hold stays.
    fn hold(
        &self,
        reason: HoldReason,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;
    /// Lets everything go on, with an entry in each project's audit log. False where nothing was
    /// held.
    fn release_hold(
        &self,
        actor: &Actor,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<bool>> + Send;
    /// Of the key that the database was used with last.
    fn key_fingerprint(&self) -> impl Future<Output = StoreResult<Option<KeyFingerprint>>> + Send;
    fn save_key_fingerprint(
        &self,
        fingerprint: &KeyFingerprint,
    ) -> impl Future<Output = StoreResult<()>> + Send;
    /// Would something be lost with another key: are there sealed secrets, or messages that
    /// providers were asked to take?
    fn depends_on_key(&self) -> impl Future<Output = StoreResult<bool>> + Send;
}
