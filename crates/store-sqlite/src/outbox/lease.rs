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
    ids::{MessageKey, ProfileKey, ProjectKey, VersionKey},
    messages::{
        lease::{LeaseFacts, is_leased_alone},
        message_status::MessageStatus,
        outcome::FixedReason,
    },
    time::Timestamp,
};
use wayfare_store::outbox::{LeaseQuota, LeasedMessage, OutboxQueue};

/// One step along the index for each queue, however many messages lie in it. The next one is looked
/// for column by column: of a comparison of all three at once only the first would be a way into
/// the index, and each step would read everything before it.
static HEAPS: LazyLock<Arc<str>> = LazyLock::new(|| {
    format!(
        "WITH RECURSIVE queues (key, version_key, channel, endpoint, due_at) AS (
    SELECT * FROM (SELECT key, version_key, channel, endpoint, due_at FROM outbox
                   INDEXED BY outbox_queued_live WHERE status = {QUEUED} AND is_live = {LIVE}
                   ORDER BY version_key, channel, endpoint, due_at LIMIT 1)
    UNION ALL
    SELECT o.key, o.version_key, o.channel, o.endpoint, o.due_at
    FROM queues h CROSS JOIN outbox o ON o.key = coalesce(
        (SELECT n.key FROM outbox n INDEXED BY outbox_queued_live
         WHERE n.status = {QUEUED} AND n.is_live = {LIVE} AND n.version_key = h.version_key
         AND n.channel = h.channel AND n.endpoint > h.endpoint
         ORDER BY n.endpoint, n.due_at LIMIT 1),
        (SELECT n.key FROM outbox n INDEXED BY outbox_queued_live
         WHERE n.status = {QUEUED} AND n.is_live = {LIVE} AND n.version_key = h.version_key
         AND n.channel > h.channel
         ORDER BY n.channel, n.endpoint, n.due_at LIMIT 1),
        (SELECT n.key FROM outbox n INDEXED BY outbox_queued_live
         WHERE n.status = {QUEUED} AND n.is_live = {LIVE} AND n.version_key > h.version_key
         ORDER BY n.version_key, n.channel, n.endpoint, n.due_at LIMIT 1)))
 SELECT p.key AS project_key, h.version_key, h.channel, h.endpoint, h.due_at FROM queues h
 CROSS JOIN versions v ON v.key = h.version_key JOIN projects p ON p.id = v.project_id
 WHERE v.status BETWEEN {FIRST_MOVING} AND {LAST_MOVING} AND v.bulk_exit_reason IS NULL
 AND p.archived_at IS NULL"
    )
    .into()
});

#[derive(FromRow)]
struct OutboxQueueRow {
    project_key: i64,
    version_key: i64,
    channel: String,
    endpoint: String,
    due_at: i64,
}

pub async fn list_queues(store: &SqliteStore) -> SqliteResult<Vec<OutboxQueue>> {
    let rows: Vec<OutboxQueueRow> =
        sqlx::query_as(AssertSqlSafe(Arc::clone(&HEAPS))).fetch_all(&store.readers).await?;
    // Messages of a channel that is not known wait; they keep no one else waiting.
    let queue = |row: OutboxQueueRow| {
        let (project, version) = (row.project_key, row.version_key);
        let channel = channel(&row.channel)
            .inspect_err(|error| tracing::error!(version, %error, "delivery.heap_set_aside"))
            .ok()?;
        Some(OutboxQueue {
            project: ProjectKey(project),
            version: VersionKey(version),
            channel,
            endpoint: row.endpoint,
            due_at: Timestamp(row.due_at),
        })
    };
    Ok(rows.into_iter().filter_map(queue).collect())
}

#[derive(FromRow)]
struct LeasedRow {
    key: i64,
    project_key: i64,
    version_key: i64,
    /// None where the person was forgotten.
    profile_key: Option<i64>,
    channel: String,
    node: String,
    attempts: i64,
    crashes: i64,
    outlived_a_crash: bool,
    expires_at: Option<i64>,
    inside: bool,
    is_resend: bool,
    entry_properties: Option<String>,
}

/// What is leased alone ([`is_leased_alone`]) waits while another such message is in hand. Status
/// and channel are looked at in the transaction that takes: after a Stop was answered
/// nothing more of the journey is taken, after a channel was switched off nothing more of the
/// channel.
static TAKE: LazyLock<Arc<str>> = LazyLock::new(|| {
    format!(
        "SELECT o.key, o.project_key, o.version_key, e.profile_key, o.channel, o.node, o.attempts,
    o.crashes, o.possible_duplicates > 0 AS outlived_a_crash, o.expires_at, e.exit_reason = {INSIDE} AS inside, o.is_resend, e.entry_properties
 FROM outbox o INDEXED BY outbox_queued_live CROSS JOIN enrolments e ON e.key = o.enrolment_key
 WHERE o.version_key = ?1 AND o.channel = ?2 AND o.endpoint = ?6 AND o.status = {QUEUED}
 AND o.is_live = {LIVE} AND o.due_at <= ?3
   AND (o.crashes <= 1 OR NOT EXISTS (SELECT 1 FROM outbox s INDEXED BY outbox_crashed
                                      WHERE s.crashes > 1 AND s.status = {SENDING}))
   AND EXISTS (SELECT 1 FROM versions v JOIN projects p ON p.id = v.project_id
               JOIN channels c ON c.project_id = p.id AND c.channel = ?2 AND c.live
               AND c.revision = ?5
               WHERE v.key = ?1 AND v.status BETWEEN {FIRST_MOVING} AND {LAST_MOVING}
               AND v.bulk_exit_reason IS NULL AND p.archived_at IS NULL)
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
    let mut has_lone = false;
    let mut cancelled: Vec<(MessageKey, VersionKey, FixedReason)> = Vec::new();
    for quota in quotas {
        let rows: Vec<LeasedRow> = sqlx::query_as(AssertSqlSafe(Arc::clone(&TAKE)))
            .bind(quota.version.0)
            .bind(quota.channel.key())
            .bind(now.0)
            .bind(quota.most)
            .bind(quota.revision)
            .bind(&quota.endpoint)
            .fetch_all(&mut *connection)
            .await?;
        for row in rows {
            if is_leased_alone(row.crashes) && std::mem::replace(&mut has_lone, true) {
                continue;
            }
            let facts = LeaseFacts {
                profile: row.profile_key.map(ProfileKey),
                inside: row.inside,
                resent: row.is_resend,
            };
            match facts.recipient() {
                Ok(profile) => taken.push(LeasedMessage {
                    seq: MessageKey(row.key),
                    project: ProjectKey(row.project_key),
                    version: VersionKey(row.version_key),
                    profile,
                    channel: channel(&row.channel)?,
                    endpoint: quota.endpoint.clone(),
                    node: row.node,
                    attempts: row.attempts,
                    outlived_a_crash: row.outlived_a_crash,
                    expires_at: row.expires_at.map(Timestamp),
                    entry_properties: row.entry_properties,
                }),
                Err(reason) => {
                    cancelled.push((MessageKey(row.key), VersionKey(row.version_key), reason))
                }
            }
        }
    }
    static LEASE: LazyLock<BulkStatement> = LazyLock::new(|| {
        let lease = format!("UPDATE outbox SET status = {SENDING} WHERE key IN (VALUES");
        BulkStatement::with_codes(lease, 1, ")")
    });
    LEASE.run(connection, &taken, |query, message| query.bind(message.seq.0)).await?;
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
        "UPDATE outbox SET status = c.column2, finished_at = c.column3, reason = c.column4
         FROM (VALUES",
        4,
        ") c WHERE outbox.key = c.column1",
    );
    let status = MessageStatus::Cancelled;
    CANCEL
        .run(connection, messages, |query, (message, _, reason)| {
            query.bind(message.0).bind(status.code()).bind(now.0).bind(reason.text())
        })
        .await?;
    let changes = messages.iter().map(|(_, version, _)| (*version, status.count_change(false)));
    for (version, change) in counts::by_version(changes) {
        // A count that cannot be right any more keeps no one's messages from going out; the check
        // finds it.
        match counts::add(connection, [(version, change)]).await {
            Err(error) if error.is_about_rows() => {
                tracing::error!(%version, %error, "delivery.count_set_aside")
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
        let config = SqliteConfig::new(folder.path().join("queues.db"));
        let store = SqliteStore::open(&config).await.expect("a store");
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {}", *HEAPS)))
                .fetch_all(&store.readers)
                .await
                .expect("a plan");
        let steps: Vec<&str> = plan.iter().map(|(.., step)| step.as_str()).collect();
        for way in [
            "(version_key=? AND channel=? AND endpoint>?)",
            "(version_key=? AND channel>?)",
            "(version_key>?)",
        ] {
            let is_search = |step: &&str| step.starts_with("SEARCH n USING") && step.ends_with(way);
            assert!(steps.iter().any(is_search), "{way} is not among {steps:#?}");
        }
        store.close().await;
    }
}
