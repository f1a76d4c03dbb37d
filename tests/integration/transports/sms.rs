//! SMS, against a receiver that speaks as Twilio does.

use std::sync::Arc;

use serde_json::json;
use wayfare_delivery::channels::{
    EgressClient, FailureScope, OutboundMessage, SendResult, Transport, open_transport,
};
use wayfare_domain::messages::channel::{ChannelSettings, SmsSettings};
use wayfare_templates::content::Content;

use super::{End, assert_end, parcel, secret};
use crate::providers::{
    http::{Answer, Receiver},
    nobody, outside,
};

const TOKEN: &str = "f0e1d2c3b4a5";

fn settings(base_url: String, from: &str) -> ChannelSettings {
    ChannelSettings::Sms(SmsSettings {
        account: "AC1".to_string(),
        from: from.to_string(),
        base_url,
    })
}

fn open_at(base_url: String) -> Arc<dyn Transport> {
    let callback = Some("https://wayfare.example/hooks/sms".to_string());
    open_transport(&settings(base_url, "+4930123456"), Some(&secret(TOKEN)), callback, &outside())
        .expect("a transport")
}

fn sms() -> OutboundMessage {
    parcel("k1", "+491701234567", Content::Sms { body: "Grüße & bis bald".to_string() })
}

#[tokio::test]
async fn a_message_goes_out_in_our_name_and_comes_back_with_the_providers() {
    let twilio = Receiver::start().await;
    let handed = open_at(twilio.url()).send(&sms()).await;
    assert_eq!(handed, SendResult::Accepted { provider_id: Some("SM1".to_string()) });
    let asked = twilio.last();
    assert_eq!(
        (asked.method.as_str(), asked.path.as_str()),
        ("POST", "/2010-04-01/Accounts/AC1/Messages.json")
    );
    assert_eq!(asked.field("To").as_deref(), Some("+491701234567"));
    assert_eq!(asked.field("From").as_deref(), Some("+4930123456"));
    assert_eq!(asked.field("Body").as_deref(), Some("Grüße & bis bald"));
    assert_eq!(
        asked.field("StatusCallback").as_deref(),
        Some("https://wayfare.example/hooks/sms?key=k1")
    );
    assert_eq!(asked.header("idempotency-key"), "k1");
    // AC1:f0e1d2c3b4a5
    assert_eq!(asked.header("authorization"), "Basic QUMxOmYwZTFkMmMzYjRhNQ==");
}

#[tokio::test]
async fn a_messaging_service_is_named_as_one() {
    let twilio = Receiver::start().await;
    let service = format!("MG{}", "0".repeat(32));
    let settings = settings(twilio.url(), &service);
    let transport =
        open_transport(&settings, Some(&secret(TOKEN)), None, &outside()).expect("a transport");
    assert_end(&transport.send(&sms()).await, &End::Taken, "");
    assert_eq!(twilio.last().field("MessagingServiceSid"), Some(service));
    assert_eq!((twilio.last().field("From"), twilio.last().field("StatusCallback")), (None, None));
}

#[tokio::test]
async fn each_answer_is_told_from_the_others() {
    let twilio = Receiver::start().await;
    let transport = open_at(twilio.url());
    let refused = |status, code, message: &str| {
        Answer::json(status, &json!({ "code": code, "message": message, "status": status }))
    };
    let hand = async |answer: Answer| {
        twilio.answers(answer);
        transport.send(&sms()).await
    };
    let stopped = hand(refused(400, 21610, "Attempt to send to unsubscribed recipient")).await;
    assert_end(
        &stopped,
        &End::Never(FailureScope::Address),
        "the recipient has opted out (error 21610: Attempt",
    );
    let landline = hand(refused(400, 21614, "'To' number is not a valid mobile number")).await;
    assert_end(&landline, &End::Never(FailureScope::Address), "the number cannot receive messages");
    let long = hand(refused(400, 21617, "The concatenated message body exceeds the limit")).await;
    assert_end(&long, &End::Never(FailureScope::Message), "rejected the message");
    let echo = hand(refused(401, 20003, &format!("Authenticate {TOKEN}"))).await;
    assert_end(
        &echo,
        &End::Again(FailureScope::Channel),
        "does not allow sending with these settings (error 20003: Authenticate …)",
    );
    assert_end(
        &hand(Answer::status(401)).await,
        &End::Again(FailureScope::Channel),
        "rejects the key (401): check the settings",
    );
    let slow = hand(Answer::with(429, "retry-after", "7")).await;
    let SendResult::Deferred { wish_ms: Some(7_000), fault: FailureScope::Channel, .. } = slow
    else {
        panic!("{slow:?}")
    };
    assert_end(
        &hand(Answer::status(503)).await,
        &End::Again(FailureScope::Channel),
        "has a problem (503)",
    );
    assert_end(
        &hand(Answer::with(307, "location", "/")).await,
        &End::Again(FailureScope::Channel),
        "check the settings",
    );
    assert_end(
        &hand(Answer::Half).await,
        &End::Again(FailureScope::Channel),
        "closed the connection during the response",
    );
    assert_end(&hand(Answer::Well).await, &End::Taken, "");
}

#[tokio::test]
async fn a_gateway_that_is_not_there_or_inside_is_the_settings_fault() {
    let gone = open_at(format!("http://{}", nobody().await));
    assert_end(
        &gone.send(&sms()).await,
        &End::Again(FailureScope::Channel),
        "the SMS provider cannot be reached",
    );
    let closed = EgressClient::new(Vec::new()).expect("a client");
    let inside = settings("http://169.254.169.254".to_string(), "Shop");
    let inside = open_transport(&inside, Some(&secret(TOKEN)), None, &closed).expect("a transport");
    assert_end(
        &inside.send(&sms()).await,
        &End::Again(FailureScope::Channel),
        "is in a private network",
    );
}
