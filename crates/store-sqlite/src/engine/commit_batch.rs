//! One transaction that carries out what a round of the engine decided: everything, or nothing
//! where the ground has moved.

use std::sync::LazyLock;

use sqlx::SqliteConnection;

use super::plan;
use crate::{
    SqliteStore,
    bulk_statement::BulkStatement,
    codes::{INSIDE, QUEUED, route},
    error::SqliteResult,
    rows::to_json,
    write_queue::Urgency,
};
use wayfare_domain::{
    engine::node::ExitReason,
    ids::{ProfileKey, ProjectId, ProjectKey},
};
use wayfare_store::engine::{EngineBatch, EnrolmentPosition};

pub async fn commit_batch(store: &SqliteStore, batch: &EngineBatch) -> SqliteResult<bool> {
    let mut transaction = store.begin_as(Urgency::Work).await?;
    let connection = &mut *transaction;
    let head = plan::engine_state(&mut *connection).await?;
    let moved_on = head.epoch != batch.head.epoch
        || head.cursor != batch.head.cursor
        || (!batch.entered.is_empty() && head.last_enrolment != batch.head.last_enrolment);
    if moved_on || !move_all(connection, batch).await? {
        transaction.rollback().await?;
        return Ok(false);
    }
    enter_all(connection, batch).await?;
    write_log(connection, batch).await?;
    if !write_messages(connection, batch).await? {
        transaction.rollback().await?;
        return Ok(false);
    }
    close_answers(connection, batch).await?;
    count(connection, batch).await?;
    change_people(connection, batch).await?;
    keep_place(connection, batch).await?;
    announce(connection, &batch.announce).await?;
    transaction.commit().await?;
    Ok(true)
}

/// When they have to be looked at again; no one looks at those who are out.
fn due(position: &EnrolmentPosition) -> Option<i64> {
    position.due_at.filter(|_| position.ended.is_none()).map(|at| at.0)
}

/// False where someone is not where the batch thinks they are.
async fn move_all(connection: &mut SqliteConnection, batch: &EngineBatch) -> SqliteResult<bool> {
    static MOVE: LazyLock<BulkStatement> = LazyLock::new(|| {
        BulkStatement::with_codes(
            "UPDATE enrolments SET node = m.column3, visit = m.column4, timer_at = m.column5,
                    due_at = m.column6, exit_reason = m.column7, ended_at = m.column8,
                    awaits_engagement = m.column9 FROM (VALUES",
            9,
            format!(
                ") m WHERE enrolments.key = m.column1 AND enrolments.visit = m.column2
                 AND enrolments.exit_reason = {INSIDE}"
            ),
        )
    });
    let done = MOVE
        .run(connection, &batch.moved, |query, moved| {
            let position = &moved.position;
            let query = query
                .bind(moved.seq.0)
                .bind(moved.from_visit)
                .bind(&position.node)
                .bind(position.visit);
            let query = query.bind(position.wait_until.map(|at| at.0)).bind(due(position));
            let query = query
                .bind(ExitReason::enrolment_code(position.ended))
                .bind(position.ended.map(|_| batch.now.0));
            query.bind(position.awaits)
        })
        .await?;
    Ok(done == batch.moved.len() as u64)
}

async fn enter_all(connection: &mut SqliteConnection, batch: &EngineBatch) -> SqliteResult<()> {
    static ENTER: BulkStatement = BulkStatement::new(
        "INSERT INTO enrolments (key, project_key, journey_key, version_key, profile_key, node,
            visit, timer_at, due_at, exit_reason, entered_at, triggered_at, entry_properties,
            ended_at) VALUES",
        14,
        "",
    );
    ENTER
        .run(connection, &batch.entered, |query, new| {
            let position = &new.position;
            let query = query
                .bind(new.seq.0)
                .bind(new.project.0)
                .bind(new.journey.0)
                .bind(new.version.0)
                .bind(new.profile.0);
            let query = query
                .bind(&position.node)
                .bind(position.visit)
                .bind(position.wait_until.map(|at| at.0));
            let query = query.bind(due(position)).bind(ExitReason::enrolment_code(position.ended));
            let query = query
                .bind(new.entered_at.0)
                .bind(new.began_at.0)
                .bind(new.entry_properties.as_deref());
            query.bind(position.ended.map(|_| batch.now.0))
        })
        .await?;
    Ok(())
}

async fn write_log(connection: &mut SqliteConnection, batch: &EngineBatch) -> SqliteResult<()> {
    static STEP: BulkStatement = BulkStatement::new(
        "INSERT INTO enrolment_log (enrolment_key, visit, at, node_visits) VALUES",
        4,
        " ON CONFLICT DO UPDATE SET node_visits = substr(node_visits, 1, length(node_visits) - 1)
         || ',' || substr(excluded.node_visits, 2)",
    );
    static REFUSE: BulkStatement = BulkStatement::new(
        "INSERT INTO entry_rejections (version_key, profile_key, rejection, at, times) VALUES",
        5,
        " ON CONFLICT DO UPDATE SET rejection = excluded.rejection, at = excluded.at, times = times
         + excluded.times",
    );
    let now = batch.now.0;
    STEP.run(connection, &batch.steps, |query, step| {
        query.bind(step.enrolment.0).bind(step.visit).bind(now).bind(&step.path)
    })
    .await?;
    REFUSE
        .run(connection, &batch.refused, |query, ((version, profile), (gate, times))| {
            query.bind(version.0).bind(profile.0).bind(gate.code()).bind(now).bind(times)
        })
        .await?;
    Ok(())
}

/// False where a message that the batch settles, and counts, does not wait any more.
async fn write_messages(
    connection: &mut SqliteConnection,
    batch: &EngineBatch,
) -> SqliteResult<bool> {
    static QUEUE: BulkStatement = BulkStatement::new(
        "INSERT INTO outbox (project_key, version_key, enrolment_key, profile_key, node, visit,
         channel, is_live, expires_at, created_at, endpoint) VALUES",
        11,
        "",
    );
    static SETTLE: LazyLock<BulkStatement> = LazyLock::new(|| {
        BulkStatement::with_codes(
            "UPDATE outbox SET status = s.column2, finished_at = s.column3 FROM (VALUES",
            3,
            format!(") s WHERE outbox.key = s.column1 AND outbox.status = {QUEUED}"),
        )
    });
    let now = batch.now.0;
    QUEUE
        .run(connection, &batch.messages, |query, message| {
            let query = query
                .bind(message.project.0)
                .bind(message.version.0)
                .bind(message.enrolment.0)
                .bind(message.profile.0);
            let query = query
                .bind(&message.node)
                .bind(message.visit)
                .bind(message.channel)
                .bind(route(message.live));
            query.bind(message.expires_at.map(|at| at.0)).bind(now).bind(&message.endpoint)
        })
        .await?;
    let settled = SETTLE
        .run(connection, &batch.settled, |query, (message, settled)| {
            query.bind(message.0).bind(settled.code()).bind(now)
        })
        .await?;
    Ok(settled == batch.settled.len() as u64)
}

/// What became of messages has been acted on. That it was sent, failed or was withheld stands in
/// the outbox itself.
async fn close_answers(connection: &mut SqliteConnection, batch: &EngineBatch) -> SqliteResult<()> {
    static FORGET: BulkStatement = BulkStatement::new(
        "DELETE FROM message_events WHERE (message_key, kind)
            IN (VALUES",
        2,
        ")",
    );
    static KEEP: BulkStatement = BulkStatement::new(
        "UPDATE message_events SET pending = 0 WHERE (message_key, kind) IN (VALUES",
        2,
        ")",
    );
    let answers = |settling: bool| {
        batch.answered.iter().filter(move |(_, kind)| kind.is_send_result() == settling)
    };
    FORGET
        .run(connection, answers(true), |query, (message, kind)| {
            query.bind(message.0).bind(kind.code())
        })
        .await?;
    KEEP.run(connection, answers(false), |query, (message, kind)| {
        query.bind(message.0).bind(kind.code())
    })
    .await?;
    Ok(())
}

async fn count(connection: &mut SqliteConnection, batch: &EngineBatch) -> SqliteResult<()> {
    static COUNT: BulkStatement = BulkStatement::new(
        "UPDATE versions SET qualified = qualified + c.column2, control = control + c.column3,
                    entered = entered + c.column4,
                    inside = inside + c.column4 - c.column5 - c.column6 - c.column7 - c.column8 -
                    c.column9 - c.column10,
                    completed = completed + c.column5, converted = converted + c.column6,
                    timed_out = timed_out + c.column7,
                    force_exited = force_exited + c.column8, stopped = stopped + c.column9,
                    version_exit = version_exit + c.column10, queued = queued + c.column11,
                    cancelled = cancelled + c.column12
                 FROM (VALUES",
        12,
        ") c WHERE versions.key = c.column1",
    );
    static PASS: BulkStatement = BulkStatement::new(
        "INSERT INTO node_stats (version_key, node, kind, outlet, count) VALUES",
        5,
        " ON CONFLICT DO UPDATE SET count = count + excluded.count",
    );
    COUNT
        .run(connection, &batch.counted, |query, (version, counted)| {
            let query = query
                .bind(version.0)
                .bind(counted.qualified)
                .bind(counted.control)
                .bind(counted.entered);
            // The first place is of those who are inside.
            let query = counted.ended.iter().skip(1).fold(query, |query, ended| query.bind(ended));
            query.bind(counted.queued).bind(counted.cancelled)
        })
        .await?;
    PASS.run(connection, &batch.nodes, |query, ((version, node, kind, outlet), count)| {
        query.bind(version.0).bind(node).bind(kind.code()).bind(outlet).bind(count)
    })
    .await?;
    Ok(())
}

async fn change_people(connection: &mut SqliteConnection, batch: &EngineBatch) -> SqliteResult<()> {
    static PATCH: BulkStatement = BulkStatement::new(
        "UPDATE profiles SET properties = json_patch(properties, c.column2), updated_at = c.column3
         FROM (VALUES",
        3,
        ") c WHERE profiles.key = c.column1",
    );
    static MEET: BulkStatement = BulkStatement::new(
        "INSERT INTO criteria_matches (version_key, profile_key) VALUES",
        2,
        " ON CONFLICT DO NOTHING",
    );
    static PART: BulkStatement = BulkStatement::new(
        "DELETE FROM criteria_matches WHERE (version_key, profile_key)
            IN (VALUES",
        2,
        ")",
    );
    let now = batch.now.0;
    let patches: Vec<(ProfileKey, String)> = batch
        .properties
        .iter()
        .map(|(profile, patch)| Ok((*profile, to_json(patch)?)))
        .collect::<SqliteResult<_>>()?;
    PATCH
        .run(connection, patches, |query, (profile, patch)| {
            query.bind(profile.0).bind(patch).bind(now)
        })
        .await?;
    change_lists(connection, batch).await?;
    start_journeys(connection, batch).await?;
    let pairs = |wanted: bool| {
        batch.met.iter().filter(move |(_, met)| **met == wanted).map(|(pair, _)| pair)
    };
    MEET.run(connection, pairs(true), |query, (version, profile)| {
        query.bind(version.0).bind(profile.0)
    })
    .await?;
    PART.run(connection, pairs(false), |query, (version, profile)| {
        query.bind(version.0).bind(profile.0)
    })
    .await?;
    Ok(())
}

async fn change_lists(connection: &mut SqliteConnection, batch: &EngineBatch) -> SqliteResult<()> {
    if batch.lists.is_empty() {
        return Ok(());
    }
    let rows: Vec<(ProjectKey, ProfileKey, &str, bool)> = batch
        .lists
        .iter()
        .map(|((project, profile, list), on)| (*project, *profile, list.as_str(), *on))
        .collect();
    let rows = to_json(&rows)?;
    for statement in [
        "INSERT INTO lists (project_key, name, created_at) SELECT DISTINCT value ->> 0,
         value ->> 2, ?2
            FROM json_each(?1)
         WHERE true ON CONFLICT DO NOTHING",
        "INSERT INTO list_members (list_id, profile_key)
         SELECT l.id, c.value ->> 1 FROM json_each(?1) c CROSS JOIN lists l
         ON l.project_key = c.value ->> 0 AND l.name = c.value ->> 2
         WHERE c.value ->> 3 AND ?2 IS NOT NULL ON CONFLICT DO NOTHING",
        "DELETE FROM list_members WHERE (list_id, profile_key) IN (
             SELECT l.id, c.value ->> 1 FROM json_each(?1) c CROSS JOIN lists l
             ON l.project_key = c.value ->> 0 AND l.name = c.value ->> 2
             WHERE NOT c.value ->> 3 AND ?2 IS NOT NULL)",
    ] {
        sqlx::query(statement).bind(&rows).bind(batch.now.0).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn start_journeys(
    connection: &mut SqliteConnection,
    batch: &EngineBatch,
) -> SqliteResult<()> {
    if batch.started.is_empty() {
        return Ok(());
    }
    let rows: Vec<(ProjectKey, ProfileKey, &str, &str)> = batch
        .started
        .iter()
        .map(|new| (new.project, new.profile, new.key.as_str(), new.properties.as_str()))
        .collect();
    let rows = to_json(&rows)?;
    for statement in [
        "INSERT INTO event_names (project_key, name_key, name, created_at)
         SELECT DISTINCT value ->> 0, value ->> 2, value ->> 2, ?2 FROM json_each(?1)
         WHERE true ON CONFLICT DO NOTHING",
        "INSERT INTO events (project_key, profile_key, name_id, at, received_at, properties)
         SELECT c.value ->> 0, c.value ->> 1, n.id, ?2, ?2, c.value ->> 3 FROM json_each(?1) c
         CROSS JOIN event_names n ON n.project_key = c.value ->> 0 AND n.name_key = c.value ->> 2",
    ] {
        sqlx::query(statement).bind(&rows).bind(batch.now.0).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn keep_place(connection: &mut SqliteConnection, batch: &EngineBatch) -> SqliteResult<()> {
    if batch.cursor != batch.head.cursor {
        sqlx::query("UPDATE engine_state SET event_cursor = ?")
            .bind(batch.cursor)
            .execute(&mut *connection)
            .await?;
    }
    if let Some(last) = batch.profile_changes {
        sqlx::query("DELETE FROM profile_changes WHERE seq <= ?")
            .bind(last)
            .execute(&mut *connection)
            .await?;
    }
    if let Some((version, at, last)) = batch.run {
        sqlx::query(
            "INSERT INTO entry_runs (version_key, run_at, last_profile_key) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET run_at = excluded.run_at,
             last_profile_key = excluded.last_profile_key",
        )
        .bind(version.0)
        .bind(at.0)
        .bind(last.map(i64::from))
        .execute(connection)
        .await?;
    }
    Ok(())
}

async fn announce(connection: &mut SqliteConnection, projects: &[ProjectId]) -> SqliteResult<()> {
    for project in projects {
        sqlx::query(
            "INSERT INTO project_changes (project_id, revision) VALUES (?, 1)
             ON CONFLICT DO UPDATE SET revision = revision + 1",
        )
        .bind(project.0)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
