//! Labels of the project, and labels on journeys, which [`decide_labels`] decides.

use std::collections::HashMap;

use sqlx::{FromRow, SqliteConnection};
use uuid::Uuid;

use super::{
    SqliteStore,
    error::SqliteResult,
    list_sql::id_list,
    operations::{operate::touch, targets, write::write_operation},
    rows::{hex, to_json},
};
use wayfare_domain::{
    access::actor::Actor,
    ids::{JourneyId, LabelId, ProjectId},
    journeys::{
        error::{JourneyError, LimitedThing},
        label::{LABELS_MAX, Label, hue_of},
        label_changes::{LabelChanges, decide_labels},
        list::selection::Selection,
    },
    names::{LabelName, search_key},
    operations::{OperationResult, target::OperationTargets},
    time::Timestamp,
};
use wayfare_store::{StoreError, journeys::ChangeLabels};

#[derive(FromRow)]
struct LabelRow {
    id: Uuid,
    name: String,
    hue: i64,
}

impl LabelRow {
    fn into_domain(self) -> Label {
        Label { id: LabelId(self.id), name: self.name, hue: self.hue.rem_euclid(256) as u8 }
    }
}

pub async fn all(store: &SqliteStore, project: ProjectId) -> SqliteResult<Vec<Label>> {
    let rows: Vec<LabelRow> =
        sqlx::query_as("SELECT id, name, hue FROM labels WHERE project_id = ? ORDER BY name_key")
            .bind(project.0)
            .fetch_all(&store.readers)
            .await?;
    Ok(rows.into_iter().map(LabelRow::into_domain).collect())
}

/// Makes the labels that do not exist yet and gives the ids of all of them, in the order of the
/// names.
pub async fn ensure(
    connection: &mut SqliteConnection,
    project: ProjectId,
    names: &[LabelName],
    now: Timestamp,
) -> SqliteResult<Vec<LabelId>> {
    let mut ids = Vec::with_capacity(names.len());
    for name in names {
        let (id,): (Uuid,) = sqlx::query_as(
            "INSERT INTO labels (id, project_id, name, name_key, hue, created_at)
                VALUES (?, ?, ?, ?, ?, ?)
             ON CONFLICT (project_id, name_key) DO UPDATE SET name_key = excluded.name_key
             RETURNING id",
        )
        .bind(LabelId::new().0)
        .bind(project.0)
        .bind(name.as_str())
        .bind(search_key(name.as_str()))
        .bind(i64::from(hue_of(name.as_str())))
        .bind(now.0)
        .fetch_one(&mut *connection)
        .await?;
        ids.push(LabelId(id));
    }
    if !names.is_empty() {
        remove_unused_above_limit(connection, project, &ids).await?;
    }
    Ok(ids)
}

/// Where there are more labels than a project may have, those go that no journey has. These stay.
async fn remove_unused_above_limit(
    connection: &mut SqliteConnection,
    project: ProjectId,
    kept: &[LabelId],
) -> SqliteResult<()> {
    if count(connection, project).await? <= LABELS_MAX {
        return Ok(());
    }
    sqlx::query(
        "DELETE FROM labels WHERE project_id = ?1
         AND id NOT IN (SELECT unhex(value) FROM json_each(?2))
         AND NOT EXISTS (SELECT 1 FROM journey_labels l
                         WHERE l.project_id = ?1 AND l.label_id = labels.id)",
    )
    .bind(project.0)
    .bind(id_list(kept.iter().map(|label| label.0)))
    .execute(&mut *connection)
    .await?;
    if count(connection, project).await? > LABELS_MAX {
        let what = LimitedThing::Labels;
        return Err(JourneyError::LimitReached { what, most: LABELS_MAX }.into());
    }
    Ok(())
}

async fn count(connection: &mut SqliteConnection, project: ProjectId) -> SqliteResult<i64> {
    let (count,) = sqlx::query_as("SELECT count(*) FROM labels WHERE project_id = ?")
        .bind(project.0)
        .fetch_one(connection)
        .await?;
    Ok(count)
}

/// Gives each journey exactly these labels; labels that are gone are left out.
pub async fn replace(
    connection: &mut SqliteConnection,
    project: ProjectId,
    sets: &[(JourneyId, Vec<LabelId>)],
) -> SqliteResult<()> {
    if sets.is_empty() {
        return Ok(());
    }
    let sets: Vec<(String, Vec<String>)> = sets
        .iter()
        .map(|(journey, labels)| {
            (hex(journey.0), labels.iter().map(|label| hex(label.0)).collect())
        })
        .collect();
    let sets = to_json(&sets)?;
    sqlx::query(
        "DELETE FROM journey_labels WHERE project_id = ?1
         AND journey_id IN (SELECT unhex(value ->> 0) FROM json_each(?2))",
    )
    .bind(project.0)
    .bind(&sets)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT OR IGNORE INTO journey_labels (project_id, label_id, journey_id)
         SELECT ?1, l.id, unhex(chosen.value ->> 0)
         FROM json_each(?2) chosen, json_each(chosen.value, '$[1]') label
         JOIN labels l ON l.id = unhex(label.value) AND l.project_id = ?1",
    )
    .bind(project.0)
    .bind(&sets)
    .execute(connection)
    .await?;
    Ok(())
}

/// Puts labels on and takes labels off, on one journey or many.
pub async fn change(
    store: &SqliteStore,
    actor: &Actor,
    selection: &Selection,
    change: &ChangeLabels,
    now: Timestamp,
) -> SqliteResult<OperationResult> {
    let mut transaction = store.begin().await?;
    let mut add = known(&mut transaction, actor.project, &change.add).await?;
    let created = ensure(&mut transaction, actor.project, &change.create, now).await?;
    add.extend(known(&mut transaction, actor.project, &created).await?);
    let remove = known(&mut transaction, actor.project, &change.remove).await?;
    let targets = targets::read(&mut transaction, actor.project, selection, now).await?;
    let current = current(&mut transaction, &targets).await?;
    let mut plan = decide_labels(targets, current, &LabelChanges { add, remove });
    replace(&mut transaction, actor.project, &plan.sets).await?;
    touch(&mut transaction, actor.project, &plan.changed, None, now).await?;
    plan.record.filter = selection.filter_query();
    let answer = write_operation(&mut transaction, actor, &plan.record, now).await?;
    store.commit(transaction, actor.project).await?;
    Ok(answer)
}

/// The labels of these ids; an id of no label of the project is an error.
async fn known(
    connection: &mut SqliteConnection,
    project: ProjectId,
    ids: &[LabelId],
) -> SqliteResult<Vec<Label>> {
    let list = super::list_sql::id_list(ids.iter().map(|id| id.0));
    let rows: Vec<LabelRow> = sqlx::query_as(
        "SELECT l.id, l.name, l.hue FROM json_each(?2) chosen JOIN labels l
            ON l.id = unhex(chosen.value)
         WHERE l.project_id = ?1 ORDER BY chosen.key",
    )
    .bind(project.0)
    .bind(list)
    .fetch_all(connection)
    .await?;
    if rows.len() != ids.len() {
        return Err(StoreError::NotFound("label").into());
    }
    Ok(rows.into_iter().map(LabelRow::into_domain).collect())
}

/// The labels that the journeys have.
async fn current(
    connection: &mut SqliteConnection,
    targets: &OperationTargets,
) -> SqliteResult<HashMap<JourneyId, Vec<LabelId>>> {
    let rows: Vec<(Uuid, Uuid)> = sqlx::query_as(
        "SELECT jl.journey_id, jl.label_id
         FROM json_each(?) chosen CROSS JOIN journey_labels jl
         ON jl.journey_id = unhex(chosen.value)",
    )
    .bind(super::list_sql::id_list(targets.found.iter().map(|target| target.id.0)))
    .fetch_all(connection)
    .await?;
    let mut current: HashMap<JourneyId, Vec<LabelId>> = HashMap::new();
    for (journey, label) in rows {
        current.entry(JourneyId(journey)).or_default().push(LabelId(label));
    }
    Ok(current)
}
