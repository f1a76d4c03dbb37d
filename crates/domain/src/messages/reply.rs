//! What people answer to a number of ours.

use super::suppression::AddressKind;
use crate::{profiles::profile::Channel, time::Timestamp};

/// Receipts of replies begin with it.
///
/// They are kept for good: STOP and START are about no message that could be deleted before them,
/// and Twilio signs no time, so that a request counts once as long as its receipt is kept.
pub const REPLY_RECEIPT: &str = "twilio ";

/// The receipt of a reply, by what Twilio calls it.
pub fn reply_receipt(sid: &str) -> String {
    format!("{REPLY_RECEIPT}{sid}")
}

/// STOP (not `wanted`) or START (`wanted`), answered to a number of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SmsReply {
    pub channel: Channel,
    /// Theirs, in its one spelling.
    pub address: String,
    pub wanted: bool,
    pub at: Timestamp,
}

impl SmsReply {
    /// What kind of address it came from; none where the channel has none.
    pub fn kind(&self) -> Option<AddressKind> {
        AddressKind::of(self.channel)
    }
}
