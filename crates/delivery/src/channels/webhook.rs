//! Webhooks: a request to an address that the journey says, signed where there is a secret.
//!
//! `Wayfare-Signature: t=SECONDS,v1=HEX` is the HMAC-SHA256 of `SECONDS.BODY`. The receiver makes
//! it anew and compares, and refuses what is older than a few minutes, so that no one sends a
//! request that they once overheard.

use std::{fmt::Write, time::Duration};

use futures::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use ring::hmac;

use super::{
    FailureScope, OutboundMessage, SendResult, Transport,
    egress::{EgressClient, EgressError},
    egress_http::HttpRequest,
    http::Endpoint,
    redact::Redactor,
};
use wayfare_domain::{
    graph::{node::WebhookMethod, secrets::is_secret},
    messages::channel::{ChannelSecret, WebhookSettings},
};
use wayfare_runtime::clock::{Clock, SystemClock};
use wayfare_templates::content::{Content, WebhookContent};

pub const SIGNATURE: HeaderName = HeaderName::from_static("wayfare-signature");
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// What belongs to the connection, or says who we are: an author's headers do not touch it.
const OURS: [&str; 12] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "idempotency-key",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "wayfare-signature",
];

pub struct Webhook {
    outside: EgressClient,
    timeout: Duration,
    signing: Option<hmac::Key>,
    hushed: Redactor,
}

impl Webhook {
    pub fn new(
        settings: &WebhookSettings,
        secret: Option<&ChannelSecret>,
        outside: &EgressClient,
    ) -> Self {
        Self {
            outside: outside.clone(),
            timeout: Duration::from_secs(u64::from(settings.timeout_seconds)),
            signing: secret
                .map(|secret| hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes())),
            hushed: Redactor::new(secret.map(|secret| secret.expose().to_string())),
        }
    }

    async fn send(&self, key: &str, content: &WebhookContent) -> Result<SendResult, SendResult> {
        let hushed = self.hushed.and(keys_of(&content.headers));
        let receiver = Endpoint {
            name: "the receiver",
            timeout: self.timeout,
            address_of: FailureScope::Message,
            hushed: &hushed,
        };
        let request = self.request(key, content).map_err(|error| match error {
            RequestError::Address(no_way) => receiver.blocked(&no_way),
            RequestError::Header(name) => SendResult::Rejected {
                reason: format!(
                    "the header “{}” cannot be sent: correct its name or value",
                    hushed.clean(&name)
                ),
                fault: FailureScope::Message,
            },
        })?;
        let answer = receiver.send(&self.outside, request).await?;
        Ok(receiver
            .refusal(&answer, &answer.body)
            .unwrap_or(SendResult::Accepted { provider_id: None }))
    }

    fn request(&self, key: &str, content: &WebhookContent) -> Result<HttpRequest, RequestError> {
        let url = self.outside.url(&content.url).map_err(RequestError::Address)?;
        let mut request = HttpRequest::new(method(content.method), url);
        let headers = &mut request.headers;
        if !content.body.is_empty() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        take_over(&content.headers, headers)?;
        headers.insert(
            IDEMPOTENCY_KEY,
            HeaderValue::from_str(key)
                .map_err(|_| RequestError::Header(IDEMPOTENCY_KEY.to_string()))?,
        );
        if let Some(signature) = self.signature(SystemClock.now().0 / 1000, &content.body) {
            headers.insert(SIGNATURE, signature);
        }
        request.body = content.body.clone().into();
        Ok(request)
    }

    fn signature(&self, seconds: i64, body: &str) -> Option<HeaderValue> {
        let mut context = hmac::Context::with_key(self.signing.as_ref()?);
        context.update(format!("{seconds}.").as_bytes());
        context.update(body.as_bytes());
        let mut text = format!("t={seconds},v1=");
        for byte in context.sign().as_ref() {
            // Writing into a text does not fail.
            let _ = write!(text, "{byte:02x}");
        }
        HeaderValue::from_str(&text).ok()
    }
}

/// Headers whose values let someone in: a receiver that repeats them does so in vain.
fn keys_of(headers: &[(String, String)]) -> impl Iterator<Item = String> {
    headers.iter().filter(|(name, _)| is_secret(name)).map(|(_, value)| value.trim().to_string())
}

/// Why there is nothing to send.
enum RequestError {
    Address(EgressError),
    /// By its name.
    Header(String),
}

/// An author's headers; each name once, the last counts.
fn take_over(from: &[(String, String)], to: &mut HeaderMap) -> Result<(), RequestError> {
    for (name, value) in from {
        let odd = || RequestError::Header(name.clone());
        let known = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| odd())?;
        if OURS.contains(&known.as_str()) || known.as_str().starts_with("proxy-") {
            continue;
        }
        to.insert(known, HeaderValue::from_str(value.trim()).map_err(|_| odd())?);
    }
    Ok(())
}

fn method(method: WebhookMethod) -> Method {
    match method {
        WebhookMethod::Post => Method::POST,
        WebhookMethod::Put => Method::PUT,
        WebhookMethod::Patch => Method::PATCH,
        WebhookMethod::Delete => Method::DELETE,
        WebhookMethod::Get => Method::GET,
    }
}

impl Transport for Webhook {
    fn send<'a>(&'a self, message: &'a OutboundMessage) -> BoxFuture<'a, SendResult> {
        Box::pin(async move {
            match &message.content {
                Content::Webhook(content) => {
                    self.send(&message.key, content).await.unwrap_or_else(|handed| handed)
                }
                // Any other content, also of channels that are yet to come.
                _ => SendResult::wrong_channel(),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_can_be_made_anew_with_any_tool() {
        let secret = ChannelSecret::parse("a secret between the two").expect("a secret");
        let outside = EgressClient::new(Vec::new()).expect("a client");
        let webhook = Webhook::new(&WebhookSettings::default(), Some(&secret), &outside);
        // printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac 'a secret between the two'
        let expected =
            "t=1700000000,v1=948922c07b8087d61a09c95867d2d7a9460add0ae260c5269c4d7e79522adff0";
        assert_eq!(webhook.signature(1_700_000_000, "{\"a\":1}").expect("signed"), expected);
        assert_eq!(
            Webhook::new(&WebhookSettings::default(), None, &outside).signature(1, ""),
            None
        );
    }

    #[test]
    fn an_authors_headers_leave_alone_what_is_ours() {
        let mut headers = HeaderMap::new();
        let typed = [
            ("X-Shop", " 7 "),
            ("Host", "elsewhere"),
            ("Idempotency-Key", "x"),
            ("Content-Length", "0"),
            ("Authorization", "Bearer t"),
        ]
        .map(|(name, value)| (name.to_string(), value.to_string()));
        assert!(take_over(&typed, &mut headers).is_ok());
        let mut names: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["authorization", "x-shop"]);
        assert_eq!(headers["x-shop"], "7");
        for (name, value) in [("bad name", "x"), ("X-Evil", "a\r\nX-Other: b"), ("", "x")] {
            assert!(
                take_over(&[(name.to_string(), value.to_string())], &mut headers).is_err(),
                "{name}"
            );
        }
    }
}
