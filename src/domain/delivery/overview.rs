//! How delivery does in a project: its channels, and what lies where.

use serde::{Deserialize, Serialize};

use crate::domain::{delivery::undelivered::UndeliveredPage, people::profile::Channel};

/// One channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelState {
    pub channel: Channel,
    /// Messages that wait.
    pub waiting: i64,
    /// With a sender right now.
    pub in_hand: i64,
    /// The provider failed so often that it is left alone for a while.
    pub resting: bool,
    /// What is wrong.
    pub trouble: Option<String>,
    /// By the log (test mode) or really.
    pub live: bool,
}

/// What the page about delivery shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryOverview {
    pub channels: Vec<ChannelState>,
    pub undelivered: UndeliveredPage,
    /// Messages of this project that were with a sender when the server died, and went out again under the same key.
    pub doubts: i64,
}
