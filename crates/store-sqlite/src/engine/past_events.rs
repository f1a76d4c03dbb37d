//! What people did, as far as conditions ask for it: whatever is stored, it takes a bounded part
//! of the memory.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
    fmt,
};

use futures::TryStreamExt;
use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};
use sqlx::FromRow;

use crate::{SqliteStore, error::SqliteResult, rows::to_json};
use wayfare_domain::{
    ids::{ProfileKey, ProjectKey},
    profiles::{PastEvent, Profile, Properties, property_value::size},
    time::Timestamp,
};
use wayfare_store::{StoreError, engine::ProfileNeeds};

/// What is kept of one person's events, in bytes of asked values; the oldest beyond it count
/// without them.
const PERSON_BYTES: usize = 4 * 1024 * 1024;
/// What is kept of everybody's before people get no more than a share each.
const ALL_BYTES: usize = 64 * 1024 * 1024;
/// Enough for hundreds of events, and of the thousands of people of a round no more than the rest.
const SHARE_BYTES: usize = 32 * 1024;

#[derive(FromRow)]
struct PastEventRow {
    project_key: i64,
    profile_key: i64,
    name_key: String,
    at: i64,
    properties: Option<String>,
}

pub async fn load(
    store: &SqliteStore,
    chosen: &str,
    needs: &ProfileNeeds,
    people: &mut HashMap<ProfileKey, Profile>,
) -> SqliteResult<()> {
    let read: Vec<&String> =
        needs.events.iter().filter(|(_, asked)| !asked.is_empty()).map(|(key, _)| key).collect();
    let mut reader = store.costly_reader().await?;
    let mut rows = sqlx::query_as(
        "SELECT p.project_key, e.profile_key, n.name_key, e.at,
                iif(n.name_key IN (SELECT value FROM json_each(?3)), e.properties, NULL)
                AS properties
         FROM json_each(?1) chosen CROSS JOIN profiles p ON p.key = chosen.value
              CROSS JOIN event_names n ON n.project_key = p.project_key AND n.name_key
              IN (SELECT value
              FROM json_each(?2))
              CROSS JOIN events e ON e.profile_key = p.key AND e.name_id = n.id",
    )
    .bind(chosen)
    .bind(to_json(&needs.events.keys().collect::<Vec<_>>())?)
    .bind(to_json(&read)?)
    .fetch(&mut *reader);
    let mut memory = Memory::default();
    // One by one: of a large event only what is asked for stays.
    while let Some(row) = rows.try_next().await? {
        let PastEventRow { project_key, profile_key, name_key: key, at, properties } = row;
        let (Some(person), Some(asked)) =
            (people.get_mut(&ProfileKey(profile_key)), needs.events.get(&key))
        else {
            continue;
        };
        let Ok(properties) = asked_properties(properties.as_deref(), asked) else {
            tracing::error!(profile = profile_key, event = key, "engine.unreadable_event");
            continue;
        };
        person.events.push(PastEvent { key, at: Timestamp(at), properties });
        memory.keep(ProjectKey(project_key), ProfileKey(profile_key), &mut person.events);
    }
    drop(rows);
    reader.release().await
}

/// What is kept so far.
#[derive(Default)]
struct Memory {
    bytes: usize,
    people: HashMap<ProfileKey, Kept>,
}

/// What is kept of one person's events.
struct Kept {
    limit: usize,
    bytes: usize,
    /// Places of the events that have any properties.
    places: Vec<usize>,
    is_cut: bool,
}

impl Memory {
    /// Counts the last of these events, and makes room where it is one too many.
    fn keep(&mut self, project: ProjectKey, profile: ProfileKey, events: &mut [PastEvent]) {
        let Some(last) = events.last() else { return };
        if last.properties.is_empty() {
            return;
        }
        let (limit, bytes) = (self.limit(), bytes_of(last));
        let kept = self.people.entry(profile).or_insert_with(|| Kept::nothing(limit));
        kept.bytes += bytes;
        self.bytes += bytes;
        kept.places.push(events.len() - 1);
        if kept.bytes <= kept.limit {
            return;
        }
        if !std::mem::replace(&mut kept.is_cut, true) {
            tracing::warn!(%project, %profile, "engine.events_too_large");
        }
        self.bytes -= kept.drop_oldest(events);
    }

    /// For someone who comes now.
    fn limit(&self) -> usize {
        if self.bytes < ALL_BYTES { PERSON_BYTES } else { SHARE_BYTES }
    }
}

impl Kept {
    fn nothing(limit: usize) -> Self {
        Self { limit, bytes: 0, places: Vec::new(), is_cut: false }
    }

    /// The newest keep their properties, up to half of what may be kept: to make room for each
    /// event alone would be to sort them each time. Answers how many bytes that frees.
    fn drop_oldest(&mut self, events: &mut [PastEvent]) -> usize {
        self.places.sort_unstable_by_key(|place| Reverse(events[*place].at));
        let (before, mut bytes, mut stay) = (self.bytes, 0, 0);
        for place in &self.places {
            let more = bytes + bytes_of(&events[*place]);
            if more > self.limit / 2 {
                break;
            }
            (bytes, stay) = (more, stay + 1);
        }
        for place in self.places.drain(stay..) {
            events[place].properties = Properties::new();
        }
        self.bytes = bytes;
        before - bytes
    }
}

fn bytes_of(event: &PastEvent) -> usize {
    event.properties.values().map(size).sum()
}

/// Of stored properties those that are asked for; the others are not even taken apart.
pub fn asked_properties(text: Option<&str>, asked: &HashSet<String>) -> SqliteResult<Properties> {
    let Some(text) = text else { return Ok(Properties::new()) };
    let corrupt = |_| StoreError::Corrupt("properties that cannot be read".to_string()).into();
    let mut properties = serde_json::Deserializer::from_str(text);
    AskedProperties(asked).deserialize(&mut properties).map_err(corrupt)
}

/// Reads an object, and keeps only these of its members.
struct AskedProperties<'a>(&'a HashSet<String>);

impl<'de> DeserializeSeed<'de> for AskedProperties<'_> {
    type Value = Properties;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Properties, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for AskedProperties<'_> {
    type Value = Properties;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("properties")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Properties, A::Error> {
        let mut kept = Properties::new();
        while let Some(name) = members.next_key::<String>()? {
            if !self.0.contains(&name) {
                members.next_value::<IgnoredAny>()?;
            } else if let Some(value) = members.next_value_seed(AskedValue { is_item: false })? {
                kept.insert(name, value);
            }
        }
        Ok(kept)
    }
}

/// Reads what conditions compare: a text, a number, a boolean, and a list of these. A list within
/// a list is equal to nothing, and of an object it only matters that it is there: their contents
/// are not kept.
struct AskedValue {
    is_item: bool,
}

impl<'de> DeserializeSeed<'de> for AskedValue {
    type Value = Option<Value>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Option<Value>, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AskedValue {
    type Value = Option<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Option<Value>, E> {
        Ok(Some(Value::Null))
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Option<Value>, E> {
        Ok(Some(flag.into()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Option<Value>, E> {
        Ok(Some(number.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Option<Value>, E> {
        Ok(Some(number.into()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Option<Value>, E> {
        Ok(Number::from_f64(number).map(Value::Number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Option<Value>, E> {
        Ok(Some(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Option<Value>, A::Error> {
        let mut items = Vec::new();
        if self.is_item {
            while list.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(None);
        }
        while let Some(item) = list.next_element_seed(AskedValue { is_item: true })? {
            items.extend(item);
        }
        Ok(Some(Value::Array(items)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Option<Value>, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok((!self.is_item).then(|| Value::Object(Map::new())))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kept_of(stored: Value) -> Value {
        let asked = HashSet::from(["asked".to_string()]);
        let text = json!({ "before": stored, "asked": stored, "after": stored }).to_string();
        Value::Object(asked_properties(Some(&text), &asked).expect("properties"))
    }

    /// Events at 0, 1, 2 …, each with a text of a thousand characters, as they are read.
    fn read(memory: &mut Memory, profile: ProfileKey, count: i64) -> Vec<PastEvent> {
        let mut events = Vec::new();
        for at in 0..count {
            let properties = Map::from_iter([("x".to_string(), json!("x".repeat(1_000)))]);
            events.push(PastEvent { key: "did".to_string(), at: Timestamp(at), properties });
            memory.keep(ProjectKey(1), profile, &mut events);
        }
        events
    }

    fn bytes_kept(events: &[PastEvent]) -> usize {
        events.iter().map(bytes_of).sum()
    }

    #[test]
    fn what_conditions_compare_is_kept_as_it_is() {
        for value in [json!("text"), json!(-7), json!(0.5), json!(true), json!(null), json!(["a"])]
        {
            assert_eq!(kept_of(value.clone()), json!({ "asked": value }));
        }
    }

    #[test]
    fn of_lists_within_lists_and_of_objects_nothing_is_kept_but_that_they_are_there() {
        let zeros = vec![vec![0; 100]; 100];
        assert_eq!(kept_of(json!(zeros)), json!({ "asked": [] }));
        assert_eq!(kept_of(json!({ "inside": zeros })), json!({ "asked": {} }));
    }

    #[test]
    fn what_is_kept_of_one_person_stays_within_their_bound() {
        let events = read(&mut Memory::default(), ProfileKey(1), 10_000);
        assert!(bytes_kept(&events) <= PERSON_BYTES);
    }

    #[test]
    fn beyond_the_bound_the_newest_events_keep_their_properties_and_all_of_them_count() {
        let events = read(&mut Memory::default(), ProfileKey(1), 10_000);
        let filled = events.iter().filter(|event| !event.properties.is_empty());
        let times: Vec<i64> = filled.map(|event| event.at.0).collect();
        assert_eq!(events.len(), 10_000);
        assert!(times.len() > 1_000, "{}", times.len());
        assert!(times.iter().all(|at| *at >= 10_000 - times.len() as i64));
    }

    #[test]
    fn where_much_is_kept_already_each_further_person_has_a_share() {
        let mut memory = Memory { bytes: ALL_BYTES, ..Memory::default() };
        let events = read(&mut memory, ProfileKey(1), 100);
        let bytes = bytes_kept(&events);
        assert!((1..=SHARE_BYTES).contains(&bytes), "{bytes}");
    }

    #[test]
    fn what_is_counted_is_what_is_kept() {
        let mut memory = Memory::default();
        let bytes =
            (1..=20).map(|profile| bytes_kept(&read(&mut memory, ProfileKey(profile), 5_000)));
        assert_eq!(bytes.sum::<usize>(), memory.bytes);
    }
}
