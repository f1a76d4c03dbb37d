//! The channels of projects, and how many messages a person gets.

use super::StoreResult;
use wayfare_domain::{
    access::actor::Actor,
    ids::ProjectId,
    messages::{channel::ChannelSettings, send_rules::FrequencyCap},
    profiles::profile::Channel,
    time::Timestamp,
};

/// A channel as it is kept.
#[derive(Clone)]
pub struct StoredChannel {
    pub project: ProjectId,
    pub settings: ChannelSettings,
    /// Messages are sent, not logged.
    pub live: bool,
    /// Sealed with the server's key.
    pub sealed: Option<Vec<u8>>,
    /// Most messages a second.
    pub per_second: Option<u32>,
    /// Another one after each change.
    pub revision: i64,
    pub updated_by: String,
    pub updated_at: Timestamp,
}

/// A channel as it shall be.
#[derive(Clone)]
pub struct SaveChannel {
    pub settings: ChannelSettings,
    pub live: bool,
    pub sealed: SealedSecretUpdate,
    pub per_second: Option<u32>,
    /// Of the settings that were changed; 0 where there were none.
    pub revision: i64,
}

/// What becomes of the sealed secret.
#[derive(Clone)]
pub enum SealedSecretUpdate {
    Keep,
    Set(Vec<u8>),
    Forget,
}

/// The channels of projects, and how many messages a person gets.
pub trait ChannelStore {
    fn channels(
        &self,
        project: ProjectId,
    ) -> impl Future<Output = StoreResult<Vec<StoredChannel>>> + Send;
    fn channel(
        &self,
        project: ProjectId,
        channel: Channel,
    ) -> impl Future<Output = StoreResult<Option<StoredChannel>>> + Send;
    /// Refused where someone changed it since.
    fn save_channel(
        &self,
        actor: &Actor,
        change: &SaveChannel,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;
    fn frequency_caps(
        &self,
        project: ProjectId,
    ) -> impl Future<Output = StoreResult<Vec<FrequencyCap>>> + Send;
    /// These and no others.
    fn set_frequency_caps(
        &self,
        actor: &Actor,
        caps: &[FrequencyCap],
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;
}
