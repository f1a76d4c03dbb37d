//! What a mail server's answers mean (RFC 5321, 4.2; RFC 3463): whether another try helps, and
//! whose fault it was.

use std::error::Error as _;

use lettre::transport::smtp::Error;

use super::{
    Fault, SendResult,
    outside::NoWay,
    words::{Redactor, certificate_problem},
};

/// What we were doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
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
pub enum Failure {
    NoWay(NoWay),
    NoEncryption,
    /// An address has letters that the mail server does not take (RFC 6531).
    ForeignLetters,
    /// The mail server said so, or nothing any more.
    Answer(Step, Error),
    Late,
}

impl Failure {
    /// The server has hung up, without having heard of this message.
    pub fn is_stale(&self) -> bool {
        matches!(self, Failure::Answer(Step::Sender, error) if error.status().is_none_or(|code| u16::from(code) == 421))
    }

    /// The server listens on.
    pub fn is_answered(&self) -> bool {
        match self {
            Failure::Answer(_, error) => error.status().is_some_and(|code| u16::from(code) != 421),
            Failure::ForeignLetters => true,
            Failure::NoWay(_) | Failure::NoEncryption | Failure::Late => false,
        }
    }

    /// What becomes of the message.
    pub fn handed(&self, hushed: &Redactor, seconds: u64) -> SendResult {
        let again =
            |reason: String| SendResult::NotNow { reason, wish_ms: None, fault: Fault::Channel };
        match self {
            Failure::NoWay(no_way) => again(no_way.to_string().trim_end_matches('.').to_string()),
            Failure::NoEncryption => again(
                "the mail server offers no encryption (STARTTLS): choose another kind in the \
                    settings"
                    .to_string(),
            ),
            Failure::ForeignLetters => SendResult::Never {
                reason: "the mail server accepts only the letters a to z before the @".to_string(),
                fault: Fault::Message,
            },
            Failure::Late => again(format!(
                "the mail server did not accept the message within {seconds} seconds"
            )),
            Failure::Answer(step, error) => match error.status() {
                Some(code) => {
                    let words = error.source().map(ToString::to_string).unwrap_or_default();
                    judge(*step, code.into(), &words, hushed)
                }
                None => again(unanswered(*step, error, hushed)),
            },
        }
    }
}

/// Where there is no answer to speak of.
fn unanswered(step: Step, error: &Error, hushed: &Redactor) -> String {
    if let Some(wrong) = certificate_problem(error) {
        return format!("the mail server cannot be trusted: its certificate {wrong}");
    }
    if error.is_client() && step == Step::SignIn {
        return "the mail server offers no password sign-in: leave the user name empty, or ask its \
            administrator"
            .to_string();
    }
    if error.is_timeout() {
        return "the mail server cannot be reached (it does not answer)".to_string();
    }
    let mut root: &dyn std::error::Error = error;
    while let Some(source) = root.source() {
        root = source;
    }
    let said = hushed.quoted(&root.to_string());
    match step {
        Step::Connect => format!("the mail server cannot be reached{said}"),
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

fn judge(step: Step, code: u16, words: &str, hushed: &Redactor) -> SendResult {
    let said = hushed.quoted(&format!("{code} {words}"));
    let not_now = |reason: String, fault| SendResult::NotNow { reason, wish_ms: None, fault };
    let never = |reason: String, fault| SendResult::Never { reason, fault };
    let permanent = code >= 500;
    match step {
        Step::Connect => {
            not_now(format!("the mail server refuses the connection{said}"), Fault::Channel)
        }
        Step::SignIn if permanent => not_now(
            format!("the mail server refuses the user name or password{said}: check the settings"),
            Fault::Channel,
        ),
        Step::Sender if permanent => not_now(
            format!(
                "the mail server does not allow sending from this address{said}: check the settings"
            ),
            Fault::Channel,
        ),
        Step::Recipient if permanent => match recipient_fault(code, enhanced(words)) {
            Fault::Address => {
                never(format!("the mail server does not know the address{said}"), Fault::Address)
            }
            Fault::Channel => not_now(
                format!(
                    "the mail server does not allow sending from this address{said}: check the \
                        settings"
                ),
                Fault::Channel,
            ),
            Fault::Message => never(
                format!("the mail server rejects messages to the address{said}"),
                Fault::Message,
            ),
        },
        Step::Content if permanent => {
            never(format!("the mail server rejected the message{said}"), Fault::Message)
        }
        _ if is_her_mailbox(step, code, enhanced(words)) => {
            not_now(format!("the mailbox accepts nothing right now{said}"), Fault::Message)
        }
        _ => not_now(format!("the mail server is busy{said}"), Fault::Channel),
    }
}

/// Who is to blame that a recipient is refused for good. Only an address that does not exist is put
/// on the suppression list: a full mailbox, a filter or a missing right says nothing about whether
/// it does.
fn recipient_fault(code: u16, enhanced: Option<(u16, u16)>) -> Fault {
    match (code, enhanced) {
        // The sender's address makes no sense.
        (_, Some((1, 7 | 8))) => Fault::Channel,
        (_, Some((1, _) | (2, 1))) => Fault::Address,
        // Full, too large, policy.
        (_, Some((2 | 3 | 7, _))) => Fault::Message,
        (550 | 551 | 553, _) => Fault::Address,
        _ => Fault::Message,
    }
}

/// Is it about their mailbox, and others get their messages meanwhile? 450 at the recipient is
/// “mailbox busy” (RFC 5321, 4.2.3).
fn is_her_mailbox(step: Step, code: u16, enhanced: Option<(u16, u16)>) -> bool {
    match enhanced {
        Some((subject, _)) => subject == 2,
        None => step == Step::Recipient && code == 450,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For ever? And whose fault?
    fn judged(step: Step, code: u16, words: &str) -> (bool, Fault) {
        match judge(step, code, words, &Redactor::default()) {
            SendResult::Never { fault, reason } => {
                assert!(reason.contains(&code.to_string()), "{reason}");
                (true, fault)
            }
            SendResult::NotNow { fault, .. } => (false, fault),
            SendResult::Taken { .. } => panic!("it was refused"),
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
            assert_eq!(judged(Step::Recipient, 550, words), (true, Fault::Address), "{words}");
        }
        assert_eq!(judged(Step::Recipient, 553, "bad"), (true, Fault::Address));
        assert_eq!(judged(Step::Recipient, 554, "5.1.2 no such domain"), (true, Fault::Address));
        for words in ["5.7.1 blocked by policy", "5.2.2 mailbox full", "5.7.26 unauthenticated"] {
            assert_eq!(judged(Step::Recipient, 550, words), (true, Fault::Message), "{words}");
        }
        assert_eq!(judged(Step::Recipient, 554, "no"), (true, Fault::Message));
        assert_eq!(judged(Step::Recipient, 550, "5.1.8 bad sender"), (false, Fault::Channel));
    }

    #[test]
    fn a_refused_message_is_the_messages_own_fault() {
        assert_eq!(judged(Step::Content, 554, "5.7.1 spam"), (true, Fault::Message));
        assert_eq!(judged(Step::Content, 552, "too large"), (true, Fault::Message));
    }

    #[test]
    fn settings_that_do_not_work_lose_no_message() {
        assert_eq!(judged(Step::SignIn, 535, "5.7.8 wrong"), (false, Fault::Channel));
        assert_eq!(judged(Step::Sender, 550, "5.7.1 not yours"), (false, Fault::Channel));
        assert_eq!(judged(Step::Connect, 554, "go away"), (false, Fault::Channel));
    }

    #[test]
    fn what_passes_is_tried_again() {
        assert_eq!(judged(Step::Recipient, 451, "4.2.1 over quota"), (false, Fault::Message));
        assert_eq!(judged(Step::Recipient, 450, "busy"), (false, Fault::Message));
        assert_eq!(judged(Step::Recipient, 451, "greylisted"), (false, Fault::Channel));
        assert_eq!(judged(Step::Content, 421, "4.3.2 shutting down"), (false, Fault::Channel));
        assert_eq!(judged(Step::Content, 452, "no room"), (false, Fault::Channel));
    }
}
