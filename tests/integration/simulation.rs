//! Months of a random company in seconds: random journeys, people, events, operations and crashes,
//! on a clock that is held, with the guarantees of docs/design.md checked after each step. A
//! failure names its seed; `WAYFARE_SEEDS=7` runs that one, `WAYFARE_SEEDS=0..500` many.

mod company;
mod journey;

use company::Company;

fn seeds() -> Vec<u64> {
    let text = std::env::var("WAYFARE_SEEDS").unwrap_or_else(|_| "0..6".to_string());
    match text.split_once("..") {
        Some((from, to)) => {
            (from.parse().expect("a number")..to.parse().expect("a number")).collect()
        }
        None => vec![text.parse().expect("a number")],
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn months_of_random_journeys_keep_every_guarantee() {
    let mut running = tokio::task::JoinSet::new();
    for seed in seeds() {
        if running.len() >= 2 {
            running.join_next().await.expect("one runs").expect("it keeps the guarantees");
        }
        running.spawn(async move { Company::found(seed).await.live().await });
    }
    let mut journeys = 0;
    let mut trips = 0;
    while let Some(done) = running.join_next().await {
        let (made, entered) = done.expect("it keeps the guarantees");
        journeys += made;
        trips += entered;
    }
    assert!(
        journeys > 0 && trips > 0,
        "the companies do something: {journeys} journeys, {trips} trips"
    );
}
