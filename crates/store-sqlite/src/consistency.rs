//! The reconciliation: does everything that is counted agree with what it counts?

use sqlx::FromRow;

use super::SqliteStore;
use wayfare_store::StoreResult;

#[derive(FromRow)]
struct Unbalanced {
    name: String,
    number: i64,
    entered: i64,
    accounted: i64,
}

/// Guarantee 6 over the whole database, and the mirrors that the list reads.
pub async fn check(store: &SqliteStore) -> StoreResult<Vec<String>> {
    let unbalanced: Vec<Unbalanced> = sqlx::query_as(
        "SELECT j.name, v.number, v.entered,
                v.inside + v.completed + v.converted + v.timed_out + v.force_exited + v.stopped +
                v.version_exit AS accounted
         FROM versions v JOIN journeys j ON j.id = v.journey_id
         WHERE v.entered <> accounted ORDER BY j.seq, v.number",
    )
    .fetch_all(&store.readers)
    .await?;
    let mut findings: Vec<String> = unbalanced
        .into_iter()
        .map(|row| {
            format!(
                "{}, version {}: {} entered, {} accounted for",
                row.name, row.number, row.entered, row.accounted
            )
        })
        .collect();
    let mirrors: Vec<(String,)> = sqlx::query_as(
        "SELECT j.name FROM journeys j LEFT JOIN versions v ON v.id = j.shown_version_id
         WHERE v.id IS NULL OR (j.status, j.entered, j.inside, j.converted) IS NOT (v.status,
         v.entered, v.inside, v.converted)
         ORDER BY j.seq",
    )
    .fetch_all(&store.readers)
    .await?;
    findings.extend(
        mirrors
            .into_iter()
            .map(|(name,)| format!("{name}: the Journeys page has other stats than the version")),
    );
    let counts: Vec<(i64, i64, i64)> = sqlx::query_as(
        "SELECT c.shelf, c.status, c.count FROM journey_counts c
         WHERE c.count <> (SELECT count(*) FROM journeys j
                           WHERE j.project_id = c.project_id AND j.shelf = c.shelf
                           AND j.status = c.status)",
    )
    .fetch_all(&store.readers)
    .await?;
    findings.extend(counts.into_iter().map(|(shelf, status, count)| {
        format!("counts: {count} stored for visibility {shelf}, status {status}")
    }));
    findings.extend(check_enrolments(store).await?);
    findings.extend(messages(store).await?);
    findings.extend(check_single_enrolment(store).await?);
    let (integrity,): (String,) =
        sqlx::query_as("PRAGMA integrity_check(1)").fetch_one(&store.readers).await?;
    if integrity != "ok" {
        findings.push(format!("file: {integrity}"));
    }
    Ok(findings)
}

/// What a version says of its people (k_), and what their enrolments say (r_). `carried` are
/// figures from before enrolments were kept. In a version that was stopped (5) or left (6) no one
/// is inside, whatever a row says until it is swept.
const TRIPS: &str = "WITH trips AS (
    SELECT e.version, count(*) AS entered, sum(e.state = 0) AS inside, sum(e.state = 1) AS
    completed, sum(e.state = 2) AS converted,
           sum(e.state = 3) AS timed_out, sum(e.state = 4) AS force_exited, sum(e.state = 5) AS
           stopped,
           sum(e.state = 6) AS version_exit
    FROM enrolments e GROUP BY e.version),
 compared AS (
    SELECT j.name, v.number, v.emptied AS over, v.carried AS c, v.entered AS k_entered, v.inside
    AS k_inside,
           v.completed AS k_completed, v.converted AS k_converted, v.timed_out AS k_timed_out,
           v.force_exited AS k_force_exited,
           v.stopped AS k_stopped, v.version_exit AS k_version_exit,
           coalesce(t.entered, 0) AS r_entered, coalesce(t.inside, 0) AS r_inside,
           coalesce(t.completed, 0) AS r_completed,
           coalesce(t.converted, 0) AS r_converted, coalesce(t.timed_out, 0) AS r_timed_out,
           coalesce(t.force_exited, 0) AS r_force_exited, coalesce(t.stopped, 0) AS r_stopped,
           coalesce(t.version_exit, 0) AS r_version_exit
    FROM versions v JOIN journeys j ON j.id = v.journey_id LEFT JOIN trips t ON t.version = v.seq)
SELECT name, number, f.value ->> 0, f.value ->> 1, f.value ->> 2
FROM compared, json_each(json_array(
    json_array('entered', k_entered, r_entered + coalesce(c ->> 'entered', 0)),
    json_array('inside', k_inside, iif(over IS NOT NULL, 0, r_inside + coalesce(c ->> 'inside',
    0))),
    json_array('completed', k_completed, r_completed + coalesce(c ->> 'completed', 0)),
    json_array('converted', k_converted, r_converted + coalesce(c ->> 'converted', 0)),
    json_array('timed out', k_timed_out, r_timed_out + coalesce(c ->> 'timed_out', 0)),
    json_array('exited', k_force_exited, r_force_exited + coalesce(c ->> 'force_exited', 0)),
    json_array('stopped', k_stopped,
        r_stopped + coalesce(c ->> 'stopped', 0) + iif(over = 5, r_inside + coalesce(c ->>
        'inside', 0), 0)),
    json_array('moved to a newer version', k_version_exit,
        r_version_exit + coalesce(c ->> 'version_exit', 0) + iif(over = 6, r_inside + coalesce(c
        ->> 'inside', 0), 0)))) f
WHERE f.value ->> 1 <> f.value ->> 2";

type Mismatch = (String, i64, String, i64, i64);

fn in_words((name, number, what, kept, found): Mismatch) -> String {
    format!("{name}, version {number}: {what} is {kept}, but its rows add up to {found}")
}

/// Every counter against the enrolments that it counts.
async fn check_enrolments(store: &SqliteStore) -> StoreResult<Vec<String>> {
    let rows: Vec<Mismatch> = sqlx::query_as(TRIPS).fetch_all(&store.readers).await?;
    Ok(rows.into_iter().map(in_words).collect())
}

/// Queued and cancelled messages against the outbox.
async fn messages(store: &SqliteStore) -> StoreResult<Vec<String>> {
    let rows: Vec<Mismatch> = sqlx::query_as(
        "WITH box AS (
            SELECT version, sum(state IN (0, 4)) AS queued, sum(state = 3) AS cancelled FROM outbox
            GROUP BY version),
         compared AS (
            SELECT j.name, v.number, v.emptied IS NOT NULL AS over, v.carried AS c, v.queued AS
            k_queued, v.cancelled AS k_cancelled,
                   coalesce(b.queued, 0) AS r_queued, coalesce(b.cancelled, 0) AS r_cancelled
            FROM versions v JOIN journeys j ON j.id = v.journey_id LEFT JOIN box b
            ON b.version = v.seq)
         SELECT name, number, f.value ->> 0, f.value ->> 1, f.value ->> 2
         FROM compared, json_each(json_array(
            json_array('queued', k_queued, iif(over, 0, r_queued + coalesce(c ->> 'queued', 0))),
            json_array('cancelled', k_cancelled,
                r_cancelled + coalesce(c ->> 'cancelled', 0) + iif(over, r_queued + coalesce(c ->>
                'queued', 0), 0)))) f
         WHERE f.value ->> 1 <> f.value ->> 2",
    )
    .fetch_all(&store.readers)
    .await?;
    Ok(rows.into_iter().map(in_words).collect())
}

/// No one is inside of one journey twice.
async fn check_single_enrolment(store: &SqliteStore) -> StoreResult<Vec<String>> {
    let rows: Vec<(String, i64, i64)> = sqlx::query_as(
        "SELECT j.name, e.profile, count(*) FROM enrolments e JOIN versions v ON v.seq = e.version
            JOIN journeys j ON j.seq = e.journey
         WHERE e.state = 0 AND v.emptied IS NULL AND e.profile IS NOT NULL
         GROUP BY e.journey, e.profile HAVING count(*) > 1",
    )
    .fetch_all(&store.readers)
    .await?;
    Ok(rows
        .into_iter()
        .map(|(name, person, times)| format!("{name}: profile {person} is inside {times} times"))
        .collect())
}
