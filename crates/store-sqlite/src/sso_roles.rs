//! The roles that SSO rules give, and take: facts are loaded, the domain decides, and the changes
//! are written with an entry in the audit log of each project.

use sqlx::{FromRow, SqliteConnection};
use uuid::Uuid;

use super::{
    audit::NewAuditEntry, error::SqliteResult, invitation_makers::close_invitations_of,
    member_roles,
};
use wayfare_domain::{
    access::{
        actor::RequestOrigin,
        change::AccessChange,
        sso::SsoRole,
        sso_roles::{LastAdmin, NamedProject, decide_rule_roles, resolve_projects},
    },
    ids::{ProjectId, UserId},
    time::Timestamp,
};

/// What the rules give to someone from now on.
pub struct RuleGrant<'a> {
    pub roles: &'a [SsoRole],
    pub last_admin: LastAdmin,
}

/// Replaces what rules gave to the account before by what they give now.
pub async fn apply_rules(
    connection: &mut SqliteConnection,
    grant: &RuleGrant<'_>,
    user: UserId,
    origin: &RequestOrigin,
    now: Timestamp,
) -> SqliteResult<()> {
    let before = member_roles::of_user(connection, user).await?;
    let without_others = member_roles::without_other_admins(connection, user).await?;
    let given = match grant.roles {
        [] => Vec::new(),
        roles => resolve_projects(roles, &named_projects(connection).await?),
    };
    let changes = decide_rule_roles(&before, &given, &without_others, grant.last_admin)?;
    let written = changes.iter().map(|change| (change.project, change.after));
    member_roles::write(connection, user, written, now).await?;
    close_invitations_of(connection, user, user, origin, now).await?;
    let (name,): (String,) = sqlx::query_as("SELECT name FROM actors WHERE id = ?")
        .bind(user.0)
        .fetch_one(&mut *connection)
        .await?;
    for change in &changes {
        let Some((before, after)) = change.roles() else { continue };
        let told = AccessChange::RoleChangedBySso { name: &name, before, after };
        NewAuditEntry::in_project(change.project, user, told.event(), &told.summary(), origin)
            .write(&mut *connection, now)
            .await?;
    }
    Ok(())
}

#[derive(FromRow)]
struct ProjectRow {
    id: Uuid,
    name: String,
    created_at: i64,
    named_at: Option<i64>,
}

async fn named_projects(connection: &mut SqliteConnection) -> SqliteResult<Vec<NamedProject>> {
    let rows: Vec<ProjectRow> =
        sqlx::query_as("SELECT id, name, created_at, named_at FROM projects")
            .fetch_all(connection)
            .await?;
    let project = |row: ProjectRow| NamedProject {
        id: ProjectId(row.id),
        name: row.name,
        created_at: Timestamp(row.created_at),
        named_at: row.named_at.map(Timestamp),
    };
    Ok(rows.into_iter().map(project).collect())
}
