//! The audit log. Every entry is written in the transaction of what it tells.

use async_trait::async_trait;
use sqlx::{FromRow, QueryBuilder, Sqlite, SqliteConnection};
use uuid::Uuid;

use super::{SqliteStore, error::SqliteResult};
use wayfare_domain::{
    access::{
        account::describe_audited_agent,
        actor::{Actor, ActorRef, RequestOrigin},
    },
    audit::{AUDIT_ROWS, AuditEntry, AuditEvent, AuditPage, AuditQuery},
    ids::{JourneyId, OperationId, ProjectId, UserId},
    names::search_key,
    time::Timestamp,
};
use wayfare_store::{StoreResult, access::AuditStore};

#[async_trait]
impl AuditStore for SqliteStore {
    async fn get_audit_page(
        &self,
        project: ProjectId,
        query: &AuditQuery,
    ) -> StoreResult<AuditPage> {
        Ok(page(self, project, query).await?)
    }

    async fn load_audit_batch(
        &self,
        project: ProjectId,
        query: &AuditQuery,
        before: Option<i64>,
    ) -> StoreResult<Vec<AuditEntry>> {
        Ok(batch(self, project, query, before).await?)
    }

    async fn record_audit_event(
        &self,
        actor: &Actor,
        event: AuditEvent,
        summary: &str,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(record_audit(self, actor, event, summary, now).await?)
    }
}

/// Entries of one batch of an export.
const BATCH: i64 = 1_000;

/// An entry to be written.
pub struct NewAuditEntry<'a> {
    /// None where it is about an account.
    pub project: Option<ProjectId>,
    pub by: UserId,
    pub event: AuditEvent,
    pub summary: &'a str,
    pub operation: Option<OperationId>,
    pub origin: &'a RequestOrigin,
}

impl<'a> NewAuditEntry<'a> {
    /// Something that an actor did in their project.
    pub fn of(actor: &'a Actor, event: AuditEvent, summary: &'a str) -> Self {
        Self {
            project: Some(actor.project),
            by: actor.user,
            event,
            summary,
            operation: None,
            origin: &actor.origin,
        }
    }

    /// Something that happened in a project, by someone who may be in no project.
    pub fn in_project(
        project: ProjectId,
        by: UserId,
        event: AuditEvent,
        summary: &'a str,
        origin: &'a RequestOrigin,
    ) -> Self {
        Self { project: Some(project), by, event, summary, operation: None, origin }
    }

    /// Something about an account.
    pub fn of_account(
        user: UserId,
        event: AuditEvent,
        summary: &'a str,
        origin: &'a RequestOrigin,
    ) -> Self {
        Self { project: None, by: user, event, summary, operation: None, origin }
    }

    pub async fn write(
        self,
        connection: &mut SqliteConnection,
        now: Timestamp,
    ) -> SqliteResult<()> {
        sqlx::query(
            "INSERT INTO audit_entries (project_id, actor_id, at, event, summary, operation_id,
             address, agent)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(self.project.map(|project| project.0))
        .bind(self.by.0)
        .bind(now.0)
        .bind(self.event.key())
        .bind(self.summary)
        .bind(self.operation.map(|operation| operation.0))
        .bind(self.origin.address.map(|address| address.to_string()).unwrap_or_default())
        .bind(&self.origin.agent)
        .execute(connection)
        .await?;
        Ok(())
    }
}

async fn record_audit(
    store: &SqliteStore,
    actor: &Actor,
    event: AuditEvent,
    summary: &str,
    now: Timestamp,
) -> SqliteResult<()> {
    let mut transaction = store.begin().await?;
    NewAuditEntry::of(actor, event, summary).write(&mut transaction, now).await?;
    transaction.commit().await
}

#[derive(FromRow)]
struct EntryRow {
    seq: i64,
    at: i64,
    actor_id: Uuid,
    name: String,
    event: String,
    summary: String,
    operation_id: Option<Uuid>,
    matched: Option<i64>,
    changed: Option<i64>,
    filter: Option<String>,
    address: String,
    agent: String,
}

impl EntryRow {
    fn into_domain(self) -> AuditEntry {
        AuditEntry {
            seq: self.seq,
            at: Timestamp(self.at),
            by: ActorRef { id: UserId(self.actor_id), name: self.name },
            event: self.event,
            summary: self.summary,
            operation: self.operation_id.map(OperationId),
            matched: self.matched,
            changed: self.changed,
            filter: self.filter,
            address: self.address,
            device: describe_audited_agent(&self.agent),
        }
    }
}

async fn page(
    store: &SqliteStore,
    project: ProjectId,
    query: &AuditQuery,
) -> SqliteResult<AuditPage> {
    let mut sql = QueryBuilder::<Sqlite>::new("SELECT count(*) ");
    push_from_where(&mut sql, project, query);
    let (total,): (i64,) = sql.build_query_as().fetch_one(&store.readers).await?;
    let query = query.within(total);
    let entries = entries(store, project, &query, None, AUDIT_ROWS, query.offset()).await?;
    let people: Vec<(Uuid, String)> = sqlx::query_as(
        "SELECT id, name FROM actors WHERE id IN (
             SELECT actor_id FROM audit_entries WHERE project_id = ?1
             UNION SELECT a.actor_id FROM audit_entries a JOIN memberships m
             ON m.user_id = a.actor_id
                   WHERE m.project_id = ?1 AND a.project_id IS NULL)
         ORDER BY name, id",
    )
    .bind(project.0)
    .fetch_all(&store.readers)
    .await?;
    let people = people.into_iter().map(|(id, name)| ActorRef { id: UserId(id), name }).collect();
    Ok(AuditPage { query, entries, total, people })
}

async fn batch(
    store: &SqliteStore,
    project: ProjectId,
    query: &AuditQuery,
    before: Option<i64>,
) -> SqliteResult<Vec<AuditEntry>> {
    entries(store, project, query, before, BATCH, 0).await
}

async fn entries(
    store: &SqliteStore,
    project: ProjectId,
    query: &AuditQuery,
    before: Option<i64>,
    limit: i64,
    offset: i64,
) -> SqliteResult<Vec<AuditEntry>> {
    let mut sql = QueryBuilder::<Sqlite>::new(
        "SELECT a.seq, a.at, a.actor_id, u.name, a.event, a.summary, a.operation_id, o.matched,
         o.changed, o.filter, a.address, a.agent ",
    );
    push_from_where(&mut sql, project, query);
    if let Some(before) = before {
        sql.push(" AND a.seq < ").push_bind(before);
    }
    sql.push(" ORDER BY a.seq DESC LIMIT ").push_bind(limit).push(" OFFSET ").push_bind(offset);
    let rows: Vec<EntryRow> = sql.build_query_as().fetch_all(&store.readers).await?;
    Ok(rows.into_iter().map(EntryRow::into_domain).collect())
}

/// The project's own entries, and those about the accounts of its people.
fn push_from_where(sql: &mut QueryBuilder<Sqlite>, project: ProjectId, query: &AuditQuery) {
    sql.push(
        "FROM audit_entries a JOIN actors u ON u.id = a.actor_id
         LEFT JOIN operations o ON o.id = a.operation_id AND o.project_id = a.project_id
         WHERE (a.project_id = ",
    );
    sql.push_bind(project.0);
    sql.push(
        " OR (a.project_id IS NULL AND a.actor_id IN (SELECT user_id FROM memberships
        WHERE project_id = ",
    );
    sql.push_bind(project.0).push(")))");
    if let Some(by) = query.by {
        sql.push(" AND a.actor_id = ").push_bind(by.0);
    }
    if let Some(event) = &query.event {
        sql.push(" AND a.event = ").push_bind(event.clone());
    }
    if let Some(from) = query.from {
        sql.push(" AND a.at >= ").push_bind(from.start().0);
    }
    if let Some(until) = query.until() {
        sql.push(" AND a.at < ").push_bind(until.0);
    }
    if !query.search.is_empty() {
        // What the entry says, who did it, and the journeys of its account.
        let pattern = like(&query.search);
        sql.push(" AND (a.summary LIKE ")
            .push_bind(pattern.clone())
            .push(" ESCAPE '\\' OR u.name LIKE ");
        sql.push_bind(pattern.clone()).push(
            " ESCAPE '\\' OR EXISTS (SELECT 1 FROM operation_items i
             WHERE i.operation_id = a.operation_id AND i.name LIKE ",
        );
        sql.push_bind(pattern).push(" ESCAPE '\\')");
        if let Ok(journey) = query.search.parse::<JourneyId>() {
            sql.push(
                " OR EXISTS (SELECT 1 FROM operation_items i
                WHERE i.operation_id = a.operation_id AND i.journey_id = ",
            );
            sql.push_bind(journey.0.as_bytes().to_vec()).push(")");
        }
        sql.push(")");
    }
}

/// A pattern that finds the text itself, whatever signs it has.
fn like(text: &str) -> String {
    let text = search_key(text).replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{text}%")
}
