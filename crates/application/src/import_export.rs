//! Journeys in and out of files, and the demo project.

use super::{ServiceResult, Services};
use wayfare_domain::{
    access::{actor::Actor, permissions::Permission},
    audit::AuditEvent,
    consistency::Finding,
    ids::JourneyId,
    journeys::document::{JourneyDocument, JourneyFile},
    stats::pluralize,
};

/// Journeys that one transaction of a load test writes.
const DEMO_BATCH: usize = 2_000;

impl Services {
    /// All of the journeys, or none.
    pub async fn import(
        &self,
        actor: &Actor,
        documents: &[JourneyDocument],
    ) -> ServiceResult<Vec<JourneyId>> {
        actor.require(Permission::EditJourneys)?;
        let documents: Vec<JourneyDocument> =
            documents.iter().cloned().map(JourneyDocument::with_nothing_hidden).collect();
        let imported =
            self.stores.journey_transfer.import_journeys(actor, &documents, self.now()).await?;
        self.announce(actor.project).await;
        Ok(imported)
    }

    /// Every journey of the project, in the order of their making, without the keys in headers: a
    /// file goes from hand to hand.
    pub async fn export(&self, actor: &Actor) -> ServiceResult<JourneyFile> {
        actor.require(Permission::SeeJourneys)?;
        let mut documents = Vec::new();
        let mut after = None;
        loop {
            let batch = self.stores.journey_transfer.export_journeys(actor.project, after).await?;
            let Some((last, _)) = batch.last() else { return Ok(JourneyFile::new(documents)) };
            after = Some(*last);
            documents.extend(batch.into_iter().map(|(_, document)| document.without_secrets()));
        }
    }

    /// Loads the demo project, then further journeys until `count` are made. Answers how many were
    /// written.
    pub async fn load_demo(&self, actor: &Actor, count: Option<usize>) -> ServiceResult<usize> {
        actor.require(Permission::EditJourneys)?;
        let now = self.now();
        let project = wayfare_demo::project(now);
        let own = project.journeys.len().min(count.unwrap_or(usize::MAX));
        self.stores
            .journey_transfer
            .seed_project(actor.project, &project.people, &project.journeys[..own], now)
            .await?;
        let mut more =
            wayfare_demo::many::many(&project, count.unwrap_or(0).saturating_sub(own), now);
        let mut written = own;
        loop {
            let batch: Vec<_> = more.by_ref().take(DEMO_BATCH).collect();
            if batch.is_empty() {
                break;
            }
            self.stores.journey_transfer.seed_project(actor.project, &[], &batch, now).await?;
            written += batch.len();
        }
        let summary = pluralize(i64::try_from(written).unwrap_or(i64::MAX), "journey", "journeys");
        self.stores.audit.record_audit_event(actor, AuditEvent::DemoLoaded, &summary, now).await?;
        self.announce(actor.project).await;
        Ok(written)
    }

    pub async fn journey_count(&self, actor: &Actor) -> ServiceResult<i64> {
        actor.require(Permission::SeeJourneys)?;
        Ok(self.stores.journey_transfer.count_journeys(actor.project).await?)
    }

    pub async fn check(&self) -> ServiceResult<Vec<Finding>> {
        Ok(self.stores.maintenance.check_consistency().await?)
    }
}
