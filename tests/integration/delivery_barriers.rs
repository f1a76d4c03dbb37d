//! Once a deletion, a withdrawn consent, an address on the suppression list or a channel that is
//! off was answered, no provider hears another word: through every interface, over HTTP, with a
//! receiver that takes its time.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use wayfare_domain::{
    ids::{ProfileKey, ProjectKey},
    messages::{reply::SmsReply, suppression::AddressKind},
    profiles::{
        ingest_record::{IngestRecord, ProfileRef, ProfileUpdate, RecordPayload},
        profile::Channel,
        sender::{Batch, RecordSource, Sender},
    },
};
use wayfare_store::{
    message_events::InboundBatch,
    outbox::{ChangedFacts, ChangedPerson},
};

use crate::{
    courier::shop::Shop,
    deliver::{HERE, hook, journey, mail, mail_goes_to, until, webhooks_go_out},
    ingest::Program,
    providers::{
        http::{Answer, Receiver},
        smtp::Sink,
    },
    support::{Place, Server, text},
};

/// How long the receiver takes for a request.
const SLOW: Duration = Duration::from_millis(150);
const PEOPLE: usize = 400;
/// Longer than anything waits that is on its way.
const QUIET: Duration = Duration::from_secs(3);

/// Everybody signs up, with a phone number and a mail address whose receipt takes two seconds.
async fn sign_up(program: &Program, people: usize) {
    let profiles: Vec<Value> = (0..people)
        .map(|number| {
            let properties = json!({ "name": format!("P{number}."), "email": format!("slow+{number}@example.com") });
            json!({ "identity": format!("person {number}"), "properties": properties })
        })
        .collect();
    assert_eq!(
        program.json("/api/v1/profiles", json!({ "profiles": profiles })).await.0,
        StatusCode::OK
    );
    let events: Vec<Value> = (0..people)
        .map(|number| json!({ "identity": format!("person {number}"), "name": "Signed Up" }))
        .collect();
    assert_eq!(program.json("/api/v1/events", json!({ "events": events })).await.0, StatusCode::OK);
}

/// A server that brings webhooks to a slow receiver, and is in the middle of it.
async fn in_the_middle_of_webhooks() -> (Place, Server, Program, Receiver) {
    let (place, receiver) = (Place::empty(), Receiver::start().await);
    receiver.answers(Answer::After(SLOW));
    let server = place.serve_with(&HERE);
    let program = Program::new(&server).await;
    webhooks_go_out(&server).await;
    program.publish(journey("Hooks", "Signed Up", &hook(&receiver.url()))).await;
    sign_up(&program, PEOPLE).await;
    until("webhooks are on their way", || receiver.asked().len() > 20).await;
    (place, server, program, receiver)
}

fn asked_about(receiver: &Receiver, person: usize) -> usize {
    receiver.asked().iter().filter(|asked| asked.body.contains(&format!("P{person}.\""))).count()
}

fn check(place: &Place) {
    let check = place.run(&["check"]);
    assert!(check.status.success(), "{}", text(&check.stdout));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_goes_out_to_somebody_after_their_deletion_was_answered() {
    let (place, mut server, program, receiver) = in_the_middle_of_webhooks().await;
    let mut answered = Vec::new();
    for person in (0..PEOPLE).rev().step_by(4) {
        let address = format!("{}/api/v1/profiles/person%20{person}", server.url);
        let answer = reqwest::Client::new()
            .delete(address)
            .bearer_auth(program.key())
            .send()
            .await
            .expect("an answer");
        assert!(answer.status().is_success(), "{}", answer.status());
        answered.push((person, asked_about(&receiver, person)));
    }
    assert!(
        answered.iter().any(|(_, times)| *times == 0),
        "some were deleted before their message went out"
    );
    until("everybody else was asked about", || receiver.asked().len() >= PEOPLE - PEOPLE / 4).await;
    tokio::time::sleep(QUIET).await;
    for (person, times) in answered {
        assert_eq!(
            asked_about(&receiver, person),
            times,
            "person {person}: something followed the answer"
        );
    }
    server.terminate();
    check(&place);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_on_its_way_before_a_merge_is_waited_for_by_whoever_deletes_the_merged_profile() {
    let (place, receiver) = (Place::empty(), Receiver::start().await);
    receiver.answers(Answer::Stuck);
    let mut server = place.serve_with(&HERE);
    let program = Program::new(&server).await;
    let form = [("channel", "webhook"), ("fields[timeout_seconds]", "30"), ("live", "on")];
    assert_eq!(server.post("channels/save", &form).await.status(), StatusCode::OK);
    program.publish(journey("Hooks", "Signed Up", &hook(&receiver.url()))).await;
    let events = json!({ "events": [{ "anonymous_id": "device", "name": "Signed Up" }] });
    assert_eq!(program.json("/api/v1/events", events).await.0, StatusCode::OK);
    until("the webhook is on its way", || receiver.asked().len() == 1).await;
    for names in
        [json!({ "identity": "ada" }), json!({ "identity": "ada", "anonymous_id": "device" })]
    {
        let profiles = json!({ "profiles": [names] });
        assert_eq!(program.json("/api/v1/profiles", profiles).await.0, StatusCode::OK);
    }
    assert_eq!(program.delete("/api/v1/profiles/ada").await, StatusCode::NO_CONTENT);
    program.tells(&["channel_in_hand{channel=\"webhook\"} 0"]).await;
    let given_up = "SELECT count(*) FROM outbox WHERE status = 2
        AND reason LIKE 'cancelled while sending%'";
    assert_eq!(place.count(given_up).await, 1, "its connection was dropped before the answer");
    assert_eq!(receiver.asked().len(), 1);
    server.terminate();
    check(&place);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_goes_out_by_a_channel_after_test_mode_was_answered_and_the_rest_goes_when_it_is_live_again()
 {
    let (place, mut server, program, receiver) = in_the_middle_of_webhooks().await;
    let off = [("channel", "webhook"), ("fields[timeout_seconds]", "5"), ("revision", "1")];
    assert_eq!(server.post("channels/save", &off).await.status(), StatusCode::OK);
    let at_the_answer = receiver.asked().len();
    assert!(at_the_answer < PEOPLE, "all of them went out before");
    tokio::time::sleep(QUIET).await;
    assert_eq!(receiver.asked().len(), at_the_answer, "something followed the answer");
    let live = [
        ("channel", "webhook"),
        ("fields[timeout_seconds]", "5"),
        ("revision", "2"),
        ("live", "on"),
    ];
    assert_eq!(server.post("channels/save", &live).await.status(), StatusCode::OK);
    until("the rest goes out", || receiver.asked().len() >= PEOPLE).await;
    program.tells(&["channel_waiting{channel=\"webhook\"} 0"]).await;
    assert_eq!(receiver.asked().len(), PEOPLE, "each once");
    server.terminate();
    check(&place);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_mail_goes_out_after_a_withdrawn_consent_or_a_suppressed_address_was_answered() {
    let (place, sink) = (Place::empty(), Sink::start());
    let mut server = place.serve_with(&HERE);
    let program = Program::new(&server).await;
    mail_goes_to(&server, &sink).await;
    let journey = program.publish(journey("Letters", "Signed Up", &mail())).await;
    sign_up(&program, 60).await;
    until("mails are on their way", || sink.messages().len() > 2).await;
    let records: Vec<Value> = (0..40)
        .map(|number| json!({ "type": "identify", "userId": format!("person {number}"), "traits": { "MSG-email": false } }))
        .collect();
    assert!(program.try_json("/v1/batch", json!({ "batch": records })).await);
    let addresses: Vec<String> =
        (40..60).map(|number| format!("slow+{number}@example.com")).collect();
    let form =
        [("kind", "email"), ("addresses", &addresses.join("\n")), ("note", "they asked by phone")];
    let answer = server.post("suppressions/add", &form).await;
    assert_eq!(answer.status(), StatusCode::OK, "{}", answer.text().await.unwrap_or_default());
    let at_the_answer = sink.messages().len();
    program.until(&journey, "completed", 60).await;
    tokio::time::sleep(QUIET).await;
    assert_eq!(sink.messages().len(), at_the_answer, "something followed the answer");
    server.terminate();
    check(&place);
    assert_eq!(
        place.count("SELECT count(*) FROM outbox WHERE status = 1").await,
        at_the_answer as i64
    );
    let withheld = "SELECT count(*) FROM outbox WHERE status = 5";
    assert!(place.count(withheld).await > 0, "the others have a reason");
}

fn change(properties: Value) -> RecordPayload {
    RecordPayload::Change(
        ProfileUpdate::read(properties.as_object().cloned().expect("properties"))
            .expect("a change"),
    )
}

async fn facts_of(shop: &Shop, records: Vec<(&str, RecordPayload)>) -> Vec<ChangedFacts> {
    let who =
        |identity: &str| ProfileRef::read(Some(identity.to_string()), None).expect("a person");
    let records = records
        .into_iter()
        .map(|(identity, what)| IngestRecord { who: who(identity), what })
        .collect();
    ingest(shop, &[batch(shop, records)]).await
}

fn batch(shop: &Shop, records: Vec<IngestRecord>) -> Batch {
    Batch {
        project: shop.actor.project,
        sender: Sender::trusted(shop.actor.user, RecordSource::Api),
        records,
    }
}

/// What senders wait for, if anything.
async fn ingest(shop: &Shop, batches: &[Batch]) -> Vec<ChangedFacts> {
    let ingested = shop.stores.ingest.ingest(batches, shop.now()).await.expect("stored");
    ingested.into_iter().map(|ingested| ingested.changed).collect()
}

#[tokio::test]
async fn only_a_withdrawn_consent_and_another_address_make_a_sender_wait() {
    let shop = Shop::without_tasks().await;
    let ada = |properties| vec![("ada", change(properties))];
    let new = json!({ "email": "ada@example.com", "MSG-push": false, "MSG-email": true });
    let none = |facts: Vec<ChangedFacts>| facts.iter().all(ChangedFacts::is_empty);
    assert!(none(facts_of(&shop, ada(new)).await), "nothing is in hand for someone new");
    let ordinary =
        json!({ "email": "ada@example.com", "plan": "gold", "MSG-email": true, "MSG-push": false });
    assert!(none(facts_of(&shop, ada(ordinary)).await));
    let people = |facts: Vec<ChangedFacts>| {
        facts.into_iter().flat_map(|facts| facts.people).collect::<Vec<_>>()
    };
    let withdrawn = people(facts_of(&shop, ada(json!({ "MSG-email": false }))).await);
    assert_eq!(withdrawn, [ChangedPerson::withdrawn(ProfileKey(1), Some(Channel::Email))]);
    let moved = people(facts_of(&shop, ada(json!({ "email": "ada@example.org" }))).await);
    assert_eq!(moved, [ChangedPerson::withdrawn(ProfileKey(1), Some(Channel::Email))]);
    shop.close().await;
}

#[tokio::test]
async fn of_senders_that_share_a_transaction_only_the_one_concerned_waits() {
    let shop = Shop::without_tasks().await;
    facts_of(&shop, vec![("ada", change(json!({ "email": "ada@example.com" })))]).await;
    let record = |identity: &str, what| {
        vec![IngestRecord {
            who: ProfileRef::read(Some(identity.to_string()), None).expect("a person"),
            what,
        }]
    };
    let batches = [
        batch(&shop, record("bob", change(json!({ "plan": "gold" })))),
        batch(&shop, record("ada", change(json!({ "MSG-email": false })))),
    ];
    let facts = ingest(&shop, &batches).await;
    assert_eq!(facts.iter().map(ChangedFacts::is_empty).collect::<Vec<_>>(), [true, false]);
    shop.close().await;
}

#[tokio::test]
async fn two_who_become_one_are_asked_about_again_and_the_one_who_does_not_want_it_decides() {
    let shop = Shop::without_tasks().await;
    let device = |identity: Option<&str>, properties| {
        let who = ProfileRef::read(identity.map(str::to_string), Some("device".to_string()))
            .expect("a person");
        [batch(&shop, vec![IngestRecord { who, what: change(properties) }])]
    };
    facts_of(&shop, vec![("ada", change(json!({ "email": "ada@example.com" })))]).await;
    ingest(&shop, &device(None, json!({ "MSG-email": false }))).await;
    let facts = ingest(&shop, &device(Some("ada"), json!({}))).await;
    let people = &facts[0].people;
    assert!(
        people.contains(&ChangedPerson::withdrawn(ProfileKey(1), Some(Channel::Email))),
        "{people:?}"
    );
    assert!(people.contains(&ChangedPerson::asked_again(ProfileKey(2))), "{people:?}");
    shop.close().await;
}

#[tokio::test]
async fn a_stop_by_sms_names_the_person_and_the_number() {
    let shop = Shop::without_tasks().await;
    facts_of(&shop, vec![("ada", change(json!({ "phone": "+49 170 1234567" })))]).await;
    let reply = SmsReply {
        channel: Channel::Sms,
        address: "+491701234567".to_string(),
        wanted: false,
        at: shop.now(),
    };
    let told =
        InboundBatch { replies: vec![(shop.actor.project, reply)], ..InboundBatch::default() };
    let (_, facts) = shop
        .stores
        .message_events
        .record_message_events(&[told], shop.now())
        .await
        .expect("written");
    assert_eq!(facts.people, [ChangedPerson::withdrawn(ProfileKey(1), Some(Channel::Sms))]);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_hand_for_an_address_is_kept_back_when_the_address_joins_the_list() {
    let provider = crate::courier::provider::Provider::taking();
    provider.hold();
    let shop = Shop::open(provider).await;
    let journey = shop.publish("One", crate::courier::shop::sms()).await;
    shop.sign_up(1..=300).await;
    shop.until_in_flight(64).await;
    let addresses: Vec<String> = (1..=300).map(|number| format!("+49170{number:07}")).collect();
    let suppressed = shop
        .stores
        .suppressions
        .add_suppressions(&shop.actor, AddressKind::Phone, &addresses, "", shop.now())
        .await;
    assert_eq!(suppressed.expect("listed"), 300);
    let project = shop.number("SELECT key FROM projects WHERE ? IS NOT NULL").await;
    let listed = addresses
        .iter()
        .map(|address| (ProjectKey(project), AddressKind::Phone, address.clone()))
        .collect();
    let answered = tokio::spawn({
        let flights = shop.flights.clone();
        async move {
            flights
                .facts_changed(&ChangedFacts { suppressed: listed, ..ChangedFacts::default() })
                .await
        }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!answered.is_finished(), "messages are on their way");
    shop.provider.release();
    answered.await.expect("answered");
    let at_the_answer = shop.provider.asked();
    shop.until(journey, |figures| figures.completed == 300).await;
    assert_eq!(shop.provider.asked(), at_the_answer, "nothing followed the answer");
    assert!(at_the_answer < 300);
    shop.close().await;
}
