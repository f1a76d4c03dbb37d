//! [`OutboxStore`] for SQLite.

mod counts;
mod facts;
mod failed;
mod lease;
#[cfg(test)]
mod outcome_tests;
mod record;
mod record_and_lease;

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;

use super::{SqliteStore, channels, error::SqliteResult, rows::to_json};
use wayfare_domain::{
    ids::{JourneyId, MessageKey, ProfileKey, ProjectId, ProjectKey, VersionKey},
    messages::{send_rules::FrequencyCap, suppression::AddressKind},
    profiles::profile::Channel,
    time::Timestamp,
};
use wayfare_store::{
    StoreError, StoreResult,
    outbox::{
        ActiveChannel, LeaseQuota, LeasedMessage, Merges, MessageResult, OutboxDepth, OutboxQueue,
        OutboxStore, SendFacts, VersionNames,
    },
};

#[async_trait]
impl OutboxStore for SqliteStore {
    async fn list_queues(&self) -> StoreResult<Vec<OutboxQueue>> {
        Ok(lease::list_queues(self).await?)
    }

    async fn record_and_lease(
        &self,
        results: &[MessageResult],
        quotas: &[LeaseQuota],
        now: Timestamp,
    ) -> StoreResult<Vec<LeasedMessage>> {
        Ok(record_and_lease::record_and_lease(self, results, quotas, now).await?)
    }

    async fn load_send_facts(
        &self,
        addresses: &[(ProjectKey, AddressKind, String)],
        profiles: &[ProfileKey],
        since: Timestamp,
    ) -> StoreResult<SendFacts> {
        Ok(facts::read(self, addresses, profiles, since).await?)
    }

    async fn requeue_leased(&self, composed: &[MessageKey], now: Timestamp) -> StoreResult<i64> {
        Ok(record::requeue_leased(self, composed, now).await?)
    }

    async fn load_stopped_versions(
        &self,
        versions: &[VersionKey],
    ) -> StoreResult<HashSet<VersionKey>> {
        Ok(stopped_versions(self, versions).await?)
    }

    async fn list_active_channels(&self) -> StoreResult<Vec<ActiveChannel>> {
        Ok(channels::live(self).await?)
    }

    async fn load_caps_by_project(&self) -> StoreResult<HashMap<ProjectKey, Vec<FrequencyCap>>> {
        Ok(facts::caps_by_project(self).await?)
    }

    async fn load_version_names(
        &self,
        versions: &[VersionKey],
    ) -> StoreResult<HashMap<VersionKey, VersionNames>> {
        Ok(version_names(self, versions).await?)
    }

    fn merges(&self) -> Merges {
        self.merges.clone()
    }

    async fn get_outbox_depth(&self, project: ProjectId) -> StoreResult<OutboxDepth> {
        Ok(facts::outbox_depth(self, project).await?)
    }
}

async fn stopped_versions(
    store: &SqliteStore,
    versions: &[VersionKey],
) -> SqliteResult<HashSet<VersionKey>> {
    record::stopped(&mut *store.readers.acquire().await?, versions).await
}

async fn version_names(
    store: &SqliteStore,
    versions: &[VersionKey],
) -> SqliteResult<HashMap<VersionKey, VersionNames>> {
    let rows: Vec<(i64, uuid::Uuid, String)> = sqlx::query_as(
        "SELECT v.key, j.id, j.name FROM json_each(?1) chosen CROSS JOIN versions v
            ON v.key = chosen.value
         JOIN journeys j ON j.id = v.journey_id",
    )
    .bind(to_json(&versions)?)
    .fetch_all(&store.readers)
    .await?;
    let names = |(seq, id, name)| {
        (
            VersionKey(seq),
            VersionNames { journey_id: JourneyId(id).to_string(), journey_name: name },
        )
    };
    Ok(rows.into_iter().map(names).collect())
}

/// A channel's word in the store; one that is not known is damage.
fn channel(key: &str) -> SqliteResult<Channel> {
    Channel::from_key(key)
        .ok_or_else(|| StoreError::Corrupt(format!("the unknown channel {key}")).into())
}
