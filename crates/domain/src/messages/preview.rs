//! A message as it will look, before it goes to anybody.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use super::{channel::ChannelState, sms::SmsSize};
use crate::{
    error::FieldError, graph::Node, ids::JourneyId, journeys::settings::Settings,
    profiles::profile::Channel,
};

/// Where a message of a journey is shown.
pub fn message_address(journey: JourneyId, node: &str) -> String {
    format!("/journeys/{journey}/messages/{}", utf8_percent_encode(node, NON_ALPHANUMERIC))
}

/// What is wrong with a message, and what only looks so.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageProblems {
    /// It cannot be sent; publishing is refused.
    pub problems: Vec<FieldError>,
    /// It can, but it may not say what it should.
    pub warnings: Vec<FieldError>,
}

/// A message as it stands in the editor, saved or not, and whom it is to be filled in for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DraftMessage {
    pub journey: JourneyId,
    pub node: Node,
    /// Of the draft: they say which event lets people in.
    pub settings: Settings,
    /// Identity or email address; empty: someone made up.
    pub person: String,
}

/// A message, filled in for one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessagePreview {
    pub journey: JourneyId,
    pub journey_name: String,
    pub node: String,
    /// What the step is called.
    pub title: String,
    pub channel: Channel,
    /// What journeys do with messages of this channel.
    pub channel_state: ChannelState,
    /// Who it is filled in for.
    pub person: PreviewProfile,
    /// None where it cannot be filled in.
    pub content: Option<PreviewContent>,
    pub findings: MessageProblems,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PreviewProfile {
    /// No one was chosen: someone made up.
    Example,
    /// No one is called so: someone made up.
    Unknown,
    Person {
        seq: i64,
        title: String,
    },
}

/// The content by channel. An email's HTML is shown from an address of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PreviewContent {
    Email { subject: String, text: String, has_html: bool },
    Sms { body: String, size: SmsSize },
    Push { title: String, body: String, link: Option<String> },
    Webhook { method: String, url: String, headers: Vec<(String, String)>, body: String },
}
