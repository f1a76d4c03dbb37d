//! A new draft beside a published version, and throwing it away.

use sqlx::SqliteConnection;

use crate::{
    SqliteStore,
    edit::allowed,
    operations::{
        targets::{self, OperationTarget, OperationTargets},
        write::{OperationItemRecord, OperationRecord},
    },
    rows::{json, to_json},
};
use wayfare_domain::{
    access::actor::Actor,
    ids::{JourneyId, VersionId},
    journeys::{
        list::selection::Selection, settings::Settings, status::Status, transition::Action,
    },
    operations::ItemResult,
    time::Timestamp,
};
use wayfare_store::{StoreError, StoreResult};

pub async fn begin(
    store: &SqliteStore,
    actor: &Actor,
    journey: JourneyId,
    from: Option<i64>,
    now: Timestamp,
) -> StoreResult<i64> {
    let mut transaction = store.begin().await?;
    let candidate = allowed(&mut transaction, actor, journey, Action::NewVersion, now).await?;
    if draft_of(&mut transaction, &candidate).await?.is_some() {
        return Err(StoreError::Conflict("A draft already exists. Open it, or discard it first."));
    }
    let original: Option<(i64, String, i64)> = sqlx::query_as(
        "SELECT v.number, v.settings, (SELECT max(w.number) FROM versions w
            WHERE w.journey_id = v.journey_id)
         FROM versions v WHERE v.journey_id = ?1 AND v.project_id = ?2 AND (?3 IS NULL
         OR v.number = ?3)
         ORDER BY v.number DESC LIMIT 1",
    )
    .bind(journey.0)
    .bind(actor.project.0)
    .bind(from)
    .fetch_optional(&mut *transaction)
    .await?;
    let (from, settings, last) = original.ok_or(StoreError::NotFound("version"))?;
    // A start or an end that has passed is not copied: the new version begins when it is published.
    let mut settings: Settings = json(&settings, "settings")?;
    settings.start = settings.start.filter(|start| *start > now);
    settings.end = settings.end.filter(|end| *end > now);
    let number = last + 1;
    sqlx::query(
        "INSERT INTO versions (id, journey_id, project_id, number, status, entry_type, graph,
            settings, start_at, end_at, missing,
                               created_by, created_at)
         SELECT ?1, v.journey_id, v.project_id, ?4, 0, v.entry_type, v.graph, ?5, ?6, ?7,
         v.missing, ?8, ?9
         FROM versions v WHERE v.journey_id = ?2 AND v.number = ?3",
    )
    .bind(VersionId::new().0)
    .bind(journey.0)
    .bind(from)
    .bind(number)
    .bind(to_json(&settings)?)
    .bind(settings.start.map(|start| start.0))
    .bind(settings.end.map(|end| end.0))
    .bind(actor.user.0)
    .bind(now.0)
    .execute(&mut *transaction)
    .await?;
    let note = format!("version {number}, from version {from}");
    change(&mut transaction, actor, &candidate, (Action::NewVersion, 1), note, now).await?;
    store.commit(transaction, actor.project).await?;
    Ok(number)
}

pub async fn discard(
    store: &SqliteStore,
    actor: &Actor,
    journey: JourneyId,
    now: Timestamp,
) -> StoreResult<()> {
    let mut transaction = store.begin().await?;
    let candidate = allowed(&mut transaction, actor, journey, Action::Rename, now).await?;
    if candidate.status == Status::Draft {
        return Err(StoreError::Conflict(
            "This journey was never published. Delete the journey instead of the draft.",
        ));
    }
    let Some(number) = draft_of(&mut transaction, &candidate).await? else {
        return Err(StoreError::Conflict("The journey has no draft to discard."));
    };
    sqlx::query("DELETE FROM versions WHERE journey_id = ? AND project_id = ? AND status = 0")
        .bind(journey.0)
        .bind(actor.project.0)
        .execute(&mut *transaction)
        .await?;
    let note = format!("the draft of version {number} discarded");
    change(&mut transaction, actor, &candidate, (Action::EditDraft, -1), note, now).await?;
    store.commit(transaction, actor.project).await
}

/// The number of the journey's draft.
async fn draft_of(
    connection: &mut SqliteConnection,
    candidate: &OperationTarget,
) -> StoreResult<Option<i64>> {
    let row: Option<(i64,)> =
        sqlx::query_as("SELECT number FROM versions WHERE journey_id = ? AND status = 0")
            .bind(candidate.id.0)
            .fetch_optional(connection)
            .await?;
    Ok(row.map(|(number,)| number))
}

/// The journey has one version more or less, and a line of its history says so.
async fn change(
    connection: &mut SqliteConnection,
    actor: &Actor,
    candidate: &OperationTarget,
    (action, versions): (Action, i64),
    note: String,
    now: Timestamp,
) -> StoreResult<()> {
    sqlx::query(
        "UPDATE journeys SET version_count = version_count + ?3, revision = revision + 1,
            updated_at = ?4
         WHERE project_id = ?1 AND seq = ?2",
    )
    .bind(actor.project.0)
    .bind(candidate.seq)
    .bind(versions)
    .bind(now.0)
    .execute(&mut *connection)
    .await?;
    record_one(candidate, action, (candidate.status, candidate.status), note)
        .write(connection, actor, now)
        .await?;
    Ok(())
}

/// The line of the history of a change to one journey.
pub fn record_one(
    candidate: &OperationTarget,
    action: Action,
    (from, to): (Status, Status),
    note: String,
) -> OperationRecord {
    let item = OperationItemRecord {
        journey: candidate.id,
        name: candidate.name.clone(),
        outcome: ItemResult::Changed { from, to },
        from,
        before: None,
        revision: candidate.revision + 1,
    };
    let nothing = OperationTargets { found: Vec::new(), missing: Vec::new() };
    let mut record =
        OperationRecord::new(action, &Selection::Ticked(Vec::new()), vec![item], nothing);
    record.note = note;
    record
}

/// The one journey, whatever may be done to it.
pub async fn candidate(
    connection: &mut SqliteConnection,
    actor: &Actor,
    journey: JourneyId,
    now: Timestamp,
) -> StoreResult<OperationTarget> {
    let mut candidates = targets::by_ids(connection, actor.project, &[journey], now, false).await?;
    candidates.found.pop().ok_or(StoreError::NotFound("journey"))
}
