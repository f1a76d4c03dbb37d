//! A Stop, and a newer version that everybody leaves the older one for, count at once and say so in
//! one row; the rows of the people and the messages that they ended are brought in line afterwards,
//! in small steps, so that ending a million trips does not hold up anybody.

use crate::{
    SqliteStore,
    codes::{INSIDE, LIVE, QUEUED, TEST_MODE},
    error::SqliteResult,
    rows::to_json,
    write_queue::Urgency,
};
use wayfare_domain::{messages::message_status::MessageStatus, time::Timestamp};
use wayfare_store::engine::EnrolmentKey;

pub async fn sweep(store: &SqliteStore, now: Timestamp, limit: i64) -> SqliteResult<bool> {
    let (left,): (bool,) = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT EXISTS (SELECT 1 FROM versions v CROSS JOIN enrolments e INDEXED BY enrolments_live
                            ON e.version = v.seq AND e.state = {INSIDE}
                            WHERE v.emptied IS NOT NULL)
             OR EXISTS (SELECT 1 FROM outbox o INDEXED BY outbox_queued CROSS JOIN versions v
             ON v.seq = o.version
                        WHERE o.state = {QUEUED} AND o.lane = {TEST_MODE}
                        AND v.emptied IS NOT NULL)
             OR EXISTS (SELECT 1 FROM versions v CROSS JOIN outbox o INDEXED BY outbox_waiting
                            ON o.version = v.seq AND o.state = {QUEUED} AND o.lane = {LIVE}
                            WHERE v.emptied IS NOT NULL)"
    )))
    .fetch_one(&store.readers)
    .await?;
    if !left {
        return Ok(false);
    }
    let mut transaction = store.begin_as(Urgency::Work).await?;
    let trips = sqlx::query(sqlx::AssertSqlSafe(format!(
        "UPDATE enrolments SET (state, ended_at) =
                    (SELECT v.emptied, coalesce(v.left_at, ?1) FROM versions v
                    WHERE v.seq = enrolments.version),
                wait_until = NULL, due_at = NULL WHERE seq IN (
             SELECT e.seq FROM versions v CROSS JOIN enrolments e INDEXED BY enrolments_live
             ON e.version = v.seq AND e.state = {INSIDE}
             WHERE v.emptied IS NOT NULL LIMIT ?2)"
    )))
    .bind(now.0)
    .bind(limit)
    .execute(&mut *transaction)
    .await?
    .rows_affected();
    let mut messages = 0;
    for statement in [
        format!(
            "UPDATE outbox SET state = ?3, settled_at = ?1 WHERE seq IN (
                 SELECT o.seq FROM outbox o INDEXED BY outbox_queued CROSS JOIN versions v
                 ON v.seq = o.version
                 WHERE o.state = {QUEUED} AND o.lane = {TEST_MODE} AND v.emptied IS NOT NULL
                 LIMIT ?2)"
        ),
        format!(
            "UPDATE outbox SET state = ?3, settled_at = ?1 WHERE seq IN (
                 SELECT o.seq FROM versions v CROSS JOIN outbox o INDEXED BY outbox_waiting
                     ON o.version = v.seq AND o.state = {QUEUED} AND o.lane = {LIVE}
                     WHERE v.emptied IS NOT NULL LIMIT ?2)"
        ),
    ] {
        messages += sqlx::query(sqlx::AssertSqlSafe(statement))
            .bind(now.0)
            .bind(limit)
            .bind(MessageStatus::Cancelled.code())
            .execute(&mut *transaction)
            .await?
            .rows_affected();
    }
    transaction.commit().await?;
    let limit = limit.unsigned_abs();
    Ok(trips >= limit || messages >= limit)
}

/// Only when someone is looked at again is put off; what they wait for stays as it is.
pub async fn postpone(
    store: &SqliteStore,
    people: &[EnrolmentKey],
    now: Timestamp,
    until: Timestamp,
) -> SqliteResult<()> {
    let statement = sqlx::query(
        "UPDATE enrolments SET due_at = ?2 WHERE seq IN (SELECT value
            FROM json_each(?1)) AND due_at <= ?3",
    )
    .bind(to_json(&people)?)
    .bind(until.0)
    .bind(now.0);
    store.execute(Urgency::Work, statement).await?;
    Ok(())
}
