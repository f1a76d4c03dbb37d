//! What a mail server's answers mean (RFC 5321, 4.2; RFC 3463): whether another try helps, and
//! whose fault it was.

use std::{error::Error as _, io};

use lettre::transport::smtp::{Error, response::Response};

use super::{
    FailureScope, SendResult,
    egress::{EgressError, cause},
    egress_stream,
    redact::{Redactor, certificate_problem},
    smtp_stream::AnswerTooLong,
};

/// What we were doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpPhase {
    /// Connecting, greeting, encrypting.
    Connect,
    SignIn,
    /// Saying who sends.
    Sender,
    /// Saying who gets it.
    Recipient,
    /// The message itself.
    Content,
}

/// How it failed.
#[derive(Debug)]
pub enum SmtpError {
    NoWay(EgressError),
    NoEncryption,
    /// There is no connection, or no encryption of it.
    Unreachable(io::Error),
    /// The mail server refused before encryption began.
    Refused(Response),
    /// More was received than the answer to STARTTLS, before encryption began.
    Injected,
    /// An address has letters that the mail server does not take (RFC 6531).
    ForeignLetters,
    /// The mail server said so, or nothing any more.
    Answer(SmtpPhase, Error),
    Late,
}

impl SmtpError {
    /// The server has hung up, without having heard of this message.
    pub fn is_stale(&self) -> bool {
        matches!(self, SmtpError::Answer(SmtpPhase::Sender, error) if error.status().is_none_or(|code| u16::from(code) == 421))
    }

    /// The server listens on.
    pub fn is_answered(&self) -> bool {
        match self {
            SmtpError::Answer(_, error) => {
                error.status().is_some_and(|code| u16::from(code) != 421)
            }
            SmtpError::ForeignLetters => true,
            SmtpError::NoWay(_)
            | SmtpError::NoEncryption
            | SmtpError::Unreachable(_)
            | SmtpError::Refused(_)
            | SmtpError::Injected
            | SmtpError::Late => false,
        }
    }

    /// What becomes of the message.
    pub fn handed(&self, hushed: &Redactor, seconds: u64) -> SendResult {
        let again = |reason: String| SendResult::Deferred {
            reason,
            wish_ms: None,
            fault: FailureScope::Channel,
        };
        match self {
            SmtpError::NoWay(no_way) => again(no_way.to_string().trim_end_matches('.').to_string()),
            SmtpError::NoEncryption => again(
                "the mail server offers no encryption (STARTTLS): choose another kind in the \
                    settings"
                    .to_string(),
            ),
            SmtpError::Unreachable(error) => again(unanswered(SmtpPhase::Connect, error, hushed)),
            SmtpError::Refused(reply) => {
                let words = reply.message().collect::<Vec<_>>().join(" ");
                judge(SmtpPhase::Connect, reply.code().into(), &words, hushed)
            }
            SmtpError::Injected => again(
                "the mail server sent more than its answer to STARTTLS before encryption began, so \
                    the connection may be tampered with on its way: choose TLS (port 465) in the \
                    settings"
                    .to_string(),
            ),
            SmtpError::ForeignLetters => SendResult::Rejected {
                reason: "the mail server accepts only the letters a to z before the @".to_string(),
                fault: FailureScope::Message,
            },
            SmtpError::Late => again(format!(
                "the mail server did not accept the message within {seconds} seconds"
            )),
            SmtpError::Answer(step, error) => match error.status() {
                Some(code) => {
                    let words = error.source().map(ToString::to_string).unwrap_or_default();
                    judge(*step, code.into(), &words, hushed)
                }
                None if error.is_client() && *step == SmtpPhase::SignIn => again(
                    "the mail server offers no password sign-in: leave the user name empty, or \
                        ask its administrator"
                        .to_string(),
                ),
                None => again(unanswered(*step, error, hushed)),
            },
        }
    }
}

/// Where there is no answer to speak of.
fn unanswered(
    step: SmtpPhase,
    error: &(dyn std::error::Error + 'static),
    hushed: &Redactor,
) -> String {
    if let Some(wrong) = certificate_problem(error) {
        return format!("the mail server cannot be trusted: its certificate {wrong}");
    }
    if let Some(too_long) = cause::<AnswerTooLong>(error) {
        return too_long.to_string();
    }
    if let Some(too_long) = cause::<egress_stream::AnswerTooLong>(error) {
        return format!("the mail server {too_long}");
    }
    if cause::<io::Error>(error).is_some_and(|error| error.kind() == io::ErrorKind::TimedOut) {
        return "the mail server cannot be reached (it does not answer)".to_string();
    }
    let mut root: &dyn std::error::Error = error;
    while let Some(source) = root.source() {
        root = source;
    }
    let said = hushed.quoted(&root.to_string());
    match step {
        SmtpPhase::Connect => format!("the mail server cannot be reached{said}"),
        _ => format!("the mail server closed the connection{said}"),
    }
}

/// Subject and detail of an enhanced status code: 1 and 1 of `5.1.1`.
fn enhanced(words: &str) -> Option<(u16, u16)> {
    let mut parts = words.split_whitespace().next()?.split('.');
    let (class, subject, detail) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || !matches!(class, "4" | "5") {
        return None;
    }
    Some((subject.parse().ok()?, detail.parse().ok()?))
}

fn judge(step: SmtpPhase, code: u16, words: &str, hushed: &Redactor) -> SendResult {
    let said = hushed.quoted(&format!("{code} {words}"));
    let not_now = |reason: String, fault| SendResult::Deferred { reason, wish_ms: None, fault };
    let never = |reason: String, fault| SendResult::Rejected { reason, fault };
    let permanent = code >= 500;
    match step {
        SmtpPhase::Connect => {
            not_now(format!("the mail server refuses the connection{said}"), FailureScope::Channel)
        }
        SmtpPhase::SignIn if permanent => not_now(
            format!("the mail server refuses the user name or password{said}: check the settings"),
            FailureScope::Channel,
        ),
        SmtpPhase::Sender if permanent => not_now(
            format!(
                "the mail server does not allow sending from this address{said}: check the settings"
            ),
            FailureScope::Channel,
        ),
        SmtpPhase::Recipient if permanent => match recipient_fault(code, enhanced(words)) {
            FailureScope::Address => never(
                format!("the mail server does not know the address{said}"),
                FailureScope::Address,
            ),
            FailureScope::Channel => not_now(
                format!(
                    "the mail server does not allow sending from this address{said}: check the \
                        settings"
                ),
                FailureScope::Channel,
            ),
            FailureScope::Message => never(
                format!("the mail server rejects messages to the address{said}"),
                FailureScope::Message,
            ),
        },
        SmtpPhase::Content if permanent => {
            never(format!("the mail server rejected the message{said}"), FailureScope::Message)
        }
        _ if is_about_mailbox(step, code, enhanced(words)) => {
            not_now(format!("the mailbox accepts nothing right now{said}"), FailureScope::Message)
        }
        _ => not_now(format!("the mail server is busy{said}"), FailureScope::Channel),
    }
}

/// Who is to blame that a recipient is refused for good. Only an address that does not exist is put
/// on the suppression list: a full mailbox, a filter or a missing right says nothing about whether
/// it does.
fn recipient_fault(code: u16, enhanced: Option<(u16, u16)>) -> FailureScope {
    match (code, enhanced) {
        // The sender's address makes no sense.
        (_, Some((1, 7 | 8))) => FailureScope::Channel,
        (_, Some((1, _) | (2, 1))) => FailureScope::Address,
        // Full, too large, policy.
        (_, Some((2 | 3 | 7, _))) => FailureScope::Message,
        (550 | 551 | 553, _) => FailureScope::Address,
        _ => FailureScope::Message,
    }
}

/// Is it about their mailbox, and others get their messages meanwhile? 450 at the recipient is
/// “mailbox busy” (RFC 5321, 4.2.3).
fn is_about_mailbox(step: SmtpPhase, code: u16, enhanced: Option<(u16, u16)>) -> bool {
    match enhanced {
        Some((subject, _)) => subject == 2,
        None => step == SmtpPhase::Recipient && code == 450,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For ever? And whose fault?
    fn judged(step: SmtpPhase, code: u16, words: &str) -> (bool, FailureScope) {
        match judge(step, code, words, &Redactor::default()) {
            SendResult::Rejected { fault, reason } => {
                assert!(reason.contains(&code.to_string()), "{reason}");
                (true, fault)
            }
            SendResult::Deferred { fault, .. } => (false, fault),
            SendResult::Accepted { .. } => panic!("it was refused"),
        }
    }

    #[test]
    fn an_address_that_does_not_exist_is_told_from_one_that_takes_nothing() {
        for words in [
            "5.1.1 no such user",
            "5.1.10 null MX",
            "5.2.1 disabled",
            "no such user",
            "5.4.1 access denied",
        ] {
            assert_eq!(
                judged(SmtpPhase::Recipient, 550, words),
                (true, FailureScope::Address),
                "{words}"
            );
        }
        assert_eq!(judged(SmtpPhase::Recipient, 553, "bad"), (true, FailureScope::Address));
        assert_eq!(
            judged(SmtpPhase::Recipient, 554, "5.1.2 no such domain"),
            (true, FailureScope::Address)
        );
        for words in ["5.7.1 blocked by policy", "5.2.2 mailbox full", "5.7.26 unauthenticated"] {
            assert_eq!(
                judged(SmtpPhase::Recipient, 550, words),
                (true, FailureScope::Message),
                "{words}"
            );
        }
        assert_eq!(judged(SmtpPhase::Recipient, 554, "no"), (true, FailureScope::Message));
        assert_eq!(
            judged(SmtpPhase::Recipient, 550, "5.1.8 bad sender"),
            (false, FailureScope::Channel)
        );
    }

    #[test]
    fn a_refused_message_is_the_messages_own_fault() {
        assert_eq!(judged(SmtpPhase::Content, 554, "5.7.1 spam"), (true, FailureScope::Message));
        assert_eq!(judged(SmtpPhase::Content, 552, "too large"), (true, FailureScope::Message));
    }

    #[test]
    fn settings_that_do_not_work_lose_no_message() {
        assert_eq!(judged(SmtpPhase::SignIn, 535, "5.7.8 wrong"), (false, FailureScope::Channel));
        assert_eq!(
            judged(SmtpPhase::Sender, 550, "5.7.1 not yours"),
            (false, FailureScope::Channel)
        );
        assert_eq!(judged(SmtpPhase::Connect, 554, "go away"), (false, FailureScope::Channel));
    }

    #[test]
    fn what_passes_is_tried_again() {
        assert_eq!(
            judged(SmtpPhase::Recipient, 451, "4.2.1 over quota"),
            (false, FailureScope::Message)
        );
        assert_eq!(judged(SmtpPhase::Recipient, 450, "busy"), (false, FailureScope::Message));
        assert_eq!(judged(SmtpPhase::Recipient, 451, "greylisted"), (false, FailureScope::Channel));
        assert_eq!(
            judged(SmtpPhase::Content, 421, "4.3.2 shutting down"),
            (false, FailureScope::Channel)
        );
        assert_eq!(judged(SmtpPhase::Content, 452, "no room"), (false, FailureScope::Channel));
    }
}
