//! The outside world by channel: what hands one message to one provider, and what the provider said.

pub mod parcel;

use futures::future::BoxFuture;

pub use parcel::{Content, EmailContent, Parcel, WebhookContent};

/// What a provider said to one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handed {
    /// It took it, and perhaps told what it calls it.
    Taken { provider_id: Option<String> },
    /// Not now: it is tried again later, not before what the provider asked for. The reason is a sentence's end for a
    /// marketer: "the mail server is busy (421 …)".
    NotNow { reason: String, wish_ms: Option<i64>, fault: Fault },
    /// Never: trying again would not help.
    Never { reason: String, fault: Fault },
}

/// Whose fault it was that a message was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// This message's own: its address, its text. Others go out meanwhile.
    Message,
    /// Her address does not exist (any more): it joins the suppression list.
    Address,
    /// The provider's or the network's, or our settings': others would fail as well. Many in a row open the circuit breaker.
    Channel,
}

/// Hands messages to a provider. One is made for each channel of a project, and made anew when its settings change.
pub trait Transport: Send + Sync + 'static {
    /// Within the channel's own time-out. Dropping the future gives the message up.
    fn hand_over<'a>(&'a self, parcel: &'a Parcel) -> BoxFuture<'a, Handed>;
}
