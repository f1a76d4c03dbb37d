//! Messages, found by their names, and as pages show them.

use std::collections::HashMap;

use sqlx::{FromRow, SqliteConnection};

use crate::{
    SqliteStore,
    error::SqliteResult,
    profiles::number_of,
    rows::{json, to_json},
};
use wayfare_domain::{
    graph::Graph,
    ids::{EnrolmentKey, MessageKey, ProfileKey, ProjectId, VersionKey},
    messages::{
        event::MessageEventKind,
        message_status::MessageStatus,
        read_model::{MessageEventSummary, MessageSummary},
    },
    profiles::profile::Channel,
    time::Timestamp,
};
use wayfare_store::StoreError;

/// Messages on a page.
const SHOWN: i64 = 50;

pub async fn of_project(
    store: &SqliteStore,
    project: ProjectId,
    messages: &[MessageKey],
) -> SqliteResult<Vec<MessageKey>> {
    if messages.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(i64,)> = sqlx::query_as(
        "SELECT o.key FROM json_each(?1) chosen CROSS JOIN outbox o
            ON o.key = chosen.value WHERE o.project_key = ?2",
    )
    .bind(to_json(&messages)?)
    .bind(number_of(store, project).await?.0)
    .fetch_all(&store.readers)
    .await?;
    Ok(rows.into_iter().map(|(seq,)| MessageKey(seq)).collect())
}

pub async fn by_provider(
    store: &SqliteStore,
    project: ProjectId,
    names: &[String],
) -> SqliteResult<HashMap<String, MessageKey>> {
    if names.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT o.provider_id, o.key FROM json_each(?1) chosen CROSS JOIN outbox o
            INDEXED BY outbox_of_provider
             ON o.provider_id = chosen.value AND o.provider_id IS NOT NULL
             WHERE o.project_key = ?2",
    )
    .bind(to_json(&names)?)
    .bind(number_of(store, project).await?.0)
    .fetch_all(&store.readers)
    .await?;
    Ok(rows.into_iter().map(|(name, seq)| (name, MessageKey(seq))).collect())
}

#[derive(FromRow)]
struct Row {
    key: i64,
    #[sqlx(try_from = "i64")]
    enrolment_key: EnrolmentKey,
    #[sqlx(try_from = "i64")]
    version_key: VersionKey,
    journey_name: String,
    node: String,
    channel: String,
    status: i64,
    /// Its version has ended: what a stop cancelled may still be waiting to be swept.
    ended: bool,
    created_at: i64,
    finished_at: Option<i64>,
    reason: Option<String>,
    attempts: i64,
    possible_duplicates: i64,
}

/// The columns of a [`Row`], with what they come from; `o` is the message.
const MESSAGES: &str = "SELECT o.key, o.enrolment_key, o.version_key, j.name AS journey_name,
    o.node,
    o.channel, o.status, v.bulk_exit_reason IS NOT NULL AS ended, o.created_at, o.finished_at,
    o.reason, o.attempts, o.possible_duplicates
    FROM outbox o JOIN versions v ON v.key = o.version_key JOIN journeys j ON j.id = v.journey_id";

/// The messages of an enrolment, in the order in which they were written. The project was looked
/// at.
pub async fn of_enrolment(
    connection: &mut SqliteConnection,
    enrolment: EnrolmentKey,
) -> SqliteResult<Vec<MessageSummary>> {
    let sql = format!("{MESSAGES} WHERE o.enrolment_key = ? ORDER BY o.key");
    let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(enrolment.0)
        .fetch_all(&mut *connection)
        .await?;
    views(connection, rows).await
}

pub async fn to_person(
    store: &SqliteStore,
    project: ProjectId,
    person: ProfileKey,
) -> SqliteResult<Vec<MessageSummary>> {
    let sql = format!(
        "{MESSAGES} WHERE o.profile_key = ? AND o.project_key = ? ORDER BY o.key DESC
            LIMIT ?"
    );
    let number = number_of(store, project).await?;
    let mut snapshot = store.snapshot().await?;
    let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(person.0)
        .bind(number.0)
        .bind(SHOWN)
        .fetch_all(&mut *snapshot)
        .await?;
    views(&mut snapshot, rows).await
}

async fn views(
    connection: &mut SqliteConnection,
    rows: Vec<Row>,
) -> SqliteResult<Vec<MessageSummary>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let titles = titles(connection, rows.iter().map(|row| row.version_key)).await?;
    let mut answers = answers(connection, rows.iter().map(|row| row.key)).await?;
    rows.into_iter()
        .map(|row| {
            let state = MessageStatus::from_code(row.status);
            let state = state.ok_or_else(|| {
                StoreError::Corrupt(format!("a message in the unknown state {}", row.status))
            })?;
            let title = titles.get(&(row.version_key, row.node.clone())).cloned();
            Ok(MessageSummary {
                seq: row.key,
                enrolment: row.enrolment_key.0,
                journey_name: row.journey_name,
                title: title.unwrap_or(row.node),
                channel: Channel::from_key(&row.channel)
                    .map_or(row.channel, |channel| channel.title().to_string()),
                state: state.in_version(row.ended),
                created_at: Timestamp(row.created_at),
                settled_at: row.finished_at.map(Timestamp),
                reason: row.reason.unwrap_or_default(),
                attempts: row.attempts,
                possible_duplicates: row.possible_duplicates,
                answers: answers.remove(&row.key).unwrap_or_default(),
            })
        })
        .collect()
}

/// What the nodes of versions are called.
async fn titles(
    connection: &mut SqliteConnection,
    versions: impl Iterator<Item = VersionKey>,
) -> SqliteResult<HashMap<(VersionKey, String), String>> {
    let versions: std::collections::BTreeSet<VersionKey> = versions.collect();
    let rows: Vec<(i64, String)> = sqlx::query_as(
        "SELECT v.key, v.graph FROM json_each(?1) chosen CROSS JOIN versions v
            ON v.key = chosen.value",
    )
    .bind(to_json(&versions)?)
    .fetch_all(connection)
    .await?;
    let mut titles = HashMap::new();
    for (version, graph) in rows {
        let graph: Graph = json(&graph, "graph")?;
        titles.extend(
            graph.nodes.iter().map(|node| ((VersionKey(version), node.id.clone()), node.title())),
        );
    }
    Ok(titles)
}

async fn answers(
    connection: &mut SqliteConnection,
    messages: impl Iterator<Item = i64>,
) -> SqliteResult<HashMap<i64, Vec<MessageEventSummary>>> {
    let rows: Vec<(i64, i64, i64, Option<String>)> = sqlx::query_as(
        "SELECT m.message_key, m.kind, m.at, m.detail FROM json_each(?1) chosen
            CROSS JOIN message_events m ON m.message_key = chosen.value
         ORDER BY m.message_key, m.at, m.kind",
    )
    .bind(to_json(&messages.collect::<Vec<i64>>())?)
    .fetch_all(connection)
    .await?;
    let mut answers: HashMap<i64, Vec<MessageEventSummary>> = HashMap::new();
    for (message, what, at, detail) in rows {
        // That it was sent, failed or was withheld stands in its state.
        let Some(kind) = MessageEventKind::from_code(what).filter(|kind| !kind.is_send_result())
        else {
            continue;
        };
        let view =
            MessageEventSummary { kind, at: Timestamp(at), detail: detail.unwrap_or_default() };
        answers.entry(message).or_default().push(view);
    }
    Ok(answers)
}
