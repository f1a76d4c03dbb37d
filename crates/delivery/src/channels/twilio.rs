//! SMS over Twilio's HTTP API, or a gateway that speaks it.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use futures::future::BoxFuture;
use http::{HeaderValue, Method, header};
use serde::Deserialize;
use url::form_urlencoded::Serializer;

use super::{
    ChannelError, FailureScope, OutboundMessage, SendResult, Transport,
    egress::{EgressClient, EgressError},
    egress_http::HttpRequest,
    http::{Endpoint, HttpResponse},
    redact::Redactor,
    webhook::IDEMPOTENCY_KEY,
};
use wayfare_domain::messages::channel::{ChannelSecret, SmsSettings};
use wayfare_templates::content::Content;

const TIMEOUT: Duration = Duration::from_secs(10);
/// Numbers that no one has, that take no messages, or whose owner said STOP: no message will ever
/// get there. Twilio's numbers of errors (twilio.com/docs/api/errors).
const DEAD_NUMBERS: [u32; 5] = [21211, 21217, 21610, 21614, 30006];
/// The owner said STOP.
const OPTED_OUT: u32 = 21610;
/// The sender is what is wrong: no message would go out.
const WRONG_SENDER: [u32; 6] = [20003, 21212, 21603, 21606, 21659, 21701];

pub struct Twilio {
    outside: EgressClient,
    settings: SmsSettings,
    address: String,
    authorization: HeaderValue,
    /// Where Twilio tells what became of a message.
    status_callback: Option<String>,
    hushed: Redactor,
}

#[derive(Deserialize)]
struct Accepted {
    sid: String,
}

#[derive(Deserialize, Default)]
struct Refused {
    #[serde(default)]
    code: Option<u32>,
    #[serde(default)]
    message: Option<String>,
}

impl Twilio {
    /// # Errors
    /// Where the token cannot be sent.
    pub fn new(
        settings: &SmsSettings,
        secret: &ChannelSecret,
        status_callback: Option<String>,
        outside: &EgressClient,
    ) -> Result<Self, ChannelError> {
        let token = secret.expose();
        let basic = STANDARD.encode(format!("{}:{token}", settings.account));
        let mut authorization = HeaderValue::from_str(&format!("Basic {basic}"))
            .map_err(|_| ChannelError::SecretMissing)?;
        authorization.set_sensitive(true);
        Ok(Self {
            outside: outside.clone(),
            address: format!(
                "{}/2010-04-01/Accounts/{}/Messages.json",
                settings.base_url, settings.account
            ),
            settings: settings.clone(),
            authorization,
            status_callback,
            hushed: Redactor::new([token.to_string(), basic]),
        })
    }

    async fn send(&self, message: &OutboundMessage, body: &str) -> Result<SendResult, SendResult> {
        let receiver = Endpoint {
            name: "the SMS provider",
            timeout: TIMEOUT,
            address_of: FailureScope::Channel,
            hushed: &self.hushed,
        };
        let request = self.request(message, body).map_err(|no_way| receiver.blocked(&no_way))?;
        let answer = receiver.send(&self.outside, request).await?;
        Ok(judge(&receiver, &answer))
    }

    fn request(&self, message: &OutboundMessage, body: &str) -> Result<HttpRequest, EgressError> {
        let mut form = Serializer::new(String::new());
        form.append_pair("To", &message.to);
        let sender =
            if self.settings.is_messaging_service() { "MessagingServiceSid" } else { "From" };
        form.append_pair(sender, &self.settings.from);
        form.append_pair("Body", body);
        if let Some(callback) = &self.status_callback {
            // The report names the message by our own key, however soon it comes.
            let mark = if callback.contains('?') { '&' } else { '?' };
            form.append_pair("StatusCallback", &format!("{callback}{mark}key={}", message.key));
        }
        let mut request = HttpRequest::new(Method::POST, self.outside.url(&self.address)?);
        let headers = &mut request.headers;
        headers.insert(header::AUTHORIZATION, self.authorization.clone());
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/x-www-form-urlencoded"),
        );
        if let Ok(key) = HeaderValue::from_str(&message.key) {
            headers.insert(IDEMPOTENCY_KEY, key);
        }
        request.body = form.finish().into();
        Ok(request)
    }
}

fn judge(receiver: &Endpoint<'_>, answer: &HttpResponse) -> SendResult {
    if answer.status.is_success() {
        let accepted = serde_json::from_str::<Accepted>(&answer.body).ok();
        return SendResult::Accepted { provider_id: accepted.map(|accepted| accepted.sid) };
    }
    let refused: Refused = serde_json::from_str(&answer.body).unwrap_or_default();
    let words = match (&refused.message, refused.code) {
        (Some(message), Some(code)) => format!("error {code}: {message}"),
        (Some(message), None) => message.clone(),
        (None, _) => String::new(),
    };
    let said = receiver.hushed.quoted(&words);
    match refused.code {
        Some(OPTED_OUT) => SendResult::Rejected {
            reason: format!("the recipient has opted out{said}"),
            fault: FailureScope::Address,
        },
        Some(code) if DEAD_NUMBERS.contains(&code) => SendResult::Rejected {
            reason: format!("the number cannot receive messages{said}"),
            fault: FailureScope::Address,
        },
        Some(code) if WRONG_SENDER.contains(&code) => SendResult::Deferred {
            reason: format!("the SMS provider does not allow sending with these settings{said}"),
            wish_ms: answer.wish_ms,
            fault: FailureScope::Channel,
        },
        _ => receiver.refusal(answer, &words).unwrap_or(SendResult::Accepted { provider_id: None }),
    }
}

impl Transport for Twilio {
    fn send<'a>(&'a self, message: &'a OutboundMessage) -> BoxFuture<'a, SendResult> {
        Box::pin(async move {
            match &message.content {
                Content::Sms { body } => {
                    self.send(message, body).await.unwrap_or_else(|handed| handed)
                }
                // Any other content, also of channels that are yet to come.
                _ => SendResult::wrong_channel(),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn judged(status: u16, body: &str) -> SendResult {
        let hushed = Redactor::new(["token".to_string()]);
        let receiver = Endpoint {
            name: "the SMS provider",
            timeout: TIMEOUT,
            address_of: FailureScope::Channel,
            hushed: &hushed,
        };
        let status = StatusCode::from_u16(status).expect("a status");
        judge(&receiver, &HttpResponse { status, wish_ms: None, body: body.to_string() })
    }

    fn fault(code: u32) -> (bool, FailureScope) {
        match judged(400, &format!("{{\"code\":{code},\"message\":\"no, token\",\"status\":400}}"))
        {
            SendResult::Rejected { fault, reason } => {
                assert!(reason.contains(&format!("error {code}: no, …")), "{reason}");
                (true, fault)
            }
            SendResult::Deferred { fault, .. } => (false, fault),
            SendResult::Accepted { .. } => panic!("it was refused"),
        }
    }

    #[test]
    fn what_twilio_says_is_whose_fault() {
        assert_eq!(
            judged(201, "{\"sid\":\"SM1\"}"),
            SendResult::Accepted { provider_id: Some("SM1".to_string()) }
        );
        for code in DEAD_NUMBERS {
            assert_eq!(fault(code), (true, FailureScope::Address), "{code}");
        }
        for code in WRONG_SENDER {
            assert_eq!(fault(code), (false, FailureScope::Channel), "{code}");
        }
        // The text is too long.
        assert_eq!(fault(21617), (true, FailureScope::Message));
        assert!(matches!(
            judged(401, "nonsense"),
            SendResult::Deferred { fault: FailureScope::Channel, .. }
        ));
        assert!(matches!(
            judged(429, "{\"code\":20429}"),
            SendResult::Deferred { fault: FailureScope::Channel, .. }
        ));
    }
}
