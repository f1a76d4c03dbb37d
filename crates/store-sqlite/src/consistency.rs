//! The reconciliation: reads what is counted and what it counts, of one moment.

use std::collections::HashMap;

use sqlx::{AssertSqlSafe, FromRow, SqliteConnection};

use super::{
    SqliteStore,
    codes::INSIDE,
    error::SqliteResult,
    rows::{STATS_COLUMNS, StatsRow, json},
};
use wayfare_domain::{
    consistency::{CountedVersion, Finding},
    engine::node::ExitReason,
    ids::VersionKey,
    messages::message_status::MessageStatus,
    stats::VersionStats,
};
use wayfare_store::StoreError;

/// The whole database, and the mirrors that the list reads.
pub async fn check(store: &SqliteStore) -> SqliteResult<Vec<Finding>> {
    // One transaction, so that a server that goes on working moves nothing meanwhile.
    let mut transaction = store.snapshot().await?;
    let versions = versions(&mut transaction).await?;
    let mut findings: Vec<Finding> =
        versions.iter().filter_map(CountedVersion::unaccounted).collect();
    findings.extend(list_stats(&mut transaction).await?);
    findings.extend(journey_counts(&mut transaction).await?);
    findings.extend(versions.iter().flat_map(CountedVersion::wrong_counters));
    findings.extend(inside_twice(&mut transaction).await?);
    let (integrity,): (String,) =
        sqlx::query_as("PRAGMA integrity_check(1)").fetch_one(&mut *transaction).await?;
    if integrity != "ok" {
        findings.push(Finding::File(integrity));
    }
    Ok(findings)
}

#[derive(FromRow)]
struct VersionRow {
    #[sqlx(try_from = "i64")]
    key: VersionKey,
    name: String,
    number: i64,
    bulk_exit_reason: Option<i64>,
    baseline_stats: String,
    #[sqlx(flatten)]
    stats: StatsRow,
}

impl VersionRow {
    fn into_counted(self, rows: VersionStats) -> SqliteResult<CountedVersion> {
        let exit = |code| {
            ExitReason::from_code(code).ok_or_else(|| {
                StoreError::Corrupt(format!("a version that ended in the unknown way {code}"))
            })
        };
        Ok(CountedVersion {
            ended: self.bulk_exit_reason.map(exit).transpose()?,
            stored: self.stats.into_domain(),
            carried: baseline(&self.baseline_stats)?,
            rows,
            journey: self.name,
            number: self.number,
        })
    }
}

/// Of seeds some, of older databases most counts are there; what is missing is 0.
fn baseline(text: &str) -> SqliteResult<VersionStats> {
    let counts: HashMap<String, Option<i64>> = json(text, "baseline stats")?;
    let count = |key: &str| counts.get(key).copied().flatten().unwrap_or(0);
    Ok(VersionStats {
        entered: count("entered"),
        inside: count("inside"),
        completed: count("completed"),
        converted: count("converted"),
        timed_out: count("timed_out"),
        force_exited: count("force_exited"),
        stopped: count("stopped"),
        version_exit: count("version_exit"),
        queued: count("queued"),
        cancelled: count("cancelled"),
        ..VersionStats::default()
    })
}

async fn versions(connection: &mut SqliteConnection) -> SqliteResult<Vec<CountedVersion>> {
    let versions: Vec<VersionRow> = sqlx::query_as(AssertSqlSafe(format!(
        "SELECT v.key, j.name, v.number, v.bulk_exit_reason, v.baseline_stats, {STATS_COLUMNS}
         FROM versions v JOIN journeys j ON j.id = v.journey_id ORDER BY j.key, v.number"
    )))
    .fetch_all(&mut *connection)
    .await?;
    let mut rows = count_rows(connection).await?;
    let counted = |version: VersionRow| {
        let rows = rows.remove(&version.key).unwrap_or_default();
        version.into_counted(rows)
    };
    versions.into_iter().map(counted).collect()
}

/// What the enrolments and messages of versions add up to.
async fn count_rows(
    connection: &mut SqliteConnection,
) -> SqliteResult<HashMap<VersionKey, VersionStats>> {
    type Count = (i64, i64, i64);
    let enrolments: Vec<Count> = sqlx::query_as(
        "SELECT version_key, exit_reason, count(*) FROM enrolments
            GROUP BY version_key, exit_reason",
    )
    .fetch_all(&mut *connection)
    .await?;
    let messages: Vec<Count> = sqlx::query_as(
        "SELECT version_key, status, count(*) FROM outbox
            GROUP BY version_key, status",
    )
    .fetch_all(connection)
    .await?;
    let mut rows: HashMap<VersionKey, VersionStats> = HashMap::new();
    for (version, state, count) in enrolments {
        let stats = rows.entry(VersionKey(version)).or_default();
        stats.entered += count;
        match ExitReason::from_code(state) {
            None if state == INSIDE => stats.inside += count,
            None => {}
            Some(ExitReason::Completed) => stats.completed += count,
            Some(ExitReason::Converted) => stats.converted += count,
            Some(ExitReason::TimedOut) => stats.timed_out += count,
            Some(ExitReason::ForceExited) => stats.force_exited += count,
            Some(ExitReason::Stopped) => stats.stopped += count,
            Some(ExitReason::VersionExit) => stats.version_exit += count,
        }
    }
    for (version, state, count) in messages {
        let stats = rows.entry(VersionKey(version)).or_default();
        match MessageStatus::from_code(state) {
            Some(MessageStatus::Queued | MessageStatus::Sending) => stats.queued += count,
            Some(MessageStatus::Cancelled) => stats.cancelled += count,
            _ => {}
        }
    }
    Ok(rows)
}

async fn list_stats(connection: &mut SqliteConnection) -> SqliteResult<Vec<Finding>> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "SELECT j.name FROM journeys j LEFT JOIN versions v ON v.id = j.current_version_id
         WHERE v.id IS NULL OR (j.status, j.entered, j.inside, j.converted) IS NOT (v.status,
         v.entered, v.inside, v.converted)
         ORDER BY j.key",
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|(journey,)| Finding::ListStats { journey }).collect())
}

async fn journey_counts(connection: &mut SqliteConnection) -> SqliteResult<Vec<Finding>> {
    let rows: Vec<(i64, i64, i64)> = sqlx::query_as(
        "SELECT c.visibility, c.status, c.count FROM journey_counts c
         WHERE c.count <> (SELECT count(*) FROM journeys j
                           WHERE j.project_id = c.project_id AND j.visibility = c.visibility
                           AND j.status = c.status)",
    )
    .fetch_all(connection)
    .await?;
    let finding =
        |(visibility, status, stored)| Finding::JourneyCount { visibility, status, stored };
    Ok(rows.into_iter().map(finding).collect())
}

async fn inside_twice(connection: &mut SqliteConnection) -> SqliteResult<Vec<Finding>> {
    let rows: Vec<(String, i64, i64)> = sqlx::query_as(
        "SELECT j.name, e.profile_key, count(*) FROM enrolments e JOIN versions v
         ON v.key = e.version_key
            JOIN journeys j ON j.key = e.journey_key
         WHERE e.exit_reason = ? AND v.bulk_exit_reason IS NULL AND e.profile_key IS NOT NULL
         GROUP BY e.journey_key, e.profile_key HAVING count(*) > 1",
    )
    .bind(INSIDE)
    .fetch_all(connection)
    .await?;
    let finding = |(journey, profile, times)| Finding::InsideTwice { journey, profile, times };
    Ok(rows.into_iter().map(finding).collect())
}
