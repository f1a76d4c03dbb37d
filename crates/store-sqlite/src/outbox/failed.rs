//! Messages that no provider took.

use async_trait::async_trait;
use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use super::{channel, counts};
use crate::{
    SqliteStore,
    audit::NewAuditEntry,
    codes::{FAILED, FIRST_MOVING, LAST_MOVING},
    error::SqliteResult,
    rows::{json, to_json},
};
use wayfare_domain::{
    access::actor::Actor,
    audit::AuditEvent,
    ids::{JourneyId, MessageKey, ProjectId, VersionKey},
    messages::{
        failed::{
            FailedMessage, FailedMessagePage, FailedMessageQuery, NamedPerson, PAGE_SIZE,
            REASONS_SHOWN, RESEND_MAX, resent_summary,
        },
        message_status::{CountChange, MessageRoute, MessageStatus},
    },
    time::Timestamp,
};
use wayfare_store::{StoreError, StoreResult, outbox::FailedMessageStore};

#[async_trait]
impl FailedMessageStore for SqliteStore {
    async fn get_failed_message_page(
        &self,
        project: ProjectId,
        query: &FailedMessageQuery,
    ) -> StoreResult<FailedMessagePage> {
        Ok(page(self, project, query).await?)
    }

    async fn resend_messages(
        &self,
        actor: &Actor,
        query: &FailedMessageQuery,
        chosen: &[MessageKey],
        now: Timestamp,
    ) -> StoreResult<i64> {
        Ok(resend(self, actor, query, chosen, now).await?)
    }
}

#[derive(FromRow)]
struct Row {
    key: i64,
    journey_id: Uuid,
    journey_name: String,
    node: String,
    channel: String,
    profile_key: Option<i64>,
    identity: Option<String>,
    addresses: Option<String>,
    reason: Option<String>,
    attempts: i64,
    finished_at: i64,
    stopped: bool,
}

async fn page(
    store: &SqliteStore,
    project: ProjectId,
    query: &FailedMessageQuery,
) -> SqliteResult<FailedMessagePage> {
    let journey = query.journey.map(|journey| journey.0);
    let channel_key = query.channel.map(|channel| channel.key());
    let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(format!(
        "SELECT o.key, j.id AS journey_id, j.name AS journey_name, o.node, o.channel, o.profile_key,
                p.identity, p.addresses, o.reason, o.attempts, o.finished_at,
                v.bulk_exit_reason IS NOT NULL AS stopped
         FROM projects x CROSS JOIN outbox o INDEXED BY outbox_failed ON o.project_key = x.key
         AND o.status = {FAILED}
              JOIN versions v ON v.key = o.version_key JOIN journeys j ON j.id = v.journey_id
              LEFT JOIN profiles p ON p.key = o.profile_key
         WHERE x.id = ?1 AND (?2 IS NULL OR j.id = ?2) AND (?3 IS NULL OR o.channel = ?3)
         AND (?4 IS NULL OR o.key < ?4)
         ORDER BY o.key DESC LIMIT ?5"
    )))
    .bind(project.0)
    .bind(journey)
    .bind(channel_key)
    .bind(query.before)
    .bind(PAGE_SIZE + 1)
    .fetch_all(&store.readers)
    .await?;
    let reasons: Vec<(Option<String>, i64)> = sqlx::query_as(AssertSqlSafe(format!(
        "SELECT reason, count(*) FROM (
             SELECT o.reason FROM projects x CROSS JOIN outbox o INDEXED BY outbox_failed
             ON o.project_key = x.key AND o.status = {FAILED}
             JOIN versions v ON v.key = o.version_key
             WHERE x.id = ?1 AND (?2 IS NULL OR v.journey_id = ?2) AND (?3 IS NULL
             OR o.channel = ?3) LIMIT ?4)
         GROUP BY reason ORDER BY count(*) DESC, reason"
    )))
    .bind(project.0)
    .bind(journey)
    .bind(channel_key)
    .bind(RESEND_MAX)
    .fetch_all(&store.readers)
    .await?;
    let total = reasons.iter().map(|(_, count)| count).sum();
    let reasons = reasons
        .into_iter()
        .map(|(reason, count)| (reason.unwrap_or_default(), count))
        .take(REASONS_SHOWN)
        .collect();
    let next = (rows.len() as i64 > PAGE_SIZE).then(|| rows[PAGE_SIZE as usize - 1].key);
    let rows =
        rows.into_iter().take(PAGE_SIZE as usize).map(message).collect::<SqliteResult<_>>()?;
    Ok(FailedMessagePage { query: *query, rows, total, next, reasons })
}

fn message(row: Row) -> SqliteResult<FailedMessage> {
    let channel = channel(&row.channel)?;
    let addresses = row.addresses.map(|text| json(&text, "addresses")).transpose()?;
    let person =
        NamedPerson::of(row.profile_key, row.identity, &addresses.unwrap_or_default(), channel);
    Ok(FailedMessage {
        number: row.key,
        journey: JourneyId(row.journey_id),
        journey_name: row.journey_name,
        node: row.node,
        channel,
        profile: row.profile_key,
        by_address: person.by_address,
        person: person.name,
        reason: row.reason.unwrap_or_default(),
        attempts: row.attempts,
        failed_at: Timestamp(row.finished_at),
        stopped: row.stopped,
    })
}

/// Back into the outbox, as if it had never been tried. They count as queued again. The condition
/// is [`FailedMessage::may_be_resent`], for a whole set.
async fn resend(
    store: &SqliteStore,
    actor: &Actor,
    query: &FailedMessageQuery,
    chosen: &[MessageKey],
    now: Timestamp,
) -> SqliteResult<i64> {
    let mut transaction = store.begin().await?;
    let messages: Vec<(i64, i64)> = sqlx::query_as(AssertSqlSafe(format!(
        "SELECT o.key, o.version_key FROM projects x
         CROSS JOIN outbox o INDEXED BY outbox_failed ON o.project_key = x.key
         AND o.status = {FAILED}
         JOIN versions v ON v.key = o.version_key
         WHERE x.id = ?1 AND v.status BETWEEN {FIRST_MOVING} AND {LAST_MOVING}
         AND v.bulk_exit_reason IS NULL AND o.profile_key IS NOT NULL
           AND (?2 IS NULL OR v.journey_id = ?2) AND (?3 IS NULL OR o.channel = ?3)
           AND (json_array_length(?4) = 0 OR o.key IN (SELECT value FROM json_each(?4)))
         ORDER BY o.key LIMIT ?5"
    )))
    .bind(actor.project.0)
    .bind(query.journey.map(|journey| journey.0))
    .bind(query.channel.map(|channel| channel.key()))
    .bind(to_json(&chosen)?)
    .bind(RESEND_MAX)
    .fetch_all(&mut *transaction)
    .await?;
    let count = messages.len() as i64;
    if count == 0 {
        return if chosen.is_empty() {
            Ok(0)
        } else {
            Err(StoreError::NotFound("undelivered message").into())
        };
    }
    let numbers: Vec<MessageKey> = messages.iter().map(|(seq, _)| MessageKey(*seq)).collect();
    sqlx::query(
        "UPDATE outbox SET status = ?2, is_live = ?3, is_resend = 1, attempts = 0,
         finished_at = NULL, due_at = 0, expires_at = NULL, reason = NULL
         WHERE key IN (SELECT value FROM json_each(?1))",
    )
    .bind(to_json(&numbers)?)
    .bind(MessageStatus::Queued.code())
    .bind(MessageRoute::Live.code())
    .execute(&mut *transaction)
    .await?;
    let changes = messages.iter().map(|(_, version)| (VersionKey(*version), CountChange::RESENT));
    counts::add(&mut transaction, counts::by_version(changes)).await?;
    let summary = resent_summary(count);
    NewAuditEntry::of(actor, AuditEvent::MessagesSentAgain, &summary)
        .write(&mut transaction, now)
        .await?;
    transaction.commit().await?;
    Ok(count)
}
