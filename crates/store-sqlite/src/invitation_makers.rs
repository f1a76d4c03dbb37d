//! Who answers for an invitation: it is worth no more than whoever made it.

use sqlx::{FromRow, QueryBuilder, Sqlite, SqliteConnection};
use uuid::Uuid;

use super::{audit::NewAuditEntry, error::SqliteResult, keys::KeeperRow};
use wayfare_domain::{
    access::{actor::RequestOrigin, change::AccessChange, links::is_backed_by},
    ids::{ProjectId, UserId},
    time::Timestamp,
};

/// Columns of `KeeperRow` for an invitation `i`, joined by [`MAKER`].
pub const MAKER_FACTS: &str = "maker.user_id IS NOT NULL AS has_account, \
    maker.suspended_at IS NOT NULL AS suspended, making.role AS keeper_role";
pub const MAKER: &str = "LEFT JOIN accounts maker ON maker.user_id = i.created_by
    LEFT JOIN memberships making ON making.project_id = i.project_id
        AND making.user_id = i.created_by";

#[derive(FromRow)]
struct MadeInvitationRow {
    id: Uuid,
    project_id: Uuid,
    email: String,
    #[sqlx(flatten)]
    maker: KeeperRow,
}

/// Closes what somebody invited to projects whose people they may not manage any more.
pub async fn close_invitations_of(
    connection: &mut SqliteConnection,
    maker: UserId,
    by: UserId,
    origin: &RequestOrigin,
    now: Timestamp,
) -> SqliteResult<()> {
    let made: Vec<MadeInvitationRow> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT i.id, i.project_id, i.email, {MAKER_FACTS} FROM invitations i {MAKER}
         WHERE i.created_by = ? AND i.closed_at IS NULL AND i.expires_at > ?"
    )))
    .bind(maker.0)
    .bind(now.0)
    .fetch_all(&mut *connection)
    .await?;
    let mut ended = Vec::new();
    for invitation in made {
        if !is_backed_by(invitation.maker.into_domain()?) {
            ended.push(invitation);
        }
    }
    if ended.is_empty() {
        return Ok(());
    }
    let mut close = QueryBuilder::<Sqlite>::new("UPDATE invitations SET closed_at = ");
    close.push_bind(now.0).push(" WHERE id IN (");
    let mut ids = close.separated(", ");
    for invitation in &ended {
        ids.push_bind(invitation.id);
    }
    close.push(")");
    close.build().execute(&mut *connection).await?;
    for invitation in ended {
        let project = ProjectId(invitation.project_id);
        let told = AccessChange::InvitationEnded { email: &invitation.email };
        NewAuditEntry::in_project(project, by, told.event(), &told.summary(), origin)
            .write(&mut *connection, now)
            .await?;
    }
    Ok(())
}
