//! Records the results of leased messages.

use std::collections::{HashMap, HashSet};

use sqlx::SqliteConnection;

use crate::{SqliteStore, bulk_statement::BulkStatement, rows::to_json, write_queue::Urgency};
use wayfare_domain::{
    messages::{message_status::MessageStatus, suppression::SuppressionReason},
    time::Timestamp,
};
use wayfare_store::{
    StoreResult,
    engine::{ProjectKey, VersionKey},
    outbox::{MessageResult, OutcomeReason, SendOutcome},
};

/// False where some of them are not in hand any more: then all of it is to be rolled back, because
/// it counts them.
pub async fn settle(
    connection: &mut SqliteConnection,
    settled: &[MessageResult],
    now: Timestamp,
) -> StoreResult<bool> {
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
    count(connection, settled, &stopped).await?;
    count_possible_duplicates(connection, settled).await?;
    learn_receivers(connection, settled).await?;
    suppress(connection, settled, now).await?;
    Ok(true)
}

/// Those of the versions that were stopped or left.
pub async fn stopped(
    connection: &mut SqliteConnection,
    versions: &[VersionKey],
) -> StoreResult<HashSet<VersionKey>> {
    let rows: Vec<(i64,)> = sqlx::query_as(
        "SELECT v.seq FROM json_each(?1) chosen CROSS JOIN versions v ON v.seq = chosen.value
         WHERE v.emptied IS NOT NULL",
    )
    .bind(to_json(&versions)?)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|(version,)| version).collect())
}

/// Answers how many of them were in hand and have their new state now. Of someone who was erased
/// meanwhile no reason is kept that may name them.
pub async fn write_states(
    connection: &mut SqliteConnection,
    settled: &[MessageResult],
    stopped: &HashSet<VersionKey>,
    now: Timestamp,
) -> StoreResult<u64> {
    static WRITE: BulkStatement = BulkStatement::new(
        "UPDATE outbox SET state = s.column2, settled_at = s.column3, due_at = s.column4, attempts
            = attempts + s.column5,
                reason = iif(outbox.profile IS NULL AND NOT s.column8, NULL, s.column6),
                provider_id = coalesce(s.column7, provider_id) FROM (VALUES",
        8,
        ") s WHERE outbox.seq = s.column1 AND outbox.state = 4",
    );
    WRITE
        .run(connection, settled, |query, message| {
            let (state, due, tried, reason, provider_id) = match &message.settlement {
                SendOutcome::Sent { provider_id } => {
                    (MessageStatus::Sent, None, true, None, provider_id.as_deref())
                }
                SendOutcome::Failed { reason, .. } => {
                    (MessageStatus::Failed, None, true, Some(reason), None)
                }
                SendOutcome::Withheld { reason } => {
                    (MessageStatus::Skipped, None, false, Some(reason), None)
                }
                // What would wait again waits no more where its journey was stopped: it was counted
                // as cancelled.
                SendOutcome::Retry { .. } if stopped.contains(&message.version) => {
                    (MessageStatus::Cancelled, None, false, None, None)
                }
                SendOutcome::Retry { at, reason, tried } => {
                    (MessageStatus::Queued, Some(at.0), *tried, reason.as_ref(), None)
                }
            };
            let settled_at = state.is_final().then_some(now.0);
            let query = query
                .bind(message.message)
                .bind(state.code())
                .bind(settled_at)
                .bind(due.unwrap_or(0));
            let names_nobody = reason.is_none_or(OutcomeReason::names_nobody);
            let reason = reason.map(OutcomeReason::text);
            query.bind(i64::from(tried)).bind(reason).bind(provider_id).bind(names_nobody)
        })
        .await
}

/// The engine moves people by what became of their messages.
pub async fn tell_engine(
    connection: &mut SqliteConnection,
    settled: &[MessageResult],
    now: Timestamp,
) -> StoreResult<()> {
    static TELL: BulkStatement = BulkStatement::new(
        "INSERT INTO message_events (message, what, at) VALUES",
        3,
        " ON CONFLICT DO UPDATE SET pending = 1",
    );
    let fates = settled
        .iter()
        .filter_map(|message| Some((message.message, message.settlement.event_kind()?)));
    TELL.run(connection, fates, |query, (message, fate)| {
        query.bind(message).bind(fate.code()).bind(now.0)
    })
    .await?;
    Ok(())
}

/// In a stopped version all that was queued counts as cancelled already; what went out after all
/// does not.
async fn count(
    connection: &mut SqliteConnection,
    settled: &[MessageResult],
    stopped: &HashSet<VersionKey>,
) -> StoreResult<()> {
    static COUNT: BulkStatement = BulkStatement::new(
        "UPDATE versions SET queued = queued - c.column2, cancelled = cancelled - c.column3
         FROM (VALUES",
        3,
        ") c WHERE versions.seq = c.column1",
    );
    let mut done: HashMap<VersionKey, i64> = HashMap::new();
    for message in settled.iter().filter(|message| message.settlement.event_kind().is_some()) {
        *done.entry(message.version).or_default() += 1;
    }
    COUNT
        .run(connection, done, |query, (version, count)| {
            let (queued, cancelled) =
                if stopped.contains(&version) { (0, count) } else { (count, 0) };
            query.bind(version).bind(queued).bind(cancelled)
        })
        .await?;
    Ok(())
}

/// What was given up on its way and goes out again may arrive twice: that is counted and shown.
async fn count_possible_duplicates(
    connection: &mut SqliteConnection,
    settled: &[MessageResult],
) -> StoreResult<()> {
    static POSSIBLE_DUPLICATES_SQL: BulkStatement =
        BulkStatement::new("UPDATE outbox SET doubts = doubts + 1 WHERE seq IN (VALUES", 1, ")");
    static COUNT: BulkStatement = BulkStatement::new(
        "INSERT INTO delivery_doubts (project, count) VALUES",
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
        .run(connection, doubtful, |query, message| query.bind(message.message))
        .await?;
    COUNT
        .run(connection, counts, |query, (project, count)| query.bind(project).bind(count))
        .await?;
    Ok(())
}

/// What turned out to lead to another receiver than was known waits for that one.
async fn learn_receivers(
    connection: &mut SqliteConnection,
    settled: &[MessageResult],
) -> StoreResult<()> {
    static LEARN: BulkStatement = BulkStatement::new(
        "UPDATE outbox SET receiver = c.column2 FROM (VALUES",
        2,
        ") c WHERE outbox.seq = c.column1 AND outbox.profile IS NOT NULL",
    );
    let learned =
        settled.iter().filter_map(|message| Some((message.message, message.receiver.as_deref()?)));
    LEARN
        .run(connection, learned, |query, (message, receiver)| query.bind(message).bind(receiver))
        .await?;
    Ok(())
}

/// Nothing is sent again to an address that does not exist.
async fn suppress(
    connection: &mut SqliteConnection,
    settled: &[MessageResult],
    now: Timestamp,
) -> StoreResult<()> {
    static SUPPRESS: BulkStatement = BulkStatement::new(
        "INSERT INTO suppressions (project, kind, address, cause, reason, at) VALUES",
        6,
        " ON CONFLICT DO NOTHING",
    );
    let dead = settled.iter().filter_map(|message| match &message.settlement {
        SendOutcome::Failed { reason, dead_address: Some((kind, address)) } => {
            Some((message.project, kind, address, reason))
        }
        _ => None,
    });
    SUPPRESS
        .run(connection, dead, |query, (project, kind, address, reason)| {
            let query = query
                .bind(project)
                .bind(kind.key())
                .bind(address)
                .bind(SuppressionReason::Bounced.code());
            query.bind(SuppressionReason::Bounced.reason(reason.text())).bind(now.0)
        })
        .await?;
    Ok(())
}

/// The server died with messages in the senders' hands. Whether a provider has taken them no one
/// knows: they go out again under the same key. Those of versions that were stopped or left do not.
pub async fn requeue_leased(store: &SqliteStore, now: Timestamp) -> StoreResult<i64> {
    let mut transaction = store.begin_as(Urgency::Work).await?;
    let left = sqlx::query(
        "INSERT INTO delivery_doubts (project, count)
         SELECT project, count(*) FROM outbox INDEXED BY outbox_leased WHERE state = 4
         GROUP BY project
         ON CONFLICT DO UPDATE SET count = count + excluded.count",
    )
    .execute(&mut *transaction)
    .await?
    .rows_affected();
    if left == 0 {
        return Ok(0);
    }
    let in_doubt = sqlx::query(
        "UPDATE outbox SET state = iif((SELECT v.emptied FROM versions v
            WHERE v.seq = outbox.version) IS NOT NULL, 3, 0),
                settled_at = iif((SELECT v.emptied FROM versions v
                WHERE v.seq = outbox.version) IS NOT NULL, ?1, NULL),
                doubts = doubts + 1 WHERE seq IN (SELECT seq FROM outbox INDEXED BY outbox_leased
                WHERE state = 4)",
    )
    .bind(now.0)
    .execute(&mut *transaction)
    .await?
    .rows_affected();
    transaction.commit().await?;
    Ok(in_doubt.cast_signed())
}
