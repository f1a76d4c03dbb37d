//! Push over Firebase Cloud Messaging, HTTP v1.

use std::time::Duration;

use futures::future::BoxFuture;
use http::{HeaderValue, Method, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    ChannelError, FailureScope, OutboundMessage, SendResult, Transport,
    egress::{EgressClient, EgressError},
    egress_http::HttpRequest,
    fcm_token::Tokens,
    http::{Endpoint, HttpResponse, late},
    redact::Redactor,
};
use wayfare_domain::messages::channel::{ChannelSecret, PushSettings};
use wayfare_templates::content::Content;

/// The subject of sentences.
const NAME: &str = "the push service";
pub const TIMEOUT: Duration = Duration::from_secs(10);
/// Longest key with which Apple's devices tell notifications apart, in bytes.
const COLLAPSE_MAX: usize = 64;

pub struct Fcm {
    outside: EgressClient,
    address: String,
    tokens: Tokens,
}

/// What there is to show on a device.
struct Notification<'a> {
    title: &'a str,
    body: &'a str,
    link: Option<&'a str>,
}

#[derive(Deserialize)]
struct Accepted {
    name: String,
}

#[derive(Deserialize, Default)]
struct Refused {
    #[serde(default)]
    error: Refusal,
}

#[derive(Deserialize, Default)]
struct Refusal {
    #[serde(default)]
    status: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    details: Vec<Value>,
}

impl Refusal {
    /// FCM's own code, or the general one of Google's APIs.
    fn code(&self) -> &str {
        let own = self.details.iter().find_map(|detail| detail.get("errorCode")?.as_str());
        own.unwrap_or(&self.status)
    }

    /// Is it the device's token that makes no sense?
    fn is_about_token(&self) -> bool {
        let fields = self
            .details
            .iter()
            .filter_map(|detail| detail.get("fieldViolations")?.as_array())
            .flatten();
        let mut named = fields.filter_map(|violation| violation.get("field")?.as_str());
        named.any(|field| field == "message.token")
            || self.message.to_lowercase().contains("registration token")
    }
}

impl Fcm {
    /// # Errors
    /// Where the service account's key cannot be used.
    pub fn new(
        settings: &PushSettings,
        secret: &ChannelSecret,
        outside: &EgressClient,
    ) -> Result<Self, ChannelError> {
        Ok(Self {
            outside: outside.clone(),
            address: format!(
                "{}/v1/projects/{}/messages:send",
                settings.base_url, settings.project
            ),
            tokens: Tokens::new(settings, secret, outside)?,
        })
    }

    async fn send(
        &self,
        message: &OutboundMessage,
        notice: Notification<'_>,
    ) -> Result<SendResult, SendResult> {
        let token = self.tokens.get().await?;
        let hushed = Redactor::new([token.to_string()]);
        let receiver = Endpoint {
            name: NAME,
            timeout: TIMEOUT,
            address_of: FailureScope::Channel,
            hushed: &hushed,
        };
        let request =
            self.request(message, &notice, &token).map_err(|no_way| receiver.blocked(&no_way))?;
        let answer = receiver.send(&self.outside, request).await?;
        if answer.status == StatusCode::UNAUTHORIZED {
            // The next try gets another.
            self.tokens.forget(&token).await;
        }
        Ok(judge(&receiver, &answer))
    }

    fn request(
        &self,
        message: &OutboundMessage,
        notice: &Notification<'_>,
        token: &str,
    ) -> Result<HttpRequest, EgressError> {
        let mut request = HttpRequest::new(Method::POST, self.outside.url(&self.address)?);
        if let Ok(mut bearer) = HeaderValue::from_str(&format!("Bearer {token}")) {
            bearer.set_sensitive(true);
            request.headers.insert(header::AUTHORIZATION, bearer);
        }
        let json = HeaderValue::from_static("application/json");
        request.headers.insert(header::CONTENT_TYPE, json);
        request.body = fcm_message(message, notice).to_string().into();
        Ok(request)
    }
}

/// FCM knows no idempotency keys. The devices do: a notification of a tag that is there takes its
/// place, so that one that was sent twice is seen once.
fn fcm_message(message: &OutboundMessage, notice: &Notification<'_>) -> Value {
    let collapse: String = message.key.chars().take(COLLAPSE_MAX).collect();
    let mut data = json!({ "wayfare_key": message.key });
    let mut web = json!({ "notification": { "tag": message.key } });
    if let Some(link) = notice.link {
        data["link"] = json!(link);
        if link.starts_with("https://") {
            web["fcm_options"] = json!({ "link": link });
        }
    }
    json!({ "message": {
        "token": message.to,
        "notification": { "title": notice.title, "body": notice.body },
        "data": data,
        "android": { "notification": { "tag": message.key } },
        "apns": { "headers": { "apns-collapse-id": collapse } },
        "webpush": web,
    } })
}

fn judge(receiver: &Endpoint<'_>, answer: &HttpResponse) -> SendResult {
    if answer.status.is_success() {
        let accepted = serde_json::from_str::<Accepted>(&answer.body).ok();
        return SendResult::Accepted { provider_id: accepted.map(|accepted| accepted.name) };
    }
    let refused = serde_json::from_str::<Refused>(&answer.body).unwrap_or_default().error;
    let code = refused.code();
    let words = [code, &refused.message]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(": ");
    let said = receiver.hushed.quoted(&words);
    match code {
        "UNREGISTERED" => SendResult::Rejected {
            reason: format!("the app is no longer on the device{said}"),
            fault: FailureScope::Address,
        },
        "SENDER_ID_MISMATCH" => SendResult::Rejected {
            reason: format!("the device belongs to another Firebase project{said}"),
            fault: FailureScope::Address,
        },
        "INVALID_ARGUMENT" if refused.is_about_token() => SendResult::Rejected {
            reason: format!("no device has this token{said}"),
            fault: FailureScope::Address,
        },
        _ => receiver.refusal(answer, &words).unwrap_or(SendResult::Accepted { provider_id: None }),
    }
}

impl Transport for Fcm {
    fn send<'a>(&'a self, message: &'a OutboundMessage) -> BoxFuture<'a, SendResult> {
        Box::pin(async move {
            match &message.content {
                Content::Push { title, body, link } => {
                    let notice = Notification { title, body, link: link.as_deref() };
                    // Over both requests, and the wait for someone else's token.
                    let sent = tokio::time::timeout(TIMEOUT, self.send(message, notice)).await;
                    sent.unwrap_or_else(|_| Err(late(NAME, TIMEOUT)))
                        .unwrap_or_else(|handed| handed)
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

    fn judged(status: u16, error: Value) -> SendResult {
        let hushed = Redactor::default();
        let receiver = Endpoint {
            name: NAME,
            timeout: TIMEOUT,
            address_of: FailureScope::Channel,
            hushed: &hushed,
        };
        let status = StatusCode::from_u16(status).expect("a status");
        judge(
            &receiver,
            &HttpResponse { status, wish_ms: None, body: json!({ "error": error }).to_string() },
        )
    }

    fn with_code(code: &str) -> Value {
        json!({ "status": "WHATEVER", "message": "words", "details": [{ "errorCode": code }] })
    }

    #[test]
    fn what_firebase_says_is_whose_fault() {
        for (status, code) in [(404, "UNREGISTERED"), (403, "SENDER_ID_MISMATCH")] {
            assert!(
                matches!(
                    judged(status, with_code(code)),
                    SendResult::Rejected { fault: FailureScope::Address, .. }
                ),
                "{code}"
            );
        }
        let token = json!({ "status": "INVALID_ARGUMENT", "message": "The registration token is \
            not a valid FCM registration token" });
        assert!(matches!(
            judged(400, token),
            SendResult::Rejected { fault: FailureScope::Address, .. }
        ));
        let text = json!({ "status": "INVALID_ARGUMENT", "message": "Message is too big" });
        assert!(matches!(
            judged(400, text),
            SendResult::Rejected { fault: FailureScope::Message, .. }
        ));
        for (status, code) in [
            (429, "QUOTA_EXCEEDED"),
            (503, "UNAVAILABLE"),
            (500, "INTERNAL"),
            (401, "THIRD_PARTY_AUTH_ERROR"),
        ] {
            assert!(
                matches!(
                    judged(status, with_code(code)),
                    SendResult::Deferred { fault: FailureScope::Channel, .. }
                ),
                "{code}"
            );
        }
    }
}
