//! The suppression list: seen, added to and taken from by hand, exported.

use super::{
    ServiceResult, Services,
    csv_file::{CsvFile, harmless},
};
use wayfare_domain::{
    access::{actor::Actor, permissions::Permission},
    audit::AuditEvent,
    error::FieldError,
    messages::suppression::{AddressKind, Suppression, SuppressionPage, SuppressionQuery},
};
use wayfare_store::outbox::ChangedFacts;

/// Longest note on an address that is added by hand, in characters.
const NOTE_MAX: usize = 200;

impl Services {
    /// A page of the list; masked, and never searched, for anyone who may not see people.
    pub async fn suppressions(
        &self,
        actor: &Actor,
        query: &SuppressionQuery,
    ) -> ServiceResult<SuppressionPage> {
        actor.require(Permission::SeeJourneys)?;
        if actor.may(Permission::SeePersonalData) {
            return Ok(self.stores.suppressions.get_suppression_page(actor.project, query).await?);
        }
        let query = SuppressionQuery { search: String::new(), ..query.clone() };
        let mut page = self.stores.suppressions.get_suppression_page(actor.project, &query).await?;
        page.rows = page.rows.into_iter().map(Suppression::masked).collect();
        Ok(page)
    }

    /// Puts addresses on the list by hand. Answered when nothing is on its way there any more.
    ///
    /// # Errors
    /// Where they may not, or the note is too long.
    pub async fn suppress(
        &self,
        actor: &Actor,
        kind: AddressKind,
        addresses: &[String],
        note: &str,
    ) -> ServiceResult<()> {
        actor.require(Permission::ManageChannels)?;
        if note.chars().count() > NOTE_MAX {
            return Err(FieldError::new(
                "note",
                "too_long",
                format!("The reason has at most {NOTE_MAX} characters."),
            )
            .into());
        }
        let added = self
            .stores
            .suppressions
            .add_suppressions(actor, kind, addresses, note, self.now())
            .await?;
        let project = self.stores.projects.get_project_key(actor.project).await?;
        let suppressed = addresses.iter().map(|address| (project, kind, address.clone())).collect();
        self.facts_changed(&ChangedFacts { suppressed, ..ChangedFacts::default() }).await;
        tracing::info!(added, project = %actor.project, by = %actor.user, "suppressions.added");
        Ok(())
    }

    /// Takes an address off the list: messages go there again, as far as they want them.
    ///
    /// # Errors
    /// Where it is not on it.
    pub async fn unsuppress(
        &self,
        actor: &Actor,
        kind: AddressKind,
        address: &str,
    ) -> ServiceResult<()> {
        actor.require(Permission::ManageChannels)?;
        self.stores.suppressions.remove_suppression(actor, kind, address, self.now()).await?;
        tracing::info!(project = %actor.project, by = %actor.user, "suppressions.removed");
        Ok(())
    }

    /// Begins an export of the list, and writes down that there was one.
    ///
    /// # Errors
    /// Where they may not.
    pub async fn begin_suppression_export(&self, actor: &Actor) -> ServiceResult<()> {
        actor.require(Permission::ManageChannels)?;
        Ok(self
            .stores
            .audit
            .record_audit_event(actor, AuditEvent::SuppressionsExported, "all of it", self.now())
            .await?)
    }

    /// A batch of the list; empty at the end.
    ///
    /// # Errors
    /// Where they may not.
    pub async fn suppression_batch(
        &self,
        actor: &Actor,
        after: Option<&Suppression>,
    ) -> ServiceResult<Vec<Suppression>> {
        actor.require(Permission::ManageChannels)?;
        Ok(self.stores.suppressions.load_suppression_batch(actor.project, after).await?)
    }
}

/// The list as a file (RFC 4180).
///
/// # Errors
/// Never in practice: writing to memory does not fail.
pub fn suppression_rows(list: &[Suppression], with_header: bool) -> ServiceResult<Vec<u8>> {
    let mut file = CsvFile::new();
    if with_header {
        file.row(["kind", "address", "reason", "since"])?;
    }
    for row in list {
        // Numbers begin with a plus: a file that goes back to a provider keeps them as they are,
        // other text is disarmed.
        let address = match row.kind {
            AddressKind::Phone => row.address.clone(),
            _ => harmless(&row.address),
        };
        let fields =
            [row.kind.key().to_string(), address, harmless(&row.reason), row.at.to_string()];
        file.row(fields)?;
    }
    file.finish()
}
