//! Projects: made, renamed, archived, listed.

use async_trait::async_trait;
use sqlx::{FromRow, SqliteConnection};
use uuid::Uuid;

use super::{
    SqliteStore, audit::NewAuditEntry, error::SqliteResult, local_actors, member_roles::role,
    profiles, rows,
};
use wayfare_domain::{
    access::{
        actor::Actor,
        change::AccessChange,
        first_account::LOCAL_MODE_ROLE,
        members::ProjectSummary,
        projects::{ArchiveFacts, CREATOR_ROLE, decide_archive, is_another_name},
    },
    ids::{ProjectId, ProjectKey, UserId},
    names::ProjectTitle,
    time::Timestamp,
};
use wayfare_store::{StoreError, StoreResult, access::ProjectStore};

#[async_trait]
impl ProjectStore for SqliteStore {
    async fn list_projects(&self, user: Option<UserId>) -> StoreResult<Vec<ProjectSummary>> {
        Ok(all(self, user).await?)
    }

    async fn create_project(
        &self,
        actor: &Actor,
        name: &ProjectTitle,
        now: Timestamp,
    ) -> StoreResult<ProjectId> {
        Ok(create(self, actor, name, now).await?)
    }

    async fn rename_project(
        &self,
        actor: &Actor,
        project: ProjectId,
        name: &ProjectTitle,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(rename(self, actor, project, name, now).await?)
    }

    async fn archive_project(
        &self,
        actor: &Actor,
        project: ProjectId,
        is_archived: bool,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(archive(self, actor, project, is_archived, now).await?)
    }

    async fn get_project_key(&self, project: ProjectId) -> StoreResult<ProjectKey> {
        Ok(profiles::number_of(self, project).await?)
    }

    async fn ensure_local_actor(&self, now: Timestamp) -> StoreResult<Actor> {
        Ok(local_actors::ensure_local_actor(self, now).await?)
    }

    async fn get_local_actor(&self) -> StoreResult<Actor> {
        Ok(local_actors::local_actor(self).await?)
    }

    async fn list_generations(&self) -> StoreResult<Vec<(ProjectId, i64)>> {
        Ok(generations(self).await?)
    }

    async fn get_generation(&self, project: ProjectId) -> StoreResult<i64> {
        Ok(generation(self, project).await?)
    }
}

/// The first of the `visibility` codes of deleted journeys.
pub const DELETED: i64 = 2;

#[derive(FromRow)]
struct Row {
    id: Uuid,
    name: String,
    /// None for no one in particular.
    role: Option<i64>,
    journeys: i64,
    members: i64,
    created_at: i64,
    archived_at: Option<i64>,
}

async fn all(store: &SqliteStore, user: Option<UserId>) -> SqliteResult<Vec<ProjectSummary>> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT p.id, p.name, m.role,
                (SELECT coalesce(sum(c.count), 0) FROM journey_counts c WHERE c.project_id = p.id
                AND c.visibility < ?2) AS journeys,
                (SELECT count(*) FROM memberships x
                WHERE x.project_id = p.id) AS members, p.created_at, p.archived_at
         FROM projects p LEFT JOIN memberships m ON m.project_id = p.id AND m.user_id = ?1
         WHERE ?1 IS NULL OR m.user_id IS NOT NULL
         ORDER BY p.archived_at IS NOT NULL, p.name COLLATE NOCASE, p.id",
    )
    .bind(user.map(|user| user.0))
    .bind(DELETED)
    .fetch_all(&store.readers)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(ProjectSummary {
                id: ProjectId(row.id),
                name: row.name,
                role: row.role.map(role).transpose()?.unwrap_or(LOCAL_MODE_ROLE),
                journeys: row.journeys,
                members: row.members,
                created_at: Timestamp(row.created_at),
                archived_at: row.archived_at.map(Timestamp),
                current: false,
            })
        })
        .collect()
}

async fn create(
    store: &SqliteStore,
    actor: &Actor,
    name: &ProjectTitle,
    now: Timestamp,
) -> SqliteResult<ProjectId> {
    let project = ProjectId::new();
    let mut transaction = store.begin().await?;
    refuse_taken(&mut transaction, actor, project, name).await?;
    sqlx::query("INSERT INTO projects (id, name, created_at) VALUES (?, ?, ?)")
        .bind(project.0)
        .bind(name.as_str())
        .bind(now.0)
        .execute(&mut *transaction)
        .await?;
    // In local mode no one has an account, and no one gets a role.
    sqlx::query(
        "INSERT INTO memberships (project_id, user_id, role, created_at) SELECT ?, user_id, ?, ?
         FROM accounts WHERE user_id = ?",
    )
    .bind(project.0)
    .bind(CREATOR_ROLE.code())
    .bind(now.0)
    .bind(actor.user.0)
    .execute(&mut *transaction)
    .await?;
    let change = AccessChange::ProjectCreated { name: name.as_str() };
    log(&mut transaction, actor, project, change, now).await?;
    transaction.commit().await?;
    Ok(project)
}

/// The project need not be the one in which the actor is.
async fn log(
    connection: &mut SqliteConnection,
    actor: &Actor,
    project: ProjectId,
    change: AccessChange<'_>,
    now: Timestamp,
) -> SqliteResult<()> {
    let (event, summary) = (change.event(), change.summary());
    NewAuditEntry::in_project(project, actor.user, event, &summary, &actor.origin)
        .write(connection, now)
        .await
}

/// A name has to be another's only among the projects that somebody sees: more would tell of those
/// that they do not see. Whoever has no account, in local mode, sees all.
async fn refuse_taken(
    connection: &mut SqliteConnection,
    actor: &Actor,
    project: ProjectId,
    name: &ProjectTitle,
) -> SqliteResult<()> {
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
    if taken.is_some() { Err(StoreError::NameTaken("project").into()) } else { Ok(()) }
}

async fn rename(
    store: &SqliteStore,
    actor: &Actor,
    project: ProjectId,
    name: &ProjectTitle,
    now: Timestamp,
) -> SqliteResult<()> {
    let mut transaction = store.begin().await?;
    let before: Option<(String,)> = sqlx::query_as("SELECT name FROM projects WHERE id = ?")
        .bind(project.0)
        .fetch_optional(&mut *transaction)
        .await?;
    let (before,) = before.ok_or(StoreError::NotFound("project"))?;
    refuse_taken(&mut transaction, actor, project, name).await?;
    sqlx::query("UPDATE projects SET name = ?2, named_at = coalesce(?3, named_at) WHERE id = ?1")
        .bind(project.0)
        .bind(name.as_str())
        .bind(is_another_name(&before, name).then_some(now.0))
        .execute(&mut *transaction)
        .await?;
    let change = AccessChange::ProjectRenamed { before: &before, after: name.as_str() };
    log(&mut transaction, actor, project, change, now).await?;
    transaction.commit().await
}

async fn archive(
    store: &SqliteStore,
    actor: &Actor,
    project: ProjectId,
    archive: bool,
    now: Timestamp,
) -> SqliteResult<()> {
    let mut transaction = store.begin().await?;
    let known: Option<(String, bool)> =
        sqlx::query_as("SELECT name, archived_at IS NOT NULL FROM projects WHERE id = ?")
            .bind(project.0)
            .fetch_optional(&mut *transaction)
            .await?;
    let (name, is_archived) = known.ok_or(StoreError::NotFound("project"))?;
    let facts = load_archive_facts(&mut transaction, project, is_archived).await?;
    if !decide_archive(&facts, archive)? {
        return Ok(());
    }
    sqlx::query("UPDATE projects SET archived_at = ? WHERE id = ?")
        .bind(archive.then_some(now.0))
        .bind(project.0)
        .execute(&mut *transaction)
        .await?;
    let change = match archive {
        true => AccessChange::ProjectArchived { name: &name },
        false => AccessChange::ProjectUnarchived { name: &name },
    };
    log(&mut transaction, actor, project, change, now).await?;
    transaction.commit().await
}

async fn load_archive_facts(
    connection: &mut SqliteConnection,
    project: ProjectId,
    is_archived: bool,
) -> SqliteResult<ArchiveFacts> {
    let statuses: Vec<(i64,)> = sqlx::query_as(
        "SELECT DISTINCT status FROM journey_counts
         WHERE project_id = ? AND visibility < ? AND count > 0",
    )
    .bind(project.0)
    .bind(DELETED)
    .fetch_all(&mut *connection)
    .await?;
    let (inside,): (i64,) =
        sqlx::query_as("SELECT coalesce(sum(inside), 0) FROM versions WHERE project_id = ?")
            .bind(project.0)
            .fetch_one(&mut *connection)
            .await?;
    let (other_projects,): (i64,) =
        sqlx::query_as("SELECT count(*) FROM projects WHERE archived_at IS NULL AND id <> ?")
            .bind(project.0)
            .fetch_one(connection)
            .await?;
    let statuses =
        statuses.into_iter().map(|(code,)| rows::status(code)).collect::<Result<_, _>>()?;
    Ok(ArchiveFacts { is_archived, statuses, inside, other_projects })
}

/// The project of a journey or an operation.
pub async fn of_thing(store: &SqliteStore, thing: Uuid) -> SqliteResult<Option<ProjectId>> {
    let row: Option<(Uuid,)> = sqlx::query_as(
        "SELECT project_id FROM journeys WHERE id = ?1 UNION ALL SELECT project_id FROM operations
         WHERE id = ?1 LIMIT 1",
    )
    .bind(thing)
    .fetch_optional(&store.readers)
    .await?;
    Ok(row.map(|(id,)| ProjectId(id)))
}

/// Every project that is not archived, with its generation.
pub async fn generations(store: &SqliteStore) -> SqliteResult<Vec<(ProjectId, i64)>> {
    let rows: Vec<(Uuid, i64)> = sqlx::query_as(
        "SELECT p.id, coalesce(c.revision, 0) FROM projects p LEFT JOIN project_changes c
            ON c.project_id = p.id
         WHERE p.archived_at IS NULL",
    )
    .fetch_all(&store.readers)
    .await?;
    Ok(rows.into_iter().map(|(id, generation)| (ProjectId(id), generation)).collect())
}

pub async fn generation(store: &SqliteStore, project: ProjectId) -> SqliteResult<i64> {
    let generation: Option<(i64,)> =
        sqlx::query_as("SELECT revision FROM project_changes WHERE project_id = ?")
            .bind(project.0)
            .fetch_optional(&store.readers)
            .await?;
    Ok(generation.map_or(0, |(generation,)| generation))
}

pub async fn journey_count(store: &SqliteStore, project: ProjectId) -> SqliteResult<i64> {
    let (count,): (i64,) = sqlx::query_as(
        "SELECT coalesce(sum(count), 0) FROM journey_counts WHERE project_id = ?
         AND visibility < ?",
    )
    .bind(project.0)
    .bind(DELETED)
    .fetch_one(&store.readers)
    .await?;
    Ok(count)
}
