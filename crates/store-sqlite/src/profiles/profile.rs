//! One person: what they are, what they did, and their enrolments.

use std::collections::HashMap;

use async_trait::async_trait;
use sqlx::{FromRow, SqliteConnection};
use uuid::Uuid;

use super::{NAME, contact_changes, erasure, number_of};
use crate::{
    SqliteStore,
    audit::NewAuditEntry,
    engine::{
        profiles::{PROFILE_COLUMNS, ProfileRow},
        read::parse_properties,
    },
    error::SqliteResult,
    message_events::of_enrolment,
    rows::json,
};
use wayfare_domain::{
    access::actor::Actor,
    audit::AuditEvent,
    engine::{
        enrolment_log::{StoredVisit, log_line},
        node::ExitReason,
    },
    graph::{Graph, Node},
    ids::{EnrolmentKey, JourneyId, ProfileKey, ProjectId},
    profiles::{
        identity::IdentifierKind,
        read_model::{
            EnrolmentDetail, EnrolmentSummary, EventSummary, ProfileDetail, enrolment_title,
        },
    },
    time::Timestamp,
};
use wayfare_store::{StoreError, StoreResult, profiles::ProfileStore};

#[async_trait]
impl ProfileStore for SqliteStore {
    async fn get_profile(
        &self,
        project: ProjectId,
        profile: ProfileKey,
    ) -> StoreResult<ProfileDetail> {
        Ok(person(self, project, profile.0).await?)
    }

    async fn find_profile_key(
        &self,
        project: ProjectId,
        identity: &str,
    ) -> StoreResult<Option<ProfileKey>> {
        Ok(by_identity(self, project, identity).await?)
    }

    async fn get_enrolment(
        &self,
        project: ProjectId,
        enrolment: EnrolmentKey,
    ) -> StoreResult<EnrolmentDetail> {
        Ok(self::enrolment(self, project, enrolment.0).await?)
    }

    async fn delete_profile(
        &self,
        actor: &Actor,
        profile: ProfileKey,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(delete(self, actor, profile.0, now).await?)
    }
}

/// Events and enrolments on their page.
const LINES: i64 = 50;

async fn person(
    store: &SqliteStore,
    project: ProjectId,
    person: i64,
) -> SqliteResult<ProfileDetail> {
    let number = number_of(store, project).await?;
    let mut snapshot = store.snapshot().await?;
    let row: Option<ProfileRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT {PROFILE_COLUMNS} FROM profiles p WHERE p.key = ?1 AND p.project_key = ?2"
    )))
    .bind(person)
    .bind(number.0)
    .fetch_optional(&mut *snapshot)
    .await?;
    let profile = row.ok_or(StoreError::NotFound("profile"))?.into_profile()?;
    let (created_at, updated_at): (i64, i64) =
        sqlx::query_as("SELECT created_at, updated_at FROM profiles WHERE key = ?")
            .bind(person)
            .fetch_one(&mut *snapshot)
            .await?;
    Ok(ProfileDetail {
        seq: person,
        identity: profile.identity,
        anonymous: anonymous_ids(&mut snapshot, person).await?,
        properties: profile.properties,
        addresses: profile.addresses.into_iter().collect(),
        consent: profile.consent.into_iter().collect(),
        time_zone: profile.time_zone,
        lists: lists(&mut snapshot, person).await?,
        created_at: Timestamp(created_at),
        updated_at: Timestamp(updated_at),
        events: events(&mut snapshot, person).await?,
        enrolments: list_enrolments(&mut snapshot, number.0, "e.profile_key", person).await?,
        changes: contact_changes::of_person(&mut snapshot, number, ProfileKey(person)).await?,
    })
}

/// Anonymous ids on their page.
const ANONYMOUS_IDS: i64 = 20;

async fn anonymous_ids(
    connection: &mut SqliteConnection,
    person: i64,
) -> SqliteResult<Vec<String>> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "SELECT identifier FROM profile_identifiers WHERE profile_key = ? AND kind = ?
         ORDER BY identifier LIMIT ?",
    )
    .bind(person)
    .bind(IdentifierKind::Anonymous.code())
    .bind(ANONYMOUS_IDS)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|(alias,)| alias).collect())
}

async fn lists(connection: &mut SqliteConnection, person: i64) -> SqliteResult<Vec<String>> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "SELECT l.name FROM list_members m JOIN lists l ON l.id = m.list_id
         WHERE m.profile_key = ? ORDER BY l.name",
    )
    .bind(person)
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|(name,)| name).collect())
}

async fn by_identity(
    store: &SqliteStore,
    project: ProjectId,
    identity: &str,
) -> SqliteResult<Option<ProfileKey>> {
    let number = number_of(store, project).await?;
    let row: Option<(i64,)> = sqlx::query_as(
        "SELECT profile_key FROM profile_identifiers WHERE project_key = ?
            AND kind = ? AND identifier = ?",
    )
    .bind(number.0)
    .bind(IdentifierKind::Identity.code())
    .bind(identity)
    .fetch_optional(&store.readers)
    .await?;
    Ok(row.map(|(profile,)| ProfileKey(profile)))
}

/// Properties of an event that a page shows, in bytes: larger ones are not even read, since
/// `octet_length`, unlike `length`, does not need the text.
const SHOWN_MAX: i64 = 16 * 1024;

async fn events(connection: &mut SqliteConnection, person: i64) -> SqliteResult<Vec<EventSummary>> {
    // Chosen by the index alone: properties are read of those that the page shows.
    let rows: Vec<(String, i64, Option<String>, bool)> = sqlx::query_as(
        "SELECT n.name, e.at, iif(octet_length(e.properties) <= ?3, e.properties, NULL),
                coalesce(octet_length(e.properties) > ?3, 0)
         FROM events e JOIN event_names n ON n.id = e.name_id
         WHERE e.seq IN (SELECT e.seq FROM events e JOIN event_names n ON n.id = e.name_id
                         WHERE e.profile_key = ?1 AND n.name NOT GLOB '$*'
                         ORDER BY e.at DESC, e.seq DESC LIMIT ?2)
         ORDER BY e.at DESC, e.seq DESC",
    )
    .bind(person)
    .bind(LINES)
    .bind(SHOWN_MAX)
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|(name, at, properties, is_too_large)| {
            let properties = parse_properties(properties.as_deref())?;
            Ok(EventSummary { name, at: Timestamp(at), properties, is_too_large })
        })
        .collect()
}

#[derive(FromRow)]
struct EnrolmentRow {
    key: i64,
    journey: Uuid,
    journey_name: String,
    version: i64,
    exit_reason: i64,
    bulk_exit_reason: Option<i64>,
    entered_at: i64,
    ended_at: Option<i64>,
    due_at: Option<i64>,
}

/// Enrolments, newest first; `column` is one of ours.
async fn list_enrolments(
    connection: &mut SqliteConnection,
    project: i64,
    column: &'static str,
    value: i64,
) -> SqliteResult<Vec<EnrolmentSummary>> {
    let rows: Vec<EnrolmentRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT e.key, j.id AS journey, j.name AS journey_name, v.number AS version, e.exit_reason,
            v.bulk_exit_reason, e.entered_at, e.ended_at, e.due_at
         FROM enrolments e JOIN versions v ON v.key = e.version_key JOIN journeys j
         ON j.key = e.journey_key
         WHERE {column} = ?1 AND e.project_key = ?2 ORDER BY e.key DESC LIMIT ?3"
    )))
    .bind(value)
    .bind(project)
    .bind(LINES)
    .fetch_all(connection)
    .await?;
    let view = |row: EnrolmentRow| {
        let ending = ExitReason::of_enrolment(row.exit_reason, row.bulk_exit_reason);
        EnrolmentSummary {
            seq: row.key,
            journey: JourneyId(row.journey),
            journey_name: row.journey_name,
            version: row.version,
            state: ending.map_or("inside", ExitReason::key).to_string(),
            entered_at: Timestamp(row.entered_at),
            ended_at: row.ended_at.map(Timestamp),
            due_at: row.due_at.filter(|_| ending.is_none()).map(Timestamp),
        }
    };
    Ok(rows.into_iter().map(view).collect())
}

pub async fn enrolment(
    store: &SqliteStore,
    project: ProjectId,
    enrolment: i64,
) -> SqliteResult<EnrolmentDetail> {
    let number = number_of(store, project).await?;
    let mut snapshot = store.snapshot().await?;
    let view = list_enrolments(&mut snapshot, number.0, "e.key", enrolment)
        .await?
        .pop()
        .ok_or(StoreError::NotFound("enrolment"))?;
    let sql = format!(
        "SELECT v.graph, e.profile_key, coalesce({NAME}, p.identity)
         FROM enrolments e JOIN versions v ON v.key = e.version_key LEFT JOIN profiles p
         ON p.key = e.profile_key WHERE e.key = ?"
    );
    let row: (String, Option<i64>, Option<String>) =
        sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(enrolment).fetch_one(&mut *snapshot).await?;
    let (graph, person, title) = row;
    let graph: Graph = json(&graph, "graph")?;
    let nodes: HashMap<&str, &Node> =
        graph.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
    let rows: Vec<(i64, String)> = sqlx::query_as(
        "SELECT at, node_visits FROM enrolment_log WHERE enrolment_key = ?
            ORDER BY visit, at",
    )
    .bind(enrolment)
    .fetch_all(&mut *snapshot)
    .await?;
    let mut steps = Vec::new();
    for (at, path) in rows {
        let path: Vec<StoredVisit> = json(&path, "step")?;
        steps.extend(path.into_iter().map(|visit| {
            let node = nodes.get(visit.0.as_str()).copied();
            log_line(Timestamp(at), visit, node)
        }));
    }
    let messages = of_enrolment(&mut snapshot, EnrolmentKey(enrolment)).await?;
    Ok(EnrolmentDetail {
        enrolment: view,
        person,
        person_title: enrolment_title(person, title),
        steps,
        messages,
    })
}

async fn delete(
    store: &SqliteStore,
    actor: &Actor,
    person: i64,
    now: Timestamp,
) -> SqliteResult<()> {
    let number = number_of(store, actor.project).await?;
    let mut transaction = store.begin().await?;
    let known: Option<(i64,)> =
        sqlx::query_as("SELECT key FROM profiles WHERE key = ? AND project_key = ?")
            .bind(person)
            .bind(number.0)
            .fetch_optional(&mut *transaction)
            .await?;
    if known.is_none() {
        return Err(StoreError::NotFound("profile").into());
    }
    erasure::erase(&mut transaction, ProfileKey(person), now).await?;
    // Who it was is what was asked to be forgotten: the log has their number only.
    NewAuditEntry::of(actor, AuditEvent::PersonDeleted, &format!("profile {person}"))
        .write(&mut transaction, now)
        .await?;
    store.commit(transaction, actor.project).await
}
