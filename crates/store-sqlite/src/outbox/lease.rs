//! Leases messages of the outbox.

use std::sync::{Arc, LazyLock};

use sqlx::{AssertSqlSafe, FromRow, SqliteConnection};

use super::{channel, counts};
use crate::{
    SqliteStore,
    bulk_statement::BulkStatement,
    codes::{FIRST_MOVING, INSIDE, LAST_MOVING, LIVE, QUEUED, SENDING},
    error::SqliteResult,
};
use wayfare_domain::{
    messages::{lease::LeaseFacts, message_status::MessageStatus, outcome::FixedReason},
    time::Timestamp,
};
use wayfare_store::{
    engine::VersionKey,
    outbox::{LeaseQuota, LeasedMessage, MessageKey, OutboxQueue},
};

/// One step along the index for each heap, however many messages lie in it. The next one is looked
/// for column by column: of a comparison of all three at once only the first would be a way into
/// the index, and each step would read everything before it.
static HEAPS: LazyLock<Arc<str>> = LazyLock::new(|| {
    format!(
        "WITH RECURSIVE heaps (seq, version, channel, receiver, due_at) AS (
    SELECT * FROM (SELECT seq, version, channel, receiver, due_at FROM outbox
    INDEXED BY outbox_waiting WHERE state = {QUEUED} AND lane = {LIVE}
                   ORDER BY version, channel, receiver, due_at LIMIT 1)
    UNION ALL
    SELECT o.seq, o.version, o.channel, o.receiver, o.due_at FROM heaps h CROSS JOIN outbox o
    ON o.seq = coalesce(
        (SELECT n.seq FROM outbox n INDEXED BY outbox_waiting
         WHERE n.state = {QUEUED} AND n.lane = {LIVE} AND n.version = h.version
         AND n.channel = h.channel AND n.receiver > h.receiver ORDER BY n.receiver, n.due_at LIMIT 1),
        (SELECT n.seq FROM outbox n INDEXED BY outbox_waiting
         WHERE n.state = {QUEUED} AND n.lane = {LIVE} AND n.version = h.version
         AND n.channel > h.channel
         ORDER BY n.channel, n.receiver, n.due_at LIMIT 1),
        (SELECT n.seq FROM outbox n INDEXED BY outbox_waiting
         WHERE n.state = {QUEUED} AND n.lane = {LIVE} AND n.version > h.version
         ORDER BY n.version, n.channel, n.receiver, n.due_at LIMIT 1)))
 SELECT p.number AS project, h.version, h.channel, h.receiver, h.due_at FROM heaps h
 CROSS JOIN versions v ON v.seq = h.version JOIN projects p ON p.id = v.project_id
 WHERE v.status BETWEEN {FIRST_MOVING} AND {LAST_MOVING} AND v.emptied IS NULL
 AND p.archived_at IS NULL"
    )
    .into()
});

#[derive(FromRow)]
struct OutboxQueueRow {
    project: i64,
    version: i64,
    channel: String,
    receiver: String,
    due_at: i64,
}

pub async fn list_queues(store: &SqliteStore) -> SqliteResult<Vec<OutboxQueue>> {
    let rows: Vec<OutboxQueueRow> =
        sqlx::query_as(AssertSqlSafe(Arc::clone(&HEAPS))).fetch_all(&store.readers).await?;
    // Messages of a channel that is not known wait; they keep no one else waiting.
    let heap = |row: OutboxQueueRow| {
        let OutboxQueueRow { project, version, receiver, due_at, .. } = row;
        let channel = channel(&row.channel)
            .inspect_err(|error| tracing::error!(version, %error, "delivery.heap_set_aside"))
            .ok()?;
        Some(OutboxQueue { project, version, channel, receiver, due_at: Timestamp(due_at) })
    };
    Ok(rows.into_iter().filter_map(heap).collect())
}

#[derive(FromRow)]
struct LeasedRow {
    seq: i64,
    project: i64,
    version: i64,
    /// None where the person was forgotten.
    profile: Option<i64>,
    channel: String,
    node: String,
    attempts: i64,
    expires_at: Option<i64>,
    inside: bool,
    resent: bool,
    entry_properties: Option<String>,
}

/// Status and channel are looked at in the transaction that takes: after a Stop was answered
/// nothing more of the journey is taken, after a channel was switched off nothing more of the
/// channel.
static TAKE: LazyLock<Arc<str>> = LazyLock::new(|| {
    format!(
        "SELECT o.seq, o.project, o.version, e.profile, o.channel, o.node, o.attempts,
    o.expires_at, e.state = {INSIDE} AS inside, o.resent = 1 AS resent,
    e.entry_properties
 FROM outbox o INDEXED BY outbox_waiting CROSS JOIN enrolments e ON e.seq = o.enrolment
 WHERE o.version = ?1 AND o.channel = ?2 AND o.receiver = ?6 AND o.state = {QUEUED}
 AND o.lane = {LIVE} AND o.due_at <= ?3
   AND EXISTS (SELECT 1 FROM versions v JOIN projects p ON p.id = v.project_id
               JOIN channels c ON c.project_id = p.id AND c.channel = ?2 AND c.live
               AND c.revision = ?5
               WHERE v.seq = ?1 AND v.status BETWEEN {FIRST_MOVING} AND {LAST_MOVING}
               AND v.emptied IS NULL AND p.archived_at IS NULL)
 ORDER BY o.due_at LIMIT ?4"
    )
    .into()
});

pub async fn take(
    connection: &mut SqliteConnection,
    quotas: &[LeaseQuota],
    now: Timestamp,
) -> SqliteResult<Vec<LeasedMessage>> {
    let mut taken = Vec::new();
    let mut cancelled: Vec<(MessageKey, VersionKey, FixedReason)> = Vec::new();
    for quota in quotas {
        let rows: Vec<LeasedRow> = sqlx::query_as(AssertSqlSafe(Arc::clone(&TAKE)))
            .bind(quota.version)
            .bind(quota.channel.key())
            .bind(now.0)
            .bind(quota.most)
            .bind(quota.revision)
            .bind(&quota.receiver)
            .fetch_all(&mut *connection)
            .await?;
        for row in rows {
            let facts = LeaseFacts { profile: row.profile, inside: row.inside, resent: row.resent };
            match facts.recipient() {
                Ok(profile) => taken.push(LeasedMessage {
                    seq: row.seq,
                    project: row.project,
                    version: row.version,
                    profile,
                    channel: channel(&row.channel)?,
                    receiver: quota.receiver.clone(),
                    node: row.node,
                    attempts: row.attempts,
                    expires_at: row.expires_at.map(Timestamp),
                    entry_properties: row.entry_properties,
                }),
                Err(reason) => cancelled.push((row.seq, row.version, reason)),
            }
        }
    }
    static LEASE: LazyLock<BulkStatement> = LazyLock::new(|| {
        let lease = format!("UPDATE outbox SET state = {SENDING} WHERE seq IN (VALUES");
        BulkStatement::with_codes(lease, 1, ")".to_string())
    });
    LEASE.run(connection, &taken, |query, message| query.bind(message.seq)).await?;
    cancel(connection, &cancelled, now).await?;
    Ok(taken)
}

/// Writes why messages are not sent any more; they count as cancelled. Their versions have not
/// ended, or nothing would be taken of them.
async fn cancel(
    connection: &mut SqliteConnection,
    messages: &[(MessageKey, VersionKey, FixedReason)],
    now: Timestamp,
) -> SqliteResult<()> {
    static CANCEL: BulkStatement = BulkStatement::new(
        "UPDATE outbox SET state = c.column2, settled_at = c.column3, reason = c.column4
         FROM (VALUES",
        4,
        ") c WHERE outbox.seq = c.column1",
    );
    let status = MessageStatus::Cancelled;
    CANCEL
        .run(connection, messages, |query, (message, _, reason)| {
            query.bind(message).bind(status.code()).bind(now.0).bind(reason.text())
        })
        .await?;
    let changes = messages.iter().map(|(_, version, _)| (*version, status.count_change(false)));
    for (version, change) in counts::by_version(changes) {
        // A count that cannot be right any more keeps no one's messages from going out; the check
        // finds it.
        match counts::add(connection, [(version, change)]).await {
            Err(error) if error.is_about_rows() => {
                tracing::error!(version, %error, "delivery.count_set_aside")
            }
            other => other?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SqliteConfig;
    use wayfare_store::maintenance::MaintenanceStore;

    #[tokio::test]
    async fn each_heap_is_one_step_along_the_index_whatever_lies_in_those_before_it() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let config = SqliteConfig::new(folder.path().join("heaps.db"));
        let store = SqliteStore::open(&config).await.expect("a store");
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", *HEAPS)))
                .fetch_all(&store.readers)
                .await
                .expect("a plan");
        let steps: Vec<&str> = plan.iter().map(|(.., step)| step.as_str()).collect();
        for way in
            ["(version=? AND channel=? AND receiver>?)", "(version=? AND channel>?)", "(version>?)"]
        {
            let is_search = |step: &&str| step.starts_with("SEARCH n USING") && step.ends_with(way);
            assert!(steps.iter().any(is_search), "{way} is not among {steps:#?}");
        }
        store.close().await;
    }
}
