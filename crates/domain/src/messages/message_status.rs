//! Where a message stands: the row of the outbox.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// `outbox.status` holds its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageStatus {
    /// It waits for its channel.
    Queued,
    /// A provider accepted it.
    Sent,
    /// No provider accepted it.
    Failed,
    /// It is not wanted any longer: its journey was stopped, or the person left it.
    Cancelled,
    /// It was leased from the outbox and is being handed over.
    Sending,
    /// A send rule kept it back.
    Skipped,
}

/// Added to what a version counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CountChange {
    pub queued: i64,
    pub cancelled: i64,
}

impl CountChange {
    /// A message that had failed waits again.
    pub const RESENT: CountChange = CountChange { queued: 1, cancelled: 0 };
}

impl AddAssign for CountChange {
    fn add_assign(&mut self, other: Self) {
        self.queued += other.queued;
        self.cancelled += other.cancelled;
    }
}

/// By which way a message goes out, as it was decided when it was queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageRoute {
    /// Its channel is in test mode, or has no provider: the log takes it at once.
    TestMode,
    /// Through its channel.
    Live,
}

impl MessageRoute {
    pub const ALL: [MessageRoute; 2] = [MessageRoute::TestMode, MessageRoute::Live];

    /// The number in the store.
    pub const fn code(self) -> i64 {
        match self {
            MessageRoute::TestMode => 0,
            MessageRoute::Live => 1,
        }
    }
}

impl MessageStatus {
    pub const ALL: [MessageStatus; 6] = [
        MessageStatus::Queued,
        MessageStatus::Sent,
        MessageStatus::Failed,
        MessageStatus::Cancelled,
        MessageStatus::Sending,
        MessageStatus::Skipped,
    ];
    /// Those that do not change by themselves.
    pub const FINAL: [MessageStatus; 4] = [
        MessageStatus::Sent,
        MessageStatus::Failed,
        MessageStatus::Cancelled,
        MessageStatus::Skipped,
    ];

    pub const fn code(self) -> i64 {
        match self {
            MessageStatus::Queued => 0,
            MessageStatus::Sent => 1,
            MessageStatus::Failed => 2,
            MessageStatus::Cancelled => 3,
            MessageStatus::Sending => 4,
            MessageStatus::Skipped => 5,
        }
    }

    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }

    pub fn is_final(self) -> bool {
        Self::FINAL.contains(&self)
    }

    /// What waits in a version that has ended is cancelled, whether its row says so yet or not: a
    /// Stop, and a newer version, count at once and have their rows brought in line afterwards.
    pub const fn in_version(self, ended: bool) -> Self {
        match self {
            MessageStatus::Queued if ended => MessageStatus::Cancelled,
            MessageStatus::Queued
            | MessageStatus::Sent
            | MessageStatus::Failed
            | MessageStatus::Cancelled
            | MessageStatus::Sending
            | MessageStatus::Skipped => self,
        }
    }

    /// By how much the counts of its version change when a message that waited, or was being sent,
    /// comes to this status. When a version ended, all of them were counted as cancelled: what
    /// was sent, failed or was skipped after all is not.
    pub const fn count_change(self, version_ended: bool) -> CountChange {
        match (self, version_ended) {
            (MessageStatus::Queued | MessageStatus::Sending, _)
            | (MessageStatus::Cancelled, true) => CountChange { queued: 0, cancelled: 0 },
            (MessageStatus::Cancelled, false) => CountChange { queued: -1, cancelled: 1 },
            (MessageStatus::Sent | MessageStatus::Failed | MessageStatus::Skipped, false) => {
                CountChange { queued: -1, cancelled: 0 }
            }
            (MessageStatus::Sent | MessageStatus::Failed | MessageStatus::Skipped, true) => {
                CountChange { queued: 0, cancelled: -1 }
            }
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            MessageStatus::Queued => "Queued",
            MessageStatus::Sent => "Sent",
            MessageStatus::Failed => "Failed",
            MessageStatus::Cancelled => "Cancelled",
            MessageStatus::Sending => "Sending",
            MessageStatus::Skipped => "Skipped",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_lead_back_from_their_codes() {
        for status in MessageStatus::ALL {
            assert_eq!(MessageStatus::from_code(status.code()), Some(status));
        }
    }

    #[test]
    fn only_what_waits_is_cancelled_with_its_version() {
        for status in MessageStatus::ALL {
            assert_eq!(status.in_version(false), status);
            let waits = status == MessageStatus::Queued;
            let ended = if waits { MessageStatus::Cancelled } else { status };
            assert_eq!(status.in_version(true), ended);
        }
    }

    #[test]
    fn what_leaves_the_outbox_is_counted_where_it_went() {
        let counts = |status: MessageStatus| {
            let CountChange { queued, cancelled } = status.count_change(false);
            (queued, cancelled)
        };
        assert_eq!(counts(MessageStatus::Queued), (0, 0));
        assert_eq!(counts(MessageStatus::Sent), (-1, 0));
        assert_eq!(counts(MessageStatus::Failed), (-1, 0));
        assert_eq!(counts(MessageStatus::Skipped), (-1, 0));
        assert_eq!(counts(MessageStatus::Cancelled), (-1, 1));
    }

    #[test]
    fn what_goes_out_after_its_version_ended_was_not_cancelled_after_all() {
        let counts = |status: MessageStatus| {
            let CountChange { queued, cancelled } = status.count_change(true);
            (queued, cancelled)
        };
        assert_eq!(counts(MessageStatus::Cancelled), (0, 0));
        assert_eq!(counts(MessageStatus::Sent), (0, -1));
        assert_eq!(counts(MessageStatus::Failed), (0, -1));
    }
}
