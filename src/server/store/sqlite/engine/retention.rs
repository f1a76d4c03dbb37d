//! Deletes what is too old to be kept.

use crate::{
    domain::time::Timestamp,
    server::store::{
        StoreResult,
        engine::EnrolmentNumber,
        sqlite::{SqliteStore, rows::to_json},
    },
};

/// Events are numbered as they were received, so the oldest come first. Those that the engine has not looked at stay.
pub async fn events(store: &SqliteStore, before: Timestamp, limit: i64) -> StoreResult<u64> {
    let old: (Option<i64>,) = sqlx::query_as(
        "SELECT max(seq) FROM (SELECT seq, received_at FROM events WHERE seq <= (SELECT cursor FROM engine_state)
                               ORDER BY seq LIMIT ?2) WHERE received_at < ?1",
    )
    .bind(before.0)
    .bind(limit)
    .fetch_one(&store.readers)
    .await?;
    let Some(last) = old.0 else { return Ok(0) };
    Ok(sqlx::query("DELETE FROM events WHERE seq <= ?1 AND received_at < ?2")
        .bind(last)
        .bind(before.0)
        .execute(&mut *store.writer().await?)
        .await?
        .rows_affected())
}

/// Steps of the next few trips from `from` on. Answers where to go on; trips are numbered as they began, so those after the
/// first young one have young steps only.
pub async fn steps(
    store: &SqliteStore,
    before: Timestamp,
    from: EnrolmentNumber,
    trips: i64,
) -> StoreResult<(u64, Option<EnrolmentNumber>)> {
    let first: Option<(i64, i64)> = sqlx::query_as(
        "SELECT s.enrolment, e.entered_at FROM steps s JOIN enrolments e ON e.seq = s.enrolment
         WHERE s.enrolment >= ? ORDER BY s.enrolment LIMIT 1",
    )
    .bind(from)
    .fetch_optional(&store.readers)
    .await?;
    let Some((first, entered_at)) = first else { return Ok((0, None)) };
    if entered_at >= before.0 {
        return Ok((0, None));
    }
    let end = first + trips;
    let deleted = sqlx::query("DELETE FROM steps WHERE enrolment >= ?1 AND enrolment < ?2 AND at < ?3")
        .bind(first)
        .bind(end)
        .bind(before.0)
        .execute(&mut *store.writer().await?)
        .await?
        .rows_affected();
    Ok((deleted, Some(end)))
}

/// Messages are numbered as they were written, so the oldest come first; those that are still on their way stay.
pub async fn messages(store: &SqliteStore, before: Timestamp, limit: i64) -> StoreResult<u64> {
    let mut transaction = store.begin().await?;
    let old: Vec<(i64,)> = sqlx::query_as(
        "SELECT seq FROM (SELECT seq, state, settled_at FROM outbox ORDER BY seq LIMIT ?2)
         WHERE state IN (1, 2, 5) AND settled_at < ?1",
    )
    .bind(before.0)
    .bind(limit)
    .fetch_all(&mut *transaction)
    .await?;
    let old = to_json(&old.iter().map(|(seq,)| *seq).collect::<Vec<i64>>())?;
    sqlx::query("DELETE FROM message_events WHERE message IN (SELECT value FROM json_each(?))")
        .bind(&old)
        .execute(&mut *transaction)
        .await?;
    let deleted = sqlx::query("DELETE FROM outbox WHERE seq IN (SELECT value FROM json_each(?))")
        .bind(&old)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
    transaction.commit().await?;
    Ok(deleted)
}

/// The last refusals of people, and imports with the rows that they refused.
pub async fn accounts(store: &SqliteStore, before: Timestamp) -> StoreResult<u64> {
    let mut transaction = store.begin().await?;
    let mut deleted = 0;
    for statement in [
        "DELETE FROM refusals WHERE at < ?1",
        "DELETE FROM hook_receipts WHERE at < ?1",
        "DELETE FROM import_errors WHERE import IN (SELECT id FROM imports WHERE finished_at < ?1)",
        "DELETE FROM imports WHERE finished_at < ?1",
    ] {
        deleted += sqlx::query(statement).bind(before.0).execute(&mut *transaction).await?.rows_affected();
    }
    transaction.commit().await?;
    Ok(deleted)
}
