//! What an attempt to send a message leads to: its status, when it is tried again, the reason that
//! is kept, and the address that gets nothing any more.

use std::fmt;

use super::{
    event::MessageEventKind,
    message_status::MessageStatus,
    retry::next_attempt_at,
    send_rules::SendRuleReason,
    suppression::{AddressKind, NewSuppression, SuppressionReason},
};
use crate::{ids::ProjectKey, time::Timestamp};

/// What happened to a message that was leased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendOutcome {
    Sent {
        provider_id: Option<String>,
    },
    Failed {
        reason: OutcomeReason,
        /// Kind and address, where it exists no more: nothing is sent there again.
        dead_address: Option<(AddressKind, String)>,
    },
    Withheld {
        reason: OutcomeReason,
    },
    /// Back into the outbox, until then. `tried` where a provider was asked.
    Retry {
        at: Timestamp,
        reason: Option<OutcomeReason>,
        tried: bool,
    },
}

/// Why a message was not sent, by who says so: of an erased person only words that name no one are
/// kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutcomeReason {
    /// Wayfare's own words, the same for everybody.
    Fixed(FixedReason),
    /// A send rule's words about the person.
    SendRule(SendRuleReason),
    /// May repeat what a provider, a receiver or a template said, addresses and names included.
    Reported(String),
    /// It was put off so often that it is not tried again, the last time for this reason.
    TriedInVain { tries: i64, last: Box<OutcomeReason> },
}

/// Why Wayfare itself did not send a message. Rows keep the sentence, which is made here alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FixedReason {
    /// The person met a goal, or left otherwise, before its turn came.
    LeftJourney,
    /// Its node is not in the version any more.
    StepRemoved,
    ChannelNotReady,
    ProfileUnreadable,
    /// The task that sends it has panicked.
    BrokenOff,
    /// While it was with its provider, as all that follow.
    JourneyStopped,
    Withdrawn,
    AddressSuppressed,
    ChannelChanged,
    ServerStopped,
    /// The server died as often as it may while it composed the message.
    ServerCrashed,
}

impl FixedReason {
    pub const ALL: [FixedReason; 11] = [
        FixedReason::LeftJourney,
        FixedReason::StepRemoved,
        FixedReason::ChannelNotReady,
        FixedReason::ProfileUnreadable,
        FixedReason::BrokenOff,
        FixedReason::JourneyStopped,
        FixedReason::Withdrawn,
        FixedReason::AddressSuppressed,
        FixedReason::ChannelChanged,
        FixedReason::ServerStopped,
        FixedReason::ServerCrashed,
    ];

    pub fn text(self) -> &'static str {
        match self {
            FixedReason::LeftJourney => "they had left the journey",
            FixedReason::StepRemoved => "its step was removed from the journey",
            FixedReason::ChannelNotReady => "its channel is not ready",
            FixedReason::ProfileUnreadable => "the profile cannot be read",
            FixedReason::BrokenOff => "an error in Wayfare while sending",
            FixedReason::JourneyStopped => "cancelled while sending: the journey was stopped",
            FixedReason::Withdrawn => {
                "cancelled while sending: the profile was deleted, or its consent or address \
                    changed"
            }
            FixedReason::AddressSuppressed => {
                "cancelled while sending: the address joined the suppression list"
            }
            FixedReason::ChannelChanged => "cancelled while sending: the channel was changed",
            FixedReason::ServerStopped => "cancelled while sending: the server stopped",
            FixedReason::ServerCrashed => {
                "the server crashed three times while it wrote this message, so it is not tried \
                    again"
            }
        }
    }
}

impl fmt::Display for OutcomeReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OutcomeReason::Fixed(reason) => f.write_str(reason.text()),
            OutcomeReason::SendRule(reason) => reason.fmt(f),
            OutcomeReason::Reported(text) => f.write_str(text),
            OutcomeReason::TriedInVain { tries, last } => write!(f, "tried {tries} times: {last}"),
        }
    }
}

impl OutcomeReason {
    /// Is it about one person, or may it repeat their name or address?
    pub fn is_personal(&self) -> bool {
        match self {
            OutcomeReason::Fixed(_) => false,
            OutcomeReason::SendRule(_) | OutcomeReason::Reported(_) => true,
            OutcomeReason::TriedInVain { last, .. } => last.is_personal(),
        }
    }
}

/// A provider put a message off, or could not be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deferral {
    /// How often the message was handed over in vain before.
    pub attempts: i64,
    /// What the provider asked for.
    pub requested_delay_ms: Option<i64>,
    /// 0 to 99: spreads those that failed together.
    pub chance: u8,
}

/// What is written of a message after an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedOutcome<'a> {
    pub status: MessageStatus,
    pub settled_at: Option<Timestamp>,
    /// When it is tried again.
    pub due_at: Option<Timestamp>,
    /// It counts among its attempts.
    pub tried: bool,
    pub reason: Option<&'a OutcomeReason>,
    pub provider_id: Option<&'a str>,
}

impl SendOutcome {
    /// Back as it was: no provider was asked.
    pub fn untouched(now: Timestamp) -> Self {
        SendOutcome::Retry { at: now, reason: None, tried: false }
    }

    /// Given up for good, and it says nothing about the address.
    pub fn failed(reason: OutcomeReason) -> Self {
        SendOutcome::Failed { reason, dead_address: None }
    }

    /// Put off: tried again later, until it was tried often enough.
    pub fn deferred(deferral: Deferral, reason: OutcomeReason, now: Timestamp) -> Self {
        let Deferral { attempts, requested_delay_ms, chance } = deferral;
        let tries = attempts + 1;
        match next_attempt_at(tries, now, requested_delay_ms, chance) {
            Some(at) => SendOutcome::Retry { at, reason: Some(reason), tried: true },
            None => {
                SendOutcome::failed(OutcomeReason::TriedInVain { tries, last: Box::new(reason) })
            }
        }
    }

    /// An error of ours and not the provider's doing: the first time it is tried again `soon`, then
    /// as after any other failure.
    pub fn own_error(attempts: i64, reason: FixedReason, soon: Timestamp, now: Timestamp) -> Self {
        let reason = OutcomeReason::Fixed(reason);
        let next =
            if attempts == 0 { Some(soon) } else { next_attempt_at(attempts + 1, now, None, 0) };
        match next {
            Some(at) => SendOutcome::Retry { at, reason: Some(reason), tried: true },
            None => SendOutcome::failed(reason),
        }
    }

    /// What the person is moved by; none where the message waits on.
    pub fn event_kind(&self) -> Option<MessageEventKind> {
        match self {
            SendOutcome::Sent { .. } => Some(MessageEventKind::Sent),
            SendOutcome::Failed { .. } => Some(MessageEventKind::Failed),
            SendOutcome::Withheld { .. } => Some(MessageEventKind::Skipped),
            SendOutcome::Retry { .. } => None,
        }
    }

    /// What is written. What would wait again waits no more where its version has ended: it was
    /// counted as cancelled when that ended.
    pub fn recorded(&self, version_ended: bool, now: Timestamp) -> RecordedOutcome<'_> {
        let blank = |status: MessageStatus| RecordedOutcome {
            status,
            settled_at: status.is_final().then_some(now),
            due_at: None,
            tried: false,
            reason: None,
            provider_id: None,
        };
        match self {
            SendOutcome::Sent { provider_id } => RecordedOutcome {
                tried: true,
                provider_id: provider_id.as_deref(),
                ..blank(MessageStatus::Sent)
            },
            SendOutcome::Failed { reason, .. } => RecordedOutcome {
                tried: true,
                reason: Some(reason),
                ..blank(MessageStatus::Failed)
            },
            SendOutcome::Withheld { reason } => {
                RecordedOutcome { reason: Some(reason), ..blank(MessageStatus::Skipped) }
            }
            SendOutcome::Retry { at, reason, tried } => {
                match MessageStatus::Queued.in_version(version_ended) {
                    MessageStatus::Queued => RecordedOutcome {
                        due_at: Some(*at),
                        tried: *tried,
                        reason: reason.as_ref(),
                        ..blank(MessageStatus::Queued)
                    },
                    ended => blank(ended),
                }
            }
        }
    }

    /// An address that does not exist joins the suppression list, as after a bounce.
    pub fn suppression(&self, project: ProjectKey, now: Timestamp) -> Option<NewSuppression> {
        let SendOutcome::Failed { reason, dead_address: Some((kind, address)) } = self else {
            return None;
        };
        let cause = SuppressionReason::Bounced;
        let reason = cause.reason(&reason.to_string());
        let (kind, address) = (*kind, address.clone());
        Some(NewSuppression { project, kind, address, cause, reason, at: now })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::retry::ATTEMPTS_MAX;

    const NOW: Timestamp = Timestamp(1_000_000);

    fn busy() -> OutcomeReason {
        OutcomeReason::Reported("it is busy".to_string())
    }

    fn deferral(attempts: i64) -> Deferral {
        Deferral { attempts, requested_delay_ms: None, chance: 0 }
    }

    fn retry() -> SendOutcome {
        SendOutcome::Retry { at: NOW.plus(5), reason: Some(busy()), tried: true }
    }

    #[test]
    fn what_was_sent_keeps_its_provider_id_and_counts_as_tried() {
        let sent = SendOutcome::Sent { provider_id: Some("m-1".to_string()) };
        let recorded = sent.recorded(false, NOW);
        assert_eq!((recorded.status, recorded.settled_at), (MessageStatus::Sent, Some(NOW)));
        assert_eq!((recorded.tried, recorded.provider_id), (true, Some("m-1")));
        assert_eq!(sent.recorded(true, NOW), recorded, "also where its journey was stopped");
    }

    #[test]
    fn what_a_send_rule_keeps_back_was_not_tried() {
        let skipped = SendOutcome::Withheld { reason: busy() };
        let recorded = skipped.recorded(false, NOW);
        assert_eq!((recorded.status, recorded.tried), (MessageStatus::Skipped, false));
        assert_eq!(recorded.settled_at, Some(NOW));
    }

    #[test]
    fn a_retry_waits_until_its_time_and_keeps_why() {
        let outcome = retry();
        let recorded = outcome.recorded(false, NOW);
        assert_eq!((recorded.status, recorded.settled_at), (MessageStatus::Queued, None));
        assert_eq!((recorded.due_at, recorded.tried), (Some(NOW.plus(5)), true));
        assert_eq!(recorded.reason, Some(&busy()));
    }

    #[test]
    fn a_retry_of_a_version_that_has_ended_is_cancelled_and_says_nothing() {
        let outcome = retry();
        let recorded = outcome.recorded(true, NOW);
        assert_eq!((recorded.status, recorded.settled_at), (MessageStatus::Cancelled, Some(NOW)));
        assert_eq!((recorded.due_at, recorded.tried, recorded.reason), (None, false, None));
    }

    #[test]
    fn what_is_put_off_is_tried_again_until_it_was_tried_often_enough() {
        assert!(matches!(
            SendOutcome::deferred(deferral(0), busy(), NOW),
            SendOutcome::Retry { tried: true, .. }
        ));
        let last = SendOutcome::deferred(deferral(ATTEMPTS_MAX - 1), busy(), NOW);
        let SendOutcome::Failed { reason, dead_address: None } = last else {
            panic!("{last:?}");
        };
        assert_eq!(reason.to_string(), format!("tried {ATTEMPTS_MAX} times: it is busy"));
    }

    #[test]
    fn an_error_of_ours_is_tried_again_soon_then_later_and_ends_with_the_tries() {
        let error =
            |attempts| SendOutcome::own_error(attempts, FixedReason::BrokenOff, NOW.plus(1), NOW);
        assert!(matches!(error(0), SendOutcome::Retry { at, .. } if at == NOW.plus(1)));
        assert!(matches!(error(1), SendOutcome::Retry { at, .. } if at > NOW.plus(1)));
        let reason = OutcomeReason::Fixed(FixedReason::BrokenOff);
        assert_eq!(error(ATTEMPTS_MAX), SendOutcome::failed(reason));
    }

    #[test]
    fn an_address_that_does_not_exist_is_suppressed_as_after_a_bounce() {
        let reason = OutcomeReason::Reported("550 no such user".to_string());
        let dead_address = Some((AddressKind::Email, "a@example.com".to_string()));
        let new = SendOutcome::Failed { reason, dead_address }
            .suppression(ProjectKey(1), NOW)
            .expect("listed");
        assert_eq!((new.cause, new.at), (SuppressionReason::Bounced, NOW));
        assert_eq!(new.reason, "it bounced: 550 no such user");
        assert_eq!(SendOutcome::failed(busy()).suppression(ProjectKey(1), NOW), None);
    }

    #[test]
    fn only_words_that_are_the_same_for_everybody_are_not_personal() {
        let fixed = || OutcomeReason::Fixed(FixedReason::ChannelChanged);
        let in_vain = |last| OutcomeReason::TriedInVain { tries: 9, last: Box::new(last) };
        assert!(!fixed().is_personal() && !in_vain(fixed()).is_personal());
        assert!(busy().is_personal() && in_vain(busy()).is_personal());
        assert!(OutcomeReason::SendRule(SendRuleReason::TooLate).is_personal());
    }

    #[test]
    fn each_fixed_reason_has_its_own_sentence() {
        let texts: std::collections::BTreeSet<&str> =
            FixedReason::ALL.into_iter().map(FixedReason::text).collect();
        assert_eq!(texts.len(), FixedReason::ALL.len());
    }
}
