//! What operations on journeys leave in the tables: what was decided is what is written.

use super::operate::{PUBLISH_VERSIONS, STOP_VERSIONS};
use crate::test_journeys::{INSIDE, NOW, world};
use wayfare_domain::{
    journeys::{
        list::selection::Selection,
        status::Status,
        transition::{Action, Refusal},
    },
    names::{Description, JourneyName, LabelName},
    operations::ItemResult,
};
use wayfare_store::{ChangeLabels, EditDetails, Store, StoreError};

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
    for statement in [STOP_VERSIONS, PUBLISH_VERSIONS] {
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}")))
                .fetch_all(&world.store.readers)
                .await
                .expect("a plan");
        let steps: Vec<String> = plan.into_iter().map(|(.., step)| step).collect();
        assert!(steps.iter().any(|step| step.starts_with("SEARCH versions")), "{steps:?}");
    }
}
