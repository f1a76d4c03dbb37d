//! After downtime overdue people continue at a set rate, and people who are due in time do not wait
//! behind them.

use std::{ops::RangeInclusive, sync::Arc};

use wayfare_domain::time::{HOUR_MS, MINUTE_MS, SECOND_MS};
use wayfare_engine::Engine;
use wayfare_runtime::{engine_metrics::EngineMetrics, time_zones::TzdbZones};

use crate::courier::shop::{self, HeldClock, Shop};

/// A second.
const RATE: u32 = 40;

fn engine(shop: &Shop) -> Engine {
    let clock: HeldClock = shop.clock.clone();
    Engine::new(&shop.stores, Arc::new(clock), Arc::new(TzdbZones), EngineMetrics::default())
}

async fn rest(engine: &mut Engine) {
    while engine.tick().await.expect("a round") {}
}

/// People who wait an hour each, and an engine that ended before the hour did.
async fn standstill(
    people: RangeInclusive<u64>,
    asleep: i64,
) -> (Shop, wayfare_domain::ids::JourneyId) {
    let shop = Shop::without_tasks().await;
    let journey = shop.publish("Later", shop::an_hour()).await;
    let mut before = engine(&shop);
    shop.sign_up(people).await;
    rest(&mut before).await;
    shop.clock.pass(HOUR_MS + asleep);
    (shop, journey)
}

#[tokio::test]
async fn the_overdue_go_on_at_the_rate_and_the_rest_in_time() {
    let (shop, journey) = standstill(1..=400, 3 * HOUR_MS).await;
    let mut after = engine(&shop).catching_up(RATE);
    let mut done = 0;
    let mut seconds = 0;
    while done < 400 {
        rest(&mut after).await;
        let now = shop.figures(journey).await.completed;
        assert!(now - done <= i64::from(RATE) + 1, "{} in one second", now - done);
        done = now;
        seconds += 1;
        assert!(seconds < 30, "they all go on: {done} of 400 after {seconds} s");
        shop.clock.pass(SECOND_MS);
    }
    // A person who begins to wait now is in time.
    shop.sign_up(1_001..=1_300).await;
    rest(&mut after).await;
    for _ in 0..61 {
        shop.clock.pass(MINUTE_MS);
        rest(&mut after).await;
    }
    assert_eq!(shop.figures(journey).await.completed, 700);
    shop.close().await;
}

#[tokio::test]
async fn whoever_is_due_in_time_does_not_wait_behind_the_overdue() {
    // Ten seconds before two thousand are due, others come, and the server stands still.
    let (shop, journey) = standstill(1..=2_000, -10 * SECOND_MS).await;
    let mut before = engine(&shop);
    shop.sign_up(5_001..=5_100).await;
    rest(&mut before).await;
    drop(before);
    // It comes back ten seconds after those hundred were due; the others have been due for an hour.
    shop.clock.pass(HOUR_MS + 10 * SECOND_MS);
    let mut after = engine(&shop).catching_up(RATE);
    rest(&mut after).await;
    let done = shop.figures(journey).await.completed;
    assert!(
        (100..=100 + i64::from(RATE)).contains(&done),
        "the hundred in time and a few of the overdue: {done}"
    );
    shop.close().await;
}

#[tokio::test]
async fn a_short_pause_of_the_server_makes_nobody_overdue() {
    let (shop, journey) = standstill(1..=500, 30 * SECOND_MS).await;
    let mut after = engine(&shop).catching_up(RATE);
    rest(&mut after).await;
    assert_eq!(shop.figures(journey).await.completed, 500);
    shop.close().await;
}
