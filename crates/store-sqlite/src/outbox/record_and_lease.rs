//! Settling what came back and taking other messages in its place, in one transaction; and what
//! happens where one of them cannot be settled: it is set aside, and the others go on.

use std::collections::HashSet;

use sqlx::SqliteConnection;

use super::{lease, record};
use crate::{SqliteStore, error::SqliteResult, rows::to_json, write_queue::Urgency};
use wayfare_domain::{ids::MessageKey, messages::message_status::MessageStatus, time::Timestamp};
use wayfare_store::outbox::{LeaseQuota, LeasedMessage, MessageResult};

pub async fn record_and_lease(
    store: &SqliteStore,
    settled: &[MessageResult],
    quotas: &[LeaseQuota],
    now: Timestamp,
) -> SqliteResult<Vec<LeasedMessage>> {
    match all_together(store, settled, quotas, now).await {
        Ok(Some(taken)) => Ok(taken),
        Ok(None) => {
            settle_ours(store, settled, now).await?;
            take_only(store, quotas, now).await
        }
        Err(error) if error.is_about_rows() && !settled.is_empty() => {
            tracing::error!(%error, messages = settled.len(), "delivery.settled_one_by_one");
            for message in settled {
                settle_one(store, message, now).await?;
            }
            take_only(store, quotas, now).await
        }
        Err(error) => Err(error),
    }
}

/// None, and nothing done, where some of them are not in hand any more.
async fn all_together(
    store: &SqliteStore,
    settled: &[MessageResult],
    quotas: &[LeaseQuota],
    now: Timestamp,
) -> SqliteResult<Option<Vec<LeasedMessage>>> {
    let mut transaction = store.begin_as(Urgency::Work).await?;
    if !record::settle(&mut transaction, settled, now).await? {
        transaction.rollback().await?;
        return Ok(None);
    }
    let taken = lease::take(&mut transaction, quotas, now).await?;
    transaction.commit().await?;
    Ok(Some(taken))
}

async fn take_only(
    store: &SqliteStore,
    quotas: &[LeaseQuota],
    now: Timestamp,
) -> SqliteResult<Vec<LeasedMessage>> {
    let mut transaction = store.begin_as(Urgency::Work).await?;
    let taken = lease::take(&mut transaction, quotas, now).await?;
    transaction.commit().await?;
    Ok(taken)
}

/// Those that are still in hand; what someone else has settled counts as they settled it.
async fn settle_ours(
    store: &SqliteStore,
    settled: &[MessageResult],
    now: Timestamp,
) -> SqliteResult<()> {
    let mut transaction = store.begin_as(Urgency::Work).await?;
    let held = in_hand(&mut transaction, settled).await?;
    let ours: Vec<MessageResult> =
        settled.iter().filter(|message| held.contains(&message.message)).cloned().collect();
    tracing::error!(others = settled.len() - ours.len(), "delivery.settled_by_somebody_else");
    record::settle(&mut transaction, &ours, now).await?;
    transaction.commit().await?;
    Ok(())
}

async fn in_hand(
    connection: &mut SqliteConnection,
    settled: &[MessageResult],
) -> SqliteResult<HashSet<MessageKey>> {
    let numbers: Vec<MessageKey> = settled.iter().map(|message| message.message).collect();
    let rows: Vec<(i64,)> = sqlx::query_as(
        "SELECT o.key FROM json_each(?1) c CROSS JOIN outbox o ON o.key = c.value
         AND o.status = ?2",
    )
    .bind(to_json(&numbers)?)
    .bind(MessageStatus::Sending.code())
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|(seq,)| MessageKey(seq)).collect())
}

async fn settle_one(
    store: &SqliteStore,
    message: &MessageResult,
    now: Timestamp,
) -> SqliteResult<()> {
    let one = std::slice::from_ref(message);
    let mut transaction = store.begin_as(Urgency::Work).await?;
    match record::settle(&mut transaction, one, now).await {
        Ok(_) => Ok(transaction.commit().await?),
        Err(error) if error.is_about_rows() => {
            transaction.rollback().await?;
            // What became of it is kept, so that it does not go out again, and the person goes on.
            // Counts are left as they are.
            tracing::error!(%error, message = %message.message, outcome = ?message.outcome, "delivery.message_set_aside");
            if let Err(error) = settle_uncounted(store, one, now).await {
                tracing::error!(%error, message = %message.message, "delivery.message_stays_in_hand");
            }
            Ok(())
        }
        Err(error) => Err(error),
    }
}

async fn settle_uncounted(
    store: &SqliteStore,
    one: &[MessageResult],
    now: Timestamp,
) -> SqliteResult<()> {
    let mut transaction = store.begin_as(Urgency::Work).await?;
    record::write_states(&mut transaction, one, &HashSet::new(), now).await?;
    record::tell_engine(&mut transaction, one, now).await?;
    transaction.commit().await
}
