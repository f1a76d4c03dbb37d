//! What hands messages to providers, each against its server: what it says, and what it makes of
//! every answer.

mod email;
mod push;
mod sms;
mod webhook;

use std::sync::Arc;

use wayfare_delivery::channels::{
    FailureScope, OutboundMessage, SendResult, Transport, open_transport,
};
use wayfare_domain::messages::channel::{ChannelSecret, ChannelSettings};
use wayfare_templates::content::Content;

use crate::providers::outside;

fn secret(text: &str) -> ChannelSecret {
    ChannelSecret::parse(text).expect("a secret")
}

fn open(settings: ChannelSettings, secret: Option<&ChannelSecret>) -> Arc<dyn Transport> {
    open_transport(&settings, secret, None, &outside()).expect("a transport")
}

fn parcel(key: &str, to: &str, content: Content) -> OutboundMessage {
    OutboundMessage { key: key.to_string(), to: to.to_string(), to_name: None, content }
}

/// What became of it, in short: taken, again or never; whose fault; and the reason.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Taken,
    Again(FailureScope),
    Never(FailureScope),
}

fn end(handed: &SendResult) -> (End, String) {
    match handed {
        SendResult::Accepted { .. } => (End::Taken, String::new()),
        SendResult::Deferred { reason, fault, .. } => (End::Again(*fault), reason.clone()),
        SendResult::Rejected { reason, fault } => (End::Never(*fault), reason.clone()),
    }
}

/// That it ended so, and that the reason says this.
#[track_caller]
fn assert_end(handed: &SendResult, expected: &End, says: &str) {
    let (ended, reason) = end(handed);
    assert_eq!(&ended, expected, "{reason}");
    assert!(reason.contains(says), "“{says}” is in “{reason}”");
}
