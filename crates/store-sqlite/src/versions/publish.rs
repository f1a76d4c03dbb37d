//! A draft becomes the version that takes entries; the people in older versions carry on, or leave.
//! [`decide_publish`] decides on what is read here.
//!
//! Exits count immediately and are noted in one row for each version (`versions.emptied`); rows of
//! enrolments and messages follow in small steps, as after a Stop (`engine/sweep.rs`).

use sqlx::{AssertSqlSafe, FromRow, SqliteConnection};
use uuid::Uuid;

use crate::{
    SqliteStore,
    edit::{write_description, write_name},
    error::SqliteResult,
    operations::{targets, write::write_operation},
    rows::{STATS_COLUMNS, StatsRow, status},
};
use wayfare_domain::{
    access::actor::Actor,
    ids::{JourneyKey, VersionId},
    time::Timestamp,
    versions::publish::{
        JourneyToPublish, PublishPlan, PublishVersion, RetiredVersion, VersionToPublish,
        decide_publish,
    },
};

#[derive(FromRow)]
struct VersionRow {
    id: Uuid,
    number: i64,
    status: i64,
    revision: i64,
    start_at: Option<i64>,
    #[sqlx(flatten)]
    stats: StatsRow,
}

pub async fn publish(
    store: &SqliteStore,
    actor: &Actor,
    command: &PublishVersion,
    now: Timestamp,
) -> SqliteResult<()> {
    let mut transaction = store.begin().await?;
    let journey = load(&mut transaction, actor, command, now).await?;
    let plan = decide_publish(&journey, command, now)?;
    let key = journey.target.key;
    // Before the draft: at most one version of a journey takes entries.
    for version in &plan.retired {
        retire(&mut transaction, actor, version, now).await?;
    }
    open(&mut transaction, actor, key, &plan, now).await?;
    write_name(&mut transaction, actor, &journey.target, &command.name, now).await?;
    write_description(&mut transaction, actor, key, &command.description).await?;
    write_operation(&mut transaction, actor, &plan.record, now).await?;
    store.commit(transaction, actor.project).await
}

async fn load(
    connection: &mut SqliteConnection,
    actor: &Actor,
    command: &PublishVersion,
    now: Timestamp,
) -> SqliteResult<JourneyToPublish> {
    let target = targets::one(connection, actor.project, command.journey, now).await?;
    let rows: Vec<VersionRow> = sqlx::query_as(AssertSqlSafe(format!(
        "SELECT v.id, v.number, v.status, v.revision, v.start_at, {STATS_COLUMNS} FROM versions v
         WHERE v.journey_id = ? AND v.project_id = ? ORDER BY v.number"
    )))
    .bind(command.journey.0)
    .bind(actor.project.0)
    .fetch_all(connection)
    .await?;
    let versions = rows.into_iter().map(VersionRow::into_domain).collect::<SqliteResult<_>>()?;
    Ok(JourneyToPublish { target, versions })
}

async fn retire(
    connection: &mut SqliteConnection,
    actor: &Actor,
    version: &RetiredVersion,
    now: Timestamp,
) -> SqliteResult<()> {
    let Some(stats) = version.exited else {
        sqlx::query("UPDATE versions SET status = ?3 WHERE id = ?1 AND project_id = ?2")
            .bind(version.id.0)
            .bind(actor.project.0)
            .bind(version.becomes.code())
            .execute(connection)
            .await?;
        return Ok(());
    };
    sqlx::query(
        "UPDATE versions SET status = ?3, bulk_exited_at = coalesce(bulk_exited_at, ?4),
         inside = ?5, version_exit = ?6, queued = ?7, cancelled = ?8
         WHERE id = ?1 AND project_id = ?2",
    )
    .bind(version.id.0)
    .bind(actor.project.0)
    .bind(version.becomes.code())
    .bind(now.0)
    .bind(stats.inside)
    .bind(stats.version_exit)
    .bind(stats.queued)
    .bind(stats.cancelled)
    .execute(connection)
    .await?;
    Ok(())
}

/// The list shows the draft from now on; then it is published. What the list shows of it, its rate
/// too, the triggers carry there: they act on the columns that are named, also where a counter
/// stays as it is.
async fn open(
    connection: &mut SqliteConnection,
    actor: &Actor,
    journey: JourneyKey,
    plan: &PublishPlan,
    now: Timestamp,
) -> SqliteResult<()> {
    sqlx::query(
        "UPDATE journeys SET current_version_id = ?3, ever_published = 1
         WHERE key = ?2 AND project_id = ?1",
    )
    .bind(actor.project.0)
    .bind(journey.0)
    .bind(plan.draft.0)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "UPDATE versions SET status = ?3, published_by = ?4, published_at = ?5, start_at = ?6,
            entry_opened_at = coalesce(?7, entry_opened_at), entered = entered
         WHERE id = ?1 AND project_id = ?2",
    )
    .bind(plan.draft.0)
    .bind(actor.project.0)
    .bind(plan.becomes.code())
    .bind(actor.user.0)
    .bind(now.0)
    .bind(plan.start.0)
    .bind(plan.open_since.map(|since| since.0))
    .execute(connection)
    .await?;
    Ok(())
}

impl VersionRow {
    fn into_domain(self) -> SqliteResult<VersionToPublish> {
        Ok(VersionToPublish {
            id: VersionId(self.id),
            number: self.number,
            status: status(self.status)?,
            revision: self.revision,
            start: self.start_at.map(Timestamp),
            stats: self.stats.into_domain(),
        })
    }
}
