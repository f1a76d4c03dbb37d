//! What new versions leave in the tables: what was decided is what is written, and the list shows
//! it.

use crate::test_journeys::{INSIDE, NOW, document, world};
use wayfare_domain::{
    graph::Graph,
    journeys::{
        settings::{EntryTrigger, Settings},
        status::Status,
        transition::{Action, Refusal},
    },
    versions::{PreviousVersionPolicy, SaveVersion, begin::DraftConflict},
};
use wayfare_store::{
    Store, StoreError,
    versions::{SaveOutcome, VersionStore},
};

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
