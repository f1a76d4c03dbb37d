//! Profiles and events in our own JSON: what the API takes, and a line of a file of JSON lines.

use serde::Deserialize;
use serde_json::Value;

use super::{
    Properties,
    ingest_record::{IngestRecord, NewEvent, ProfileRef, ProfileUpdate, RecordPayload},
    property_value::read_key,
};
use crate::{error::FieldError, time::Timestamp, unreadable::reason};

/// Most lists that one record puts someone on.
pub const LISTS_MAX: usize = 100;

/// Something that a profile did. It has an `identity` or an `anonymous_id`, or both.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = Event))]
#[serde(deny_unknown_fields)]
pub struct EventJson {
    /// The key by which your own system knows the profile.
    #[cfg_attr(feature = "openapi", schema(max_length = 255))]
    pub identity: Option<String>,
    /// The key of a device or browser, before its owner is identified.
    #[cfg_attr(feature = "openapi", schema(max_length = 255))]
    pub anonymous_id: Option<String>,
    /// The name of the event. Names that begin with `$` are reserved.
    #[cfg_attr(feature = "openapi", schema(max_length = 120))]
    pub name: String,
    /// When it happened, from the year 2000 to one day ahead. Left out, it is now.
    pub time: Option<Timestamp>,
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::Properties))]
    pub properties: Properties,
    /// Two events with the same message ID are one.
    #[cfg_attr(feature = "openapi", schema(max_length = 255))]
    pub message_id: Option<String>,
}

/// What is known of a profile. It has an `identity` or an `anonymous_id`, or both. What is not
/// named stays as it is.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = Profile))]
#[serde(deny_unknown_fields)]
pub struct ProfileJson {
    /// The key by which your own system knows the profile.
    #[cfg_attr(feature = "openapi", schema(max_length = 255))]
    pub identity: Option<String>,
    /// The key of a device or browser, before its owner is identified.
    #[cfg_attr(feature = "openapi", schema(max_length = 255))]
    pub anonymous_id: Option<String>,
    /// `null` removes a property. `email`, `phone`, `push_token` and `web_push_token` are also
    /// addresses, `tz` is the time zone, and `MSG-email` and the like are consent; docs/rest.md has
    /// the list.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::Properties))]
    pub properties: Properties,
    /// Lists that the profile is put on.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(max_items = 100))]
    pub lists: Vec<String>,
}

impl EventJson {
    /// # Errors
    /// Names what breaks a limit.
    pub fn read(self, now: Timestamp) -> Result<Vec<IngestRecord>, FieldError> {
        let who = ProfileRef::read(self.identity, self.anonymous_id)?;
        let event = NewEvent::read(&self.name, self.time, self.properties, self.message_id, now)?;
        Ok(vec![IngestRecord { who, what: RecordPayload::Event(event) }])
    }
}

impl ProfileJson {
    /// Their news, and the lists that they are put on.
    ///
    /// # Errors
    /// Names what breaks a limit.
    pub fn read(self) -> Result<Vec<IngestRecord>, FieldError> {
        let who = ProfileRef::read(self.identity, self.anonymous_id)?;
        let change =
            ProfileUpdate::read(self.properties).map_err(|error| error.under("properties"))?;
        if self.lists.len() > LISTS_MAX {
            let sentence =
                format!("There are {} lists; the limit is {LISTS_MAX}.", self.lists.len());
            return Err(FieldError::new("lists", "too_many", sentence));
        }
        let mut records =
            vec![IngestRecord { who: who.clone(), what: RecordPayload::Change(change) }];
        for list in self.lists {
            let list = read_key(&list).map_err(|error| error.under("lists"))?;
            records.push(IngestRecord { who: who.clone(), what: RecordPayload::List(list) });
        }
        Ok(records)
    }
}

/// A line of a file of JSON lines: an event where it has a name, else a profile.
///
/// # Errors
/// Where it is no JSON, or neither of both.
pub fn read_line(line: &str, now: Timestamp) -> Result<Vec<IngestRecord>, FieldError> {
    let malformed = |error: serde_json::Error| {
        FieldError::new("", "malformed", format!("This cannot be read: {}.", reason(&error)))
    };
    let value: Value = serde_json::from_str(line).map_err(malformed)?;
    if !value.is_object() {
        return Err(FieldError::new(
            "",
            "malformed",
            "A line holds one JSON object, about one person or event.",
        ));
    }
    if value.get("name").is_some() {
        serde_json::from_value::<EventJson>(value).map_err(malformed)?.read(now)
    } else {
        serde_json::from_value::<ProfileJson>(value).map_err(malformed)?.read()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_790_000_000_000);

    #[test]
    fn a_line_with_a_name_is_an_event_and_one_without_is_a_profile() {
        let event =
            read_line(r#"{"identity":"ada","name":"Visited","properties":{"total":7}}"#, NOW)
                .expect("an event");
        assert!(
            matches!(&event[..], [IngestRecord { what: RecordPayload::Event(event), .. }] if event.name == "Visited")
        );
        let profile =
            read_line(r#"{"identity":"ada","properties":{"plan":"gold"},"lists":["VIP"]}"#, NOW)
                .expect("a profile");
        assert!(
            matches!(&profile[..], [IngestRecord { what: RecordPayload::Change(_), .. }, IngestRecord { what: RecordPayload::List(list), .. }] if list == "VIP")
        );
    }

    #[test]
    fn a_record_names_so_many_lists_and_no_more() {
        let profile = |count: usize| {
            let lists = (0..count).map(|number| format!("L{number}")).collect();
            ProfileJson { identity: Some("ada".to_string()), lists, ..ProfileJson::default() }
        };
        assert_eq!(profile(LISTS_MAX).read().expect("records").len(), 1 + LISTS_MAX);
        let error = profile(LISTS_MAX + 1).read().expect_err("refused");
        assert_eq!((error.path.as_str(), error.key.as_str()), ("lists", "too_many"));
        assert!(error.sentence.contains("the limit is 100"), "{}", error.sentence);
    }

    #[test]
    fn a_line_that_is_neither_says_why() {
        for line in ["{", "[{\"identity\":\"ada\"}]", "7"] {
            assert_eq!(read_line(line, NOW).expect_err("refused").key, "malformed", "{line}");
        }
        assert_eq!(
            read_line(r#"{"identity":"ada","colour":"red"}"#, NOW).expect_err("refused").key,
            "malformed"
        );
        assert_eq!(read_line(r#"{"name":"Visited"}"#, NOW).expect_err("refused").path, "identity");
    }
}
