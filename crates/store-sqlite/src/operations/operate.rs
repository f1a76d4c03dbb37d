//! Pause, resume, stop, archive… on one journey or many, in one transaction, with a result for
//! each.

use sqlx::SqliteConnection;

use super::{
    targets::{self, OperationTarget, OperationTargets},
    write::{OperationItemRecord, OperationRecord},
};
use crate::{SqliteStore, rows::to_json, write_queue::Writing};
use wayfare_domain::{
    access::actor::Actor,
    ids::{JourneyId, ProjectId},
    journeys::{
        list::selection::{Selection, SelectionDigest},
        status::Status,
        transition::{Action, StateChange, TransitionResult, transition},
    },
    operations::{ItemResult, OperationResult, SkipCount, StopPreview},
    stats::VersionStats,
    time::Timestamp,
};
use wayfare_store::{StoreError, StoreResult, engine::VersionKey};

pub async fn operate(
    store: &SqliteStore,
    actor: &Actor,
    selection: &Selection,
    action: Action,
    confirmed: Option<SelectionDigest>,
    now: Timestamp,
) -> StoreResult<OperationResult> {
    let mut transaction = store.begin().await?;
    let candidates = targets::read(&mut transaction, actor.project, selection, now).await?;
    if confirmed.is_some_and(|confirmed| confirmed != candidates.digest()) {
        return Err(StoreError::SelectionChanged(Box::new(preview(&candidates))));
    }
    let record = carry_out(&mut transaction, actor, selection, candidates, action, now).await?;
    let answer = record.write(&mut transaction, actor, now).await?;
    store.commit(transaction, actor.project).await?;
    Ok(answer)
}

/// Decides for each candidate, writes what changes, and gives the account that is still to be
/// written.
pub async fn carry_out(
    connection: &mut SqliteConnection,
    actor: &Actor,
    selection: &Selection,
    candidates: OperationTargets,
    action: Action,
    now: Timestamp,
) -> StoreResult<OperationRecord> {
    let mut items = Vec::with_capacity(candidates.found.len());
    let mut changes: Vec<(&OperationTarget, StateChange)> = Vec::new();
    for candidate in &candidates.found {
        let outcome = match transition(candidate.situation, action) {
            TransitionResult::Apply(next) => {
                changes.push((candidate, next));
                let to =
                    if let StateChange::Status(status) = next { status } else { candidate.status };
                ItemResult::Changed { from: candidate.status, to }
            }
            TransitionResult::Already(refusal) | TransitionResult::Refuse(refusal) => {
                ItemResult::Skipped(refusal)
            }
        };
        let revision =
            candidate.revision + i64::from(matches!(outcome, ItemResult::Changed { .. }));
        items.push(OperationItemRecord {
            journey: candidate.id,
            name: candidate.name.clone(),
            outcome,
            from: candidate.status,
            before: None,
            revision,
        });
    }
    apply(connection, actor, action, &changes, now).await?;
    let stops = action == Action::Stop;
    let ended_inside = if stops {
        changes.iter().map(|(candidate, _)| candidate.situation.inside).sum()
    } else {
        0
    };
    let cancelled =
        if stops { changes.iter().map(|(candidate, _)| candidate.queued).sum() } else { 0 };
    let mut record = OperationRecord::new(action, selection, items, candidates);
    record.ended_inside = ended_inside;
    record.cancelled_messages = cancelled;
    Ok(record)
}

async fn apply(
    connection: &mut SqliteConnection,
    actor: &Actor,
    action: Action,
    changes: &[(&OperationTarget, StateChange)],
    now: Timestamp,
) -> StoreResult<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let seqs: Vec<i64> = changes.iter().map(|(candidate, _)| candidate.seq).collect();
    let rows = to_json(&seqs)?;
    let shelf = match changes[0].1 {
        StateChange::Archived => Some(1),
        StateChange::Deleted => Some(2),
        StateChange::Unarchived => Some(0),
        StateChange::Status(_) | StateChange::Unchanged => None,
    };
    if action == Action::Stop {
        stop(connection, actor.project, &rows).await?;
    } else {
        set_status(connection, actor.project, changes, now).await?;
    }
    if action == Action::Publish {
        publish(connection, actor, &rows, now).await?;
    }
    sqlx::query(
        "UPDATE journeys SET revision = revision + 1, updated_at = ?2, shelf = coalesce(?4, shelf)
         WHERE project_id = ?1 AND seq IN (SELECT value FROM json_each(?3))",
    )
    .bind(actor.project.0)
    .bind(now.0)
    .bind(&rows)
    .bind(shelf)
    .execute(connection)
    .await?;
    Ok(())
}

/// The shown versions take their new status, one statement for each status; the triggers carry it
/// to the list. The journeys lead to the versions (`IN`): a join may be walked the other way,
/// through every version there is.
async fn set_status(
    connection: &mut SqliteConnection,
    project: ProjectId,
    changes: &[(&OperationTarget, StateChange)],
    now: Timestamp,
) -> StoreResult<()> {
    for status in Status::ALL {
        let seqs: Vec<i64> = changes
            .iter()
            .filter(|(_, next)| *next == StateChange::Status(status))
            .map(|(candidate, _)| candidate.seq)
            .collect();
        if seqs.is_empty() {
            continue;
        }
        sqlx::query(
            "UPDATE versions SET status = ?3, entry_since = iif(?3 = 2
                AND status <> 2, ?4, entry_since) WHERE id IN (
                 SELECT j.shown_version_id FROM json_each(?2) change CROSS JOIN journeys j
                 ON j.seq = change.value
                 WHERE j.project_id = ?1)",
        )
        .bind(project.0)
        .bind(to_json(&seqs)?)
        .bind(status.code())
        .bind(now.0)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Every published version ends: people inside as stopped, queued messages as cancelled
/// ([`VersionStats::after_stop`]).
async fn stop(
    connection: &mut SqliteConnection,
    project: ProjectId,
    rows: &str,
) -> StoreResult<()> {
    debug_assert!(
        VersionStats { entered: 1, inside: 1, ..VersionStats::default() }.after_stop().adds_up()
    );
    sqlx::query(
        "UPDATE versions SET status = ?3, stopped = stopped + inside, inside = 0, cancelled =
            cancelled + queued, queued = 0
         WHERE project_id = ?1 AND status BETWEEN 1 AND 5
           AND journey_id IN (SELECT j.id FROM json_each(?2) change CROSS JOIN journeys j
           ON j.seq = change.value)",
    )
    .bind(project.0)
    .bind(rows)
    .bind(Status::Stopped.code())
    .execute(connection)
    .await?;
    Ok(())
}

/// Publication leaves its mark on the version; a version without a start of its own starts now.
async fn publish(
    connection: &mut SqliteConnection,
    actor: &Actor,
    rows: &str,
    now: Timestamp,
) -> StoreResult<()> {
    sqlx::query(
        "UPDATE versions SET published_by = ?3, published_at = ?4, start_at = coalesce(start_at, ?4)
            WHERE id IN (
             SELECT j.shown_version_id FROM json_each(?2) change CROSS JOIN journeys j
             ON j.seq = change.value
             WHERE j.project_id = ?1)",
    )
    .bind(actor.project.0)
    .bind(rows)
    .bind(actor.user.0)
    .bind(now.0)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "UPDATE journeys SET ever_published = 1 WHERE project_id = ?1
        AND seq IN (SELECT value FROM json_each(?2))",
    )
    .bind(actor.project.0)
    .bind(rows)
    .execute(connection)
    .await?;
    Ok(())
}

pub async fn preview_stop(
    store: &SqliteStore,
    project: ProjectId,
    selection: &Selection,
    now: Timestamp,
) -> StoreResult<StopPreview> {
    let mut connection = store.readers.acquire().await?;
    Ok(preview(&targets::read(&mut connection, project, selection, now).await?))
}

fn preview(candidates: &OperationTargets) -> StopPreview {
    let mut preview = StopPreview {
        journeys: 0,
        inside: 0,
        queued: 0,
        skipped: Vec::new(),
        only: None,
        digest: candidates.digest().to_text(),
    };
    for candidate in &candidates.found {
        match transition(candidate.situation, Action::Stop) {
            TransitionResult::Apply(_) => {
                preview.journeys += 1;
                preview.inside += candidate.situation.inside;
                preview.queued += candidate.queued;
                preview.only = (preview.journeys == 1).then(|| candidate.name.clone());
            }
            TransitionResult::Already(refusal) | TransitionResult::Refuse(refusal) => {
                match preview.skipped.iter_mut().find(|known| known.refusal == refusal) {
                    Some(known) => known.count += 1,
                    None => preview.skipped.push(SkipCount {
                        refusal,
                        count: 1,
                        example: candidate.name.clone(),
                    }),
                }
            }
        }
    }
    preview
}

async fn by_itself(
    store: &SqliteStore,
    mut transaction: Writing,
    system: &Actor,
    journeys: Vec<JourneyId>,
    action: Action,
    now: Timestamp,
) -> StoreResult<()> {
    if journeys.is_empty() {
        return Ok(());
    }
    let selection = Selection::Ticked(journeys);
    let candidates = targets::read(&mut transaction, system.project, &selection, now).await?;
    let record = carry_out(&mut transaction, system, &selection, candidates, action, now).await?;
    record.write(&mut transaction, system, now).await?;
    store.commit(transaction, system.project).await
}

/// Entry of a version is over, by itself. Of one that a newer version took over from, it is
/// already.
pub async fn complete(
    store: &SqliteStore,
    system: &Actor,
    version: VersionKey,
    now: Timestamp,
) -> StoreResult<()> {
    let mut transaction = store.begin().await?;
    let shown: Option<(uuid::Uuid,)> = sqlx::query_as(
        "SELECT j.id FROM versions v JOIN journeys j ON j.shown_version_id = v.id WHERE v.seq = ?1
         AND v.project_id = ?2",
    )
    .bind(version)
    .bind(system.project.0)
    .fetch_optional(&mut *transaction)
    .await?;
    let journeys = shown.into_iter().map(|(id,)| JourneyId(id)).collect();
    by_itself(store, transaction, system, journeys, Action::Complete, now).await
}

/// Starts what is scheduled and completes what has ended, as far as `now` goes; answers when the
/// next one is due.
pub async fn advance_by_time(
    store: &SqliteStore,
    system: &Actor,
    now: Timestamp,
) -> StoreResult<Option<Timestamp>> {
    for (action, due) in [
        (
            Action::Start,
            "SELECT journey_id FROM versions WHERE status = 1 AND start_at <= ?2
             AND project_id = ?1",
        ),
        (
            Action::Complete,
            "SELECT journey_id FROM versions WHERE status IN (2, 3) AND end_at <= ?2
             AND project_id = ?1",
        ),
    ] {
        let ids: Vec<(uuid::Uuid,)> = sqlx::query_as(due)
            .bind(system.project.0)
            .bind(now.0)
            .fetch_all(&store.readers)
            .await?;
        if ids.is_empty() {
            continue;
        }
        let mut transaction = store.begin().await?;
        // Asked once more: a newer version that was published meanwhile is not due.
        let ids: Vec<(uuid::Uuid,)> = sqlx::query_as(due)
            .bind(system.project.0)
            .bind(now.0)
            .fetch_all(&mut *transaction)
            .await?;
        let ids = ids.into_iter().map(|(id,)| JourneyId(id)).collect();
        by_itself(store, transaction, system, ids, action, now).await?;
    }
    let (next,): (Option<i64>,) = sqlx::query_as(
        "SELECT min(due) FROM (SELECT min(start_at) AS due FROM versions WHERE status = 1
            AND project_id = ?1
                               UNION ALL
                               SELECT min(end_at) FROM versions WHERE status IN (2, 3)
                               AND end_at IS NOT NULL AND project_id = ?1)",
    )
    .bind(system.project.0)
    .fetch_one(&store.readers)
    .await?;
    Ok(next.map(Timestamp))
}
