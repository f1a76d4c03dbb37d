//! Where a message stands: the row of the outbox.

use serde::{Deserialize, Serialize};

/// `outbox.state` holds its code.
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
