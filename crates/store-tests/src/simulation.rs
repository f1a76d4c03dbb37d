//! Months of a random company in seconds: random journeys, people, events, operations and crashes,
//! on a clock that is held, with the guarantees of docs/design.md checked after each step. A
//! failure names its seed; `WAYFARE_SEEDS=7` runs that one, `WAYFARE_SEEDS=0..500` many.

mod company;
mod journey;

use std::env;

use tokio::task::JoinSet;

use company::Company;
use wayfare_store::Stores;

/// Companies that live at the same time.
const AT_ONCE: usize = 2;

fn seeds() -> Vec<u64> {
    let text = env::var("WAYFARE_SEEDS").unwrap_or_else(|_| "0..6".to_string());
    let number = |text: &str| text.parse().expect("WAYFARE_SEEDS: a number, or two as in 0..500");
    match text.split_once("..") {
        Some((from, to)) => (number(from)..number(to)).collect(),
        None => vec![number(&text)],
    }
}

/// `open` gives an empty store each time, and what keeps it there.
pub async fn months_of_random_journeys_keep_every_guarantee<K, O>(open: impl Fn() -> O)
where
    K: Send + 'static,
    O: Future<Output = (Stores, K)>,
{
    let (mut journeys, mut enrolments) = (0, 0);
    let mut running = JoinSet::new();
    for seed in seeds() {
        if running.len() >= AT_ONCE {
            let (made, entered) = ended(&mut running).await.expect("one runs");
            (journeys, enrolments) = (journeys + made, enrolments + entered);
        }
        let (stores, kept) = open().await;
        running.spawn(async move {
            let lived = Company::found(seed, stores).await.live().await;
            drop(kept);
            lived
        });
    }
    while let Some((made, entered)) = ended(&mut running).await {
        (journeys, enrolments) = (journeys + made, enrolments + entered);
    }
    assert!(
        journeys > 0 && enrolments > 0,
        "the companies do something: {journeys} journeys, {enrolments} enrolments"
    );
}

async fn ended(running: &mut JoinSet<(usize, i64)>) -> Option<(usize, i64)> {
    Some(running.join_next().await?.expect("it keeps the guarantees"))
}
