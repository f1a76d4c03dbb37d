//! Messages that no provider took: looked at, and sent again once what was wrong is mended.

use serde::{Deserialize, Serialize};

use crate::{ids::JourneyId, profiles::profile::Channel, time::Timestamp};

/// Messages of a page.
pub const PAGE_SIZE: i64 = 50;
/// Most that one click sends again.
pub const RESEND_MAX: i64 = 100_000;

/// Which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FailedMessageQuery {
    pub journey: Option<JourneyId>,
    pub channel: Option<Channel>,
    /// Only those with smaller numbers: the next page.
    pub before: Option<i64>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedMessage {
    pub number: i64,
    pub journey: JourneyId,
    pub journey_name: String,
    /// The node's id.
    pub node: String,
    pub channel: Channel,
    /// Number of the person; none where they were forgotten.
    pub profile: Option<i64>,
    /// Their identity, or else the address.
    pub person: String,
    /// It is the address.
    pub by_address: bool,
    pub reason: String,
    pub attempts: i64,
    pub failed_at: Timestamp,
    /// Its journey was stopped: it is not sent any more.
    pub stopped: bool,
}

/// A page of them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FailedMessagePage {
    pub query: FailedMessageQuery,
    pub rows: Vec<FailedMessage>,
    /// Over all pages, at most [`RESEND_MAX`] counted.
    pub total: i64,
    /// Where the next page begins.
    pub next: Option<i64>,
    /// By reason, the most frequent first: what to mend.
    pub reasons: Vec<(String, i64)>,
}
