//! Rows of the list as SQL gives them, and as the domain wants them.

use serde::Deserialize;
use sqlx::FromRow;
use uuid::Uuid;

use crate::error::SqliteResult;
use wayfare_domain::{
    access::actor::ActorRef,
    ids::{JourneyId, LabelId, UserId, VersionId},
    journeys::{
        label::Label,
        read_model::{JourneySummary, VersionSummary},
        settings::EntryType,
        status::Status,
        visibility::Visibility,
    },
    stats::{StatsSummary, VersionStats},
    time::Timestamp,
};
use wayfare_store::StoreError;

/// The columns that make a [`SummaryRow`]; `j` is the journey.
pub const SUMMARY_COLUMNS: &str = "j.id, j.name, j.description, j.status, j.visibility,
    j.ever_published, j.entry_type, j.start_at,
    j.entered, j.inside, j.converted, j.version_count, j.created_by,
    (SELECT u.name FROM actors u WHERE u.id = j.created_by) AS created_by_name, j.created_at,
    j.published_by,
    (SELECT u.name FROM actors u WHERE u.id = j.published_by) AS published_by_name, j.published_at,
    j.revision,
    (SELECT json_group_array(json_array(lower(hex(l.id)), l.name, l.hue) ORDER BY l.name_key)
       FROM journey_labels jl JOIN labels l ON l.id = jl.label_id
       WHERE jl.journey_id = j.id) AS labels";

#[derive(FromRow)]
pub struct SummaryRow {
    id: Uuid,
    name: String,
    description: String,
    status: i64,
    visibility: i64,
    ever_published: bool,
    entry_type: i64,
    start_at: Option<i64>,
    entered: i64,
    inside: i64,
    converted: i64,
    version_count: i64,
    created_by: Uuid,
    created_by_name: String,
    created_at: i64,
    published_by: Option<Uuid>,
    published_by_name: Option<String>,
    published_at: Option<i64>,
    revision: i64,
    labels: String,
}

#[derive(Deserialize)]
struct LabelCell(Uuid, String, u8);

impl SummaryRow {
    pub fn into_domain(self) -> SqliteResult<JourneySummary> {
        let labels: Vec<LabelCell> = json(&self.labels, "labels")?;
        Ok(JourneySummary {
            id: JourneyId(self.id),
            name: self.name,
            description: self.description,
            status: status(self.status)?,
            archived: visibility(self.visibility)? == Visibility::Archived,
            ever_published: self.ever_published,
            entry_type: entry_type(self.entry_type)?,
            start: self.start_at.map(Timestamp),
            figures: StatsSummary {
                entered: self.entered,
                inside: self.inside,
                converted: self.converted,
            },
            versions: self.version_count,
            labels: labels
                .into_iter()
                .map(|LabelCell(id, name, hue)| Label { id: LabelId(id), name, hue })
                .collect(),
            created_by: ActorRef { id: UserId(self.created_by), name: self.created_by_name },
            created_at: Timestamp(self.created_at),
            published_by: person(self.published_by, self.published_by_name),
            published_at: self.published_at.map(Timestamp),
            revision: self.revision,
        })
    }
}

#[derive(FromRow)]
pub struct VersionRow {
    id: Uuid,
    number: i64,
    status: i64,
    start_at: Option<i64>,
    created_by: Uuid,
    created_by_name: String,
    created_at: i64,
    published_by: Option<Uuid>,
    published_by_name: Option<String>,
    published_at: Option<i64>,
    #[sqlx(flatten)]
    figures: StatsRow,
}

/// The columns that make a [`VersionRow`], with [`STATS_COLUMNS`]; `v` is the version.
pub const VERSION_COLUMNS: &str = "v.id, v.number, v.status, v.start_at, v.created_by,
    (SELECT u.name FROM actors u WHERE u.id = v.created_by) AS created_by_name, v.created_at,
    v.published_by,
    (SELECT u.name FROM actors u WHERE u.id = v.published_by) AS published_by_name, v.published_at";

/// The columns that make a [`StatsRow`]; `v` is the version.
pub const STATS_COLUMNS: &str = "v.entered, v.inside, v.completed, v.converted, v.timed_out,
    v.force_exited, v.stopped, v.version_exit, v.queued, v.cancelled, v.qualified, v.control";

#[derive(FromRow)]
pub struct StatsRow {
    entered: i64,
    inside: i64,
    completed: i64,
    converted: i64,
    timed_out: i64,
    force_exited: i64,
    stopped: i64,
    version_exit: i64,
    queued: i64,
    cancelled: i64,
    qualified: i64,
    control: i64,
}

impl VersionRow {
    pub fn into_domain(self) -> SqliteResult<VersionSummary> {
        Ok(VersionSummary {
            id: VersionId(self.id),
            number: self.number,
            status: status(self.status)?,
            figures: self.figures.into_domain(),
            created_by: ActorRef { id: UserId(self.created_by), name: self.created_by_name },
            created_at: Timestamp(self.created_at),
            published_by: person(self.published_by, self.published_by_name),
            published_at: self.published_at.map(Timestamp),
            start: self.start_at.map(Timestamp),
        })
    }
}

impl StatsRow {
    pub fn into_domain(self) -> VersionStats {
        VersionStats {
            entered: self.entered,
            inside: self.inside,
            completed: self.completed,
            converted: self.converted,
            timed_out: self.timed_out,
            force_exited: self.force_exited,
            stopped: self.stopped,
            version_exit: self.version_exit,
            queued: self.queued,
            cancelled: self.cancelled,
            qualified: self.qualified,
            control: self.control,
        }
    }
}

fn person(id: Option<Uuid>, name: Option<String>) -> Option<ActorRef> {
    Some(ActorRef { id: UserId(id?), name: name.unwrap_or_default() })
}

pub fn status(code: i64) -> SqliteResult<Status> {
    Status::from_code(code)
        .ok_or_else(|| StoreError::Corrupt(format!("the unknown status {code}")).into())
}

pub fn visibility(code: i64) -> SqliteResult<Visibility> {
    Visibility::from_code(code)
        .ok_or_else(|| StoreError::Corrupt(format!("the unknown visibility {code}")).into())
}

/// A condition that a column has one of these statuses, with their numbers in its text: the
/// planner uses a partial index only where it reads them.
pub fn status_condition(column: &str, statuses: &[Status]) -> String {
    let codes: Vec<String> = statuses.iter().map(|status| status.code().to_string()).collect();
    match codes.as_slice() {
        [code] => format!("{column} = {code}"),
        codes => format!("{column} IN ({})", codes.join(", ")),
    }
}

pub fn entry_type(code: i64) -> SqliteResult<EntryType> {
    EntryType::from_code(code)
        .ok_or_else(|| StoreError::Corrupt(format!("the unknown entry type {code}")).into())
}

/// Reads JSON that this program wrote.
pub fn json<T: for<'a> Deserialize<'a>>(text: &str, what: &str) -> SqliteResult<T> {
    serde_json::from_str(text)
        .map_err(|error| StoreError::Corrupt(format!("unreadable {what}: {error}")).into())
}

/// Writes JSON for `json_each` and for JSON columns.
pub fn to_json<T: serde::Serialize>(value: &T) -> SqliteResult<String> {
    serde_json::to_string(value)
        .map_err(|error| StoreError::Corrupt(format!("something that is not JSON: {error}")).into())
}

/// An id as `unhex` reads it.
pub fn hex(id: Uuid) -> String {
    id.simple().to_string()
}
