//! SendGrid's event webhook, signed with ECDSA over P-256. It tries again for a day, and whether
//! with a new time is not said: so a request counts once, however old its time is.

use base64::{Engine, engine::general_purpose::STANDARD};
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use serde_json::{Value, value::RawValue};

use super::{KEY_FIELD, RECORDS_MAX, receipt_of, seconds, shortened, text};
use crate::tracking::provider_webhook::{
    ParsedWebhook, ProviderEvent, WebhookRejection, WebhookRequest,
};
use wayfare_domain::{
    error::FieldError, messages::event::MessageEventKind, time::Timestamp,
    unreadable::reason_with_place,
};

const SIGNATURE: &str = "x-twilio-email-event-webhook-signature";
const TIMESTAMP: &str = "x-twilio-email-event-webhook-timestamp";
/// What stands before the point of a P-256 key in its usual form (SubjectPublicKeyInfo, RFC 5480).
const P256: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// The point of a public key in base64.
pub fn public_key(text: &str) -> Option<Vec<u8>> {
    let key = STANDARD.decode(text.trim()).ok()?;
    key.strip_prefix(&P256).filter(|point| point.len() == 65 && point[0] == 4).map(<[u8]>::to_vec)
}

pub fn hear(call: WebhookRequest<'_>, secret: &[u8]) -> Result<ParsedWebhook, WebhookRejection> {
    let signature = call.header(SIGNATURE).ok_or(WebhookRejection::Unsigned)?;
    let timestamp = call.header(TIMESTAMP).ok_or(WebhookRejection::Unsigned)?;
    let key =
        std::str::from_utf8(secret).ok().and_then(public_key).ok_or(WebhookRejection::Forged)?;
    let signature = STANDARD.decode(signature).map_err(|_| WebhookRejection::Forged)?;
    let signed = [timestamp.as_bytes(), call.body].concat();
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key)
        .verify(&signed, &signature)
        .map_err(|_| WebhookRejection::Forged)?;
    let malformed = |error: serde_json::Error| {
        WebhookRejection::Malformed(format!(
            "The body is not a list of events: {}.",
            reason_with_place(&error)
        ))
    };
    let events: Vec<&RawValue> = serde_json::from_slice(call.body).map_err(malformed)?;
    if events.len() > RECORDS_MAX {
        return Err(WebhookRejection::Malformed(format!(
            "Send at most {RECORDS_MAX} events at a time."
        )));
    }
    let receipt = receipt_of("sendgrid", &[timestamp.as_bytes(), call.body]);
    let mut heard = ParsedWebhook { receipt: Some(receipt), ..ParsedWebhook::default() };
    for (place, event) in events.into_iter().enumerate() {
        match serde_json::from_str::<Value>(event.get()) {
            Ok(event) if event.is_object() => heard.statements.extend(read(&event, call.now)),
            _ => heard
                .rejected
                .push((place, FieldError::new("", "malformed", "This is not an event."))),
        }
    }
    Ok(heard)
}

/// Nothing where it is about something that does not matter here.
fn read(event: &Value, now: Timestamp) -> Option<ProviderEvent> {
    let reason = text(event, "reason").unwrap_or_default();
    let kind = match text(event, "event")? {
        "delivered" => MessageEventKind::Delivered,
        // Apple's mail loads every picture, whether they look or not.
        "open" if event.get("sg_machine_open").and_then(Value::as_bool) != Some(true) => {
            MessageEventKind::Viewed
        }
        "click" => MessageEventKind::Clicked,
        // “blocked” is about this message or this moment.
        "bounce" if text(event, "type") != Some("blocked") => MessageEventKind::Bounced,
        "dropped" => dropped(reason)?,
        "spamreport" => MessageEventKind::Complained,
        "unsubscribe" | "group_unsubscribe" => MessageEventKind::Unsubscribed,
        _ => return None,
    };
    let id = text(event, "sg_message_id").and_then(|id| id.split('.').next());
    let names = [text(event, KEY_FIELD), text(event, "smtp-id"), id];
    let detail = format!("{} {reason}", text(event, "status").unwrap_or_default());
    Some(ProviderEvent {
        names: names.into_iter().flatten().map(str::to_string).collect(),
        kind,
        at: seconds(event.get("timestamp"), now),
        detail: shortened(&detail).filter(|_| kind == MessageEventKind::Bounced),
        address: text(event, "email").map(str::to_string),
        lasting: true,
    })
}

/// What SendGrid did not even try, because of its own list.
fn dropped(reason: &str) -> Option<MessageEventKind> {
    match reason {
        "Bounced Address" | "Invalid" => Some(MessageEventKind::Bounced),
        "Spam Reporting Address" => Some(MessageEventKind::Complained),
        "Unsubscribed Address" => Some(MessageEventKind::Unsubscribed),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};
    use ring::{
        rand::SystemRandom,
        signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
    };

    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn pair() -> EcdsaKeyPair {
        let random = SystemRandom::new();
        let document =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).expect("made");
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, document.as_ref(), &random)
            .expect("a pair")
    }

    fn verification_key(pair: &EcdsaKeyPair) -> String {
        STANDARD.encode([&P256[..], pair.public_key().as_ref()].concat())
    }

    fn ask(
        pair: &EcdsaKeyPair,
        key: &str,
        signed: &str,
        body: &str,
    ) -> Result<ParsedWebhook, WebhookRejection> {
        let signature =
            pair.sign(&SystemRandom::new(), format!("1{signed}").as_bytes()).expect("signed");
        let mut headers = HeaderMap::new();
        headers.insert(
            SIGNATURE,
            HeaderValue::from_str(&STANDARD.encode(signature)).expect("a value"),
        );
        headers.insert(TIMESTAMP, HeaderValue::from_static("1"));
        hear(
            WebhookRequest { url: "", headers: &headers, body: body.as_bytes(), now: NOW },
            key.as_bytes(),
        )
    }

    #[test]
    fn what_its_key_has_signed_is_read_and_nothing_else() {
        let pair = pair();
        let key = verification_key(&pair);
        assert!(key.starts_with("MFkw"));
        let body = r#"[{"event":"open","wayfare_key":"wf.1.x","email":"ada@example.com","timestamp":1799999999},
            {"event":"open","sg_machine_open":true,"wayfare_key":"wf.1.x"}, 7, {"event":"processed"},
            {"event":"bounce","type":"blocked","smtp-id":"<a@b>"},
            {"event":"bounce","type":"bounce","smtp-id":"<a@b>","status":"5.1.1","reason":"550 no such user"},
            {"event":"dropped","reason":"Spam Reporting Address","sg_message_id":"abc.filter1"}]"#;
        let heard = ask(&pair, &key, body, body).expect("heard");
        let kinds: Vec<MessageEventKind> = heard.statements.iter().map(|said| said.kind).collect();
        assert_eq!(
            kinds,
            [MessageEventKind::Viewed, MessageEventKind::Bounced, MessageEventKind::Complained]
        );
        assert_eq!(heard.statements[1].detail.as_deref(), Some("5.1.1 550 no such user"));
        assert_eq!(heard.statements[2].names, ["abc"]);
        assert_eq!(heard.rejected.len(), 1);
        let again = ask(&pair, &key, body, body).expect("heard");
        assert!(
            heard.receipt.is_some() && again.receipt == heard.receipt,
            "one request has one name, whatever its signature"
        );
        assert_ne!(ask(&pair, &key, "[]", "[]").expect("heard").receipt, heard.receipt);

        assert_eq!(ask(&pair, &key, body, "[]"), Err(WebhookRejection::Forged));
        assert_eq!(
            ask(&pair, &verification_key(&self::tests::tests::pair()), body, body),
            Err(WebhookRejection::Forged)
        );
        let none = HeaderMap::new();
        let unsigned =
            hear(WebhookRequest { url: "", headers: &none, body: b"[]", now: NOW }, key.as_bytes());
        assert_eq!(unsigned, Err(WebhookRejection::Unsigned));
        assert!(matches!(ask(&pair, &key, "{}", "{}"), Err(WebhookRejection::Malformed(_))));
    }

    #[test]
    fn only_a_p256_key_is_a_verification_key() {
        for nonsense in ["", "MFkw", "not base64 at all", &STANDARD.encode([4; 65])] {
            assert!(public_key(nonsense).is_none(), "{nonsense}");
        }
    }
}
