//! A Stop, and a newer version that everybody leaves the older one for, count at once and say so in
//! one row; the rows of the people and the messages that they ended are brought in line afterwards,
//! in small steps, so that ending a million enrolments does not hold up anybody.

use crate::{
    SqliteStore,
    codes::{INSIDE, LIVE, QUEUED, TEST_MODE},
    error::SqliteResult,
    rows::to_json,
    write_queue::Urgency,
};
use wayfare_domain::{ids::EnrolmentKey, messages::message_status::MessageStatus, time::Timestamp};

pub async fn sweep(store: &SqliteStore, now: Timestamp, limit: i64) -> SqliteResult<bool> {
    let (left,): (bool,) = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT EXISTS (SELECT 1 FROM versions v
                            CROSS JOIN enrolments e INDEXED BY enrolments_inside
                            ON e.version_key = v.key AND e.exit_reason = {INSIDE}
                            WHERE v.bulk_exit_reason IS NOT NULL)
             OR EXISTS (SELECT 1 FROM outbox o INDEXED BY outbox_queued_test CROSS JOIN versions v
             ON v.key = o.version_key
                        WHERE o.status = {QUEUED} AND o.is_live = {TEST_MODE}
                        AND v.bulk_exit_reason IS NOT NULL)
             OR EXISTS (SELECT 1 FROM versions v CROSS JOIN outbox o INDEXED BY outbox_queued_live
                            ON o.version_key = v.key AND o.status = {QUEUED} AND o.is_live = {LIVE}
                            WHERE v.bulk_exit_reason IS NOT NULL)"
    )))
    .fetch_one(&store.readers)
    .await?;
    if !left {
        return Ok(false);
    }
    let mut transaction = store.begin_as(Urgency::Work).await?;
    let enrolments = sqlx::query(sqlx::AssertSqlSafe(format!(
        "UPDATE enrolments SET (exit_reason, ended_at) =
                    (SELECT v.bulk_exit_reason, coalesce(v.bulk_exited_at, ?1) FROM versions v
                    WHERE v.key = enrolments.version_key),
                timer_at = NULL, due_at = NULL WHERE key IN (
             SELECT e.key FROM versions v CROSS JOIN enrolments e INDEXED BY enrolments_inside
             ON e.version_key = v.key AND e.exit_reason = {INSIDE}
             WHERE v.bulk_exit_reason IS NOT NULL LIMIT ?2)"
    )))
    .bind(now.0)
    .bind(limit)
    .execute(&mut *transaction)
    .await?
    .rows_affected();
    let mut messages = 0;
    for statement in [
        format!(
            "UPDATE outbox SET status = ?3, finished_at = ?1 WHERE key IN (
                 SELECT o.key FROM outbox o INDEXED BY outbox_queued_test CROSS JOIN versions v
                 ON v.key = o.version_key
                 WHERE o.status = {QUEUED} AND o.is_live = {TEST_MODE}
                 AND v.bulk_exit_reason IS NOT NULL
                 LIMIT ?2)"
        ),
        format!(
            "UPDATE outbox SET status = ?3, finished_at = ?1 WHERE key IN (
                 SELECT o.key FROM versions v CROSS JOIN outbox o INDEXED BY outbox_queued_live
                     ON o.version_key = v.key AND o.status = {QUEUED} AND o.is_live = {LIVE}
                     WHERE v.bulk_exit_reason IS NOT NULL LIMIT ?2)"
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
    Ok(enrolments >= limit || messages >= limit)
}

/// Only when someone is looked at again is put off; what they wait for stays as it is.
pub async fn postpone(
    store: &SqliteStore,
    people: &[EnrolmentKey],
    now: Timestamp,
    until: Timestamp,
) -> SqliteResult<()> {
    let statement = sqlx::query(
        "UPDATE enrolments SET due_at = ?2 WHERE key IN (SELECT value
            FROM json_each(?1)) AND due_at <= ?3",
    )
    .bind(to_json(&people)?)
    .bind(until.0)
    .bind(now.0);
    store.execute(Urgency::Work, statement).await?;
    Ok(())
}
