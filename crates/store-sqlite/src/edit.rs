//! New journeys, and changes to a journey's texts.

use sqlx::SqliteConnection;

use super::{
    SqliteStore,
    import::{NewJourney, insert_one},
    labels,
    operations::{
        targets::{self, OperationTarget, OperationTargets},
        write::{OperationItemRecord, OperationRecord, UndoSnapshot},
    },
    rows::hex,
};
use wayfare_domain::{
    access::actor::Actor,
    ids::JourneyId,
    journeys::{
        document::JourneyDocument,
        label::LABELS_PER_JOURNEY,
        list::selection::Selection,
        status::Status,
        transition::{Action, Refusal, TransitionResult, transition},
    },
    names::{JourneyName, search_key},
    operations::{ItemResult, OperationResult},
    time::Timestamp,
};
use wayfare_store::{EditDetails, StoreError, StoreResult};

pub async fn create(
    store: &SqliteStore,
    actor: &Actor,
    document: &JourneyDocument,
    now: Timestamp,
) -> StoreResult<JourneyId> {
    let mut transaction = store.begin().await?;
    let labels = labels::ensure(&mut transaction, actor.project, &document.labels, now).await?;
    let labels = labels.into_iter().map(|label| hex(label.0)).collect();
    let journey = NewJourney::draft(document, labels, actor.user, now)?;
    let id = insert_one(
        &mut transaction,
        actor,
        &journey,
        Action::EditDraft,
        "created".to_string(),
        now,
    )
    .await?;
    store.commit(transaction, actor.project).await?;
    Ok(id)
}

/// The one journey, if the table allows the action on it.
pub async fn allowed(
    connection: &mut SqliteConnection,
    actor: &Actor,
    journey: JourneyId,
    action: Action,
    now: Timestamp,
) -> StoreResult<OperationTarget> {
    let mut candidates = targets::by_ids(connection, actor.project, &[journey], now, false).await?;
    let candidate = candidates.found.pop().ok_or(StoreError::NotFound("journey"))?;
    match transition(candidate.situation, action) {
        TransitionResult::Apply(_) => Ok(candidate),
        TransitionResult::Already(refusal) | TransitionResult::Refuse(refusal) => {
            Err(StoreError::Refused { name: candidate.name, refusal })
        }
    }
}

pub async fn rename(
    store: &SqliteStore,
    actor: &Actor,
    journey: JourneyId,
    name: &JourneyName,
    now: Timestamp,
) -> StoreResult<OperationResult> {
    let mut transaction = store.begin().await?;
    let candidate = allowed(&mut transaction, actor, journey, Action::Rename, now).await?;
    write_name(&mut transaction, actor, &candidate, name, now).await?;
    let record = OperationRecord {
        note: format!("from “{}” to “{name}”", candidate.name),
        ..one(
            Action::Rename,
            &candidate,
            name.as_str(),
            Some(UndoSnapshot::Name(candidate.name.clone())),
        )
    };
    let answer = record.write(&mut transaction, actor, now).await?;
    store.commit(transaction, actor.project).await?;
    Ok(answer)
}

pub async fn write_name(
    connection: &mut SqliteConnection,
    actor: &Actor,
    candidate: &OperationTarget,
    name: &JourneyName,
    now: Timestamp,
) -> StoreResult<()> {
    sqlx::query(
        "UPDATE journeys SET name = ?3, name_key = ?4, revision = revision + 1, updated_at = ?5
         WHERE seq = ?2 AND project_id = ?1",
    )
    .bind(actor.project.0)
    .bind(candidate.seq)
    .bind(name.as_str())
    .bind(search_key(name.as_str()))
    .bind(now.0)
    .execute(connection)
    .await?;
    Ok(())
}

/// The record of a change to one journey that leaves its status alone.
fn one(
    action: Action,
    candidate: &OperationTarget,
    name: &str,
    before: Option<UndoSnapshot>,
) -> OperationRecord {
    let item = OperationItemRecord {
        journey: candidate.id,
        name: name.to_string(),
        outcome: ItemResult::Changed { from: candidate.status, to: candidate.status },
        from: candidate.status,
        before,
        revision: candidate.revision + 1,
    };
    let nothing = OperationTargets { found: Vec::new(), missing: Vec::new() };
    OperationRecord::new(action, &Selection::Ticked(Vec::new()), vec![item], nothing)
}

/// Name, description and labels at once. An editor that began from an older revision is told so and
/// changes nothing.
pub async fn edit_details(
    store: &SqliteStore,
    actor: &Actor,
    journey: JourneyId,
    edit: &EditDetails,
    now: Timestamp,
) -> StoreResult<()> {
    let mut transaction = store.begin().await?;
    let candidate = allowed(&mut transaction, actor, journey, Action::Rename, now).await?;
    if edit.revision.is_some_and(|revision| revision != candidate.revision) {
        return Err(StoreError::RevisionChanged { name: candidate.name });
    }
    let mut wanted = edit.labels.clone();
    for label in labels::ensure(&mut transaction, actor.project, &edit.new_labels, now).await? {
        if !wanted.contains(&label) {
            wanted.push(label);
        }
    }
    if wanted.len() > LABELS_PER_JOURNEY {
        return Err(StoreError::Refused { name: candidate.name, refusal: Refusal::TooManyLabels });
    }
    let set = (hex(journey.0), wanted.into_iter().map(|label| hex(label.0)).collect());
    labels::replace(&mut transaction, actor.project, &[set]).await?;
    write_name(&mut transaction, actor, &candidate, &edit.name, now).await?;
    sqlx::query("UPDATE journeys SET description = ?3 WHERE seq = ?2 AND project_id = ?1")
        .bind(actor.project.0)
        .bind(candidate.seq)
        .bind(edit.description.as_str())
        .execute(&mut *transaction)
        .await?;
    let action =
        if candidate.status == Status::Draft { Action::EditDraft } else { Action::EditContent };
    let record = OperationRecord {
        note: "name, description and labels".to_string(),
        ..one(action, &candidate, edit.name.as_str(), None)
    };
    record.write(&mut transaction, actor, now).await?;
    store.commit(transaction, actor.project).await
}
