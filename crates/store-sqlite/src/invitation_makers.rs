//! Who answers for an invitation: it is worth no more than whoever made it.

use sqlx::SqliteConnection;
use uuid::Uuid;

use super::audit::NewAuditEntry;
use wayfare_domain::{
    access::{actor::RequestOrigin, permissions::Role},
    audit::AuditEvent,
    ids::{ProjectId, UserId},
    time::Timestamp,
};
use wayfare_store::StoreResult;

/// Columns of `KeeperRow` for an invitation `i`, joined by [`MAKER`].
pub const MAKER_FACTS: &str = "maker.user_id IS NOT NULL AS has_account, \
    maker.suspended_at IS NOT NULL AS suspended, making.role AS keeper_role";
pub const MAKER: &str = "LEFT JOIN accounts maker ON maker.user_id = i.created_by
    LEFT JOIN memberships making ON making.project_id = i.project_id
        AND making.user_id = i.created_by";

/// Closes what somebody invited to projects whose people they may not manage any more.
pub async fn close_invitations_of(
    connection: &mut SqliteConnection,
    maker: UserId,
    by: UserId,
    origin: &RequestOrigin,
    now: Timestamp,
) -> StoreResult<()> {
    let closed: Vec<(Uuid, String)> = sqlx::query_as(
        "UPDATE invitations SET closed_at = ?2
         WHERE created_by = ?1 AND closed_at IS NULL AND expires_at > ?2
         AND EXISTS (SELECT 1 FROM accounts a WHERE a.user_id = ?1)
         AND NOT EXISTS (SELECT 1 FROM memberships m JOIN accounts a ON a.user_id = m.user_id
            WHERE m.project_id = invitations.project_id AND m.user_id = ?1 AND m.role = ?3
            AND a.suspended_at IS NULL)
         RETURNING project_id, email",
    )
    .bind(maker.0)
    .bind(now.0)
    .bind(Role::Admin.code())
    .fetch_all(&mut *connection)
    .await?;
    for (project, email) in closed {
        let summary = format!("{email}: the member who sent it can no longer invite people");
        let entry = NewAuditEntry {
            project: Some(ProjectId(project)),
            by,
            event: AuditEvent::InvitationWithdrawn,
            summary: &summary,
            operation: None,
            origin,
        };
        entry.write(&mut *connection, now).await?;
    }
    Ok(())
}
