//! What a bulk action is about, read inside its transaction.

use std::collections::HashSet;

use sqlx::{FromRow, QueryBuilder, Sqlite, SqliteConnection};
use uuid::Uuid;

use crate::{
    error::SqliteResult,
    list_sql::{ScanPlan, id_list, push_from_where, push_order},
    rows::{status, visibility},
};
use wayfare_domain::{
    ids::{JourneyId, JourneyKey, ProjectId},
    journeys::{
        list::{query::Sort, selection::Selection},
        transition::{JourneyState, start_ahead},
        visibility::Visibility,
    },
    operations::target::{OperationTarget, OperationTargets},
    time::Timestamp,
};
use wayfare_store::StoreError;

#[derive(FromRow)]
struct TargetRow {
    key: i64,
    id: Uuid,
    name: String,
    status: i64,
    visibility: i64,
    ever_published: bool,
    start_at: Option<i64>,
    has_run: bool,
    revision: i64,
    inside_all: i64,
    queued_all: i64,
}

/// What is read of each: people inside and messages queued count over all versions.
const COLUMNS: &str = "j.key, j.id, j.name, j.status, j.visibility, j.ever_published, j.start_at,
    j.revision,
    (SELECT v.entry_opened_at > 0 OR v.entered > 0 FROM versions v
    WHERE v.id = j.current_version_id) AS has_run,
    (SELECT coalesce(sum(v.inside), 0) FROM versions v WHERE v.journey_id = j.id) AS inside_all,
    (SELECT coalesce(sum(v.queued), 0) FROM versions v WHERE v.journey_id = j.id) AS queued_all";

pub async fn read(
    connection: &mut SqliteConnection,
    project: ProjectId,
    selection: &Selection,
    now: Timestamp,
) -> SqliteResult<OperationTargets> {
    match selection {
        Selection::Ticked(ids) => by_ids(connection, project, ids, now, false).await,
        Selection::Matching(query) => {
            let mut sql = QueryBuilder::<Sqlite>::new("SELECT ");
            sql.push(COLUMNS);
            push_from_where(&mut sql, project, &query.filter, ScanPlan::FilterFirst);
            push_order(&mut sql, Sort::default(), ScanPlan::FilterFirst);
            let rows: Vec<TargetRow> = sql.build_query_as().fetch_all(connection).await?;
            let found =
                rows.into_iter().map(|row| row.into_domain(now)).collect::<SqliteResult<_>>()?;
            Ok(OperationTargets { found, missing: Vec::new() })
        }
    }
}

/// The named journeys in the order of their naming; deleted ones only where an undo asks for them.
pub async fn by_ids(
    connection: &mut SqliteConnection,
    project: ProjectId,
    ids: &[JourneyId],
    now: Timestamp,
    deleted_too: bool,
) -> SqliteResult<OperationTargets> {
    let mut sql = QueryBuilder::<Sqlite>::new("SELECT ");
    sql.push(COLUMNS).push(" FROM json_each(");
    sql.push_bind(id_list(ids.iter().map(|id| id.0)));
    sql.push(") chosen CROSS JOIN journeys j ON j.id = unhex(chosen.value) WHERE j.project_id = ")
        .push_bind(project.0);
    if !deleted_too {
        sql.push(" AND j.visibility < ").push_bind(Visibility::Deleted.code());
    }
    sql.push(" ORDER BY chosen.key");
    let rows: Vec<TargetRow> = sql.build_query_as().fetch_all(connection).await?;
    let found: Vec<OperationTarget> =
        rows.into_iter().map(|row| row.into_domain(now)).collect::<SqliteResult<_>>()?;
    let there: HashSet<JourneyId> = found.iter().map(|target| target.id).collect();
    let missing = ids.iter().copied().filter(|id| !there.contains(id)).collect();
    Ok(OperationTargets { found, missing })
}

/// The one journey, whatever may be done to it.
pub async fn one(
    connection: &mut SqliteConnection,
    project: ProjectId,
    journey: JourneyId,
    now: Timestamp,
) -> SqliteResult<OperationTarget> {
    let mut targets = by_ids(connection, project, &[journey], now, false).await?;
    targets.found.pop().ok_or(StoreError::NotFound("journey").into())
}

impl TargetRow {
    fn into_domain(self, now: Timestamp) -> SqliteResult<OperationTarget> {
        let start = self.start_at.map(Timestamp);
        Ok(OperationTarget {
            key: JourneyKey(self.key),
            id: JourneyId(self.id),
            name: self.name,
            state: JourneyState {
                status: status(self.status)?,
                archived: visibility(self.visibility)? == Visibility::Archived,
                ever_published: self.ever_published,
                start_ahead: start_ahead(start, self.has_run, now),
                inside: self.inside_all,
            },
            revision: self.revision,
            start,
            queued: self.queued_all,
        })
    }
}
