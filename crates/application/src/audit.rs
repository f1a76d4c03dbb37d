//! The audit log: read and exported.

use super::{
    ServiceResult, Services,
    csv_file::{CsvFile, harmless},
};
use wayfare_domain::{
    access::{actor::Actor, permissions::Permission},
    audit::{AuditEntry, AuditEvent, AuditPage, AuditQuery},
};

impl Services {
    pub async fn audit(&self, actor: &Actor, query: &AuditQuery) -> ServiceResult<AuditPage> {
        actor.require(Permission::SeeAuditLog)?;
        Ok(self.stores.audit.get_audit_page(actor.project, query).await?)
    }

    /// Records in the audit log that an export begins.
    ///
    /// # Errors
    /// Where they may not read the log.
    pub async fn record_audit_export(
        &self,
        actor: &Actor,
        query: &AuditQuery,
    ) -> ServiceResult<()> {
        actor.require(Permission::SeeAuditLog)?;
        let filter = query.with_page(1).to_query();
        let summary = if filter.is_empty() { "all of it".to_string() } else { filter };
        Ok(self
            .stores
            .audit
            .record_audit_event(actor, AuditEvent::AuditExported, &summary, self.now())
            .await?)
    }

    /// A batch of entries older than `before`, newest first; empty at the end.
    ///
    /// # Errors
    /// Where they may not read the log.
    pub async fn audit_batch(
        &self,
        actor: &Actor,
        query: &AuditQuery,
        before: Option<i64>,
    ) -> ServiceResult<Vec<AuditEntry>> {
        actor.require(Permission::SeeAuditLog)?;
        Ok(self.stores.audit.load_audit_batch(actor.project, query, before).await?)
    }
}

/// One row of the export, as RFC 4180 writes it.
///
/// # Errors
/// Never in practice: writing to memory does not fail.
pub fn csv_rows(entries: &[AuditEntry], with_header: bool) -> ServiceResult<Vec<u8>> {
    let mut file = CsvFile::new();
    if with_header {
        let header = [
            "time",
            "who",
            "event",
            "what",
            "operation",
            "matched",
            "changed",
            "filter",
            "address",
            "device",
        ];
        file.row(header)?;
    }
    let number = |value: Option<i64>| value.map(|value| value.to_string()).unwrap_or_default();
    for entry in entries {
        let operation = entry.operation.map(|operation| operation.to_string()).unwrap_or_default();
        file.row([
            entry.at.to_string(),
            harmless(&entry.by.name),
            entry.event.clone(),
            harmless(&entry.summary),
            operation,
            number(entry.matched),
            number(entry.changed),
            harmless(entry.filter.as_deref().unwrap_or_default()),
            entry.address.clone(),
            harmless(&entry.device),
        ])?;
    }
    file.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wayfare_domain::{access::actor::ActorRef, ids::UserId, time::Timestamp};

    #[test]
    fn an_export_keeps_quotes_and_commas_and_disarms_formulas() {
        let entry = AuditEntry {
            seq: 1,
            at: Timestamp(0),
            by: ActorRef { id: UserId::new(), name: "=cmd|' /C calc'!A0".to_string() },
            event: "journeys.stop".to_string(),
            summary: "“A, \"B\"” stopped.".to_string(),
            operation: None,
            matched: Some(2),
            changed: Some(1),
            filter: None,
            address: "192.0.2.1".to_string(),
            device: String::new(),
        };
        let text = String::from_utf8(csv_rows(&[entry], true).expect("rows")).expect("text");
        let mut lines = text.lines();
        assert!(
            lines.next().is_some_and(|header| header.starts_with("\"time\",\"who\",\"event\""))
        );
        let row = lines.next().expect("a row");
        assert!(
            row.starts_with("\"1970-01-01T00:00:00Z\",\"'=cmd|' /C calc'!A0\",\"journeys.stop\","),
            "{row}"
        );
        assert!(row.contains("\"“A, \"\"B\"\"” stopped.\""), "{row}");
    }
}
