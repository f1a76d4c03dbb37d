//! What is known about why a person is not in a journey; `crates/domain/src/engine/explain.rs` says
//! what it means.

use std::collections::HashSet;

use futures::TryStreamExt;
use sqlx::FromRow;
use uuid::Uuid;

use super::{number_of, segments};
use crate::{
    SqliteStore,
    engine::past_events::asked_properties,
    error::SqliteResult,
    rows::{json, status},
};
use wayfare_domain::{
    engine::{
        compiled::{entry_criteria, past_event_properties_of},
        entry::EntryRejection,
        explain::{EXPLAINED_EVENTS_MAX, EntryEvent, EntryFacts, RecordedRejection},
    },
    graph::criteria::{Criteria, PropertyFilter},
    ids::{JourneyId, JourneyKey, ProfileKey, ProjectId, ProjectKey, VersionKey},
    journeys::{
        settings::{EntryTrigger, Settings},
        visibility::Visibility,
    },
    profiles::{Profile, profile::event_key},
    time::Timestamp,
};
use wayfare_store::{
    StoreError,
    engine::{EngineSource, ProfileNeeds},
};

#[derive(FromRow)]
struct ShownVersionRow {
    name: String,
    journey_key: i64,
    version_key: i64,
    status: i64,
    is_archived: bool,
    settings: String,
    entry_cursor: i64,
    entered: i64,
}

pub async fn load_entry_facts(
    store: &SqliteStore,
    project: ProjectId,
    person: ProfileKey,
    journey: JourneyId,
) -> SqliteResult<EntryFacts> {
    let number = number_of(store, project).await?;
    let row: Option<ShownVersionRow> = sqlx::query_as(
        "SELECT j.name, j.key AS journey_key, v.key AS version_key, v.status,
         j.visibility = ?3 AS is_archived, v.settings, v.entry_cursor, v.entered
         FROM journeys j JOIN versions v ON v.id = j.current_version_id WHERE j.project_id = ?1
         AND j.id = ?2 AND j.visibility < ?4",
    )
    .bind(project.0)
    .bind(journey.0)
    .bind(Visibility::Archived.code())
    .bind(Visibility::Deleted.code())
    .fetch_optional(&store.readers)
    .await?;
    let row = row.ok_or(StoreError::NotFound("journey"))?;
    let known: Option<(i64,)> =
        sqlx::query_as("SELECT key FROM profiles WHERE key = ? AND project_key = ?")
            .bind(person.0)
            .bind(number.0)
            .fetch_optional(&store.readers)
            .await?;
    known.ok_or(StoreError::NotFound("profile"))?;
    let settings: Settings = json(&row.settings, "settings")?;
    let entry_criteria =
        entry_criteria(&settings.entry, &segments::by_name(&store.readers, project).await?);
    let profile = match &entry_criteria {
        Some(criteria) => load_profile(store, person, criteria).await?,
        None => None,
    };
    let events = match &settings.entry {
        EntryTrigger::Event { name, filters } => {
            load_events(store, number, person, name, filters).await?
        }
        _ => Vec::new(),
    };
    let pair = (JourneyKey(row.journey_key), person);
    Ok(EntryFacts {
        journey,
        journey_name: row.name,
        is_archived: row.is_archived,
        status: status(row.status)?,
        settings,
        entry_criteria,
        entry_mark: row.entry_cursor,
        entered: row.entered,
        person,
        profile,
        history: store.load_enrolment_histories(&[pair]).await?.remove(&pair).unwrap_or_default(),
        events,
        last_rejection: load_last_rejection(store, VersionKey(row.version_key), person).await?,
    })
}

async fn load_profile(
    store: &SqliteStore,
    person: ProfileKey,
    criteria: &Criteria,
) -> SqliteResult<Option<Profile>> {
    let events = past_event_properties_of(criteria);
    let needs = ProfileNeeds { events, lists: true, profile: true };
    Ok(store.load_profiles(&[person], &needs).await?.remove(&person))
}

/// Events of this name, the newest first. One by one: of a large one only what the filters ask for
/// stays.
async fn load_events(
    store: &SqliteStore,
    project: ProjectKey,
    person: ProfileKey,
    name: &str,
    filters: &[PropertyFilter],
) -> SqliteResult<Vec<EntryEvent>> {
    let asked: HashSet<String> = filters.iter().map(|filter| filter.property.clone()).collect();
    let mut reader = store.costly_reader().await?;
    // Chosen by the index alone: properties are read of those that are looked at.
    let mut rows = sqlx::query_as(
        "SELECT e.seq, e.at, e.properties FROM events e
         WHERE e.seq IN (SELECT e.seq FROM event_names n JOIN events e ON e.name_id = n.id
                         WHERE e.profile_key = ?1 AND n.project_key = ?2 AND n.name_key = ?3
                         ORDER BY e.seq DESC LIMIT ?4)
         ORDER BY e.seq DESC",
    )
    .bind(person.0)
    .bind(project.0)
    .bind(event_key(name))
    .bind(EXPLAINED_EVENTS_MAX)
    .fetch(&mut *reader);
    let mut events = Vec::new();
    while let Some(row) = rows.try_next().await? {
        let (seq, at, text): (i64, i64, Option<String>) = row;
        let properties = asked_properties(text.as_deref(), &asked)?;
        events.push(EntryEvent { seq, at: Timestamp(at), properties });
    }
    drop(rows);
    reader.release().await?;
    Ok(events)
}

async fn load_last_rejection(
    store: &SqliteStore,
    version: VersionKey,
    person: ProfileKey,
) -> SqliteResult<Option<RecordedRejection>> {
    let row: Option<(i64, i64, i64)> = sqlx::query_as(
        "SELECT rejection, at, times FROM entry_rejections WHERE version_key = ?1
            AND profile_key = ?2",
    )
    .bind(version.0)
    .bind(person.0)
    .fetch_optional(&store.readers)
    .await?;
    Ok(row.and_then(|(gate, at, times)| {
        let rejection = EntryRejection::from_code(gate)?;
        Some(RecordedRejection { rejection, at: Timestamp(at), times })
    }))
}

/// Journeys that can be asked about, by name; a choice of more than these is no help.
pub async fn published_journeys(
    store: &SqliteStore,
    project: ProjectId,
) -> SqliteResult<Vec<(JourneyId, String)>> {
    let rows: Vec<(Uuid, String)> = sqlx::query_as(
        "SELECT id, name FROM journeys WHERE project_id = ? AND visibility = ? AND ever_published
         ORDER BY name_key LIMIT 500",
    )
    .bind(project.0)
    .bind(Visibility::Listed.code())
    .fetch_all(&store.readers)
    .await?;
    Ok(rows.into_iter().map(|(id, name)| (JourneyId(id), name)).collect())
}
