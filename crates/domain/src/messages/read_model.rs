//! One message as pages show it: its status and its message events.

use serde::{Deserialize, Serialize};

use super::{event::MessageEventKind, message_status::MessageStatus};
use crate::{stats::pluralize, time::Timestamp};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageSummary {
    pub seq: i64,
    #[serde(rename = "trip")]
    pub enrolment: i64,
    pub journey_name: String,
    /// What its node is called.
    pub title: String,
    /// Of the channel, in words.
    pub channel: String,
    pub state: MessageStatus,
    pub created_at: Timestamp,
    pub settled_at: Option<Timestamp>,
    /// Why it was not sent, or not yet.
    pub reason: String,
    pub attempts: i64,
    /// How often the server died while it was with the sender: it may have gone out more than once.
    pub possible_duplicates: i64,
    pub answers: Vec<MessageEventSummary>,
}

/// What became of it after it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageEventSummary {
    #[serde(rename = "fate")]
    pub kind: MessageEventKind,
    pub at: Timestamp,
    pub detail: String,
}

impl MessageSummary {
    /// "Sent", "Skipped: does not want email", "Queued after 3 attempts: the mail server is busy".
    pub fn describe(&self) -> String {
        let tries =
            if self.attempts > 1 || (self.attempts == 1 && self.state == MessageStatus::Queued) {
                format!(" after {}", pluralize(self.attempts, "attempt", "attempts"))
            } else {
                String::new()
            };
        let why = if self.reason.is_empty() { String::new() } else { format!(": {}", self.reason) };
        let doubt = match self.possible_duplicates {
            0 => String::new(),
            _ => " (possibly sent twice: the server stopped while sending)".to_string(),
        };
        format!("{}{tries}{why}{doubt}", self.state.title())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(state: MessageStatus, attempts: i64, reason: &str) -> MessageSummary {
        MessageSummary {
            seq: 1,
            enrolment: 1,
            journey_name: "Welcome".to_string(),
            title: "Email".to_string(),
            channel: "email".to_string(),
            state,
            created_at: Timestamp(0),
            settled_at: None,
            reason: reason.to_string(),
            attempts,
            possible_duplicates: 0,
            answers: Vec::new(),
        }
    }

    #[test]
    fn a_message_says_where_it_stands() {
        assert_eq!(message(MessageStatus::Sent, 1, "").describe(), "Sent");
        assert_eq!(
            message(MessageStatus::Skipped, 0, "does not want email").describe(),
            "Skipped: does not want email"
        );
        assert_eq!(
            message(MessageStatus::Queued, 3, "it is busy").describe(),
            "Queued after 3 attempts: it is busy"
        );
        assert!(
            MessageSummary { possible_duplicates: 1, ..message(MessageStatus::Sent, 2, "") }
                .describe()
                .contains("possibly sent twice")
        );
    }
}
