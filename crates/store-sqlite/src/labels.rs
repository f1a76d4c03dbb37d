//! Labels of the project, and labels on journeys.

use std::collections::{HashMap, HashSet};

use sqlx::{FromRow, SqliteConnection};
use uuid::Uuid;

use super::{
    SqliteStore,
    operations::{
        targets,
        write::{OperationItemRecord, OperationRecord, UndoSnapshot},
    },
    rows::{hex, to_json},
};
use wayfare_domain::{
    access::actor::Actor,
    ids::{LabelId, ProjectId},
    journeys::{
        label::{LABELS_PER_JOURNEY, Label, hue_of},
        list::selection::Selection,
        transition::{Action, Refusal, TransitionResult, transition},
    },
    names::{LabelName, search_key},
    operations::{ItemResult, OperationResult},
    time::Timestamp,
};
use wayfare_store::{ChangeLabels, StoreError, StoreResult};

#[derive(FromRow)]
struct LabelRow {
    id: Uuid,
    name: String,
    hue: i64,
}

#[derive(FromRow)]
struct JourneyLabelRow {
    journey: String,
    label: String,
}

impl LabelRow {
    fn into_domain(self) -> Label {
        Label { id: LabelId(self.id), name: self.name, hue: self.hue.rem_euclid(256) as u8 }
    }
}

pub async fn all(store: &SqliteStore, project: ProjectId) -> StoreResult<Vec<Label>> {
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
) -> StoreResult<Vec<LabelId>> {
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
    Ok(ids)
}

/// Gives each journey exactly these labels. Journeys and labels are ids in hex; labels that are
/// gone are left out.
pub async fn replace(
    connection: &mut SqliteConnection,
    project: ProjectId,
    sets: &[(String, Vec<String>)],
) -> StoreResult<()> {
    if sets.is_empty() {
        return Ok(());
    }
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
) -> StoreResult<OperationResult> {
    let mut transaction = store.begin().await?;
    let mut add = known(&mut transaction, actor.project, &change.add).await?;
    let created = ensure(&mut transaction, actor.project, &change.create, now).await?;
    add.extend(known(&mut transaction, actor.project, &created).await?);
    let remove = known(&mut transaction, actor.project, &change.remove).await?;
    let candidates = targets::read(&mut transaction, actor.project, selection, now).await?;
    let mut worn = worn(
        &mut transaction,
        &candidates.found.iter().map(|candidate| candidate.id.0).collect::<Vec<_>>(),
    )
    .await?;

    let mut items = Vec::with_capacity(candidates.found.len());
    let mut sets = Vec::new();
    for candidate in &candidates.found {
        let before = worn.remove(&hex(candidate.id.0)).unwrap_or_default();
        let after = after(&before, &add, &remove);
        let outcome = match transition(candidate.situation, Action::Label) {
            TransitionResult::Already(refusal) | TransitionResult::Refuse(refusal) => {
                ItemResult::Skipped(refusal)
            }
            TransitionResult::Apply(_) if after.len() > LABELS_PER_JOURNEY => {
                ItemResult::Skipped(Refusal::TooManyLabels)
            }
            TransitionResult::Apply(_) => {
                ItemResult::Changed { from: candidate.status, to: candidate.status }
            }
        };
        let changed = matches!(outcome, ItemResult::Changed { .. });
        if changed {
            sets.push((hex(candidate.id.0), after));
        }
        items.push(OperationItemRecord {
            journey: candidate.id,
            name: candidate.name.clone(),
            outcome,
            from: candidate.status,
            before: changed.then_some(UndoSnapshot::Labels(before)),
            revision: candidate.revision + i64::from(changed),
        });
    }
    replace(&mut transaction, actor.project, &sets).await?;
    touch(&mut transaction, actor.project, &sets, now).await?;
    let mut record = OperationRecord::new(Action::Label, selection, items, candidates);
    record.note = note(&add, &remove);
    let answer = record.write(&mut transaction, actor, now).await?;
    store.commit(transaction, actor.project).await?;
    Ok(answer)
}

fn after(before: &[String], add: &[Label], remove: &[Label]) -> Vec<String> {
    let gone: HashSet<String> = remove.iter().map(|label| hex(label.id.0)).collect();
    let mut after: Vec<String> =
        before.iter().filter(|label| !gone.contains(*label)).cloned().collect();
    for label in add.iter().map(|label| hex(label.id.0)) {
        if !after.contains(&label) {
            after.push(label);
        }
    }
    after
}

fn note(add: &[Label], remove: &[Label]) -> String {
    let names = |labels: &[Label]| {
        labels.iter().map(|label| label.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    match (add.is_empty(), remove.is_empty()) {
        (false, true) => format!("added {}", names(add)),
        (true, false) => format!("removed {}", names(remove)),
        (false, false) => format!("added {}; removed {}", names(add), names(remove)),
        (true, true) => String::new(),
    }
}

async fn touch(
    connection: &mut SqliteConnection,
    project: ProjectId,
    sets: &[(String, Vec<String>)],
    now: Timestamp,
) -> StoreResult<()> {
    sqlx::query(
        "UPDATE journeys SET revision = revision + 1, updated_at = ?2
         WHERE project_id = ?1 AND id IN (SELECT unhex(value ->> 0) FROM json_each(?3))",
    )
    .bind(project.0)
    .bind(now.0)
    .bind(to_json(&sets)?)
    .execute(connection)
    .await?;
    Ok(())
}

/// The labels of these ids; an id of no label of the project is an error.
async fn known(
    connection: &mut SqliteConnection,
    project: ProjectId,
    ids: &[LabelId],
) -> StoreResult<Vec<Label>> {
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
        return Err(StoreError::NotFound("label"));
    }
    Ok(rows.into_iter().map(LabelRow::into_domain).collect())
}

/// The labels that the journeys wear, by journey, all in hex.
async fn worn(
    connection: &mut SqliteConnection,
    journeys: &[Uuid],
) -> StoreResult<HashMap<String, Vec<String>>> {
    let rows: Vec<JourneyLabelRow> = sqlx::query_as(
        "SELECT lower(hex(jl.journey_id)) AS journey, lower(hex(jl.label_id)) AS label
         FROM json_each(?) chosen CROSS JOIN journey_labels jl
         ON jl.journey_id = unhex(chosen.value)",
    )
    .bind(super::list_sql::id_list(journeys.iter().copied()))
    .fetch_all(connection)
    .await?;
    let mut worn: HashMap<String, Vec<String>> = HashMap::new();
    for row in rows {
        worn.entry(row.journey).or_default().push(row.label);
    }
    Ok(worn)
}
