//! Pause, resume, stop, archive… on one journey or many, in one transaction: the journeys are read,
//! [`decide_operation`] decides on what was read, and each group of changes is one statement.

use sqlx::{AssertSqlSafe, FromRow, SqliteConnection};

use super::{targets, write::write_operation};
use crate::{
    SqliteStore,
    error::SqliteResult,
    rows::{STATS_COLUMNS, StatsRow, status_condition, to_json},
};
use wayfare_domain::{
    access::actor::Actor,
    ids::{JourneyId, JourneyKey, ProjectId, VersionKey},
    journeys::{
        list::selection::{Selection, SelectionDigest},
        status::Status,
        transition::{Action, statuses_for},
        visibility::Visibility,
    },
    operations::{
        OperationResult, StopPreview,
        operate::{CheckedDraft, OperationPlan, StatusGroup, decide_operation, require_checked},
        record::OperationRecord,
        stop::{self, StoppedVersion, VersionToStop, decide_stop},
        target::OperationTargets,
    },
    time::Timestamp,
};
use wayfare_store::StoreError;

pub async fn operate(
    store: &SqliteStore,
    actor: &Actor,
    selection: &Selection,
    action: Action,
    confirmed: Option<SelectionDigest>,
    now: Timestamp,
) -> SqliteResult<OperationResult> {
    let mut transaction = store.begin().await?;
    let targets = targets::read(&mut transaction, actor.project, selection, now).await?;
    if confirmed.is_some_and(|confirmed| confirmed != targets.digest()) {
        return Err(StoreError::SelectionChanged(Box::new(stop::preview_stop(&targets))).into());
    }
    let mut record = carry_out(&mut transaction, actor, targets, action, now).await?;
    record.filter = selection.filter_query();
    let answer = write_operation(&mut transaction, actor, &record, now).await?;
    store.commit(transaction, actor.project).await?;
    Ok(answer)
}

/// Publishes a draft as it was checked, and as nothing else.
pub async fn publish_checked_draft(
    store: &SqliteStore,
    actor: &Actor,
    journey: JourneyId,
    checked: CheckedDraft,
    now: Timestamp,
) -> SqliteResult<OperationResult> {
    let mut transaction = store.begin().await?;
    let targets = targets::by_ids(&mut transaction, actor.project, &[journey], now, false).await?;
    if let Some(target) = targets.found.first() {
        let found: Option<(i64, i64)> = sqlx::query_as(
            "SELECT v.number, v.revision FROM journeys j
             JOIN versions v ON v.id = j.current_version_id WHERE j.project_id = ? AND j.id = ?",
        )
        .bind(actor.project.0)
        .bind(journey.0)
        .fetch_optional(&mut *transaction)
        .await?;
        let found = found.map(|(version, revision)| CheckedDraft { version, revision });
        require_checked(target, found, checked)?;
    }
    let record = carry_out(&mut transaction, actor, targets, Action::Publish, now).await?;
    let answer = write_operation(&mut transaction, actor, &record, now).await?;
    store.commit(transaction, actor.project).await?;
    Ok(answer)
}

/// Decides for each journey, writes what changes, and gives the record that is still to be written.
pub(super) async fn carry_out(
    connection: &mut SqliteConnection,
    actor: &Actor,
    targets: OperationTargets,
    action: Action,
    now: Timestamp,
) -> SqliteResult<OperationRecord> {
    let plan = if action == Action::Stop {
        let versions = versions_to_stop(connection, actor.project, &targets).await?;
        decide_stop(targets, &versions, now)
    } else {
        decide_operation(targets, action, now)
    };
    apply(connection, actor, &plan, now).await?;
    Ok(plan.record)
}

/// Writes what a plan changes, but for its record.
pub async fn apply(
    connection: &mut SqliteConnection,
    actor: &Actor,
    plan: &OperationPlan,
    now: Timestamp,
) -> SqliteResult<()> {
    for group in &plan.statuses {
        set_status(connection, actor.project, group).await?;
    }
    if !plan.stopped.is_empty() {
        stop_versions(connection, actor.project, &plan.stopped).await?;
    }
    if !plan.published.is_empty() {
        publish(connection, actor, &plan.published, now).await?;
    }
    touch(connection, actor.project, &plan.changed, plan.visibility, now).await
}

/// The journeys have changed, and are found where the plan says.
pub async fn touch(
    connection: &mut SqliteConnection,
    project: ProjectId,
    journeys: &[JourneyKey],
    visibility: Option<Visibility>,
    now: Timestamp,
) -> SqliteResult<()> {
    if journeys.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "UPDATE journeys SET revision = revision + 1, updated_at = ?2, visibility = coalesce(?4,
         visibility)
         WHERE project_id = ?1 AND key IN (SELECT value FROM json_each(?3))",
    )
    .bind(project.0)
    .bind(now.0)
    .bind(to_json(&journeys)?)
    .bind(visibility.map(Visibility::code))
    .execute(connection)
    .await?;
    Ok(())
}

/// The shown versions take their new status; the triggers carry it to the list. The journeys lead
/// to the versions (`IN`): a join may be walked the other way, through every version there is.
async fn set_status(
    connection: &mut SqliteConnection,
    project: ProjectId,
    group: &StatusGroup,
) -> SqliteResult<()> {
    sqlx::query(
        "UPDATE versions SET status = ?3, entry_opened_at = coalesce(?4, entry_opened_at) WHERE id
         IN (
             SELECT j.current_version_id FROM json_each(?2) change CROSS JOIN journeys j
             ON j.key = change.value
             WHERE j.project_id = ?1)",
    )
    .bind(project.0)
    .bind(to_json(&group.journeys)?)
    .bind(group.status.code())
    .bind(group.open_since.map(|since| since.0))
    .execute(connection)
    .await?;
    Ok(())
}

#[derive(FromRow)]
struct VersionToStopRow {
    version_key: i64,
    journey_key: i64,
    #[sqlx(flatten)]
    stats: StatsRow,
}

/// What a Stop of these journeys could end.
async fn versions_to_stop(
    connection: &mut SqliteConnection,
    project: ProjectId,
    targets: &OperationTargets,
) -> SqliteResult<Vec<VersionToStop>> {
    let journeys: Vec<JourneyKey> = targets.found.iter().map(|target| target.key).collect();
    let stoppable = status_condition("v.status", &statuses_for(Action::Stop));
    let rows: Vec<VersionToStopRow> = sqlx::query_as(AssertSqlSafe(format!(
        "SELECT v.key AS version_key, j.key AS journey_key, {STATS_COLUMNS}
         FROM json_each(?2) chosen CROSS JOIN journeys j ON j.key = chosen.value
         CROSS JOIN versions v ON v.journey_id = j.id
         WHERE j.project_id = ?1 AND {stoppable}"
    )))
    .bind(project.0)
    .bind(to_json(&journeys)?)
    .fetch_all(connection)
    .await?;
    let versions = rows.into_iter().map(|row| VersionToStop {
        key: VersionKey(row.version_key),
        journey: JourneyKey(row.journey_key),
        stats: row.stats.into_domain(),
    });
    Ok(versions.collect())
}

/// Of rows of key and counters.
const STOP_VERSIONS: &str = "UPDATE versions SET status = ?3, inside = ended.value ->> 1,
        stopped = ended.value ->> 2, queued = ended.value ->> 3, cancelled = ended.value ->> 4
    FROM json_each(?2) ended
    WHERE versions.key = ended.value ->> 0 AND versions.project_id = ?1";

/// The versions end with the counters that a Stop leaves them.
async fn stop_versions(
    connection: &mut SqliteConnection,
    project: ProjectId,
    stopped: &[StoppedVersion],
) -> SqliteResult<()> {
    type Row = (VersionKey, i64, i64, i64, i64);
    let rows: Vec<Row> = stopped
        .iter()
        .map(|StoppedVersion { key, stats }| {
            (*key, stats.inside, stats.stopped, stats.queued, stats.cancelled)
        })
        .collect();
    sqlx::query(STOP_VERSIONS)
        .bind(project.0)
        .bind(to_json(&rows)?)
        .bind(Status::Stopped.code())
        .execute(connection)
        .await?;
    Ok(())
}

/// Of rows of journey and start. Materialized, since a join would be walked the other way, through
/// every version there is.
const PUBLISH_VERSIONS: &str = "WITH opened AS MATERIALIZED (
        SELECT j.current_version_id AS id, change.value ->> 1 AS start
        FROM json_each(?2) change CROSS JOIN journeys j ON j.key = change.value ->> 0
        WHERE j.project_id = ?1)
    UPDATE versions SET published_by = ?3, published_at = ?4, start_at = opened.start
    FROM opened WHERE versions.id = opened.id";

/// Publication leaves its mark on the shown version and on the journey.
async fn publish(
    connection: &mut SqliteConnection,
    actor: &Actor,
    published: &[(JourneyKey, Timestamp)],
    now: Timestamp,
) -> SqliteResult<()> {
    let rows: Vec<(JourneyKey, i64)> =
        published.iter().map(|(journey, start)| (*journey, start.0)).collect();
    let rows = to_json(&rows)?;
    sqlx::query(PUBLISH_VERSIONS)
        .bind(actor.project.0)
        .bind(&rows)
        .bind(actor.user.0)
        .bind(now.0)
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "UPDATE journeys SET ever_published = 1 WHERE project_id = ?1
         AND key IN (SELECT value ->> 0 FROM json_each(?2))",
    )
    .bind(actor.project.0)
    .bind(&rows)
    .execute(connection)
    .await?;
    Ok(())
}

pub async fn preview_stop(
    store: &SqliteStore,
    project: ProjectId,
    selection: &Selection,
    now: Timestamp,
) -> SqliteResult<StopPreview> {
    let mut connection = store.readers.acquire().await?;
    Ok(stop::preview_stop(&targets::read(&mut connection, project, selection, now).await?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SqliteConfig;

    /// A statement about many journeys that walked through every version would be slow exactly
    /// where there are many.
    #[tokio::test]
    async fn statements_about_many_journeys_look_their_versions_up() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let config = SqliteConfig::new(folder.path().join("plans.db"));
        let store = SqliteStore::open(&config).await.expect("a store");
        for statement in [PUBLISH_VERSIONS, STOP_VERSIONS] {
            let plan: Vec<(i64, i64, i64, String)> =
                sqlx::query_as(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}")))
                    .fetch_all(&store.readers)
                    .await
                    .expect("a plan");
            let steps: Vec<String> = plan.into_iter().map(|(.., step)| step).collect();
            assert!(steps.iter().any(|step| step.starts_with("SEARCH versions")), "{steps:?}");
        }
    }
}
