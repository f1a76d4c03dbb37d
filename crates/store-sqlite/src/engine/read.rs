//! What the engine looks at next: events, profiles that changed, and how far runs have come.

use std::collections::{BTreeSet, HashMap, HashSet};

use futures::TryStreamExt;
use sqlx::FromRow;

use crate::{
    SqliteStore,
    error::SqliteResult,
    rows::{json, to_json},
};
use wayfare_domain::{
    ids::{ProfileKey, ProjectKey, VersionKey},
    profiles::Properties,
    time::Timestamp,
};
use wayfare_store::engine::{EntryRunProgress, StoredEvent};

#[derive(FromRow)]
struct EventRow {
    seq: i64,
    project_key: i64,
    profile_key: i64,
    name_id: i64,
    at: i64,
    received_at: i64,
    properties: Option<String>,
}

/// After so many bytes of properties a round takes no further events: reading them takes a
/// multiple.
const ROUND_BYTES: usize = 8 * 1024 * 1024;

/// Events in the order in which they came: at most `limit`, and fewer where they are large, but at
/// least one where there is any.
pub async fn events_after(
    store: &SqliteStore,
    cursor: i64,
    limit: i64,
) -> SqliteResult<Vec<StoredEvent>> {
    let mut rows = sqlx::query_as(
        "SELECT seq, project_key, profile_key, name_id, at, received_at, properties FROM events
         WHERE seq > ?
         ORDER BY seq LIMIT ?",
    )
    .bind(cursor)
    .bind(limit)
    .fetch(&store.readers);
    let event = |row: EventRow| StoredEvent {
        seq: row.seq,
        project: ProjectKey(row.project_key),
        profile: ProfileKey(row.profile_key),
        name: row.name_id,
        at: Timestamp(row.at),
        received_at: Timestamp(row.received_at),
        properties: row.properties,
    };
    let (mut events, mut bytes) = (Vec::new(), 0);
    while bytes < ROUND_BYTES
        && let Some(row) = rows.try_next().await?
    {
        let row: EventRow = row;
        bytes += row.properties.as_ref().map_or(0, String::len);
        events.push(event(row));
    }
    Ok(events)
}

/// Properties as they are stored: null where there are none.
pub fn parse_properties(text: Option<&str>) -> SqliteResult<Properties> {
    text.map_or_else(|| Ok(Properties::new()), |text| json(text, "properties"))
}

/// Numbers as `json_each` reads them best: a plain list. Pairs would have to be taken apart again
/// for each row; asking for everybody in everything finds a few rows more than were asked for,
/// which does no harm.
pub fn distinct(numbers: impl Iterator<Item = impl Into<i64>>) -> SqliteResult<String> {
    to_json(&numbers.map(Into::into).collect::<BTreeSet<i64>>())
}

pub async fn previous_matches(
    store: &SqliteStore,
    pairs: &[(VersionKey, ProfileKey)],
) -> SqliteResult<HashSet<(VersionKey, ProfileKey)>> {
    if pairs.is_empty() {
        return Ok(HashSet::new());
    }
    let rows: Vec<(i64, i64)> = sqlx::query_as(
        "SELECT m.version_key, m.profile_key FROM json_each(?1) chosen CROSS JOIN criteria_matches m
            INDEXED BY criteria_matches_of_profile
             ON m.profile_key = chosen.value AND m.version_key IN (SELECT value
             FROM json_each(?2))",
    )
    .bind(distinct(pairs.iter().map(|(_, profile)| *profile))?)
    .bind(distinct(pairs.iter().map(|(version, _)| *version))?)
    .fetch_all(&store.readers)
    .await?;
    Ok(rows.into_iter().map(|(version, profile)| (version.into(), profile.into())).collect())
}

pub async fn profile_changes(
    store: &SqliteStore,
    limit: i64,
) -> SqliteResult<Vec<(i64, ProjectKey, ProfileKey)>> {
    let rows: Vec<(i64, i64, i64)> = sqlx::query_as(
        "SELECT seq, project_key, profile_key FROM profile_changes ORDER BY seq
         LIMIT ?",
    )
    .bind(limit)
    .fetch_all(&store.readers)
    .await?;
    let change = |(seq, project, profile)| (seq, ProjectKey(project), ProfileKey(profile));
    Ok(rows.into_iter().map(change).collect())
}

pub async fn entry_runs(
    store: &SqliteStore,
    versions: &[VersionKey],
) -> SqliteResult<HashMap<VersionKey, EntryRunProgress>> {
    if versions.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(i64, i64, Option<i64>)> = sqlx::query_as(
        "SELECT r.version_key, r.run_at, r.last_profile_key FROM json_each(?1) chosen
         CROSS JOIN entry_runs r ON r.version_key = chosen.value",
    )
    .bind(to_json(&versions)?)
    .fetch_all(&store.readers)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(version, at, last)| (VersionKey(version), (Timestamp(at), last.map(ProfileKey))))
        .collect())
}
