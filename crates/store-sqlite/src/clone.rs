//! A draft like another journey, in the same project or in another one.

use std::collections::HashSet;

use sqlx::{FromRow, SqliteConnection};

use super::{
    SqliteStore,
    import::{NewJourney, NewVersion, insert_one},
    labels,
    rows::{hex, json, to_json},
};
use wayfare_domain::{
    access::{actor::Actor, permissions::Permission},
    graph::Graph,
    ids::{JourneyId, ProjectId, VersionId},
    journeys::{
        references::{Reference, ReferenceKind, references},
        settings::Settings,
        status::Status,
        transition::Action,
    },
    names::{JourneyName, LabelName, search_key},
    stats::VersionStats,
    time::Timestamp,
};
use wayfare_store::{StoreError, StoreResult};

#[derive(FromRow)]
struct CloneSourceRow {
    name: String,
    description: String,
    entry_type: i64,
    graph: String,
    settings: String,
    end_at: Option<i64>,
    start_at: Option<i64>,
    labels: String,
    missing: String,
    project: String,
}

/// A draft with the graph, settings, description and labels of the shown version, and none of its
/// figures. A start that has passed is not copied: publishing the clone would otherwise pretend to
/// have begun in the past. In another project the labels are made, and what else it names and is
/// not there is marked in the draft.
pub async fn clone_journey(
    store: &SqliteStore,
    actor: &Actor,
    journey: JourneyId,
    to: ProjectId,
    now: Timestamp,
) -> StoreResult<JourneyId> {
    let mut transaction = store.begin().await?;
    let original = original(&mut transaction, actor.project, journey).await?;
    let name = JourneyName::parse(&original.name)
        .map_err(|error| StoreError::Corrupt(error.sentence))?
        .clone_of();
    let names: Vec<String> = json(&original.labels, "labels")?;
    let names: Vec<LabelName> =
        names.iter().filter_map(|name| LabelName::parse(name).ok()).collect();
    let labels = labels::ensure(&mut transaction, to, &names, now).await?;
    let mut settings: Settings = json(&original.settings, "settings")?;
    settings.start = settings.start.filter(|start| *start > now);
    settings.end = settings.end.filter(|end| *end > now);
    let graph: Graph = json(&original.graph, "graph")?;
    let elsewhere = to != actor.project;
    let missing = if elsewhere {
        to_json(&missing_in(&mut transaction, to, references(&graph, &settings)).await?)?
    } else {
        original.missing
    };
    let clone = NewJourney {
        id: hex(JourneyId::new().0),
        name: name.to_string(),
        name_key: search_key(name.as_str()),
        description: original.description,
        shelf: 0,
        created_by: hex(actor.user.0),
        created_at: now.0,
        labels: labels.into_iter().map(|id| hex(id.0)).collect(),
        versions: vec![NewVersion {
            id: hex(VersionId::new().0),
            status: Status::Draft.code(),
            entry_type: original.entry_type,
            graph: if actor.may(Permission::EditJourneys) {
                original.graph
            } else {
                to_json(&graph.without_secrets())?
            },
            settings: to_json(&settings)?,
            start_at: original.start_at.filter(|start| *start > now.0),
            end_at: original.end_at.filter(|end| *end > now.0),
            created_by: hex(actor.user.0),
            created_at: now.0,
            published_by: None,
            published_at: None,
            figures: VersionStats::default(),
        }],
    };
    let note = if elsewhere {
        format!("from “{}” of the project “{}”", original.name, original.project)
    } else {
        format!("from “{}”", original.name)
    };
    let there = Actor { project: to, ..actor.clone() };
    let id = insert_one(&mut transaction, &there, &clone, Action::Clone, note, now).await?;
    sqlx::query("UPDATE versions SET missing = ? WHERE journey_id = ? AND project_id = ?")
        .bind(missing)
        .bind(id.0)
        .bind(to.0)
        .execute(&mut *transaction)
        .await?;
    store.commit(transaction, to).await?;
    Ok(id)
}

async fn original(
    connection: &mut SqliteConnection,
    project: ProjectId,
    journey: JourneyId,
) -> StoreResult<CloneSourceRow> {
    let row: Option<CloneSourceRow> = sqlx::query_as(
        "SELECT j.name, j.description, v.entry_type, v.graph, v.settings, v.end_at, v.start_at,
            v.missing,
                (SELECT json_group_array(l.name ORDER BY l.name_key) FROM journey_labels jl
                JOIN labels l ON l.id = jl.label_id
                 WHERE jl.journey_id = j.id) AS labels,
                (SELECT p.name FROM projects p WHERE p.id = j.project_id) AS project
         FROM journeys j JOIN versions v ON v.id = j.shown_version_id
         WHERE j.id = ? AND j.project_id = ? AND j.shelf < 2",
    )
    .bind(journey.0)
    .bind(project.0)
    .fetch_optional(connection)
    .await?;
    row.ok_or(StoreError::NotFound("journey"))
}

/// Of what a journey names, what the project does not have.
async fn missing_in(
    connection: &mut SqliteConnection,
    project: ProjectId,
    named: Vec<Reference>,
) -> StoreResult<Vec<Reference>> {
    let journeys: Vec<(String,)> = sqlx::query_as(
        "SELECT name FROM journeys WHERE project_id = ?1 AND shelf < 2
         AND name IN (SELECT value ->> 'name' FROM json_each(?2)
         WHERE value ->> 'kind' = 'journey')",
    )
    .bind(project.0)
    .bind(to_json(&named)?)
    .fetch_all(connection)
    .await?;
    let there: HashSet<String> = journeys.into_iter().map(|(name,)| name).collect();
    Ok(named
        .into_iter()
        .filter(|reference| {
            reference.kind != ReferenceKind::Journey || !there.contains(&reference.name)
        })
        .collect())
}
