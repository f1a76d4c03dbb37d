//! One request to a provider, one answer, within a time; and what answers have in common.

use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use jiff::fmt::rfc2822;

use super::{
    FailureScope, SendResult,
    egress::{EgressClient, EgressError, cause},
    egress_http::{HttpError, HttpRequest, root},
    egress_stream::AnswerTooLong,
    redact::{Redactor, certificate_problem},
};
use wayfare_domain::time::Timestamp;
use wayfare_runtime::clock::{Clock, SystemClock};

/// Whom we talk to, and what must not be repeated.
pub struct Endpoint<'a> {
    /// The subject of sentences: "Twilio", "the receiver".
    pub name: &'static str,
    pub timeout: Duration,
    /// Whose fault it is where its address leads nowhere: the message's that brought it, or the
    /// settings'.
    pub address_of: FailureScope,
    pub hushed: &'a Redactor,
}

/// A whole answer.
pub struct HttpResponse {
    pub status: StatusCode,
    /// After which time the provider wants to be asked again.
    pub wish_ms: Option<i64>,
    pub body: String,
}

impl Endpoint<'_> {
    /// Sends a request and reads the answer to its end.
    ///
    /// # Errors
    /// What becomes of the message where there is no whole answer.
    pub async fn send(
        &self,
        outside: &EgressClient,
        request: HttpRequest,
    ) -> Result<HttpResponse, SendResult> {
        match tokio::time::timeout(self.timeout, outside.http().send(&request)).await {
            Ok(Ok(answer)) => Ok(HttpResponse {
                status: answer.status,
                wish_ms: retry_after_ms(&answer.headers, SystemClock.now()),
                body: String::from_utf8_lossy(&answer.body).into_owned(),
            }),
            Ok(Err(error)) => Err(self.unanswered(&error)),
            Err(_) => Err(self.late()),
        }
    }

    fn late(&self) -> SendResult {
        late(self.name, self.timeout)
    }

    fn again(&self, reason: String) -> SendResult {
        SendResult::Deferred { reason, wish_ms: None, fault: FailureScope::Channel }
    }

    fn unanswered(&self, error: &HttpError) -> SendResult {
        if let Some(no_way) = cause::<EgressError>(error) {
            return self.blocked(no_way);
        }
        if let Some(wrong) = certificate_problem(error) {
            return self.again(format!("{} cannot be trusted: its certificate {wrong}", self.name));
        }
        if let Some(too_long) = cause::<AnswerTooLong>(error) {
            return self.again(format!("{} {too_long}", self.name));
        }
        if error.is_timeout() {
            return self.late();
        }
        if error.is_connect() {
            return self.again(format!(
                "{} cannot be reached{}",
                self.name,
                self.hushed.quoted(&root(error))
            ));
        }
        self.again(format!("{} closed the connection during the response", self.name))
    }

    /// Where its address leads nowhere.
    pub fn blocked(&self, no_way: &EgressError) -> SendResult {
        let reason = no_way.to_string().trim_end_matches('.').to_string();
        match (self.address_of, no_way) {
            // Names come and go; what is closed or malformed stays so until someone changes the
            // message.
            (FailureScope::Channel, _)
            | (_, EgressError::Unknown(_) | EgressError::NoAddress(_)) => {
                SendResult::Deferred { reason, wish_ms: None, fault: self.address_of }
            }
            // Where no one answers for a name, nothing is known of its messages: all of them wait.
            (_, EgressError::Late(_) | EgressError::LookupFailed(_)) => {
                SendResult::Deferred { reason, wish_ms: None, fault: FailureScope::Channel }
            }
            (fault, _) => SendResult::Rejected { reason, fault },
        }
    }

    /// What an answer means by its status; none where it means that the message was taken.
    pub fn refusal(&self, answer: &HttpResponse, words: &str) -> Option<SendResult> {
        let status = answer.status;
        if status.is_success() {
            return None;
        }
        let said = self.hushed.quoted(&format!("{} {words}", status.as_u16()));
        let name = self.name;
        let later = |reason: String| SendResult::Deferred {
            reason,
            wish_ms: answer.wish_ms,
            fault: FailureScope::Channel,
        };
        Some(match status.as_u16() {
            401 | 403 => later(format!("{name} rejects the key{said}: check the settings")),
            408 | 425 | 500..=599 => later(format!("{name} has a problem{said}")),
            429 => later(format!("{name} limits the sending rate{said}")),
            300..=399 if self.address_of == FailureScope::Channel => {
                later(format!("{name} redirects to another address{said}: check the settings"))
            }
            300..=399 => SendResult::Rejected {
                reason: format!(
                    "{name} redirects to another address{said}, and redirects are not followed: \
                        enter the final address"
                ),
                fault: FailureScope::Message,
            },
            _ => SendResult::Rejected {
                reason: format!("{name} rejected the message{said}"),
                fault: FailureScope::Message,
            },
        })
    }
}

/// There was no answer in time.
pub fn late(name: &str, timeout: Duration) -> SendResult {
    let reason = format!("{name} did not respond within {} seconds", timeout.as_secs());
    SendResult::Deferred { reason, wish_ms: None, fault: FailureScope::Channel }
}

/// `Retry-After` (RFC 9110, 10.2.3): seconds, or a date.
fn retry_after_ms(headers: &HeaderMap, now: Timestamp) -> Option<i64> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<i64>() {
        return (seconds >= 0).then(|| seconds.saturating_mul(1000));
    }
    let at = rfc2822::parse(text).ok()?.timestamp().as_millisecond();
    Some((at - now.0).max(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(text: &str) -> Option<i64> {
        let headers = [(header::RETRY_AFTER, text.parse().expect("a value"))].into_iter().collect();
        retry_after_ms(&headers, Timestamp(1_445_412_420_000))
    }

    #[test]
    fn a_provider_says_when_to_come_back_in_seconds_or_as_a_date() {
        assert_eq!(wish("120"), Some(120_000));
        assert_eq!(wish("Wed, 21 Oct 2015 07:28:00 GMT"), Some(60_000));
        assert_eq!(wish("Wed, 21 Oct 2015 07:00:00 GMT"), Some(0));
        assert_eq!(wish("soon"), None);
        assert_eq!(wish("-1"), None);
    }

    fn fault_of(no_way: EgressError) -> (bool, FailureScope) {
        let hushed = Redactor::default();
        let receiver = Endpoint {
            name: "the receiver",
            timeout: Duration::from_secs(5),
            address_of: FailureScope::Message,
            hushed: &hushed,
        };
        match receiver.blocked(&no_way) {
            SendResult::Deferred { fault, .. } => (true, fault),
            SendResult::Rejected { fault, .. } => (false, fault),
            SendResult::Accepted { .. } => panic!("nothing was sent"),
        }
    }

    #[test]
    fn a_name_server_that_fails_stops_its_receiver_and_a_name_that_is_not_there_its_message() {
        let name = || "hooks.example.com".to_string();
        assert_eq!(fault_of(EgressError::Unknown(name())), (true, FailureScope::Message));
        assert_eq!(fault_of(EgressError::NoAddress(name())), (true, FailureScope::Message));
        assert_eq!(fault_of(EgressError::LookupFailed(name())), (true, FailureScope::Channel));
        assert_eq!(fault_of(EgressError::Late(name())), (true, FailureScope::Channel));
        assert_eq!(fault_of(EgressError::Closed(name())), (false, FailureScope::Message));
    }

    fn judged(status: u16, address_of: FailureScope) -> Option<SendResult> {
        let hushed = Redactor::default();
        let receiver = Endpoint {
            name: "the receiver",
            timeout: Duration::from_secs(5),
            address_of,
            hushed: &hushed,
        };
        let status = StatusCode::from_u16(status).expect("a status");
        receiver.refusal(&HttpResponse { status, wish_ms: Some(7), body: String::new() }, "words")
    }

    #[test]
    fn an_answer_is_judged_by_its_status() {
        assert_eq!(judged(204, FailureScope::Message), None);
        for status in [401, 403, 408, 425, 429, 500, 502, 503] {
            let judged = judged(status, FailureScope::Message);
            assert!(
                matches!(
                    judged,
                    Some(SendResult::Deferred {
                        wish_ms: Some(7),
                        fault: FailureScope::Channel,
                        ..
                    })
                ),
                "{status}"
            );
        }
        for status in [301, 400, 404, 410, 413, 422] {
            let judged = judged(status, FailureScope::Message);
            assert!(
                matches!(judged, Some(SendResult::Rejected { fault: FailureScope::Message, .. })),
                "{status}"
            );
        }
        assert!(matches!(judged(302, FailureScope::Channel), Some(SendResult::Deferred { .. })));
    }
}
