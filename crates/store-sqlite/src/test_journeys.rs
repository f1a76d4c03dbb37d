//! Journeys for tests of this crate: a store of their own, and short ways to ask it.

use sqlx::Row;
use tempfile::TempDir;

use crate::{SqliteConfig, SqliteStore};
use wayfare_domain::{
    access::actor::Actor,
    graph::Graph,
    ids::JourneyId,
    journeys::{
        document::JourneyDocument,
        list::{query::ListQuery, selection::Selection},
        read_model::{JourneySummary, VersionSummary},
        settings::{EntryTrigger, Settings},
        status::Status,
        transition::Action,
    },
    names::{Description, JourneyName},
    operations::OperationResult,
    stats::VersionStats,
    time::Timestamp,
    versions::{PreviousVersionPolicy, publish::PublishVersion},
};
use wayfare_store::{
    Store, StoreError,
    seed::{SeedJourney, SeedVersion},
    versions::VersionStore,
};

pub const NOW: Timestamp = Timestamp(1_790_000_000_000);
pub const INSIDE: VersionStats = VersionStats {
    entered: 9,
    inside: 5,
    completed: 1,
    converted: 3,
    timed_out: 0,
    force_exited: 0,
    stopped: 0,
    version_exit: 0,
    queued: 2,
    cancelled: 1,
    qualified: 9,
    control: 0,
};

pub struct World {
    pub store: SqliteStore,
    pub actor: Actor,
    _folder: TempDir,
}

pub async fn world() -> World {
    let folder = TempDir::new().expect("a folder");
    let config = SqliteConfig::new(folder.path().join("journeys.db"));
    let store = SqliteStore::open(&config).await.expect("a store");
    let actor = store.local_actor(NOW).await.expect("an actor");
    World { store, actor, _folder: folder }
}

pub fn document(name: &str) -> JourneyDocument {
    JourneyDocument {
        name: JourneyName::parse(name).expect("a name"),
        description: Description::parse("").expect("a description"),
        labels: Vec::new(),
        status: None,
        settings: Settings::new(EntryTrigger::Api {}),
        graph: Graph::empty(),
    }
}

impl World {
    /// Journeys of one version each, in these statuses; a published one has people inside.
    pub async fn journeys(&self, statuses: &[Status]) -> Vec<JourneyId> {
        let created_by = self.actor.user;
        let seeded: Vec<SeedJourney> = statuses
            .iter()
            .enumerate()
            .map(|(number, status)| {
                let published = *status != Status::Draft;
                SeedJourney {
                    document: document(&format!("Journey {number}")),
                    archived: false,
                    created_by,
                    created_at: NOW,
                    versions: vec![SeedVersion {
                        status: *status,
                        figures: if published { INSIDE } else { VersionStats::default() },
                        created_by,
                        created_at: NOW,
                        published: published.then_some((created_by, NOW)),
                        start: published.then_some(NOW),
                    }],
                }
            })
            .collect();
        self.store.seed(self.actor.project, &[], &seeded, NOW).await.expect("seeded");
        let mut rows = self.list().await;
        rows.sort_by(|a, b| a.name.cmp(&b.name));
        rows.into_iter().map(|row| row.id).collect()
    }

    pub async fn list(&self) -> Vec<JourneySummary> {
        let query = ListQuery::parse("").expect("a query");
        self.store.list(self.actor.project, &query, NOW).await.expect("a page").rows
    }

    pub async fn row(&self, journey: JourneyId) -> JourneySummary {
        self.store.journey(self.actor.project, journey).await.expect("a journey").summary
    }

    /// Newest first.
    pub async fn versions(&self, journey: JourneyId) -> Vec<VersionSummary> {
        self.store.journey(self.actor.project, journey).await.expect("a journey").versions
    }

    pub async fn operate(&self, journeys: &[JourneyId], action: Action) -> OperationResult {
        let selection = Selection::Ticked(journeys.to_vec());
        self.store.operate(&self.actor, &selection, action, None, NOW).await.expect("done")
    }

    pub async fn begin(&self, journey: JourneyId) -> i64 {
        self.store.begin_version(&self.actor, journey, None, NOW).await.expect("a draft")
    }

    pub async fn publish(
        &self,
        journey: JourneyId,
        version: i64,
        predecessor: PreviousVersionPolicy,
    ) -> Result<(), StoreError> {
        let command = PublishVersion {
            journey,
            version,
            revision: 1,
            name: JourneyName::parse("Renamed").expect("a name"),
            description: Description::parse("For a test").expect("a description"),
            predecessor,
        };
        self.store.publish_version(&self.actor, &command, NOW.plus(1)).await
    }

    /// The `rate` of the list's table beside what the domain makes of the same counters.
    pub async fn rates(&self) -> Vec<(Option<i64>, Option<i64>)> {
        let rows = sqlx::query("SELECT rate, entered, converted FROM journeys ORDER BY seq")
            .fetch_all(&self.store.readers)
            .await
            .expect("rows");
        let stats = |row: &sqlx::sqlite::SqliteRow| VersionStats {
            entered: row.get("entered"),
            converted: row.get("converted"),
            ..VersionStats::default()
        };
        rows.iter().map(|row| (row.get("rate"), stats(row).rate())).collect()
    }
}
