//! Who enters, who goes on, and who leaves: rounds of the engine on what the store holds.

use serde_json::{Value, json};
use wayfare_domain::{
    engine::node::ExitReason,
    ids::{EnrolmentKey, JourneyId, VersionKey},
    journeys::{status::Status, transition::Action},
    time::{DAY_MS, HOUR_MS, MINUTE_MS},
    versions::PreviousVersionPolicy,
};
use wayfare_store::Stores;

use crate::test_project::{NOW, TestProject, one_step};

/// A running journey with these settings, that whoever signs up enters and where they stay a day.
async fn day_long(project: &TestProject<'_>, settings: Value) -> JourneyId {
    let mut all = json!({"entry": {"event": {"name": "Signed Up"}}});
    for (key, value) in settings.as_object().expect("an object") {
        all[key] = value.clone();
    }
    let waits = json!({"delay": {"for": {"minutes": 24 * 60}}});
    project.running(&one_step("Welcome", all, waits)).await
}

pub async fn who_does_the_event_enters_and_leaves_when_the_wait_is_over(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let journey = day_long(&project, json!({})).await;
    project.did(&["ada", "joe"], "Signed Up", NOW).await;
    project.did(&["sam"], "Visited", NOW).await;
    project.run(NOW).await;
    let stats = project.stats(journey).await;
    assert_eq!((stats.entered, stats.inside), (2, 2));
    let due = NOW.plus(DAY_MS);
    assert_eq!(stores.engine.get_next_due(None).await.expect("a time"), Some(due));
    let early = stores.engine.load_due_enrolments(None, due.plus(-1), 10).await.expect("people");
    assert!(early.is_empty(), "{early:?}");
    project.run(due).await;
    let stats = project.stats(journey).await;
    assert_eq!((stats.entered, stats.inside, stats.completed), (2, 0, 2));
    assert_eq!(stores.engine.get_next_due(None).await.expect("a time"), None);
    let ada = project.person("ada").await.enrolments.remove(0);
    assert_eq!((ada.state.as_str(), ada.ended_at), (ExitReason::Completed.key(), Some(due)));
    project.adds_up().await;
}

pub async fn the_stats_of_steps_are_those_of_their_people(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let journey = day_long(&project, json!({})).await;
    project.did(&["ada", "joe"], "Signed Up", NOW).await;
    project.run(NOW).await;
    let here = project.actor.project;
    let nodes = stores.journey_queries.list_node_stats(here, journey, 1).await.expect("stats");
    let step = nodes.iter().find(|node| node.node == "step").expect("the step");
    assert_eq!((step.came, step.waiting()), (2, 2));
    let people = stores
        .journey_queries
        .list_profiles_at_node(here, journey, 1, "step", 10)
        .await
        .expect("people");
    assert_eq!(people.len(), 2);
    let enrolment = project.person("ada").await.enrolments[0].seq;
    let detail =
        stores.profiles.get_enrolment(here, EnrolmentKey(enrolment)).await.expect("an enrolment");
    assert!(!detail.steps.is_empty());
}

pub async fn a_paused_journey_lets_no_one_in_not_even_afterwards(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let journey = day_long(&project, json!({})).await;
    project.operate(&[journey], Action::Pause).await;
    project.did(&["ada"], "Signed Up", NOW).await;
    project.run(NOW).await;
    project.did(&["joe"], "Signed Up", NOW).await;
    project.operate(&[journey], Action::Resume).await;
    project.run(NOW).await;
    assert_eq!(project.stats(journey).await.entered, 0);
    project.did(&["sam"], "Signed Up", NOW).await;
    project.run(NOW).await;
    assert_eq!(project.stats(journey).await.entered, 1);
    project.adds_up().await;
}

pub async fn an_event_before_a_pause_that_the_engine_has_not_seen_lets_no_one_in(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let journey = day_long(&project, json!({})).await;
    project.did(&["ada"], "Signed Up", NOW).await;
    project.operate(&[journey], Action::Pause).await;
    project.run(NOW).await;
    project.operate(&[journey], Action::Resume).await;
    project.run(NOW).await;
    assert_eq!(project.stats(journey).await.entered, 0);
}

pub async fn people_inside_go_on_while_their_journey_is_paused(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let journey = day_long(&project, json!({})).await;
    project.did(&["ada"], "Signed Up", NOW).await;
    project.run(NOW).await;
    project.operate(&[journey], Action::Pause).await;
    project.run(NOW.plus(DAY_MS)).await;
    let stats = project.stats(journey).await;
    assert_eq!((stats.inside, stats.completed), (0, 1));
}

pub async fn events_before_a_journey_was_published_let_no_one_in(stores: &Stores) {
    let project = TestProject::new(stores).await;
    project.did(&["ada"], "Signed Up", NOW).await;
    let journey = day_long(&project, json!({})).await;
    project.run(NOW).await;
    assert_eq!(project.stats(journey).await.entered, 0);
}

pub async fn a_stop_empties_every_version_at_once_and_its_rows_follow(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let journey = day_long(&project, json!({})).await;
    project.did(&["ada"], "Signed Up", NOW).await;
    project.run(NOW).await;
    let draft = project.begin(journey).await;
    let stays = PreviousVersionPolicy::KeepEnrolments;
    project.publish(journey, draft, stays).await.expect("published");
    project.did(&["joe"], "Signed Up", NOW.plus(2)).await;
    project.run(NOW.plus(2)).await;
    let versions: Vec<VersionKey> = stores
        .engine_source
        .load_active_versions()
        .await
        .expect("versions")
        .iter()
        .map(|active| active.seq)
        .collect();
    let people = project.people().await;
    assert_eq!(
        stores.engine_source.load_active_enrolments(&people, &versions).await.expect("rows").len(),
        2
    );
    let stopped = project.operate(&[journey], Action::Stop).await;
    assert_eq!(stopped.report.ended_inside, 2);
    for version in project.versions(journey).await {
        assert_eq!(version.status, Status::Stopped);
        assert_eq!((version.figures.inside, version.figures.stopped), (0, 1));
    }
    project.adds_up().await;
    project.run(NOW.plus(DAY_MS + 3)).await;
    for person in ["ada", "joe"] {
        let enrolment = project.person(person).await.enrolments.remove(0);
        assert_eq!(enrolment.state, ExitReason::Stopped.key());
    }
    assert!(stores.engine_source.load_active_versions().await.expect("versions").is_empty());
    assert!(
        stores
            .engine_source
            .load_active_enrolments(&people, &versions)
            .await
            .expect("rows")
            .is_empty(),
        "the rows followed"
    );
    assert!(!stores.engine.sweep(NOW, 10).await.expect("swept"), "nothing is left");
    project.adds_up().await;
}

pub async fn no_one_enters_again_before_the_wait_for_it_is_over(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let journey = day_long(&project, json!({"reentry": {"after_hours": 48}})).await;
    let entered = async || project.stats(journey).await.entered;
    project.did(&["ada"], "Signed Up", NOW).await;
    project.run(NOW).await;
    let left = NOW.plus(DAY_MS);
    project.run(left).await;
    let early = NOW.plus(40 * HOUR_MS);
    project.did(&["ada"], "Signed Up", early).await;
    project.run(early).await;
    assert_eq!(entered().await, 1);
    let late = left.plus(49 * HOUR_MS);
    project.did(&["ada"], "Signed Up", late).await;
    project.run(late).await;
    assert_eq!(entered().await, 2);
}

pub async fn who_may_enter_once_enters_once_over_all_versions(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let journey = day_long(&project, json!({"reentry": "never"})).await;
    project.did(&["ada"], "Signed Up", NOW).await;
    project.run(NOW).await;
    let draft = project.begin(journey).await;
    let leaves = PreviousVersionPolicy::ExitEnrolments;
    project.publish(journey, draft, leaves).await.expect("published");
    project.did(&["ada", "joe"], "Signed Up", NOW.plus(MINUTE_MS)).await;
    project.run(NOW.plus(MINUTE_MS)).await;
    assert_eq!(project.stats(journey).await.entered, 1, "only joe");
}

pub async fn a_version_that_has_let_in_as_many_as_it_may_is_complete(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let journey = day_long(&project, json!({"entry_cap": 2})).await;
    project.did(&["ada", "joe", "sam"], "Signed Up", NOW).await;
    project.run(NOW).await;
    let row = project.row(journey).await;
    assert_eq!((row.status, row.figures.entered), (Status::Completed, 2));
}

pub async fn who_comes_to_meet_criteria_enters_once_for_it(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let gold = json!({"property": {"property": "plan", "is": "equals", "value": "gold"}});
    project.said("old", json!({"plan": "gold"})).await;
    let entry = json!({"profile": {"criteria": gold}});
    let journey = day_long(&project, json!({"entry": entry, "reentry": "after_exit"})).await;
    project.run(NOW).await;
    project.said("ada", json!({"plan": "gold"})).await;
    project.said("joe", json!({"plan": "free"})).await;
    project.run(NOW).await;
    let before = project.stats(journey).await.entered;
    project.run(NOW.plus(DAY_MS)).await;
    project.said("ada", json!({"city": "Berlin"})).await;
    project.run(NOW.plus(DAY_MS)).await;
    assert_eq!((before, project.stats(journey).await.entered), (1, 1));
    project.said("ada", json!({"plan": "free"})).await;
    project.run(NOW.plus(DAY_MS)).await;
    project.said("ada", json!({"plan": "gold"})).await;
    project.run(NOW.plus(DAY_MS)).await;
    assert_eq!(project.stats(journey).await.entered, 2);
}

pub async fn who_is_put_off_is_due_then_and_not_before(stores: &Stores) {
    let project = TestProject::new(stores).await;
    day_long(&project, json!({})).await;
    project.did(&["ada", "joe"], "Signed Up", NOW).await;
    project.run(NOW).await;
    let (due, later) = (NOW.plus(DAY_MS), NOW.plus(2 * DAY_MS));
    let people = stores.engine.load_due_enrolments(None, due, 10).await.expect("people");
    assert_eq!(people.len(), 2);
    stores.engine.postpone_enrolments(&[people[0].seq], due, later).await.expect("put off");
    let still: Vec<EnrolmentKey> = stores
        .engine
        .load_due_enrolments(None, due, 10)
        .await
        .expect("people")
        .iter()
        .map(|enrolment| enrolment.seq)
        .collect();
    assert_eq!(still, [people[1].seq]);
    assert_eq!(stores.engine.get_next_due(Some(due)).await.expect("a time"), Some(later));
}

pub async fn the_journeys_backlog_says_who_is_due(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let journey = day_long(&project, json!({})).await;
    project.did(&["ada"], "Signed Up", NOW).await;
    project.run(NOW).await;
    let here = project.actor.project;
    assert_eq!(stores.engine.get_backlog(here, NOW).await.expect("a backlog").due, 0);
    let backlog = stores.engine.get_backlog(here, NOW.plus(DAY_MS)).await.expect("a backlog");
    assert_eq!(backlog.due, 1);
    let rows: Vec<_> = backlog.journeys.iter().map(|row| (row.id, row.entered)).collect();
    assert_eq!(rows, [(journey, 1)]);
}
