//! Roles of members in projects, with their sources: read, and written for many at a time.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use sqlx::{FromRow, SqliteConnection};
use uuid::Uuid;

use super::{SqliteStore, bulk_statement::BulkStatement, error::SqliteResult, members};
use wayfare_domain::{
    access::{
        account::EmailAddress,
        actor::{Actor, RequestOrigin},
        member_role::MemberRole,
        members::{Invitation, InvitationPreview, Member},
        permissions::Role,
    },
    ids::{InvitationId, ProjectId, UserId},
    names::PersonName,
    time::Timestamp,
};
use wayfare_secrets::secret::SecretHash;
use wayfare_store::{StoreError, StoreResult, access::MemberStore};

#[async_trait]
impl MemberStore for SqliteStore {
    async fn find_acting_role(
        &self,
        project: ProjectId,
        user: UserId,
    ) -> StoreResult<Option<Role>> {
        Ok(acting(self, project, user).await?)
    }

    async fn list_members(&self, project: ProjectId) -> StoreResult<Vec<Member>> {
        Ok(members::all(self, project).await?)
    }

    async fn set_member_role(
        &self,
        actor: &Actor,
        user: UserId,
        before: Role,
        role: Option<Role>,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(members::set_role(self, actor, user, before, role, now).await?)
    }

    async fn list_invitations(
        &self,
        project: ProjectId,
        now: Timestamp,
    ) -> StoreResult<Vec<Invitation>> {
        Ok(members::invitations(self, project, now).await?)
    }

    async fn invite_member(
        &self,
        actor: &Actor,
        email: &EmailAddress,
        role: Role,
        secret: &SecretHash,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(members::invite(self, actor, email, role, secret, expires_at, now).await?)
    }

    async fn withdraw_invitation(
        &self,
        actor: &Actor,
        invitation: InvitationId,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(members::withdraw(self, actor, invitation, now).await?)
    }

    async fn get_invitation_preview(
        &self,
        secret: &SecretHash,
        asking: Option<UserId>,
        now: Timestamp,
    ) -> StoreResult<InvitationPreview> {
        Ok(members::offer(self, secret, asking, now).await?)
    }

    async fn accept_invitation(
        &self,
        secret: &SecretHash,
        user: UserId,
        origin: &RequestOrigin,
        now: Timestamp,
    ) -> StoreResult<ProjectId> {
        Ok(members::accept(self, secret, user, origin, now).await?)
    }

    async fn accept_invitation_with_new_account(
        &self,
        secret: &SecretHash,
        name: &PersonName,
        password_hash: &str,
        origin: &RequestOrigin,
        now: Timestamp,
    ) -> StoreResult<UserId> {
        Ok(members::accept_with_new_account(self, secret, name, password_hash, origin, now).await?)
    }
}

/// A role by its number in the database.
pub fn role(code: i64) -> SqliteResult<Role> {
    Role::from_code(code)
        .ok_or_else(|| StoreError::Corrupt(format!("the unknown role {code}")).into())
}

#[derive(FromRow)]
struct RoleRow {
    project_id: Uuid,
    role: i64,
    from_sso: bool,
    invited_role: Option<i64>,
}

impl RoleRow {
    fn into_domain(self) -> SqliteResult<(ProjectId, MemberRole)> {
        let role = MemberRole {
            role: role(self.role)?,
            by_rule: self.from_sso,
            by_invitation: self.invited_role.map(role).transpose()?,
        };
        Ok((ProjectId(self.project_id), role))
    }
}

/// All roles of an account.
pub async fn of_user(
    connection: &mut SqliteConnection,
    user: UserId,
) -> SqliteResult<BTreeMap<ProjectId, MemberRole>> {
    let rows: Vec<RoleRow> = sqlx::query_as(
        "SELECT project_id, role, from_sso, invited_role FROM memberships WHERE user_id = ?",
    )
    .bind(user.0)
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(RoleRow::into_domain).collect()
}

/// The role of an account in one project.
pub async fn in_project(
    connection: &mut SqliteConnection,
    project: ProjectId,
    user: UserId,
) -> SqliteResult<Option<MemberRole>> {
    let row: Option<RoleRow> = sqlx::query_as(
        "SELECT project_id, role, from_sso, invited_role FROM memberships
         WHERE project_id = ? AND user_id = ?",
    )
    .bind(project.0)
    .bind(user.0)
    .fetch_optional(connection)
    .await?;
    Ok(row.map(RoleRow::into_domain).transpose()?.map(|(_, role)| role))
}

/// The role with which an account acts in a project; none where it is suspended, or the project
/// archived.
async fn acting(
    store: &SqliteStore,
    project: ProjectId,
    user: UserId,
) -> SqliteResult<Option<Role>> {
    let row: Option<(i64,)> = sqlx::query_as(
        "SELECT m.role FROM memberships m JOIN accounts a ON a.user_id = m.user_id
         JOIN projects p ON p.id = m.project_id
         WHERE m.project_id = ? AND m.user_id = ?
           AND a.suspended_at IS NULL AND p.archived_at IS NULL",
    )
    .bind(project.0)
    .bind(user.0)
    .fetch_optional(&store.readers)
    .await?;
    row.map(|(code,)| role(code)).transpose()
}

/// How many others are admins of the project, with accounts that are not suspended.
pub async fn other_admins(
    connection: &mut SqliteConnection,
    project: ProjectId,
    user: UserId,
) -> SqliteResult<i64> {
    let (count,): (i64,) = sqlx::query_as(
        "SELECT count(*) FROM memberships m JOIN accounts a ON a.user_id = m.user_id
         WHERE m.project_id = ? AND m.role = ? AND m.user_id <> ? AND a.suspended_at IS NULL",
    )
    .bind(project.0)
    .bind(Role::Admin.code())
    .bind(user.0)
    .fetch_one(connection)
    .await?;
    Ok(count)
}

/// The projects in which the account is an admin and no one else is.
pub async fn without_other_admins(
    connection: &mut SqliteConnection,
    user: UserId,
) -> SqliteResult<BTreeSet<ProjectId>> {
    let rows: Vec<(Uuid,)> = sqlx::query_as(
        "SELECT m.project_id FROM memberships m WHERE m.user_id = ?1 AND m.role = ?2
         AND NOT EXISTS (SELECT 1 FROM memberships o JOIN accounts a ON a.user_id = o.user_id
            WHERE o.project_id = m.project_id AND o.role = ?2 AND o.user_id <> ?1
            AND a.suspended_at IS NULL)",
    )
    .bind(user.0)
    .bind(Role::Admin.code())
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|(project,)| ProjectId(project)).collect())
}

static WRITE: BulkStatement = BulkStatement::new(
    "INSERT INTO memberships (project_id, user_id, role, from_sso, invited_role, created_at)
     VALUES ",
    6,
    " ON CONFLICT (project_id, user_id) DO UPDATE SET role = excluded.role,
        from_sso = excluded.from_sso, invited_role = excluded.invited_role",
);

static REMOVE: BulkStatement =
    BulkStatement::new("DELETE FROM memberships WHERE (project_id, user_id) IN (VALUES ", 2, ")");

/// Writes what an account is in each of these projects from now on; `None` takes it out.
pub async fn write(
    connection: &mut SqliteConnection,
    user: UserId,
    roles: impl IntoIterator<Item = (ProjectId, Option<MemberRole>)>,
    now: Timestamp,
) -> SqliteResult<()> {
    let (mut kept, mut gone) = (Vec::new(), Vec::new());
    for (project, role) in roles {
        match role {
            Some(role) => kept.push((project, role)),
            None => gone.push(project),
        }
    }
    REMOVE.run(connection, gone, |values, project| values.bind(project.0).bind(user.0)).await?;
    WRITE
        .run(connection, kept, |values, (project, role)| {
            values
                .bind(project.0)
                .bind(user.0)
                .bind(role.role.code())
                .bind(role.by_rule)
                .bind(role.by_invitation.map(Role::code))
                .bind(now.0)
        })
        .await?;
    Ok(())
}
