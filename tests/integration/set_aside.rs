//! One row that cannot be worked on stops no round, and counts follow only what was changed.

use crate::courier::{
    provider::Provider,
    shop::{self, Shop},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_somebody_else_has_settled_is_not_counted_twice() {
    let provider = Provider::taking();
    provider.hold();
    let shop = Shop::open(provider).await;
    let journey = shop.publish("Receipt", shop::sms()).await;
    shop.sign_up(1..=10).await;
    shop.until_in_flight(10).await;
    // As a second server on the same file would.
    shop.sql("UPDATE outbox SET status = 1, finished_at = 1 WHERE key <= 6").await;
    shop.sql("UPDATE versions SET queued = queued - 6").await;
    shop.provider.release();
    shop.until(journey, |figures| figures.completed == 4 && figures.queued == 0).await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_that_cannot_be_right_any_more_stops_neither_its_people_nor_other_journeys() {
    let provider = Provider::taking();
    provider.hold();
    let shop = Shop::open(provider).await;
    let first = shop.publish("Receipt", shop::sms()).await;
    shop.sign_up(1..=5).await;
    shop.until_in_flight(5).await;
    // Five are in hand, and none is counted: to take them off the count breaks its rule.
    shop.sql("UPDATE versions SET queued = 0").await;
    let second = shop.publish_for("Reminder", shop::sms(), "Cart Left").await;
    shop.did("Cart Left", 1..=5).await;
    shop.provider.release();
    shop.until(second, |figures| figures.completed == 5).await;
    shop.until(first, |figures| figures.completed == 5).await;
    assert_eq!(shop.provider.keys().values().sum::<usize>(), 10, "each once");
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_cannot_be_read_keeps_nobody_waiting() {
    let provider = Provider::taking();
    provider.hold();
    let shop = Shop::open(provider).await;
    let journey = shop.publish("Receipt", shop::sms()).await;
    shop.sign_up(1..=200).await;
    shop.until_in_flight(64).await;
    shop.until(journey, |figures| figures.queued == 200).await;
    shop.sql("UPDATE profiles SET consent = 'nonsense' WHERE key = 190").await;
    shop.provider.release();
    shop.until(journey, |figures| figures.completed == 199).await;
    assert_eq!(shop.provider.asked(), 199);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_of_a_version_that_cannot_be_read_do_not_block_those_who_are_due_after_them() {
    let shop = Shop::open(Provider::taking()).await;
    let waiting = shop.publish_for("Reminder", shop::an_hour(), "Cart Left").await;
    // More than one round takes, in a journey that does not move.
    shop.did("Cart Left", 1..=4_500).await;
    shop.until(waiting, |figures| figures.inside == 4_500).await;
    // Their version cannot be read any more, those of the other journey can.
    let other = shop.publish_for("Receipt", shop::an_hour(), "Signed Up").await;
    shop.sign_up(6_001..=6_010).await;
    shop.until(other, |figures| figures.inside == 10).await;
    shop.sql("UPDATE versions SET graph = '[]' WHERE key = 1").await;
    shop.clock.pass(2 * 3_600_000);
    shop.until(other, |figures| figures.completed == 10).await;
    let inside = "SELECT inside FROM versions WHERE key = 1 AND ? IS NOT NULL";
    assert_eq!(shop.number(inside).await, 4_500, "whom nothing moves stays where they are");
    shop.close().await;
}
