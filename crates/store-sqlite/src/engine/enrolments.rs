//! Enrolments as the engine reads them, in sets: a statement is about thousands of people.

use std::collections::HashMap;

use sqlx::FromRow;

use super::read::distinct;
use crate::{SqliteStore, codes::INSIDE, error::SqliteResult, rows::to_json};
use wayfare_domain::{
    engine::entry::EnrolmentHistory,
    ids::{EnrolmentKey, JourneyKey, ProfileKey, VersionKey},
    time::Timestamp,
};
use wayfare_store::engine::ActiveEnrolment;

/// The columns of a [`LiveRow`]; `e` is the enrolment.
pub const LIVE_COLUMNS: &str =
    "e.key, e.journey_key, e.version_key, e.profile_key, e.node, e.visit,
    e.entered_at, e.triggered_at, e.timer_at, e.due_at, e.awaits_engagement, e.entry_properties";

#[derive(FromRow)]
pub struct LiveRow {
    key: i64,
    journey_key: i64,
    version_key: i64,
    profile_key: i64,
    node: String,
    visit: i64,
    entered_at: i64,
    triggered_at: i64,
    timer_at: Option<i64>,
    due_at: Option<i64>,
    awaits_engagement: bool,
    entry_properties: Option<String>,
}

impl From<LiveRow> for ActiveEnrolment {
    fn from(row: LiveRow) -> Self {
        Self {
            seq: EnrolmentKey(row.key),
            journey: JourneyKey(row.journey_key),
            version: VersionKey(row.version_key),
            profile: ProfileKey(row.profile_key),
            node: row.node,
            visit: row.visit,
            entered_at: Timestamp(row.entered_at),
            began_at: Timestamp(row.triggered_at),
            wait_until: row.timer_at.map(Timestamp),
            due_at: row.due_at.map(Timestamp),
            awaits: row.awaits_engagement,
            entry_properties: row.entry_properties,
        }
    }
}

pub async fn active(
    store: &SqliteStore,
    profiles: &[ProfileKey],
    versions: &[VersionKey],
) -> SqliteResult<Vec<ActiveEnrolment>> {
    if profiles.is_empty() || versions.is_empty() {
        return Ok(Vec::new());
    }
    // A person is in few journeys: from the profile to its journeys, whatever the number of
    // journeys.
    let rows: Vec<LiveRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {LIVE_COLUMNS} FROM json_each(?1) chosen CROSS JOIN enrolments e
            INDEXED BY enrolments_of_profile
             ON e.profile_key = chosen.value
         WHERE e.exit_reason = {INSIDE} AND e.version_key IN (SELECT value FROM json_each(?2))"
    )))
    .bind(to_json(&profiles)?)
    .bind(to_json(&versions)?)
    .fetch_all(&store.readers)
    .await?;
    Ok(rows.into_iter().map(ActiveEnrolment::from).collect())
}

pub async fn histories(
    store: &SqliteStore,
    pairs: &[(JourneyKey, ProfileKey)],
) -> SqliteResult<HashMap<(JourneyKey, ProfileKey), EnrolmentHistory>> {
    if pairs.is_empty() {
        return Ok(HashMap::new());
    }
    // Inside of a version that was stopped or left is no one, whatever the row still says until it
    // is swept.
    type Row = (i64, i64, bool, Option<i64>, Option<i64>);
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT e.journey_key, e.profile_key, max(e.exit_reason = ?3
         AND v.bulk_exit_reason IS NULL),
                max(coalesce(e.ended_at, v.bulk_exited_at, e.entered_at)), max(e.entered_at)
         FROM json_each(?1) chosen CROSS JOIN enrolments e INDEXED BY enrolments_of_profile
              ON e.profile_key = chosen.value AND e.journey_key IN (SELECT value FROM json_each(?2))
              CROSS JOIN versions v ON v.key = e.version_key
         GROUP BY e.journey_key, e.profile_key",
    )
    .bind(distinct(pairs.iter().map(|(_, profile)| *profile))?)
    .bind(distinct(pairs.iter().map(|(journey, _)| *journey))?)
    .bind(INSIDE)
    .fetch_all(&store.readers)
    .await?;
    let histories = rows.into_iter().map(|(journey, profile, is_enrolled, left, entered)| {
        let (left_at, entered_at) = (left.map(Timestamp), entered.map(Timestamp));
        ((journey.into(), profile.into()), EnrolmentHistory { is_enrolled, left_at, entered_at })
    });
    Ok(histories.collect())
}

pub async fn due_enrolments(
    store: &SqliteStore,
    after: Option<Timestamp>,
    until: Timestamp,
    limit: i64,
) -> SqliteResult<Vec<ActiveEnrolment>> {
    let rows: Vec<LiveRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {LIVE_COLUMNS} FROM enrolments e INDEXED BY enrolments_due
         WHERE e.due_at > ?3 AND e.due_at <= ?1 AND e.profile_key IS NOT NULL ORDER BY e.due_at
         LIMIT ?2"
    )))
    .bind(until.0)
    .bind(limit)
    .bind(after.map_or(i64::MIN, |after| after.0))
    .fetch_all(&store.readers)
    .await?;
    Ok(rows.into_iter().map(ActiveEnrolment::from).collect())
}

pub async fn next_due(
    store: &SqliteStore,
    after: Option<Timestamp>,
) -> SqliteResult<Option<Timestamp>> {
    let (due,): (Option<i64>,) = sqlx::query_as(
        "SELECT min(due_at) FROM enrolments WHERE due_at IS NOT NULL AND due_at > ?",
    )
    .bind(after.map_or(i64::MIN, |after| after.0))
    .fetch_one(&store.readers)
    .await?;
    Ok(due.map(Timestamp))
}
