//! Where a message stands, as the outbox has it.

/// `outbox.state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageState {
    /// It waits for its channel.
    Queued,
    /// A provider took it.
    Sent,
    /// No provider took it.
    Failed,
    /// It is not wanted any more: its journey was stopped, or the person left it.
    Cancelled,
    /// It was taken from the outbox and is being handed over.
    InHand,
    /// A send rule kept it back.
    Withheld,
}

impl MessageState {
    pub const ALL: [MessageState; 6] = [
        MessageState::Queued,
        MessageState::Sent,
        MessageState::Failed,
        MessageState::Cancelled,
        MessageState::InHand,
        MessageState::Withheld,
    ];
    /// Those in which nothing more becomes of it by itself.
    pub const FINAL: [MessageState; 4] =
        [MessageState::Sent, MessageState::Failed, MessageState::Cancelled, MessageState::Withheld];

    pub fn code(self) -> i64 {
        match self {
            MessageState::Queued => 0,
            MessageState::Sent => 1,
            MessageState::Failed => 2,
            MessageState::Cancelled => 3,
            MessageState::InHand => 4,
            MessageState::Withheld => 5,
        }
    }

    pub fn from_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    pub fn is_final(self) -> bool {
        Self::FINAL.contains(&self)
    }
}
