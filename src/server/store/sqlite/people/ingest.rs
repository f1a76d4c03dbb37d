//! Records become profiles and events: one transaction for as many senders as are waiting, a fixed number of statements for as
//! many records as there are.

use std::collections::{BTreeMap, HashMap, HashSet};

use sha2::{Digest, Sha256};
use sqlx::SqliteConnection;

use super::{
    merge,
    resolve::{Resolved, resolve},
};
use crate::{
    domain::{
        ids::ProjectId,
        people::{
            Properties,
            profile::event_key,
            record::{NewEvent, ProfileChange, Record, What, merge as merge_properties},
        },
        time::Timestamp,
    },
    server::store::{
        StoreError, StoreResult,
        engine::{ProfileNumber, ProjectNumber},
        sqlite::{
            SqliteStore,
            engine::read::{PROFILE_COLUMNS, ProfileRow},
            rows::to_json,
        },
    },
};

/// A record with the person that it is about.
pub struct Addressed<'a> {
    pub project: ProjectNumber,
    pub profile: ProfileNumber,
    pub what: &'a What,
}

pub async fn ingest(store: &SqliteStore, batches: &[(ProjectId, Vec<Record>)], now: Timestamp) -> StoreResult<()> {
    let mut transaction = store.begin().await?;
    let connection = &mut *transaction;
    let numbers = project_numbers(connection, batches).await?;
    let numbered: Vec<(ProjectNumber, &[Record])> = batches
        .iter()
        .map(|(project, records)| {
            let number = numbers.get(project).copied().ok_or(StoreError::NotFound("project"))?;
            Ok((number, records.as_slice()))
        })
        .collect::<StoreResult<_>>()?;
    let resolved = resolve(connection, &numbered, now).await?;
    for (from, into) in &resolved.merges {
        merge::merge(connection, *from, *into, now).await?;
    }
    let addressed = address(&numbered, &resolved);
    change_profiles(connection, &addressed, &resolved.new, now).await?;
    insert_events(connection, &addressed, now).await?;
    join_lists(connection, &addressed, now).await?;
    transaction.commit().await?;
    Ok(())
}

async fn project_numbers(
    connection: &mut SqliteConnection,
    batches: &[(ProjectId, Vec<Record>)],
) -> StoreResult<HashMap<ProjectId, ProjectNumber>> {
    let ids: HashSet<ProjectId> = batches.iter().map(|(project, _)| *project).collect();
    let mut numbers = HashMap::new();
    for id in ids {
        let (number,): (i64,) = sqlx::query_as("SELECT number FROM projects WHERE id = ?")
            .bind(id.0)
            .fetch_optional(&mut *connection)
            .await?
            .ok_or(StoreError::NotFound("project"))?;
        numbers.insert(id, number);
    }
    Ok(numbers)
}

fn address<'a>(batches: &[(ProjectNumber, &'a [Record])], resolved: &Resolved) -> Vec<Addressed<'a>> {
    let records = batches.iter().flat_map(|(project, records)| records.iter().map(|record| (*project, record)));
    records
        .zip(&resolved.profiles)
        .map(|((project, record), profile)| {
            // Somebody that a later record of the batch merged is the one she was merged into.
            let mut profile = *profile;
            while let Some((_, into)) = resolved.merges.iter().find(|(from, _)| *from == profile) {
                profile = *into;
            }
            Addressed { project, profile, what: &record.what }
        })
        .collect()
}

#[derive(Default)]
struct Changed {
    project: ProjectNumber,
    properties: Properties,
    addresses: BTreeMap<String, String>,
    consent: BTreeMap<String, bool>,
    time_zone: Option<String>,
}

impl Changed {
    fn apply(&mut self, change: &ProfileChange) {
        merge_properties(&mut self.properties, &change.properties);
        for (key, address) in &change.addresses {
            match address {
                Some(address) => self.addresses.insert(key.clone(), address.clone()),
                None => self.addresses.remove(key),
            };
        }
        self.consent.extend(change.consent.iter().map(|(channel, wanted)| (channel.clone(), *wanted)));
        if let Some(zone) = &change.time_zone {
            self.time_zone = Some(zone.clone());
        }
    }
}

/// Reads those that change, changes them here, and writes them back.
async fn change_profiles(
    connection: &mut SqliteConnection,
    records: &[Addressed<'_>],
    new: &HashSet<ProfileNumber>,
    now: Timestamp,
) -> StoreResult<()> {
    let changes =
        || records.iter().filter_map(|record| if let What::Change(change) = record.what { Some((record, change)) } else { None });
    let mut changed: HashMap<ProfileNumber, Changed> = HashMap::new();
    for (record, _) in changes() {
        changed.entry(record.profile).or_default().project = record.project;
    }
    if changed.is_empty() {
        return Ok(());
    }
    let known: Vec<&ProfileNumber> = changed.keys().filter(|profile| !new.contains(*profile)).collect();
    if !known.is_empty() {
        let rows: Vec<ProfileRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
            "SELECT {PROFILE_COLUMNS} FROM json_each(?1) chosen CROSS JOIN profiles p ON p.seq = chosen.value"
        )))
        .bind(to_json(&known)?)
        .fetch_all(&mut *connection)
        .await?;
        for row in rows {
            let profile = row.into_profile()?;
            if let Some(person) = changed.get_mut(&profile.seq) {
                let project = person.project;
                *person = Changed {
                    project,
                    properties: profile.properties,
                    addresses: profile.addresses,
                    consent: profile.consent,
                    time_zone: profile.time_zone,
                };
            }
        }
    }
    for (record, change) in changes() {
        changed.entry(record.profile).or_default().apply(change);
    }
    write_profiles(connection, &changed, now).await
}

async fn write_profiles(
    connection: &mut SqliteConnection,
    changed: &HashMap<ProfileNumber, Changed>,
    now: Timestamp,
) -> StoreResult<()> {
    let rows: Vec<_> = changed
        .iter()
        .map(|(profile, person)| {
            (profile, &person.properties, &person.addresses, &person.consent, &person.time_zone, person.project)
        })
        .collect();
    let rows = to_json(&rows)?;
    sqlx::query(
        "UPDATE profiles SET properties = c.value ->> 1, addresses = c.value ->> 2, consent = c.value ->> 3,
                time_zone = c.value ->> 4, updated_at = ?2
         FROM json_each(?1) c WHERE profiles.seq = c.value ->> 0",
    )
    .bind(&rows)
    .bind(now.0)
    .execute(&mut *connection)
    .await?;
    // Only where a journey lets people in by what they are.
    sqlx::query(
        "INSERT INTO profile_changes (project, profile)
         SELECT value ->> 5, value ->> 0 FROM json_each(?1)
         WHERE EXISTS (SELECT 1 FROM versions WHERE status = 2 AND entry_type = 1)",
    )
    .bind(&rows)
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_events(connection: &mut SqliteConnection, records: &[Addressed<'_>], now: Timestamp) -> StoreResult<()> {
    let events: Vec<(&Addressed<'_>, &NewEvent)> = records
        .iter()
        .filter_map(|record| if let What::Event(event) = record.what { Some((record, event)) } else { None })
        .collect();
    if events.is_empty() {
        return Ok(());
    }
    let names = name_numbers(connection, &events, now).await?;
    let rows: Vec<_> = events
        .iter()
        .filter_map(|(record, event)| {
            let name = names.get(&(record.project, event_key(&event.name)))?;
            let properties = (!event.properties.is_empty()).then_some(&event.properties);
            let message = event.message_id.as_ref().map(|id| message_key(record.project, id));
            Some((record.project, record.profile, name, event.at.0, message, properties))
        })
        .collect();
    // A message id that was seen before is ignored.
    sqlx::query(
        "INSERT INTO events (project, profile, name, at, received_at, message, properties)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, ?2, unhex(value ->> 4), value ->> 5 FROM json_each(?1)
         WHERE true ON CONFLICT (message) WHERE message IS NOT NULL DO NOTHING",
    )
    .bind(to_json(&rows)?)
    .bind(now.0)
    .execute(connection)
    .await?;
    Ok(())
}

/// Under which number each name is kept; new names get one.
async fn name_numbers(
    connection: &mut SqliteConnection,
    events: &[(&Addressed<'_>, &NewEvent)],
    now: Timestamp,
) -> StoreResult<HashMap<(ProjectNumber, String), i64>> {
    let names: BTreeMap<(ProjectNumber, String), &str> =
        events.iter().map(|(record, event)| ((record.project, event_key(&event.name)), event.name.as_str())).collect();
    let rows: Vec<(ProjectNumber, &String, &str)> = names.iter().map(|((project, key), name)| (*project, key, *name)).collect();
    let rows = to_json(&rows)?;
    let select = "SELECT n.id, n.project, n.name_key FROM json_each(?1) c CROSS JOIN event_names n
                  ON n.project = c.value ->> 0 AND n.name_key = c.value ->> 1";
    let mut known: Vec<(i64, i64, String)> = sqlx::query_as(select).bind(&rows).fetch_all(&mut *connection).await?;
    if known.len() < names.len() {
        sqlx::query(
            "INSERT INTO event_names (project, name_key, name, created_at)
             SELECT value ->> 0, value ->> 1, value ->> 2, ?2 FROM json_each(?1) WHERE true ON CONFLICT DO NOTHING",
        )
        .bind(&rows)
        .bind(now.0)
        .execute(&mut *connection)
        .await?;
        known = sqlx::query_as(select).bind(&rows).fetch_all(connection).await?;
    }
    Ok(known.into_iter().map(|(id, project, key)| ((project, key), id)).collect())
}

/// 128 bits of project and message id: small in the index, and nobody finds two that are the same.
fn message_key(project: ProjectNumber, message: &str) -> String {
    let digest = Sha256::new().chain_update(project.to_le_bytes()).chain_update(message.as_bytes()).finalize();
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

async fn join_lists(connection: &mut SqliteConnection, records: &[Addressed<'_>], now: Timestamp) -> StoreResult<()> {
    let rows: Vec<(ProjectNumber, ProfileNumber, &String)> = records
        .iter()
        .filter_map(|record| if let What::List(list) = record.what { Some((record.project, record.profile, list)) } else { None })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let rows = to_json(&rows)?;
    for statement in [
        "INSERT INTO lists (project, name, created_at) SELECT DISTINCT value ->> 0, value ->> 2, ?2 FROM json_each(?1)
         WHERE true ON CONFLICT DO NOTHING",
        "INSERT INTO list_members (list, profile)
         SELECT l.id, c.value ->> 1 FROM json_each(?1) c CROSS JOIN lists l ON l.project = c.value ->> 0 AND l.name = c.value ->> 2
         WHERE ?2 IS NOT NULL ON CONFLICT DO NOTHING",
    ] {
        sqlx::query(statement).bind(&rows).bind(now.0).execute(&mut *connection).await?;
    }
    Ok(())
}
