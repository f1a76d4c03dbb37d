//! What operations on journeys and new versions leave in the tables: that what was decided is what
//! is written, and that the list shows it.

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
        transition::{Action, Refusal},
    },
    names::{Description, JourneyName, LabelName},
    operations::{ItemResult, OperationResult},
    stats::VersionStats,
    time::Timestamp,
    versions::{PreviousVersionPolicy, SaveVersion, begin::DraftConflict, publish::PublishVersion},
};
use wayfare_store::{
    ChangeLabels, EditDetails, Store, StoreError,
    seed::{SeedJourney, SeedVersion},
    versions::{SaveOutcome, VersionStore},
};

const NOW: Timestamp = Timestamp(1_790_000_000_000);
const INSIDE: VersionStats = VersionStats {
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

struct World {
    store: SqliteStore,
    actor: Actor,
    _folder: TempDir,
}

async fn world() -> World {
    let folder = TempDir::new().expect("a folder");
    let config = SqliteConfig::new(folder.path().join("journeys.db"));
    let store = SqliteStore::open(&config).await.expect("a store");
    let actor = store.local_actor(NOW).await.expect("an actor");
    World { store, actor, _folder: folder }
}

fn document(name: &str) -> JourneyDocument {
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
    async fn journeys(&self, statuses: &[Status]) -> Vec<JourneyId> {
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

    async fn list(&self) -> Vec<JourneySummary> {
        let query = ListQuery::parse("").expect("a query");
        self.store.list(self.actor.project, &query, NOW).await.expect("a page").rows
    }

    async fn row(&self, journey: JourneyId) -> JourneySummary {
        self.store.journey(self.actor.project, journey).await.expect("a journey").summary
    }

    /// Newest first.
    async fn versions(&self, journey: JourneyId) -> Vec<VersionSummary> {
        self.store.journey(self.actor.project, journey).await.expect("a journey").versions
    }

    async fn operate(&self, journeys: &[JourneyId], action: Action) -> OperationResult {
        let selection = Selection::Ticked(journeys.to_vec());
        self.store.operate(&self.actor, &selection, action, None, NOW).await.expect("done")
    }

    async fn begin(&self, journey: JourneyId) -> i64 {
        self.store.begin_version(&self.actor, journey, None, NOW).await.expect("a draft")
    }

    async fn publish(
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
    async fn rates(&self) -> Vec<(Option<i64>, Option<i64>)> {
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

#[tokio::test]
async fn a_stop_leaves_the_counters_that_the_domain_says() {
    let world = world().await;
    let journeys = world.journeys(&[Status::Running, Status::Draft]).await;
    let answer = world.operate(&journeys, Action::Stop).await;
    assert_eq!((answer.report.ended_inside, answer.report.cancelled_messages), (5, 2));
    assert_eq!((answer.report.changed, answer.report.skipped_count()), (1, 1));
    let version = world.versions(journeys[0]).await.remove(0);
    assert_eq!((version.status, version.figures), (Status::Stopped, INSIDE.after_stop()));
    assert_eq!(world.row(journeys[0]).await.status, Status::Stopped);
    assert_eq!(world.row(journeys[1]).await.status, Status::Draft);
}

#[tokio::test]
async fn a_stop_ends_older_versions_too() {
    let world = world().await;
    let journey = world.journeys(&[Status::Running]).await[0];
    let number = world.begin(journey).await;
    world.publish(journey, number, PreviousVersionPolicy::KeepEnrolments).await.expect("done");
    let answer = world.operate(&[journey], Action::Stop).await;
    assert_eq!(answer.report.ended_inside, 5);
    let statuses: Vec<Status> =
        world.versions(journey).await.iter().map(|version| version.status).collect();
    assert_eq!(statuses, [Status::Stopped, Status::Stopped]);
}

#[tokio::test]
async fn many_journeys_get_the_status_that_each_of_them_should_have() {
    let world = world().await;
    let statuses = [Status::Running, Status::Paused, Status::Completed, Status::Running];
    let journeys = world.journeys(&statuses).await;
    let paused = world.operate(&journeys, Action::Pause).await;
    assert_eq!((paused.report.changed, paused.report.skipped_count()), (2, 2));
    let undone = world.store.undo(&world.actor, paused.report.id, NOW).await.expect("undone");
    assert_eq!(undone.report.undo_of, Some(paused.report.id));
    for (journey, status) in journeys.iter().zip(statuses) {
        assert_eq!(world.row(*journey).await.status, status);
    }
}

#[tokio::test]
async fn publishing_a_draft_starts_it_now_and_opens_it() {
    let world = world().await;
    let journey = world.journeys(&[Status::Draft]).await[0];
    world.operate(&[journey], Action::Publish).await;
    let row = world.row(journey).await;
    assert_eq!((row.status, row.start, row.published_at), (Status::Running, Some(NOW), Some(NOW)));
    assert!(row.ever_published);
    let (since,): (i64,) = sqlx::query_as("SELECT entry_since FROM versions")
        .fetch_one(&world.store.readers)
        .await
        .expect("a version");
    assert_eq!(since, NOW.0);
}

#[tokio::test]
async fn the_list_shows_the_version_that_was_published_and_none_of_the_older_ones_counts() {
    let world = world().await;
    let journey = world.journeys(&[Status::Running]).await[0];
    let number = world.begin(journey).await;
    world.publish(journey, number, PreviousVersionPolicy::ExitEnrolments).await.expect("done");
    let row = world.row(journey).await;
    assert_eq!((row.name.as_str(), row.status, row.versions), ("Renamed", Status::Running, 2));
    assert_eq!((row.start, row.published_at), (Some(NOW.plus(1)), Some(NOW.plus(1))));
    assert_eq!((row.figures.entered, row.figures.inside), (0, 0));
    assert_eq!(world.rates().await, [(None, None)]);
    let older = world.versions(journey).await.remove(1);
    assert_eq!((older.status, older.figures), (Status::Completed, INSIDE.after_version_exit()));
    let history = world.store.history(world.actor.project, journey, 1).await.expect("lines");
    assert_eq!(history[0].operation.note, "version 2; 5 people exited the older versions");
    assert_eq!(history[0].operation.cancelled_messages, 2);
}

#[tokio::test]
async fn a_draft_that_was_published_already_is_refused() {
    let world = world().await;
    let journey = world.journeys(&[Status::Running]).await[0];
    let error = world.publish(journey, 1, PreviousVersionPolicy::default()).await;
    let Err(StoreError::Refused { refusal, .. }) = error else { panic!("not refused: {error:?}") };
    assert_eq!(refusal, Refusal::AlreadyPublished);
}

#[tokio::test]
async fn the_rate_of_the_list_is_the_domains_after_an_import_and_after_every_count() {
    let world = world().await;
    world.journeys(&[Status::Running, Status::Draft]).await;
    assert_eq!(world.rates().await, [(Some(3_333), Some(3_333)), (None, None)]);
    sqlx::query(
        "UPDATE versions SET converted = converted + 1, inside = inside - 1
                 WHERE entered > 0",
    )
    .execute(&world.store.writer)
    .await
    .expect("counted");
    assert_eq!(world.rates().await[0], (Some(4_444), Some(4_444)));
}

#[tokio::test]
async fn there_is_one_draft_at_most_and_it_can_be_discarded_once() {
    let world = world().await;
    let journey = world.journeys(&[Status::Running]).await[0];
    assert_eq!(world.begin(journey).await, 2);
    let again = world.store.begin_version(&world.actor, journey, None, NOW).await;
    assert!(matches!(again, Err(StoreError::Draft(DraftConflict::AlreadyThere))), "{again:?}");
    world.store.discard_draft(&world.actor, journey, NOW).await.expect("discarded");
    let gone = world.store.discard_draft(&world.actor, journey, NOW).await;
    assert!(matches!(gone, Err(StoreError::Draft(DraftConflict::Missing))), "{gone:?}");
    assert_eq!(world.row(journey).await.versions, 1);
}

#[tokio::test]
async fn saves_of_one_session_are_one_line_and_an_older_revision_is_a_conflict() {
    let world = world().await;
    let journey = world.store.create(&world.actor, &document("New"), NOW).await.expect("a journey");
    let save = |revision, name: &str| {
        let entry = EntryTrigger::Event { name: name.to_string(), filters: Vec::new() };
        let settings = Settings::new(entry);
        SaveVersion { journey, version: 1, revision, graph: Graph::empty(), settings }
    };
    for (revision, name, at) in [(1, "A", 0), (2, "B", 1_000)] {
        let save = save(revision, name);
        let done = world.store.save_version(&world.actor, &save, NOW.plus(at)).await;
        let revision = revision + 1;
        assert_eq!(done.expect("saved"), SaveOutcome::Done { revision });
    }
    let stale = world.store.save_version(&world.actor, &save(2, "C"), NOW).await;
    assert_eq!(stale.expect("answered"), SaveOutcome::Conflict);
    let same = world.store.save_version(&world.actor, &save(3, "B"), NOW).await;
    assert_eq!(same.expect("answered"), SaveOutcome::Done { revision: 3 });
    let history = world.store.history(world.actor.project, journey, 10).await.expect("lines");
    let notes: Vec<&str> = history.iter().map(|line| line.operation.note.as_str()).collect();
    assert_eq!(notes, ["version 1", "created"]);
}

#[tokio::test]
async fn what_is_scheduled_starts_when_its_time_has_come() {
    let world = world().await;
    let journey = world.journeys(&[Status::Draft]).await[0];
    let start = NOW.plus(60_000);
    sqlx::query("UPDATE versions SET start_at = ?")
        .bind(start.0)
        .execute(&world.store.writer)
        .await
        .expect("set");
    world.operate(&[journey], Action::Publish).await;
    assert_eq!(world.row(journey).await.status, Status::Scheduled);
    let advance = async |now| world.store.advance_by_time(&world.actor, now).await.expect("next");
    assert_eq!(advance(NOW).await, Some(start));
    assert_eq!(advance(start).await, None);
    assert_eq!(world.row(journey).await.status, Status::Running);
}

#[tokio::test]
async fn a_name_labels_and_a_deleted_draft_come_back_once() {
    let world = world().await;
    let journey = world.journeys(&[Status::Draft]).await[0];
    let vip = LabelName::parse("VIP").expect("a label");
    let name = JourneyName::parse("Other").expect("a name");
    let change = ChangeLabels { create: vec![vip], ..ChangeLabels::default() };
    let selection = Selection::Ticked(vec![journey]);
    let deleted = world.operate(&[journey], Action::Delete).await.report.id;
    assert!(world.list().await.is_empty());
    let undo = async |operation| world.store.undo(&world.actor, operation, NOW).await;
    undo(deleted).await.expect("undone");
    let renamed = world.store.rename(&world.actor, journey, &name, NOW).await.expect("renamed");
    undo(renamed.report.id).await.expect("undone");
    let labelled = world.store.label(&world.actor, &selection, &change, NOW).await.expect("done");
    assert_eq!(world.row(journey).await.labels.len(), 1);
    let back = undo(labelled.report.id).await.expect("undone");
    let row = world.row(journey).await;
    assert_eq!((row.name.as_str(), row.labels.len()), ("Journey 0", 0));
    for operation in [labelled.report.id, back.report.id] {
        let again = undo(operation).await;
        assert!(matches!(again, Err(StoreError::Refused { .. })), "{again:?}");
    }
}

#[tokio::test]
async fn what_was_changed_since_stays_and_the_undo_says_so() {
    let world = world().await;
    let journeys = world.journeys(&[Status::Running, Status::Running]).await;
    let paused = world.operate(&journeys, Action::Pause).await.report.id;
    let name = JourneyName::parse("Other").expect("a name");
    world.store.rename(&world.actor, journeys[0], &name, NOW).await.expect("renamed");
    let undone = world.store.undo(&world.actor, paused, NOW).await.expect("undone");
    let last = undone.items.last().expect("a row");
    assert_eq!(last.outcome, ItemResult::Skipped(Refusal::ChangedSince));
    assert_eq!(world.row(journeys[0]).await.status, Status::Paused);
    assert_eq!(world.row(journeys[1]).await.status, Status::Running);
}

#[tokio::test]
async fn an_edit_that_is_refused_makes_no_labels() {
    let world = world().await;
    let journey = world.journeys(&[Status::Draft]).await[0];
    let labels = (0..11).map(|number| LabelName::parse(&format!("L{number}")).expect("a label"));
    let edit = EditDetails {
        name: JourneyName::parse("Other").expect("a name"),
        description: Description::parse("").expect("a description"),
        labels: Vec::new(),
        new_labels: labels.collect(),
        revision: None,
    };
    let refused = world.store.edit_details(&world.actor, journey, &edit, NOW).await;
    assert!(
        matches!(refused, Err(StoreError::Refused { refusal: Refusal::TooManyLabels, .. })),
        "{refused:?}"
    );
    assert!(world.store.labels(world.actor.project).await.expect("labels").is_empty());
}

#[tokio::test]
async fn a_clone_is_a_draft_with_the_graph_and_none_of_the_counts() {
    let world = world().await;
    let journey = world.journeys(&[Status::Running]).await[0];
    let project = world.actor.project;
    let clone = world.store.clone_journey(&world.actor, journey, project, NOW).await.expect("made");
    let row = world.row(clone).await;
    assert_eq!((row.name.as_str(), row.status), ("Clone of Journey 0", Status::Draft));
    assert_eq!((row.figures.entered, row.start), (0, None));
    let history = world.store.history(project, clone, 1).await.expect("lines");
    assert_eq!(history[0].operation.note, "from “Journey 0”");
}

/// A statement about many journeys that walked through every version would be slow exactly where
/// there are many.
#[tokio::test]
async fn statements_about_many_journeys_look_their_versions_up() {
    let world = world().await;
    let plans = [
        "UPDATE versions SET status = ?3, inside = ended.value ->> 1 FROM json_each(?2) ended
         WHERE versions.seq = ended.value ->> 0 AND versions.project_id = ?1",
        "WITH opened AS MATERIALIZED (
             SELECT j.shown_version_id AS id, change.value ->> 1 AS start
             FROM json_each(?2) change CROSS JOIN journeys j ON j.seq = change.value ->> 0
             WHERE j.project_id = ?1)
         UPDATE versions SET published_by = ?3, start_at = opened.start
         FROM opened WHERE versions.id = opened.id",
    ];
    for statement in plans {
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}")))
                .fetch_all(&world.store.readers)
                .await
                .expect("a plan");
        let steps: Vec<String> = plan.into_iter().map(|(.., step)| step).collect();
        assert!(steps.iter().any(|step| step.starts_with("SEARCH versions")), "{steps:?}");
    }
}
