//! Webhooks.

use std::sync::Arc;

use ring::hmac;
use wayfare_delivery::channels::{
    EgressClient, FailureScope, OutboundMessage, SendResult, Transport, open_transport,
};
use wayfare_domain::{
    graph::node::WebhookMethod,
    messages::channel::{ChannelSettings, WebhookSettings},
};
use wayfare_templates::content::{Content, WebhookContent};

use super::{End, assert_end, open, parcel, secret};
use crate::providers::{
    http::{Answer, Receiver},
    nobody, resetting,
    smtp::{Certificates, Sink},
};

const SECRET: &str = "a secret between the two of us";

fn settings() -> ChannelSettings {
    waiting(30)
}

fn waiting(timeout_seconds: u16) -> ChannelSettings {
    ChannelSettings::Webhook(WebhookSettings { timeout_seconds })
}

fn unsigned() -> Arc<dyn Transport> {
    open(settings(), None)
}

fn hook(url: &str) -> OutboundMessage {
    with(url, WebhookMethod::Post, &[])
}

fn with(url: &str, method: WebhookMethod, headers: &[(&str, &str)]) -> OutboundMessage {
    let headers =
        headers.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    parcel(
        "k1",
        "",
        Content::Webhook(WebhookContent {
            method,
            url: url.to_string(),
            headers,
            body: "{\"a\":1}".to_string(),
        }),
    )
}

#[tokio::test]
async fn a_receiver_can_tell_that_it_is_us_and_that_it_is_the_same_message() {
    let receiver = Receiver::start().await;
    let signed = open(settings(), Some(&secret(SECRET)));
    let handed = signed
        .send(&with(
            &format!("{}/orders?x=1", receiver.url()),
            WebhookMethod::Put,
            &[("X-Shop", "7")],
        ))
        .await;
    assert_end(&handed, &End::Taken, "");
    let asked = receiver.last();
    assert_eq!(
        (asked.method.as_str(), asked.path.as_str(), asked.body.as_str()),
        ("PUT", "/orders?x=1", "{\"a\":1}")
    );
    assert_eq!(asked.header("idempotency-key"), "k1");
    assert_eq!(asked.header("user-agent"), "Wayfare");
    assert_eq!(asked.header("content-type"), "application/json");
    assert_eq!(asked.header("x-shop"), "7");
    let (time, made) = asked.header("wayfare-signature").split_once(",v1=").expect("a signature");
    let seconds = time.strip_prefix("t=").expect("a time");
    let bytes: Vec<u8> = (0..made.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&made[at..at + 2], 16).expect("hexadecimal"))
        .collect();
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    assert!(hmac::verify(&key, format!("{seconds}.{}", asked.body).as_bytes(), &bytes).is_ok());
}

#[tokio::test]
async fn without_a_secret_nothing_is_signed() {
    let receiver = Receiver::start().await;
    assert_end(&unsigned().send(&hook(&receiver.url())).await, &End::Taken, "");
    assert_eq!(receiver.last().header("wayfare-signature"), "");
}

#[tokio::test]
async fn each_answer_is_told_from_the_others() {
    let receiver = Receiver::start().await;
    let transport = unsigned();
    let hand = async |answer: Answer| {
        receiver.answers(answer);
        transport.send(&hook(&receiver.url())).await
    };
    assert_end(
        &hand(Answer::status(500)).await,
        &End::Again(FailureScope::Channel),
        "the receiver has a problem (500)",
    );
    assert_end(
        &hand(Answer::status(401)).await,
        &End::Again(FailureScope::Channel),
        "rejects the key (401): check the settings",
    );
    assert_end(
        &hand(Answer::status(404)).await,
        &End::Never(FailureScope::Message),
        "rejected the message (404)",
    );
    assert_end(
        &hand(Answer::with(302, "location", "http://127.0.0.1:1/")).await,
        &End::Never(FailureScope::Message),
        "another address",
    );
    assert_end(
        &hand(Answer::Half).await,
        &End::Again(FailureScope::Channel),
        "closed the connection during the response",
    );
    let words =
        Answer::Says { status: 422, headers: Vec::new(), body: "no\r\n such order".to_string() };
    assert_end(&hand(words).await, &End::Never(FailureScope::Message), "(422 no such order)");
    for status in [408, 425, 429, 503] {
        let handed = hand(Answer::with(status, "retry-after", "45")).await;
        let SendResult::Deferred { wish_ms: Some(45_000), fault: FailureScope::Channel, .. } =
            handed
        else {
            panic!("{status}: {handed:?}")
        };
    }
    assert_end(&hand(Answer::Well).await, &End::Taken, "");
}

#[tokio::test]
async fn a_receiver_that_says_nothing_is_given_up() {
    let receiver = Receiver::start().await;
    receiver.answers(Answer::Stuck);
    let handed = open(waiting(1), None).send(&hook(&receiver.url())).await;
    assert_end(
        &handed,
        &End::Again(FailureScope::Channel),
        "the receiver did not respond within 1 seconds",
    );
}

#[tokio::test]
async fn a_receiver_whose_certificate_nobody_vouches_for_is_not_trusted() {
    let certificates = Certificates::new();
    // It speaks TLS from the first byte; what comes after does not matter.
    let sink = Sink::start_with(&[certificates.flags(), vec!["--tls".to_string()]].concat());
    let handed = unsigned().send(&hook(&format!("https://localhost:{}/", sink.port))).await;
    let sentence = "the receiver cannot be trusted: its certificate is from an unknown authority";
    assert_end(&handed, &End::Again(FailureScope::Channel), sentence);
}

#[tokio::test]
async fn a_key_in_an_authors_header_is_not_repeated() {
    let receiver = Receiver::start().await;
    receiver.answers(Answer::Says {
        status: 400,
        headers: Vec::new(),
        body: "you said Bearer abc-123".to_string(),
    });
    let parcel = with(&receiver.url(), WebhookMethod::Post, &[("Authorization", "Bearer abc-123")]);
    let handed = unsigned().send(&parcel).await;
    assert_eq!(receiver.last().header("authorization"), "Bearer abc-123");
    assert_end(&handed, &End::Never(FailureScope::Message), "(400 you said …)");
}

#[tokio::test]
async fn a_receiver_that_is_not_there_is_told_as_such() {
    let handed = unsigned().send(&hook(&format!("http://{}", nobody().await))).await;
    assert_end(&handed, &End::Again(FailureScope::Channel), "the receiver cannot be reached");
    let handed = unsigned().send(&hook(&format!("http://{}", resetting().await))).await;
    assert_end(&handed, &End::Again(FailureScope::Channel), "the receiver");
    let handed = unsigned().send(&hook("http://nobody.invalid/")).await;
    assert_end(
        &handed,
        &End::Again(FailureScope::Message),
        "The server name “nobody.invalid” does not exist",
    );
}

#[tokio::test]
async fn what_makes_no_sense_is_never_sent() {
    let receiver = Receiver::start().await;
    for (url, says) in [
        ("", "is not a valid address"),
        ("ftp://example.com", "is not a valid address"),
        ("http://ada:secret@example.com/", "contains a user name or password"),
    ] {
        assert_end(&unsigned().send(&hook(url)).await, &End::Never(FailureScope::Message), says);
    }
    let odd = with(&receiver.url(), WebhookMethod::Post, &[("X-Shop", "7\r\nX-Evil: 1")]);
    assert_end(
        &unsigned().send(&odd).await,
        &End::Never(FailureScope::Message),
        "the header “X-Shop” cannot be sent",
    );
    assert!(receiver.asked().is_empty());
}

#[tokio::test]
async fn private_networks_are_out_of_reach_unless_the_operator_opens_them() {
    let receiver = Receiver::start().await;
    let port = receiver.address.port();
    let closed = EgressClient::new(Vec::new()).expect("a client");
    let transport = open_transport(&settings(), None, None, &closed).expect("a transport");
    for host in [
        "127.0.0.1",
        "[::1]",
        "localhost",
        "LOCALHOST",
        "2130706433",
        "0x7f000001",
        "169.254.169.254",
        "[::ffff:10.0.0.1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "0.0.0.0",
    ] {
        let handed = transport.send(&hook(&format!("http://{host}:{port}/"))).await;
        assert_end(&handed, &End::Never(FailureScope::Message), "is in a private network");
    }
    assert!(receiver.asked().is_empty());
    assert_end(
        &unsigned().send(&hook(&format!("http://localhost:{port}/"))).await,
        &End::Taken,
        "",
    );
}
