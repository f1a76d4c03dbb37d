//! Profiles, their enrolments and segments without what tells whose they are. Whoever adds a field
//! decides here what of it is shown: each of them is named.

use super::{OF_PROPERTIES, address, identity, sentence};
use crate::{
    messages::{read_model::MessageSummary, suppression::AddressKind},
    profiles::{
        Properties,
        read_model::{
            Because, EnrolmentDetail, EnrolmentLogLine, EnrolmentSummary, EntryExplanation,
            EventSummary, ProfileDetail, ProfilePage, ProfileSummary, SegmentSummary,
        },
    },
};

impl ProfilePage {
    pub fn masked(self) -> Self {
        let ProfilePage { rows, more, total } = self;
        Self { rows: rows.into_iter().map(ProfileSummary::masked).collect(), more, total }
    }
}

impl ProfileSummary {
    fn masked(self) -> Self {
        let ProfileSummary {
            seq,
            identity: name_of_theirs,
            name: _,
            email,
            created_at,
            updated_at,
        } = self;
        Self {
            seq,
            identity: name_of_theirs.as_deref().map(identity),
            name: None,
            email: email.as_deref().map(|email| address(Some(AddressKind::Email), email)),
            created_at,
            updated_at,
        }
    }
}

impl ProfileDetail {
    pub fn masked(self) -> Self {
        let masked_address = |(key, text): (String, String)| {
            (key.clone(), address(AddressKind::from_key(&key), &text))
        };
        let ProfileDetail {
            seq,
            identity: name_of_theirs,
            anonymous,
            properties: _,
            addresses,
            consent,
            time_zone: _,
            lists,
            created_at,
            updated_at,
            events,
            enrolments,
            changes,
        } = self;
        Self {
            seq,
            identity: name_of_theirs.as_deref().map(identity),
            anonymous: anonymous.iter().map(|id| identity(id)).collect(),
            properties: Properties::new(),
            addresses: addresses.into_iter().map(masked_address).collect(),
            consent,
            // A property's value, whatever text was sent as one.
            time_zone: None,
            lists,
            created_at,
            updated_at,
            events: events.into_iter().map(EventSummary::masked).collect(),
            enrolments: enrolments.into_iter().map(EnrolmentSummary::masked).collect(),
            // Kept masked.
            changes,
        }
    }
}

impl EventSummary {
    fn masked(self) -> Self {
        let EventSummary { name, at, properties: _, is_too_large: _ } = self;
        Self { name, at, properties: Properties::new(), is_too_large: false }
    }
}

impl EnrolmentSummary {
    /// When they go on may be the date of a property.
    fn masked(self) -> Self {
        let EnrolmentSummary {
            seq,
            journey,
            journey_name,
            version,
            state,
            entered_at,
            ended_at,
            due_at: _,
        } = self;
        let due_at = None;
        Self { seq, journey, journey_name, version, state, entered_at, ended_at, due_at }
    }
}

impl EnrolmentDetail {
    pub fn masked(self) -> Self {
        let EnrolmentDetail { enrolment, person, person_title, steps, messages } = self;
        Self {
            enrolment: enrolment.masked(),
            person,
            person_title: person.map_or(person_title, |person| format!("Profile #{person}")),
            steps: steps.into_iter().map(EnrolmentLogLine::masked).collect(),
            messages: messages.into_iter().map(MessageSummary::masked).collect(),
        }
    }
}

impl EnrolmentLogLine {
    fn masked(self) -> Self {
        let EnrolmentLogLine { at, node, title, what, reason, of_properties } = self;
        let reason = match (of_properties, reason.is_empty()) {
            (true, false) => OF_PROPERTIES.to_string(),
            (true, true) => String::new(),
            (false, _) => theirs_left_out(&reason),
        };
        Self { at, node, title, what, reason, of_properties }
    }
}

/// A step's reason: names of events and goals stand in quotation marks there and are an author's.
fn theirs_left_out(reason: &str) -> String {
    sentence(reason.split(" (").next().unwrap_or_default())
}

impl EntryExplanation {
    pub fn masked(self) -> Self {
        let EntryExplanation { journey, journey_name, inside, reasons } = self;
        let masked = |because: Because| match because.of_properties {
            true => Because::of_properties("They do not meet what the journey asks of people."),
            false => because,
        };
        Self { journey, journey_name, inside, reasons: reasons.into_iter().map(masked).collect() }
    }
}

impl SegmentSummary {
    /// Whoever is in it, and how many, tells about properties.
    pub fn masked(self) -> Self {
        let SegmentSummary { name, criteria, created_by, updated_at, people: _ } = self;
        Self { name, criteria, created_by, updated_at, people: None }
    }
}
