//! The kinds of nodes, their settings and their outlets (DESIGN section 5).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Position,
    criteria::{Criteria, EventMatch, PropertyFilter},
};
use crate::{profiles::profile::Channel, stats::pluralize};

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

/// What an author can say about the sending of one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SendOptions {
    /// Not sent any more when it is later than this many minutes: after a standstill, a retry, a
    /// backlog.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub too_late_minutes: Option<u32>,
    /// How long people stay for what they do with it (viewed, clicked, delivered); then they leave
    /// by `timeout`.
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
    /// A node as it is drawn first.
    pub fn new(id: impl Into<String>, step: NodeKind) -> Self {
        Self {
            id: id.into(),
            name: None,
            position: Position::default(),
            step,
            sending: SendOptions::default(),
        }
    }

    /// The names of the outlets. A message with a response time also has one for no response.
    pub fn outlets(&self) -> Vec<String> {
        let mut outlets = self.step.outlets();
        if self.sending.answer_minutes.is_some()
            && ENGAGEMENT_OUTLETS.iter().any(|later| outlets.iter().any(|outlet| outlet == later))
        {
            outlets.push("timeout".to_string());
        }
        outlets
    }

    /// What pages call an outlet of this node.
    pub fn outlet_title(&self, outlet: &str) -> String {
        self.step.outlet_title(outlet)
    }

    /// The author's name, or what the step is.
    pub fn title(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.step.title().to_string())
    }
}

/// Outlets of what people do with a message that has been sent.
pub const ENGAGEMENT_OUTLETS: [&str; 6] =
    ["viewed", "clicked", "delivered", "bounced", "complained", "unsubscribed"];

/// What happens at a node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum NodeKind {
    /// Where people come in; exactly one.
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
    /// Until an event comes, or the time is over.
    WaitForEvent {
        event: EventMatch,
        /// Properties that must equal those of the event that let the person in: the same order,
        /// the same cart.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        same: Vec<String>,
        timeout_minutes: u32,
    },
    /// The first branch whose criteria hold; `others` where none does.
    ConditionSplit {
        branches: Vec<Branch>,
    },
    /// Have they done it, in so many days?
    HasDoneSplit {
        event: EventMatch,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        within_days: Option<u32>,
    },
    /// By chance, but always the same for the same person.
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
    /// Ends the trip as converted.
    Goal {
        name: String,
    },
    /// Ends the trip without a goal.
    ForceExit {
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
}

/// How a webhook asks.
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
    /// Until a time of day in the person's zone, on one of the weekdays (1 is Monday) where any are
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

/// One way out of a condition split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Branch {
    /// Also the name of its outlet.
    pub name: String,
    pub criteria: Criteria,
}

/// One way out of a random split.
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

/// The groups of the palette, which also give a node its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeGroup {
    Entry,
    Message,
    Wait,
    Split,
    Change,
    End,
}

impl NodeGroup {
    pub fn key(self) -> &'static str {
        match self {
            NodeGroup::Entry => "entry",
            NodeGroup::Message => "message",
            NodeGroup::Wait => "wait",
            NodeGroup::Split => "split",
            NodeGroup::Change => "change",
            NodeGroup::End => "end",
        }
    }
}

impl NodeKind {
    pub fn title(&self) -> &'static str {
        match self {
            NodeKind::Entry {} => "Entry",
            NodeKind::Email { .. } => "Email",
            NodeKind::Sms { .. } => "SMS",
            NodeKind::Push { .. } => "Push",
            NodeKind::Webhook { .. } => "Webhook",
            NodeKind::Whatsapp { .. } => "WhatsApp",
            NodeKind::WebPush { .. } => "Web push",
            NodeKind::InApp { .. } => "In-app message",
            NodeKind::Delay(_) => "Delay",
            NodeKind::WaitForEvent { .. } => "Wait for event",
            NodeKind::ConditionSplit { .. } => "Condition split",
            NodeKind::HasDoneSplit { .. } => "Has done",
            NodeKind::RandomSplit { .. } => "Random split",
            NodeKind::UpdateProfile { .. } => "Update profile",
            NodeKind::AddToList { .. } => "Add to list",
            NodeKind::RemoveFromList { .. } => "Remove from list",
            NodeKind::StartJourney { .. } => "Start another journey",
            NodeKind::Goal { .. } => "Goal",
            NodeKind::ForceExit { .. } => "Exit",
        }
    }

    pub fn group(&self) -> NodeGroup {
        match self {
            NodeKind::Entry {} => NodeGroup::Entry,
            NodeKind::Email { .. }
            | NodeKind::Sms { .. }
            | NodeKind::Push { .. }
            | NodeKind::Webhook { .. }
            | NodeKind::Whatsapp { .. }
            | NodeKind::WebPush { .. }
            | NodeKind::InApp { .. } => NodeGroup::Message,
            NodeKind::Delay(_) | NodeKind::WaitForEvent { .. } => NodeGroup::Wait,
            NodeKind::ConditionSplit { .. }
            | NodeKind::HasDoneSplit { .. }
            | NodeKind::RandomSplit { .. } => NodeGroup::Split,
            NodeKind::UpdateProfile { .. }
            | NodeKind::AddToList { .. }
            | NodeKind::RemoveFromList { .. }
            | NodeKind::StartJourney { .. } => NodeGroup::Change,
            NodeKind::Goal { .. } | NodeKind::ForceExit { .. } => NodeGroup::End,
        }
    }

    /// Does everyone who comes here have to wait, whoever they are? A date in a profile may be
    /// missing or past, so a delay until it is no sure wait. A time of day is one: it comes once a
    /// day.
    pub fn surely_waits(&self) -> bool {
        match self {
            NodeKind::Delay(Delay::For { minutes: length })
            | NodeKind::WaitForEvent { timeout_minutes: length, .. } => *length > 0,
            NodeKind::Delay(Delay::Until { .. }) => true,
            _ => false,
        }
    }

    pub fn is_message(&self) -> bool {
        self.group() == NodeGroup::Message
    }

    /// By which channel a message goes out.
    pub fn channel(&self) -> Option<Channel> {
        match self {
            NodeKind::Email { .. } => Some(Channel::Email),
            NodeKind::Sms { .. } => Some(Channel::Sms),
            NodeKind::Push { .. } => Some(Channel::Push),
            NodeKind::Webhook { .. } => Some(Channel::Webhook),
            NodeKind::Whatsapp { .. } => Some(Channel::Whatsapp),
            NodeKind::WebPush { .. } => Some(Channel::WebPush),
            NodeKind::InApp { .. } => Some(Channel::InApp),
            _ => None,
        }
    }

    /// What pages call an outlet. Its key in JSON is another thing and never changes; branches and
    /// shares have the names that their author gave them.
    pub fn outlet_title(&self, outlet: &str) -> String {
        let named_by_author = match self {
            NodeKind::RandomSplit { .. } => true,
            NodeKind::ConditionSplit { .. } => outlet != "others",
            _ => false,
        };
        let title = match outlet {
            _ if named_by_author => outlet,
            "next" => "Next",
            "sent" => "Sent",
            "viewed" => "Opened",
            "clicked" => "Clicked",
            "delivered" => "Delivered",
            "bounced" => "Bounced",
            "complained" => "Marked as spam",
            "unsubscribed" => "Unsubscribed",
            "timeout" if self.is_message() => "No response",
            "timeout" => "Timed out",
            "failed" => "Failed",
            "unreachable" => "Can't be reached",
            "yes" => "Yes",
            "no" => "No",
            "others" => "Everyone else",
            other => other,
        };
        title.to_string()
    }

    /// The names of the outlets, in the order of drawing. The per-channel ones follow the
    /// reference's table (5.2), with what providers report besides.
    pub fn outlets(&self) -> Vec<String> {
        let named = |names: &[&str]| names.iter().map(|name| (*name).to_string()).collect();
        match self {
            NodeKind::Email { .. } => named(&[
                "sent",
                "viewed",
                "clicked",
                "failed",
                "unreachable",
                "delivered",
                "bounced",
                "complained",
                "unsubscribed",
            ]),
            NodeKind::WebPush { .. } => {
                named(&["sent", "viewed", "clicked", "failed", "unreachable"])
            }
            NodeKind::Sms { .. } => {
                named(&["sent", "failed", "unreachable", "delivered", "unsubscribed"])
            }
            NodeKind::Push { .. } => named(&["sent", "clicked", "failed", "unreachable"]),
            NodeKind::Webhook { .. } => named(&["sent", "failed"]),
            NodeKind::Whatsapp { .. } => named(&["sent", "delivered", "failed", "unreachable"]),
            NodeKind::InApp { .. } => named(&["viewed", "clicked"]),
            NodeKind::WaitForEvent { .. } => named(&["yes", "timeout"]),
            NodeKind::HasDoneSplit { .. } => named(&["yes", "no"]),
            NodeKind::ConditionSplit { branches } => branches
                .iter()
                .map(|branch| branch.name.clone())
                .chain(["others".to_string()])
                .collect(),
            NodeKind::RandomSplit { shares } => {
                shares.iter().map(|share| share.name.clone()).collect()
            }
            NodeKind::Goal { .. } | NodeKind::ForceExit { .. } => Vec::new(),
            NodeKind::Entry {}
            | NodeKind::Delay(_)
            | NodeKind::UpdateProfile { .. }
            | NodeKind::AddToList { .. }
            | NodeKind::RemoveFromList { .. }
            | NodeKind::StartJourney { .. } => named(&["next"]),
        }
    }

    /// One line about its settings, for the box on the canvas.
    pub fn describe(&self) -> String {
        match self {
            NodeKind::Entry {} => "Everyone starts here".to_string(),
            NodeKind::Email { subject, .. } => subject.clone(),
            NodeKind::Sms { body } => body.clone(),
            NodeKind::Push { title, .. }
            | NodeKind::WebPush { title, .. }
            | NodeKind::InApp { title, .. } => title.clone(),
            NodeKind::Webhook { url, .. } => url.clone(),
            NodeKind::Whatsapp { template } => format!("Template {template}"),
            NodeKind::Delay(delay) => delay.describe(),
            NodeKind::WaitForEvent { event, timeout_minutes, .. } => {
                format!("“{}”, at most {}", event.name, humanize_duration(*timeout_minutes))
            }
            NodeKind::ConditionSplit { branches } => branches
                .iter()
                .map(|branch| branch.criteria.describe())
                .collect::<Vec<_>>()
                .join("; "),
            NodeKind::HasDoneSplit { event, within_days } => {
                let window = within_days
                    .map(|days| format!(" in the last {}", last_days(days)))
                    .unwrap_or_default();
                format!("“{}”{window}", event.name)
            }
            NodeKind::RandomSplit { shares } => shares
                .iter()
                .map(|share| format!("{} {}%", share.name, share.percent))
                .collect::<Vec<_>>()
                .join(", "),
            NodeKind::UpdateProfile { set } => set
                .iter()
                .map(|change| format!("{} = {}", change.property, change.value))
                .collect::<Vec<_>>()
                .join(", "),
            NodeKind::AddToList { list } | NodeKind::RemoveFromList { list } => list.clone(),
            NodeKind::StartJourney { journey } => journey.clone(),
            NodeKind::Goal { name } => name.clone(),
            NodeKind::ForceExit { reason } => reason.clone(),
        }
    }

    /// Conditions on properties that the node uses; the checks and the "unknown property" warning
    /// look at them.
    pub fn filters(&self) -> Vec<&PropertyFilter> {
        match self {
            NodeKind::WaitForEvent { event, .. } | NodeKind::HasDoneSplit { event, .. } => {
                event.filters.iter().collect()
            }
            _ => Vec::new(),
        }
    }
}

impl Delay {
    pub fn describe(&self) -> String {
        match self {
            Delay::For { minutes: length } => humanize_duration(*length),
            Delay::Until { time, weekdays } if weekdays.is_empty() => format!("Until {time}"),
            Delay::Until { time, weekdays } => {
                const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
                let days: Vec<&str> = weekdays
                    .iter()
                    .filter_map(|day| DAYS.get(usize::from(*day).checked_sub(1)?).copied())
                    .collect();
                format!("Until {time} on {}", days.join(", "))
            }
            Delay::UntilProperty { property, offset_days: 0 } => format!("Until {property}"),
            Delay::UntilProperty { property, offset_days } if *offset_days < 0 => {
                format!("Until {} before {property}", days(offset_days.unsigned_abs()))
            }
            Delay::UntilProperty { property, offset_days } => {
                format!("Until {} after {property}", days(offset_days.unsigned_abs()))
            }
        }
    }
}

/// A number of minutes as people say it: "45 minutes", "2 hours", "14 days".
pub fn humanize_duration(length: u32) -> String {
    let counted = |count: u32, one, many| pluralize(i64::from(count), one, many);
    match length {
        length if length >= 1440 && length % 1440 == 0 => counted(length / 1440, "day", "days"),
        length if length >= 60 && length % 60 == 0 => counted(length / 60, "hour", "hours"),
        length => counted(length, "minute", "minutes"),
    }
}

/// "1 day", "14 days".
pub fn days(length: u32) -> String {
    pluralize(i64::from(length), "day", "days")
}

/// The same after "in the last": "day", "14 days".
pub fn last_days(length: u32) -> String {
    if length == 1 { "day".to_string() } else { days(length) }
}

/// A number of hours as people say it: "36 hours", "14 days".
pub fn hours(length: u32) -> String {
    if length >= 24 && length.is_multiple_of(24) {
        pluralize(i64::from(length / 24), "day", "days")
    } else {
        pluralize(i64::from(length), "hour", "hours")
    }
}
