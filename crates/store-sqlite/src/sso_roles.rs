//! The roles that the sign-in provider's rule gives, and takes.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::SqliteConnection;
use uuid::Uuid;

use super::{
    audit::NewAuditEntry, invitation_makers::close_invitations_of, members, sessions::role,
};
use wayfare_domain::{
    access::{actor::RequestOrigin, permissions::Role},
    audit::AuditEvent,
    ids::{ProjectId, UserId},
    time::Timestamp,
};
use wayfare_store::{StoreResult, access::SsoRole};

/// What the rule gives from now on.
pub struct Given<'a> {
    pub roles: &'a [SsoRole],
    /// A project that would have no admin any more keeps this one.
    pub keeps_last_admin: bool,
}

/// Roles that the rule gave earlier are replaced by those that it gives now; roles given by an
/// admin stay, and so do those of an invitation beside the rule's. Each change is in the audit log
/// of its project. Answers the projects that lost an admin.
pub async fn give_roles(
    connection: &mut SqliteConnection,
    given: &Given<'_>,
    user: UserId,
    origin: &RequestOrigin,
    now: Timestamp,
) -> StoreResult<Vec<ProjectId>> {
    let before = roles_of(connection, user).await?;
    write_roles(connection, given.roles, user, now).await?;
    if given.keeps_last_admin {
        keep_last_admin(connection, &before, user, now).await?;
    }
    close_invitations_of(connection, user, user, origin, now).await?;
    let after = roles_of(connection, user).await?;
    let (name,): (String,) = sqlx::query_as("SELECT name FROM users WHERE id = ?")
        .bind(user.0)
        .fetch_one(&mut *connection)
        .await?;
    let mut without_admin = Vec::new();
    let projects: BTreeSet<Uuid> = before.keys().chain(after.keys()).copied().collect();
    for project in projects {
        let (was, is) = (before.get(&project).copied(), after.get(&project).copied());
        if was == is {
            continue;
        }
        let said = |role: Option<Role>| {
            role.map_or_else(|| "no role".to_string(), |role| role.to_string())
        };
        let summary = format!("{name}: from {} to {}, by an SSO rule", said(was), said(is));
        let event = AuditEvent::RoleChangedBySso;
        let entry = NewAuditEntry {
            project: Some(ProjectId(project)),
            by: user,
            event,
            summary: &summary,
            operation: None,
            origin,
        };
        entry.write(&mut *connection, now).await?;
        if was == Some(Role::Admin) {
            without_admin.push(ProjectId(project));
        }
    }
    Ok(without_admin)
}

async fn write_roles(
    connection: &mut SqliteConnection,
    roles: &[SsoRole],
    user: UserId,
    now: Timestamp,
) -> StoreResult<()> {
    for sql in [
        "DELETE FROM memberships WHERE user_id = ? AND by_provider = 1 AND invited_role IS NULL",
        "UPDATE memberships SET role = invited_role, by_provider = 0
         WHERE user_id = ? AND by_provider = 1",
    ] {
        sqlx::query(sql).bind(user.0).execute(&mut *connection).await?;
    }
    for given in roles {
        sqlx::query(
            "INSERT INTO memberships (project_id, user_id, role, by_provider, created_at)
             SELECT id, ?1, ?2, 1, ?3 FROM projects WHERE ?4 IS NULL OR id = (SELECT p.id
                FROM projects p WHERE p.name = ?4 COLLATE NOCASE
                ORDER BY coalesce(p.named_at, p.created_at), p.created_at, p.id LIMIT 1)
             ON CONFLICT DO UPDATE SET role = max(role, excluded.role), by_provider = 1
                WHERE by_provider = 1 OR invited_role IS NOT NULL",
        )
        .bind(user.0)
        .bind(given.role.code())
        .bind(now.0)
        .bind(&given.project)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Gives the rule's role back where nobody could give it any more.
async fn keep_last_admin(
    connection: &mut SqliteConnection,
    before: &BTreeMap<Uuid, Role>,
    user: UserId,
    now: Timestamp,
) -> StoreResult<()> {
    for (project, _) in before.iter().filter(|(_, role)| **role == Role::Admin) {
        if members::admins(connection, ProjectId(*project)).await? > 0 {
            continue;
        }
        sqlx::query(
            "INSERT INTO memberships (project_id, user_id, role, by_provider, created_at)
             VALUES (?, ?, ?, 1, ?)
             ON CONFLICT DO UPDATE SET role = excluded.role, by_provider = 1",
        )
        .bind(project)
        .bind(user.0)
        .bind(Role::Admin.code())
        .bind(now.0)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

async fn roles_of(
    connection: &mut SqliteConnection,
    user: UserId,
) -> StoreResult<BTreeMap<Uuid, Role>> {
    let rows: Vec<(Uuid, i64)> =
        sqlx::query_as("SELECT project_id, role FROM memberships WHERE user_id = ?")
            .bind(user.0)
            .fetch_all(connection)
            .await?;
    rows.into_iter().map(|(project, code)| Ok((project, role(code)?))).collect()
}
