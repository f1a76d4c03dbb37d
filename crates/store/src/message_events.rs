//! What comes back: message events, replies, preferences, and the suppression list.

use std::collections::HashMap;

use super::{StoreResult, outbox::ChangedFacts};
use wayfare_domain::{
    access::actor::Actor,
    ids::ProjectId,
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

pub trait AnswerStore {
    /// Writes what became of messages, each thing once for a message, and what follows from it: the
    /// suppression list, consent. Messages that are unknown are left alone. Answers how much was
    /// news, and what must not go out any more because of it.
    fn report(
        &self,
        told: &[InboundBatch],
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<(u64, ChangedFacts)>> + Send;
    /// The messages of a project among these, which were named by their own key.
    fn messages_of(
        &self,
        project: ProjectId,
        messages: &[i64],
    ) -> impl Future<Output = StoreResult<Vec<i64>>> + Send;
    /// The messages of a project by what their provider calls them.
    fn messages_by_provider(
        &self,
        project: ProjectId,
        names: &[String],
    ) -> impl Future<Output = StoreResult<HashMap<String, i64>>> + Send;

    /// Anyone who got a message; none where it is not kept any more.
    fn recipient(
        &self,
        message: i64,
    ) -> impl Future<Output = StoreResult<Option<Recipient>>> + Send;
    /// They decide; none where the message is not kept any more. It is told as the answer of the
    /// message, too. Answers what must not go out any more because of it.
    fn save_preferences(
        &self,
        message: i64,
        wish: &PreferenceUpdate,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<Option<ChangedFacts>>> + Send;

    /// Why an address gets nothing any more; none where it is not on the list. It may be spelled as
    /// people spell it.
    fn suppressed(
        &self,
        project: ProjectId,
        kind: AddressKind,
        address: &str,
    ) -> impl Future<Output = StoreResult<Option<String>>> + Send;
    fn suppressions(
        &self,
        project: ProjectId,
        query: &SuppressionQuery,
    ) -> impl Future<Output = StoreResult<SuppressionPage>> + Send;
    /// A batch of an export, in the order of the addresses, after the given one; empty at the end.
    fn suppression_batch(
        &self,
        project: ProjectId,
        after: Option<&Suppression>,
    ) -> impl Future<Output = StoreResult<Vec<Suppression>>> + Send;
    /// Puts addresses on the list by hand. Answers how many were not there yet.
    fn suppress(
        &self,
        actor: &Actor,
        kind: AddressKind,
        addresses: &[String],
        note: &str,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<u64>> + Send;
    fn unsuppress(
        &self,
        actor: &Actor,
        kind: AddressKind,
        address: &str,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;

    /// What a provider's reports are verified with, sealed.
    fn webhook_secret(
        &self,
        project: ProjectId,
        provider: WebhookProvider,
    ) -> impl Future<Output = StoreResult<Option<Vec<u8>>>> + Send;
    fn webhook_secrets(
        &self,
        project: ProjectId,
    ) -> impl Future<Output = StoreResult<Vec<WebhookSecretInfo>>> + Send;
    /// Keeps a sealed secret, or takes it away.
    fn save_webhook_secret(
        &self,
        actor: &Actor,
        provider: WebhookProvider,
        sealed: Option<&[u8]>,
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<()>> + Send;

    /// The newest messages to a person.
    fn messages_to(
        &self,
        project: ProjectId,
        person: i64,
    ) -> impl Future<Output = StoreResult<Vec<MessageSummary>>> + Send;
}
