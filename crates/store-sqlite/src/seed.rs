//! Journeys with a past, for the demo project and for load tests.

use std::collections::HashMap;

use sqlx::SqliteConnection;

use super::{
    SqliteStore,
    error::SqliteResult,
    journey_transfer::{NewJourney, NewVersion, insert},
    labels,
    rows::{hex, to_json},
};
use wayfare_domain::{
    ids::{ProjectId, VersionId},
    journeys::{settings::EntryType, status::Status, visibility::Visibility},
    names::LabelName,
    time::Timestamp,
};
use wayfare_store::transfer::{SeedJourney, SeedMember};

pub async fn seed(
    store: &SqliteStore,
    project: ProjectId,
    people: &[SeedMember],
    journeys: &[SeedJourney],
    now: Timestamp,
) -> SqliteResult<()> {
    let mut transaction = store.begin().await?;
    insert_people(&mut transaction, people, now).await?;
    let labels = label_ids(&mut transaction, project, journeys, now).await?;
    let rows = journeys
        .iter()
        .map(|journey| new_journey(journey, &labels))
        .collect::<SqliteResult<Vec<_>>>()?;
    insert(&mut transaction, project, &rows).await?;
    mark_runs(&mut transaction, project, now).await?;
    store.commit(transaction, project).await?;
    Ok(())
}

/// A past has had its runs: nothing starts because a demo was loaded.
async fn mark_runs(
    connection: &mut SqliteConnection,
    project: ProjectId,
    now: Timestamp,
) -> SqliteResult<()> {
    sqlx::query(
        "UPDATE versions SET entry_opened_at = ?2 WHERE project_id = ?1 AND status = ?3
         AND entry_opened_at = 0",
    )
    .bind(project.0)
    .bind(now.0)
    .bind(Status::Running.code())
    .execute(&mut *connection)
    .await?;
    let entered_in_runs: Vec<i64> = EntryType::ALL
        .into_iter()
        .filter(|entry| entry.enters_in_runs())
        .map(EntryType::code)
        .collect();
    sqlx::query(
        "INSERT INTO entry_runs (version_key, run_at) SELECT key, ?2 FROM versions
         WHERE project_id = ?1 AND status = ?3
         AND entry_type IN (SELECT value FROM json_each(?4)) ON CONFLICT DO NOTHING",
    )
    .bind(project.0)
    .bind(now.0)
    .bind(Status::Running.code())
    .bind(to_json(&entered_in_runs)?)
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_people(
    connection: &mut SqliteConnection,
    people: &[SeedMember],
    now: Timestamp,
) -> SqliteResult<()> {
    let rows: Vec<(String, &str, &str)> = people
        .iter()
        .map(|person| (hex(person.id.0), person.name.as_str(), person.email.as_str()))
        .collect();
    sqlx::query(
        "INSERT INTO actors (id, name, email, created_at)
         SELECT unhex(value ->> 0), value ->> 1, value ->> 2, ?2 FROM json_each(?1) WHERE true
         ON CONFLICT DO NOTHING",
    )
    .bind(to_json(&rows)?)
    .bind(now.0)
    .execute(connection)
    .await?;
    Ok(())
}

async fn label_ids(
    connection: &mut SqliteConnection,
    project: ProjectId,
    journeys: &[SeedJourney],
    now: Timestamp,
) -> SqliteResult<HashMap<LabelName, String>> {
    let mut names: Vec<LabelName> =
        journeys.iter().flat_map(|journey| journey.document.labels.clone()).collect();
    names.sort();
    names.dedup();
    let ids = labels::ensure(connection, project, &names, now).await?;
    Ok(names.into_iter().zip(ids.into_iter().map(|id| hex(id.0))).collect())
}

fn new_journey(
    journey: &SeedJourney,
    labels: &HashMap<LabelName, String>,
) -> SqliteResult<NewJourney> {
    let document = &journey.document;
    let (graph, settings) = (to_json(&document.graph)?, to_json(&document.settings)?);
    let versions = journey
        .versions
        .iter()
        .map(|version| NewVersion {
            id: hex(VersionId::new().0),
            status: version.status.code(),
            entry_type: document.settings.entry.entry_type().code(),
            graph: graph.clone(),
            settings: settings.clone(),
            start_at: version.start.map(|start| start.0),
            end_at: document.settings.end.map(|end| end.0),
            created_by: hex(version.created_by.0),
            created_at: version.created_at.0,
            published_by: version.published.map(|(by, _)| hex(by.0)),
            published_at: version.published.map(|(_, at)| at.0),
            figures: version.figures,
        })
        .collect();
    let mut worn: Vec<String> =
        document.labels.iter().filter_map(|name| labels.get(name).cloned()).collect();
    worn.sort();
    worn.dedup();
    Ok(NewJourney {
        visibility: Visibility::of(journey.archived).code(),
        ..NewJourney::new(
            document.name.as_str(),
            document.description.to_string(),
            worn,
            journey.created_by,
            journey.created_at,
            versions,
        )
    })
}
