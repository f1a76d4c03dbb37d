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

/// One person with what is known about them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProfileDetail {
    pub seq: i64,
    pub identity: Option<String>,
    /// Ids from before they were known.
    pub anonymous: Vec<String>,
    pub properties: Properties,
    pub addresses: Vec<(String, String)>,
    pub consent: Vec<(String, bool)>,
    pub time_zone: Option<String>,
    pub lists: Vec<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// The newest.
    pub events: Vec<EventSummary>,
    /// The newest.
    pub trips: Vec<EnrolmentSummary>,
    /// Of known addresses and consent, the newest first.
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

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventSummary {
    pub name: String,
    pub at: Timestamp,
    pub properties: Properties,
    /// There are more properties than a page shows, and none is here.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_too_large: bool,
}

/// One enrolment, in short.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnrolmentSummary {
    pub seq: i64,
    pub journey: JourneyId,
    pub journey_name: String,
    pub version: i64,
    /// "inside", or the key of how it ended.
    pub state: String,
    pub entered_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub due_at: Option<Timestamp>,
}

/// One enrolment, step by step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnrolmentDetail {
    pub trip: EnrolmentSummary,
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

/// A saved question about people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SegmentSummary {
    pub name: String,
    pub criteria: Criteria,
    pub created_by: String,
    pub updated_at: Timestamp,
    /// People in it right now; none where it was not counted.
    pub people: Option<i64>,
}
