//! One page of the list.
//!
//! The total decides how the page is read: where few journeys match, they are found by the filter
//! and sorted; where many match, the sort's index is walked until the page is full. Totals of
//! filtered lists are remembered until something in the project changes.

use std::collections::HashMap;

use sqlx::{FromRow, QueryBuilder, Sqlite};
use uuid::Uuid;

use super::{
    SqliteStore,
    error::SqliteResult,
    labels,
    list_sql::{self, ScanPlan, push_from_where, push_order},
    projects,
    rows::{self, SUMMARY_COLUMNS, SummaryRow},
    saved_filters,
};
use wayfare_domain::{
    access::actor::ActorRef,
    ids::{ProjectId, UserId},
    journeys::{
        list::{
            columns::ColumnChoice,
            page::{ListPage, StatusCount},
            query::{JourneyFilter, ListQuery},
        },
        read_model::JourneySummary,
        status::Status,
        visibility::Visibility,
    },
    time::Timestamp,
};

/// Up to this many matches a page is read filter first.
const FILTER_FIRST_MAX: i64 = 1_500;
/// Most totals that are remembered.
const TOTALS_MAX: usize = 500;

/// Totals of filtered lists, each true for one generation of its project.
#[derive(Default)]
pub struct TotalsCache(HashMap<(ProjectId, String), (i64, i64)>);

impl TotalsCache {
    fn get(&self, project: ProjectId, filter: &str, generation: i64) -> Option<i64> {
        let (known, total) = self.0.get(&(project, filter.to_string()))?;
        (*known == generation).then_some(*total)
    }

    fn put(&mut self, project: ProjectId, filter: String, generation: i64, total: i64) {
        if self.0.len() >= TOTALS_MAX {
            self.0.clear();
        }
        self.0.insert((project, filter), (generation, total));
    }
}

#[derive(FromRow)]
struct CountRow {
    visibility: i64,
    status: i64,
    count: i64,
}

pub async fn read(
    store: &SqliteStore,
    project: ProjectId,
    query: &ListQuery,
    now: Timestamp,
) -> SqliteResult<ListPage> {
    let surroundings = async {
        tokio::try_join!(
            labels::all(store, project),
            creators(store, project),
            saved_filters::all(store, project)
        )
    };
    let page = async {
        let counts = counts(store, project).await?;
        let total = match unfiltered_total(&query.filter, &counts) {
            Some(total) => total,
            None => total(store, project, &query.filter).await?,
        };
        // A page beyond the end shows the last one: rows may have left since the link was made.
        let last = ((total + query.page_size.rows() - 1) / query.page_size.rows()).max(1);
        let query = query.with_page(query.page.min(last));
        let rows = page_rows(store, project, &query, total).await?;
        SqliteResult::Ok((counts, total, query, rows))
    };
    let ((labels, creators, saved_filters), (counts, total, query, rows)) =
        tokio::try_join!(surroundings, page)?;
    let mut status_counts = Vec::with_capacity(Status::ALL.len());
    for status in Status::ALL {
        let count = counts
            .iter()
            .filter(|row| {
                row.visibility == Visibility::Listed.code() && row.status == status.code()
            })
            .map(|row| row.count)
            .sum();
        status_counts.push(StatusCount { status, count });
    }
    Ok(ListPage {
        query,
        rows,
        total,
        counts: status_counts,
        archived_count: counts
            .iter()
            .filter(|row| row.visibility == Visibility::Archived.code())
            .map(|row| row.count)
            .sum(),
        labels,
        creators,
        saved_filters,
        columns: ColumnChoice::default(),
        seat: None,
        now,
    })
}

async fn counts(store: &SqliteStore, project: ProjectId) -> SqliteResult<Vec<CountRow>> {
    Ok(sqlx::query_as(
        "SELECT visibility, status, count FROM journey_counts WHERE project_id = ?
         AND visibility < ?",
    )
    .bind(project.0)
    .bind(Visibility::Deleted.code())
    .fetch_all(&store.readers)
    .await?)
}

/// The total where nothing but the visibility and the status narrow the list: it is in the kept
/// counts.
fn unfiltered_total(filter: &JourneyFilter, counts: &[CountRow]) -> Option<i64> {
    let only_status = JourneyFilter { statuses: Vec::new(), archived: false, ..filter.clone() };
    // A date field without a range narrows nothing.
    if !only_status.is_empty() {
        return None;
    }
    let wanted = |row: &&CountRow| {
        row.visibility == Visibility::of(filter.archived).code()
            && (filter.statuses.is_empty()
                || filter.statuses.iter().any(|status| status.code() == row.status))
    };
    Some(counts.iter().filter(wanted).map(|row| row.count).sum())
}

async fn total(
    store: &SqliteStore,
    project: ProjectId,
    filter: &JourneyFilter,
) -> SqliteResult<i64> {
    let key = ListQuery { filter: filter.clone(), ..ListQuery::default() }.to_query();
    let generation = projects::generation(store, project).await?;
    if let Some(total) =
        store.totals.lock().ok().and_then(|totals| totals.get(project, &key, generation))
    {
        return Ok(total);
    }
    let mut sql = QueryBuilder::<Sqlite>::new("SELECT count(*)");
    push_from_where(&mut sql, project, filter, ScanPlan::FilterFirst);
    let (total,): (i64,) = sql.build_query_as().fetch_one(&store.readers).await?;
    if let Ok(mut totals) = store.totals.lock() {
        totals.put(project, key, generation, total);
    }
    Ok(total)
}

async fn page_rows(
    store: &SqliteStore,
    project: ProjectId,
    query: &ListQuery,
    total: i64,
) -> SqliteResult<Vec<JourneySummary>> {
    if total == 0 {
        return Ok(Vec::new());
    }
    let few = total <= FILTER_FIRST_MAX && !query.filter.is_empty();
    let plan = if few { ScanPlan::FilterFirst } else { ScanPlan::SortFirst(query.sort.key) };
    // The page's rows are chosen from the index alone; only they are then read whole.
    let mut sql =
        QueryBuilder::<Sqlite>::new(format!("SELECT {SUMMARY_COLUMNS} FROM (SELECT j.key"));
    push_from_where(&mut sql, project, &query.filter, plan);
    push_order(&mut sql, query.sort, plan);
    sql.push(" LIMIT ").push_bind(query.page_size.rows());
    sql.push(" OFFSET ").push_bind((query.page - 1) * query.page_size.rows());
    sql.push(") page JOIN journeys j ON j.key = page.key");
    list_sql::push_order(&mut sql, query.sort, ScanPlan::FilterFirst);
    let rows: Vec<SummaryRow> = sql.build_query_as().fetch_all(&store.readers).await?;
    rows.into_iter().map(rows::SummaryRow::into_domain).collect()
}

/// Everybody who created a journey that is not deleted.
async fn creators(store: &SqliteStore, project: ProjectId) -> SqliteResult<Vec<ActorRef>> {
    let people: Vec<(Uuid, String)> = sqlx::query_as(
        "SELECT u.id, u.name FROM actors u
         WHERE EXISTS (SELECT 1 FROM journeys j WHERE j.project_id = ?1 AND j.visibility = ?2
         AND j.created_by = u.id)
            OR EXISTS (SELECT 1 FROM journeys j WHERE j.project_id = ?1 AND j.visibility = ?3
            AND j.created_by = u.id)
         ORDER BY u.name",
    )
    .bind(project.0)
    .bind(Visibility::Listed.code())
    .bind(Visibility::Archived.code())
    .fetch_all(&store.readers)
    .await?;
    Ok(people.into_iter().map(|(id, name)| ActorRef { id: UserId(id), name }).collect())
}
