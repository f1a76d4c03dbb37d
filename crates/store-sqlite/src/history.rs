//! What was done, by whom and when.

use sqlx::{AssertSqlSafe, FromRow};
use uuid::Uuid;

use super::{
    SqliteStore,
    error::SqliteResult,
    rows::{json, status},
};
use wayfare_domain::{
    access::actor::ActorRef,
    ids::{JourneyId, OperationId, ProjectId, UserId},
    journeys::transition::{Action, Refusal},
    operations::{
        HistoryEntry, ItemResult, OperationDetail, OperationItem, OperationSummary,
        undo::is_undoable,
    },
    time::Timestamp,
};
use wayfare_store::StoreError;

/// Rows on a page of an operation.
pub const OPERATION_ROWS: i64 = 100;

/// The columns that make a [`OperationRow`]; `o` is the operation.
const OPERATION_COLUMNS: &str =
    "o.id, o.action, o.undo_of, o.undone, o.actor_id, (SELECT u.name FROM actors u
        WHERE u.id = o.actor_id) AS actor_name, o.created_at,
     o.changed, o.skipped, o.single_name, o.note, o.exited_enrolments, o.cancelled_messages";

#[derive(FromRow)]
struct OperationRow {
    id: Uuid,
    action: String,
    undo_of: Option<Uuid>,
    undone: bool,
    actor_id: Uuid,
    actor_name: String,
    created_at: i64,
    changed: i64,
    skipped: String,
    single_name: Option<String>,
    note: String,
    exited_enrolments: i64,
    cancelled_messages: i64,
}

#[derive(FromRow)]
struct OutcomeRow {
    refusal: Option<String>,
    from_status: i64,
    to_status: i64,
}

#[derive(FromRow)]
struct HistoryRow {
    #[sqlx(flatten)]
    operation: OperationRow,
    #[sqlx(flatten)]
    outcome: OutcomeRow,
}

#[derive(FromRow)]
struct ItemRow {
    journey_id: Uuid,
    name: String,
    #[sqlx(flatten)]
    outcome: OutcomeRow,
}

/// The newest operations on a journey first.
pub async fn of_journey(
    store: &SqliteStore,
    project: ProjectId,
    journey: JourneyId,
    limit: i64,
) -> SqliteResult<Vec<HistoryEntry>> {
    let rows: Vec<HistoryRow> = sqlx::query_as(AssertSqlSafe(format!(
        "SELECT {OPERATION_COLUMNS}, i.refusal, i.from_status, i.to_status
         FROM operation_items i JOIN operations o ON o.id = i.operation_id
         WHERE i.journey_id = ? AND i.project_id = ? ORDER BY i.operation_id DESC LIMIT ?"
    )))
    .bind(journey.0)
    .bind(project.0)
    .bind(limit)
    .fetch_all(&store.readers)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(HistoryEntry {
                operation: row.operation.into_domain()?,
                outcome: row.outcome.into_domain()?,
            })
        })
        .collect()
}

/// One operation with a page of its rows.
pub async fn operation_detail(
    store: &SqliteStore,
    project: ProjectId,
    operation: OperationId,
    page: i64,
) -> SqliteResult<OperationDetail> {
    let row: Option<OperationRow> = sqlx::query_as(AssertSqlSafe(format!(
        "SELECT {OPERATION_COLUMNS} FROM operations o WHERE o.id = ? AND o.project_id = ?"
    )))
    .bind(operation.0)
    .bind(project.0)
    .fetch_optional(&store.readers)
    .await?;
    let report = row.ok_or(StoreError::NotFound("operation"))?.into_domain()?;
    let (total,): (i64,) = sqlx::query_as(
        "SELECT count(*) FROM operation_items WHERE operation_id = ? AND project_id = ?",
    )
    .bind(operation.0)
    .bind(project.0)
    .fetch_one(&store.readers)
    .await?;
    let rows: Vec<ItemRow> = sqlx::query_as(
        "SELECT journey_id, name, refusal, from_status, to_status FROM operation_items
         WHERE operation_id = ? AND project_id = ? ORDER BY position LIMIT ? OFFSET ?",
    )
    .bind(operation.0)
    .bind(project.0)
    .bind(OPERATION_ROWS)
    .bind((page - 1) * OPERATION_ROWS)
    .fetch_all(&store.readers)
    .await?;
    let items = rows
        .into_iter()
        .map(|row| {
            Ok(OperationItem {
                journey: JourneyId(row.journey_id),
                name: row.name,
                outcome: row.outcome.into_domain()?,
            })
        })
        .collect::<SqliteResult<_>>()?;
    Ok(OperationDetail { report, items, page, total })
}

impl OperationRow {
    fn into_domain(self) -> SqliteResult<OperationSummary> {
        let action: Action = self
            .action
            .parse()
            .map_err(|()| StoreError::Corrupt(format!("the unknown action {}", self.action)))?;
        Ok(OperationSummary {
            id: OperationId(self.id),
            action,
            undo_of: self.undo_of.map(OperationId),
            by: ActorRef { id: UserId(self.actor_id), name: self.actor_name },
            at: Timestamp(self.created_at),
            changed: self.changed,
            skipped: json(&self.skipped, "history")?,
            only: self.single_name,
            note: self.note,
            ended_inside: self.exited_enrolments,
            cancelled_messages: self.cancelled_messages,
            undoable: is_undoable(action, self.changed, self.undo_of.is_some(), self.undone),
        })
    }
}

impl OutcomeRow {
    fn into_domain(self) -> SqliteResult<ItemResult> {
        Ok(match self.refusal {
            None => {
                ItemResult::Changed { from: status(self.from_status)?, to: status(self.to_status)? }
            }
            Some(key) => ItemResult::Skipped(
                Refusal::from_key(&key)
                    .ok_or_else(|| StoreError::Corrupt(format!("the unknown reason {key}")))?,
            ),
        })
    }
}
