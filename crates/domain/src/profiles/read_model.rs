//! People as pages and programs see them.

use serde::{Deserialize, Serialize};

use super::{Properties, contact::ContactChange};
use crate::{
    graph::criteria::Criteria, ids::JourneyId, messages::read_model::MessageSummary,
    time::Timestamp,
};

/// People on a page.
pub const PEOPLE_ROWS: i64 = 50;

/// Which people.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ProfileQuery {
    /// Beginning of an identity or an email address.
    pub search: String,
    /// Addresses are looked through as well, and identities that are addresses; for someone who
    /// may see them.
    #[serde(default)]
    pub among_addresses: bool,
    /// Name of a segment.
    pub segment: Option<String>,
    /// A question that is not kept.
    pub criteria: Option<Criteria>,
    /// The same as the address spells it.
    pub conditions: String,
    /// The last person of the page before.
    pub after: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProfileSummary {
    pub seq: i64,
    pub identity: Option<String>,
    pub name: Option<String>,
    pub email: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProfilePage {
    pub rows: Vec<ProfileSummary>,
    /// There are more after the last row.
    pub more: bool,
    /// In all, without the search; none where it was not counted.
    pub total: i64,
}

/// A profile with its recent events and enrolments. An API key without the scope `profiles` gets
/// masked addresses and no properties.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProfileDetail {
    /// Its number on the pages: `/profiles/7`.
    pub seq: i64,
    pub identity: Option<String>,
    /// Its anonymous IDs.
    pub anonymous: Vec<String>,
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::Properties))]
    pub properties: Properties,
    /// Its addresses: `[kind, address]`. The kinds are `email`, `phone`, `push` and `web_push`.
    pub addresses: Vec<(String, String)>,
    /// Its consent: `[channel, whether it wants messages]`.
    pub consent: Vec<(String, bool)>,
    /// An IANA name.
    pub time_zone: Option<String>,
    pub lists: Vec<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// Its recent events, the newest first.
    pub events: Vec<EventSummary>,
    /// Its recent enrolments, the newest first.
    #[serde(rename = "trips")]
    pub enrolments: Vec<EnrolmentSummary>,
    /// Changes of known addresses and consent, the newest first.
    pub changes: Vec<ContactChange>,
}

impl ProfileDetail {
    /// What they are called on a page.
    pub fn title(&self) -> String {
        let name = |key| self.properties.get(key).and_then(|name| name.as_str());
        name("name")
            .or_else(|| name("Name"))
            .map(str::to_string)
            .or(self.identity.clone())
            .unwrap_or_else(|| UNKNOWN_PROFILE.to_string())
    }
}

/// What someone without a name and an identity is called.
const UNKNOWN_PROFILE: &str = "Unknown profile";

/// What the person of an enrolment is called: by what is known of them, where they are known.
pub fn enrolment_title(person: Option<i64>, known: Option<String>) -> String {
    let unknown = if person.is_some() { UNKNOWN_PROFILE } else { "Deleted profile" };
    known.unwrap_or_else(|| unknown.to_string())
}

/// An event of a profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventSummary {
    pub name: String,
    pub at: Timestamp,
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::Properties))]
    pub properties: Properties,
    /// `true` if the properties are too large to be shown and are left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_too_large: bool,
}

/// An enrolment, in short.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnrolmentSummary {
    /// Its number on the pages: `/enrolments/7`.
    pub seq: i64,
    pub journey: JourneyId,
    pub journey_name: String,
    /// The number of the version, from 1.
    pub version: i64,
    /// `inside`, or the exit reason.
    pub state: String,
    pub entered_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// When the person moves on, where a timer says so.
    pub due_at: Option<Timestamp>,
}

/// One enrolment, step by step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnrolmentDetail {
    #[serde(rename = "trip")]
    pub enrolment: EnrolmentSummary,
    pub person: Option<i64>,
    pub person_title: String,
    pub steps: Vec<EnrolmentLogLine>,
    pub messages: Vec<MessageSummary>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnrolmentLogLine {
    pub at: Timestamp,
    pub node: String,
    /// What the node is called.
    pub title: String,
    /// "left by “yes”", "waits", "sends", "ended: …".
    pub what: String,
    pub reason: String,
    /// The reason tells of properties: what was asked of them, or a date among them.
    pub of_properties: bool,
}

/// Why a person is not in a journey.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EntryExplanation {
    pub journey: JourneyId,
    pub journey_name: String,
    /// They are inside now.
    pub inside: bool,
    /// The decisive one first.
    pub reasons: Vec<Because>,
}

/// A sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Because {
    pub sentence: String,
    /// It tells of properties.
    pub of_properties: bool,
}

impl Because {
    pub fn of_properties(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), of_properties: true }
    }
}

impl From<String> for Because {
    fn from(sentence: String) -> Self {
        Self { sentence, of_properties: false }
    }
}

/// A segment: criteria that are saved under a name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = Segment))]
pub struct SegmentSummary {
    pub name: String,
    pub criteria: Criteria,
    /// The user or the API key that created it.
    pub created_by: String,
    pub updated_at: Timestamp,
    /// How many people are in it now; `null` where they were not counted.
    pub people: Option<i64>,
}
