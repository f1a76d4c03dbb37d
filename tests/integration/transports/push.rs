//! Push, against a receiver that speaks as Firebase and Google's sign-in do.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::{Value, json};
use wayfare_delivery::channels::{
    ChannelError, FailureScope, OutboundMessage, SendResult, Transport, open_transport,
};
use wayfare_domain::messages::channel::{ChannelSettings, PushSettings};
use wayfare_templates::content::Content;

use super::{End, assert_end, open, parcel, secret};
use crate::providers::{
    http::{Answer, Asked, Receiver},
    outside, rsa_key,
};

fn settings(receiver: &Receiver) -> ChannelSettings {
    ChannelSettings::Push(PushSettings {
        project: "shop-1".to_string(),
        client_email: "push@shop-1.example.com".to_string(),
        token_url: format!("{}/token", receiver.url()),
        base_url: receiver.url(),
    })
}

fn push() -> OutboundMessage {
    let content = Content::Push {
        title: "Hello".to_string(),
        body: "Bye".to_string(),
        link: Some("https://shop.example/x".to_string()),
    };
    parcel("k1", "device-token", content)
}

fn opened(receiver: &Receiver, private: &str) -> Arc<dyn Transport> {
    open(settings(receiver), Some(&secret(private)))
}

fn tokens_asked(receiver: &Receiver) -> Vec<Asked> {
    receiver.asked().into_iter().filter(|asked| asked.path == "/token").collect()
}

/// Verifies the statement with the public key, and answers what it states.
fn claims(statement: &str, public: &[u8]) -> Value {
    let (signed, signature) = statement.rsplit_once('.').expect("a signature");
    let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64");
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public)
        .verify(signed.as_bytes(), &signature)
        .expect("it is signed");
    let (_, claims) = signed.split_once('.').expect("claims");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).expect("base64")).expect("JSON")
}

#[tokio::test]
async fn a_notification_goes_out_with_a_token_that_a_signed_statement_brought() {
    let (private, public) = rsa_key();
    let firebase = Receiver::start().await;
    let transport = opened(&firebase, &private);
    let handed = transport.send(&push()).await;
    assert_eq!(
        handed,
        SendResult::Accepted { provider_id: Some("projects/shop-1/messages/2".to_string()) }
    );
    let statement = firebase.asked()[0].field("assertion").expect("a statement");
    let claims = claims(&statement, &public);
    assert_eq!(claims["iss"], "push@shop-1.example.com");
    assert_eq!(claims["aud"], format!("{}/token", firebase.url()));
    let asked = firebase.last();
    assert_eq!(asked.path, "/v1/projects/shop-1/messages:send");
    assert_eq!(asked.header("authorization"), "Bearer token-1");
    let message = &asked.json()["message"];
    assert_eq!(message["token"], "device-token");
    assert_eq!(message["notification"], json!({ "title": "Hello", "body": "Bye" }));
    assert_eq!(message["data"], json!({ "link": "https://shop.example/x", "wayfare_key": "k1" }));
    assert_eq!(message["android"]["notification"]["tag"], "k1");
    // The token is kept, also for many at once.
    let sending: Vec<_> = (0..20)
        .map(|_| {
            let transport = Arc::clone(&transport);
            tokio::spawn(async move { transport.send(&push()).await })
        })
        .collect();
    for sent in sending {
        assert!(matches!(sent.await.expect("no panic"), SendResult::Accepted { .. }));
    }
    assert_eq!(tokens_asked(&firebase).len(), 1);
}

#[tokio::test]
async fn each_answer_is_told_from_the_others() {
    let (private, _) = rsa_key();
    let firebase = Receiver::start().await;
    let transport = opened(&firebase, &private);
    let refused = |status, code: &str| {
        let details = json!([{ "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code }]);
        Answer::json(
            status,
            &json!({ "error": { "code": status, "message": "words", "status": "X", "details": details } }),
        )
    };
    let hand = async |answer: Answer| {
        firebase.answers(answer);
        transport.send(&push()).await
    };
    let gone = hand(refused(404, "UNREGISTERED")).await;
    assert_end(
        &gone,
        &End::Never(FailureScope::Address),
        "the app is no longer on the device (UNREGISTERED: words)",
    );
    let token = json!({ "error": { "code": 400, "status": "INVALID_ARGUMENT",
        "message": "The registration token is not a valid FCM registration token" } });
    assert_end(
        &hand(Answer::json(400, &token)).await,
        &End::Never(FailureScope::Address),
        "no device has this token",
    );
    assert_end(
        &hand(refused(400, "INVALID_ARGUMENT")).await,
        &End::Never(FailureScope::Message),
        "rejected the message",
    );
    assert_end(
        &hand(refused(429, "QUOTA_EXCEEDED")).await,
        &End::Again(FailureScope::Channel),
        "limits the sending rate",
    );
    assert_end(
        &hand(refused(503, "UNAVAILABLE")).await,
        &End::Again(FailureScope::Channel),
        "has a problem",
    );
    assert_end(
        &hand(refused(403, "PERMISSION_DENIED")).await,
        &End::Again(FailureScope::Channel),
        "rejects the key",
    );
    assert_end(
        &hand(Answer::Half).await,
        &End::Again(FailureScope::Channel),
        "closed the connection during the response",
    );
    assert_eq!(tokens_asked(&firebase).len(), 1);
    // A token that is refused is not used again.
    assert_end(
        &hand(Answer::status(401)).await,
        &End::Again(FailureScope::Channel),
        "rejects the key",
    );
    assert_end(&hand(Answer::Well).await, &End::Taken, "");
    assert_eq!(tokens_asked(&firebase).len(), 2);
}

#[tokio::test]
async fn a_sign_in_that_knows_us_not_is_the_settings_fault() {
    let (private, _) = rsa_key();
    let firebase = Receiver::start().await;
    let ChannelSettings::Push(push_settings) = settings(&firebase) else {
        panic!("a push channel")
    };
    let elsewhere =
        PushSettings { token_url: format!("{}/elsewhere", firebase.url()), ..push_settings };
    let refusal = json!({ "error": "invalid_grant", "error_description": "Invalid grant: account not found" });
    firebase.answers(Answer::json(400, &refusal));
    let handed =
        open(ChannelSettings::Push(elsewhere), Some(&secret(&private))).send(&push()).await;
    assert_end(
        &handed,
        &End::Again(FailureScope::Channel),
        "rejects the service account (invalid_grant Invalid grant: account",
    );
    assert_eq!(firebase.asked().len(), 1, "nothing was sent");
}

#[tokio::test]
async fn a_key_that_is_none_is_refused_at_once() {
    let firebase = Receiver::start().await;
    let opened = open_transport(
        &settings(&firebase),
        Some(&secret("-----BEGIN PRIVATE KEY-----\nnonsense")),
        None,
        &outside(),
    );
    assert_eq!(opened.err(), Some(ChannelError::PrivateKey));
    assert_eq!(
        open_transport(&settings(&firebase), None, None, &outside()).err(),
        Some(ChannelError::SecretMissing)
    );
}

#[tokio::test]
async fn whatever_is_said_of_a_tokens_end_messages_go_out_with_it() {
    let (private, _) = rsa_key();
    for (said, asked) in [
        ("3600", 1),
        ("-1", 2),
        ("0", 2),
        ("9223372036854775808", 1),
        ("1e300", 1),
        ("%22soon%22", 1),
        ("null", 1),
    ] {
        let firebase = Receiver::start().await;
        let ChannelSettings::Push(push_settings) = settings(&firebase) else { unreachable!() };
        let token_url = format!("{}?expires_in={said}", push_settings.token_url);
        let settings = ChannelSettings::Push(PushSettings { token_url, ..push_settings });
        let transport = open(settings, Some(&secret(&private)));
        for _ in 0..2 {
            let handed = transport.send(&push()).await;
            assert!(matches!(handed, SendResult::Accepted { .. }), "{said}: {handed:?}");
        }
        let is_token = |asked: &&Asked| asked.path.starts_with("/token");
        assert_eq!(firebase.asked().iter().filter(is_token).count(), asked, "{said}");
    }
}
