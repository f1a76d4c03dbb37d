//! Takes an operation back, journey by journey, where no one has changed the journey since.

use std::collections::HashMap;

use sqlx::{FromRow, SqliteConnection};
use uuid::Uuid;

use super::{
    operate,
    targets::{self, OperationTarget, OperationTargets},
    write::{OperationItemRecord, OperationRecord, UndoSnapshot, can_be_undone},
};
use crate::{
    SqliteStore, labels,
    rows::{hex, json, to_json},
};
use wayfare_domain::{
    access::actor::Actor,
    ids::{JourneyId, OperationId},
    journeys::{
        list::selection::Selection,
        transition::{Action, Refusal},
    },
    names::search_key,
    operations::{ItemResult, OperationResult},
    time::Timestamp,
};
use wayfare_store::{StoreError, StoreResult};

#[derive(FromRow)]
struct UndoRow {
    action: String,
    undone: bool,
}

#[derive(FromRow)]
struct ItemRow {
    journey_id: Uuid,
    name: String,
    before: Option<String>,
    revision: i64,
}

pub async fn undo(
    store: &SqliteStore,
    actor: &Actor,
    operation: OperationId,
    now: Timestamp,
) -> StoreResult<OperationResult> {
    let mut transaction = store.begin().await?;
    let known: Option<UndoRow> =
        sqlx::query_as("SELECT action, undone FROM operations WHERE id = ? AND project_id = ?")
            .bind(operation.0)
            .bind(actor.project.0)
            .fetch_optional(&mut *transaction)
            .await?;
    let known = known.ok_or(StoreError::NotFound("operation"))?;
    let action: Action = known
        .action
        .parse()
        .map_err(|()| StoreError::Corrupt(format!("the unknown action {}", known.action)))?;
    if known.undone || !can_be_undone(action) {
        return Err(StoreError::Refused {
            name: "This operation".to_string(),
            refusal: Refusal::NothingToUndo,
        });
    }
    let rows: Vec<ItemRow> = sqlx::query_as(
        "SELECT journey_id, name, before, revision FROM operation_items
         WHERE operation_id = ? AND project_id = ? AND refusal IS NULL ORDER BY place",
    )
    .bind(operation.0)
    .bind(actor.project.0)
    .fetch_all(&mut *transaction)
    .await?;
    let (untouched, mut changed_since) = sort_out(&mut transaction, actor, &rows, now).await?;
    let mut record = match action.inverse() {
        Some(inverse) => {
            let selection = Selection::Ticked(Vec::new());
            operate::carry_out(&mut transaction, actor, &selection, untouched, inverse, now).await?
        }
        None => put_back(&mut transaction, actor, action, untouched, &rows, now).await?,
    };
    record.items.append(&mut changed_since);
    record.undo_of = Some(operation);
    sqlx::query("UPDATE operations SET undone = 1 WHERE id = ? AND project_id = ?")
        .bind(operation.0)
        .bind(actor.project.0)
        .execute(&mut *transaction)
        .await?;
    let answer = record.write(&mut transaction, actor, now).await?;
    store.commit(transaction, actor.project).await?;
    Ok(answer)
}

/// Journeys that are still as the operation left them, and an account of those that are not.
async fn sort_out(
    connection: &mut SqliteConnection,
    actor: &Actor,
    rows: &[ItemRow],
    now: Timestamp,
) -> StoreResult<(OperationTargets, Vec<OperationItemRecord>)> {
    let ids: Vec<JourneyId> = rows.iter().map(|row| JourneyId(row.journey_id)).collect();
    let candidates = targets::by_ids(connection, actor.project, &ids, now, true).await?;
    let left: HashMap<JourneyId, i64> =
        rows.iter().map(|row| (JourneyId(row.journey_id), row.revision)).collect();
    let (untouched, touched): (Vec<OperationTarget>, Vec<OperationTarget>) = candidates
        .found
        .into_iter()
        .partition(|candidate| left.get(&candidate.id) == Some(&candidate.revision));
    let changed_since = touched
        .into_iter()
        .map(|candidate| OperationItemRecord {
            journey: candidate.id,
            name: candidate.name,
            outcome: ItemResult::Skipped(Refusal::ChangedSince),
            from: candidate.status,
            before: None,
            revision: candidate.revision,
        })
        .collect();
    Ok((OperationTargets { found: untouched, missing: candidates.missing }, changed_since))
}

/// Names, labels and deleted drafts come back from what the operation wrote down.
async fn put_back(
    connection: &mut SqliteConnection,
    actor: &Actor,
    action: Action,
    candidates: OperationTargets,
    rows: &[ItemRow],
    now: Timestamp,
) -> StoreResult<OperationRecord> {
    let before: HashMap<Uuid, &ItemRow> = rows.iter().map(|row| (row.journey_id, row)).collect();
    let mut names: Vec<(i64, String, String)> = Vec::new();
    let mut label_sets: Vec<(String, Vec<String>)> = Vec::new();
    let mut items = Vec::with_capacity(candidates.found.len());
    for candidate in &candidates.found {
        let row = before.get(&candidate.id.0);
        let kept: Option<UndoSnapshot> = row
            .and_then(|row| row.before.as_deref())
            .map(|text| json(text, "history"))
            .transpose()?;
        let mut name = row.map_or_else(|| candidate.name.clone(), |row| row.name.clone());
        match kept {
            Some(UndoSnapshot::Name(old)) => {
                names.push((candidate.seq, old.clone(), search_key(&old)));
                name = old;
            }
            Some(UndoSnapshot::Labels(labels)) => label_sets.push((hex(candidate.id.0), labels)),
            None => {}
        }
        items.push(OperationItemRecord {
            journey: candidate.id,
            name,
            outcome: ItemResult::Changed { from: candidate.status, to: candidate.status },
            from: candidate.status,
            before: None,
            revision: candidate.revision + 1,
        });
    }
    rename_back(connection, actor, &names).await?;
    labels::replace(connection, actor.project, &label_sets).await?;
    let seqs: Vec<i64> = candidates.found.iter().map(|candidate| candidate.seq).collect();
    sqlx::query(
        "UPDATE journeys SET revision = revision + 1, updated_at = ?2, shelf = CASE WHEN shelf = 2
            THEN 0 ELSE shelf END
         WHERE project_id = ?1 AND seq IN (SELECT value FROM json_each(?3))",
    )
    .bind(actor.project.0)
    .bind(now.0)
    .bind(to_json(&seqs)?)
    .execute(connection)
    .await?;
    Ok(OperationRecord::new(action, &Selection::Ticked(Vec::new()), items, candidates))
}

async fn rename_back(
    connection: &mut SqliteConnection,
    actor: &Actor,
    names: &[(i64, String, String)],
) -> StoreResult<()> {
    if names.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "UPDATE journeys SET name = change.value ->> 1, name_key = change.value ->> 2
         FROM json_each(?2) change WHERE journeys.seq = change.value ->> 0
         AND journeys.project_id = ?1",
    )
    .bind(actor.project.0)
    .bind(to_json(&names)?)
    .execute(connection)
    .await?;
    Ok(())
}
