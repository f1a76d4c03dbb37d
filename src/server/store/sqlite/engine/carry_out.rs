//! One transaction that carries out what a round of the engine decided: everything, or nothing where the ground has moved.

use std::collections::HashMap;

use serde::Serialize;
use sqlx::SqliteConnection;

use super::plan::{HEAD, HeadRow};
use crate::{
    domain::{engine::step::Ending, ids::ProjectId, people::Properties, time::Timestamp},
    server::store::{
        StoreResult,
        engine::{Batch, Head, MovedEnrolment, NewEnrolment, Position, ProfileNumber},
        sqlite::{SqliteStore, rows::to_json},
    },
};

pub async fn carry_out(store: &SqliteStore, batch: &Batch) -> StoreResult<bool> {
    // Written as JSON before the lock is taken: others wait while it is held.
    let rows = Rows::of(batch)?;
    let mut transaction = store.begin().await?;
    let connection = &mut *transaction;
    let head: HeadRow = sqlx::query_as(HEAD).fetch_one(&mut *connection).await?;
    let head = Head::from(head);
    let moved_on = head.epoch != batch.head.epoch
        || head.cursor != batch.head.cursor
        || (!batch.entered.is_empty() && head.last_enrolment != batch.head.last_enrolment);
    if moved_on || !move_all(connection, &rows, batch).await? {
        transaction.rollback().await?;
        return Ok(false);
    }
    enter_all(connection, &rows, batch).await?;
    write_log(connection, &rows, batch.now).await?;
    count(connection, &rows).await?;
    change_people(connection, batch).await?;
    keep_place(connection, batch).await?;
    announce(connection, &batch.announce).await?;
    transaction.commit().await?;
    Ok(true)
}

/// A batch as `json_each` reads it; none where there is nothing of the kind.
struct Rows {
    entered: Option<String>,
    moved: Option<String>,
    steps: Option<String>,
    messages: Option<String>,
    settled: Option<String>,
    counted: Option<String>,
    nodes: Option<String>,
    refused: Option<String>,
}

impl Rows {
    fn of(batch: &Batch) -> StoreResult<Self> {
        let counted = batch.counted.iter().map(|(version, counted)| {
            (version, counted.qualified, counted.control, counted.entered, counted.ended, counted.queued, counted.cancelled)
        });
        Ok(Self {
            entered: json_rows(batch.entered.iter().map(entered_row))?,
            moved: json_rows(batch.moved.iter().map(|moved| moved_row(moved, batch.now)))?,
            steps: json_rows(batch.steps.iter().map(|step| (step.enrolment, step.visit, &step.path)))?,
            messages: json_rows(batch.messages.iter().map(|message| {
                (
                    message.project,
                    message.version,
                    message.enrolment,
                    message.profile,
                    &message.node,
                    message.visit,
                    message.channel,
                )
            }))?,
            settled: json_rows(batch.settled.iter().map(|(message, settled)| (message, *settled as i64)))?,
            counted: json_rows(counted)?,
            nodes: json_rows(batch.nodes.iter().map(|((version, node, outlet), count)| (version, node, outlet, count)))?,
            refused: json_rows(
                batch.refused.iter().map(|((version, profile), (gate, times))| (version, profile, gate.code(), times)),
            )?,
        })
    }
}

fn json_rows<T: Serialize>(rows: impl Iterator<Item = T>) -> StoreResult<Option<String>> {
    let rows: Vec<T> = rows.collect();
    if rows.is_empty() { Ok(None) } else { to_json(&rows).map(Some) }
}

type Place<'a> = (&'a str, i64, Option<i64>, Option<i64>, i64);

fn place(position: &Position) -> Place<'_> {
    let due = if position.ended.is_some() { None } else { position.due_at };
    let wait = position.wait_until.map(|at| at.0);
    (&position.node, position.visit, wait, due.map(|at| at.0), position.ended.map_or(0, Ending::code))
}

fn entered_row(new: &NewEnrolment) -> (i64, i64, i64, i64, i64, Place<'_>, i64, i64, Option<&str>) {
    let position = place(&new.position);
    let properties = new.entry_properties.as_deref();
    (new.seq, new.project, new.journey, new.version, new.profile, position, new.entered_at.0, new.began_at.0, properties)
}

fn moved_row(moved: &MovedEnrolment, now: Timestamp) -> (i64, i64, Place<'_>, Option<i64>) {
    (moved.seq, moved.from_visit, place(&moved.position), moved.position.ended.map(|_| now.0))
}

/// False where somebody is not where the batch thinks she is.
async fn move_all(connection: &mut SqliteConnection, rows: &Rows, batch: &Batch) -> StoreResult<bool> {
    let Some(moved) = &rows.moved else { return Ok(true) };
    let done = sqlx::query(
        "UPDATE enrolments SET node = m.value ->> '$[2][0]', visit = m.value ->> '$[2][1]', wait_until = m.value ->> '$[2][2]',
                due_at = m.value ->> '$[2][3]', state = m.value ->> '$[2][4]', ended_at = m.value ->> '$[3]'
         FROM json_each(?1) m WHERE enrolments.seq = m.value ->> 0 AND enrolments.visit = m.value ->> 1 AND enrolments.state = 0",
    )
    .bind(moved)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == batch.moved.len() as u64)
}

async fn enter_all(connection: &mut SqliteConnection, rows: &Rows, batch: &Batch) -> StoreResult<()> {
    let Some(entered) = &rows.entered else { return Ok(()) };
    sqlx::query(
        "INSERT INTO enrolments (seq, project, journey, version, profile, node, visit, wait_until, due_at, state, entered_at,
                                 began_at, entry_properties, ended_at)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> '$[5][0]', value ->> '$[5][1]',
                value ->> '$[5][2]', value ->> '$[5][3]', value ->> '$[5][4]', value ->> 6, value ->> 7, value ->> 8,
                iif(value ->> '$[5][4]' = 0, NULL, ?2)
         FROM json_each(?1)",
    )
    .bind(entered)
    .bind(batch.now.0)
    .execute(connection)
    .await?;
    Ok(())
}

async fn write_log(connection: &mut SqliteConnection, rows: &Rows, now: Timestamp) -> StoreResult<()> {
    let statements = [
        (
            &rows.steps,
            "INSERT INTO steps (enrolment, visit, at, path) SELECT value ->> 0, value ->> 1, ?2, value ->> 2 FROM json_each(?1)
             WHERE true ON CONFLICT DO UPDATE SET path = substr(path, 1, length(path) - 1) || ',' || substr(excluded.path, 2)",
        ),
        (
            &rows.messages,
            "INSERT INTO outbox (project, version, enrolment, profile, node, visit, channel, created_at)
             SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, ?2 FROM json_each(?1)",
        ),
        (
            &rows.settled,
            "UPDATE outbox SET state = s.value ->> 1, settled_at = ?2 FROM json_each(?1) s
             WHERE outbox.seq = s.value ->> 0 AND outbox.state = 0",
        ),
        (
            &rows.refused,
            "INSERT INTO refusals (version, profile, gate, at, times)
             SELECT value ->> 0, value ->> 1, value ->> 2, ?2, value ->> 3 FROM json_each(?1) WHERE true
             ON CONFLICT DO UPDATE SET gate = excluded.gate, at = excluded.at, times = times + excluded.times",
        ),
    ];
    for (rows, statement) in statements {
        if let Some(rows) = rows {
            sqlx::query(statement).bind(rows).bind(now.0).execute(&mut *connection).await?;
        }
    }
    Ok(())
}

async fn count(connection: &mut SqliteConnection, rows: &Rows) -> StoreResult<()> {
    let statements = [
        (
            &rows.counted,
            "UPDATE versions SET qualified = qualified + (c.value ->> 1), control = control + (c.value ->> 2),
                    entered = entered + (c.value ->> 3),
                    inside = inside + (c.value ->> 3) - (c.value ->> '$[4][1]') - (c.value ->> '$[4][2]') - (c.value ->> '$[4][3]')
                           - (c.value ->> '$[4][4]') - (c.value ->> '$[4][5]') - (c.value ->> '$[4][6]'),
                    completed = completed + (c.value ->> '$[4][1]'), converted = converted + (c.value ->> '$[4][2]'),
                    timed_out = timed_out + (c.value ->> '$[4][3]'), force_exited = force_exited + (c.value ->> '$[4][4]'),
                    stopped = stopped + (c.value ->> '$[4][5]'), version_exit = version_exit + (c.value ->> '$[4][6]'),
                    queued = queued + (c.value ->> 5), cancelled = cancelled + (c.value ->> 6)
             FROM json_each(?1) c WHERE versions.seq = c.value ->> 0",
        ),
        (
            &rows.nodes,
            "INSERT INTO node_figures (version, node, outlet, count)
             SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?1) WHERE true
             ON CONFLICT DO UPDATE SET count = count + excluded.count",
        ),
    ];
    for (rows, statement) in statements {
        if let Some(rows) = rows {
            sqlx::query(statement).bind(rows).execute(&mut *connection).await?;
        }
    }
    Ok(())
}

async fn change_people(connection: &mut SqliteConnection, batch: &Batch) -> StoreResult<()> {
    if !batch.properties.is_empty() {
        let rows: Vec<(&ProfileNumber, &Properties)> = batch.properties.iter().collect();
        sqlx::query(
            "UPDATE profiles SET properties = json_patch(properties, c.value -> 1), updated_at = ?2
             FROM json_each(?1) c WHERE profiles.seq = c.value ->> 0",
        )
        .bind(to_json(&rows)?)
        .bind(batch.now.0)
        .execute(&mut *connection)
        .await?;
    }
    change_lists(connection, batch).await?;
    start_journeys(connection, batch).await?;
    if !batch.met.is_empty() {
        let of = |wanted: bool| {
            let pairs: Vec<_> = batch.met.iter().filter(|(_, met)| **met == wanted).map(|(pair, _)| pair).collect();
            to_json(&pairs)
        };
        sqlx::query(
            "INSERT INTO met_criteria (version, profile) SELECT value ->> 0, value ->> 1 FROM json_each(?1) WHERE true
             ON CONFLICT DO NOTHING",
        )
        .bind(of(true)?)
        .execute(&mut *connection)
        .await?;
        sqlx::query("DELETE FROM met_criteria WHERE (version, profile) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?1))")
            .bind(of(false)?)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn change_lists(connection: &mut SqliteConnection, batch: &Batch) -> StoreResult<()> {
    if batch.lists.is_empty() {
        return Ok(());
    }
    // The last word about a person and a list counts.
    let last: HashMap<(i64, i64, &str), bool> =
        batch.lists.iter().map(|(project, profile, list, on)| ((*project, *profile, list.as_str()), *on)).collect();
    let rows: Vec<(i64, i64, &str, bool)> =
        last.into_iter().map(|((project, profile, list), on)| (project, profile, list, on)).collect();
    let rows = to_json(&rows)?;
    for statement in [
        "INSERT INTO lists (project, name, created_at) SELECT DISTINCT value ->> 0, value ->> 2, ?2 FROM json_each(?1)
         WHERE true ON CONFLICT DO NOTHING",
        "INSERT INTO list_members (list, profile)
         SELECT l.id, c.value ->> 1 FROM json_each(?1) c CROSS JOIN lists l ON l.project = c.value ->> 0 AND l.name = c.value ->> 2
         WHERE c.value ->> 3 AND ?2 IS NOT NULL ON CONFLICT DO NOTHING",
        "DELETE FROM list_members WHERE (list, profile) IN (
             SELECT l.id, c.value ->> 1 FROM json_each(?1) c CROSS JOIN lists l ON l.project = c.value ->> 0 AND l.name = c.value ->> 2
             WHERE NOT c.value ->> 3 AND ?2 IS NOT NULL)",
    ] {
        sqlx::query(statement).bind(&rows).bind(batch.now.0).execute(&mut *connection).await?;
    }
    Ok(())
}

/// “Start another journey” is an event of ours: the other journey lets her in by it, exactly once, like by any event.
async fn start_journeys(connection: &mut SqliteConnection, batch: &Batch) -> StoreResult<()> {
    if batch.started.is_empty() {
        return Ok(());
    }
    let rows = to_json(&batch.started)?;
    for statement in [
        "INSERT INTO event_names (project, name_key, name, created_at)
         SELECT DISTINCT value ->> 0, '$enter ' || (value ->> 2), '$enter ' || (value ->> 2), ?2 FROM json_each(?1)
         WHERE true ON CONFLICT DO NOTHING",
        "INSERT INTO events (project, profile, name, at, received_at, properties)
         SELECT c.value ->> 0, c.value ->> 1, n.id, ?2, ?2, json_object('$depth', c.value ->> 3) FROM json_each(?1) c
         CROSS JOIN event_names n ON n.project = c.value ->> 0 AND n.name_key = '$enter ' || (c.value ->> 2)",
    ] {
        sqlx::query(statement).bind(&rows).bind(batch.now.0).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn keep_place(connection: &mut SqliteConnection, batch: &Batch) -> StoreResult<()> {
    if batch.cursor != batch.head.cursor {
        sqlx::query("UPDATE engine_state SET cursor = ?").bind(batch.cursor).execute(&mut *connection).await?;
    }
    if let Some(last) = batch.profile_changes {
        sqlx::query("DELETE FROM profile_changes WHERE seq <= ?").bind(last).execute(&mut *connection).await?;
    }
    if let Some((version, at, last)) = batch.run {
        sqlx::query(
            "INSERT INTO segment_runs (version, run_at, last_profile) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET run_at = excluded.run_at, last_profile = excluded.last_profile",
        )
        .bind(version)
        .bind(at.0)
        .bind(last)
        .execute(connection)
        .await?;
    }
    Ok(())
}

async fn announce(connection: &mut SqliteConnection, projects: &[ProjectId]) -> StoreResult<()> {
    for project in projects {
        sqlx::query(
            "INSERT INTO project_changes (project_id, generation) VALUES (?, 1)
             ON CONFLICT DO UPDATE SET generation = generation + 1",
        )
        .bind(project.0)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
