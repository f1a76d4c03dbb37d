//! The dispatcher between a real outbox and a provider that does what the test says.

pub mod provider;
pub mod shop;

use std::{sync::Arc, time::Duration};

use provider::{Answer, Provider};
use shop::Shop;
use wayfare_delivery::channels::FailureScope;
use wayfare_domain::{
    ids::MessageKey, journeys::transition::Action, profiles::profile::Channel, time::HOUR_MS,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_message_goes_out_once_and_its_recipient_goes_on() {
    let shop = Shop::open(Provider::taking()).await;
    let journey = shop.publish("Receipt", shop::webhook()).await;
    shop.sign_up(1..=300).await;
    shop.until(journey, |figures| figures.completed == 300).await;
    let keys = shop.provider.keys();
    assert_eq!(keys.len(), 300);
    assert!(keys.values().all(|times| *times == 1), "each once");
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_journey_with_a_large_heap_does_not_keep_another_waiting() {
    let provider = Provider::taking();
    provider.hold();
    let shop = Shop::open(provider).await;
    let large = shop.publish("Newsletter", shop::webhook()).await;
    shop.sign_up(1..=6_000).await;
    shop.until(large, |figures| figures.queued == 6_000).await;
    let small = shop.publish("Receipt", shop::webhook_to("https://small.example.com/")).await;
    shop.sign_up(9_001..=9_010).await;
    shop.until(small, |figures| figures.queued == 10).await;
    shop.provider.release();
    shop.until(small, |figures| figures.completed == 10).await;
    let last_small = shop.provider.last_place("https://small.example.com/");
    // What was in hand when it came goes first; the rest of the heap does not.
    assert!(last_small < 3_500, "the receipts were served at place {last_small} of 6,020");
    shop.until(large, |figures| figures.completed == 6_010).await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_for_a_while_is_tried_again_under_the_same_key() {
    let busy = Answer::NotNow { wish_ms: None, fault: FailureScope::Message };
    let shop = Shop::open(Provider::answering(vec![busy.clone(), busy])).await;
    let journey = shop.publish("Receipt", shop::webhook()).await;
    shop.sign_up(1..=1).await;
    for _ in 0..2 {
        shop.until_waiting().await;
        shop.clock.pass(HOUR_MS);
    }
    shop.until(journey, |figures| figures.completed == 1).await;
    let keys = shop.provider.keys();
    assert_eq!((keys.len(), keys.values().sum::<usize>()), (1, 3));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_while_a_message_is_sent_is_that_messages_alone_and_may_have_sent_it() {
    let shop = Shop::open(Provider::answering(vec![Answer::Panics])).await;
    let journey = shop.publish("Receipt", shop::webhook()).await;
    shop.sign_up(1..=3).await;
    shop.until(journey, |figures| figures.completed == 2).await;
    shop.until_waiting().await;
    shop.clock.pass(HOUR_MS);
    shop.until(journey, |figures| figures.completed == 3).await;
    let mut times: Vec<usize> = shop.provider.keys().into_values().collect();
    times.sort_unstable();
    assert_eq!(times, [1, 1, 2], "it was tried again, under its own key");
    assert_eq!(shop.number("SELECT sum(possible_duplicates) FROM outbox").await, 1);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_never_works_is_kept_with_its_reason_and_can_be_sent_again() {
    let shop =
        Shop::open(Provider::answering(vec![Answer::Never { fault: FailureScope::Message }])).await;
    let journey = shop.publish("Receipt", shop::webhook()).await;
    shop.sign_up(1..=1).await;
    shop.until(journey, |figures| figures.completed == 1).await;
    let page = shop.failed_messages().await;
    assert_eq!((page.total, page.rows[0].reason.as_str()), (1, "the provider says no"));
    let again = shop
        .stores
        .failed_messages
        .resend_messages(
            &shop.actor,
            &Default::default(),
            &[MessageKey(page.rows[0].number)],
            shop.now(),
        )
        .await;
    assert_eq!(again.expect("sent again"), 1);
    shop.until_asked(2).await;
    shop.until_settled().await;
    let page = shop.failed_messages().await;
    assert_eq!(page.total, 0);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_fails_is_left_alone_and_then_tried_with_one_message() {
    let provider = Provider::taking();
    provider.fail(FailureScope::Channel);
    let shop = Shop::open(provider).await;
    let journey = shop.publish("Receipt", shop::webhook()).await;
    shop.sign_up(1..=4_000).await;
    shop.until(journey, |figures| figures.queued == 4_000).await;
    shop.until_resting().await;
    let before = shop.provider.asked();
    // At most what was in hand when the breaker opened.
    assert!(before <= 1_536, "{before} of 4,000 were tried");
    shop.clock.pass(10_000);
    shop.until_asked(before + 1).await;
    shop.until_settled().await;
    assert_eq!(shop.provider.asked(), before + 1, "one message finds out whether it works again");
    shop.provider.recover();
    shop.clock.pass(HOUR_MS);
    shop.until(journey, |figures| figures.completed == 4_000).await;
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_is_answered_when_nothing_is_on_its_way_and_nothing_follows() {
    let provider = Provider::taking();
    provider.hold();
    let shop = Shop::open(provider).await;
    let journey = shop.publish("Receipt", shop::webhook()).await;
    let other = shop
        .publish_for("Reminder", shop::webhook_to("https://other.example.com/"), "Cart Left")
        .await;
    shop.sign_up(1..=1_000).await;
    shop.did("Cart Left", 1..=100).await;
    shop.until(journey, |figures| figures.queued == 1_000).await;
    shop.until_in_flight(1).await;
    shop.operate(&[journey], Action::Stop).await;
    let barrier = tokio::spawn({
        let (flights, outbox) = (shop.flights.clone(), Arc::clone(&shop.stores.outbox));
        async move { flights.drain_stopped(&*outbox).await }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!barrier.is_finished(), "messages are on their way");
    shop.provider.release();
    barrier.await.expect("joined").expect("answered");
    let of_journey = shop.provider.asked_at("https://shop.example.com/");
    shop.until(other, |figures| figures.completed == 100).await;
    assert_eq!(
        shop.provider.asked_at("https://shop.example.com/"),
        of_journey,
        "nothing followed the answer"
    );
    shop.until_settled().await;
    let figures = shop.figures(journey).await;
    assert_eq!((figures.queued, figures.inside), (0, 0));
    assert_eq!(figures.cancelled, 1_000 - of_journey as i64, "what did not go out is cancelled");
    assert_eq!(shop.stores.maintenance.check_consistency().await.expect("checked"), []);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_gives_up_what_does_not_come_to_an_end() {
    let provider = Provider::taking();
    provider.hold();
    let shop = Shop::open(provider).await;
    let journey = shop.publish("Receipt", shop::webhook()).await;
    shop.sign_up(1..=20).await;
    shop.until_in_flight(20).await;
    shop.operate(&[journey], Action::Stop).await;
    shop.flights.drain_stopped(&*shop.stores.outbox).await.expect("answered");
    assert_eq!(shop.provider.in_flight(), 0, "every connection was dropped");
    shop.until_settled().await;
    shop.provider.release();
    assert_eq!(shop.provider.keys().values().sum::<usize>(), 0, "none was taken");
    assert_eq!(shop.stores.maintenance.check_consistency().await.expect("checked"), []);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_crash_what_was_in_hand_goes_out_again_under_its_key_and_is_counted() {
    let provider = Provider::taking();
    provider.hold();
    let mut shop = Shop::open(provider).await;
    let journey = shop.publish("Receipt", shop::webhook()).await;
    shop.sign_up(1..=30).await;
    shop.until_in_flight(30).await;
    shop.crash().await;
    shop.provider.release();
    shop.restart().await;
    shop.until(journey, |figures| figures.completed == 30).await;
    assert_eq!(shop.provider.keys().len(), 30);
    let load = shop.stores.outbox.get_outbox_depth(shop.actor.project).await.expect("a load");
    assert_eq!(load.doubts, 30);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frequency_cap_lets_one_of_two_messages_through_at_the_same_time() {
    let shop = Shop::open(Provider::taking()).await;
    shop.cap(Channel::Sms, 1, 24).await;
    let (first, second) =
        (shop.publish("One", shop::sms()).await, shop.publish("Two", shop::sms()).await);
    shop.sign_up(1..=200).await;
    shop.until(first, |figures| figures.completed == 200).await;
    shop.until(second, |figures| figures.completed == 200).await;
    assert_eq!(shop.provider.keys().len(), 200, "each person got one");
    assert_eq!(shop.provider.most_to_one(), 1);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_does_not_exist_joins_the_suppression_list_and_gets_nothing_more() {
    let shop =
        Shop::open(Provider::answering(vec![Answer::Never { fault: FailureScope::Address }])).await;
    let first = shop.publish("One", shop::sms()).await;
    shop.sign_up(1..=1).await;
    shop.until(first, |figures| figures.completed == 1).await;
    let second = shop.publish_for("Two", shop::sms(), "Cart Left").await;
    shop.did("Cart Left", 1..=1).await;
    shop.until(second, |figures| figures.completed == 1).await;
    assert_eq!(shop.provider.asked(), 1, "the number that does not exist is not tried again");
    let withheld =
        "SELECT count(*) FROM outbox WHERE status = 5 AND reason LIKE '%suppression list%'
        AND ? IS NOT NULL";
    assert_eq!(shop.number(withheld).await, 1, "and the reason is kept");
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn quiet_hours_that_began_meanwhile_hold_a_message_back_until_they_are_over() {
    let provider = Provider::taking();
    provider.fail(FailureScope::Message);
    let shop = Shop::open(provider).await;
    let journey = shop.publish("Night", shop::sms_with_quiet_hours()).await;
    // The shop's clock begins at noon; quiet hours at ten in the evening.
    shop.sign_up(1..=1).await;
    shop.until_waiting().await;
    shop.provider.recover();
    shop.clock.pass(11 * HOUR_MS);
    shop.until_waiting().await;
    assert_eq!(shop.provider.keys().len(), 0, "it is eleven in the evening");
    shop.clock.pass(9 * HOUR_MS + 60_000);
    shop.until(journey, |figures| figures.completed == 1).await;
    assert_eq!(shop.provider.keys().len(), 1);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_lets_through_so_many_a_second() {
    let shop = Shop::open(Provider::taking()).await;
    shop.rate(Channel::Webhook, 50).await;
    let journey = shop.publish("Receipt", shop::webhook()).await;
    shop.sign_up(1..=400).await;
    shop.until(journey, |figures| figures.queued > 0).await;
    let mut before = 0;
    for _ in 0..6 {
        shop.until_idle().await;
        let asked = shop.provider.asked();
        assert!(asked - before <= 51, "{} in one second", asked - before);
        before = asked;
        shop.clock.pass(1_000);
    }
    assert!((200..=306).contains(&before), "five seconds let {before} through");
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_met_the_goal_while_her_message_waited_gets_nothing() {
    let provider = Provider::taking();
    provider.fail(FailureScope::Message);
    let shop = Shop::open(provider).await;
    let journey = shop.publish("Cart", shop::sms_until_ordered()).await;
    shop.sign_up(1..=5).await;
    shop.until_waiting_messages(5).await;
    shop.did("Ordered", 1..=5).await;
    shop.until(journey, |figures| figures.converted == 5).await;
    shop.provider.recover();
    shop.clock.pass(HOUR_MS);
    shop.until(journey, |figures| figures.queued == 0).await;
    assert_eq!(shop.provider.keys().len(), 0);
    assert_eq!(shop.figures(journey).await.cancelled, 5);
    shop.close().await;
}
