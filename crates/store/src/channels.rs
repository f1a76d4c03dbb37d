//! The channels of projects, and how many messages a person gets.

use async_trait::async_trait;

use crate::StoreResult;
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
#[async_trait]
pub trait ChannelStore: Send + Sync {
    /// The channels that were set up in a project.
    async fn list_channels(&self, project: ProjectId) -> StoreResult<Vec<StoredChannel>>;
    /// One of them.
    async fn find_channel(
        &self,
        project: ProjectId,
        channel: Channel,
    ) -> StoreResult<Option<StoredChannel>>;
    /// Saves a channel. Refused where someone changed it since.
    async fn save_channel(
        &self,
        actor: &Actor,
        change: &SaveChannel,
        now: Timestamp,
    ) -> StoreResult<()>;
    /// The frequency caps of a project.
    async fn list_frequency_caps(&self, project: ProjectId) -> StoreResult<Vec<FrequencyCap>>;
    /// These and no others.
    async fn set_frequency_caps(
        &self,
        actor: &Actor,
        caps: &[FrequencyCap],
        now: Timestamp,
    ) -> StoreResult<()>;
}
