//! New journeys, and changes to a journey's name, description and labels. What is allowed is
//! decided by `decide_rename` and `decide_edit` of the domain.

use sqlx::SqliteConnection;

use super::{
    SqliteStore,
    engine::plan::raise_definitions_epoch,
    error::SqliteResult,
    journey_transfer::{NewJourney, insert_one},
    labels,
    operations::{targets, write::write_operation},
    rows::hex,
};
use wayfare_domain::{
    access::actor::Actor,
    ids::{JourneyId, JourneyKey},
    journeys::{
        document::JourneyDocument,
        edit::{creation, decide_edit, decide_rename, wanted_labels},
    },
    names::{Description, JourneyName, search_key},
    operations::{OperationResult, target::OperationTarget},
    time::Timestamp,
};
use wayfare_store::journeys::EditDetails;

pub async fn create(
    store: &SqliteStore,
    actor: &Actor,
    document: &JourneyDocument,
    now: Timestamp,
) -> SqliteResult<JourneyId> {
    let mut transaction = store.begin().await?;
    let labels = labels::ensure(&mut transaction, actor.project, &document.labels, now).await?;
    let labels = labels.into_iter().map(|label| hex(label.0)).collect();
    let journey = NewJourney::draft(document, labels, actor.user, now)?;
    let id = insert_one(&mut transaction, actor.project, &journey).await?;
    let record = creation(id, document.name.as_str());
    write_operation(&mut transaction, actor, &record, now).await?;
    store.commit(transaction, actor.project).await?;
    Ok(id)
}

pub async fn rename(
    store: &SqliteStore,
    actor: &Actor,
    journey: JourneyId,
    name: &JourneyName,
    now: Timestamp,
) -> SqliteResult<OperationResult> {
    let mut transaction = store.begin().await?;
    let target = targets::one(&mut transaction, actor.project, journey, now).await?;
    let record = decide_rename(&target, name, actor)?;
    write_name(&mut transaction, actor, &target, name, now).await?;
    let answer = write_operation(&mut transaction, actor, &record, now).await?;
    store.commit(transaction, actor.project).await?;
    Ok(answer)
}

/// Name, description and labels at once. An editor that began from an older revision is told so and
/// changes nothing.
pub async fn edit_details(
    store: &SqliteStore,
    actor: &Actor,
    journey: JourneyId,
    edit: &EditDetails,
    now: Timestamp,
) -> SqliteResult<()> {
    let mut transaction = store.begin().await?;
    let target = targets::one(&mut transaction, actor.project, journey, now).await?;
    // Where the edit is refused, new labels are gone with the transaction.
    let new = labels::ensure(&mut transaction, actor.project, &edit.new_labels, now).await?;
    let wanted = wanted_labels(&edit.labels, &new);
    let record = decide_edit(&target, &edit.name, &wanted, edit.revision, actor)?;
    labels::replace(&mut transaction, actor.project, &[(journey, wanted)]).await?;
    write_name(&mut transaction, actor, &target, &edit.name, now).await?;
    write_description(&mut transaction, actor, target.key, &edit.description).await?;
    write_operation(&mut transaction, actor, &record, now).await?;
    store.commit(transaction, actor.project).await
}

/// A published name counts at once: engine and dispatcher read it anew.
pub async fn write_name(
    connection: &mut SqliteConnection,
    actor: &Actor,
    target: &OperationTarget,
    name: &JourneyName,
    now: Timestamp,
) -> SqliteResult<()> {
    if target.renames_published(name.as_str()) {
        raise_definitions_epoch(connection).await?;
    }
    sqlx::query(
        "UPDATE journeys SET name = ?3, name_key = ?4, revision = revision + 1, updated_at = ?5
         WHERE key = ?2 AND project_id = ?1",
    )
    .bind(actor.project.0)
    .bind(target.key.0)
    .bind(name.as_str())
    .bind(search_key(name.as_str()))
    .bind(now.0)
    .execute(connection)
    .await?;
    Ok(())
}

pub async fn write_description(
    connection: &mut SqliteConnection,
    actor: &Actor,
    journey: JourneyKey,
    description: &Description,
) -> SqliteResult<()> {
    sqlx::query("UPDATE journeys SET description = ?3 WHERE key = ?2 AND project_id = ?1")
        .bind(actor.project.0)
        .bind(journey.0)
        .bind(description.as_str())
        .execute(connection)
        .await?;
    Ok(())
}
