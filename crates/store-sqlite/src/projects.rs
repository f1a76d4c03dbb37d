//! Projects: made, renamed, archived, listed.

use sqlx::{FromRow, SqliteConnection};
use uuid::Uuid;

use super::{SqliteStore, audit::NewAuditEntry, sessions::role};
use wayfare_domain::{
    access::{actor::Actor, members::ProjectSummary, permissions::Role},
    audit::AuditEvent,
    ids::{ProjectId, UserId},
    names::ProjectTitle,
    time::Timestamp,
};
use wayfare_store::{StoreError, StoreResult};

#[derive(FromRow)]
struct Row {
    id: Uuid,
    name: String,
    role: i64,
    journeys: i64,
    members: i64,
    created_at: i64,
    archived_at: Option<i64>,
}

pub async fn all(store: &SqliteStore, user: Option<UserId>) -> StoreResult<Vec<ProjectSummary>> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT p.id, p.name, coalesce(m.role, ?2) AS role,
                (SELECT coalesce(sum(c.count), 0) FROM journey_counts c WHERE c.project_id = p.id
                AND c.shelf < 2) AS journeys,
                (SELECT count(*) FROM memberships x
                WHERE x.project_id = p.id) AS members, p.created_at, p.archived_at
         FROM projects p LEFT JOIN memberships m ON m.project_id = p.id AND m.user_id = ?1
         WHERE ?1 IS NULL OR m.user_id IS NOT NULL
         ORDER BY p.archived_at IS NOT NULL, p.name COLLATE NOCASE, p.id",
    )
    .bind(user.map(|user| user.0))
    .bind(Role::Admin.code())
    .fetch_all(&store.readers)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(ProjectSummary {
                id: ProjectId(row.id),
                name: row.name,
                role: role(row.role)?,
                journeys: row.journeys,
                members: row.members,
                created_at: Timestamp(row.created_at),
                archived_at: row.archived_at.map(Timestamp),
                current: false,
            })
        })
        .collect()
}

pub async fn create(
    store: &SqliteStore,
    actor: &Actor,
    name: &ProjectTitle,
    now: Timestamp,
) -> StoreResult<ProjectId> {
    let project = ProjectId::new();
    let mut transaction = store.begin().await?;
    refuse_taken(&mut transaction, actor, project, name).await?;
    sqlx::query("INSERT INTO projects (id, name, created_at) VALUES (?, ?, ?)")
        .bind(project.0)
        .bind(name.as_str())
        .bind(now.0)
        .execute(&mut *transaction)
        .await?;
    // Anyone who makes a project is its admin; in local mode no one has an account, and everybody
    // is.
    sqlx::query(
        "INSERT INTO memberships (project_id, user_id, role, created_at) SELECT ?, user_id, ?, ?
         FROM accounts WHERE user_id = ?",
    )
    .bind(project.0)
    .bind(Role::Admin.code())
    .bind(now.0)
    .bind(actor.user.0)
    .execute(&mut *transaction)
    .await?;
    in_project(actor, project, AuditEvent::ProjectCreated, name.as_str())
        .write(&mut transaction, now)
        .await?;
    transaction.commit().await?;
    Ok(project)
}

fn in_project<'a>(
    actor: &'a Actor,
    project: ProjectId,
    event: AuditEvent,
    summary: &'a str,
) -> NewAuditEntry<'a> {
    NewAuditEntry { project: Some(project), ..NewAuditEntry::of(actor, event, summary) }
}

/// A name has to be another's only among the projects that somebody sees: more would tell of those
/// that they do not see. Whoever has no account, in local mode, sees all.
async fn refuse_taken(
    connection: &mut SqliteConnection,
    actor: &Actor,
    project: ProjectId,
    name: &ProjectTitle,
) -> StoreResult<()> {
    let taken: Option<(i64,)> = sqlx::query_as(
        "SELECT 1 FROM projects p WHERE p.name = ?1 COLLATE NOCASE AND p.id <> ?2
         AND (EXISTS (SELECT 1 FROM memberships m
                WHERE m.project_id = p.id AND m.user_id = ?3)
            OR NOT EXISTS (SELECT 1 FROM accounts a WHERE a.user_id = ?3))",
    )
    .bind(name.as_str())
    .bind(project.0)
    .bind(actor.user.0)
    .fetch_optional(connection)
    .await?;
    if taken.is_some() { Err(StoreError::NameTaken("project")) } else { Ok(()) }
}

pub async fn rename(
    store: &SqliteStore,
    actor: &Actor,
    project: ProjectId,
    name: &ProjectTitle,
    now: Timestamp,
) -> StoreResult<()> {
    let mut transaction = store.begin().await?;
    let before: Option<(String,)> = sqlx::query_as("SELECT name FROM projects WHERE id = ?")
        .bind(project.0)
        .fetch_optional(&mut *transaction)
        .await?;
    let (before,) = before.ok_or(StoreError::NotFound("project"))?;
    refuse_taken(&mut transaction, actor, project, name).await?;
    sqlx::query(
        "UPDATE projects SET named_at = iif(name = ?2 COLLATE NOCASE, named_at, ?3), name = ?2
         WHERE id = ?1",
    )
    .bind(project.0)
    .bind(name.as_str())
    .bind(now.0)
    .execute(&mut *transaction)
    .await?;
    let summary = format!("from “{before}” to “{name}”");
    in_project(actor, project, AuditEvent::ProjectRenamed, &summary)
        .write(&mut transaction, now)
        .await?;
    transaction.commit().await
}

pub async fn archive(
    store: &SqliteStore,
    actor: &Actor,
    project: ProjectId,
    archive: bool,
    now: Timestamp,
) -> StoreResult<()> {
    let mut transaction = store.begin().await?;
    let known: Option<(String, Option<i64>)> =
        sqlx::query_as("SELECT name, archived_at FROM projects WHERE id = ?")
            .bind(project.0)
            .fetch_optional(&mut *transaction)
            .await?;
    let (name, archived_at) = known.ok_or(StoreError::NotFound("project"))?;
    if archive == archived_at.is_some() {
        return Ok(());
    }
    if archive {
        // Statuses 1 to 3: someone enters or will enter.
        let (alive,): (i64,) = sqlx::query_as(
            "SELECT coalesce(sum(count), 0) FROM journey_counts
             WHERE project_id = ? AND shelf < 2 AND status BETWEEN 1 AND 3",
        )
        .bind(project.0)
        .fetch_one(&mut *transaction)
        .await?;
        let (inside,): (i64,) =
            sqlx::query_as("SELECT coalesce(sum(inside), 0) FROM versions WHERE project_id = ?")
                .bind(project.0)
                .fetch_one(&mut *transaction)
                .await?;
        if alive > 0 || inside > 0 {
            return Err(StoreError::Conflict(
                "The project has journeys that are running, paused or scheduled, or people inside. \
                    Stop those journeys first.",
            ));
        }
        let (others,): (i64,) =
            sqlx::query_as("SELECT count(*) FROM projects WHERE archived_at IS NULL AND id <> ?")
                .bind(project.0)
                .fetch_one(&mut *transaction)
                .await?;
        if others == 0 {
            return Err(StoreError::Conflict(
                "This is the only project. Create another one before you archive it.",
            ));
        }
    }
    sqlx::query("UPDATE projects SET archived_at = ? WHERE id = ?")
        .bind(archive.then_some(now.0))
        .bind(project.0)
        .execute(&mut *transaction)
        .await?;
    let event = if archive { AuditEvent::ProjectArchived } else { AuditEvent::ProjectUnarchived };
    in_project(actor, project, event, &name).write(&mut transaction, now).await?;
    transaction.commit().await
}

/// The project of a journey or an operation.
pub async fn of_thing(store: &SqliteStore, thing: Uuid) -> StoreResult<Option<ProjectId>> {
    let row: Option<(Uuid,)> = sqlx::query_as(
        "SELECT project_id FROM journeys WHERE id = ?1 UNION ALL SELECT project_id FROM operations
         WHERE id = ?1 LIMIT 1",
    )
    .bind(thing)
    .fetch_optional(&store.readers)
    .await?;
    Ok(row.map(|(id,)| ProjectId(id)))
}
