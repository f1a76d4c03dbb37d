//! Leases messages of the outbox.

use std::collections::HashMap;

use sqlx::{FromRow, SqliteConnection};

use super::channel;
use crate::{SqliteStore, bulk_statement::BulkStatement};
use wayfare_domain::time::Timestamp;
use wayfare_store::{
    StoreResult,
    engine::VersionKey,
    outbox::{LeaseQuota, LeasedMessage, MessageKey, OutboxQueue},
};

/// One step along the index for each heap, however many messages lie in it. The next one is looked
/// for column by column: of a comparison of all three at once only the first would be a way into
/// the index, and each step would read everything before it.
const HEAPS: &str = "WITH RECURSIVE heaps (seq, version, channel, receiver, due_at) AS (
    SELECT * FROM (SELECT seq, version, channel, receiver, due_at FROM outbox
    INDEXED BY outbox_waiting WHERE state = 0 AND lane = 1
                   ORDER BY version, channel, receiver, due_at LIMIT 1)
    UNION ALL
    SELECT o.seq, o.version, o.channel, o.receiver, o.due_at FROM heaps h CROSS JOIN outbox o
    ON o.seq = coalesce(
        (SELECT n.seq FROM outbox n INDEXED BY outbox_waiting
         WHERE n.state = 0 AND n.lane = 1 AND n.version = h.version AND n.channel = h.channel
         AND n.receiver > h.receiver ORDER BY n.receiver, n.due_at LIMIT 1),
        (SELECT n.seq FROM outbox n INDEXED BY outbox_waiting
         WHERE n.state = 0 AND n.lane = 1 AND n.version = h.version AND n.channel > h.channel
         ORDER BY n.channel, n.receiver, n.due_at LIMIT 1),
        (SELECT n.seq FROM outbox n INDEXED BY outbox_waiting
         WHERE n.state = 0 AND n.lane = 1 AND n.version > h.version
         ORDER BY n.version, n.channel, n.receiver, n.due_at LIMIT 1)))
 SELECT p.number AS project, h.version, h.channel, h.receiver, h.due_at FROM heaps h
 CROSS JOIN versions v ON v.seq = h.version JOIN projects p ON p.id = v.project_id
 WHERE v.status BETWEEN 2 AND 5 AND v.emptied IS NULL AND p.archived_at IS NULL";

#[derive(FromRow)]
struct OutboxQueueRow {
    project: i64,
    version: i64,
    channel: String,
    receiver: String,
    due_at: i64,
}

pub async fn list_queues(store: &SqliteStore) -> StoreResult<Vec<OutboxQueue>> {
    let rows: Vec<OutboxQueueRow> = sqlx::query_as(HEAPS).fetch_all(&store.readers).await?;
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
    /// Are they inside, or was the message asked for again?
    wanted: bool,
    entry_properties: Option<String>,
}

/// Status and channel are looked at in the transaction that takes: after a Stop was answered
/// nothing more of the journey is taken, after a channel was switched off nothing more of the
/// channel.
const TAKE: &str = "SELECT o.seq, o.project, o.version, e.profile, o.channel, o.node, o.attempts,
    o.expires_at, e.state = 0 OR o.resent = 1 AS wanted, e.entry_properties
 FROM outbox o INDEXED BY outbox_waiting CROSS JOIN enrolments e ON e.seq = o.enrolment
 WHERE o.version = ?1 AND o.channel = ?2 AND o.receiver = ?6 AND o.state = 0 AND o.lane = 1
 AND o.due_at <= ?3
   AND EXISTS (SELECT 1 FROM versions v JOIN projects p ON p.id = v.project_id
               JOIN channels c ON c.project_id = p.id AND c.channel = ?2 AND c.live = 1
               AND c.revision = ?5
               WHERE v.seq = ?1 AND v.status BETWEEN 2 AND 5 AND v.emptied IS NULL
               AND p.archived_at IS NULL)
 ORDER BY o.due_at LIMIT ?4";

pub async fn take(
    connection: &mut SqliteConnection,
    quotas: &[LeaseQuota],
    now: Timestamp,
) -> StoreResult<Vec<LeasedMessage>> {
    let mut taken = Vec::new();
    let mut called_off: Vec<(MessageKey, VersionKey)> = Vec::new();
    for quota in quotas {
        let rows: Vec<LeasedRow> = sqlx::query_as(TAKE)
            .bind(quota.version)
            .bind(quota.channel.key())
            .bind(now.0)
            .bind(quota.most)
            .bind(quota.revision)
            .bind(&quota.receiver)
            .fetch_all(&mut *connection)
            .await?;
        for row in rows {
            match row.profile.filter(|_| row.wanted) {
                Some(profile) => taken.push(LeasedMessage {
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
                None => called_off.push((row.seq, row.version)),
            }
        }
    }
    static LEASE: BulkStatement =
        BulkStatement::new("UPDATE outbox SET state = 4 WHERE seq IN (VALUES", 1, ")");
    LEASE.run(connection, &taken, |query, message| query.bind(message.seq)).await?;
    call_off(connection, &called_off, now).await?;
    Ok(taken)
}

/// Anyone who met a goal or left meanwhile gets nothing any more.
async fn call_off(
    connection: &mut SqliteConnection,
    messages: &[(MessageKey, VersionKey)],
    now: Timestamp,
) -> StoreResult<()> {
    static CALL_OFF: BulkStatement = BulkStatement::new(
        "UPDATE outbox SET state = 3, settled_at = c.column2, reason = 'they had left the journey'
         FROM (VALUES",
        2,
        ") c WHERE outbox.seq = c.column1",
    );
    static COUNT: BulkStatement = BulkStatement::new(
        "UPDATE versions SET queued = queued - c.column2, cancelled = cancelled + c.column2
         FROM (VALUES",
        2,
        ") c WHERE versions.seq = c.column1",
    );
    let mut counts: HashMap<VersionKey, i64> = HashMap::new();
    for (_, version) in messages {
        *counts.entry(*version).or_default() += 1;
    }
    CALL_OFF
        .run(connection, messages, |query, (message, _)| query.bind(message).bind(now.0))
        .await?;
    for one in counts {
        // A count that cannot be right any more keeps no one's messages from going out; the check
        // finds it.
        match COUNT
            .run(connection, [one], |query, (version, count)| query.bind(version).bind(count))
            .await
        {
            Err(error) if error.is_about_rows() => {
                tracing::error!(version = one.0, %error, "delivery.count_set_aside")
            }
            other => other.map(|_| ())?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SqliteConfig;

    #[tokio::test]
    async fn each_heap_is_one_step_along_the_index_whatever_lies_in_those_before_it() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let config = SqliteConfig::new(folder.path().join("heaps.db"));
        let store = SqliteStore::open(&config).await.expect("a store");
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {HEAPS}")))
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
