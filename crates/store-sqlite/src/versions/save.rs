//! Saves: everything of a draft, texts of a published version.

use sqlx::{FromRow, SqliteConnection};
use uuid::Uuid;

use crate::{
    SqliteStore,
    operations::{
        targets::OperationTargets,
        write::{OperationItemRecord, OperationRecord},
    },
    rows::{json, status, to_json},
};
use wayfare_domain::{
    access::{actor::Actor, permissions::Permission},
    graph::Graph,
    journeys::{
        list::selection::Selection,
        references::{Reference, references},
        settings::Settings,
        status::Status,
        transition::{Action, JourneyState, TransitionResult, transition},
    },
    operations::ItemResult,
    time::{MINUTE_MS, Timestamp},
    versions::SaveVersion,
};
use wayfare_editor_model::diff::diff;
use wayfare_store::{StoreError, StoreResult, versions::SaveOutcome};

/// A draft saves itself every few seconds: one line of the history stands for all of someone's
/// saves that follow one another within this time, in milliseconds.
const EDIT_SESSION_MS: i64 = 15 * MINUTE_MS;

#[derive(FromRow)]
struct SavedRow {
    name: String,
    archived: bool,
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
    missing: String,
}

pub async fn save(
    store: &SqliteStore,
    actor: &Actor,
    save: &SaveVersion,
    now: Timestamp,
) -> StoreResult<SaveOutcome> {
    let mut transaction = store.begin().await?;
    let row = read(&mut transaction, actor, save).await?.ok_or(StoreError::NotFound("version"))?;
    let found = status(row.status)?;
    let situation = JourneyState {
        status: found,
        archived: row.archived,
        ever_published: row.ever_published,
        start_ahead: row.start_at.is_some_and(|start| start > now.0),
        inside: row.inside,
    };
    let action = if found == Status::Draft { Action::EditDraft } else { Action::EditContent };
    if let TransitionResult::Already(refusal) | TransitionResult::Refuse(refusal) =
        transition(situation, action)
    {
        return Err(StoreError::Refused { name: row.name, refusal });
    }
    // Asked here, where it is certain whether it is a draft still.
    if let Some(permission) = Permission::of_action(action) {
        actor.require(permission)?;
    }
    if row.revision != save.revision {
        return Ok(SaveOutcome::Conflict);
    }
    let (graph, settings): (Graph, Settings) =
        (json(&row.graph, "graph")?, json(&row.settings, "settings")?);
    let changes = diff((&graph, &settings), (&save.graph, &save.settings));
    if graph == save.graph && settings == save.settings {
        return Ok(SaveOutcome::Done { revision: row.revision });
    }
    if action == Action::EditContent {
        let beyond = changes.structural_changes();
        if !beyond.is_empty() {
            return Err(StoreError::Problems(beyond));
        }
    }
    write(&mut transaction, actor, save, &row, now).await?;
    let same_sitting = row.saved_by == Some(actor.user.0)
        && row.saved_at.is_some_and(|at| now.0 - at < EDIT_SESSION_MS);
    if action == Action::EditContent || !same_sitting {
        let titles: Vec<&str> =
            changes.nodes.iter().map(|node| node.title.as_str()).take(5).collect();
        let what =
            if titles.is_empty() { String::new() } else { format!(": {}", titles.join(", ")) };
        let note = format!("version {}{what}", save.version);
        note_edit(&mut transaction, actor, save, &row, action, note, now).await?;
    } else if settings.entry == save.settings.entry && settings.start == save.settings.start {
        // Nothing that a list or a history shows: open pages are not bothered every few seconds.
        transaction.commit().await?;
        return Ok(SaveOutcome::Done { revision: row.revision + 1 });
    }
    store.commit(transaction, actor.project).await?;
    Ok(SaveOutcome::Done { revision: row.revision + 1 })
}

async fn read(
    connection: &mut SqliteConnection,
    actor: &Actor,
    save: &SaveVersion,
) -> StoreResult<Option<SavedRow>> {
    Ok(sqlx::query_as(
        "SELECT j.name, j.shelf = 1 AS archived, j.ever_published, j.revision AS journey_revision,
            v.status, v.start_at,
                v.inside, v.revision, v.saved_by, v.saved_at, v.graph, v.settings, v.missing
         FROM journeys j JOIN versions v ON v.journey_id = j.id
         WHERE j.project_id = ? AND j.id = ? AND j.shelf < 2 AND v.number = ?",
    )
    .bind(actor.project.0)
    .bind(save.journey.0)
    .bind(save.version)
    .fetch_optional(connection)
    .await?)
}

/// What is sent is kept; of what was missing in the project, what is still named.
async fn write(
    connection: &mut SqliteConnection,
    actor: &Actor,
    save: &SaveVersion,
    row: &SavedRow,
    now: Timestamp,
) -> StoreResult<()> {
    let mut missing: Vec<Reference> = json(&row.missing, "missing things")?;
    if !missing.is_empty() {
        let named = references(&save.graph, &save.settings);
        missing.retain(|reference| named.binary_search(reference).is_ok());
    }
    // A published version keeps the start that it got, also where its settings name none.
    let start = save
        .settings
        .start
        .map(|start| start.0)
        .or(row.start_at.filter(|_| row.status != Status::Draft.code()));
    sqlx::query(
        "UPDATE versions SET graph = ?4, settings = ?5, entry_type = ?6, start_at = ?7, end_at =
            ?8, missing = ?9,
                revision = revision + 1, saved_by = ?10, saved_at = ?11
         WHERE project_id = ?1 AND journey_id = ?2 AND number = ?3",
    )
    .bind(actor.project.0)
    .bind(save.journey.0)
    .bind(save.version)
    .bind(to_json(&save.graph)?)
    .bind(to_json(&save.settings)?)
    .bind(save.settings.entry.entry_type().code())
    .bind(start)
    .bind(save.settings.end.map(|end| end.0))
    .bind(to_json(&missing)?)
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

async fn note_edit(
    connection: &mut SqliteConnection,
    actor: &Actor,
    save: &SaveVersion,
    row: &SavedRow,
    action: Action,
    note: String,
    now: Timestamp,
) -> StoreResult<()> {
    let found = status(row.status)?;
    let item = OperationItemRecord {
        journey: save.journey,
        name: row.name.clone(),
        outcome: ItemResult::Changed { from: found, to: found },
        from: found,
        before: None,
        revision: row.journey_revision,
    };
    let nothing = OperationTargets { found: Vec::new(), missing: Vec::new() };
    let mut record =
        OperationRecord::new(action, &Selection::Ticked(Vec::new()), vec![item], nothing);
    record.note = note;
    record.write(connection, actor, now).await?;
    Ok(())
}
