//! What arrives about people: who someone is, and what they did. Each API has a form of its own;
//! all become these records.

use std::collections::BTreeMap;

use super::{
    Properties,
    consent::ConsentField,
    property_value::{
        PROFILE_BYTES_MAX, PROPERTIES_MAX, read_key, read_properties, size, to_canonical,
    },
};
use crate::{
    error::FieldError,
    time::{DAY_MS, MINUTE_MS, Timestamp},
};

/// Longest identity, anonymous id or message id, in characters.
pub const ID_MAX: usize = 255;
/// How far ahead of our clock an event may lie: clocks differ.
pub const CLOCK_SKEW_MAX: i64 = DAY_MS;
/// Older than this when it arrives, an event is kept but starts no enrolment
/// (docs/design.md, Limits).
pub const ENTRY_EVENT_AGE_MAX: i64 = 60 * MINUTE_MS;
/// The earliest time of an event, 2000-01-01: before it, clocks were not set.
const EARLIEST: Timestamp = Timestamp(946_684_800_000);

/// Whom it is about. At least one of both.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileRef {
    /// As the sender knows them.
    pub identity: Option<String>,
    /// Before they were known: a device, a browser.
    pub anonymous: Option<String>,
}

/// What a property is besides a property, by the names that every sender uses
/// (docs/rest.md, Properties with a meaning).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PropertyMeaning {
    /// An address, by its key among a profile's addresses.
    Address(&'static str),
    /// Whether messages are wanted.
    Consent(ConsentField),
    TimeZone,
    Plain,
}

impl PropertyMeaning {
    pub fn of(name: &str) -> Self {
        match name.to_lowercase().as_str() {
            "email" => Self::Address("email"),
            "phone" => Self::Address("phone"),
            "push_token" | "push" => Self::Address("push"),
            "web_push_token" | "web_push" => Self::Address("web_push"),
            "tz" | "timezone" | "time_zone" => Self::TimeZone,
            key => ConsentField::of(key).map_or(Self::Plain, Self::Consent),
        }
    }
}

/// News about a profile. What is not named stays.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProfileUpdate {
    /// `null` takes a property away.
    pub properties: Properties,
    /// None takes an address away.
    pub addresses: BTreeMap<String, Option<String>>,
    pub consent: BTreeMap<String, bool>,
    pub time_zone: Option<String>,
}

/// Something they did.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    pub name: String,
    pub at: Timestamp,
    pub properties: Properties,
    /// Two records with one message id are one.
    pub message_id: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum RecordPayload {
    Change(ProfileUpdate),
    Event(NewEvent),
    /// Put them on this list.
    List(String),
}

/// One record, ready to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct IngestRecord {
    pub who: ProfileRef,
    pub what: RecordPayload,
}

/// Bytes of properties that weigh as much as a record by itself.
const RECORD_WEIGHT: usize = 4 * 1024;

impl IngestRecord {
    /// What a limit counts it as: one, and one more for each 4 KiB of properties.
    pub fn weight(&self) -> usize {
        let properties = match &self.what {
            RecordPayload::Change(change) => bytes_of(&change.properties),
            RecordPayload::Event(event) => bytes_of(&event.properties),
            RecordPayload::List(_) => 0,
        };
        1 + properties / RECORD_WEIGHT
    }
}

impl ProfileRef {
    /// # Errors
    /// Where neither is given, or one is empty or too long.
    pub fn read(identity: Option<String>, anonymous: Option<String>) -> Result<Self, FieldError> {
        let checked = |id: Option<String>, path: &str| match id.map(|id| id.trim().to_string()) {
            None => Ok(None),
            Some(id)
                if id.is_empty()
                    || id.chars().count() > ID_MAX
                    || id.chars().any(char::is_control) =>
            {
                Err(FieldError::new(
                    path,
                    "malformed",
                    format!("An identity has 1 to {ID_MAX} characters."),
                ))
            }
            Some(id) => Ok(Some(id)),
        };
        let who = Self {
            identity: checked(identity, "identity")?,
            anonymous: checked(anonymous, "anonymous_id")?,
        };
        if who == Self::default() {
            let sentence = "The record names no profile. Send an identity or an anonymous ID.";
            return Err(FieldError::new("identity", "required", sentence));
        }
        Ok(who)
    }
}

impl ProfileUpdate {
    /// Sorts properties into what they mean ([`PropertyMeaning`]). All are kept as properties as
    /// well, since templates use them.
    ///
    /// # Errors
    /// Names the first property that breaks a limit.
    pub fn read(properties: Properties) -> Result<Self, FieldError> {
        let properties = read_properties(properties)?;
        let mut change = Self::default();
        for (name, value) in &properties {
            match PropertyMeaning::of(name) {
                PropertyMeaning::Address(key) => change.set_address(key, value)?,
                PropertyMeaning::TimeZone => change.time_zone = value.as_str().map(str::to_string),
                PropertyMeaning::Consent(field) => {
                    if let Some(wanted) = field.read(name, value)? {
                        change.set_consent(field, wanted);
                    }
                }
                PropertyMeaning::Plain => {}
            }
        }
        change.properties = properties;
        Ok(change)
    }

    /// Of two properties that disagree, the one that refuses counts.
    fn set_consent(&mut self, field: ConsentField, wanted: bool) {
        for channel in field.channels() {
            let said = self.consent.entry(channel.key().to_string()).or_insert(wanted);
            *said &= wanted;
        }
    }

    /// # Errors
    /// Where it cannot be an address.
    pub fn set_address(&mut self, key: &str, value: &serde_json::Value) -> Result<(), FieldError> {
        let text = match value {
            serde_json::Value::Null => None,
            serde_json::Value::String(text) if text.trim().is_empty() => None,
            serde_json::Value::String(text) => Some(text.trim().to_string()),
            serde_json::Value::Number(number) if key == "phone" => Some(number.to_string()),
            _ => {
                return Err(FieldError::new(key, "malformed", format!("The {key} is not a text.")));
            }
        };
        if let Some(text) = &text {
            let good = match key {
                "email" => {
                    text.contains('@') && !text.contains(char::is_whitespace) && text.len() <= 254
                }
                "phone" => {
                    text.chars().filter(char::is_ascii_digit).count() >= 5 && text.len() <= 32
                }
                _ => text.len() <= 512,
            };
            if !good {
                return Err(FieldError::new(
                    key,
                    "malformed",
                    format!("“{text}” is not {}.", address_in_words(key)),
                ));
            }
        }
        self.addresses.insert(key.to_string(), text);
        Ok(())
    }
}

/// What an address of this key is, with its article.
fn address_in_words(key: &str) -> &'static str {
    match key {
        "email" => "an email address",
        "phone" => "a phone number",
        "web_push" => "a web push address",
        _ => "a push token",
    }
}

impl NewEvent {
    /// # Errors
    /// Names what breaks a limit; a time must lie between the year 2000 and a day ahead of `now`.
    pub fn read(
        name: &str,
        at: Option<Timestamp>,
        properties: Properties,
        message_id: Option<String>,
        now: Timestamp,
    ) -> Result<Self, FieldError> {
        let name = read_key(name).map_err(|error| error.under("event"))?;
        if name.starts_with('$') {
            let sentence =
                "Names that begin with “$” are reserved for Wayfare. Use another event name.";
            return Err(FieldError::new("event", "reserved", sentence));
        }
        let at = read_time(at, now)?;
        let properties = read_properties(properties).map_err(|error| error.under("properties"))?;
        if message_id.as_ref().is_some_and(|id| id.is_empty() || id.chars().count() > ID_MAX) {
            let sentence = format!("A message ID has 1 to {ID_MAX} characters.");
            return Err(FieldError::new("message_id", "length", sentence));
        }
        Ok(Self { name, at, properties: without_nulls(properties), message_id })
    }
}

/// A time that can be believed; a clock a little ahead of ours counts as now.
fn read_time(at: Option<Timestamp>, now: Timestamp) -> Result<Timestamp, FieldError> {
    let at = at.unwrap_or(now);
    if at > now.plus(CLOCK_SKEW_MAX) || at < EARLIEST {
        let sentence = format!(
            "The time {at} is not valid: it is before the year 2000 or more than a day in the \
                future."
        );
        return Err(FieldError::new("timestamp", "range", sentence));
    }
    Ok(at.min(now))
}

fn without_nulls(properties: Properties) -> Properties {
    properties.into_iter().filter(|(_, value)| !value.is_null()).collect()
}

/// Properties after a change: what is null goes, what is new comes. A profile has at most
/// [`PROPERTIES_MAX`] with [`PROFILE_BYTES_MAX`] in all; answers those that found no room.
pub fn merge_properties(properties: &mut Properties, change: &Properties) -> Vec<String> {
    // First what goes: a change may make the room that it needs.
    for name in change.iter().filter(|(_, value)| value.is_null()).map(|(name, _)| name) {
        properties.remove(name);
    }
    let mut without_room = Vec::new();
    let mut bytes = bytes_of(properties);
    for (name, value) in change.iter().filter(|(_, value)| !value.is_null()) {
        let before = properties.get(name).map(|known| name.len() + size(known));
        let after = bytes - before.unwrap_or_default() + name.len() + size(value);
        let is_new = before.is_none();
        if is_new && properties.len() >= PROPERTIES_MAX || after > PROFILE_BYTES_MAX.max(bytes) {
            without_room.push(name.clone());
        } else {
            properties.insert(name.clone(), to_canonical(value.clone()));
            bytes = after;
        }
    }
    without_room
}

fn bytes_of(properties: &Properties) -> usize {
    properties.iter().map(|(name, value)| name.len() + size(value)).sum()
}

/// The properties of two profiles that become one: all of `kept`, and of the `other` what it says
/// besides, as far as there is room.
pub fn merge_profiles(kept: &mut Properties, other: Properties) {
    let mut bytes = bytes_of(kept);
    for (name, value) in other {
        let more = name.len() + size(&value);
        let has_room = kept.len() < PROPERTIES_MAX && bytes + more <= PROFILE_BYTES_MAX;
        if has_room && !kept.contains_key(&name) {
            bytes += more;
            kept.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: Timestamp = Timestamp(1_790_000_000_000);

    fn map(value: serde_json::Value) -> Properties {
        value.as_object().cloned().expect("an object")
    }

    #[test]
    fn well_known_properties_become_addresses_consent_and_zone() {
        let change = ProfileUpdate::read(map(json!({
            "Email": "ada@example.com", "Phone": "+4917012345", "MSG-email": false, "tz": "Europe/Berlin", "plan": "gold"
        })))
        .expect("good");
        assert_eq!(change.addresses["email"].as_deref(), Some("ada@example.com"));
        assert_eq!(change.addresses["phone"].as_deref(), Some("+4917012345"));
        assert_eq!(change.consent.get("email"), Some(&false));
        assert_eq!(change.time_zone.as_deref(), Some("Europe/Berlin"));
        assert_eq!(change.properties["plan"], json!("gold"));
    }

    #[test]
    fn a_profile_has_room_for_so_many_properties_however_they_come() {
        let numbered = |from: usize, to: usize| -> Properties {
            (from..to).map(|n| (format!("p{n:03}"), json!(n))).collect()
        };
        let mut properties = numbered(0, PROPERTIES_MAX - 1);
        let change = numbered(PROPERTIES_MAX - 2, PROPERTIES_MAX + 2);
        assert_eq!(merge_properties(&mut properties, &change), ["p256", "p257"]);
        assert_eq!(properties.len(), PROPERTIES_MAX);
        let change = map(json!({ "p000": null, "p001": "known", "new": true }));
        assert!(merge_properties(&mut properties, &change).is_empty(), "what goes makes room");
        let large = json!(vec!["x".repeat(1_000); 100]);
        let change = (0..20).map(|n| (format!("p{n:03}"), large.clone())).collect();
        assert_eq!(merge_properties(&mut properties, &change).len(), 10, "and for so many bytes");
        let before = properties.clone();
        merge_profiles(&mut properties, map(json!({ "p001": 7, "other": 7 })));
        assert_eq!(properties, before);
    }

    #[test]
    fn what_cannot_be_an_address_is_refused_in_plain_words() {
        let long = "x".repeat(513);
        let (push, web_push) = (
            format!("“{long}” is not a push token."),
            format!("“{long}” is not a web push address."),
        );
        for (key, text, sentence) in [
            ("email", "quagga", "“quagga” is not an email address."),
            ("phone", "12 34", "“12 34” is not a phone number."),
            ("push", long.as_str(), push.as_str()),
            ("web_push", long.as_str(), web_push.as_str()),
        ] {
            let error = ProfileUpdate::read(map(json!({ key: text }))).expect_err("refused");
            assert_eq!(error.sentence, sentence);
        }
    }

    #[test]
    fn a_record_weighs_more_the_more_it_says() {
        let record = |properties| IngestRecord {
            who: ProfileRef::default(),
            what: RecordPayload::Event(
                NewEvent::read("Visited", None, properties, None, NOW).expect("good"),
            ),
        };
        assert_eq!(record(map(json!({ "plan": "gold" }))).weight(), 1);
        let long = json!(vec!["x".repeat(1_000); 41]);
        assert_eq!(record(map(json!({ "long": long }))).weight(), 11);
    }

    #[test]
    fn a_record_about_nobody_is_refused() {
        assert!(ProfileRef::read(None, None).is_err());
        assert!(ProfileRef::read(Some(" ".to_string()), None).is_err());
    }

    #[test]
    fn a_time_far_ahead_is_refused_and_a_clock_a_little_ahead_is_now() {
        let event =
            |at: Timestamp| NewEvent::read("Visited", Some(at), Properties::new(), None, NOW);
        assert_eq!(event(NOW.plus(5_000)).map(|event| event.at), Ok(NOW));
        assert_eq!(event(NOW.plus(2 * DAY_MS)).expect_err("refused").path, "timestamp");
        assert!(event(Timestamp(0)).is_err());
    }

    #[test]
    fn null_takes_a_property_away() {
        let mut properties = map(json!({"a": 1, "b": 2}));
        merge_properties(&mut properties, &map(json!({"a": null, "c": "2026-01-01T00:00:00Z"})));
        assert_eq!(
            serde_json::Value::Object(properties),
            json!({"b": 2, "c": "2026-01-01T00:00:00.000Z"})
        );
    }
}
