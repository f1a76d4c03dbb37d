//! The list of journeys: pages, filters, and what stands around it.

use wayfare_domain::{
    journeys::{
        label::{LABELS_MAX, LABELS_PER_JOURNEY},
        list::{query::ListQuery, selection::Selection},
        status::Status,
        transition::Action,
    },
    names::{JourneyName, LabelName, SavedFilterName},
};
use wayfare_store::{StoreError, Stores, journeys::ChangeLabels};

use crate::test_project::{NOW, TestProject, document};

/// Journeys of these names, each made a while after the one before.
async fn create(project: &TestProject<'_>, names: &[&str]) {
    for (number, name) in names.iter().enumerate() {
        let at = NOW.plus(number as i64 * 1_000);
        project
            .stores
            .journeys
            .create_journey(&project.actor, &document(name), at)
            .await
            .expect("created");
    }
}

async fn names(project: &TestProject<'_>, query: &str) -> Vec<String> {
    project.list(query).await.into_iter().map(|row| row.name).collect()
}

pub async fn the_list_shows_the_newest_first_or_as_it_is_sorted(stores: &Stores) {
    let project = TestProject::new(stores).await;
    create(&project, &["Beta", "alpha", "Gamma"]).await;
    assert_eq!(names(&project, "").await, ["Gamma", "alpha", "Beta"]);
    assert_eq!(names(&project, "sort=name").await, ["alpha", "Beta", "Gamma"]);
    assert_eq!(names(&project, "sort=-name").await, ["Gamma", "Beta", "alpha"]);
}

pub async fn pages_follow_each_other_and_miss_nothing(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let documents: Vec<_> = (0..60).map(|number| document(&format!("J{number:02}"))).collect();
    stores
        .journey_transfer
        .import_journeys(&project.actor, &documents, NOW)
        .await
        .expect("imported");
    let mut found = Vec::new();
    for (page, rows) in [(1, 25), (2, 25), (3, 10)] {
        let query = ListQuery::parse(&format!("sort=name&page={page}")).expect("a query");
        let page = stores
            .journey_queries
            .get_journey_page(project.actor.project, &query, NOW)
            .await
            .expect("a page");
        assert_eq!((page.rows.len(), page.total, page.last_page()), (rows, 60, 3));
        found.extend(page.rows.into_iter().map(|row| row.name));
    }
    let all: Vec<String> = (0..60).map(|number| format!("J{number:02}")).collect();
    assert_eq!(found, all);
}

pub async fn conditions_of_a_filter_hold_together(stores: &Stores) {
    let project = TestProject::new(stores).await;
    project.journeys(&[Status::Running, Status::Paused, Status::Draft, Status::Running]).await;
    assert_eq!(names(&project, "status=running&sort=name").await, ["Journey 0", "Journey 3"]);
    let either = "status=running,draft&sort=name";
    assert_eq!(names(&project, either).await, ["Journey 0", "Journey 2", "Journey 3"]);
    assert_eq!(names(&project, "status=running&q=NEY+3").await, ["Journey 3"]);
    assert!(names(&project, "status=running&entry=event").await.is_empty());
    let query = ListQuery::parse("status=paused").expect("a query");
    let page = stores
        .journey_queries
        .get_journey_page(project.actor.project, &query, NOW)
        .await
        .expect("a page");
    let counted: Vec<(Status, i64)> = page
        .counts
        .iter()
        .filter(|count| count.count > 0)
        .map(|count| (count.status, count.count))
        .collect();
    assert_eq!(page.total, 1);
    for count in [(Status::Running, 2), (Status::Paused, 1), (Status::Draft, 1)] {
        assert!(counted.contains(&count), "{count:?} is not among {counted:?}");
    }
}

pub async fn labels_are_made_once_and_find_their_journeys(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let journeys = project.journeys(&[Status::Draft, Status::Draft]).await;
    let vip = || LabelName::parse("VIP").expect("a label");
    for journey in &journeys[..1] {
        let change = ChangeLabels { create: vec![vip()], ..ChangeLabels::default() };
        let selection = Selection::Ticked(vec![*journey]);
        for _ in 0..2 {
            stores
                .journeys
                .label_journeys(&project.actor, &selection, &change, NOW)
                .await
                .expect("labelled");
        }
    }
    let labels = stores.filters.list_labels(project.actor.project).await.expect("labels");
    assert_eq!(labels.len(), 1);
    assert_eq!(names(&project, &format!("label={}", labels[0].id)).await, ["Journey 0"]);
}

pub async fn a_project_has_only_so_many_labels_and_unused_ones_give_way_to_new_ones(
    stores: &Stores,
) {
    let project = TestProject::new(stores).await;
    let each = i64::try_from(LABELS_PER_JOURNEY).expect("a small number");
    let full = usize::try_from(LABELS_MAX / each).expect("a small number");
    let journeys = project.journeys(&vec![Status::Draft; full + 1]).await;
    let named = |journey: usize, count: i64| -> Vec<LabelName> {
        let name = |label| LabelName::parse(&format!("{journey} {label}")).expect("a label");
        (0..count).map(name).collect()
    };
    let label = async |journey: usize, change: ChangeLabels| {
        let selection = Selection::Ticked(vec![journeys[journey]]);
        stores.journeys.label_journeys(&project.actor, &selection, &change, NOW).await
    };
    let creating = |create| ChangeLabels { create, ..ChangeLabels::default() };
    for journey in 0..full {
        label(journey, creating(named(journey, each))).await.expect("labelled");
    }
    let refused = label(full, creating(named(full, 1))).await;
    assert!(matches!(refused, Err(StoreError::LimitReached { .. })), "{refused:?}");
    let labels = stores.filters.list_labels(project.actor.project).await.expect("labels");
    assert_eq!(labels.len() as i64, LABELS_MAX);
    let of_first = labels.iter().filter(|label| label.name.starts_with("0 "));
    let remove = of_first.map(|label| label.id).collect();
    label(0, ChangeLabels { remove, ..ChangeLabels::default() }).await.expect("taken off");
    label(full, creating(named(full, 1))).await.expect("labelled");
    let labels = stores.filters.list_labels(project.actor.project).await.expect("labels");
    assert_eq!(labels.len() as i64, LABELS_MAX - each + 1);
}

pub async fn archived_journeys_are_listed_apart(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let journeys = project.journeys(&[Status::Running, Status::Draft]).await;
    project.operate(&journeys[..1], Action::Stop).await;
    project.operate(&journeys[..1], Action::Archive).await;
    assert_eq!(names(&project, "").await, ["Journey 1"]);
    assert_eq!(names(&project, "archived=1").await, ["Journey 0"]);
    project.adds_up().await;
}

pub async fn a_filter_is_kept_under_its_name_until_it_is_deleted(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let name = SavedFilterName::parse("Running ones").expect("a name");
    let query = ListQuery::parse("status=running&page=3").expect("a query");
    let saved =
        stores.filters.save_filter(&project.actor, &name, &query, NOW).await.expect("saved");
    let kept = async || {
        let query = ListQuery::default();
        stores
            .journey_queries
            .get_journey_page(project.actor.project, &query, NOW)
            .await
            .expect("a page")
            .saved_filters
    };
    assert_eq!(kept().await, std::slice::from_ref(&saved));
    stores.filters.delete_filter(&project.actor, saved.id, NOW).await.expect("deleted");
    assert!(kept().await.is_empty());
    let again = stores.filters.delete_filter(&project.actor, saved.id, NOW).await;
    assert!(matches!(again, Err(StoreError::NotFound(_))), "{again:?}");
}

pub async fn what_was_exported_is_imported_as_drafts(stores: &Stores) {
    let project = TestProject::new(stores).await;
    project.running(&document("Welcome")).await;
    let here = project.actor.project;
    let exported = stores.journey_transfer.export_journeys(here, None).await.expect("a batch");
    let [(id, welcome)] = exported.as_slice() else { panic!("{exported:?}") };
    assert_eq!(welcome.status, Some(Status::Running));
    assert!(
        stores.journey_transfer.export_journeys(here, Some(*id)).await.expect("a batch").is_empty()
    );
    let made = stores
        .journey_transfer
        .import_journeys(&project.actor, std::slice::from_ref(welcome), NOW)
        .await;
    let copy = project.row(made.expect("imported")[0]).await;
    assert_eq!((copy.name.as_str(), copy.status), ("Welcome", Status::Draft));
    assert_eq!(stores.journey_transfer.count_journeys(here).await.expect("a count"), 2);
}

pub async fn every_change_that_the_list_shows_raises_its_generation(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let here = project.actor.project;
    let generation = async || stores.projects.get_generation(here).await.expect("a number");
    let mut before = generation().await;
    let journey = stores
        .journeys
        .create_journey(&project.actor, &document("New"), NOW)
        .await
        .expect("created");
    let mut rises = async || {
        let now = generation().await;
        assert!(now > before, "{now} after {before}");
        before = now;
    };
    rises().await;
    project.operate(&[journey], Action::Publish).await;
    rises().await;
    let name = JourneyName::parse("Newer").expect("a name");
    stores.journeys.rename_journey(&project.actor, journey, &name, NOW).await.expect("renamed");
    rises().await;
    let all = stores.projects.list_generations().await.expect("numbers");
    assert!(all.contains(&(here, generation().await)), "{all:?}");
}
