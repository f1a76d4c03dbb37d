//! The people of a project, and invitations to it.

use sqlx::{FromRow, SqliteConnection};
use uuid::Uuid;

use super::{
    SqliteStore,
    accounts::{self, give_role},
    audit::NewAuditEntry,
    invitation_makers::{MAKER, MAKER_FACTS, close_invitations_of},
    keys::KeeperRow,
    sessions::role,
};
use wayfare_domain::{
    access::{
        account::EmailAddress,
        actor::{Actor, ActorRef, RequestOrigin},
        members::{Invitation, InvitationPreview, Member},
        permissions::{Permission, Role},
    },
    audit::AuditEvent,
    ids::{InvitationId, ProjectId, UserId},
    names::PersonName,
    time::Timestamp,
};
use wayfare_secrets::secret::SecretHash;
use wayfare_store::{StoreError, StoreResult, access::NewAccount};

#[derive(FromRow)]
struct MemberRow {
    id: Uuid,
    name: String,
    email: String,
    role: i64,
    by_provider: bool,
    last_sign_in_at: Option<i64>,
}

pub async fn all(store: &SqliteStore, project: ProjectId) -> StoreResult<Vec<Member>> {
    let rows: Vec<MemberRow> = sqlx::query_as(
        "SELECT u.id, u.name, a.email, m.role, m.by_provider, a.last_sign_in_at
         FROM memberships m JOIN accounts a ON a.user_id = m.user_id JOIN users u
         ON u.id = m.user_id
         WHERE m.project_id = ? AND a.suspended_at IS NULL
         ORDER BY u.name COLLATE NOCASE, a.email_key",
    )
    .bind(project.0)
    .fetch_all(&store.readers)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Member {
                person: ActorRef { id: UserId(row.id), name: row.name },
                email: row.email,
                role: role(row.role)?,
                by_provider: row.by_provider,
                last_sign_in_at: row.last_sign_in_at.map(Timestamp),
            })
        })
        .collect()
}

pub async fn set_role(
    store: &SqliteStore,
    actor: &Actor,
    user: UserId,
    seen: Role,
    wanted: Option<Role>,
    now: Timestamp,
) -> StoreResult<()> {
    let mut transaction = store.begin().await?;
    let known: Option<(i64, String)> = sqlx::query_as(
        "SELECT m.role, u.name FROM memberships m JOIN users u ON u.id = m.user_id
         WHERE m.project_id = ? AND m.user_id = ?",
    )
    .bind(actor.project.0)
    .bind(user.0)
    .fetch_optional(&mut *transaction)
    .await?;
    let (before, name) = known.ok_or(StoreError::NotFound("member of this project"))?;
    let before = role(before)?;
    if before != seen {
        return Err(StoreError::Conflict(
            "Someone else changed the role of this member. Nothing was changed. Reload the page \
                and try again.",
        ));
    }
    match wanted {
        Some(wanted) => {
            sqlx::query(
                "UPDATE memberships SET role = ?3, by_provider = 0, invited_role = NULL
                 WHERE project_id = ?1 AND user_id = ?2",
            )
            .bind(actor.project.0)
            .bind(user.0)
            .bind(wanted.code())
            .execute(&mut *transaction)
            .await?;
        }
        None => {
            sqlx::query("DELETE FROM memberships WHERE project_id = ? AND user_id = ?")
                .bind(actor.project.0)
                .bind(user.0)
                .execute(&mut *transaction)
                .await?;
        }
    }
    if before == Role::Admin
        && wanted != Some(Role::Admin)
        && admins(&mut transaction, actor.project).await? == 0
    {
        return Err(StoreError::Conflict(
            "A project needs an admin. Make another member an admin first.",
        ));
    }
    close_invitations_of(&mut transaction, user, actor.user, &actor.origin, now).await?;
    let (event, summary) = match wanted {
        Some(wanted) => (AuditEvent::RoleChanged, format!("{name}: from {before} to {wanted}")),
        None => (AuditEvent::MemberRemoved, format!("{name}, who was {before}")),
    };
    NewAuditEntry::of(actor, event, &summary).write(&mut transaction, now).await?;
    transaction.commit().await
}

pub async fn admins(connection: &mut SqliteConnection, project: ProjectId) -> StoreResult<i64> {
    let (count,): (i64,) = sqlx::query_as(
        "SELECT count(*) FROM memberships m JOIN accounts a ON a.user_id = m.user_id
         WHERE m.project_id = ? AND m.role = ? AND a.suspended_at IS NULL",
    )
    .bind(project.0)
    .bind(Role::Admin.code())
    .fetch_one(connection)
    .await?;
    Ok(count)
}

#[derive(FromRow)]
struct InvitationRow {
    id: Uuid,
    email: String,
    role: i64,
    created_by: Uuid,
    created_by_name: String,
    expires_at: i64,
    #[sqlx(flatten)]
    maker: KeeperRow,
}

pub async fn invitations(
    store: &SqliteStore,
    project: ProjectId,
    now: Timestamp,
) -> StoreResult<Vec<Invitation>> {
    let rows: Vec<InvitationRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT i.id, i.email, i.role, i.created_by, u.name AS created_by_name, i.expires_at,
            {MAKER_FACTS}
         FROM invitations i JOIN users u ON u.id = i.created_by
         {MAKER}
         WHERE i.project_id = ? AND i.closed_at IS NULL AND i.expires_at > ?
         ORDER BY i.created_at DESC, i.id"
    )))
    .bind(project.0)
    .bind(now.0)
    .fetch_all(&store.readers)
    .await?;
    let mut open = Vec::with_capacity(rows.len());
    for row in rows {
        if row.maker.into_domain()?.may(Permission::ManagePeople) {
            open.push(Invitation {
                id: InvitationId(row.id),
                email: row.email,
                role: role(row.role)?,
                created_by: ActorRef { id: UserId(row.created_by), name: row.created_by_name },
                expires_at: Timestamp(row.expires_at),
            });
        }
    }
    Ok(open)
}

pub async fn invite(
    store: &SqliteStore,
    actor: &Actor,
    email: &EmailAddress,
    role: Role,
    secret: &SecretHash,
    expires_at: Timestamp,
    now: Timestamp,
) -> StoreResult<()> {
    let mut transaction = store.begin().await?;
    let member: Option<(i64,)> = sqlx::query_as(
        "SELECT 1 FROM memberships m JOIN accounts a ON a.user_id = m.user_id WHERE m.project_id = ?
         AND a.email_key = ?",
    )
    .bind(actor.project.0)
    .bind(email.key())
    .fetch_optional(&mut *transaction)
    .await?;
    if member.is_some() {
        return Err(StoreError::Conflict(
            "They are already a member. Change their role on the Team page.",
        ));
    }
    // A second invitation takes the place of the first.
    sqlx::query(
        "UPDATE invitations SET closed_at = ?3 WHERE project_id = ?1 AND email_key = ?2
        AND closed_at IS NULL",
    )
    .bind(actor.project.0)
    .bind(email.key())
    .bind(now.0)
    .execute(&mut *transaction)
    .await?;
    sqlx::query(
        "INSERT INTO invitations (id, secret_hash, project_id, email, email_key, role, created_by,
            created_at, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(InvitationId::new().0)
    .bind(secret.as_slice())
    .bind(actor.project.0)
    .bind(email.as_str())
    .bind(email.key())
    .bind(role.code())
    .bind(actor.user.0)
    .bind(now.0)
    .bind(expires_at.0)
    .execute(&mut *transaction)
    .await?;
    let summary = format!("{email} as {role}");
    NewAuditEntry::of(actor, AuditEvent::InvitationMade, &summary)
        .write(&mut transaction, now)
        .await?;
    transaction.commit().await
}

pub async fn withdraw(
    store: &SqliteStore,
    actor: &Actor,
    invitation: InvitationId,
    now: Timestamp,
) -> StoreResult<()> {
    let mut transaction = store.begin().await?;
    let email: Option<(String,)> = sqlx::query_as(
        "UPDATE invitations SET closed_at = ?3 WHERE id = ?1 AND project_id = ?2
         AND closed_at IS NULL RETURNING email",
    )
    .bind(invitation.0)
    .bind(actor.project.0)
    .bind(now.0)
    .fetch_optional(&mut *transaction)
    .await?;
    let (email,) = email.ok_or(StoreError::NotFound("invitation"))?;
    NewAuditEntry::of(actor, AuditEvent::InvitationWithdrawn, &email)
        .write(&mut transaction, now)
        .await?;
    transaction.commit().await
}

#[derive(FromRow)]
struct OpenInvitation {
    id: Uuid,
    project_id: Uuid,
    project: String,
    email: String,
    role: i64,
    account: Option<Uuid>,
    #[sqlx(flatten)]
    maker: KeeperRow,
}

async fn open_invitation(
    connection: &mut SqliteConnection,
    secret: &SecretHash,
    now: Timestamp,
) -> StoreResult<OpenInvitation> {
    let row: Option<OpenInvitation> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT i.id, i.project_id, p.name AS project, i.email, i.role, a.user_id AS account,
            {MAKER_FACTS}
         FROM invitations i JOIN projects p ON p.id = i.project_id
         LEFT JOIN accounts a ON a.email_key = i.email_key {MAKER}
         WHERE i.secret_hash = ? AND i.closed_at IS NULL AND i.expires_at > ?
         AND p.archived_at IS NULL"
    )))
    .bind(secret.as_slice())
    .bind(now.0)
    .fetch_optional(connection)
    .await?;
    let row = row.ok_or(StoreError::LinkExpired)?;
    // A link is worth no more than whoever made it: it is closed when they lose the right, and
    // asked about once more here.
    let good = row.maker.into_domain()?.may(Permission::ManagePeople);
    if good { Ok(row) } else { Err(StoreError::LinkExpired) }
}

pub async fn offer(
    store: &SqliteStore,
    secret: &SecretHash,
    asking: Option<UserId>,
    now: Timestamp,
) -> StoreResult<InvitationPreview> {
    let mut connection = store.readers.acquire().await?;
    let row = open_invitation(&mut connection, secret, now).await?;
    Ok(InvitationPreview {
        project: row.project,
        email: row.email,
        role: role(row.role)?,
        known: row.account.is_some(),
        signed_in: row.account.is_some() && row.account == asking.map(|user| user.0),
    })
}

pub async fn accept(
    store: &SqliteStore,
    secret: &SecretHash,
    user: UserId,
    origin: &RequestOrigin,
    now: Timestamp,
) -> StoreResult<ProjectId> {
    let mut transaction = store.begin().await?;
    let row = open_invitation(&mut transaction, secret, now).await?;
    if row.account != Some(user.0) {
        return Err(StoreError::Conflict(
            "This invitation is for another account. Sign out, and open the link with the invited \
                account.",
        ));
    }
    join(&mut transaction, &row, user, origin, now).await?;
    transaction.commit().await?;
    Ok(ProjectId(row.project_id))
}

pub async fn accept_with_new_account(
    store: &SqliteStore,
    secret: &SecretHash,
    name: &PersonName,
    password_hash: &str,
    origin: &RequestOrigin,
    now: Timestamp,
) -> StoreResult<UserId> {
    let mut transaction = store.begin().await?;
    let row = open_invitation(&mut transaction, secret, now).await?;
    let email =
        EmailAddress::parse(&row.email).map_err(|error| StoreError::Corrupt(error.sentence))?;
    let account =
        NewAccount { name: name.clone(), email, password_hash: Some(password_hash.to_string()) };
    let user = accounts::insert(&mut transaction, &account, origin, now).await?;
    join(&mut transaction, &row, user, origin, now).await?;
    transaction.commit().await?;
    Ok(user)
}

async fn join(
    connection: &mut SqliteConnection,
    invitation: &OpenInvitation,
    user: UserId,
    origin: &RequestOrigin,
    now: Timestamp,
) -> StoreResult<()> {
    let project = ProjectId(invitation.project_id);
    give_role(connection, project, user, role(invitation.role)?, now).await?;
    sqlx::query("UPDATE invitations SET closed_at = ? WHERE id = ? AND project_id = ?")
        .bind(now.0)
        .bind(invitation.id)
        .bind(project.0)
        .execute(&mut *connection)
        .await?;
    let summary = format!("{} as {}", invitation.email, role(invitation.role)?);
    let entry = NewAuditEntry {
        project: Some(project),
        by: user,
        event: AuditEvent::Joined,
        summary: &summary,
        operation: None,
        origin,
    };
    entry.write(connection, now).await
}
