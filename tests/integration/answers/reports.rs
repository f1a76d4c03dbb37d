//! What providers, gateways and mail servers report.

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{Response, StatusCode};
use ring::hmac;
use serde_json::{Value, json};
use wayfare_domain::messages::provider_webhook::WebhookProvider;

use super::Post;

const SECRET: &str = "a secret that both sides know";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn seconds() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock").as_secs()
}

/// As a gateway signs.
fn signature(secret: &str, body: &str) -> String {
    let seconds = seconds();
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    format!(
        "t={seconds},v1={}",
        hex(hmac::sign(&key, format!("{seconds}.{body}").as_bytes()).as_ref())
    )
}

impl Post {
    async fn with_secret(self, provider: &str) -> Self {
        let saved =
            self.browser.post("hooks/save", &[("provider", provider), ("secret", SECRET)]).await;
        assert_eq!(saved.status(), 200);
        self
    }

    async fn report_signed(
        &self,
        records: &Value,
        signature: Option<String>,
    ) -> (StatusCode, Value) {
        let mut request = self.post(&self.hook(WebhookProvider::Gateway)).body(records.to_string());
        if let Some(signature) = signature {
            request = request.header("wayfare-signature", signature);
        }
        let answer = request.send().await.expect("an answer");
        (answer.status(), answer.json().await.unwrap_or_default())
    }

    async fn report(&self, records: Value) -> (StatusCode, Value) {
        let signature = signature(SECRET, &records.to_string());
        self.report_signed(&records, Some(signature)).await
    }

    async fn bounce(&self, sample: &str) -> Response {
        let mail = sample.replace("{key}", &self.key(1)).replace('\n', "\r\n");
        let request = self
            .post(&self.hook(WebhookProvider::Bounce))
            .header("content-type", "message/rfc822")
            .body(mail);
        request.send().await.expect("an answer")
    }

    /// As Twilio signs and sends.
    async fn twilio(&self, fields: &[(&str, &str)], query: &str) -> StatusCode {
        let address = format!("{}{query}", self.hook(WebhookProvider::Twilio));
        let mut sorted = fields.to_vec();
        sorted.sort_unstable();
        let data = sorted.iter().fold(address.clone(), |data, (name, value)| data + name + value);
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, SECRET.as_bytes());
        let signature = STANDARD.encode(hmac::sign(&key, data.as_bytes()));
        let request = self.post(&address).header("x-twilio-signature", signature).form(fields);
        request.send().await.expect("an answer").status()
    }
}

#[tokio::test]
async fn a_report_that_is_not_signed_as_it_has_to_be_changes_nothing() {
    let post = Post::delivered("email").await;
    let records = json!([{ "key": post.key(1), "what": "bounced" }]);
    let body = records.to_string();
    let before = post.traces().await;
    let good = signature(SECRET, &body);
    let ask =
        async |signature: Option<String>| post.report_signed(&records, signature).await.0.as_u16();
    assert_eq!(ask(Some(good.clone())).await, 401, "no secret is entered");
    let post = &post;
    assert_eq!(
        post.browser
            .post("hooks/save", &[("provider", "gateway"), ("secret", SECRET)])
            .await
            .status(),
        200
    );
    assert_eq!(ask(None).await, 401);
    let stale = good.replacen(&seconds().to_string()[..9], "179000000", 1);
    for forged in [
        signature("another secret of theirs", &body),
        good[..good.len() - 2].to_string(),
        signature(SECRET, "[]"),
        stale,
    ] {
        assert_eq!(ask(Some(forged.clone())).await, 403, "{forged}");
    }
    let address = post.hook(WebhookProvider::Gateway);
    for address in [
        address.replace("/gateway", "/mailgun"),
        address.replace("/hooks/A", "/hooks/B"),
        format!("{address}x"),
    ] {
        let request = post
            .post(&address)
            .header("wayfare-signature", signature(SECRET, &body))
            .body(body.clone());
        assert_eq!(request.send().await.expect("an answer").status(), 404, "{address}");
    }
    assert_eq!(post.traces().await, before);
    assert_eq!(ask(Some(signature(SECRET, &body))).await, 200, "and the same, signed, counts");
    assert_ne!(post.traces().await, before);
}

#[tokio::test]
async fn a_bounce_is_on_the_disk_when_it_is_acknowledged_and_moves_her() {
    let post = Post::delivered("email").await.with_secret("gateway").await;
    let records = json!([{ "key": post.key(1), "what": "bounced", "detail": "550 no such user" }]);
    for _ in 0..2 {
        assert_eq!(
            post.report(records.clone()).await,
            (StatusCode::OK, json!({ "accepted": 1, "rejected": [] }))
        );
        assert_eq!(post.place.count("SELECT count(*) FROM message_events WHERE kind = 5").await, 1);
    }
    post.until("bounced", 1).await;
    assert_eq!(post.went_by("ada").await, json!("bounced"));
    let list = post.list().await;
    assert!(
        list.contains("ada@example.com") && list.contains("it bounced: 550 no such user"),
        "{list}"
    );
    let (_, page) = post.browser.page("/enrolments/1").await;
    assert!(page.contains("Bounced") && page.contains("550 no such user"), "{page}");
    // Unsubscribing afterwards, and taking that back, leave the bounce where it is.
    assert_eq!(post.choose(1, &[("do", "everything")]).await.status(), 303);
    assert_eq!(
        post.choose(1, &[("do", "save"), ("want", "email"), ("want", "sms")]).await.status(),
        303
    );
    let list = post.list().await;
    assert!(list.contains("it bounced") && !list.contains("+49170"), "{list}");
}

#[tokio::test]
async fn a_bad_record_is_named_the_others_are_kept_and_unknown_messages_are_ignored() {
    let post = Post::delivered("email").await.with_secret("gateway").await;
    post.place.sql("UPDATE outbox SET provider_id = 'abc-1' WHERE key = 1").await;
    let (status, answer) = post
        .report(json!([
            { "key": post.key(999), "what": "viewed" },
            { "key": "wf.1.00", "what": "viewed" },
            { "key": post.key(1), "what": "sent" },
            { "provider_id": "<abc-1@gateway.example>", "what": "complained", "address": "ada@old.example" }
        ]))
        .await;
    assert_eq!((status, &answer["accepted"]), (StatusCode::BAD_REQUEST, &json!(3)), "{answer}");
    assert_eq!(
        (&answer["rejected"][0]["index"], &answer["rejected"][0]["path"]),
        (&json!(2), &json!("what"))
    );
    post.until("complained", 1).await;
    assert_eq!(post.went_by("ada").await, json!("complained"));
    let list = post.list().await;
    assert!(
        list.contains("ada@old.example") && list.contains("the recipient marked a message as spam"),
        "where it was sent to: {list}"
    );
    assert!(!list.contains("ada@example.com"));
    let (status, _) = post.report(json!({ "key": "x" })).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_project_hears_only_about_its_own_messages() {
    let post = Post::delivered("email").await;
    assert_eq!(post.browser.post("projects/create", &[("name", "Other")]).await.status(), 200);
    assert_eq!(
        post.browser
            .post("hooks/save", &[("provider", "gateway"), ("secret", SECRET)])
            .await
            .status(),
        200
    );
    let (_, page) = post.browser.page("/channels/webhooks").await;
    let shown: Vec<&str> = page
        .split('"')
        .filter(|text| text.ends_with("/gateway") && text.starts_with("http"))
        .collect();
    assert_ne!(shown, [post.hook(WebhookProvider::Gateway)], "each project has its own address");
    let body = json!([{ "key": post.key(1), "what": "bounced" }]).to_string();
    let request =
        post.post(shown[0]).header("wayfare-signature", signature(SECRET, &body)).body(body);
    assert_eq!(request.send().await.expect("an answer").status(), 200);
    assert_eq!(post.traces().await.0, 0);
}

#[tokio::test]
async fn a_mail_server_passes_bounces_and_complaints_on() {
    let post = Post::delivered("email").await;
    let away = include_str!("../../fixtures/bounces/away.eml");
    for sample in [
        include_str!("../../fixtures/bounces/delayed.eml"),
        include_str!("../../fixtures/bounces/soft.eml"),
        away,
    ] {
        assert_eq!(post.bounce(sample).await.status(), 200);
    }
    assert_eq!(
        post.traces().await.0,
        0,
        "what is late, or was answered by a machine, has not bounced"
    );
    assert_eq!(post.bounce("").await.status(), 400);
    let postfix = include_str!("../../fixtures/bounces/postfix.eml");
    let forged = postfix.replace("{key}", "wf.1.00112233445566778899aabbccddeeff");
    assert_eq!(post.bounce(&forged).await.status(), 200);
    assert_eq!(post.traces().await.0, 0, "a name that we did not give belongs to no one");
    assert_eq!(post.bounce(postfix).await.status(), 200);
    assert_eq!(
        post.bounce(include_str!("../../fixtures/bounces/complaint.eml")).await.status(),
        200
    );
    post.until("bounced", 1).await;
    post.until("complained", 1).await;
    assert_eq!(post.went_by("ada").await, json!("bounced"));
    assert!(
        post.list()
            .await
            .contains("it bounced: 550 5.1.1 &lt;ada@example.com&gt;: Recipient address rejected")
    );
    let large = "x".repeat(5 * 1024 * 1024);
    assert_eq!(post.bounce(&large).await.status(), 413);
}

#[tokio::test]
async fn stop_by_text_message_unsubscribes_start_undoes_it_and_an_old_stop_counts_no_second_time() {
    let post = Post::delivered("sms").await.with_secret("twilio").await;
    let stop = [
        ("MessageSid", "SM1"),
        ("SmsStatus", "received"),
        ("From", "+4917012345"),
        ("Body", "Stop"),
    ];
    assert_eq!(post.twilio(&stop, "").await, 200);
    assert_eq!(
        (post.consent("ada", "sms").await, post.consent("ada", "email").await),
        (json!(false), Value::Null)
    );
    post.until("unsubscribed", 1).await;
    assert_eq!(post.went_by("ada").await, json!("unsubscribed"));
    assert!(post.list().await.contains("+4917012345"));
    let start = [
        ("MessageSid", "SM2"),
        ("SmsStatus", "received"),
        ("From", "+4917012345"),
        ("Body", "START"),
    ];
    assert_eq!(post.twilio(&start, "").await, 200);
    assert_eq!(post.consent("ada", "sms").await, json!(true));
    assert!(!post.list().await.contains("+4917012345"));
    assert_eq!(post.twilio(&stop, "").await, 200, "it is accepted");
    assert_eq!(post.consent("ada", "sms").await, json!(true), "and was heard before");
    let stranger = [
        ("MessageSid", "SM3"),
        ("SmsStatus", "received"),
        ("From", "+4917099999"),
        ("OptOutType", "STOP"),
    ];
    assert_eq!(post.twilio(&stranger, "").await, 200);
    assert!(post.list().await.contains("+4917099999"), "also before a profile has the number");
}

#[tokio::test]
async fn twilio_says_what_became_of_a_text_message() {
    let post = Post::delivered("sms").await.with_secret("twilio").await;
    let key = format!("?key={}", post.key(1));
    let unsigned = post.post(&post.hook(WebhookProvider::Twilio)).form(&[("MessageSid", "SM1")]);
    assert_eq!(unsigned.send().await.expect("an answer").status(), 401);
    let status = |status: &'static str| {
        [
            ("MessageSid", "SM1"),
            ("MessageStatus", status),
            ("To", "+4917012345"),
            ("ErrorCode", "30007"),
        ]
    };
    assert_eq!(post.twilio(&status("delivered")[..2], &key).await, 200);
    post.until("delivered", 1).await;
    assert_eq!(post.twilio(&status("undelivered"), &key).await, 200);
    post.until("bounced", 1).await;
    assert_eq!(post.went_by("ada").await, json!("failed"));
    assert_eq!(post.traces().await.1, 0, "a filtered message says nothing about the number");
}

#[tokio::test]
async fn twilio_is_verified_with_the_token_that_the_channel_sends_with() {
    let post = Post::delivered("sms").await;
    let key = format!("?key={}", post.key(1));
    let delivered = [("MessageSid", "SM1"), ("MessageStatus", "delivered")];
    assert_eq!(post.twilio(&delivered, &key).await, 401, "there is nothing to verify it with");
    let channel = [
        ("channel", "sms"),
        ("fields[account]", "AC1"),
        ("fields[from]", "Shop"),
        ("secret", SECRET),
    ];
    let base = [("fields[base_url]", "https://api.twilio.com")];
    assert_eq!(
        post.browser.post("channels/save", &[&channel[..], &base].concat()).await.status(),
        200
    );
    assert_eq!(post.twilio(&delivered, &key).await, 200);
    post.until("delivered", 1).await;
}

#[tokio::test]
async fn mailgun_reports_count_once_for_each_token() {
    let post = Post::delivered("email").await.with_secret("mailgun").await;
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let send = async |token: &str, event: &str| {
        let seconds = seconds();
        let tag = hex(hmac::sign(&key, format!("{seconds}{token}").as_bytes()).as_ref());
        let body = json!({
            "signature": { "timestamp": seconds.to_string(), "token": token, "signature": tag },
            "event-data": { "event": event, "user-variables": { "wayfare_key": post.key(1) }, "recipient": "ada@example.com" }
        });
        post.post(&post.hook(WebhookProvider::Mailgun))
            .json(&body)
            .send()
            .await
            .expect("an answer")
            .status()
            .as_u16()
    };
    assert_eq!(send("first", "opened").await, 200);
    assert_eq!(send("first", "unsubscribed").await, 200, "a caught token reports nothing");
    post.until("viewed", 1).await;
    assert_eq!(post.consent("ada", "email").await, Value::Null);
    assert_eq!(send("second", "unsubscribed").await, 200);
    assert_eq!(post.consent("ada", "email").await, json!(false));
}

#[tokio::test]
async fn sendgrid_reports_are_verified_with_its_public_key() {
    use ring::{
        rand::SystemRandom,
        signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
    };
    let post = Post::delivered("email").await;
    let (algorithm, random) = (&ECDSA_P256_SHA256_ASN1_SIGNING, SystemRandom::new());
    let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("made");
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).expect("a pair");
    let head =
        STANDARD.decode("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE").expect("the head of such a key");
    let key = STANDARD.encode([&head[..26], pair.public_key().as_ref()].concat());
    assert_eq!(
        post.browser
            .post("hooks/save", &[("provider", "sendgrid"), ("secret", &key)])
            .await
            .status(),
        200
    );
    let body =
        json!([{ "event": "spamreport", "wayfare_key": post.key(1), "email": "ada@example.com" }])
            .to_string();
    let send = async |signed: &str| {
        let signature =
            STANDARD.encode(pair.sign(&random, format!("1{signed}").as_bytes()).expect("signed"));
        let request = post
            .post(&post.hook(WebhookProvider::SendGrid))
            .header("x-twilio-email-event-webhook-signature", signature);
        let request =
            request.header("x-twilio-email-event-webhook-timestamp", "1").body(body.clone());
        request.send().await.expect("an answer").status().as_u16()
    };
    assert_eq!(send("[]").await, 403);
    assert_eq!(post.traces().await.0, 0);
    assert_eq!(send(&body).await, 200);
    post.until("complained", 1).await;
    assert_eq!(post.went_by("ada").await, json!("complained"));
    // The same request counts once, however it is signed, also when all that it led to was taken
    // back.
    assert_eq!(post.program.delete("/api/v1/profiles/ada").await, 204);
    let form = [("kind", "email"), ("address", "ada@example.com")];
    assert_eq!(post.browser.post("suppressions/remove", &form).await.status(), 200);
    assert_eq!(send(&body).await, 200);
    assert!(!post.list().await.contains("ada@example.com"));
}

#[tokio::test]
async fn an_unsubscription_that_a_provider_reports_stands_with_the_person_and_in_the_audit_log() {
    let post = Post::delivered("email").await.with_secret("gateway").await;
    assert_eq!(post.report(json!([{ "key": post.key(1), "what": "unsubscribed" }])).await.0, 200);
    post.until("unsubscribed", 1).await;
    let change = post.profile("ada").await["changes"][0].clone();
    assert_eq!(
        (&change["field"], &change["after"], &change["source"]),
        (&json!("consent:email"), &json!("no"), &json!("provider"))
    );
    assert!(
        post.browser
            .page("/audit?event=recipients.decide")
            .await
            .1
            .contains("reported by the provider")
    );
}

#[tokio::test]
async fn a_report_that_is_replayed_after_everything_it_said_was_taken_back_changes_nothing() {
    let post = Post::delivered("email").await.with_secret("gateway").await;
    let records = json!([{ "key": post.key(1), "what": "bounced", "address": "ada@example.com", "detail": "550" }]);
    let signature = signature(SECRET, &records.to_string());
    assert_eq!(post.report_signed(&records, Some(signature.clone())).await.0, 200);
    post.until("bounced", 1).await;
    assert!(post.list().await.contains("ada@example.com"));
    // The person is erased, and with them what the message's events told; somebody mends the
    // address.
    assert_eq!(post.program.delete("/api/v1/profiles/ada").await, 204);
    let form = [("kind", "email"), ("address", "ada@example.com")];
    assert_eq!(post.browser.post("suppressions/remove", &form).await.status(), 200);
    assert_eq!(post.report_signed(&records, Some(signature)).await.0, 200, "it was heard before");
    assert!(!post.list().await.contains("ada@example.com"), "and is not heard again");
}
