//! Laws of every store about the engine's rounds: events are read in the order of their commits,
//! and a round is committed as a whole or not at all. `concurrent_writers.rs` has the others.

use std::collections::HashMap;

use serde_json::json;
use tokio::task::JoinSet;
use wayfare_domain::{
    graph::criteria::Criteria,
    ids::{EnrolmentKey, JourneyId, MessageKey},
    journeys::transition::Action,
    messages::message_status::MessageStatus,
    names::JourneyName,
    profiles::ingest_record::IngestRecord,
    time::DAY_MS,
    versions::PreviousVersionPolicy,
};
use wayfare_store::{
    Stores,
    engine::{
        EngineBatch, EnrolmentPosition, EnrolmentUpdate, NewEnrolment, StatsDelta, StoredEvent,
    },
};

use crate::{
    engine_batches::batch_on,
    mailing::sms_channel,
    test_project::{NOW, TestProject, document, event, known, one_step},
};

/// Transactions of each of those who write at the same time.
pub(crate) const WRITES: usize = 40;

/// `WRITES` times, one after the other, an event of two people each.
async fn write_events(stores: Stores, writer: usize) {
    let project = TestProject::new(&stores).await;
    for number in 0..WRITES {
        let record = |person: usize| IngestRecord {
            who: known(&format!("w{writer}p{person}")),
            what: event("Visited", NOW),
        };
        project.ingest(vec![record(number % 5), record(number % 3)]).await;
    }
}

/// Events after the cursor, which comes to stand at the last of them.
async fn read_on(stores: &Stores, cursor: &mut i64) -> Vec<StoredEvent> {
    let events = stores.engine.load_events_after(*cursor, 7).await.expect("events");
    for event in &events {
        assert!(event.seq > *cursor, "{} comes after the cursor {cursor}", event.seq);
        *cursor = event.seq;
    }
    events
}

/// Events are read in the order in which they are committed.
pub async fn once_a_cursor_was_answered_no_event_at_or_before_it_appears(stores: &Stores) {
    TestProject::new(stores).await;
    let mut writers = JoinSet::new();
    for writer in 0..2 {
        writers.spawn(write_events(stores.clone(), writer));
    }
    let (mut cursor, mut seen) = (0, Vec::new());
    while !writers.is_empty() {
        seen.extend(read_on(stores, &mut cursor).await);
        while let Some(ended) = writers.try_join_next() {
            ended.expect("written");
        }
        tokio::task::yield_now().await;
    }
    loop {
        let events = read_on(stores, &mut cursor).await;
        if events.is_empty() {
            break;
        }
        seen.extend(events);
    }
    let all = stores.engine.load_events_after(0, i64::MAX).await.expect("events");
    assert_eq!(all.len(), 2 * 2 * WRITES);
    let seqs = |events: &[StoredEvent]| events.iter().map(|event| event.seq).collect::<Vec<_>>();
    assert_eq!(seqs(&seen), seqs(&all), "none was passed over");
}

/// The head's last event is one that can be read, or the engine would move its cursor past one that
/// it never saw.
pub async fn the_head_names_no_event_that_cannot_be_read_yet(stores: &Stores) {
    TestProject::new(stores).await;
    let mut writers = JoinSet::new();
    for writer in 0..2 {
        writers.spawn(write_events(stores.clone(), writer));
    }
    while !writers.is_empty() {
        let last = stores.engine.get_engine_state().await.expect("a head").last_event;
        let read = stores.engine.load_events_after(0, i64::MAX).await.expect("events");
        let newest = read.last().map_or(0, |event| event.seq);
        assert!(newest >= last, "the head is at {last}, and {newest} is the last to be read");
        let known = read.iter().filter(|event| event.seq <= last).count();
        let later = stores.engine.load_events_after(0, i64::MAX).await.expect("events");
        let then = later.iter().filter(|event| event.seq <= last).count();
        assert_eq!(known, then, "nothing appears before the head");
        while let Some(ended) = writers.try_join_next() {
            ended.expect("written");
        }
    }
}

/// A journey that lets Ada in for a day.
pub(crate) async fn day_long(stores: &Stores) -> (TestProject<'_>, JourneyId) {
    let project = TestProject::new(stores).await;
    let entry = json!({"entry": {"event": {"name": "Signed Up"}}});
    let waits = json!({"delay": {"for": {"minutes": 24 * 60}}});
    let journey = project.running(&one_step("Welcome", entry, waits)).await;
    project.did(&["ada"], "Signed Up", NOW).await;
    (project, journey)
}

/// What a round decided: Ada enters the only journey.
async fn ada_enters(project: &TestProject<'_>) -> EngineBatch {
    let batch = batch_on(project.stores).await;
    let version =
        project.stores.engine_source.load_active_versions().await.expect("versions").remove(0);
    let position = EnrolmentPosition {
        node: "step".to_string(),
        visit: 1,
        wait_until: None,
        due_at: Some(NOW.plus(DAY_MS)),
        awaits: false,
        ended: None,
    };
    let entered = NewEnrolment {
        seq: EnrolmentKey(batch.head.last_enrolment.0 + 1),
        project: version.project,
        journey: version.journey,
        version: version.seq,
        profile: project.number_of("ada").await,
        position,
        entered_at: NOW,
        began_at: NOW,
        entry_properties: None,
    };
    let counted = StatsDelta { qualified: 1, entered: 1, ..StatsDelta::default() };
    EngineBatch {
        cursor: batch.head.last_event,
        entered: vec![entered],
        counted: HashMap::from([(version.seq, counted)]),
        ..batch
    }
}

/// After a Stop was answered nothing is written that was decided before.
pub async fn no_batch_is_committed_after_a_stop(stores: &Stores) {
    let (project, journey) = day_long(stores).await;
    let batch = ada_enters(&project).await;
    project.operate(&[journey], Action::Stop).await;
    assert!(!stores.engine.commit_batch(&batch).await.expect("an answer"));
    assert_eq!(project.stats(journey).await.entered, 0);
    assert_eq!(stores.engine.get_engine_state().await.expect("a head").cursor, batch.head.cursor);
    project.adds_up().await;
}

/// A Stop and a batch at the same time: one is first, and the other knows.
pub async fn of_a_stop_and_a_batch_at_the_same_time_the_second_knows_of_the_first(stores: &Stores) {
    let (project, journey) = day_long(stores).await;
    let batch = ada_enters(&project).await;
    let chosen = [journey];
    let (committed, stopped) =
        tokio::join!(stores.engine.commit_batch(&batch), project.operate(&chosen, Action::Stop));
    let entered = i64::from(committed.expect("an answer"));
    assert_eq!(stopped.report.ended_inside, entered);
    let stats = project.stats(journey).await;
    assert_eq!((stats.entered, stats.inside, stats.stopped), (entered, 0, entered));
    project.run(NOW).await;
    project.adds_up().await;
}

/// What a decision of the engine depends on raises the epoch, and no older batch is committed.
pub async fn no_batch_is_committed_after_anything_that_it_depends_on_has_changed(stores: &Stores) {
    let (project, journey) = day_long(stores).await;
    let actor = &project.actor;
    let ada = project.number_of("ada").await;
    for what in 0..9 {
        let batch = batch_on(stores).await;
        let batch = EngineBatch { announce: vec![actor.project], ..batch };
        let said = match what {
            0 => {
                project.operate(&[journey], Action::Pause).await;
                "a pause"
            }
            1 => {
                project.operate(&[journey], Action::Resume).await;
                "a resume"
            }
            2 => {
                let draft = project.begin(journey).await;
                let keeps = PreviousVersionPolicy::KeepEnrolments;
                project.publish(journey, draft, keeps).await.expect("published");
                "a new version"
            }
            3 => {
                let other = document("Other");
                project.running(&other).await;
                "another journey"
            }
            4 => {
                let everybody = Criteria::All(Vec::new());
                stores.segments.save_segment(actor, "All", &everybody, NOW).await.expect("saved");
                "a segment"
            }
            5 => {
                stores
                    .channels
                    .save_channel(actor, &sms_channel(true, 0), NOW)
                    .await
                    .expect("saved");
                "a channel"
            }
            6 => {
                stores.profiles.delete_profile(actor, ada, NOW).await.expect("erased");
                "an erasure"
            }
            7 => {
                let name = JourneyName::parse("Another name").expect("a name");
                stores.journeys.rename_journey(actor, journey, &name, NOW).await.expect("renamed");
                "another name"
            }
            _ => {
                project.operate(&[journey], Action::Stop).await;
                "a stop"
            }
        };
        assert!(!stores.engine.commit_batch(&batch).await.expect("an answer"), "after {said}");
    }
}

/// Of two batches that were decided on the same state one is committed.
pub async fn of_two_batches_on_one_head_one_is_committed(stores: &Stores) {
    let (project, journey) = day_long(stores).await;
    let batch = ada_enters(&project).await;
    let (one, other) =
        tokio::join!(stores.engine.commit_batch(&batch), stores.engine.commit_batch(&batch));
    let (one, other) = (one.expect("an answer"), other.expect("an answer"));
    assert!(one != other, "one is committed: {one}, {other}");
    assert!(!stores.engine.commit_batch(&batch).await.expect("an answer"), "nor a third time");
    let stats = project.stats(journey).await;
    assert_eq!((stats.entered, stats.inside), (1, 1));
    project.adds_up().await;
}

/// An event is acted on once: not in a second batch that also begins at the cursor before it.
pub async fn no_batch_is_committed_once_another_has_moved_the_cursor(stores: &Stores) {
    let (project, _) = day_long(stores).await;
    let number = stores.projects.get_project_key(project.actor.project).await.expect("a number");
    let ada = project.number_of("ada").await;
    let batch = batch_on(stores).await;
    let lists = HashMap::from([((number, ada, "VIP".to_string()), true)]);
    let first = EngineBatch { cursor: batch.head.last_event, ..batch.clone() };
    let second = EngineBatch { lists, ..first.clone() };
    assert!(stores.engine.commit_batch(&first).await.expect("an answer"));
    assert!(!stores.engine.commit_batch(&second).await.expect("an answer"));
    assert!(project.person("ada").await.lists.is_empty());
}

/// Whose key was given meanwhile to someone else does not enter.
pub async fn no_batch_is_committed_once_another_has_let_someone_in(stores: &Stores) {
    let (project, journey) = day_long(stores).await;
    let batch = ada_enters(&project).await;
    let batch = EngineBatch { cursor: batch.head.cursor, ..batch };
    assert!(stores.engine.commit_batch(&batch).await.expect("an answer"));
    assert!(!stores.engine.commit_batch(&batch).await.expect("an answer"));
    assert_eq!(project.stats(journey).await.entered, 1);
    project.adds_up().await;
}

/// Who has moved since it was decided is not moved by it.
pub async fn a_move_is_made_from_the_visit_that_it_was_decided_for(stores: &Stores) {
    let (project, journey) = day_long(stores).await;
    project.run(NOW).await;
    let ada = stores
        .engine
        .load_due_enrolments(None, NOW.plus(DAY_MS), 10)
        .await
        .expect("people")
        .remove(0);
    let position = EnrolmentPosition {
        node: ada.node.clone(),
        visit: ada.visit + 1,
        wait_until: None,
        due_at: Some(NOW.plus(2 * DAY_MS)),
        awaits: false,
        ended: None,
    };
    let moved = vec![EnrolmentUpdate { seq: ada.seq, from_visit: ada.visit, position }];
    let batch = EngineBatch { moved, ..batch_on(stores).await };
    assert!(stores.engine.commit_batch(&batch).await.expect("an answer"));
    assert!(!stores.engine.commit_batch(&batch).await.expect("an answer"));
    assert_eq!(stores.engine.get_next_due(None).await.expect("a time"), Some(NOW.plus(2 * DAY_MS)));
    assert_eq!(project.stats(journey).await.inside, 1);
}

/// A round that does not hold any more leaves nothing of itself, not even what was written before
/// it turned out.
pub async fn a_failed_commit_changes_nothing(stores: &Stores) {
    let (project, journey) = day_long(stores).await;
    let number = stores.projects.get_project_key(project.actor.project).await.expect("a number");
    let good = ada_enters(&project).await;
    let ada = good.entered[0].profile;
    let moved = EnrolmentUpdate {
        seq: EnrolmentKey(good.head.last_enrolment.0 + 100),
        from_visit: 1,
        position: good.entered[0].position.clone(),
    };
    let lists = HashMap::from([((number, ada, "VIP".to_string()), true)]);
    let whole = EngineBatch { lists, announce: vec![project.actor.project], ..good };
    let before =
        (stores.engine.get_engine_state().await.expect("a head"), project.stats(journey).await);
    let generation = stores.projects.get_generation(project.actor.project).await.expect("a number");
    for broken in [
        EngineBatch { moved: vec![moved], ..whole.clone() },
        EngineBatch { settled: vec![(MessageKey(4_711), MessageStatus::Sent)], ..whole.clone() },
    ] {
        assert!(!stores.engine.commit_batch(&broken).await.expect("an answer"));
        let after =
            (stores.engine.get_engine_state().await.expect("a head"), project.stats(journey).await);
        assert_eq!(after, before);
        let ada = project.person("ada").await;
        assert!(ada.lists.is_empty() && ada.enrolments.is_empty());
        let now = stores.projects.get_generation(project.actor.project).await.expect("a number");
        assert_eq!(now, generation);
    }
    assert!(stores.engine.commit_batch(&whole).await.expect("an answer"), "the rest was good");
    project.adds_up().await;
}
