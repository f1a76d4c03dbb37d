//! The form for gateways of one's own, and for providers behind an adapter
//! (docs/message-events.md).
//!
//! `Wayfare-Signature: t=1700000000,v1=…`, where v1 is HMAC-SHA256 in hexadecimal digits of the
//! seconds, a dot and the body.

use ring::hmac;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{RECORDS_MAX, from_hex, is_signed, receipt_of, shortened};
use crate::tracking::provider_webhook::{
    ParsedWebhook, ProviderEvent, WebhookRejection, WebhookRequest,
};
use wayfare_domain::{
    error::FieldError,
    messages::event::MessageEventKind,
    time::Timestamp,
    unreadable::{reason, reason_with_place},
};

/// How far the clock of a gateway may be from ours, and how long a request may take, in
/// milliseconds.
const AGE_MAX: i64 = 5 * 60 * 1000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    key: Option<String>,
    provider_id: Option<String>,
    what: String,
    at: Option<String>,
    detail: Option<String>,
    /// Where it was sent to.
    address: Option<String>,
}

pub fn hear(call: WebhookRequest<'_>, secret: &[u8]) -> Result<ParsedWebhook, WebhookRejection> {
    let receipt = verify(call, secret)?;
    let malformed = |error: serde_json::Error| {
        WebhookRejection::Malformed(format!(
            "The body is not a list of message events: {}.",
            reason_with_place(&error)
        ))
    };
    let records: Vec<&RawValue> = serde_json::from_slice(call.body).map_err(malformed)?;
    if records.len() > RECORDS_MAX {
        return Err(WebhookRejection::Malformed(format!(
            "Send at most {RECORDS_MAX} message events at a time."
        )));
    }
    let mut heard = ParsedWebhook { receipt: Some(receipt), ..ParsedWebhook::default() };
    for (place, record) in records.into_iter().enumerate() {
        match read(record.get(), call.now) {
            Ok(statement) => heard.statements.push(statement),
            Err(error) => heard.rejected.push((place, error)),
        }
    }
    Ok(heard)
}

/// Answers the name of the request.
fn verify(call: WebhookRequest<'_>, secret: &[u8]) -> Result<String, WebhookRejection> {
    let header = call.header("wayfare-signature").ok_or(WebhookRejection::Unsigned)?;
    let parts = || header.split(',').filter_map(|part| part.trim().split_once('='));
    let (_, t) = parts().find(|(name, _)| *name == "t").ok_or(WebhookRejection::Unsigned)?;
    let sent: i64 = t.parse().map_err(|_| WebhookRejection::Forged)?;
    if sent.checked_mul(1000).is_none_or(|sent| (call.now.0 - sent).abs() > AGE_MAX) {
        return Err(WebhookRejection::Forged);
    }
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let data = [t.as_bytes(), b".", call.body].concat();
    // Several while a secret is exchanged for another.
    let signatures = parts().filter(|(name, _)| *name == "v1").filter_map(|(_, tag)| from_hex(tag));
    let mut any = false;
    for signature in signatures {
        any |= is_signed(&key, &data, &signature);
    }
    if any { Ok(receipt_of("gateway", &[&data])) } else { Err(WebhookRejection::Forged) }
}

fn read(record: &str, now: Timestamp) -> Result<ProviderEvent, FieldError> {
    let malformed = |error: serde_json::Error| {
        FieldError::new("", "malformed", format!("This cannot be read: {}.", reason(&error)))
    };
    let record: Value = serde_json::from_str(record).map_err(malformed)?;
    let record: Record = serde_json::from_value(record).map_err(malformed)?;
    let names: Vec<String> =
        record.key.into_iter().chain(record.provider_id).filter(|name| !name.is_empty()).collect();
    if names.is_empty() {
        return Err(FieldError::new(
            "key",
            "required",
            "The message event names no message. Give its key or provider_id.",
        ));
    }
    let kind = MessageEventKind::from_key(&record.what)
        .filter(|kind| !kind.is_send_result())
        .ok_or_else(|| {
            let sentence = "“what” must be one of delivered, viewed, clicked, bounced, complained, \
                    unsubscribed.";
            FieldError::new("what", "unknown_value", sentence)
        })?;
    let at = match record.at {
        Some(text) => text
            .parse::<Timestamp>()
            .map_err(|error| FieldError::new("at", "malformed", error.to_string()))?
            .min(now),
        None => now,
    };
    let detail = record.detail.as_deref().and_then(shortened);
    Ok(ProviderEvent { names, kind, at, detail, address: record.address, lasting: true })
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);
    const SECRET: &[u8] = b"a secret that both sides know";

    fn sign(secret: &[u8], seconds: i64, body: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let tag = hmac::sign(&key, format!("{seconds}.{body}").as_bytes());
        let hex: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("t={seconds},v1={hex}")
    }

    fn ask(signature: Option<&str>, body: &str) -> Result<ParsedWebhook, WebhookRejection> {
        let mut headers = HeaderMap::new();
        if let Some(signature) = signature {
            headers.insert("wayfare-signature", HeaderValue::from_str(signature).expect("a value"));
        }
        hear(WebhookRequest { url: "", headers: &headers, body: body.as_bytes(), now: NOW }, SECRET)
    }

    #[test]
    fn what_is_signed_is_read_and_nothing_else() {
        let body = r#"[{"key": "wf.1.x", "what": "clicked", "at": "2026-11-24T10:00:00Z"}]"#;
        let good = sign(SECRET, NOW.0 / 1000, body);
        let heard = ask(Some(&good), body).expect("heard");
        assert_eq!(
            (heard.statements[0].kind, heard.statements[0].names[0].as_str()),
            (MessageEventKind::Clicked, "wf.1.x")
        );
        assert_eq!(ask(None, body), Err(WebhookRejection::Unsigned));
        assert_eq!(ask(Some("v1=00"), body), Err(WebhookRejection::Unsigned));
        for (forged, body) in [
            (sign(b"another secret", NOW.0 / 1000, body), body),
            (good.clone(), "[]"),
            (good[..good.len() - 2].to_string(), body),
            (good.replace("v1=", "v2="), body),
            (sign(SECRET, NOW.0 / 1000 - 301, body), body),
            (sign(SECRET, NOW.0 / 1000 + 301, body), body),
            (sign(SECRET, i64::MAX, body), body),
            ("t=x,v1=y".to_string(), body),
        ] {
            assert_eq!(ask(Some(&forged), body), Err(WebhookRejection::Forged), "{forged}");
        }
    }

    #[test]
    fn while_a_secret_is_exchanged_either_signature_will_do() {
        let both = format!("{},v1=00ff", sign(SECRET, NOW.0 / 1000, "[]"));
        assert!(ask(Some(&both), "[]").is_ok());
    }

    #[test]
    fn a_record_that_makes_no_sense_is_named_and_the_others_are_kept() {
        let body = r#"[{"key": "a", "what": "viewed"}, {"what": "viewed"}, {"key": "a", "what": "sent"},
            {"key": "a", "what": "viewed", "at": "soon"}, 7, {"key": "a", "what": "viewed", "colour": "red"},
            {"provider_id": "b", "what": "bounced", "detail": "550\r\n no such user"}]"#;
        let heard = ask(Some(&sign(SECRET, NOW.0 / 1000, body)), body).expect("heard");
        assert_eq!(
            heard.rejected.iter().map(|(place, _)| *place).collect::<Vec<_>>(),
            [1, 2, 3, 4, 5]
        );
        assert_eq!(heard.statements.len(), 2);
        assert_eq!(heard.statements[1].detail.as_deref(), Some("550 no such user"));
    }
}
