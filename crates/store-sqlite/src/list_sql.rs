//! The list's conditions and order as SQL: one writer for the page, the totals, and the bulk
//! actions on all that match.

use sqlx::{QueryBuilder, Sqlite};
use uuid::Uuid;

use super::rows::hex;
use wayfare_domain::{
    ids::ProjectId,
    journeys::{
        list::query::{DateField, JourneyFilter, Sort, SortKey},
        visibility::Visibility,
    },
    names::search_key,
};

/// From this many characters on a search uses the trigram index.
const TRIGRAM: usize = 3;

/// Which index leads the way through the journeys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScanPlan {
    /// Few match: find them by the filter, then sort them.
    FilterFirst,
    /// Many match: walk the sort's index and keep what matches, until the page is full.
    SortFirst(SortKey),
}

/// `FROM journeys j … WHERE …` for everything that the filter lets through.
pub fn push_from_where(
    sql: &mut QueryBuilder<Sqlite>,
    project: ProjectId,
    filter: &JourneyFilter,
    plan: ScanPlan,
) {
    sql.push(" FROM journeys j ");
    if let ScanPlan::SortFirst(key) = plan {
        sql.push("INDEXED BY ").push(index_of(key));
    }
    sql.push(" WHERE j.project_id = ").push_bind(project.0);
    sql.push(" AND j.visibility = ").push_bind(Visibility::of(filter.archived).code());
    // A leading plus keeps SQLite from taking another index than the sort's.
    let plus = if plan == ScanPlan::FilterFirst { "" } else { "+" };
    if !filter.statuses.is_empty() {
        push_in(sql, plus, "j.status", filter.statuses.iter().map(|status| status.code()));
    }
    if !filter.entry_types.is_empty() {
        push_in(sql, plus, "j.entry_type", filter.entry_types.iter().map(|entry| entry.code()));
    }
    if !filter.created_by.is_empty() {
        push_in(sql, plus, "j.created_by", filter.created_by.iter().map(|user| user.0));
    }
    if !filter.labels.is_empty() {
        push_labels(sql, project, filter, plan);
    }
    let date = match filter.date_field {
        DateField::Created => "j.created_at",
        DateField::Published => "j.published_at",
        DateField::Started => "j.start_at",
    };
    if let Some(from) = filter.from {
        sql.push(" AND ").push(plus).push(date).push(" >= ").push_bind(from.start().0);
    }
    if let Some(to) = filter.to {
        sql.push(" AND ").push(plus).push(date).push(" < ").push_bind(to.end().0);
    }
    push_search(sql, project, &filter.search, plan);
}

fn push_in<T>(
    sql: &mut QueryBuilder<Sqlite>,
    plus: &str,
    column: &str,
    values: impl Iterator<Item = T>,
) where
    T: for<'q> sqlx::Encode<'q, Sqlite> + sqlx::Type<Sqlite> + Send + 'static,
{
    sql.push(" AND ").push(plus).push(column).push(" IN (");
    let mut list = sql.separated(", ");
    for value in values {
        list.push_bind(value);
    }
    sql.push(")");
}

fn push_labels(
    sql: &mut QueryBuilder<Sqlite>,
    project: ProjectId,
    filter: &JourneyFilter,
    plan: ScanPlan,
) {
    match plan {
        ScanPlan::FilterFirst => sql.push(
            " AND j.id IN (SELECT jl.journey_id FROM journey_labels jl
            WHERE jl.project_id = ",
        ),
        ScanPlan::SortFirst(_) => sql.push(
            " AND EXISTS (SELECT 1 FROM journey_labels jl WHERE jl.journey_id = j.id
                AND +jl.project_id = ",
        ),
    };
    sql.push_bind(project.0);
    push_in(sql, "", "jl.label_id", filter.labels.iter().map(|label| label.0));
    sql.push(")");
}

fn push_search(sql: &mut QueryBuilder<Sqlite>, project: ProjectId, search: &str, plan: ScanPlan) {
    if search.is_empty() {
        return;
    }
    let key = search_key(search);
    if let Ok(id) = Uuid::try_parse(search) {
        sql.push(" AND (j.id = ").push_bind(id);
        sql.push(" OR instr(j.name_key, ").push_bind(key).push(") > 0)");
    } else if is_short_id(search) {
        // The tail of an id, as the list shows it; names of that spelling are found too.
        sql.push(" AND j.key IN (SELECT key FROM journeys WHERE project_id = ")
            .push_bind(project.0);
        sql.push(" AND substr(hex(id), 21) = ").push_bind(search.to_uppercase());
        sql.push(" UNION SELECT rowid FROM journey_names WHERE name_key MATCH ")
            .push_bind(phrase(&key))
            .push(")");
    } else if key.chars().count() >= TRIGRAM && plan == ScanPlan::FilterFirst {
        sql.push(" AND j.key IN (SELECT rowid FROM journey_names WHERE name_key MATCH ")
            .push_bind(phrase(&key))
            .push(")");
    } else {
        sql.push(" AND instr(j.name_key, ").push_bind(key).push(") > 0");
    }
}

/// The text as one phrase of the full-text language, in which a quote is written twice.
fn phrase(key: &str) -> String {
    format!("\"{}\"", key.replace('"', "\"\""))
}

fn is_short_id(search: &str) -> bool {
    search.len() == 12 && search.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// ` ORDER BY …`; the plus keeps the few that match from being looked for along the sort's index.
pub fn push_order(sql: &mut QueryBuilder<Sqlite>, sort: Sort, plan: ScanPlan) {
    let plus = if plan == ScanPlan::FilterFirst { "+" } else { "" };
    let direction = if sort.descending { " DESC" } else { "" };
    sql.push(" ORDER BY ").push(plus).push("j.").push(column_of(sort.key)).push(direction);
    sql.push(", ").push(plus).push("j.key").push(direction);
}

pub fn column_of(key: SortKey) -> &'static str {
    match key {
        SortKey::Name => "name_key",
        SortKey::Status => "status",
        SortKey::EntryType => "entry_type",
        SortKey::Start => "start_at",
        SortKey::Entered => "entered",
        SortKey::Inside => "inside",
        SortKey::GoalsMet => "converted",
        SortKey::Rate => "rate",
        SortKey::Versions => "version_count",
        SortKey::Created => "created_at",
        SortKey::Published => "published_at",
    }
}

fn index_of(key: SortKey) -> &'static str {
    match key {
        SortKey::Name => "journeys_by_name",
        SortKey::Status => "journeys_by_status",
        SortKey::EntryType => "journeys_by_entry",
        SortKey::Start => "journeys_by_start",
        SortKey::Entered => "journeys_by_entered",
        SortKey::Inside => "journeys_by_inside",
        SortKey::GoalsMet => "journeys_by_converted",
        SortKey::Rate => "journeys_by_rate",
        SortKey::Versions => "journeys_by_versions",
        SortKey::Created => "journeys_by_created",
        SortKey::Published => "journeys_by_published",
    }
}

/// The ids as a JSON array for `json_each`.
pub fn id_list(ids: impl Iterator<Item = Uuid>) -> String {
    let quoted: Vec<String> = ids.map(|id| format!("\"{}\"", hex(id))).collect();
    format!("[{}]", quoted.join(","))
}
