//! What becomes of a message after it was written.

use serde::{Deserialize, Serialize};

/// Something that became of a message. The numbers are those of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
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
    Withheld = 9,
}

impl Fate {
    pub const ALL: [Fate; 9] = [
        Fate::Sent,
        Fate::Delivered,
        Fate::Viewed,
        Fate::Clicked,
        Fate::Bounced,
        Fate::Complained,
        Fate::Unsubscribed,
        Fate::Failed,
        Fate::Withheld,
    ];

    pub fn code(self) -> i64 {
        self as i64
    }

    pub fn from_code(code: i64) -> Option<Self> {
        Fate::ALL.into_iter().find(|fate| fate.code() == code)
    }

    pub fn key(self) -> &'static str {
        match self {
            Fate::Sent => "sent",
            Fate::Delivered => "delivered",
            Fate::Viewed => "viewed",
            Fate::Clicked => "clicked",
            Fate::Bounced => "bounced",
            Fate::Complained => "complained",
            Fate::Unsubscribed => "unsubscribed",
            Fate::Failed => "failed",
            Fate::Withheld => "withheld",
        }
    }

    pub fn from_key(key: &str) -> Option<Self> {
        Fate::ALL.into_iter().find(|fate| fate.key() == key)
    }

    pub fn title(self) -> &'static str {
        match self {
            Fate::Sent => "Sent",
            Fate::Delivered => "Delivered",
            Fate::Viewed => "Opened",
            Fate::Clicked => "Clicked",
            Fate::Bounced => "Bounced",
            Fate::Complained => "Marked as spam",
            Fate::Unsubscribed => "Unsubscribed",
            Fate::Failed => "Failed",
            Fate::Withheld => "Skipped",
        }
    }

    /// The connectors by which it carries them on: the first of them that is drawn.
    pub fn outlets(self) -> &'static [&'static str] {
        match self {
            Fate::Sent => &["sent"],
            Fate::Delivered => &["delivered"],
            Fate::Viewed => &["viewed"],
            Fate::Clicked => &["clicked"],
            Fate::Bounced => &["bounced", "failed"],
            Fate::Complained => &["complained", "unsubscribed"],
            Fate::Unsubscribed => &["unsubscribed"],
            Fate::Failed => &["failed"],
            Fate::Withheld => &["unreachable"],
        }
    }

    /// Nothing more will come of the message: they leave, whether a connector is drawn or not.
    pub fn is_final(self) -> bool {
        matches!(self, Fate::Bounced | Fate::Failed | Fate::Withheld)
    }

    /// Where it is counted among the figures of a node. A message is counted once for each.
    pub fn figure(self) -> String {
        format!("@{}", self.key())
    }

    /// Ends the message: the sender itself says so, once.
    pub fn is_settling(self) -> bool {
        matches!(self, Fate::Sent | Fate::Failed | Fate::Withheld)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fates_lead_back_from_key_and_code() {
        for fate in Fate::ALL {
            assert_eq!(Fate::from_code(fate.code()), Some(fate));
            assert_eq!(Fate::from_key(fate.key()), Some(fate));
        }
    }
}
