//! Records the results of leased messages.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use sqlx::{AssertSqlSafe, SqliteConnection};

use super::counts;
use crate::{
    SqliteStore,
    bulk_statement::BulkStatement,
    codes::{LIVE, QUEUED, SENDING},
    error::SqliteResult,
    message_events::suppressions,
    rows::to_json,
    write_queue::Urgency,
};
use wayfare_domain::{
    ids::{MessageKey, ProjectKey, VersionKey},
    messages::{
        lease::CRASHES_MAX,
        message_status::MessageStatus,
        outcome::{FixedReason, OutcomeReason, SendOutcome},
        send_rules::POSTPONED_MAX_MS,
    },
    time::Timestamp,
};
use wayfare_store::outbox::MessageResult;

/// False where some of them are not in hand any more: then all of it is to be rolled back, because
/// it counts them.
pub async fn settle(
    connection: &mut SqliteConnection,
    settled: &[MessageResult],
    now: Timestamp,
) -> SqliteResult<bool> {
    if settled.is_empty() {
        return Ok(true);
    }
    let versions: HashSet<VersionKey> = settled.iter().map(|message| message.version).collect();
    let versions: Vec<VersionKey> = versions.into_iter().collect();
    let stopped = stopped(connection, &versions).await?;
    if write_states(connection, settled, &stopped, now).await? != settled.len() as u64 {
        return Ok(false);
    }
    tell_engine(connection, settled, now).await?;
    count(connection, settled, &stopped, now).await?;
    count_possible_duplicates(connection, settled).await?;
    learn_endpoints(connection, settled).await?;
    suppress(connection, settled, now).await?;
    Ok(true)
}

/// Those of the versions that were stopped or left.
pub async fn stopped(
    connection: &mut SqliteConnection,
    versions: &[VersionKey],
) -> SqliteResult<HashSet<VersionKey>> {
    let rows: Vec<(i64,)> = sqlx::query_as(
        "SELECT v.key FROM json_each(?1) chosen CROSS JOIN versions v ON v.key = chosen.value
         WHERE v.bulk_exit_reason IS NOT NULL",
    )
    .bind(to_json(&versions)?)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|(version,)| VersionKey(version)).collect())
}

/// Answers how many of them were in hand and have their new state now. Of someone who was erased
/// meanwhile no reason is kept that may name them.
pub async fn write_states(
    connection: &mut SqliteConnection,
    settled: &[MessageResult],
    stopped: &HashSet<VersionKey>,
    now: Timestamp,
) -> SqliteResult<u64> {
    static WRITE: LazyLock<BulkStatement> = LazyLock::new(|| {
        BulkStatement::with_codes(
            "UPDATE outbox SET status = s.column2, finished_at = s.column3, due_at = s.column4,
                    attempts = attempts + s.column5,
                    reason = iif(outbox.profile_key IS NULL AND s.column8, NULL, s.column6),
                    provider_id = coalesce(s.column7, provider_id) FROM (VALUES",
            8,
            format!(") s WHERE outbox.key = s.column1 AND outbox.status = {SENDING}"),
        )
    });
    WRITE
        .run(connection, settled, |query, message| {
            let recorded = message.outcome.recorded(stopped.contains(&message.version), now);
            let query = query
                .bind(message.message.0)
                .bind(recorded.status.code())
                .bind(recorded.settled_at.map(|at| at.0))
                .bind(recorded.due_at.map_or(0, |at| at.0))
                .bind(i64::from(recorded.tried));
            let reason = recorded.reason.map(ToString::to_string);
            let is_personal = recorded.reason.is_some_and(OutcomeReason::is_personal);
            query.bind(reason).bind(recorded.provider_id).bind(is_personal)
        })
        .await
}

/// The engine moves people by what became of their messages.
pub async fn tell_engine(
    connection: &mut SqliteConnection,
    settled: &[MessageResult],
    now: Timestamp,
) -> SqliteResult<()> {
    static TELL: BulkStatement = BulkStatement::new(
        "INSERT INTO message_events (message_key, kind, at) VALUES",
        3,
        " ON CONFLICT DO UPDATE SET pending = 1",
    );
    let kinds =
        settled.iter().filter_map(|message| Some((message.message, message.outcome.event_kind()?)));
    TELL.run(connection, kinds, |query, (message, kind)| {
        query.bind(message.0).bind(kind.code()).bind(now.0)
    })
    .await?;
    Ok(())
}

/// What its version counts of a message changes with its status.
async fn count(
    connection: &mut SqliteConnection,
    settled: &[MessageResult],
    stopped: &HashSet<VersionKey>,
    now: Timestamp,
) -> SqliteResult<()> {
    let statuses = settled.iter().map(|message| {
        let ended = stopped.contains(&message.version);
        let status = message.outcome.recorded(ended, now).status;
        (message.version, status.count_change(ended))
    });
    counts::add(connection, counts::by_version(statuses)).await
}

/// What was given up on its way and goes out again may arrive twice: that is counted and shown.
async fn count_possible_duplicates(
    connection: &mut SqliteConnection,
    settled: &[MessageResult],
) -> SqliteResult<()> {
    static POSSIBLE_DUPLICATES_SQL: BulkStatement = BulkStatement::new(
        "UPDATE outbox SET possible_duplicates = possible_duplicates + 1
            WHERE key IN (VALUES",
        1,
        ")",
    );
    static COUNT: BulkStatement = BulkStatement::new(
        "INSERT INTO possible_duplicates (project_key, count) VALUES",
        2,
        " ON CONFLICT DO UPDATE SET count = count + excluded.count",
    );
    let doubtful: Vec<&MessageResult> = settled.iter().filter(|message| message.in_doubt).collect();
    if doubtful.is_empty() {
        return Ok(());
    }
    let mut counts: HashMap<ProjectKey, i64> = HashMap::new();
    for message in &doubtful {
        *counts.entry(message.project).or_default() += 1;
    }
    POSSIBLE_DUPLICATES_SQL
        .run(connection, doubtful, |query, message| query.bind(message.message.0))
        .await?;
    COUNT
        .run(connection, counts, |query, (project, count)| query.bind(project.0).bind(count))
        .await?;
    Ok(())
}

/// What turned out to lead to another endpoint than was known waits for that one.
async fn learn_endpoints(
    connection: &mut SqliteConnection,
    settled: &[MessageResult],
) -> SqliteResult<()> {
    static LEARN: BulkStatement = BulkStatement::new(
        "UPDATE outbox SET endpoint = c.column2 FROM (VALUES",
        2,
        ") c WHERE outbox.key = c.column1 AND outbox.profile_key IS NOT NULL",
    );
    let learned =
        settled.iter().filter_map(|message| Some((message.message, message.endpoint.as_deref()?)));
    LEARN
        .run(connection, learned, |query, (message, endpoint)| query.bind(message.0).bind(endpoint))
        .await?;
    Ok(())
}

/// Nothing is sent again to an address that does not exist.
async fn suppress(
    connection: &mut SqliteConnection,
    settled: &[MessageResult],
    now: Timestamp,
) -> SqliteResult<()> {
    let dead =
        settled.iter().filter_map(|message| message.outcome.suppression(message.project, now));
    suppressions::put(connection, dead.collect()).await?;
    Ok(())
}

/// The server died with messages in the senders' hands. Whether a provider has taken them no one
/// knows: they go out again under the same key. Those of versions that were stopped or left do not,
/// nor do those that were being composed as often as the server may die over one.
pub async fn requeue_leased(
    store: &SqliteStore,
    composed: &[MessageKey],
    now: Timestamp,
) -> SqliteResult<i64> {
    let mut transaction = store.begin_as(Urgency::Work).await?;
    bring_forward(&mut transaction, now).await?;
    count_crashes(&mut transaction, composed, now).await?;
    let left = sqlx::query(AssertSqlSafe(format!(
        "INSERT INTO possible_duplicates (project_key, count)
         SELECT project_key, count(*) FROM outbox INDEXED BY outbox_sending WHERE status = {SENDING}
         GROUP BY project_key
         ON CONFLICT DO UPDATE SET count = count + excluded.count"
    )))
    .execute(&mut *transaction)
    .await?
    .rows_affected();
    if left == 0 {
        transaction.commit().await?;
        return Ok(0);
    }
    let mut in_doubt = 0;
    for ended in [false, true] {
        let status = MessageStatus::Queued.in_version(ended);
        in_doubt += sqlx::query(AssertSqlSafe(format!(
            "UPDATE outbox SET status = ?1, finished_at = ?2,
             possible_duplicates = possible_duplicates + 1
             WHERE key IN (SELECT o.key FROM outbox o INDEXED BY outbox_sending
                           LEFT JOIN versions v ON v.key = o.version_key
                           WHERE o.status = {SENDING} AND (v.bulk_exit_reason IS NOT NULL) = ?3)"
        )))
        .bind(status.code())
        .bind(status.is_final().then_some(now.0))
        .bind(ended)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
    }
    transaction.commit().await?;
    Ok(in_doubt.cast_signed())
}

/// Messages that were being composed for the last time fail, and the people who wait for them go
/// on.
async fn count_crashes(
    connection: &mut SqliteConnection,
    composed: &[MessageKey],
    now: Timestamp,
) -> SqliteResult<()> {
    if composed.is_empty() {
        return Ok(());
    }
    let rows: Vec<(i64, i64, i64, i64)> = sqlx::query_as(AssertSqlSafe(format!(
        "UPDATE outbox SET crashes = crashes + 1
             WHERE key IN (SELECT value FROM json_each(?1)) AND status = {SENDING}
             RETURNING key, project_key, version_key, crashes"
    )))
    .bind(to_json(&composed)?)
    .fetch_all(&mut *connection)
    .await?;
    let last = rows.into_iter().filter(|(.., crashes)| *crashes >= CRASHES_MAX);
    let failed = |(message, project, version, _)| MessageResult {
        message: MessageKey(message),
        project: ProjectKey(project),
        version: VersionKey(version),
        outcome: SendOutcome::failed(OutcomeReason::Fixed(FixedReason::ServerCrashed)),
        in_doubt: false,
        endpoint: None,
    };
    let failed: Vec<MessageResult> = last.map(failed).collect();
    for message in &failed {
        tracing::error!(message = %message.message, "delivery.crashed_too_often");
    }
    settle(connection, &failed, now).await?;
    Ok(())
}

/// What is due later than anything can be put off was written while the clock was ahead, and is due
/// now.
async fn bring_forward(connection: &mut SqliteConnection, now: Timestamp) -> SqliteResult<()> {
    let brought = sqlx::query(AssertSqlSafe(format!(
        "UPDATE outbox SET due_at = ?1 WHERE key IN (
             SELECT key FROM outbox INDEXED BY outbox_queued_live
             WHERE status = {QUEUED} AND is_live = {LIVE} AND due_at > ?2)"
    )))
    .bind(now.0)
    .bind(now.plus(POSTPONED_MAX_MS).0)
    .execute(connection)
    .await?
    .rows_affected();
    if brought > 0 {
        tracing::warn!(messages = brought, "delivery.due_too_late");
    }
    Ok(())
}
