//! What comes back: message events, replies, preferences, and the suppression list.

use std::collections::HashMap;

use async_trait::async_trait;

use crate::{StoreResult, outbox::ChangedFacts};
use wayfare_domain::{
    access::actor::Actor,
    ids::{MessageKey, ProfileKey, ProjectId},
    messages::{
        feedback::NewMessageEvent,
        preferences::{PreferenceUpdate, Recipient},
        provider_webhook::WebhookProvider,
        read_model::MessageSummary,
        reply::SmsReply,
        suppression::{AddressKind, Suppression, SuppressionPage, SuppressionQuery},
    },
    time::Timestamp,
};

/// What one request told: all of it is stored, or, where its receipt was seen before, nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InboundBatch {
    pub reports: Vec<NewMessageEvent>,
    /// In this project.
    pub replies: Vec<(ProjectId, SmsReply)>,
    pub dedup_key: Option<(ProjectId, String)>,
}

impl InboundBatch {
    /// May anything in it keep messages from going out?
    pub fn is_grave(&self) -> bool {
        !self.replies.is_empty()
            || self.reports.iter().any(|report| report.suppression_reason().is_some())
    }
}

/// The secret of a provider, sealed, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookSecretInfo {
    pub provider: WebhookProvider,
    pub updated_at: Timestamp,
    pub updated_by: String,
}

/// What comes back from messages: message events, replies and preferences.
#[async_trait]
pub trait MessageEventStore: Send + Sync {
    /// Records what happened to messages, each kind once for a message, and what follows from it:
    /// the suppression list, consent. Messages that are unknown are left alone. Answers how much
    /// was news, and what must not go out any more because of it.
    async fn record_message_events(
        &self,
        batches: &[InboundBatch],
        now: Timestamp,
    ) -> StoreResult<(u64, ChangedFacts)>;
    /// The messages of a project among these.
    async fn list_messages_of_project(
        &self,
        project: ProjectId,
        messages: &[MessageKey],
    ) -> StoreResult<Vec<MessageKey>>;
    /// The messages of a project by what their provider calls them.
    async fn load_messages_by_provider_id(
        &self,
        project: ProjectId,
        ids: &[String],
    ) -> StoreResult<HashMap<String, MessageKey>>;
    /// The newest messages to a profile.
    async fn list_messages_to_profile(
        &self,
        project: ProjectId,
        profile: ProfileKey,
    ) -> StoreResult<Vec<MessageSummary>>;
    /// Whoever got a message; none where it is not kept any more.
    async fn find_recipient(&self, message: MessageKey) -> StoreResult<Option<Recipient>>;
    /// A recipient decides what to get; none where the message is not kept any more. Answers what
    /// must not go out any more because of it.
    async fn save_preferences(
        &self,
        message: MessageKey,
        update: &PreferenceUpdate,
        now: Timestamp,
    ) -> StoreResult<Option<ChangedFacts>>;
}

/// The suppression list of a project.
#[async_trait]
pub trait SuppressionStore: Send + Sync {
    /// Why an address gets nothing; none where it is not on the list. It may be spelled as people
    /// spell it.
    async fn find_suppression_reason(
        &self,
        project: ProjectId,
        kind: AddressKind,
        address: &str,
    ) -> StoreResult<Option<String>>;
    /// A page of the list.
    async fn get_suppression_page(
        &self,
        project: ProjectId,
        query: &SuppressionQuery,
    ) -> StoreResult<SuppressionPage>;
    /// A batch of an export, in the order of the addresses, after the given one; empty at the end.
    async fn load_suppression_batch(
        &self,
        project: ProjectId,
        after: Option<&Suppression>,
    ) -> StoreResult<Vec<Suppression>>;
    /// Puts addresses on the list by hand. Answers how many were not there yet.
    async fn add_suppressions(
        &self,
        actor: &Actor,
        kind: AddressKind,
        addresses: &[String],
        note: &str,
        now: Timestamp,
    ) -> StoreResult<u64>;
    /// Takes an address off the list.
    async fn remove_suppression(
        &self,
        actor: &Actor,
        kind: AddressKind,
        address: &str,
        now: Timestamp,
    ) -> StoreResult<()>;
}

/// What reports of providers are verified with. The store sees it sealed only.
#[async_trait]
pub trait WebhookSecretStore: Send + Sync {
    /// The secret of a provider, sealed.
    async fn find_webhook_secret(
        &self,
        project: ProjectId,
        provider: WebhookProvider,
    ) -> StoreResult<Option<Vec<u8>>>;
    /// For which providers there is one, and who saved it when.
    async fn list_webhook_secrets(&self, project: ProjectId)
    -> StoreResult<Vec<WebhookSecretInfo>>;
    /// Keeps a sealed secret, or takes it away.
    async fn save_webhook_secret(
        &self,
        actor: &Actor,
        provider: WebhookProvider,
        sealed: Option<&[u8]>,
        now: Timestamp,
    ) -> StoreResult<()>;
}
