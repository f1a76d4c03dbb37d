//! What became of messages that were taken.

use std::collections::{HashMap, HashSet};

use sqlx::SqliteConnection;

use crate::{
    domain::{delivery::suppression::Cause, time::Timestamp},
    server::store::{
        StoreResult,
        delivery::{SettledMessage, Settlement},
        engine::VersionNumber,
        sqlite::{SqliteStore, bulk::Bulk, rows::to_json},
    },
};

/// Numbers of `outbox.state`.
const QUEUED: i64 = 0;
const SENT: i64 = 1;
const FAILED: i64 = 2;
const CANCELLED: i64 = 3;
const WITHHELD: i64 = 5;

pub async fn settle(connection: &mut SqliteConnection, settled: &[SettledMessage], now: Timestamp) -> StoreResult<()> {
    if settled.is_empty() {
        return Ok(());
    }
    let versions: HashSet<VersionNumber> = settled.iter().map(|message| message.version).collect();
    let versions: Vec<VersionNumber> = versions.into_iter().collect();
    let stopped = stopped(connection, &versions).await?;
    write(connection, settled, &stopped, now).await?;
    tell_engine(connection, settled, now).await?;
    count(connection, settled, &stopped).await?;
    suppress(connection, settled, now).await
}

/// Those of the versions that were stopped or left.
pub async fn stopped(connection: &mut SqliteConnection, versions: &[VersionNumber]) -> StoreResult<HashSet<VersionNumber>> {
    let rows: Vec<(i64,)> = sqlx::query_as(
        "SELECT v.seq FROM json_each(?1) chosen CROSS JOIN versions v ON v.seq = chosen.value WHERE v.emptied IS NOT NULL",
    )
    .bind(to_json(&versions)?)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|(version,)| version).collect())
}

async fn write(
    connection: &mut SqliteConnection,
    settled: &[SettledMessage],
    stopped: &HashSet<VersionNumber>,
    now: Timestamp,
) -> StoreResult<()> {
    static WRITE: Bulk = Bulk::new(
        "UPDATE outbox SET state = s.column2, settled_at = s.column3, due_at = s.column4, attempts = attempts + s.column5,
                reason = s.column6, provider_id = coalesce(s.column7, provider_id) FROM (VALUES",
        7,
        ") s WHERE outbox.seq = s.column1 AND outbox.state = 4",
    );
    WRITE
        .run(connection, settled, |query, message| {
            let (state, due, tried, reason, provider_id) = match &message.settlement {
                Settlement::Sent { provider_id } => (SENT, None, true, None, provider_id.as_deref()),
                Settlement::Failed { reason, .. } => (FAILED, None, true, Some(reason.as_str()), None),
                Settlement::Withheld { reason } => (WITHHELD, None, false, Some(reason.as_str()), None),
                // What would wait again waits no more where its journey was stopped: it was counted as cancelled.
                Settlement::Again { .. } if stopped.contains(&message.version) => (CANCELLED, None, false, None, None),
                Settlement::Again { at, reason, tried } => (QUEUED, Some(at.0), *tried, reason.as_deref(), None),
            };
            let settled_at = (state != QUEUED).then_some(now.0);
            let query = query.bind(message.message).bind(state).bind(settled_at).bind(due.unwrap_or(0));
            query.bind(i64::from(tried)).bind(reason).bind(provider_id)
        })
        .await?;
    Ok(())
}

/// The engine moves people by what became of their messages.
async fn tell_engine(connection: &mut SqliteConnection, settled: &[SettledMessage], now: Timestamp) -> StoreResult<()> {
    static TELL: Bulk =
        Bulk::new("INSERT INTO message_events (message, what, at) VALUES", 3, " ON CONFLICT DO UPDATE SET pending = 1");
    let fates = settled.iter().filter_map(|message| Some((message.message, message.settlement.fate()?)));
    TELL.run(connection, fates, |query, (message, fate)| query.bind(message).bind(fate.code()).bind(now.0)).await?;
    Ok(())
}

/// In a stopped version all that was queued counts as cancelled already; what went out after all does not.
async fn count(
    connection: &mut SqliteConnection,
    settled: &[SettledMessage],
    stopped: &HashSet<VersionNumber>,
) -> StoreResult<()> {
    static COUNT: Bulk = Bulk::new(
        "UPDATE versions SET queued = queued - c.column2, cancelled = cancelled - c.column3 FROM (VALUES",
        3,
        ") c WHERE versions.seq = c.column1",
    );
    let mut done: HashMap<VersionNumber, i64> = HashMap::new();
    for message in settled.iter().filter(|message| message.settlement.fate().is_some()) {
        *done.entry(message.version).or_default() += 1;
    }
    COUNT
        .run(connection, done, |query, (version, count)| {
            let (queued, cancelled) = if stopped.contains(&version) { (0, count) } else { (count, 0) };
            query.bind(version).bind(queued).bind(cancelled)
        })
        .await?;
    Ok(())
}

/// Nothing is sent again to an address that does not exist.
async fn suppress(connection: &mut SqliteConnection, settled: &[SettledMessage], now: Timestamp) -> StoreResult<()> {
    static SUPPRESS: Bulk =
        Bulk::new("INSERT INTO suppressions (project, kind, address, cause, reason, at) VALUES", 6, " ON CONFLICT DO NOTHING");
    let dead = settled.iter().filter_map(|message| match &message.settlement {
        Settlement::Failed { reason, dead_address: Some((kind, address)) } => Some((message.project, kind, address, reason)),
        _ => None,
    });
    SUPPRESS
        .run(connection, dead, |query, (project, kind, address, reason)| {
            let query = query.bind(project).bind(kind.key()).bind(address).bind(Cause::Bounced.code());
            query.bind(Cause::Bounced.reason(reason)).bind(now.0)
        })
        .await?;
    Ok(())
}

/// The server died with messages in the senders' hands. Whether a provider has taken them nobody knows: they go out again
/// under the same key. Those of versions that were stopped or left do not.
pub async fn take_back(store: &SqliteStore, now: Timestamp) -> StoreResult<i64> {
    let mut transaction = store.begin().await?;
    let left = sqlx::query(
        "INSERT INTO delivery_doubts (project, count)
         SELECT project, count(*) FROM outbox INDEXED BY outbox_leased WHERE state = 4 GROUP BY project
         ON CONFLICT DO UPDATE SET count = count + excluded.count",
    )
    .execute(&mut *transaction)
    .await?
    .rows_affected();
    if left == 0 {
        return Ok(0);
    }
    let in_doubt = sqlx::query(
        "UPDATE outbox SET state = iif((SELECT v.emptied FROM versions v WHERE v.seq = outbox.version) IS NOT NULL, 3, 0),
                settled_at = iif((SELECT v.emptied FROM versions v WHERE v.seq = outbox.version) IS NOT NULL, ?1, NULL),
                doubts = doubts + 1 WHERE seq IN (SELECT seq FROM outbox INDEXED BY outbox_leased WHERE state = 4)",
    )
    .bind(now.0)
    .execute(&mut *transaction)
    .await?
    .rows_affected();
    transaction.commit().await?;
    Ok(in_doubt.cast_signed())
}
