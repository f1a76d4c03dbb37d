//! What happens to journeys without a person: scheduled ones start, and entry ends.

use sqlx::{AssertSqlSafe, SqliteConnection};

use super::{operate::carry_out, targets, write::write_operation};
use crate::{SqliteStore, error::SqliteResult, rows::status_condition, write_queue::Writing};
use wayfare_domain::{
    access::actor::Actor,
    ids::{JourneyId, ProjectId, VersionKey},
    journeys::transition::Action,
    operations::schedule::ScheduledTime,
    time::Timestamp,
};

async fn by_itself(
    store: &SqliteStore,
    mut transaction: Writing,
    system: &Actor,
    journeys: &[JourneyId],
    action: Action,
    now: Timestamp,
) -> SqliteResult<()> {
    if journeys.is_empty() {
        return Ok(());
    }
    let targets = targets::by_ids(&mut transaction, system.project, journeys, now, false).await?;
    let record = carry_out(&mut transaction, system, targets, action, now).await?;
    write_operation(&mut transaction, system, &record, now).await?;
    store.commit(transaction, system.project).await
}

/// Entry of a version is over, by itself. Of one that a newer version took over from, it is
/// already.
pub async fn complete(
    store: &SqliteStore,
    system: &Actor,
    version: VersionKey,
    now: Timestamp,
) -> SqliteResult<()> {
    let mut transaction = store.begin().await?;
    let shown: Option<(uuid::Uuid,)> = sqlx::query_as(
        "SELECT j.id FROM versions v JOIN journeys j ON j.current_version_id = v.id WHERE v.key = ?1
         AND v.project_id = ?2",
    )
    .bind(version.0)
    .bind(system.project.0)
    .fetch_optional(&mut *transaction)
    .await?;
    let journeys: Vec<JourneyId> = shown.into_iter().map(|(id,)| JourneyId(id)).collect();
    by_itself(store, transaction, system, &journeys, Action::Complete, now).await
}

/// Starts what is scheduled and completes what has ended, as far as `now` goes; answers when the
/// next one is due.
pub async fn advance_by_time(
    store: &SqliteStore,
    system: &Actor,
    now: Timestamp,
) -> SqliteResult<Option<Timestamp>> {
    for time in ScheduledTime::ALL {
        let mut connection = store.readers.acquire().await?;
        let is_due = !due(&mut connection, system.project, time, now).await?.is_empty();
        drop(connection);
        if !is_due {
            continue;
        }
        let mut transaction = store.begin().await?;
        // Asked once more: a newer version that was published meanwhile is not due.
        let journeys = due(&mut transaction, system.project, time, now).await?;
        by_itself(store, transaction, system, &journeys, time.action(), now).await?;
    }
    let mut next: Option<Timestamp> = None;
    for time in ScheduledTime::ALL {
        let first = first_due(store, system.project, time).await?;
        next = [next, first].into_iter().flatten().min();
    }
    Ok(next)
}

fn column(time: ScheduledTime) -> &'static str {
    match time {
        ScheduledTime::Start => "start_at",
        ScheduledTime::End => "end_at",
    }
}

async fn due(
    connection: &mut SqliteConnection,
    project: ProjectId,
    time: ScheduledTime,
    now: Timestamp,
) -> SqliteResult<Vec<JourneyId>> {
    let (column, waiting) = (column(time), status_condition("status", &time.statuses()));
    let ids: Vec<(uuid::Uuid,)> = sqlx::query_as(AssertSqlSafe(format!(
        "SELECT journey_id FROM versions WHERE {waiting} AND {column} <= ?2 AND project_id = ?1"
    )))
    .bind(project.0)
    .bind(now.0)
    .fetch_all(connection)
    .await?;
    Ok(ids.into_iter().map(|(id,)| JourneyId(id)).collect())
}

async fn first_due(
    store: &SqliteStore,
    project: ProjectId,
    time: ScheduledTime,
) -> SqliteResult<Option<Timestamp>> {
    let (column, waiting) = (column(time), status_condition("status", &time.statuses()));
    let (first,): (Option<i64>,) = sqlx::query_as(AssertSqlSafe(format!(
        "SELECT min({column}) FROM versions WHERE {waiting} AND {column} IS NOT NULL
            AND project_id = ?"
    )))
    .bind(project.0)
    .fetch_one(&store.readers)
    .await?;
    Ok(first.map(Timestamp))
}
