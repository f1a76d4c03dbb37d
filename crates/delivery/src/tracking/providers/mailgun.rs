//! Mailgun's webhooks. Its signature covers a time and a token, not the body: so each token counts
//! once.

use ring::hmac;
use serde_json::Value;

use super::{KEY_FIELD, from_hex, is_signed, seconds, shortened, text};
use crate::tracking::provider_webhook::{
    ParsedWebhook, ProviderEvent, WebhookRejection, WebhookRequest,
};
use wayfare_domain::{
    error::FieldError, messages::event::MessageEventKind, unreadable::reason_with_place,
};

/// Mailgun tries again for eight hours; after that nothing of it is news, in milliseconds.
const AGE_MAX: i64 = 12 * 60 * 60 * 1000;

pub fn hear(call: WebhookRequest<'_>, secret: &[u8]) -> Result<ParsedWebhook, WebhookRejection> {
    let malformed = |error: serde_json::Error| {
        WebhookRejection::Malformed(format!("The body is not JSON: {}.", reason_with_place(&error)))
    };
    let body: Value = serde_json::from_slice(call.body).map_err(malformed)?;
    let signature = body
        .get("signature")
        .filter(|signature| signature.is_object())
        .ok_or(WebhookRejection::Unsigned)?;
    let field = |name| text(signature, name).ok_or(WebhookRejection::Unsigned);
    let (timestamp, token, tag) = (field("timestamp")?, field("token")?, field("signature")?);
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let tag = from_hex(tag).ok_or(WebhookRejection::Forged)?;
    if !is_signed(&key, format!("{timestamp}{token}").as_bytes(), &tag) {
        return Err(WebhookRejection::Forged);
    }
    let sent: i64 = timestamp.parse().map_err(|_| WebhookRejection::Forged)?;
    if sent.checked_mul(1000).is_none_or(|sent| (call.now.0 - sent).abs() > AGE_MAX) {
        return Err(WebhookRejection::Forged);
    }
    let mut heard =
        ParsedWebhook { receipt: Some(format!("mailgun {token}")), ..ParsedWebhook::default() };
    match body.get("event-data").filter(|event| event.is_object()) {
        Some(event) => heard.statements.extend(read(event, call)),
        None => {
            let error = FieldError::new("event-data", "required", "The body contains no event.");
            heard.rejected.push((0, error));
        }
    }
    Ok(heard)
}

/// Nothing where it is about something that does not matter here, or about a message of someone
/// else.
fn read(event: &Value, call: WebhookRequest<'_>) -> Option<ProviderEvent> {
    let kind = match text(event, "event")? {
        "delivered" => MessageEventKind::Delivered,
        "opened" => MessageEventKind::Viewed,
        "clicked" => MessageEventKind::Clicked,
        "complained" => MessageEventKind::Complained,
        "unsubscribed" => MessageEventKind::Unsubscribed,
        // A temporary failure is tried again.
        "failed" if text(event, "severity") == Some("permanent") => MessageEventKind::Bounced,
        _ => return None,
    };
    let key = event.get("user-variables").and_then(|variables| text(variables, KEY_FIELD));
    let id = event
        .get("message")
        .and_then(|message| message.get("headers"))
        .and_then(|headers| text(headers, "message-id"));
    let status = event.get("delivery-status");
    let code = status
        .and_then(|status| status.get("code"))
        .and_then(Value::as_i64)
        .map(|code| code.to_string());
    let words =
        status.and_then(|status| text(status, "message").or_else(|| text(status, "description")));
    let detail = format!("{} {}", code.unwrap_or_default(), words.unwrap_or_default());
    Some(ProviderEvent {
        names: key.into_iter().chain(id).map(str::to_string).collect(),
        kind,
        at: seconds(event.get("timestamp"), call.now),
        detail: shortened(&detail).filter(|_| kind == MessageEventKind::Bounced),
        address: text(event, "recipient").map(str::to_string),
        lasting: true,
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use serde_json::json;

    use super::*;
    use wayfare_domain::time::Timestamp;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn sign(secret: &[u8], seconds: i64, token: &str) -> Value {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let tag = hmac::sign(&key, format!("{seconds}{token}").as_bytes());
        let hex: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        json!({ "timestamp": seconds.to_string(), "token": token, "signature": hex })
    }

    fn ask(signature: Value, event: Value) -> Result<ParsedWebhook, WebhookRejection> {
        let body = json!({ "signature": signature, "event-data": event }).to_string();
        hear(
            WebhookRequest { url: "", headers: &HeaderMap::new(), body: body.as_bytes(), now: NOW },
            b"key",
        )
    }

    #[test]
    fn a_permanent_failure_is_a_bounce_and_a_temporary_one_is_not() {
        let failed = |severity: &str| {
            json!({ "event": "failed", "severity": severity, "timestamp": 1_799_999_999.5, "recipient": "ada@example.com",
                    "user-variables": { "wayfare_key": "wf.1.x" }, "message": { "headers": { "message-id": "m@mg.example" } },
                    "delivery-status": { "code": 550, "message": "no such user" } })
        };
        let heard = ask(sign(b"key", NOW.0 / 1000, "t"), failed("permanent")).expect("heard");
        let said = &heard.statements[0];
        assert_eq!(
            (said.kind, said.detail.as_deref()),
            (MessageEventKind::Bounced, Some("550 no such user"))
        );
        assert_eq!(
            (said.names.as_slice(), said.at),
            (
                ["wf.1.x".to_string(), "m@mg.example".to_string()].as_slice(),
                Timestamp(1_799_999_999_500)
            )
        );
        assert_eq!(heard.receipt.as_deref(), Some("mailgun t"));
        assert!(
            ask(sign(b"key", NOW.0 / 1000, "t"), failed("temporary"))
                .expect("heard")
                .statements
                .is_empty()
        );
    }

    #[test]
    fn forged_stale_and_unsigned_requests_are_refused() {
        let event = json!({ "event": "opened" });
        let good = sign(b"key", NOW.0 / 1000, "t");
        assert!(ask(good.clone(), event.clone()).is_ok());
        let mut other_token = good.clone();
        other_token["token"] = json!("u");
        let mut truncated = good.clone();
        truncated["signature"] = json!(&good["signature"].as_str().expect("text")[..62]);
        for forged in [
            sign(b"other", NOW.0 / 1000, "t"),
            other_token,
            truncated,
            sign(b"key", NOW.0 / 1000 - 13 * 3600, "t"),
        ] {
            assert_eq!(ask(forged, event.clone()), Err(WebhookRejection::Forged));
        }
        assert_eq!(ask(Value::Null, event.clone()), Err(WebhookRejection::Unsigned));
        assert_eq!(ask(json!({ "timestamp": "1" }), event), Err(WebhookRejection::Unsigned));
    }
}
