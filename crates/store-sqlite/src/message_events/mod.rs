//! [`AnswerStore`] for SQLite.

mod effects;
mod messages;
mod preferences;
mod record;
mod replies;
pub(super) mod spelling;
pub(super) mod suppressions;
mod webhook_secrets;

use std::collections::HashMap;

use super::SqliteStore;
pub use messages::of_enrolment;
use wayfare_domain::{
    access::actor::Actor,
    ids::ProjectId,
    messages::{
        preferences::{PreferenceUpdate, Recipient},
        provider_webhook::WebhookProvider,
        read_model::MessageSummary,
        suppression::{AddressKind, Suppression, SuppressionPage, SuppressionQuery},
    },
    time::Timestamp,
};
use wayfare_store::{
    StoreResult,
    message_events::{AnswerStore, InboundBatch, WebhookSecretInfo},
    outbox::ChangedFacts,
};

impl AnswerStore for SqliteStore {
    async fn report(
        &self,
        told: &[InboundBatch],
        now: Timestamp,
    ) -> StoreResult<(u64, ChangedFacts)> {
        Ok(record::report(self, told, now).await?)
    }

    async fn messages_of(&self, project: ProjectId, messages: &[i64]) -> StoreResult<Vec<i64>> {
        Ok(messages::of_project(self, project, messages).await?)
    }

    async fn messages_by_provider(
        &self,
        project: ProjectId,
        names: &[String],
    ) -> StoreResult<HashMap<String, i64>> {
        Ok(messages::by_provider(self, project, names).await?)
    }

    async fn recipient(&self, message: i64) -> StoreResult<Option<Recipient>> {
        Ok(preferences::recipient(self, message).await?)
    }

    async fn save_preferences(
        &self,
        message: i64,
        wish: &PreferenceUpdate,
        now: Timestamp,
    ) -> StoreResult<Option<ChangedFacts>> {
        Ok(preferences::save_preferences(self, message, wish, now).await?)
    }

    async fn suppressed(
        &self,
        project: ProjectId,
        kind: AddressKind,
        address: &str,
    ) -> StoreResult<Option<String>> {
        Ok(suppressions::reason(self, project, kind, address).await?)
    }

    async fn suppressions(
        &self,
        project: ProjectId,
        query: &SuppressionQuery,
    ) -> StoreResult<SuppressionPage> {
        Ok(suppressions::page(self, project, query).await?)
    }

    async fn suppression_batch(
        &self,
        project: ProjectId,
        after: Option<&Suppression>,
    ) -> StoreResult<Vec<Suppression>> {
        Ok(suppressions::batch(self, project, after).await?)
    }

    async fn suppress(
        &self,
        actor: &Actor,
        kind: AddressKind,
        addresses: &[String],
        note: &str,
        now: Timestamp,
    ) -> StoreResult<u64> {
        Ok(suppressions::add(self, actor, kind, addresses, note, now).await?)
    }

    async fn unsuppress(
        &self,
        actor: &Actor,
        kind: AddressKind,
        address: &str,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(suppressions::remove(self, actor, kind, address, now).await?)
    }

    async fn webhook_secret(
        &self,
        project: ProjectId,
        provider: WebhookProvider,
    ) -> StoreResult<Option<Vec<u8>>> {
        Ok(webhook_secrets::secret(self, project, provider).await?)
    }

    async fn webhook_secrets(&self, project: ProjectId) -> StoreResult<Vec<WebhookSecretInfo>> {
        Ok(webhook_secrets::all(self, project).await?)
    }

    async fn save_webhook_secret(
        &self,
        actor: &Actor,
        provider: WebhookProvider,
        sealed: Option<&[u8]>,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(webhook_secrets::save(self, actor, provider, sealed, now).await?)
    }

    async fn messages_to(
        &self,
        project: ProjectId,
        person: i64,
    ) -> StoreResult<Vec<MessageSummary>> {
        Ok(messages::to_person(self, project, person).await?)
    }
}
