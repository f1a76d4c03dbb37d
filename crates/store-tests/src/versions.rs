//! Versions: one draft at most, saves that do not overwrite each other, and what becomes of the
//! older version when a newer one is published.

use wayfare_domain::{
    graph::Graph,
    journeys::{
        settings::{EntryTrigger, Settings},
        status::Status,
        transition::{Action, Refusal},
    },
    versions::{PreviousVersionPolicy, SaveVersion, begin::DraftConflict},
};
use wayfare_store::{StoreError, Stores, versions::SaveOutcome};

use crate::test_project::{INSIDE, NOW, TestProject, document};

pub async fn a_stop_ends_older_versions_too(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let journey = project.journeys(&[Status::Running]).await[0];
    let number = project.begin(journey).await;
    project.publish(journey, number, PreviousVersionPolicy::KeepEnrolments).await.expect("done");
    let answer = project.operate(&[journey], Action::Stop).await;
    assert_eq!(answer.report.ended_inside, 5);
    let statuses: Vec<Status> =
        project.versions(journey).await.iter().map(|version| version.status).collect();
    assert_eq!(statuses, [Status::Stopped, Status::Stopped]);
}

pub async fn publishing_a_draft_starts_it_now_and_opens_it(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let journey = project.journeys(&[Status::Draft]).await[0];
    project.operate(&[journey], Action::Publish).await;
    let row = project.row(journey).await;
    assert_eq!((row.status, row.start, row.published_at), (Status::Running, Some(NOW), Some(NOW)));
    assert!(row.ever_published);
    let active = stores.engine_source.load_active_versions().await.expect("versions");
    assert_eq!(active.iter().map(|version| version.entry_since).collect::<Vec<_>>(), [NOW]);
}

pub async fn the_list_shows_the_version_that_was_published_and_none_of_the_older_ones_counts(
    stores: &Stores,
) {
    let project = TestProject::new(stores).await;
    let journey = project.journeys(&[Status::Running]).await[0];
    let number = project.begin(journey).await;
    project.publish(journey, number, PreviousVersionPolicy::ExitEnrolments).await.expect("done");
    let row = project.row(journey).await;
    assert_eq!((row.name.as_str(), row.status, row.versions), ("Renamed", Status::Running, 2));
    assert_eq!((row.start, row.published_at), (Some(NOW.plus(1)), Some(NOW.plus(1))));
    assert_eq!((row.figures.entered, row.figures.inside), (0, 0));
    let older = project.versions(journey).await.remove(1);
    assert_eq!((older.status, older.figures), (Status::Completed, INSIDE.after_version_exit()));
    let history = stores
        .journey_queries
        .list_journey_history(project.actor.project, journey, 1)
        .await
        .expect("lines");
    assert_eq!(history[0].operation.note, "version 2; 5 people exited the older versions");
    assert_eq!(history[0].operation.cancelled_messages, 2);
}

pub async fn a_draft_that_was_published_already_is_refused(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let journey = project.journeys(&[Status::Running]).await[0];
    let error = project.publish(journey, 1, PreviousVersionPolicy::default()).await;
    let Err(StoreError::Refused { refusal, .. }) = error else { panic!("not refused: {error:?}") };
    assert_eq!(refusal, Refusal::AlreadyPublished);
}

pub async fn there_is_one_draft_at_most_and_it_can_be_discarded_once(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let journey = project.journeys(&[Status::Running]).await[0];
    assert_eq!(project.begin(journey).await, 2);
    let again = stores.versions.begin_version(&project.actor, journey, None, NOW).await;
    assert!(matches!(again, Err(StoreError::Draft(DraftConflict::AlreadyThere))), "{again:?}");
    stores.versions.discard_draft(&project.actor, journey, NOW).await.expect("discarded");
    let gone = stores.versions.discard_draft(&project.actor, journey, NOW).await;
    assert!(matches!(gone, Err(StoreError::Draft(DraftConflict::Missing))), "{gone:?}");
    assert_eq!(project.row(journey).await.versions, 1);
}

pub async fn saves_of_one_session_are_one_line_and_an_older_revision_is_a_conflict(
    stores: &Stores,
) {
    let project = TestProject::new(stores).await;
    let journey =
        stores.journeys.create_journey(&project.actor, &document("New"), NOW).await.expect("made");
    let save = |revision, name: &str| {
        let entry = EntryTrigger::Event { name: name.to_string(), filters: Vec::new() };
        let settings = Settings::new(entry);
        SaveVersion {
            journey,
            version: 1,
            revision,
            graph: Graph::empty(),
            settings,
            checked_as_draft: false,
        }
    };
    for (revision, name, at) in [(1, "A", 0), (2, "B", 1_000)] {
        let save = save(revision, name);
        let done = stores.versions.save_version(&project.actor, &save, NOW.plus(at)).await;
        let revision = revision + 1;
        assert_eq!(done.expect("saved"), SaveOutcome::Done { revision });
    }
    let stale = stores.versions.save_version(&project.actor, &save(2, "C"), NOW).await;
    assert_eq!(stale.expect("answered"), SaveOutcome::Conflict);
    let same = stores.versions.save_version(&project.actor, &save(3, "B"), NOW).await;
    assert_eq!(same.expect("answered"), SaveOutcome::Done { revision: 3 });
    let history = stores
        .journey_queries
        .list_journey_history(project.actor.project, journey, 10)
        .await
        .expect("lines");
    let notes: Vec<&str> = history.iter().map(|line| line.operation.note.as_str()).collect();
    assert_eq!(notes, ["version 1", "created"]);
}

pub async fn what_is_scheduled_starts_when_its_time_has_come(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let start = NOW.plus(60_000);
    let mut scheduled = document("Later");
    scheduled.settings.start = Some(start);
    let journey = project.running(&scheduled).await;
    assert_eq!(project.row(journey).await.status, Status::Scheduled);
    let advance =
        async |now| stores.journeys.advance_by_time(&project.actor, now).await.expect("next");
    assert_eq!(advance(NOW).await, Some(start));
    assert_eq!(advance(start).await, None);
    assert_eq!(project.row(journey).await.status, Status::Running);
}
