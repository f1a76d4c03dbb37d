//! What is promised of costly work, on work that would go on for ever.

use std::convert::Infallible;

use uuid::Uuid;

use super::*;
use wayfare_domain::{
    access::{
        actor::RequestOrigin,
        permissions::{Authority, Role},
    },
    ids::{ProjectId, UserId},
};

fn actor(person: u128, project: u128) -> Actor {
    Actor {
        user: UserId(Uuid::from_u128(person)),
        name: String::new(),
        project: ProjectId(Uuid::from_u128(project)),
        authority: Authority::Role(Role::Viewer),
        origin: RequestOrigin::default(),
    }
}

/// Goes on until it is stopped.
async fn endless(stop: WorkStop) -> Result<(), GivenUp> {
    aside(stop, |interrupt| {
        loop {
            interrupt.go_on()?;
            std::thread::yield_now();
        }
    })
    .await
    .expect("no panic")
}

/// Begins so much endless work of the same person, and waits until all of it has a place or stands
/// in line.
fn begin(
    work: &CostlyWork,
    actor: &Actor,
    times: usize,
) -> Vec<tokio::task::JoinHandle<Result<(), WorkError<GivenUp>>>> {
    let one = || {
        let (work, actor) = (work.clone(), actor.clone());
        tokio::spawn(async move { work.run(&actor, Job::Preview, endless).await })
    };
    (0..times).map(|_| one()).collect()
}

async fn until(work: &CostlyWork, done: impl Fn(WorkReading) -> bool) {
    while !done(work.read()) {
        tokio::task::yield_now().await;
    }
}

/// Work that is done at once.
async fn short(work: &CostlyWork, actor: &Actor) -> Result<(), WorkError<Infallible>> {
    work.run(actor, Job::Preview, |_| async { Ok(()) }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_has_begun_as_much_as_one_may_is_refused_and_others_are_not() {
    let work = CostlyWork::default();
    let (ada, bob) = (actor(1, 1), actor(2, 1));
    // Two run and eight wait; the eleventh is one too many.
    let begun = begin(&work, &ada, 11);
    until(&work, |reading| reading.running == 2 && reading.refused == 1).await;
    let refused = short(&work, &ada).await.expect_err("a refusal");
    assert!(matches!(refused, WorkError::Crowded(Crowded { of: Of::Person(_), .. })), "{refused}");
    short(&work, &bob).await.expect("another person's is done");
    begun.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_has_places_of_its_own_and_keeps_no_other_project_from_anything() {
    let work = CostlyWork::default();
    let begun: Vec<_> = (1..=2).flat_map(|person| begin(&work, &actor(person, 1), 2)).collect();
    until(&work, |reading| reading.running == 4).await;
    let refused = short(&work, &actor(3, 1)).await.expect_err("no one leaves");
    assert!(matches!(refused, WorkError::Crowded(Crowded { of: Of::Project(_), .. })), "{refused}");
    short(&work, &actor(3, 2)).await.expect("another project's is done");
    begun.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_nobody_waits_for_ends_and_gives_its_place_back() {
    let work = CostlyWork::default();
    let ada = actor(1, 1);
    let begun = begin(&work, &ada, 2);
    until(&work, |reading| reading.running == 2).await;
    begun.iter().for_each(tokio::task::JoinHandle::abort);
    until(&work, |reading| reading.running == 0).await;
    assert_eq!(work.read().nobody_waited, 2);
    short(&work, &ada).await.expect("the places are free again");
}

#[tokio::test(flavor = "multi_thread")]
async fn work_ends_by_itself_when_its_time_is_over_and_the_error_says_so() {
    let work = CostlyWork::within(Duration::from_millis(20));
    let ended = work.run(&actor(1, 1), Job::Preview, endless).await.expect_err("an end");
    assert!(
        matches!(&ended, WorkError::TookTooLong(sentence) if sentence.starts_with("The preview took longer")),
        "{ended}"
    );
    until(&work, |reading| reading.running == 0).await;
    assert_eq!(work.read().too_long, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_panics_gives_its_place_back_and_is_told_as_a_fault() {
    let work = CostlyWork::default();
    let broken = |_| async {
        std::panic::resume_unwind(Box::new("a bug"));
        #[expect(unreachable_code, reason = "what the work would answer")]
        Ok::<(), GivenUp>(())
    };
    assert!(matches!(work.run(&actor(1, 1), Job::Checks, broken).await, Err(WorkError::BrokeOff)));
    until(&work, |reading| reading.running == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_keeps_its_place_as_long_as_it_is_held_and_nobody_from_a_preview() {
    let work = CostlyWork::default();
    let ada = actor(1, 1);
    let held = [work.begin(&ada, Job::Export).await, work.begin(&ada, Job::Export).await]
        .map(|begun| begun.expect("a place"));
    assert!(work.begin(&ada, Job::Export).await.is_err());
    short(&work, &ada).await.expect("a preview");
    drop(held);
    assert!(work.begin(&ada, Job::Export).await.is_ok());
}
