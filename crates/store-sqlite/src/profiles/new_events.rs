//! Events that people did, as they come in.

use std::collections::HashMap;

use sha2::{Digest, Sha256};
use sqlx::SqliteConnection;

use crate::{SqliteStore, bulk_statement::BulkStatement, error::SqliteResult, rows::to_json};
use wayfare_domain::{
    ids::ProjectKey,
    profiles::{
        ingest_record::{NewEvent, RecordPayload},
        profile::event_key,
        resolved_record::ResolvedRecord,
        sender::{BROWSER_EVENT_NAMES_MAX, Ignored, IgnoredReason, TrustLevel},
    },
    time::Timestamp,
};

/// In front of a browser's message ids. No project's number begins so: 2^63 and more are none.
const OF_BROWSERS: [u8; 8] = [0xff; 8];

pub async fn insert(
    store: &SqliteStore,
    connection: &mut SqliteConnection,
    records: &[ResolvedRecord<'_>],
    now: Timestamp,
) -> SqliteResult<Vec<(usize, Ignored)>> {
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
        return Ok(Vec::new());
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
            let query = query
                .bind(record.project.0)
                .bind(record.profile.0)
                .bind(name)
                .bind(at.0)
                .bind(now.0);
            query.bind(message).bind(properties)
        })
        .await?;
    let nameless = events
        .iter()
        .filter(|(record, event)| !names.contains_key(&(record.project, &*event.name)));
    Ok(nameless
        .map(|(record, _)| {
            let (fields, reason) = (vec!["name".to_string()], IgnoredReason::TooManyEventNames);
            (record.batch, Ignored { record: record.place, fields, reason })
        })
        .collect())
}

/// Under which number each name is kept; new names get one, but for those that only browsers bring
/// where there are many already.
async fn name_numbers<'a>(
    store: &SqliteStore,
    connection: &mut SqliteConnection,
    events: &[(&ResolvedRecord<'_>, &'a NewEvent)],
    now: Timestamp,
) -> SqliteResult<HashMap<(ProjectKey, &'a str), i64>> {
    let mut names: HashMap<(ProjectKey, &str), TrustLevel> = HashMap::new();
    for (record, event) in events {
        let trust =
            names.entry((record.project, event.name.as_str())).or_insert(TrustLevel::Browser);
        if record.sender.trust == TrustLevel::Full {
            *trust = TrustLevel::Full;
        }
    }
    let mut numbers = HashMap::with_capacity(names.len());
    for ((project, name), trust) in names {
        let known = store.row_keys().name(project, name);
        let number = match known {
            Some(number) => Some(number),
            None => name_number(store, connection, (project, name), trust, now).await?,
        };
        numbers.extend(number.map(|number| ((project, name), number)));
    }
    Ok(numbers)
}

/// Asks for a name that was not seen since the start, or gives it a number.
async fn name_number(
    store: &SqliteStore,
    connection: &mut SqliteConnection,
    (project, name): (ProjectKey, &str),
    trust: TrustLevel,
    now: Timestamp,
) -> SqliteResult<Option<i64>> {
    let key = event_key(name);
    let known: Option<(i64,)> =
        sqlx::query_as("SELECT id FROM event_names WHERE project_key = ? AND name_key = ?")
            .bind(project.0)
            .bind(&key)
            .fetch_optional(&mut *connection)
            .await?;
    if let Some((number,)) = known {
        store.row_keys().insert_name(project, name, number);
        return Ok(Some(number));
    }
    if trust == TrustLevel::Browser {
        let (count,): (i64,) =
            sqlx::query_as("SELECT count(*) FROM event_names WHERE project_key = ?")
                .bind(project.0)
                .fetch_one(&mut *connection)
                .await?;
        if count >= BROWSER_EVENT_NAMES_MAX {
            return Ok(None);
        }
    }
    let (number,) = sqlx::query_as(
        "INSERT INTO event_names (project_key, name_key, name, created_at)
            VALUES (?, ?, ?, ?) RETURNING id",
    )
    .bind(project.0)
    .bind(&key)
    .bind(name)
    .bind(now.0)
    .fetch_one(connection)
    .await?;
    Ok(Some(number))
}

/// 128 bits of project and message id: small in the index, and no one finds two that are the same.
/// What browsers send counts apart: a key that anyone can read makes no event of the project's
/// own systems a repetition. (Theirs stay as they were before that, so that what is on the disk is
/// known.)
fn message_key(project: ProjectKey, trust: TrustLevel, message: &str) -> Vec<u8> {
    let mut digest = Sha256::new();
    if trust == TrustLevel::Browser {
        digest.update(OF_BROWSERS);
    }
    digest.update(project.0.to_le_bytes());
    digest.update(message.as_bytes());
    digest.finalize()[..16].to_vec()
}
