//! Messages that move people: those that the log takes, and what became of those that went out.

use sqlx::FromRow;

use super::enrolments::{LIVE_COLUMNS, LiveRow};
use crate::{
    SqliteStore,
    codes::{INSIDE, QUEUED, TEST_MODE},
    error::SqliteResult,
};
use wayfare_domain::messages::event::MessageEventKind;
use wayfare_store::engine::{PendingMessageEvent, QueuedMessage};

#[derive(FromRow)]
struct QueuedRow {
    message: i64,
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
    let columns = LIVE_COLUMNS.replace("e.profile", "coalesce(e.profile, 0) AS profile");
    let rows: Vec<QueuedRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT o.seq AS message, o.channel, o.node AS message_node, o.visit AS message_visit,
                e.state = {INSIDE} AND e.profile IS NOT NULL AS inside, {columns}
         FROM outbox o INDEXED BY outbox_queued CROSS JOIN enrolments e ON e.seq = o.enrolment
              CROSS JOIN versions v ON v.seq = o.version
         WHERE o.state = {QUEUED} AND o.lane = {TEST_MODE} AND o.seq > ?1
         AND v.emptied IS NULL ORDER BY o.seq
         LIMIT ?2"
    )))
    .bind(after)
    .bind(limit)
    .fetch_all(&store.readers)
    .await?;
    let message = |row: QueuedRow| QueuedMessage {
        seq: row.message,
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
    message: i64,
    what: i64,
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
    let columns = LIVE_COLUMNS.replace("e.profile", "coalesce(e.profile, 0) AS profile");
    let rows: Vec<PendingRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT m.message, m.what, o.node AS message_node, o.visit AS message_visit,
                e.state = {INSIDE} AND v.emptied IS NULL AND e.profile IS NOT NULL AS inside,
                {columns}
         FROM message_events m INDEXED BY message_events_pending CROSS JOIN outbox o
         ON o.seq = m.message
              CROSS JOIN enrolments e ON e.seq = o.enrolment CROSS JOIN versions v
              ON v.seq = o.version
         WHERE m.pending = 1 ORDER BY m.at, m.message LIMIT ?1"
    )))
    .bind(limit)
    .fetch_all(&store.readers)
    .await?;
    let answer = |row: PendingRow| {
        Some(PendingMessageEvent {
            message: row.message,
            fate: MessageEventKind::from_code(row.what)?,
            node: row.message_node,
            visit: row.message_visit,
            inside: row.inside,
            enrolment: row.live.into(),
        })
    };
    Ok(rows.into_iter().filter_map(answer).collect())
}
