//! Events that people did, as they come in.

use std::collections::{HashMap, HashSet};

use sha2::{Digest, Sha256};
use sqlx::SqliteConnection;

use crate::{SqliteStore, bulk_statement::BulkStatement, error::SqliteResult, rows::to_json};
use wayfare_domain::{
    profiles::{
        ingest_record::{NewEvent, RecordPayload},
        profile::event_key,
        resolved_record::ResolvedRecord,
        sender::Trust,
    },
    time::Timestamp,
};
use wayfare_store::engine::ProjectKey;

/// In front of a browser's message ids. No project's number begins so: 2^63 and more are none.
const OF_BROWSERS: [u8; 8] = [0xff; 8];

pub async fn insert(
    store: &SqliteStore,
    connection: &mut SqliteConnection,
    records: &[ResolvedRecord<'_>],
    now: Timestamp,
) -> SqliteResult<()> {
    let events: Vec<(&ResolvedRecord<'_>, &NewEvent)> = records
        .iter()
        .filter_map(|record| {
            if let RecordPayload::Event(event) = &*record.what {
                Some((record, event))
            } else {
                None
            }
        })
        .collect();
    if events.is_empty() {
        return Ok(());
    }
    let names = name_numbers(store, connection, &events, now).await?;
    // A message id that was seen before is ignored.
    static INSERT: BulkStatement = BulkStatement::new(
        "INSERT INTO events (project_key, profile_key, name_id, at, received_at, message_hash,
         properties) VALUES",
        7,
        " ON CONFLICT (message_hash) WHERE message_hash IS NOT NULL DO NOTHING",
    );
    let rows: Vec<_> = events
        .iter()
        .filter_map(|(record, event)| {
            let name = names.get(&(record.project, event.name.as_str()))?;
            let message = event
                .message_id
                .as_ref()
                .map(|id| message_key(record.project, record.sender.trust, id));
            let properties = Some(&event.properties)
                .filter(|properties| !properties.is_empty())
                .map(to_json)
                .transpose();
            Some(properties.map(|properties| (record, *name, event.at, message, properties)))
        })
        .collect::<SqliteResult<_>>()?;
    INSERT
        .run(connection, rows, |query, (record, name, at, message, properties)| {
            let query =
                query.bind(record.project).bind(record.profile).bind(name).bind(at.0).bind(now.0);
            query.bind(message).bind(properties)
        })
        .await?;
    Ok(())
}

/// Under which number each name is kept; new names get one.
async fn name_numbers<'a>(
    store: &SqliteStore,
    connection: &mut SqliteConnection,
    events: &[(&ResolvedRecord<'_>, &'a NewEvent)],
    now: Timestamp,
) -> SqliteResult<HashMap<(ProjectKey, &'a str), i64>> {
    let names: HashSet<(ProjectKey, &str)> =
        events.iter().map(|(record, event)| (record.project, event.name.as_str())).collect();
    let mut numbers = HashMap::with_capacity(names.len());
    for (project, name) in names {
        let known = store.numbers().name(project, name);
        let number = match known {
            Some(number) => number,
            None => name_number(store, connection, project, name, now).await?,
        };
        numbers.insert((project, name), number);
    }
    Ok(numbers)
}

/// Asks for a name that was not seen since the start, or gives it a number.
async fn name_number(
    store: &SqliteStore,
    connection: &mut SqliteConnection,
    project: ProjectKey,
    name: &str,
    now: Timestamp,
) -> SqliteResult<i64> {
    let key = event_key(name);
    let known: Option<(i64,)> =
        sqlx::query_as("SELECT id FROM event_names WHERE project_key = ? AND name_key = ?")
            .bind(project)
            .bind(&key)
            .fetch_optional(&mut *connection)
            .await?;
    if let Some((number,)) = known {
        store.numbers().insert_name(project, name, number);
        return Ok(number);
    }
    let (number,) = sqlx::query_as(
        "INSERT INTO event_names (project_key, name_key, name, created_at)
            VALUES (?, ?, ?, ?) RETURNING id",
    )
    .bind(project)
    .bind(&key)
    .bind(name)
    .bind(now.0)
    .fetch_one(connection)
    .await?;
    Ok(number)
}

/// 128 bits of project and message id: small in the index, and no one finds two that are the same.
/// What browsers send counts apart: a key that anyone can read makes no event of the project's
/// own systems a repetition. (Theirs stay as they were before that, so that what is on the disk is
/// known.)
fn message_key(project: ProjectKey, trust: Trust, message: &str) -> Vec<u8> {
    let mut digest = Sha256::new();
    if trust == Trust::Browser {
        digest.update(OF_BROWSERS);
    }
    digest.update(project.to_le_bytes());
    digest.update(message.as_bytes());
    digest.finalize()[..16].to_vec()
}
