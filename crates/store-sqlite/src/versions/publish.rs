//! A draft becomes the version that takes entries; the people in older versions carry on, or leave.
//!
//! Exits count immediately and are noted in one row for each version (`versions.emptied`); rows of
//! enrolments and messages follow in small steps, as after a Stop (`engine/sweep.rs`).

use sqlx::{FromRow, SqliteConnection};
use uuid::Uuid;

use super::begin::{candidate, record_one};
use crate::{SqliteStore, edit::write_name, operations::targets::OperationTarget, rows::status};
use wayfare_domain::{
    access::actor::Actor,
    ids::JourneyId,
    journeys::{
        status::Status,
        transition::{Action, JourneyState, Refusal, StateChange, TransitionResult, transition},
    },
    stats::pluralize,
    time::Timestamp,
    versions::PreviousVersionPolicy,
};
use wayfare_store::{StoreError, StoreResult, versions::PublishVersion};

#[derive(FromRow)]
struct VersionRow {
    id: Uuid,
    number: i64,
    status: i64,
    revision: i64,
    start_at: Option<i64>,
    inside: i64,
    queued: i64,
}

pub async fn publish(
    store: &SqliteStore,
    actor: &Actor,
    publication: &PublishVersion,
    now: Timestamp,
) -> StoreResult<()> {
    let mut transaction = store.begin().await?;
    let journey = candidate(&mut transaction, actor, publication.journey, now).await?;
    let versions = versions_of(&mut transaction, publication.journey).await?;
    let draft = versions.iter().find(|version| version.number == publication.version);
    let draft = draft.ok_or(StoreError::NotFound("version"))?;
    let becomes = decide(&journey, draft, publication, now)?;
    let (ended, cancelled) =
        retire(&mut transaction, actor, &journey, &versions, publication.predecessor, now).await?;
    open(&mut transaction, actor, &journey, draft, becomes, now).await?;
    write_texts(&mut transaction, actor, &journey, publication, now).await?;
    let first = !journey.situation.ever_published;
    let note = match publication.predecessor {
        _ if first => String::new(),
        PreviousVersionPolicy::KeepEnrolments => {
            format!("version {}; people in older versions continue", draft.number)
        }
        PreviousVersionPolicy::ExitEnrolments => {
            format!(
                "version {}; {} exited the older versions",
                draft.number,
                pluralize(ended, "person", "people")
            )
        }
    };
    let named = OperationTarget { name: publication.name.to_string(), ..journey.clone() };
    let mut record = record_one(&named, Action::Publish, (journey.status, becomes), note);
    record.ended_inside = ended;
    record.cancelled_messages = cancelled;
    record.write(&mut transaction, actor, now).await?;
    store.commit(transaction, actor.project).await
}

async fn versions_of(
    connection: &mut SqliteConnection,
    journey: JourneyId,
) -> StoreResult<Vec<VersionRow>> {
    Ok(sqlx::query_as(
        "SELECT id, number, status, revision, start_at, inside, queued FROM versions
         WHERE journey_id = ? ORDER BY number",
    )
    .bind(journey.0)
    .fetch_all(connection)
    .await?)
}

/// What the draft becomes, by the table.
fn decide(
    journey: &OperationTarget,
    draft: &VersionRow,
    publication: &PublishVersion,
    now: Timestamp,
) -> StoreResult<Status> {
    let refused = |refusal| StoreError::Refused { name: journey.name.clone(), refusal };
    let situation = JourneyState {
        status: status(draft.status)?,
        start_ahead: draft.start_at.is_some_and(|start| start > now.0),
        ..journey.situation
    };
    let becomes = match transition(situation, Action::Publish) {
        TransitionResult::Apply(StateChange::Status(becomes)) => becomes,
        TransitionResult::Apply(_) => return Err(refused(Refusal::AlreadyPublished)),
        TransitionResult::Already(refusal) | TransitionResult::Refuse(refusal) => {
            return Err(refused(refusal));
        }
    };
    if draft.revision != publication.revision {
        return Err(StoreError::RevisionChanged { name: journey.name.clone() });
    }
    Ok(becomes)
}

/// Older versions take no more entries. Answers how many people left them, and how many messages
/// were called off.
async fn retire(
    connection: &mut SqliteConnection,
    actor: &Actor,
    journey: &OperationTarget,
    versions: &[VersionRow],
    predecessor: PreviousVersionPolicy,
    now: Timestamp,
) -> StoreResult<(i64, i64)> {
    let (action, leave) = match predecessor {
        PreviousVersionPolicy::KeepEnrolments => (Action::Restrict, false),
        PreviousVersionPolicy::ExitEnrolments => (Action::Complete, true),
    };
    let (mut ended, mut cancelled) = (0, 0);
    for version in versions {
        let old = status(version.status)?;
        if matches!(old, Status::Draft | Status::Stopped) {
            continue;
        }
        let situation = JourneyState {
            status: old,
            start_ahead: version.start_at.is_some_and(|s| s > now.0),
            ..journey.situation
        };
        let becomes = match transition(situation, action) {
            TransitionResult::Apply(StateChange::Status(becomes)) => becomes,
            // Entry of those is over already; anyone who is inside may have to leave all the same.
            _ if matches!(old, Status::Completed | Status::Restricted) => old,
            TransitionResult::Apply(_) => old,
            TransitionResult::Already(refusal) | TransitionResult::Refuse(refusal) => {
                return Err(StoreError::Refused { name: journey.name.clone(), refusal });
            }
        };
        if leave {
            ended += version.inside;
            cancelled += version.queued;
        }
        close(connection, actor, version.id, becomes, leave, now).await?;
    }
    Ok((ended, cancelled))
}

/// The status is set also where it stays: whatever sets it raises the engine's epoch, and no batch
/// that was decided before moves anybody who has left.
async fn close(
    connection: &mut SqliteConnection,
    actor: &Actor,
    version: Uuid,
    becomes: Status,
    leave: bool,
    now: Timestamp,
) -> StoreResult<()> {
    let sql = if leave {
        "UPDATE versions SET status = ?3, left_at = coalesce(left_at, ?4), version_exit =
            version_exit + inside, inside = 0,
                cancelled = cancelled + queued, queued = 0 WHERE id = ?1 AND project_id = ?2"
    } else {
        "UPDATE versions SET status = ?3 WHERE id = ?1 AND project_id = ?2 AND ?4 > 0"
    };
    sqlx::query(sql)
        .bind(version)
        .bind(actor.project.0)
        .bind(becomes.code())
        .bind(now.0)
        .execute(connection)
        .await?;
    Ok(())
}

/// The draft takes entries from now on, or from its start on, and is what the list shows.
async fn open(
    connection: &mut SqliteConnection,
    actor: &Actor,
    journey: &OperationTarget,
    draft: &VersionRow,
    becomes: Status,
    now: Timestamp,
) -> StoreResult<()> {
    sqlx::query(
        "UPDATE versions SET status = ?3, published_by = ?4, published_at = ?5, start_at =
            coalesce(start_at, ?5),
                entry_since = iif(?3 = 2, ?5, entry_since) WHERE id = ?1 AND project_id = ?2",
    )
    .bind(draft.id)
    .bind(actor.project.0)
    .bind(becomes.code())
    .bind(actor.user.0)
    .bind(now.0)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "UPDATE journeys SET shown_version_id = v.id, status = v.status, entry_type =
            v.entry_type, start_at = v.start_at,
                published_by = v.published_by, published_at = v.published_at, entered = v.entered,
                inside = v.inside,
                converted = v.converted, rate = CASE WHEN v.entered > 0
                THEN v.converted * 10000 / v.entered END,
                ever_published = 1
         FROM versions v WHERE v.id = ?3 AND journeys.seq = ?2 AND journeys.project_id = ?1",
    )
    .bind(actor.project.0)
    .bind(journey.seq)
    .bind(draft.id)
    .execute(connection)
    .await?;
    Ok(())
}

async fn write_texts(
    connection: &mut SqliteConnection,
    actor: &Actor,
    journey: &OperationTarget,
    publication: &PublishVersion,
    now: Timestamp,
) -> StoreResult<()> {
    write_name(connection, actor, journey, &publication.name, now).await?;
    sqlx::query("UPDATE journeys SET description = ?3 WHERE seq = ?2 AND project_id = ?1")
        .bind(actor.project.0)
        .bind(journey.seq)
        .bind(publication.description.as_str())
        .execute(connection)
        .await?;
    Ok(())
}
