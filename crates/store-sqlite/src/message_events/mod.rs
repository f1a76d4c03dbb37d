//! [`MessageEventStore`] for SQLite.

mod effects;
mod messages;
mod preferences;
mod record;
mod replies;
pub(super) mod spelling;
pub(super) mod suppressions;
mod webhook_secrets;

use std::collections::HashMap;

use async_trait::async_trait;

use super::SqliteStore;
pub use messages::of_enrolment;
use wayfare_domain::{
    ids::{MessageKey, ProfileKey, ProjectId},
    messages::{
        preferences::{PreferenceUpdate, Recipient},
        read_model::MessageSummary,
    },
    time::Timestamp,
};
use wayfare_store::{
    StoreResult,
    message_events::{InboundBatch, MessageEventStore},
    outbox::ChangedFacts,
};

#[async_trait]
impl MessageEventStore for SqliteStore {
    async fn record_message_events(
        &self,
        batches: &[InboundBatch],
        now: Timestamp,
    ) -> StoreResult<(u64, ChangedFacts)> {
        Ok(record::record_message_events(self, batches, now).await?)
    }

    async fn list_messages_of_project(
        &self,
        project: ProjectId,
        messages: &[MessageKey],
    ) -> StoreResult<Vec<MessageKey>> {
        Ok(messages::of_project(self, project, messages).await?)
    }

    async fn load_messages_by_provider_id(
        &self,
        project: ProjectId,
        ids: &[String],
    ) -> StoreResult<HashMap<String, MessageKey>> {
        Ok(messages::by_provider(self, project, ids).await?)
    }

    async fn list_messages_to_profile(
        &self,
        project: ProjectId,
        profile: ProfileKey,
    ) -> StoreResult<Vec<MessageSummary>> {
        Ok(messages::to_person(self, project, profile).await?)
    }

    async fn find_recipient(&self, message: MessageKey) -> StoreResult<Option<Recipient>> {
        Ok(preferences::recipient(self, message.0).await?)
    }

    async fn save_preferences(
        &self,
        message: MessageKey,
        update: &PreferenceUpdate,
        now: Timestamp,
    ) -> StoreResult<Option<ChangedFacts>> {
        Ok(preferences::save_preferences(self, message.0, update, now).await?)
    }
}
