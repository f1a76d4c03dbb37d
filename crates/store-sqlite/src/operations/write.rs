//! Writes an operation into the history, with a row for each journey that it was about.

use sqlx::SqliteConnection;

use crate::{
    audit::NewAuditEntry,
    error::SqliteResult,
    rows::{hex, to_json},
};
use wayfare_domain::{
    access::actor::Actor,
    audit::AuditEvent,
    ids::OperationId,
    operations::{
        ItemResult, OperationResult,
        record::{OperationItemRecord, OperationRecord},
    },
    time::Timestamp,
};

/// Writes it and gives the answer.
pub async fn write_operation(
    connection: &mut SqliteConnection,
    actor: &Actor,
    record: &OperationRecord,
    now: Timestamp,
) -> SqliteResult<OperationResult> {
    let report = record.summary(OperationId::new(), actor.person(), now);
    sqlx::query(
        "INSERT INTO operations (id, project_id, action, undo_of, actor_id, created_at, filter,
         matched, changed, skipped, single_name, note, exited_enrolments, cancelled_messages)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(report.id.0)
    .bind(actor.project.0)
    .bind(record.action.key())
    .bind(record.undo_of.map(|id| id.0))
    .bind(actor.user.0)
    .bind(now.0)
    .bind(&record.filter)
    .bind(i64::try_from(record.matched()).unwrap_or(i64::MAX))
    .bind(report.changed)
    .bind(to_json(&report.skipped)?)
    .bind(&report.only)
    .bind(&record.note)
    .bind(record.ended_inside)
    .bind(record.cancelled_messages)
    .execute(&mut *connection)
    .await?;
    write_items(connection, actor, report.id, &record.items).await?;
    let summary = report.audit_sentence();
    let entry = NewAuditEntry {
        operation: Some(report.id),
        ..NewAuditEntry::of(actor, AuditEvent::Journeys(record.action), &summary)
    };
    entry.write(connection, now).await?;
    Ok(OperationResult { items: record.answer_items(), report })
}

async fn write_items(
    connection: &mut SqliteConnection,
    actor: &Actor,
    id: OperationId,
    items: &[OperationItemRecord],
) -> SqliteResult<()> {
    type Row<'a> = (String, &'a str, Option<String>, i64, i64, Option<String>, i64);
    let rows = items
        .iter()
        .map(|item| {
            let (refusal, to) = match item.outcome {
                ItemResult::Changed { to, .. } => (None, to),
                ItemResult::Skipped(refusal) => (Some(refusal.key()), item.from),
            };
            let before = item.before.as_ref().map(to_json).transpose()?;
            Ok((
                hex(item.journey.0),
                item.name.as_str(),
                refusal,
                item.from.code(),
                to.code(),
                before,
                item.revision,
            ))
        })
        .collect::<SqliteResult<Vec<Row>>>()?;
    sqlx::query(
        "INSERT INTO operation_items (operation_id, position, project_id, journey_id, name,
            refusal, from_status, to_status, undo_snapshot, revision)
         SELECT ?1, key, ?2, unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3, value
         ->> 4, value ->> 5, value ->> 6
         FROM json_each(?3)",
    )
    .bind(id.0)
    .bind(actor.project.0)
    .bind(to_json(&rows)?)
    .execute(connection)
    .await?;
    Ok(())
}
