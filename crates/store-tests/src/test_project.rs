//! A project in an empty store, and short ways to ask for what most promises are about.

use serde_json::{Value, json};
use wayfare_domain::{
    access::actor::Actor,
    graph::{Graph, criteria::Criteria},
    ids::{JourneyId, ProfileKey, ProjectId},
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
    profiles::{
        Properties,
        ingest_record::{IngestRecord, NewEvent, ProfileRef, ProfileUpdate, RecordPayload},
        read_model::ProfileDetail,
        sender::{Batch, RecordSource, Sender},
    },
    stats::VersionStats,
    time::Timestamp,
    versions::{PreviousVersionPolicy, publish::PublishVersion},
};
use wayfare_store::{
    StoreResult, Stores,
    profiles::Ingested,
    transfer::{SeedJourney, SeedVersion},
};

use crate::engine_rounds::run_until_rest;

pub const NOW: Timestamp = Timestamp(1_790_000_000_000);
/// What a journey of [`TestProject::journeys`] counts once it was published.
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

/// The first project of a store, and the local admin.
pub struct TestProject<'a> {
    pub stores: &'a Stores,
    pub actor: Actor,
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

/// A journey with these settings, of one step after the entry.
pub fn one_step(name: &str, settings: Value, step: Value) -> JourneyDocument {
    serde_json::from_value(json!({
        "name": name,
        "settings": settings,
        "graph": {
            "nodes": [{"id": "entry", "step": {"entry": {}}}, {"id": "step", "step": step}],
            "connectors": [{"from": "entry", "outlet": "next", "to": "step"}]
        }
    }))
    .expect("a document")
}

pub fn properties(value: Value) -> Properties {
    value.as_object().cloned().expect("an object")
}

pub fn known(identity: &str) -> ProfileRef {
    ProfileRef::read(Some(identity.to_string()), None).expect("a profile")
}

pub fn event(name: &str, at: Timestamp) -> RecordPayload {
    RecordPayload::Event(NewEvent::read(name, Some(at), Properties::new(), None, at).expect("one"))
}

pub fn change(said: Value) -> RecordPayload {
    RecordPayload::Change(ProfileUpdate::read(properties(said)).expect("properties"))
}

impl<'a> TestProject<'a> {
    pub async fn new(stores: &'a Stores) -> Self {
        let actor = stores.projects.ensure_local_actor(NOW).await.expect("an actor");
        Self { stores, actor }
    }

    // Journeys.

    /// Journeys of one version each, in these statuses; a published one has people inside.
    pub async fn journeys(&self, statuses: &[Status]) -> Vec<JourneyId> {
        let seeded: Vec<SeedJourney> = statuses
            .iter()
            .enumerate()
            .map(|(number, status)| self.seed_journey(&format!("Journey {number}"), *status))
            .collect();
        self.stores
            .journey_transfer
            .seed_project(self.actor.project, &[], &seeded, NOW)
            .await
            .expect("seeded");
        let mut rows = self.list("per=100").await;
        rows.sort_by(|a, b| a.name.cmp(&b.name));
        rows.into_iter().map(|row| row.id).collect()
    }

    fn seed_journey(&self, name: &str, status: Status) -> SeedJourney {
        let created_by = self.actor.user;
        let published = status != Status::Draft;
        let version = SeedVersion {
            status,
            figures: if published { INSIDE } else { VersionStats::default() },
            created_by,
            created_at: NOW,
            published: published.then_some((created_by, NOW)),
            start: published.then_some(NOW),
        };
        SeedJourney {
            document: document(name),
            archived: false,
            created_by,
            created_at: NOW,
            versions: vec![version],
        }
    }

    /// A journey that is made and published.
    pub async fn running(&self, document: &JourneyDocument) -> JourneyId {
        let journey =
            self.stores.journeys.create_journey(&self.actor, document, NOW).await.expect("created");
        self.operate(&[journey], Action::Publish).await;
        journey
    }

    pub async fn list(&self, query: &str) -> Vec<JourneySummary> {
        let query = ListQuery::parse(query).expect("a query");
        self.stores
            .journey_queries
            .get_journey_page(self.actor.project, &query, NOW)
            .await
            .expect("a page")
            .rows
    }

    pub async fn row(&self, journey: JourneyId) -> JourneySummary {
        self.stores
            .journey_queries
            .get_journey(self.actor.project, journey)
            .await
            .expect("a journey")
            .summary
    }

    /// Newest first.
    pub async fn versions(&self, journey: JourneyId) -> Vec<VersionSummary> {
        versions_of(self.stores, self.actor.project, journey).await
    }

    /// What the newest version counts.
    pub async fn stats(&self, journey: JourneyId) -> VersionStats {
        self.versions(journey).await.remove(0).figures
    }

    pub async fn operate(&self, journeys: &[JourneyId], action: Action) -> OperationResult {
        let selection = Selection::Ticked(journeys.to_vec());
        self.stores
            .journeys
            .operate(&self.actor, &selection, action, None, NOW)
            .await
            .expect("done")
    }

    pub async fn begin(&self, journey: JourneyId) -> i64 {
        self.stores.versions.begin_version(&self.actor, journey, None, NOW).await.expect("a draft")
    }

    pub async fn publish(
        &self,
        journey: JourneyId,
        version: i64,
        predecessor: PreviousVersionPolicy,
    ) -> StoreResult<()> {
        let command = PublishVersion {
            journey,
            version,
            revision: 1,
            name: JourneyName::parse("Renamed").expect("a name"),
            description: Description::parse("For a test").expect("a description"),
            predecessor,
        };
        self.stores.versions.publish_version(&self.actor, &command, NOW.plus(1)).await
    }

    // People.

    /// Records of one sender, who is believed.
    pub fn batch(&self, records: Vec<IngestRecord>) -> Batch {
        let sender = Sender::trusted(self.actor.user, RecordSource::Api);
        Batch { project: self.actor.project, sender, records }
    }

    pub async fn ingest(&self, records: Vec<IngestRecord>) -> Ingested {
        let batch = self.batch(records);
        self.stores.ingest.ingest(&[batch], NOW).await.expect("stored").remove(0)
    }

    /// These people do something at that time.
    pub async fn did(&self, people: &[&str], name: &str, at: Timestamp) {
        let record = |who: &&str| IngestRecord { who: known(who), what: event(name, at) };
        let batch = self.batch(people.iter().map(record).collect());
        self.stores.ingest.ingest(&[batch], at).await.expect("stored");
    }

    pub async fn said(&self, identity: &str, said: Value) -> Ingested {
        self.ingest(vec![IngestRecord { who: known(identity), what: change(said) }]).await
    }

    pub async fn number_of(&self, identity: &str) -> ProfileKey {
        let found = self.stores.profiles.find_profile_key(self.actor.project, identity).await;
        found.expect("an answer").expect("a profile")
    }

    pub async fn person(&self, identity: &str) -> ProfileDetail {
        let number = self.number_of(identity).await;
        self.stores.profiles.get_profile(self.actor.project, number).await.expect("a person")
    }

    /// Everybody whom the store knows, in the order of their numbers.
    pub async fn people(&self) -> Vec<ProfileKey> {
        let number =
            self.stores.projects.get_project_key(self.actor.project).await.expect("a number");
        let everybody = Criteria::All(Vec::new());
        self.stores
            .engine_source
            .load_matching_profiles_after(number, &everybody, ProfileKey(0), i64::MAX, NOW)
            .await
            .expect("people")
    }

    // The store as a whole.

    pub async fn run(&self, now: Timestamp) {
        run_until_rest(self.stores, now).await;
    }

    /// Everything that is counted adds up.
    pub async fn adds_up(&self) {
        assert_eq!(self.stores.maintenance.check_consistency().await.expect("checked"), []);
    }
}

/// Newest first.
pub async fn versions_of(
    stores: &Stores,
    project: ProjectId,
    journey: JourneyId,
) -> Vec<VersionSummary> {
    stores.journey_queries.get_journey(project, journey).await.expect("a journey").versions
}
