//! The audit log.

use async_trait::async_trait;

use crate::StoreResult;
use wayfare_domain::{
    access::actor::Actor,
    audit::{AuditEntry, AuditEvent, AuditPage, AuditQuery},
    ids::ProjectId,
    time::Timestamp,
};

/// The audit log of a project. Entries are only added.
#[async_trait]
pub trait AuditStore: Send + Sync {
    /// A page of it, the newest entries first.
    async fn get_audit_page(
        &self,
        project: ProjectId,
        query: &AuditQuery,
    ) -> StoreResult<AuditPage>;
    /// A batch of entries older than `before`, newest first; empty at the end.
    async fn load_audit_batch(
        &self,
        project: ProjectId,
        query: &AuditQuery,
        before: Option<i64>,
    ) -> StoreResult<Vec<AuditEntry>>;
    /// Adds an entry about something that no other method records.
    async fn record_audit_event(
        &self,
        actor: &Actor,
        event: AuditEvent,
        summary: &str,
        now: Timestamp,
    ) -> StoreResult<()>;
}
