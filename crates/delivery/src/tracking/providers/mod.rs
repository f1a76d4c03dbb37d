//! The forms in which providers report, each with its signature.

mod gateway;
mod mailgun;
mod sendgrid;
mod twilio;

use ring::{digest, hmac};
use serde_json::Value;

use super::{
    bounce_parser,
    provider_webhook::{ParsedWebhook, WebhookRejection, WebhookRequest},
};
use wayfare_domain::{
    error::FieldError, messages::provider_webhook::WebhookProvider, time::Timestamp,
};

/// The name under which our key travels in what providers give back: SendGrid's custom arguments,
/// Mailgun's variables.
pub const KEY_FIELD: &str = "wayfare_key";
/// Longest detail that is kept, in characters.
const DETAIL_MAX: usize = 500;
/// Bytes of a digest that name a request: no one finds two that are the same.
const RECEIPT_BYTES: usize = 16;
/// Most records of one request.
const RECORDS_MAX: usize = 10_000;

/// Verifies and reads a request.
///
/// # Errors
/// Where it is not signed with `secret`, or cannot be read at all.
pub fn hear(
    provider: WebhookProvider,
    call: WebhookRequest<'_>,
    secret: &[u8],
) -> Result<ParsedWebhook, WebhookRejection> {
    match provider {
        WebhookProvider::Twilio => twilio::hear(call, secret),
        WebhookProvider::SendGrid => sendgrid::hear(call, secret),
        WebhookProvider::Mailgun => mailgun::hear(call, secret),
        WebhookProvider::Gateway => gateway::hear(call, secret),
        WebhookProvider::Bounce => bounce_parser::parse(call),
    }
}

/// Is it a secret of this provider at all? Answers it as it is kept.
///
/// # Errors
/// A sentence for anyone who typed it.
pub fn read_secret(provider: WebhookProvider, typed: &str) -> Result<String, FieldError> {
    let typed = typed.trim();
    let refuse = |sentence: &str| Err(FieldError::new("secret", "malformed", sentence));
    match provider {
        WebhookProvider::Bounce => refuse("Bounces need no secret."),
        _ if typed.is_empty() => refuse("Enter the secret."),
        _ if typed.len() > 1_000 => refuse("This is too long for a secret. Copy it again."),
        WebhookProvider::SendGrid if sendgrid::public_key(typed).is_none() => refuse(
            "This is not SendGrid's verification key. Copy the public key that the Signed Event \
                Webhook shows; it begins with MFkw.",
        ),
        WebhookProvider::Gateway if typed.len() < 16 => {
            refuse("Choose a longer secret: at least 16 characters.")
        }
        _ => Ok(typed.to_string()),
    }
}

/// Does a code in hexadecimal digits, or in base64, belong to the data? In constant time.
fn is_signed(key: &hmac::Key, data: &[u8], tag: &[u8]) -> bool {
    hmac::verify(key, data, tag).is_ok()
}

/// Names a request by what was signed: sent again, it is not heard again.
fn receipt_of(provider: &str, signed: &[&[u8]]) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    signed.iter().for_each(|part| context.update(part));
    let digest = context.finish();
    let hex: String =
        digest.as_ref()[..RECEIPT_BYTES].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{provider} {hex}")
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len() / 2)
        .map(|place| u8::from_str_radix(&text[2 * place..2 * place + 2], 16).ok())
        .collect()
}

fn shortened(text: &str) -> Option<String> {
    let text: String =
        text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(DETAIL_MAX).collect();
    (!text.is_empty()).then_some(text)
}

/// A moment that a provider gives in seconds, perhaps with a fraction; not after now.
fn seconds(value: Option<&Value>, now: Timestamp) -> Timestamp {
    let given = match value {
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) => text.parse().ok(),
        _ => None,
    };
    let at = given
        .filter(|seconds| (0.0..1e11).contains(seconds))
        .map(|seconds| Timestamp((seconds * 1000.0) as i64));
    at.unwrap_or(now).min(now)
}

fn text<'v>(value: &'v Value, field: &str) -> Option<&'v str> {
    value.get(field)?.as_str().filter(|text| !text.is_empty())
}
