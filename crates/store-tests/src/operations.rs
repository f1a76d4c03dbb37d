//! Operations on journeys: what was decided is what is kept, and can be undone once.

use wayfare_domain::{
    journeys::{
        list::selection::Selection,
        status::Status,
        transition::{Action, Refusal},
    },
    names::{Description, JourneyName, LabelName},
    operations::ItemResult,
};
use wayfare_store::{
    StoreError, Stores,
    journeys::{ChangeLabels, EditDetails},
};

use crate::test_project::{INSIDE, NOW, TestProject};

pub async fn a_stop_leaves_the_counters_that_the_domain_says(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let journeys = project.journeys(&[Status::Running, Status::Draft]).await;
    let answer = project.operate(&journeys, Action::Stop).await;
    assert_eq!((answer.report.ended_inside, answer.report.cancelled_messages), (5, 2));
    assert_eq!((answer.report.changed, answer.report.skipped_count()), (1, 1));
    let version = project.versions(journeys[0]).await.remove(0);
    assert_eq!((version.status, version.figures), (Status::Stopped, INSIDE.after_stop()));
    assert_eq!(project.row(journeys[0]).await.status, Status::Stopped);
    assert_eq!(project.row(journeys[1]).await.status, Status::Draft);
}

pub async fn many_journeys_get_the_status_that_each_of_them_should_have(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let statuses = [Status::Running, Status::Paused, Status::Completed, Status::Running];
    let journeys = project.journeys(&statuses).await;
    let paused = project.operate(&journeys, Action::Pause).await;
    assert_eq!((paused.report.changed, paused.report.skipped_count()), (2, 2));
    let undone = stores
        .journeys
        .undo_operation(&project.actor, paused.report.id, NOW)
        .await
        .expect("undone");
    assert_eq!(undone.report.undo_of, Some(paused.report.id));
    for (journey, status) in journeys.iter().zip(statuses) {
        assert_eq!(project.row(*journey).await.status, status);
    }
}

pub async fn a_name_labels_and_a_deleted_draft_come_back_once(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let journey = project.journeys(&[Status::Draft]).await[0];
    let vip = LabelName::parse("VIP").expect("a label");
    let name = JourneyName::parse("Other").expect("a name");
    let change = ChangeLabels { create: vec![vip], ..ChangeLabels::default() };
    let selection = Selection::Ticked(vec![journey]);
    let deleted = project.operate(&[journey], Action::Delete).await.report.id;
    assert!(project.list("").await.is_empty());
    let undo =
        async |operation| stores.journeys.undo_operation(&project.actor, operation, NOW).await;
    undo(deleted).await.expect("undone");
    let renamed =
        stores.journeys.rename_journey(&project.actor, journey, &name, NOW).await.expect("renamed");
    undo(renamed.report.id).await.expect("undone");
    let labelled = stores
        .journeys
        .label_journeys(&project.actor, &selection, &change, NOW)
        .await
        .expect("done");
    assert_eq!(project.row(journey).await.labels.len(), 1);
    let back = undo(labelled.report.id).await.expect("undone");
    let row = project.row(journey).await;
    assert_eq!((row.name.as_str(), row.labels.len()), ("Journey 0", 0));
    for operation in [labelled.report.id, back.report.id] {
        let again = undo(operation).await;
        assert!(matches!(again, Err(StoreError::Refused { .. })), "{again:?}");
    }
}

pub async fn what_was_changed_since_stays_and_the_undo_says_so(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let journeys = project.journeys(&[Status::Running, Status::Running]).await;
    let paused = project.operate(&journeys, Action::Pause).await.report.id;
    let name = JourneyName::parse("Other").expect("a name");
    stores.journeys.rename_journey(&project.actor, journeys[0], &name, NOW).await.expect("renamed");
    let undone = stores.journeys.undo_operation(&project.actor, paused, NOW).await.expect("undone");
    let last = undone.items.last().expect("a row");
    assert_eq!(last.outcome, ItemResult::Skipped(Refusal::ChangedSince));
    assert_eq!(project.row(journeys[0]).await.status, Status::Paused);
    assert_eq!(project.row(journeys[1]).await.status, Status::Running);
}

pub async fn an_edit_that_is_refused_makes_no_labels(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let journey = project.journeys(&[Status::Draft]).await[0];
    let labels = (0..11).map(|number| LabelName::parse(&format!("L{number}")).expect("a label"));
    let edit = EditDetails {
        name: JourneyName::parse("Other").expect("a name"),
        description: Description::parse("").expect("a description"),
        labels: Vec::new(),
        new_labels: labels.collect(),
        revision: None,
    };
    let refused = stores.journeys.edit_journey(&project.actor, journey, &edit, NOW).await;
    assert!(
        matches!(refused, Err(StoreError::Refused { refusal: Refusal::TooManyLabels, .. })),
        "{refused:?}"
    );
    assert!(stores.filters.list_labels(project.actor.project).await.expect("labels").is_empty());
}

pub async fn a_clone_is_a_draft_with_the_graph_and_none_of_the_counts(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let journey = project.journeys(&[Status::Running]).await[0];
    let here = project.actor.project;
    let clone =
        stores.journeys.clone_journey(&project.actor, journey, here, NOW).await.expect("made");
    let row = project.row(clone).await;
    assert_eq!((row.name.as_str(), row.status), ("Clone of Journey 0", Status::Draft));
    assert_eq!((row.figures.entered, row.start), (0, None));
    let history = stores.journey_queries.list_journey_history(here, clone, 1).await.expect("lines");
    assert_eq!(history[0].operation.note, "from “Journey 0”");
}
