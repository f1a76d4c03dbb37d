//! Deletes what is too old to be kept, a page of a table at a time.
//!
//! A page is looked at by key, and the next one begins after it, whatever stays of it: rows that
//! cannot go never keep those after them from being looked at.

use std::collections::HashMap;

use async_trait::async_trait;

use crate::{
    SqliteStore, bulk_statement::BulkStatement, error::SqliteResult, rows::to_json,
    write_queue::Urgency,
};
use wayfare_domain::{
    ids::{EnrolmentKey, VersionKey},
    messages::{message_status::MessageStatus, reply::REPLY_RECEIPT},
    time::Timestamp,
};
use wayfare_store::{
    StoreResult,
    retention::{DeletedPage, RetentionCutoff, RetentionStore},
};

#[async_trait]
impl RetentionStore for SqliteStore {
    async fn delete_old_events(
        &self,
        cutoff: RetentionCutoff,
        from: i64,
        limit: i64,
    ) -> StoreResult<DeletedPage> {
        Ok(delete_events(self, cutoff, from, limit).await?)
    }

    async fn delete_old_enrolment_logs(
        &self,
        cutoff: RetentionCutoff,
        from: EnrolmentKey,
        limit: i64,
    ) -> StoreResult<DeletedPage> {
        Ok(delete_enrolment_logs(self, cutoff, from, limit).await?)
    }

    async fn delete_old_messages(
        &self,
        cutoff: RetentionCutoff,
        from: i64,
        limit: i64,
    ) -> StoreResult<DeletedPage> {
        Ok(delete_messages(self, cutoff, from, limit).await?)
    }

    async fn delete_old_entry_rejections(
        &self,
        cutoff: RetentionCutoff,
        from: VersionKey,
        limit: i64,
    ) -> StoreResult<DeletedPage> {
        Ok(delete_entry_rejections(self, cutoff, from, limit).await?)
    }

    async fn delete_old_imports_and_dedup_keys(
        &self,
        cutoff: RetentionCutoff,
        limit: i64,
    ) -> StoreResult<DeletedPage> {
        Ok(delete_imports_and_dedup_keys(self, cutoff, limit).await?)
    }
}

/// Where the next page begins after one with these keys and times.
fn next(page: &[(i64, Timestamp)], cutoff: RetentionCutoff, limit: i64) -> Option<i64> {
    let (last, _) = page.last().filter(|_| page.len() as i64 == limit)?;
    let all_young = page.iter().all(|(_, at)| cutoff.is_young(*at));
    (!all_young).then_some(last + 1)
}

/// Events are numbered as they were received. Those that the engine has not looked at stay.
async fn delete_events(
    store: &SqliteStore,
    cutoff: RetentionCutoff,
    from: i64,
    limit: i64,
) -> SqliteResult<DeletedPage> {
    let rows: Vec<(i64, i64)> = sqlx::query_as(
        "SELECT seq, received_at FROM events WHERE seq >= ?1 AND seq <= (SELECT event_cursor
         FROM engine_state) ORDER BY seq LIMIT ?2",
    )
    .bind(from)
    .bind(limit)
    .fetch_all(&store.readers)
    .await?;
    let page: Vec<(i64, Timestamp)> =
        rows.into_iter().map(|(seq, at)| (seq, Timestamp(at))).collect();
    let next = next(&page, cutoff, limit);
    let Some((last, _)) = page.iter().rev().find(|(_, at)| cutoff.is_old(*at)) else {
        return Ok(DeletedPage { deleted: 0, next });
    };
    let statement =
        sqlx::query("DELETE FROM events WHERE seq BETWEEN ?1 AND ?2 AND received_at < ?3")
            .bind(from)
            .bind(last)
            .bind(cutoff.before.0);
    let deleted = store.execute(Urgency::Upkeep, statement).await?;
    Ok(DeletedPage { deleted, next })
}

/// Steps of the next few enrolments from `from` on; they are numbered as they began, so those after
/// the first young one have young steps only.
async fn delete_enrolment_logs(
    store: &SqliteStore,
    cutoff: RetentionCutoff,
    from: EnrolmentKey,
    enrolments: i64,
) -> SqliteResult<DeletedPage> {
    let first: Option<(i64, i64)> = sqlx::query_as(
        "SELECT s.enrolment_key, e.entered_at FROM enrolment_log s JOIN enrolments e
         ON e.key = s.enrolment_key
         WHERE s.enrolment_key >= ? ORDER BY s.enrolment_key LIMIT 1",
    )
    .bind(from.0)
    .fetch_optional(&store.readers)
    .await?;
    let Some((first, _)) = first.filter(|(_, entered_at)| !cutoff.is_young(Timestamp(*entered_at)))
    else {
        return Ok(DeletedPage { deleted: 0, next: None });
    };
    let end = first + enrolments;
    let statement = sqlx::query(
        "DELETE FROM enrolment_log WHERE enrolment_key >= ?1 AND enrolment_key < ?2
            AND at < ?3",
    )
    .bind(first)
    .bind(end)
    .bind(cutoff.before.0);
    let deleted = store.execute(Urgency::Upkeep, statement).await?;
    Ok(DeletedPage { deleted, next: Some(end) })
}

/// A message of a page: its key, status and version, when it was written and when it became final.
type MessageRow = (i64, i64, i64, i64, Option<i64>);

/// Messages are numbered as they were written; those that wait or are on their way stay.
async fn delete_messages(
    store: &SqliteStore,
    cutoff: RetentionCutoff,
    from: i64,
    limit: i64,
) -> SqliteResult<DeletedPage> {
    let rows: Vec<MessageRow> = sqlx::query_as(
        "SELECT key, status, version_key, created_at, finished_at FROM outbox
            WHERE key >= ?1 ORDER BY key LIMIT ?2",
    )
    .bind(from)
    .bind(limit)
    .fetch_all(&store.readers)
    .await?;
    let page: Vec<(i64, Timestamp)> =
        rows.iter().map(|(seq, _, _, created_at, _)| (*seq, Timestamp(*created_at))).collect();
    let next = next(&page, cutoff, limit);
    let is_old = |(_, state, _, created_at, finished_at): &&MessageRow| {
        let is_final = MessageStatus::from_code(*state).is_some_and(MessageStatus::is_final);
        is_final && cutoff.is_old(Timestamp(finished_at.unwrap_or(*created_at)))
    };
    let old: Vec<i64> = rows.iter().filter(is_old).map(|(seq, ..)| *seq).collect();
    let deleted = if old.is_empty() { 0 } else { delete_final_messages(store, &old).await? };
    Ok(DeletedPage { deleted, next })
}

/// Someone may have had one of them sent again meanwhile: the states are looked at once more.
async fn delete_final_messages(store: &SqliteStore, old: &[i64]) -> SqliteResult<u64> {
    // Versions go on counting what was cancelled, without its rows.
    static KEEP_COUNT: BulkStatement = BulkStatement::new(
        "UPDATE versions SET baseline_stats = json_set(baseline_stats, '$.cancelled',
         coalesce(baseline_stats ->> '$.cancelled', 0) + c.column2)
         FROM (VALUES",
        2,
        ") c WHERE versions.key = c.column1",
    );
    let mut transaction = store.begin_as(Urgency::Upkeep).await?;
    let gone: Vec<(i64, i64, i64)> = sqlx::query_as(
        "DELETE FROM outbox WHERE key IN (SELECT value FROM json_each(?1))
            AND status IN (SELECT value FROM json_each(?2))
         RETURNING key, status, version_key",
    )
    .bind(to_json(&old)?)
    .bind(to_json(&MessageStatus::FINAL.map(MessageStatus::code))?)
    .fetch_all(&mut *transaction)
    .await?;
    let mut cancelled: HashMap<VersionKey, i64> = HashMap::new();
    for (_, _, version) in
        gone.iter().filter(|(_, state, _)| *state == MessageStatus::Cancelled.code())
    {
        *cancelled.entry(VersionKey(*version)).or_default() += 1;
    }
    KEEP_COUNT
        .run(&mut transaction, cancelled, |query, (version, count)| {
            query.bind(version.0).bind(count)
        })
        .await?;
    let gone: Vec<i64> = gone.into_iter().map(|(seq, ..)| seq).collect();
    sqlx::query("DELETE FROM message_events WHERE message_key IN (SELECT value FROM json_each(?))")
        .bind(to_json(&gone)?)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(gone.len() as u64)
}

/// The last refusals of people, of one version after the other.
async fn delete_entry_rejections(
    store: &SqliteStore,
    cutoff: RetentionCutoff,
    from: VersionKey,
    limit: i64,
) -> SqliteResult<DeletedPage> {
    let version: (Option<i64>,) =
        sqlx::query_as("SELECT min(version_key) FROM entry_rejections WHERE version_key >= ?")
            .bind(from.0)
            .fetch_one(&store.readers)
            .await?;
    let Some(version) = version.0 else { return Ok(DeletedPage { deleted: 0, next: None }) };
    let statement = sqlx::query(
        "DELETE FROM entry_rejections WHERE version_key = ?1 AND profile_key IN (SELECT profile_key
         FROM entry_rejections
         WHERE version_key = ?1 AND at < ?2 LIMIT ?3)",
    )
    .bind(version)
    .bind(cutoff.before.0)
    .bind(limit);
    let deleted = store.execute(Urgency::Upkeep, statement).await?;
    let more = deleted == limit.unsigned_abs();
    Ok(DeletedPage { deleted, next: Some(if more { version } else { version + 1 }) })
}

/// Receipts of providers' reports, and imports with the rows that they refused. What is found is
/// what goes: there is no page that something could stay on.
async fn delete_imports_and_dedup_keys(
    store: &SqliteStore,
    cutoff: RetentionCutoff,
    limit: i64,
) -> SqliteResult<DeletedPage> {
    let mut transaction = store.begin_as(Urgency::Upkeep).await?;
    let mut deleted = 0;
    let mut more = false;
    for statement in [
        // A request without its receipt finds no message once theirs is deleted.
        "DELETE FROM webhook_dedup_keys WHERE (project_key, dedup_key) IN (
             SELECT project_key, dedup_key FROM webhook_dedup_keys WHERE at < ?1
             AND substr(dedup_key, 1, length(?3)) <> ?3 LIMIT ?2)",
        "DELETE FROM import_errors WHERE (import_id, line) IN (
             SELECT e.import_id, e.line FROM imports i JOIN import_errors e ON e.import_id = i.id
             WHERE i.finished_at < ?1 LIMIT ?2)",
        "DELETE FROM imports WHERE id IN (
             SELECT i.id FROM imports i WHERE i.finished_at < ?1 AND NOT EXISTS (SELECT 1
             FROM import_errors e WHERE e.import_id = i.id)
             LIMIT ?2)",
    ] {
        let rows = sqlx::query(statement)
            .bind(cutoff.before.0)
            .bind(limit)
            .bind(REPLY_RECEIPT)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        deleted += rows;
        more |= rows == limit.unsigned_abs();
    }
    transaction.commit().await?;
    Ok(DeletedPage { deleted, next: more.then_some(0) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CUTOFF: RetentionCutoff = RetentionCutoff { before: Timestamp(100), now: Timestamp(200) };

    fn after(times: &[i64]) -> Option<i64> {
        let page: Vec<(i64, Timestamp)> =
            (1..).zip(times.iter().map(|at| Timestamp(*at))).collect();
        next(&page, CUTOFF, 3)
    }

    #[test]
    fn it_goes_on_after_a_full_page_unless_everything_on_it_is_young() {
        assert_eq!(after(&[1, 2, 3]), Some(4));
        assert_eq!(after(&[1, 150, 160]), Some(4));
        assert_eq!(after(&[150, 160, 170]), None);
        assert_eq!(after(&[1, 2]), None, "it was the last page");
        assert_eq!(
            after(&[900, 900, 900]),
            Some(4),
            "written while the clock was ahead: what follows may be old"
        );
    }
}
