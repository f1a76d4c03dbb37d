//! How delivery does in a project: its channels, and what lies where.

use serde::{Deserialize, Serialize};

use super::{channel::ChannelState, failed::FailedMessagePage};
use crate::{profiles::profile::Channel, stats::format_count};

/// One channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelHealth {
    pub channel: Channel,
    /// Messages that wait.
    pub waiting: i64,
    /// With a sender right now.
    pub in_hand: i64,
    /// The provider failed so often that it is left alone for a while.
    pub resting: bool,
    /// What is wrong, as whoever reads may know it.
    pub trouble: Option<String>,
    pub state: ChannelState,
}

impl ChannelHealth {
    /// What lies where, in a few words: "3 queued, 1 sending".
    pub fn describe(&self) -> String {
        let facts = [(self.waiting, "queued"), (self.in_hand, "sending")];
        let facts: Vec<String> = facts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{} {what}", format_count(count)))
            .collect();
        match self.state {
            _ if !facts.is_empty() => facts.join(", "),
            ChannelState::Live => "No messages queued".to_string(),
            ChannelState::Test | ChannelState::NotSetUp => self.state.meaning().to_string(),
        }
    }
}

/// What the page about delivery shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryOverview {
    pub channels: Vec<ChannelHealth>,
    pub undelivered: FailedMessagePage,
    /// Messages of this project that were with a sender when the server died, and went out again
    /// under the same key.
    pub doubts: i64,
}
