//! Which properties people and events have: what templates can name. Looked up in the newest ones
//! only, so that it takes the same time with a thousand people as with a million.

use std::collections::BTreeSet;

use super::number_of;
use crate::{SqliteStore, error::SqliteResult};
use wayfare_domain::{
    ids::ProjectId, messages::known_properties::KnownProperties, profiles::profile::event_key,
};

/// People, and events, that are looked at.
const LOOKED_AT: i64 = 1_000;
/// Events of all kinds among which those of one kind are looked for.
const SEARCHED: i64 = 50_000;
/// Most names of each.
const NAMES: i64 = 2_000;

pub async fn known(
    store: &SqliteStore,
    project: ProjectId,
    event: Option<&str>,
) -> SqliteResult<KnownProperties> {
    let number = number_of(store, project).await?;
    let profile: Vec<(String,)> = sqlx::query_as(
        "SELECT DISTINCT property.key FROM
            (SELECT properties FROM profiles WHERE project_key = ?1 ORDER BY key DESC
            LIMIT ?2) newest, json_each(newest.properties) property
         LIMIT ?3",
    )
    .bind(number.0)
    .bind(LOOKED_AT)
    .bind(NAMES)
    .fetch_all(&store.readers)
    .await?;
    let event = match event {
        Some(event) => of_event(store, number.0, event).await?,
        None => BTreeSet::new(),
    };
    Ok(KnownProperties { profile: profile.into_iter().map(|(name,)| name).collect(), event })
}

async fn of_event(
    store: &SqliteStore,
    project: i64,
    event: &str,
) -> SqliteResult<BTreeSet<String>> {
    let names: Vec<(String,)> = sqlx::query_as(
        "SELECT DISTINCT property.key FROM
            (SELECT e.properties FROM events e JOIN event_names n ON n.id = e.name_id
             WHERE e.seq > (SELECT coalesce(max(seq), 0) FROM events) - ?3 AND n.project_key = ?1
             AND n.name_key = ?2
                AND e.project_key = ?1 AND e.properties IS NOT NULL
             ORDER BY e.seq DESC LIMIT ?4) newest, json_each(newest.properties) property
         LIMIT ?5",
    )
    .bind(project)
    .bind(event_key(event))
    .bind(SEARCHED)
    .bind(LOOKED_AT)
    .bind(NAMES)
    .fetch_all(&store.readers)
    .await?;
    Ok(names.into_iter().map(|(name,)| name).collect())
}
