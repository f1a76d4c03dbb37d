//! A draft like another journey, in the same project or in another one. [`decide_clone`] decides
//! what is copied; in another project the labels are made.

use std::collections::HashSet;

use sqlx::{FromRow, SqliteConnection};

use super::{
    SqliteStore,
    error::SqliteResult,
    journey_transfer::{NewJourney, NewVersion, insert_one},
    labels,
    operations::write::write_operation,
    rows::{hex, json, to_json},
};
use wayfare_domain::{
    access::{actor::Actor, permissions::Permission},
    ids::{JourneyId, ProjectId, VersionId},
    journeys::{
        clone::{CloneDestination, ClonePlan, CloneSource, decide_clone},
        references::references,
        status::Status,
        transition::Action,
        visibility::Visibility,
    },
    names::{JourneyName, LabelName},
    operations::record::{OperationItemRecord, OperationRecord},
    stats::VersionStats,
    time::Timestamp,
};
use wayfare_store::StoreError;

#[derive(FromRow)]
struct CloneSourceRow {
    name: String,
    description: String,
    graph: String,
    settings: String,
    end_at: Option<i64>,
    start_at: Option<i64>,
    labels: String,
    unresolved_references: String,
    project: String,
}

pub async fn clone_journey(
    store: &SqliteStore,
    actor: &Actor,
    journey: JourneyId,
    to: ProjectId,
    now: Timestamp,
) -> SqliteResult<JourneyId> {
    let mut transaction = store.begin().await?;
    let row = original(&mut transaction, actor.project, journey).await?;
    let source = row.to_source()?;
    let may_edit = actor.may(Permission::EditJourneys);
    let plan = if to == actor.project {
        decide_clone(source, CloneDestination::SameProject, may_edit, now)
    } else {
        let journeys = journeys_there(&mut transaction, to, &source).await?;
        let destination = CloneDestination::OtherProject { journeys: &journeys };
        decide_clone(source, destination, may_edit, now)
    };
    let names: Vec<String> = json(&row.labels, "labels")?;
    let names: Vec<LabelName> =
        names.iter().filter_map(|name| LabelName::parse(name).ok()).collect();
    let labels = labels::ensure(&mut transaction, to, &names, now).await?;
    let labels = labels.into_iter().map(|id| hex(id.0)).collect();
    let clone = NewJourney::new(
        plan.name.as_str(),
        row.description,
        labels,
        actor.user,
        now,
        vec![draft(&plan, actor, now)?],
    );
    let there = Actor { project: to, ..actor.clone() };
    let id = insert_one(&mut transaction, to, &clone).await?;
    sqlx::query(
        "UPDATE versions SET unresolved_references = ? WHERE journey_id = ?
         AND project_id = ?",
    )
    .bind(to_json(&plan.unresolved)?)
    .bind(id.0)
    .bind(to.0)
    .execute(&mut *transaction)
    .await?;
    let item = OperationItemRecord::new_draft(id, plan.name.as_str());
    let record = OperationRecord::of_one(Action::Clone, item, plan.note);
    write_operation(&mut transaction, &there, &record, now).await?;
    store.commit(transaction, to).await?;
    Ok(id)
}

fn draft(plan: &ClonePlan, actor: &Actor, now: Timestamp) -> SqliteResult<NewVersion> {
    Ok(NewVersion {
        id: hex(VersionId::new().0),
        status: Status::Draft.code(),
        entry_type: plan.settings.entry.entry_type().code(),
        graph: to_json(&plan.graph)?,
        settings: to_json(&plan.settings)?,
        start_at: plan.start.map(|start| start.0),
        end_at: plan.end.map(|end| end.0),
        created_by: hex(actor.user.0),
        created_at: now.0,
        published_by: None,
        published_at: None,
        figures: VersionStats::default(),
    })
}

async fn original(
    connection: &mut SqliteConnection,
    project: ProjectId,
    journey: JourneyId,
) -> SqliteResult<CloneSourceRow> {
    let row: Option<CloneSourceRow> = sqlx::query_as(
        "SELECT j.name, j.description, v.graph, v.settings, v.end_at, v.start_at,
         v.unresolved_references,
                (SELECT json_group_array(l.name ORDER BY l.name_key) FROM journey_labels jl
                JOIN labels l ON l.id = jl.label_id
                 WHERE jl.journey_id = j.id) AS labels,
                (SELECT p.name FROM projects p WHERE p.id = j.project_id) AS project
         FROM journeys j JOIN versions v ON v.id = j.current_version_id
         WHERE j.id = ? AND j.project_id = ? AND j.visibility < ?",
    )
    .bind(journey.0)
    .bind(project.0)
    .bind(Visibility::Deleted.code())
    .fetch_optional(connection)
    .await?;
    row.ok_or(StoreError::NotFound("journey").into())
}

/// Of the names that a journey has, those of journeys of the other project.
async fn journeys_there(
    connection: &mut SqliteConnection,
    project: ProjectId,
    source: &CloneSource,
) -> SqliteResult<HashSet<String>> {
    let named: Vec<String> = references(&source.graph, &source.settings)
        .into_iter()
        .map(|reference| reference.name)
        .collect();
    let journeys: Vec<(String,)> = sqlx::query_as(
        "SELECT name FROM journeys WHERE project_id = ?1 AND visibility < ?3
         AND name IN (SELECT value FROM json_each(?2))",
    )
    .bind(project.0)
    .bind(to_json(&named)?)
    .bind(Visibility::Deleted.code())
    .fetch_all(connection)
    .await?;
    Ok(journeys.into_iter().map(|(name,)| name).collect())
}

impl CloneSourceRow {
    fn to_source(&self) -> SqliteResult<CloneSource> {
        Ok(CloneSource {
            name: JourneyName::parse(&self.name)
                .map_err(|error| StoreError::Corrupt(error.sentence))?,
            project: self.project.clone(),
            graph: json(&self.graph, "graph")?,
            settings: json(&self.settings, "settings")?,
            start: self.start_at.map(Timestamp),
            end: self.end_at.map(Timestamp),
            unresolved: json(&self.unresolved_references, "missing things")?,
        })
    }
}
