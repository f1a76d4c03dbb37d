//! The people of a project, and invitations to it.

use sqlx::{FromRow, SqliteConnection};
use uuid::Uuid;

use super::{
    SqliteStore, accounts,
    audit::NewAuditEntry,
    error::SqliteResult,
    invitation_makers::{MAKER, MAKER_FACTS, close_invitations_of},
    keys::KeeperRow,
    member_roles::{self, other_admins, role},
};
use wayfare_domain::{
    access::{
        account::EmailAddress,
        actor::{Actor, ActorRef, RequestOrigin},
        change::AccessChange,
        links::{InvitationFacts, is_backed_by},
        member_role::MemberRole,
        members::{
            Invitation, InvitationPreview, Member, RoleChangeFacts, decide_acceptance,
            decide_invitation, decide_role_change,
        },
        permissions::Role,
    },
    ids::{InvitationId, ProjectId, UserId},
    names::PersonName,
    time::Timestamp,
};
use wayfare_secrets::secret::SecretHash;
use wayfare_store::{StoreError, access::NewAccount};

#[derive(FromRow)]
struct MemberRow {
    id: Uuid,
    name: String,
    email: String,
    role: i64,
    from_sso: bool,
    last_sign_in_at: Option<i64>,
}

pub async fn all(store: &SqliteStore, project: ProjectId) -> SqliteResult<Vec<Member>> {
    let rows: Vec<MemberRow> = sqlx::query_as(
        "SELECT u.id, u.name, a.email, m.role, m.from_sso, a.last_sign_in_at
         FROM memberships m JOIN accounts a ON a.user_id = m.user_id JOIN actors u
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
                by_provider: row.from_sso,
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
) -> SqliteResult<()> {
    let mut transaction = store.begin().await?;
    let known: Option<(i64, String)> = sqlx::query_as(
        "SELECT m.role, u.name FROM memberships m JOIN actors u ON u.id = m.user_id
         WHERE m.project_id = ? AND m.user_id = ?",
    )
    .bind(actor.project.0)
    .bind(user.0)
    .fetch_optional(&mut *transaction)
    .await?;
    let (before, name) = known.ok_or(StoreError::NotFound("member of this project"))?;
    let before = role(before)?;
    let other_admins = other_admins(&mut transaction, actor.project, user).await?;
    let facts = RoleChangeFacts { seen, current: before, other_admins };
    let after = decide_role_change(facts, wanted)?;
    member_roles::write(&mut transaction, user, [(actor.project, after)], now).await?;
    close_invitations_of(&mut transaction, user, actor.user, &actor.origin, now).await?;
    let change = match after {
        Some(after) => AccessChange::RoleChanged { name: &name, before, after: after.role },
        None => AccessChange::MemberRemoved { name: &name, before },
    };
    NewAuditEntry::of(actor, change.event(), &change.summary())
        .write(&mut transaction, now)
        .await?;
    transaction.commit().await
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
) -> SqliteResult<Vec<Invitation>> {
    let rows: Vec<InvitationRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT i.id, i.email, i.role, i.created_by, u.name AS created_by_name, i.expires_at,
            {MAKER_FACTS}
         FROM invitations i JOIN actors u ON u.id = i.created_by {MAKER}
         WHERE i.project_id = ? AND i.closed_at IS NULL AND i.expires_at > ?
         ORDER BY i.created_at DESC, i.id"
    )))
    .bind(project.0)
    .bind(now.0)
    .fetch_all(&store.readers)
    .await?;
    let mut open = Vec::with_capacity(rows.len());
    for row in rows {
        if is_backed_by(row.maker.into_domain()?) {
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
) -> SqliteResult<()> {
    let mut transaction = store.begin().await?;
    let member: Option<(i64,)> = sqlx::query_as(
        "SELECT 1 FROM memberships m JOIN accounts a ON a.user_id = m.user_id WHERE m.project_id = ?
         AND a.email_key = ?",
    )
    .bind(actor.project.0)
    .bind(email.key())
    .fetch_optional(&mut *transaction)
    .await?;
    decide_invitation(member.is_some())?;
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
    let change = AccessChange::InvitationMade { email: email.as_str(), role };
    NewAuditEntry::of(actor, change.event(), &change.summary())
        .write(&mut transaction, now)
        .await?;
    transaction.commit().await
}

pub async fn withdraw(
    store: &SqliteStore,
    actor: &Actor,
    invitation: InvitationId,
    now: Timestamp,
) -> SqliteResult<()> {
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
    let change = AccessChange::InvitationWithdrawn { email: &email };
    NewAuditEntry::of(actor, change.event(), &change.summary())
        .write(&mut transaction, now)
        .await?;
    transaction.commit().await
}

#[derive(FromRow)]
struct InvitationLinkRow {
    id: Uuid,
    project_id: Uuid,
    project: String,
    email: String,
    role: i64,
    account: Option<Uuid>,
    expires_at: i64,
    is_closed: bool,
    is_project_archived: bool,
    #[sqlx(flatten)]
    maker: KeeperRow,
}

impl InvitationLinkRow {
    fn facts(&self) -> SqliteResult<InvitationFacts> {
        Ok(InvitationFacts {
            is_closed: self.is_closed,
            expires_at: Timestamp(self.expires_at),
            is_project_archived: self.is_project_archived,
            maker: self.maker.into_domain()?,
        })
    }

    fn invited(&self) -> Option<UserId> {
        self.account.map(UserId)
    }
}

async fn open_invitation(
    connection: &mut SqliteConnection,
    secret: &SecretHash,
    now: Timestamp,
) -> SqliteResult<InvitationLinkRow> {
    let row: Option<InvitationLinkRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT i.id, i.project_id, p.name AS project, i.email, i.role, a.user_id AS account,
            i.expires_at, i.closed_at IS NOT NULL AS is_closed,
            p.archived_at IS NOT NULL AS is_project_archived, {MAKER_FACTS}
         FROM invitations i JOIN projects p ON p.id = i.project_id
         LEFT JOIN accounts a ON a.email_key = i.email_key {MAKER}
         WHERE i.secret_hash = ?"
    )))
    .bind(secret.as_slice())
    .fetch_optional(connection)
    .await?;
    let row = row.ok_or(StoreError::LinkExpired)?;
    if row.facts()?.opens(now) { Ok(row) } else { Err(StoreError::LinkExpired.into()) }
}

pub async fn offer(
    store: &SqliteStore,
    secret: &SecretHash,
    asking: Option<UserId>,
    now: Timestamp,
) -> SqliteResult<InvitationPreview> {
    let mut connection = store.readers.acquire().await?;
    let row = open_invitation(&mut connection, secret, now).await?;
    let invited = row.invited();
    Ok(InvitationPreview::new((row.project, row.email, role(row.role)?), invited, asking))
}

pub async fn accept(
    store: &SqliteStore,
    secret: &SecretHash,
    user: UserId,
    origin: &RequestOrigin,
    now: Timestamp,
) -> SqliteResult<ProjectId> {
    let mut transaction = store.begin().await?;
    let row = open_invitation(&mut transaction, secret, now).await?;
    decide_acceptance(row.invited(), user)?;
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
) -> SqliteResult<UserId> {
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
    invitation: &InvitationLinkRow,
    user: UserId,
    origin: &RequestOrigin,
    now: Timestamp,
) -> SqliteResult<()> {
    let (project, invited) = (ProjectId(invitation.project_id), role(invitation.role)?);
    let before = member_roles::in_project(connection, project, user).await?;
    let after = MemberRole::with_invitation(before, invited);
    member_roles::write(connection, user, [(project, Some(after))], now).await?;
    sqlx::query("UPDATE invitations SET closed_at = ? WHERE id = ? AND project_id = ?")
        .bind(now.0)
        .bind(invitation.id)
        .bind(project.0)
        .execute(&mut *connection)
        .await?;
    let change = AccessChange::Joined { email: &invitation.email, role: invited };
    NewAuditEntry::in_project(project, user, change.event(), &change.summary(), origin)
        .write(connection, now)
        .await
}
