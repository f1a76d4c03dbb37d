//! A node of the graph, and its kind with the settings that an author gives it.
//!
//! [`NodeKind`] is the JSON form. What all nodes of a kind share (title, outlets, what they wait
//! for) is declared once per kind in [`node_type`]; what the settings of one node name, in
//! [`uses`].

mod description;
pub mod node_type;
mod outlets;
pub mod references;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::{
    description::{days, hours, humanize_duration, last_days},
    node_type::{NodeGroup, NodeType},
    outlets::ENGAGEMENT_OUTLETS,
};
use super::{
    Position,
    criteria::{Criteria, EventMatch},
};
use crate::profiles::profile::Channel;

/// One box of the graph.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Unique in its graph; people stay on a node across edits by this id.
    pub id: String,
    /// What the author calls it; without one, the page describes its step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default)]
    pub position: Position,
    pub step: NodeKind,
    /// How a message is sent; means nothing elsewhere.
    #[serde(default, skip_serializing_if = "SendOptions::is_usual")]
    pub sending: SendOptions,
}

/// How one message is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendOptions {
    /// The message is skipped when it is later than this many minutes: after downtime, retries or
    /// a backlog.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub too_late_minutes: Option<u32>,
    /// How long people stay for what happens to the sent message (viewed, clicked, delivered);
    /// then they leave by `timeout`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_minutes: Option<u32>,
    /// Goes out whatever the frequency caps say, and counts for them: receipts, passwords.
    #[serde(default, skip_serializing_if = "is_false")]
    pub ignore_caps: bool,
}

fn is_false(value: &bool) -> bool {
    !*value
}

impl SendOptions {
    fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

impl Node {
    /// A node without a name, at the origin.
    pub fn new(id: impl Into<String>, step: NodeKind) -> Self {
        Self {
            id: id.into(),
            name: None,
            position: Position::default(),
            step,
            sending: SendOptions::default(),
        }
    }

    /// The author's name, or what the step is.
    pub fn title(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.step.title().to_string())
    }
}

/// What happens at a node: its kind, with the settings of that kind.
///
/// A new kind begins here; the compiler then asks for everything else that it needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum NodeKind {
    /// Where people enter; exactly one.
    Entry {},
    Email {
        subject: String,
        body: String,
    },
    Sms {
        body: String,
    },
    Push {
        title: String,
        body: String,
        /// Where a tap leads.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        link: String,
    },
    Webhook {
        url: String,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        body: String,
        #[serde(default, skip_serializing_if = "WebhookMethod::is_post")]
        method: WebhookMethod,
        /// `Content-Type` is application/json where none is given.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        headers: Vec<WebhookHeader>,
    },
    Whatsapp {
        template: String,
    },
    WebPush {
        title: String,
        body: String,
    },
    InApp {
        title: String,
        body: String,
    },
    Delay(Delay),
    /// Until the profile does an event, or the time is over.
    WaitForEvent {
        event: EventMatch,
        /// Properties that must equal those of the event that started the enrolment: the same
        /// order, the same cart.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        same: Vec<String>,
        timeout_minutes: u32,
    },
    /// The first branch whose criteria hold; `others` where none does.
    ConditionSplit {
        branches: Vec<Branch>,
    },
    /// Did the profile do the event, within so many days before now?
    HasDoneSplit {
        event: EventMatch,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        within_days: Option<u32>,
    },
    /// By chance, but always the same share for the same profile.
    RandomSplit {
        shares: Vec<SplitShare>,
    },
    UpdateProfile {
        set: Vec<PropertyValue>,
    },
    AddToList {
        list: String,
    },
    RemoveFromList {
        list: String,
    },
    StartJourney {
        journey: String,
    },
    /// Ends the enrolment as converted.
    Goal {
        name: String,
    },
    /// Ends the enrolment without a goal.
    ForceExit {
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
}

/// The method of a webhook's request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum WebhookMethod {
    #[default]
    Post,
    Put,
    Patch,
    Delete,
    Get,
}

impl WebhookMethod {
    fn is_post(&self) -> bool {
        *self == Self::Post
    }

    pub fn name(self) -> &'static str {
        match self {
            WebhookMethod::Post => "POST",
            WebhookMethod::Put => "PUT",
            WebhookMethod::Patch => "PATCH",
            WebhookMethod::Delete => "DELETE",
            WebhookMethod::Get => "GET",
        }
    }
}

/// A header that goes with a webhook; its value is a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookHeader {
    pub name: String,
    pub value: String,
}

/// How long people wait.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Delay {
    For {
        minutes: u32,
    },
    /// Until a time of day in the profile's zone, on one of the weekdays (1 is Monday) where any are
    /// given.
    Until {
        time: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        weekdays: Vec<u8>,
    },
    /// Until a date in the profile, so many days before (negative) or after it.
    UntilProperty {
        property: String,
        #[serde(default)]
        offset_days: i32,
    },
}

/// One path of a condition split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Branch {
    /// Also the name of its outlet.
    pub name: String,
    pub criteria: Criteria,
}

/// One path of a random split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitShare {
    /// Also the name of its outlet.
    pub name: String,
    /// Of a hundred.
    pub percent: u8,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PropertyValue {
    pub property: String,
    pub value: Value,
}

impl NodeKind {
    pub fn title(&self) -> &'static str {
        self.node_type().spec().title
    }

    pub fn group(&self) -> NodeGroup {
        self.node_type().spec().group
    }

    pub fn is_message(&self) -> bool {
        self.channel().is_some()
    }

    /// By which channel a message goes out.
    pub fn channel(&self) -> Option<Channel> {
        self.node_type().spec().channel
    }
}
