//! Messages that move people: those that the log takes, and what became of those that went out.

use sqlx::FromRow;

use super::enrolments::{LIVE_COLUMNS, LiveRow};
use crate::{
    SqliteStore,
    codes::{INSIDE, QUEUED, TEST_MODE},
    error::SqliteResult,
};
use wayfare_domain::{ids::MessageKey, messages::event::MessageEventKind};
use wayfare_store::engine::{PendingMessageEvent, QueuedMessage};

#[derive(FromRow)]
struct QueuedRow {
    message_key: i64,
    channel: String,
    message_node: String,
    message_visit: i64,
    inside: bool,
    #[sqlx(flatten)]
    live: LiveRow,
}

/// In the order in which they were written; messages of versions that were stopped or left are not
/// handed out. Those of people who were forgotten are no one's.
pub async fn queued_test_messages(
    store: &SqliteStore,
    after: i64,
    limit: i64,
) -> SqliteResult<Vec<QueuedMessage>> {
    let columns =
        LIVE_COLUMNS.replace("e.profile_key", "coalesce(e.profile_key, 0) AS profile_key");
    let rows: Vec<QueuedRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT o.key AS message_key, o.channel, o.node AS message_node, o.visit AS message_visit,
                e.exit_reason = {INSIDE} AND e.profile_key IS NOT NULL AS inside, {columns}
         FROM outbox o INDEXED BY outbox_queued_test CROSS JOIN enrolments e
         ON e.key = o.enrolment_key
              CROSS JOIN versions v ON v.key = o.version_key
         WHERE o.status = {QUEUED} AND o.is_live = {TEST_MODE} AND o.key > ?1
         AND v.bulk_exit_reason IS NULL ORDER BY o.key
         LIMIT ?2"
    )))
    .bind(after)
    .bind(limit)
    .fetch_all(&store.readers)
    .await?;
    let message = |row: QueuedRow| QueuedMessage {
        seq: MessageKey(row.message_key),
        channel: row.channel,
        node: row.message_node,
        visit: row.message_visit,
        inside: row.inside,
        enrolment: row.live.into(),
    };
    Ok(rows.into_iter().map(message).collect())
}

#[derive(FromRow)]
struct PendingRow {
    message_key: i64,
    kind: i64,
    message_node: String,
    message_visit: i64,
    inside: bool,
    #[sqlx(flatten)]
    live: LiveRow,
}

/// In the order in which it happened. Of a person who was forgotten, and in a stopped version, it
/// moves no one.
pub async fn pending_message_events(
    store: &SqliteStore,
    limit: i64,
) -> SqliteResult<Vec<PendingMessageEvent>> {
    let columns =
        LIVE_COLUMNS.replace("e.profile_key", "coalesce(e.profile_key, 0) AS profile_key");
    let rows: Vec<PendingRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT m.message_key, m.kind, o.node AS message_node, o.visit AS message_visit,
                e.exit_reason = {INSIDE} AND v.bulk_exit_reason IS NULL
                AND e.profile_key IS NOT NULL AS inside, {columns}
         FROM message_events m INDEXED BY message_events_pending CROSS JOIN outbox o
         ON o.key = m.message_key
              CROSS JOIN enrolments e ON e.key = o.enrolment_key CROSS JOIN versions v
              ON v.key = o.version_key
         WHERE m.pending = 1 ORDER BY m.at, m.message_key LIMIT ?1"
    )))
    .bind(limit)
    .fetch_all(&store.readers)
    .await?;
    let answer = |row: PendingRow| {
        Some(PendingMessageEvent {
            message: MessageKey(row.message_key),
            kind: MessageEventKind::from_code(row.kind)?,
            node: row.message_node,
            visit: row.message_visit,
            inside: row.inside,
            enrolment: row.live.into(),
        })
    };
    Ok(rows.into_iter().filter_map(answer).collect())
}
