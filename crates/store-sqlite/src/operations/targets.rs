//! What a bulk action is about, read inside its transaction.

use std::collections::HashSet;

use sqlx::{FromRow, QueryBuilder, Sqlite, SqliteConnection};
use uuid::Uuid;

use crate::{
    list_sql::{ScanPlan, id_list, push_from_where, push_order},
    rows::status,
};
use wayfare_domain::{
    ids::{JourneyId, ProjectId},
    journeys::{
        list::{
            query::Sort,
            selection::{Selection, SelectionDigest},
        },
        status::Status,
        transition::{JourneyState, start_ahead},
    },
    time::Timestamp,
};
use wayfare_store::StoreResult;

/// A journey that an action might apply to.
#[derive(Debug, Clone)]
pub struct OperationTarget {
    pub seq: i64,
    pub id: JourneyId,
    pub name: String,
    pub status: Status,
    pub situation: JourneyState,
    pub revision: i64,
    /// Over all versions.
    pub queued: i64,
}

/// A chosen set: the journeys that are there, and the ids of those that are not.
pub struct OperationTargets {
    pub found: Vec<OperationTarget>,
    pub missing: Vec<JourneyId>,
}

impl OperationTargets {
    /// The fingerprint that a confirmation carries.
    pub fn digest(&self) -> SelectionDigest {
        let mut digest = SelectionDigest::default();
        self.found.iter().for_each(|candidate| digest.add(candidate.id));
        digest
    }
}

#[derive(FromRow)]
struct CandidateRow {
    seq: i64,
    id: Uuid,
    name: String,
    status: i64,
    shelf: i64,
    ever_published: bool,
    start_at: Option<i64>,
    has_run: bool,
    revision: i64,
    inside_all: i64,
    queued_all: i64,
}

/// What is read of each: people inside and messages queued count over all versions.
const COLUMNS: &str = "j.seq, j.id, j.name, j.status, j.shelf, j.ever_published, j.start_at,
    j.revision,
    (SELECT v.entry_since > 0 OR v.entered > 0 FROM versions v
    WHERE v.id = j.shown_version_id) AS has_run,
    (SELECT coalesce(sum(v.inside), 0) FROM versions v WHERE v.journey_id = j.id) AS inside_all,
    (SELECT coalesce(sum(v.queued), 0) FROM versions v WHERE v.journey_id = j.id) AS queued_all";

pub async fn read(
    connection: &mut SqliteConnection,
    project: ProjectId,
    selection: &Selection,
    now: Timestamp,
) -> StoreResult<OperationTargets> {
    match selection {
        Selection::Ticked(ids) => by_ids(connection, project, ids, now, false).await,
        Selection::Matching(query) => {
            let mut sql = QueryBuilder::<Sqlite>::new("SELECT ");
            sql.push(COLUMNS);
            push_from_where(&mut sql, project, &query.filter, ScanPlan::FilterFirst);
            push_order(&mut sql, Sort::default(), ScanPlan::FilterFirst);
            let rows: Vec<CandidateRow> = sql.build_query_as().fetch_all(connection).await?;
            let found =
                rows.into_iter().map(|row| row.into_candidate(now)).collect::<StoreResult<_>>()?;
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
) -> StoreResult<OperationTargets> {
    let mut sql = QueryBuilder::<Sqlite>::new("SELECT ");
    sql.push(COLUMNS).push(" FROM json_each(");
    sql.push_bind(id_list(ids.iter().map(|id| id.0)));
    sql.push(") chosen CROSS JOIN journeys j ON j.id = unhex(chosen.value) WHERE j.project_id = ")
        .push_bind(project.0);
    if !deleted_too {
        sql.push(" AND j.shelf < 2");
    }
    sql.push(" ORDER BY chosen.key");
    let rows: Vec<CandidateRow> = sql.build_query_as().fetch_all(connection).await?;
    let found: Vec<OperationTarget> =
        rows.into_iter().map(|row| row.into_candidate(now)).collect::<StoreResult<_>>()?;
    let there: HashSet<JourneyId> = found.iter().map(|candidate| candidate.id).collect();
    let missing = ids.iter().copied().filter(|id| !there.contains(id)).collect();
    Ok(OperationTargets { found, missing })
}

impl CandidateRow {
    fn into_candidate(self, now: Timestamp) -> StoreResult<OperationTarget> {
        let status = status(self.status)?;
        Ok(OperationTarget {
            seq: self.seq,
            id: JourneyId(self.id),
            name: self.name,
            status,
            situation: JourneyState {
                status,
                archived: self.shelf == 1,
                ever_published: self.ever_published,
                start_ahead: start_ahead(self.start_at.map(Timestamp), self.has_run, now),
                inside: self.inside_all,
            },
            revision: self.revision,
            queued: self.queued_all,
        })
    }
}
