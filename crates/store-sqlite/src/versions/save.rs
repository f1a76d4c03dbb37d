//! Saves: everything of a draft, texts of a published version. [`decide_save`] decides on what is
//! read here.

use sqlx::{FromRow, SqliteConnection};
use uuid::Uuid;

use crate::{
    SqliteStore,
    error::SqliteResult,
    operations::write::write_operation,
    rows::{json, status, to_json, visibility},
};
use wayfare_domain::{
    access::actor::Actor,
    ids::UserId,
    journeys::{
        transition::{JourneyState, start_ahead},
        visibility::Visibility,
    },
    time::Timestamp,
    versions::{
        SaveVersion,
        save::{SaveDecision, SavePlan, SavedChanges, VersionToSave, decide_save},
    },
};
use wayfare_editor_model::diff::diff;
use wayfare_store::{StoreError, versions::SaveOutcome};

#[derive(FromRow)]
struct SavedRow {
    name: String,
    visibility: i64,
    ever_published: bool,
    journey_revision: i64,
    status: i64,
    start_at: Option<i64>,
    inside: i64,
    revision: i64,
    saved_by: Option<Uuid>,
    saved_at: Option<i64>,
    graph: String,
    settings: String,
    unresolved_references: String,
}

pub async fn save(
    store: &SqliteStore,
    actor: &Actor,
    save: &SaveVersion,
    now: Timestamp,
) -> SqliteResult<SaveOutcome> {
    let mut transaction = store.begin().await?;
    let stored = load(&mut transaction, actor, save, now).await?;
    let plan = match decide_save(&stored, save, changes(&stored, save), actor, now)? {
        SaveDecision::Conflict => return Ok(SaveOutcome::Conflict),
        SaveDecision::Unchanged => return Ok(SaveOutcome::Done { revision: stored.revision }),
        SaveDecision::Save(plan) => plan,
    };
    write(&mut transaction, actor, save, &plan, now).await?;
    if let Some(record) = &plan.record {
        write_operation(&mut transaction, actor, record, now).await?;
    }
    if plan.is_announced {
        store.commit(transaction, actor.project).await?;
    } else {
        transaction.commit().await?;
    }
    Ok(SaveOutcome::Done { revision: stored.revision + 1 })
}

async fn load(
    connection: &mut SqliteConnection,
    actor: &Actor,
    save: &SaveVersion,
    now: Timestamp,
) -> SqliteResult<VersionToSave> {
    let row: Option<SavedRow> = sqlx::query_as(
        "SELECT j.name, j.visibility, j.ever_published, j.revision AS journey_revision, v.status,
            v.start_at, v.inside, v.revision, v.saved_by, v.saved_at, v.graph, v.settings,
            v.unresolved_references
         FROM journeys j JOIN versions v ON v.journey_id = j.id
         WHERE j.project_id = ? AND j.id = ? AND j.visibility < ? AND v.number = ?",
    )
    .bind(actor.project.0)
    .bind(save.journey.0)
    .bind(Visibility::Deleted.code())
    .bind(save.version)
    .fetch_optional(connection)
    .await?;
    row.ok_or(StoreError::NotFound("version"))?.into_domain(now)
}

fn changes(stored: &VersionToSave, save: &SaveVersion) -> SavedChanges {
    let found = diff((&stored.graph, &stored.settings), (&save.graph, &save.settings));
    SavedChanges {
        structural: found.structural_changes(),
        steps: found.nodes.into_iter().map(|node| node.title).collect(),
    }
}

async fn write(
    connection: &mut SqliteConnection,
    actor: &Actor,
    save: &SaveVersion,
    plan: &SavePlan,
    now: Timestamp,
) -> SqliteResult<()> {
    sqlx::query(
        "UPDATE versions SET graph = ?4, settings = ?5, entry_type = ?6, start_at = ?7,
            end_at = ?8, unresolved_references = ?9, revision = revision + 1, saved_by = ?10,
            saved_at = ?11
         WHERE project_id = ?1 AND journey_id = ?2 AND number = ?3",
    )
    .bind(actor.project.0)
    .bind(save.journey.0)
    .bind(save.version)
    .bind(to_json(&save.graph)?)
    .bind(to_json(&save.settings)?)
    .bind(save.settings.entry.entry_type().code())
    .bind(plan.start.map(|start| start.0))
    .bind(save.settings.end.map(|end| end.0))
    .bind(to_json(&plan.unresolved)?)
    .bind(actor.user.0)
    .bind(now.0)
    .execute(&mut *connection)
    .await?;
    sqlx::query("UPDATE journeys SET updated_at = ?3 WHERE project_id = ?1 AND id = ?2")
        .bind(actor.project.0)
        .bind(save.journey.0)
        .bind(now.0)
        .execute(connection)
        .await?;
    Ok(())
}

impl SavedRow {
    fn into_domain(self, now: Timestamp) -> SqliteResult<VersionToSave> {
        let start = self.start_at.map(Timestamp);
        Ok(VersionToSave {
            name: self.name,
            state: JourneyState {
                status: status(self.status)?,
                archived: visibility(self.visibility)? == Visibility::Archived,
                ever_published: self.ever_published,
                start_ahead: start_ahead(start, false, now),
                inside: self.inside,
            },
            journey_revision: self.journey_revision,
            revision: self.revision,
            saved: self.saved_by.map(UserId).zip(self.saved_at.map(Timestamp)),
            start,
            graph: json(&self.graph, "graph")?,
            settings: json(&self.settings, "settings")?,
            unresolved: json(&self.unresolved_references, "missing things")?,
        })
    }
}
