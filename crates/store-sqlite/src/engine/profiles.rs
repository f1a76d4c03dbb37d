//! The people that the engine decides about, read in sets.

use std::collections::{BTreeMap, HashMap};

use sqlx::FromRow;

use super::past_events;
use crate::{
    SqliteStore,
    error::SqliteResult,
    rows::{json, to_json},
};
use wayfare_domain::{ids::ProfileKey, profiles::Profile};
use wayfare_store::engine::ProfileNeeds;

/// The columns of a [`ProfileRow`].
pub const PROFILE_COLUMNS: &str =
    "p.key, p.identity, p.properties, p.addresses, p.consent, p.time_zone";

#[derive(FromRow)]
pub struct ProfileRow {
    pub key: i64,
    pub identity: Option<String>,
    pub properties: String,
    pub addresses: String,
    pub consent: String,
    pub time_zone: Option<String>,
}

impl ProfileRow {
    pub fn into_profile(self) -> SqliteResult<Profile> {
        let short =
            |text: &str, what| if text == "{}" { Ok(BTreeMap::new()) } else { json(text, what) };
        Ok(Profile {
            seq: ProfileKey(self.key),
            identity: self.identity,
            properties: json(&self.properties, "properties")?,
            addresses: short(&self.addresses, "addresses")?,
            consent: if self.consent == "{}" {
                BTreeMap::new()
            } else {
                json(&self.consent, "consent")?
            },
            time_zone: self.time_zone,
            ..Profile::default()
        })
    }
}

pub async fn load(
    store: &SqliteStore,
    profiles: &[ProfileKey],
    needs: &ProfileNeeds,
) -> SqliteResult<HashMap<ProfileKey, Profile>> {
    if profiles.is_empty() {
        return Ok(HashMap::new());
    }
    let chosen = to_json(&profiles)?;
    let mut people = if needs.profile {
        whole_people(store, &chosen).await?
    } else {
        bare_people(store, &chosen).await?
    };
    if !needs.events.is_empty() {
        past_events::load(store, &chosen, needs, &mut people).await?;
    }
    if needs.lists {
        load_lists(store, &chosen, &mut people).await?;
    }
    Ok(people)
}

async fn whole_people(
    store: &SqliteStore,
    chosen: &str,
) -> SqliteResult<HashMap<ProfileKey, Profile>> {
    let rows: Vec<ProfileRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {PROFILE_COLUMNS} FROM json_each(?1) chosen CROSS JOIN profiles p
         ON p.key = chosen.value"
    )))
    .bind(chosen)
    .fetch_all(&store.readers)
    .await?;
    // Someone who cannot be read stays where they are; everybody else goes on.
    let readable = |row: ProfileRow| {
        let seq = row.key;
        let profile = row.into_profile();
        profile
            .inspect_err(|error| tracing::error!(profile = seq, %error, "engine.unreadable_person"))
            .ok()
    };
    Ok(rows.into_iter().filter_map(readable).map(|profile| (profile.seq, profile)).collect())
}

/// Those who exist, where nothing else is asked of them.
async fn bare_people(
    store: &SqliteStore,
    chosen: &str,
) -> SqliteResult<HashMap<ProfileKey, Profile>> {
    let rows: Vec<(i64,)> = sqlx::query_as(
        "SELECT p.key FROM json_each(?1) chosen CROSS JOIN profiles p ON p.key = chosen.value",
    )
    .bind(chosen)
    .fetch_all(&store.readers)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(seq,)| ProfileKey(seq))
        .map(|seq| (seq, Profile { seq, ..Profile::default() }))
        .collect())
}

async fn load_lists(
    store: &SqliteStore,
    chosen: &str,
    people: &mut HashMap<ProfileKey, Profile>,
) -> SqliteResult<()> {
    let rows: Vec<(i64, String)> = sqlx::query_as(
        "SELECT m.profile_key, l.name FROM json_each(?1) chosen CROSS JOIN list_members m
            ON m.profile_key = chosen.value
         CROSS JOIN lists l ON l.id = m.list_id",
    )
    .bind(chosen)
    .fetch_all(&store.readers)
    .await?;
    for (profile, list) in rows {
        if let Some(person) = people.get_mut(&ProfileKey(profile)) {
            person.lists.insert(list);
        }
    }
    Ok(())
}
