//! What the settings of one node name: the one place that takes them apart for the engine, the
//! checks, a clone and the catalogue.

use super::{Branch, Delay, NodeKind, PropertyValue, SplitShare, WebhookHeader};
use crate::graph::criteria::{Criteria, EventMatch};

/// Everything that a node names; what a kind does not have is empty.
#[derive(Debug, Clone, Copy, Default)]
pub struct NodeReferences<'a> {
    /// The event that people wait for.
    pub awaited_event: Option<&'a EventMatch>,
    /// Properties of it that must equal those of the entry.
    pub same_properties: &'a [String],
    /// The event that is looked for in the past of the profile.
    pub past_event: Option<&'a EventMatch>,
    pub branches: &'a [Branch],
    pub shares: &'a [SplitShare],
    /// The property with the date that ends a delay.
    pub date_property: Option<&'a str>,
    /// Does it depend on the time in the profile's zone?
    pub needs_local_time: bool,
    pub changed_properties: &'a [PropertyValue],
    pub joined_list: Option<&'a str>,
    pub left_list: Option<&'a str>,
    pub started_journey: Option<&'a str>,
    /// The template of the address that a webhook is sent to.
    pub webhook_url: Option<&'a str>,
    pub webhook_headers: &'a [WebhookHeader],
}

impl NodeKind {
    pub fn uses(&self) -> NodeReferences<'_> {
        let nothing = NodeReferences::default();
        match self {
            NodeKind::Webhook { url, headers, body: _, method: _ } => {
                NodeReferences { webhook_url: Some(url), webhook_headers: headers, ..nothing }
            }
            NodeKind::Delay(Delay::For { minutes: _ }) => nothing,
            NodeKind::Delay(Delay::Until { time: _, weekdays: _ }) => {
                NodeReferences { needs_local_time: true, ..nothing }
            }
            NodeKind::Delay(Delay::UntilProperty { property, offset_days: _ }) => {
                NodeReferences { date_property: Some(property), needs_local_time: true, ..nothing }
            }
            NodeKind::WaitForEvent { event, same, timeout_minutes: _ } => {
                NodeReferences { awaited_event: Some(event), same_properties: same, ..nothing }
            }
            NodeKind::ConditionSplit { branches } => NodeReferences { branches, ..nothing },
            NodeKind::HasDoneSplit { event, within_days: _ } => {
                NodeReferences { past_event: Some(event), ..nothing }
            }
            NodeKind::RandomSplit { shares } => NodeReferences { shares, ..nothing },
            NodeKind::UpdateProfile { set } => {
                NodeReferences { changed_properties: set, ..nothing }
            }
            NodeKind::AddToList { list } => NodeReferences { joined_list: Some(list), ..nothing },
            NodeKind::RemoveFromList { list } => {
                NodeReferences { left_list: Some(list), ..nothing }
            }
            NodeKind::StartJourney { journey } => {
                NodeReferences { started_journey: Some(journey), ..nothing }
            }
            NodeKind::Entry {}
            | NodeKind::Email { .. }
            | NodeKind::Sms { .. }
            | NodeKind::Push { .. }
            | NodeKind::Whatsapp { .. }
            | NodeKind::WebPush { .. }
            | NodeKind::InApp { .. }
            | NodeKind::Goal { .. }
            | NodeKind::ForceExit { .. } => nothing,
        }
    }

    /// Does everyone who arrives have to wait, whoever they are? A date in a profile may be missing
    /// or past, so a delay until it is no sure wait. A time of day is one: it comes once a day.
    pub fn surely_waits(&self) -> bool {
        match self {
            NodeKind::Delay(Delay::For { minutes: length })
            | NodeKind::WaitForEvent { timeout_minutes: length, .. } => *length > 0,
            NodeKind::Delay(Delay::Until { .. }) => true,
            NodeKind::Delay(Delay::UntilProperty { .. })
            | NodeKind::Entry {}
            | NodeKind::Email { .. }
            | NodeKind::Sms { .. }
            | NodeKind::Push { .. }
            | NodeKind::Webhook { .. }
            | NodeKind::Whatsapp { .. }
            | NodeKind::WebPush { .. }
            | NodeKind::InApp { .. }
            | NodeKind::ConditionSplit { .. }
            | NodeKind::HasDoneSplit { .. }
            | NodeKind::RandomSplit { .. }
            | NodeKind::UpdateProfile { .. }
            | NodeKind::AddToList { .. }
            | NodeKind::RemoveFromList { .. }
            | NodeKind::StartJourney { .. }
            | NodeKind::Goal { .. }
            | NodeKind::ForceExit { .. } => false,
        }
    }

    /// The headers of a webhook, to change their values.
    pub(in crate::graph) fn webhook_headers_mut(&mut self) -> &mut [WebhookHeader] {
        match self {
            NodeKind::Webhook { headers, .. } => headers,
            // Only a webhook has headers; `uses` says so for the compiler.
            _ => &mut [],
        }
    }
}

impl<'a> NodeReferences<'a> {
    /// The event of the profile that it is about, awaited or past.
    pub fn event(&self) -> Option<&'a EventMatch> {
        self.awaited_event.or(self.past_event)
    }

    /// The criteria of its branches.
    pub fn criteria(&self) -> impl Iterator<Item = &'a Criteria> + use<'a> {
        self.branches.iter().map(|branch| &branch.criteria)
    }

    /// The list that it changes.
    pub fn list(&self) -> Option<&'a str> {
        self.joined_list.or(self.left_list)
    }
}
