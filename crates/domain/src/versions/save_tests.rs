use uuid::Uuid;

use super::*;
use crate::{
    access::{
        actor::RequestOrigin,
        permissions::{Authority, Role},
    },
    graph::{Node, NodeKind},
    ids::{JourneyId, ProjectId},
    journeys::{
        references::ReferenceKind,
        settings::{EntryTrigger, SegmentSchedule},
        transition::Refusal,
    },
};

const NOW: Timestamp = Timestamp(10_000_000);
const ADA: UserId = UserId(Uuid::from_u128(1));
const BOB: UserId = UserId(Uuid::from_u128(2));

fn actor(role: Role) -> Actor {
    Actor {
        user: ADA,
        name: "Ada".to_string(),
        project: ProjectId(Uuid::from_u128(9)),
        authority: Authority::Role(role),
        origin: RequestOrigin::default(),
    }
}

fn settings() -> Settings {
    Settings::new(EntryTrigger::Api {})
}

fn stored(status: Status) -> VersionToSave {
    let published = status != Status::Draft;
    VersionToSave {
        name: "Welcome".to_string(),
        state: JourneyState {
            status,
            archived: false,
            ever_published: published,
            start_ahead: false,
            inside: 0,
        },
        journey_revision: 6,
        revision: 3,
        saved: None,
        start: published.then_some(Timestamp(500)),
        graph: Graph::empty(),
        settings: settings(),
        unresolved: Vec::new(),
    }
}

/// The stored version with one step more.
fn sent() -> SaveVersion {
    let mut graph = Graph::empty();
    graph.nodes.push(Node::new("goal", NodeKind::Goal { name: "Bought".to_string() }));
    SaveVersion {
        journey: JourneyId(Uuid::from_u128(3)),
        version: 2,
        revision: 3,
        graph,
        settings: settings(),
        checked_as_draft: false,
    }
}

fn steps(titles: &[&str]) -> SavedChanges {
    SavedChanges {
        steps: titles.iter().map(|title| (*title).to_string()).collect(),
        structural: Vec::new(),
    }
}

fn decide(version: &VersionToSave, save: &SaveVersion) -> Result<SaveDecision, JourneyError> {
    decide_save(version, save, steps(&["Bought"]), &actor(Role::Admin), NOW)
}

fn plan(version: &VersionToSave, save: &SaveVersion) -> SavePlan {
    match decide(version, save) {
        Ok(SaveDecision::Save(plan)) => plan,
        other => panic!("not saved: {other:?}"),
    }
}

fn saved_before(by: UserId, milliseconds: i64) -> VersionToSave {
    VersionToSave { saved: Some((by, NOW.plus(-milliseconds))), ..stored(Status::Draft) }
}

#[test]
fn a_save_of_an_older_revision_is_a_conflict() {
    let save = SaveVersion { revision: 2, ..sent() };
    assert_eq!(decide(&stored(Status::Draft), &save), Ok(SaveDecision::Conflict));
}

#[test]
fn a_save_that_was_checked_as_one_of_a_draft_is_none_of_what_was_published_meanwhile() {
    let save = SaveVersion { checked_as_draft: true, ..sent() };
    assert!(matches!(decide(&stored(Status::Draft), &save), Ok(SaveDecision::Save(_))));
    assert_eq!(decide(&stored(Status::Running), &save), Ok(SaveDecision::Conflict));
}

#[test]
fn what_is_stored_already_is_not_saved_again() {
    let save = SaveVersion { graph: Graph::empty(), ..sent() };
    assert_eq!(decide(&stored(Status::Draft), &save), Ok(SaveDecision::Unchanged));
}

#[test]
fn a_draft_is_edited_as_a_draft_and_a_published_version_in_its_content() {
    let action = |status| plan(&stored(status), &sent()).record.expect("a line").action;
    assert_eq!(action(Status::Draft), Action::EditDraft);
    assert_eq!(action(Status::Running), Action::EditContent);
}

#[test]
fn a_completed_version_is_not_edited() {
    let refusal = Refusal::IsCompleted;
    let refused = JourneyError::Refused { name: "Welcome".to_string(), refusal };
    assert_eq!(decide(&stored(Status::Completed), &sent()), Err(refused));
}

#[test]
fn editing_a_published_version_takes_the_right_to_operate_it() {
    let decide = |status| {
        decide_save(&stored(status), &sent(), steps(&[]), &actor(Role::Creator), NOW).is_ok()
    };
    assert_eq!((decide(Status::Draft), decide(Status::Running)), (true, false));
}

#[test]
fn only_a_draft_takes_structural_changes() {
    let structural = vec![FieldError::new("graph.nodes.goal", "needs_version", "It is new.")];
    let changes = || SavedChanges { structural: structural.clone(), ..steps(&[]) };
    let decide =
        |status| decide_save(&stored(status), &sent(), changes(), &actor(Role::Admin), NOW);
    assert!(matches!(decide(Status::Draft), Ok(SaveDecision::Save(_))));
    assert_eq!(decide(Status::Running), Err(JourneyError::Problems(structural.clone())));
}

#[test]
fn a_conflict_is_told_before_what_cannot_be_changed() {
    let structural = vec![FieldError::new("graph.nodes.goal", "needs_version", "It is new.")];
    let changes = SavedChanges { structural, ..steps(&[]) };
    let save = SaveVersion { revision: 2, ..sent() };
    let decided = decide_save(&stored(Status::Running), &save, changes, &actor(Role::Admin), NOW);
    assert_eq!(decided, Ok(SaveDecision::Conflict));
}

#[test]
fn the_first_save_of_a_draft_is_a_line_of_the_history_that_names_the_steps() {
    let record = plan(&stored(Status::Draft), &sent()).record.expect("a line");
    assert_eq!((record.note.as_str(), record.items[0].revision), ("version 2: Bought", 6));
}

#[test]
fn a_line_names_five_steps_at_most_and_none_where_only_settings_differ() {
    let note = |titles: &[&str]| {
        let (version, save) = (stored(Status::Draft), sent());
        match decide_save(&version, &save, steps(titles), &actor(Role::Admin), NOW) {
            Ok(SaveDecision::Save(SavePlan { record: Some(record), .. })) => record.note,
            other => panic!("no line: {other:?}"),
        }
    };
    assert_eq!(note(&["a", "b", "c", "d", "e", "f"]), "version 2: a, b, c, d, e");
    assert_eq!(note(&[]), "version 2");
}

#[test]
fn saves_of_the_same_person_within_a_quarter_of_an_hour_share_a_line() {
    let has_line = |version| plan(&version, &sent()).record.is_some();
    assert!(!has_line(saved_before(ADA, EDIT_SESSION_MS - 1)));
    assert!(has_line(saved_before(ADA, EDIT_SESSION_MS)), "later");
    assert!(has_line(saved_before(BOB, 1)), "someone else");
}

#[test]
fn every_edit_of_a_published_version_has_a_line() {
    let version = VersionToSave { saved: Some((ADA, NOW)), ..stored(Status::Running) };
    assert!(plan(&version, &sent()).record.is_some());
}

#[test]
fn within_a_session_open_pages_are_told_only_of_what_lists_show() {
    let version = saved_before(ADA, 1);
    let other_start =
        SaveVersion { settings: Settings { start: Some(NOW), ..settings() }, ..sent() };
    let told = [sent(), other_start].map(|save| plan(&version, &save).is_announced);
    assert_eq!(told, [false, true]);
}

#[test]
fn a_published_version_keeps_its_start_and_a_draft_has_what_its_settings_say() {
    let draft = VersionToSave { start: Some(Timestamp(500)), ..stored(Status::Draft) };
    assert_eq!(plan(&stored(Status::Running), &sent()).start, Some(Timestamp(500)));
    assert_eq!(plan(&draft, &sent()).start, None);
}

#[test]
fn what_the_project_did_not_have_is_kept_while_it_is_named() {
    let reference = |kind, name: &str| Reference { kind, name: name.to_string() };
    let named = reference(ReferenceKind::Segment, "VIP");
    let version = VersionToSave {
        unresolved: vec![named.clone(), reference(ReferenceKind::List, "Buyers")],
        ..stored(Status::Draft)
    };
    let entry = EntryTrigger::Segment { name: "VIP".to_string(), when: SegmentSchedule::Once {} };
    let save = SaveVersion { settings: Settings { entry, ..settings() }, ..sent() };
    assert_eq!(plan(&version, &save).unresolved, [named]);
}
