//! Takes an operation back: it is read with its journeys as they are now, and [`decide_undo`]
//! decides what comes back.

use sqlx::{FromRow, SqliteConnection};
use uuid::Uuid;

use super::{operate, targets, write::write_operation};
use crate::{
    SqliteStore,
    engine::plan::raise_definitions_epoch,
    error::SqliteResult,
    labels,
    rows::{json, to_json},
};
use wayfare_domain::{
    access::actor::Actor,
    ids::{JourneyId, JourneyKey, OperationId},
    names::search_key,
    operations::{
        OperationResult,
        record::OperationRecord,
        undo::{ItemToUndo, OperationToUndo, PutBackPlan, UndoPlan, decide_undo},
    },
    time::Timestamp,
};
use wayfare_store::StoreError;

#[derive(FromRow)]
struct UndoRow {
    action: String,
    undo_of: Option<Uuid>,
    undone: bool,
}

#[derive(FromRow)]
struct ItemRow {
    journey_id: Uuid,
    name: String,
    undo_snapshot: Option<String>,
    revision: i64,
}

pub async fn undo(
    store: &SqliteStore,
    actor: &Actor,
    operation: OperationId,
    now: Timestamp,
) -> SqliteResult<OperationResult> {
    let mut transaction = store.begin().await?;
    let known = load(&mut transaction, actor, operation).await?;
    let journeys: Vec<JourneyId> = known.items.iter().map(|item| item.journey).collect();
    let targets = targets::by_ids(&mut transaction, actor.project, &journeys, now, true).await?;
    let record = match decide_undo(&known, targets, actor, now)? {
        UndoPlan::Inverse(plan) => {
            operate::apply(&mut transaction, actor, &plan, now).await?;
            plan.record
        }
        UndoPlan::PutBack(plan) => put_back(&mut transaction, actor, plan, now).await?,
    };
    sqlx::query("UPDATE operations SET undone = 1 WHERE id = ? AND project_id = ?")
        .bind(operation.0)
        .bind(actor.project.0)
        .execute(&mut *transaction)
        .await?;
    let answer = write_operation(&mut transaction, actor, &record, now).await?;
    store.commit(transaction, actor.project).await?;
    Ok(answer)
}

/// The operation with the journeys that it changed.
async fn load(
    connection: &mut SqliteConnection,
    actor: &Actor,
    operation: OperationId,
) -> SqliteResult<OperationToUndo> {
    let known: Option<UndoRow> = sqlx::query_as(
        "SELECT action, undo_of, undone FROM operations WHERE id = ? AND project_id = ?",
    )
    .bind(operation.0)
    .bind(actor.project.0)
    .fetch_optional(&mut *connection)
    .await?;
    let known = known.ok_or(StoreError::NotFound("operation"))?;
    let rows: Vec<ItemRow> = sqlx::query_as(
        "SELECT journey_id, name, undo_snapshot, revision FROM operation_items
         WHERE operation_id = ? AND project_id = ? AND refusal IS NULL ORDER BY position",
    )
    .bind(operation.0)
    .bind(actor.project.0)
    .fetch_all(connection)
    .await?;
    Ok(OperationToUndo {
        id: operation,
        action: known
            .action
            .parse()
            .map_err(|()| StoreError::Corrupt(format!("the unknown action {}", known.action)))?,
        is_undo: known.undo_of.is_some(),
        is_undone: known.undone,
        items: rows.into_iter().map(ItemRow::into_domain).collect::<SqliteResult<_>>()?,
    })
}

/// Names, labels and deleted drafts come back.
async fn put_back(
    connection: &mut SqliteConnection,
    actor: &Actor,
    plan: PutBackPlan,
    now: Timestamp,
) -> SqliteResult<OperationRecord> {
    rename_back(connection, actor, &plan.names).await?;
    if plan.renames_published {
        raise_definitions_epoch(connection).await?;
    }
    labels::replace(connection, actor.project, &plan.labels).await?;
    operate::touch(connection, actor.project, &plan.changed, plan.visibility, now).await?;
    Ok(plan.record)
}

async fn rename_back(
    connection: &mut SqliteConnection,
    actor: &Actor,
    names: &[(JourneyKey, String)],
) -> SqliteResult<()> {
    if names.is_empty() {
        return Ok(());
    }
    let rows: Vec<(JourneyKey, &str, String)> =
        names.iter().map(|(key, name)| (*key, name.as_str(), search_key(name))).collect();
    sqlx::query(
        "UPDATE journeys SET name = change.value ->> 1, name_key = change.value ->> 2
         FROM json_each(?2) change WHERE journeys.key = change.value ->> 0
         AND journeys.project_id = ?1",
    )
    .bind(actor.project.0)
    .bind(to_json(&rows)?)
    .execute(connection)
    .await?;
    Ok(())
}

impl ItemRow {
    fn into_domain(self) -> SqliteResult<ItemToUndo> {
        Ok(ItemToUndo {
            journey: JourneyId(self.journey_id),
            name: self.name,
            before: self.undo_snapshot.as_deref().map(|text| json(text, "history")).transpose()?,
            revision: self.revision,
        })
    }
}
