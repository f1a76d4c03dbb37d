//! Names that a project knows. Those of properties are taken from the newest people and events: a
//! form offers what is in use, and looking at everything would take seconds.

use std::collections::BTreeMap;

use crate::{SqliteStore, error::SqliteResult, profiles::number_of};
use wayfare_domain::{ids::ProjectId, versions::ProjectCatalog};
use wayfare_store::{
    journeys::JourneyQueries,
    profiles::{ProfileQueries, SegmentStore},
};

/// Newest people and events whose properties are looked at.
const PEOPLE: i64 = 500;
const EVENTS: i64 = 2_000;
/// And among how many events of all projects they are looked for.
const AMONG: i64 = 50_000;
/// Most names of one kind.
const NAMES: i64 = 1_000;

pub async fn read(store: &SqliteStore, project: ProjectId) -> SqliteResult<ProjectCatalog> {
    let number = number_of(store, project).await?;
    let properties = texts(
        store,
        "SELECT DISTINCT k.key FROM (SELECT properties FROM profiles WHERE project_key = ?1
            ORDER BY key DESC LIMIT ?3) p, json_each(p.properties) k ORDER BY k.key LIMIT ?2",
        number.0,
        PEOPLE,
    )
    .await?;
    let lists = texts(
        store,
        "SELECT name FROM lists WHERE project_key = ?1 AND ?3 > 0 ORDER BY name LIMIT ?2",
        number.0,
        1,
    )
    .await?;
    let segments =
        store.list_segments(project).await?.into_iter().map(|segment| segment.name).collect();
    let journeys = store
        .list_published_journeys(project)
        .await?
        .into_iter()
        .flat_map(|(id, name)| [name, id.to_string()]);
    let live: Vec<(String,)> = sqlx::query_as(
        "SELECT channel FROM channels WHERE project_id = ? AND live = 1 ORDER BY channel",
    )
    .bind(project.0)
    .fetch_all(&store.readers)
    .await?;
    Ok(ProjectCatalog {
        events: store.list_known_events(project).await?,
        properties,
        event_properties: event_properties(store, number.0).await?,
        segments,
        lists,
        journeys: journeys.collect(),
        live_channels: live.into_iter().map(|(channel,)| channel).collect(),
    })
}

async fn texts(
    store: &SqliteStore,
    sql: &'static str,
    project: i64,
    among: i64,
) -> SqliteResult<Vec<String>> {
    let rows: Vec<(String,)> =
        sqlx::query_as(sql).bind(project).bind(NAMES).bind(among).fetch_all(&store.readers).await?;
    Ok(rows.into_iter().map(|(text,)| text).collect())
}

async fn event_properties(
    store: &SqliteStore,
    project: i64,
) -> SqliteResult<Vec<(String, Vec<String>)>> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "SELECT DISTINCT n.name, k.key
         FROM (SELECT name_id, properties FROM events
               WHERE seq > (SELECT max(seq) FROM events) - ?4 AND project_key = ?1
               AND properties IS NOT NULL
               ORDER BY seq DESC LIMIT ?3) e
         JOIN event_names n ON n.id = e.name_id, json_each(e.properties) k
         WHERE n.name NOT GLOB '$*' ORDER BY n.name, k.key LIMIT ?2",
    )
    .bind(project)
    .bind(NAMES)
    .bind(EVENTS)
    .bind(AMONG)
    .fetch_all(&store.readers)
    .await?;
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (event, property) in rows {
        found.entry(event).or_default().push(property);
    }
    Ok(found.into_iter().collect())
}
