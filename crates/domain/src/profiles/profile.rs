//! One profile, as criteria, nodes, entry rules and send rules look at it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::property_value::Properties;
use crate::{graph::criteria::EventMatch, ids::ProfileKey, time::Timestamp};

/// A channel by which people are reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    Email,
    Sms,
    Push,
    Webhook,
    Whatsapp,
    WebPush,
    InApp,
}

impl Channel {
    pub const ALL: [Channel; 7] = [
        Channel::Email,
        Channel::Sms,
        Channel::Push,
        Channel::Webhook,
        Channel::Whatsapp,
        Channel::WebPush,
        Channel::InApp,
    ];

    /// Those by which this version really sends; messages of the others go to the log.
    pub const SENDING: [Channel; 4] =
        [Channel::Email, Channel::Sms, Channel::Push, Channel::Webhook];

    pub fn key(self) -> &'static str {
        match self {
            Channel::Email => "email",
            Channel::Sms => "sms",
            Channel::Push => "push",
            Channel::Webhook => "webhook",
            Channel::Whatsapp => "whatsapp",
            Channel::WebPush => "web_push",
            Channel::InApp => "in_app",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Channel::Email => "email",
            Channel::Sms => "SMS",
            Channel::Push => "push",
            Channel::Webhook => "webhook",
            Channel::Whatsapp => "WhatsApp",
            Channel::WebPush => "web push",
            Channel::InApp => "in-app message",
        }
    }

    /// The name, as a heading has it.
    pub fn heading(self) -> &'static str {
        match self {
            Channel::Email => "Email",
            Channel::Sms => "SMS",
            Channel::Push => "Push",
            Channel::Webhook => "Webhook",
            Channel::Whatsapp => "WhatsApp",
            Channel::WebPush => "Web push",
            Channel::InApp => "In-app",
        }
    }

    pub fn from_key(key: &str) -> Option<Self> {
        Channel::ALL.into_iter().find(|channel| channel.key() == key)
    }

    /// The channel whose address this one uses: WhatsApp and SMS share the phone number.
    pub fn address_key(self) -> Option<&'static str> {
        match self {
            Channel::Email => Some("email"),
            Channel::Sms | Channel::Whatsapp => Some("phone"),
            Channel::Push => Some("push"),
            Channel::WebPush => Some("web_push"),
            Channel::Webhook | Channel::InApp => None,
        }
    }
}

/// Something they did.
#[derive(Debug, Clone, PartialEq)]
pub struct PastEvent {
    /// [`event_key`] of its name.
    pub key: String,
    pub at: Timestamp,
    pub properties: Properties,
}

/// A person, as far as it was loaded.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Profile {
    /// Their number in the store.
    pub seq: ProfileKey,
    pub identity: Option<String>,
    pub properties: Properties,
    /// `email`, `phone`, `push`, `web_push`.
    pub addresses: BTreeMap<String, String>,
    /// By channel; what is not there was never asked and counts as a yes.
    pub consent: BTreeMap<String, bool>,
    /// IANA name.
    pub time_zone: Option<String>,
    pub lists: BTreeSet<String>,
    /// In any order.
    pub events: Vec<PastEvent>,
}

impl Profile {
    /// Have they an address there, and do they want messages there?
    pub fn reachable(&self, channel: Channel) -> bool {
        let has_address = channel.address_key().is_none_or(|key| self.addresses.contains_key(key));
        has_address && self.wants(channel)
    }

    /// Do they want messages there? Whoever was never asked does.
    pub fn wants(&self, channel: Channel) -> bool {
        self.consent.get(channel.key()).copied().unwrap_or(true)
    }

    /// How often they did it since then.
    pub fn times(&self, event: &EventMatch, since: Option<Timestamp>) -> usize {
        self.matching(event).filter(|at| since.is_none_or(|since| *at >= since)).count()
    }

    pub fn first(&self, event: &EventMatch) -> Option<Timestamp> {
        self.matching(event).min()
    }

    pub fn last(&self, event: &EventMatch) -> Option<Timestamp> {
        self.matching(event).max()
    }

    fn matching<'a>(&'a self, event: &'a EventMatch) -> impl Iterator<Item = Timestamp> + 'a {
        let key = event_key(&event.name);
        self.events
            .iter()
            .filter(move |past| past.key == key && event.filters_match(&past.properties))
            .map(|past| past.at)
    }
}

/// Under which an event's name is known: case and spaces around do not count.
pub fn event_key(name: &str) -> String {
    name.trim().to_lowercase()
}
