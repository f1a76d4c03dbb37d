//! [`SimulationSource`] for SQLite: what a simulation and a replay read, a person, and what
//! happened in the last days.

use std::collections::HashMap;

use async_trait::async_trait;
use sqlx::FromRow;

use crate::{
    SqliteStore, criteria_sql,
    engine::read::parse_properties,
    error::SqliteResult,
    profiles::{number_of, segments},
    rows::to_json,
};
use wayfare_domain::{
    graph::criteria::Criteria,
    ids::{ProfileKey, ProjectId},
    profiles::{PastEvent, Profile},
    time::Timestamp,
};
use wayfare_store::{
    StoreResult,
    engine::{EngineSource, ProfileNeeds},
    profiles::ProfileStore,
    simulation::{EventPage, SimulationSource},
};

#[async_trait]
impl SimulationSource for SqliteStore {
    async fn load_segment_criteria(
        &self,
        project: ProjectId,
    ) -> StoreResult<HashMap<String, Criteria>> {
        let segments = segments::all(self, project).await?;
        Ok(segments.into_iter().map(|segment| (segment.name, segment.criteria)).collect())
    }

    async fn find_profile_for_simulation(
        &self,
        project: ProjectId,
        identity: &str,
        needs: &ProfileNeeds,
    ) -> StoreResult<Option<Profile>> {
        Ok(person(self, project, identity, needs).await?)
    }

    async fn get_event_cursor_at(&self, since: Timestamp) -> StoreResult<i64> {
        Ok(place(self, since).await?)
    }

    async fn load_past_events(
        &self,
        project: ProjectId,
        keys: &[String],
        from: i64,
        limit: i64,
    ) -> StoreResult<EventPage> {
        Ok(events(self, project, keys, from, limit).await?)
    }

    async fn load_matching_profiles(
        &self,
        project: ProjectId,
        criteria: &Criteria,
        after: ProfileKey,
        limit: i64,
        now: Timestamp,
    ) -> StoreResult<Vec<ProfileKey>> {
        let number = number_of(self, project).await?;
        Ok(criteria_sql::matching(self, number, criteria, after, limit, now).await?)
    }
}

/// Most events of all projects that one statement walks over.
const WALK: i64 = 100_000;

async fn person(
    store: &SqliteStore,
    project: ProjectId,
    identity: &str,
    needs: &ProfileNeeds,
) -> SqliteResult<Option<Profile>> {
    let Some(number) = store.find_profile_key(project, identity).await? else { return Ok(None) };
    let needs = ProfileNeeds { profile: true, ..needs.clone() };
    Ok(store.load_profiles(&[number], &needs).await?.remove(&number))
}

/// Events are numbered as they were received: the place is found by halving.
async fn place(store: &SqliteStore, since: Timestamp) -> SqliteResult<i64> {
    let (first, last): (Option<i64>, Option<i64>) =
        sqlx::query_as("SELECT (SELECT min(seq) FROM events), (SELECT max(seq) FROM events)")
            .fetch_one(&store.readers)
            .await?;
    let (Some(mut low), Some(last)) = (first, last) else { return Ok(0) };
    let mut high = last + 1;
    while low < high {
        let middle = low + (high - low) / 2;
        let found: Option<(i64, i64)> = sqlx::query_as(
            "SELECT seq, received_at FROM events WHERE seq >= ? ORDER BY seq LIMIT 1",
        )
        .bind(middle)
        .fetch_optional(&store.readers)
        .await?;
        match found {
            Some((seq, received)) if received < since.0 => low = seq + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}

#[derive(FromRow)]
struct Row {
    seq: i64,
    profile_key: i64,
    name_key: String,
    at: i64,
    received_at: i64,
    properties: Option<String>,
}

async fn events(
    store: &SqliteStore,
    project: ProjectId,
    keys: &[String],
    from: i64,
    limit: i64,
) -> SqliteResult<EventPage> {
    let number = number_of(store, project).await?;
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT e.seq, e.profile_key, n.name_key, e.at, e.received_at, e.properties FROM events e
            JOIN event_names n ON n.id = e.name_id
         WHERE e.seq >= ?1 AND e.seq < ?1 + ?2 AND e.project_key = ?3
           AND e.name_id IN (SELECT id FROM event_names WHERE project_key = ?3
           AND name_key IN (SELECT value FROM json_each(?4)))
         ORDER BY e.seq LIMIT ?5",
    )
    .bind(from)
    .bind(WALK)
    .bind(number.0)
    .bind(to_json(&keys)?)
    .bind(limit)
    .fetch_all(&store.readers)
    .await?;
    let (last,): (Option<i64>,) =
        sqlx::query_as("SELECT max(seq) FROM events").fetch_one(&store.readers).await?;
    let full = rows.len() as i64 == limit;
    let reached = rows.last().filter(|_| full).map_or(from + WALK, |row| row.seq + 1);
    let next = last.filter(|last| reached <= *last).map(|_| reached);
    let event = |row: Row| {
        let properties = parse_properties(row.properties.as_deref())?;
        Ok((
            ProfileKey(row.profile_key),
            PastEvent { key: row.name_key, at: Timestamp(row.at), properties },
            Timestamp(row.received_at),
        ))
    };
    Ok(EventPage { events: rows.into_iter().map(event).collect::<SqliteResult<_>>()?, next })
}
