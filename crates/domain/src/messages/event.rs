//! Message events: what happens to a message after it was queued.

use serde::{Deserialize, Serialize};

/// Something that happened to a message. `viewed` is an open; `withheld` is a message that a send
/// rule skipped.
// The numbers are those of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MessageEventKind {
    /// A provider has taken it.
    Sent = 1,
    Delivered = 2,
    Viewed = 3,
    Clicked = 4,
    /// It came back.
    Bounced = 5,
    /// They called it spam.
    Complained = 6,
    Unsubscribed = 7,
    /// No provider took it.
    Failed = 8,
    /// A gate was shut.
    #[serde(rename = "withheld")]
    Skipped = 9,
}

impl MessageEventKind {
    pub const ALL: [MessageEventKind; 9] = [
        MessageEventKind::Sent,
        MessageEventKind::Delivered,
        MessageEventKind::Viewed,
        MessageEventKind::Clicked,
        MessageEventKind::Bounced,
        MessageEventKind::Complained,
        MessageEventKind::Unsubscribed,
        MessageEventKind::Failed,
        MessageEventKind::Skipped,
    ];

    pub fn code(self) -> i64 {
        self as i64
    }

    pub fn from_code(code: i64) -> Option<Self> {
        MessageEventKind::ALL.into_iter().find(|kind| kind.code() == code)
    }

    pub fn key(self) -> &'static str {
        match self {
            MessageEventKind::Sent => "sent",
            MessageEventKind::Delivered => "delivered",
            MessageEventKind::Viewed => "viewed",
            MessageEventKind::Clicked => "clicked",
            MessageEventKind::Bounced => "bounced",
            MessageEventKind::Complained => "complained",
            MessageEventKind::Unsubscribed => "unsubscribed",
            MessageEventKind::Failed => "failed",
            MessageEventKind::Skipped => "withheld",
        }
    }

    pub fn from_key(key: &str) -> Option<Self> {
        MessageEventKind::ALL.into_iter().find(|kind| kind.key() == key)
    }

    pub fn title(self) -> &'static str {
        match self {
            MessageEventKind::Sent => "Sent",
            MessageEventKind::Delivered => "Delivered",
            MessageEventKind::Viewed => "Opened",
            MessageEventKind::Clicked => "Clicked",
            MessageEventKind::Bounced => "Bounced",
            MessageEventKind::Complained => "Marked as spam",
            MessageEventKind::Unsubscribed => "Unsubscribed",
            MessageEventKind::Failed => "Failed",
            MessageEventKind::Skipped => "Skipped",
        }
    }

    /// The connectors by which it carries them on: the first of them that is drawn.
    pub fn outlets(self) -> &'static [&'static str] {
        match self {
            MessageEventKind::Sent => &["sent"],
            MessageEventKind::Delivered => &["delivered"],
            MessageEventKind::Viewed => &["viewed"],
            MessageEventKind::Clicked => &["clicked"],
            MessageEventKind::Bounced => &["bounced", "failed"],
            MessageEventKind::Complained => &["complained", "unsubscribed"],
            MessageEventKind::Unsubscribed => &["unsubscribed"],
            MessageEventKind::Failed => &["failed"],
            MessageEventKind::Skipped => &["unreachable"],
        }
    }

    /// Nothing more will come of the message: they leave, whether a connector is drawn or not.
    pub fn is_final(self) -> bool {
        match self {
            MessageEventKind::Bounced | MessageEventKind::Failed | MessageEventKind::Skipped => {
                true
            }
            MessageEventKind::Sent
            | MessageEventKind::Delivered
            | MessageEventKind::Viewed
            | MessageEventKind::Clicked
            | MessageEventKind::Complained
            | MessageEventKind::Unsubscribed => false,
        }
    }

    /// Ends the message: the sender itself says so, once.
    pub fn is_send_result(self) -> bool {
        match self {
            MessageEventKind::Sent | MessageEventKind::Failed | MessageEventKind::Skipped => true,
            MessageEventKind::Delivered
            | MessageEventKind::Viewed
            | MessageEventKind::Clicked
            | MessageEventKind::Bounced
            | MessageEventKind::Complained
            | MessageEventKind::Unsubscribed => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fates_lead_back_from_key_and_code() {
        for kind in MessageEventKind::ALL {
            assert_eq!(MessageEventKind::from_code(kind.code()), Some(kind));
            assert_eq!(MessageEventKind::from_key(kind.key()), Some(kind));
        }
    }
}
