//! What became of messages is written: a fixed number of statements for as many reports as came
//! together.

use std::collections::{HashMap, HashSet};

use sqlx::{FromRow, SqliteConnection};

use super::{
    effects::{self, read_contacts},
    replies,
};
use crate::{
    SqliteStore, bulk_statement::BulkStatement, error::SqliteResult, rows::to_json,
    write_queue::Urgency,
};
use wayfare_domain::{
    ids::{MessageKey, ProfileKey, ProjectKey},
    messages::{
        contact_effects::ContactEffects,
        event::MessageEventKind,
        feedback::{EventLine, MessageFacts, NewMessageEvent, News},
    },
    profiles::{contact::ContactSource, profile::Channel},
    time::Timestamp,
};
use wayfare_store::{message_events::InboundBatch, outbox::ChangedFacts};

/// What the outbox says of a message.
#[derive(FromRow)]
struct OutboxRow {
    key: i64,
    #[sqlx(try_from = "i64")]
    project_key: ProjectKey,
    /// None once they were erased.
    profile_key: Option<i64>,
    channel: String,
}

impl OutboxRow {
    fn into_facts(self) -> (MessageKey, MessageFacts) {
        let channel = Channel::from_key(&self.channel);
        let (project, profile) = (self.project_key, self.profile_key.map(ProfileKey));
        (MessageKey(self.key), MessageFacts { project, profile, channel })
    }
}

pub async fn record_message_events(
    store: &SqliteStore,
    told: &[InboundBatch],
    now: Timestamp,
) -> SqliteResult<(u64, ChangedFacts)> {
    let mut transaction = store.begin_as(Urgency::Work).await?;
    let connection = &mut *transaction;
    let mut fresh: Vec<&InboundBatch> = Vec::with_capacity(told.len());
    for one in told {
        if is_first(connection, one, now).await? {
            fresh.push(one);
        }
    }
    let reports: Vec<&NewMessageEvent> = fresh.iter().flat_map(|told| &told.reports).collect();
    let mut changed = ChangedFacts::default();
    let mut news = write(connection, &reports, &mut changed, now).await?;
    for (project, reply) in fresh.iter().flat_map(|told| &told.replies) {
        news += replies::carry_out(connection, *project, reply, &mut changed, now).await?;
    }
    transaction.commit().await?;
    Ok((news, changed))
}

/// False where the same was told before.
async fn is_first(
    connection: &mut SqliteConnection,
    told: &InboundBatch,
    now: Timestamp,
) -> SqliteResult<bool> {
    let Some((project, receipt)) = &told.dedup_key else { return Ok(true) };
    let written = sqlx::query(
        "INSERT INTO webhook_dedup_keys (project_key, dedup_key, at) SELECT key, ?2, ?3
         FROM projects
         WHERE id = ?1 ON CONFLICT DO NOTHING",
    )
    .bind(project.0)
    .bind(receipt)
    .bind(now.0)
    .execute(connection)
    .await?;
    Ok(written.rows_affected() == 1)
}

/// Answers how many things were not known yet.
async fn write(
    connection: &mut SqliteConnection,
    reports: &[&NewMessageEvent],
    changed: &mut ChangedFacts,
    now: Timestamp,
) -> SqliteResult<u64> {
    if reports.is_empty() {
        return Ok(0);
    }
    let numbers: HashSet<MessageKey> = reports.iter().map(|report| report.message).collect();
    let numbers = to_json(&numbers)?;
    let messages = read_messages(connection, &numbers).await?;
    let known = read_known(connection, &numbers).await?;
    let news = News::among(reports, &messages, known);
    let count = news.lines.len() as u64;
    insert(connection, news.lines).await?;
    // Few reports reach beyond their message: the others ask nothing more of the database.
    let mut reports = news.reports;
    reports.retain(|(_, report)| report.suppression_reason().is_some());
    if !reports.is_empty() {
        let profiles = reports.iter().filter_map(|(message, _)| message.profile);
        let mut people = read_contacts(connection, profiles).await?;
        let effects = ContactEffects::of_reports(&reports, &mut people, now);
        effects::apply(connection, ContactSource::Provider, effects, changed, now).await?;
    }
    Ok(count)
}

/// The messages among these numbers that are there.
async fn read_messages(
    connection: &mut SqliteConnection,
    numbers: &str,
) -> SqliteResult<HashMap<MessageKey, MessageFacts>> {
    let rows: Vec<OutboxRow> = sqlx::query_as(
        "SELECT o.key, o.project_key, o.profile_key, o.channel FROM json_each(?1) chosen
         CROSS JOIN outbox o
         ON o.key = chosen.value",
    )
    .bind(numbers)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(OutboxRow::into_facts).collect())
}

/// What was told of them before.
async fn read_known(
    connection: &mut SqliteConnection,
    numbers: &str,
) -> SqliteResult<HashSet<(MessageKey, MessageEventKind)>> {
    let rows: Vec<(i64, i64)> = sqlx::query_as(
        "SELECT m.message_key, m.kind FROM json_each(?1) chosen CROSS JOIN message_events m
         ON m.message_key = chosen.value",
    )
    .bind(numbers)
    .fetch_all(connection)
    .await?;
    let known = |(message, code)| Some((MessageKey(message), MessageEventKind::from_code(code)?));
    Ok(rows.into_iter().filter_map(known).collect())
}

/// Notes things that became of messages, for the engine to act on. What is known already stays as
/// it is.
pub async fn insert<'a>(
    connection: &mut SqliteConnection,
    lines: impl IntoIterator<Item = EventLine<'a>>,
) -> SqliteResult<u64> {
    static INSERT: BulkStatement = BulkStatement::new(
        "INSERT INTO message_events (message_key, kind, at, detail) VALUES",
        4,
        " ON CONFLICT DO NOTHING",
    );
    INSERT
        .run(connection, lines, |query, line| {
            query.bind(line.message.0).bind(line.kind.code()).bind(line.at.0).bind(line.detail)
        })
        .await
}
