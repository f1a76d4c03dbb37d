//! Laws of every store about many who write at the same time: a decision that is asked twice does
//! no harm, a message is leased once, and keys are unique.

use std::collections::BTreeSet;

use serde_json::json;
use tokio::task::JoinSet;
use wayfare_domain::{
    ids::{EnrolmentKey, MessageKey, ProfileKey},
    journeys::{
        list::selection::{Selection, SelectionDigest},
        status::Status,
        transition::Action,
    },
    operations::ItemResult,
    profiles::ingest_record::IngestRecord,
    time::MINUTE_MS,
};
use wayfare_store::{StoreError, Stores};

use crate::{
    laws::{WRITES, day_long},
    mailing::{Mailing, quotas, result, sent},
    test_project::{NOW, TestProject, change, known},
};

/// A message is one dispatcher's until it is settled.
pub async fn a_message_is_leased_once_by_two_takers_at_the_same_time(stores: &Stores) {
    const MESSAGES: usize = 60;
    Mailing::of_people(stores, MESSAGES).await;
    let quotas = quotas(stores, 4).await;
    let mut takers = JoinSet::new();
    for _ in 0..2 {
        let (stores, quotas) = (stores.clone(), quotas.clone());
        takers.spawn(async move {
            let mut taken = Vec::new();
            loop {
                let leased =
                    stores.outbox.record_and_lease(&[], &quotas, NOW).await.expect("leased");
                if leased.is_empty() {
                    return taken;
                }
                taken.extend(leased.iter().map(|message| message.seq));
                if taken.len() > MESSAGES {
                    return taken;
                }
                tokio::task::yield_now().await;
            }
        });
    }
    let taken: Vec<MessageKey> = takers.join_all().await.concat();
    let once: BTreeSet<MessageKey> = taken.iter().copied().collect();
    assert_eq!((taken.len(), once.len()), (MESSAGES, MESSAGES));
}

/// What is recorded twice counts once.
pub async fn an_outcome_that_is_recorded_twice_does_no_harm(stores: &Stores) {
    let mailing = Mailing::of_people(stores, 2).await;
    let message = mailing.lease(1, NOW).await.remove(0);
    for _ in 0..2 {
        mailing.record(&message, sent(), NOW).await;
    }
    assert_eq!(mailing.counts().await, (1, 0));
    let pending = stores.engine.load_pending_message_events(10).await.expect("events");
    assert_eq!(pending.len(), 1);
    mailing.project.run(NOW).await;
    mailing.project.adds_up().await;
}

/// A person who clicks twice, or a store that asks the rules again after a conflict.
pub async fn a_decision_that_is_asked_twice_does_no_harm(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let journey = project.journeys(&[Status::Running]).await[0];
    let chosen = [journey];
    for action in [Action::Pause, Action::Stop] {
        let (one, other) =
            tokio::join!(project.operate(&chosen, action), project.operate(&chosen, action));
        assert_eq!(one.report.changed + other.report.changed, 1, "{action:?}");
        let ended = one.report.ended_inside + other.report.ended_inside;
        assert_eq!(ended, if action == Action::Stop { 5 } else { 0 });
    }
    let stats = project.stats(journey).await;
    assert_eq!((stats.stopped, stats.cancelled), (5, 3));
    let again = project.operate(&[journey], Action::Stop).await;
    assert!(matches!(again.items[0].outcome, ItemResult::Skipped(_)), "{again:?}");
    project.adds_up().await;
}

/// Of two who undo the same operation one is refused.
pub async fn an_operation_is_undone_once(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let journey = project.journeys(&[Status::Running]).await[0];
    let paused = project.operate(&[journey], Action::Pause).await.report.id;
    let undo = || stores.journeys.undo_operation(&project.actor, paused, NOW);
    let (one, other) = tokio::join!(undo(), undo());
    assert!(one.is_ok() != other.is_ok(), "one is refused");
    assert_eq!(project.row(journey).await.status, Status::Running);
}

/// Of two who begin a version at the same time one is told that there is a draft.
pub async fn two_who_begin_a_version_at_the_same_time_make_one_draft(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let journey = project.journeys(&[Status::Running]).await[0];
    let begin = || stores.versions.begin_version(&project.actor, journey, None, NOW);
    let (one, other) = tokio::join!(begin(), begin());
    assert!(one.is_ok() != other.is_ok(), "{one:?}, {other:?}");
    assert_eq!(project.versions(journey).await.len(), 2);
}

/// What was confirmed is what is stopped, or nothing is.
pub async fn a_selection_that_is_not_the_confirmed_one_changes_nothing(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let journeys = project.journeys(&[Status::Running, Status::Running]).await;
    let one = Selection::Ticked(journeys[..1].to_vec());
    let shown = stores
        .journey_queries
        .preview_stop(project.actor.project, &one, NOW)
        .await
        .expect("a preview");
    assert_eq!((shown.journeys, shown.inside, shown.queued), (1, 5, 2));
    let confirmed = SelectionDigest::parse(&shown.digest).expect("a digest");
    let both = Selection::Ticked(journeys.clone());
    let stop = |selection| {
        let actor = &project.actor;
        async move {
            stores.journeys.operate(actor, &selection, Action::Stop, Some(confirmed), NOW).await
        }
    };
    let refused = stop(both).await;
    assert!(matches!(refused, Err(StoreError::SelectionChanged(_))), "{refused:?}");
    for journey in &journeys {
        assert_eq!(project.row(*journey).await.status, Status::Running);
    }
    let done = stop(one).await.expect("stopped");
    assert_eq!(done.report.changed, 1);
}

/// Keys of people are unique whoever writes, and rise: whoever comes later has a larger one than
/// everybody who was there before, also than those who are gone.
pub async fn keys_of_profiles_are_unique_and_rise(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let mut writers = JoinSet::new();
    for writer in 0..2 {
        let stores = stores.clone();
        writers.spawn(async move {
            let project = TestProject::new(&stores).await;
            let mut last = 0;
            for number in 0..WRITES {
                let name = format!("w{writer}p{number}");
                project.said(&name, json!({})).await;
                let given = project.number_of(&name).await;
                assert!(given > ProfileKey(last), "{given} after {last}");
                last = given.0;
            }
        });
    }
    writers.join_all().await;
    let people = project.people().await;
    assert_eq!(people.iter().collect::<BTreeSet<_>>().len(), 2 * WRITES);
    let newest = *people.last().expect("people");
    stores.profiles.delete_profile(&project.actor, newest, NOW).await.expect("erased");
    project.said("ada", json!({})).await;
    assert!(project.number_of("ada").await > newest, "it is not given again");
}

/// Keys of enrolments rise in the order in which people enter.
pub async fn keys_of_enrolments_rise(stores: &Stores) {
    let (project, journey) = day_long(stores).await;
    let mut last = 0;
    for (number, person) in ["ada", "joe", "sam"].into_iter().enumerate() {
        let at = NOW.plus(number as i64 * MINUTE_MS);
        project.did(&[person], "Signed Up", at).await;
        project.run(at).await;
        let given = project.person(person).await.enrolments[0].seq;
        assert!(given > last, "{given} after {last}");
        assert_eq!(
            stores.engine.get_engine_state().await.expect("a head").last_enrolment,
            EnrolmentKey(given)
        );
        last = given;
    }
    assert_eq!(project.stats(journey).await.entered, 3);
}

/// One identity is one profile, also where two say something of it for the first time.
pub async fn two_who_meet_someone_at_the_same_time_make_one_profile(stores: &Stores) {
    let project = TestProject::new(stores).await;
    let mut writers = JoinSet::new();
    for writer in 0..4 {
        let stores = stores.clone();
        writers.spawn(async move {
            let project = TestProject::new(&stores).await;
            for number in 0..10 {
                let who = known(&format!("p{number}"));
                let what = change(json!({ format!("from{writer}"): true }));
                project.ingest(vec![IngestRecord { who, what }]).await;
            }
        });
    }
    writers.join_all().await;
    assert_eq!(project.people().await.len(), 10);
    for number in 0..10 {
        assert_eq!(project.person(&format!("p{number}")).await.properties.len(), 4);
    }
}

/// Everything that is counted adds up while many do many things at once.
pub async fn everything_adds_up_after_many_wrote_at_the_same_time(stores: &Stores) {
    let mailing = Mailing::of_people(stores, 20).await;
    let journey = mailing.journey;
    let mut writers = JoinSet::new();
    for writer in 0..2_usize {
        let stores = stores.clone();
        writers.spawn(async move {
            let project = TestProject::new(&stores).await;
            for round in 0..10_usize {
                let quotas = quotas(&stores, 2).await;
                let leased =
                    stores.outbox.record_and_lease(&[], &quotas, NOW).await.expect("leased");
                let sent: Vec<_> = leased.iter().map(|message| result(message, sent())).collect();
                stores.outbox.record_and_lease(&sent, &[], NOW).await.expect("recorded");
                let action = if round % 2 == writer { Action::Pause } else { Action::Resume };
                project.operate(&[journey], action).await;
                project.said(&format!("p{round}"), json!({ "round": round })).await;
            }
        });
    }
    while !writers.is_empty() {
        mailing.project.run(NOW).await;
        while let Some(ended) = writers.try_join_next() {
            ended.expect("written");
        }
    }
    mailing.project.run(NOW).await;
    let stats = mailing.project.stats(journey).await;
    assert_eq!(stats.entered, 20);
    mailing.project.adds_up().await;
}
