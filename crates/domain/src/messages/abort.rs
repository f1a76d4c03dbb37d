//! Messages that were given up while they were being handed over: no one knows whether the provider
//! has them.

use super::outcome::{Deferral, FixedReason, OutcomeReason, SendOutcome};
use crate::time::Timestamp;

/// Why a message was given up on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AbortReason {
    /// Its journey was stopped, or its version left.
    Stopped,
    /// The person was deleted, withdrew their consent or has another address.
    Withdrawn,
    /// The address joined the suppression list.
    Suppressed,
    /// The channel was changed or switched off, or the project archived.
    ChannelChanged,
    /// The server ends.
    Ending,
}

/// What follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Aborted {
    /// It is recorded. Where it goes out again it may arrive twice: it is in doubt.
    Recorded { outcome: SendOutcome, in_doubt: bool },
    /// It stays marked as begun, and the next start of the server has it in doubt.
    StaysBegun,
}

impl AbortReason {
    pub fn reason(self) -> FixedReason {
        match self {
            AbortReason::Stopped => FixedReason::JourneyStopped,
            AbortReason::Withdrawn => FixedReason::Withdrawn,
            AbortReason::Suppressed => FixedReason::AddressSuppressed,
            AbortReason::ChannelChanged => FixedReason::ChannelChanged,
            AbortReason::Ending => FixedReason::ServerStopped,
        }
    }

    /// What nobody may get any more is not sent again; the others are.
    pub fn outcome(self, deferral: Deferral, now: Timestamp) -> Aborted {
        let reason = OutcomeReason::Fixed(self.reason());
        match self {
            AbortReason::Stopped | AbortReason::Withdrawn | AbortReason::Suppressed => {
                Aborted::Recorded { outcome: SendOutcome::failed(reason), in_doubt: false }
            }
            AbortReason::ChannelChanged => {
                let outcome = SendOutcome::deferred(deferral, reason, now);
                let in_doubt = matches!(outcome, SendOutcome::Retry { .. });
                Aborted::Recorded { outcome, in_doubt }
            }
            AbortReason::Ending => Aborted::StaysBegun,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::retry::ATTEMPTS_MAX;

    const NOW: Timestamp = Timestamp(1_000);

    fn after(why: AbortReason, attempts: i64) -> Aborted {
        why.outcome(Deferral { attempts, requested_delay_ms: None, chance: 0 }, NOW)
    }

    #[test]
    fn what_may_not_go_out_any_more_is_not_sent_again() {
        for why in [AbortReason::Stopped, AbortReason::Withdrawn, AbortReason::Suppressed] {
            let outcome = SendOutcome::failed(OutcomeReason::Fixed(why.reason()));
            assert_eq!(after(why, 0), Aborted::Recorded { outcome, in_doubt: false });
        }
    }

    #[test]
    fn what_a_changed_channel_broke_off_goes_out_again_and_may_arrive_twice() {
        let again = after(AbortReason::ChannelChanged, 0);
        assert!(matches!(
            again,
            Aborted::Recorded { outcome: SendOutcome::Retry { .. }, in_doubt: true }
        ));
    }

    #[test]
    fn it_is_not_in_doubt_once_it_was_tried_often_enough() {
        let last = after(AbortReason::ChannelChanged, ATTEMPTS_MAX - 1);
        assert!(matches!(
            last,
            Aborted::Recorded { outcome: SendOutcome::Failed { .. }, in_doubt: false }
        ));
    }

    #[test]
    fn what_the_end_of_the_server_broke_off_stays_marked_as_begun() {
        assert_eq!(after(AbortReason::Ending, 0), Aborted::StaysBegun);
    }
}
