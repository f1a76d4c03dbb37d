//! What recipients choose is kept twice: with them, until they are forgotten, and in the audit log,
//! by their number alone.

use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::{
    audit::NewAuditEntry,
    profiles::contact_changes::{self, NewContactChange},
};
use wayfare_domain::{
    access::actor::RequestOrigin,
    audit::AuditEvent,
    ids::{ProjectId, UserId},
    profiles::contact::{ContactSource, FieldChange},
    stats::pluralize,
    time::Timestamp,
};
use wayfare_store::{
    StoreResult,
    engine::{ProfileKey, ProjectKey},
};

/// In whose name the audit log has it; there since migration 8.
const RECIPIENT: UserId = UserId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0004));
/// Most people whose choices are spelled out in one entry.
const SPELLED_MAX: usize = 5;

/// Consent of someone that is another now.
pub struct Choice {
    pub profile: ProfileKey,
    pub changes: Vec<FieldChange>,
}

/// Keeps choices of one project that came together.
pub async fn keep(
    connection: &mut SqliteConnection,
    project: ProjectKey,
    source: ContactSource,
    choices: Vec<Choice>,
    now: Timestamp,
) -> StoreResult<()> {
    let choices: Vec<Choice> =
        choices.into_iter().filter(|choice| !choice.changes.is_empty()).collect();
    if choices.is_empty() {
        return Ok(());
    }
    let (id,): (Uuid,) = sqlx::query_as("SELECT id FROM projects WHERE number = ?")
        .bind(project)
        .fetch_one(&mut *connection)
        .await?;
    let summary = format!("{}, {}", summary(&choices), source.title());
    let entry = NewAuditEntry {
        project: Some(ProjectId(id)),
        by: RECIPIENT,
        event: AuditEvent::RecipientDecided,
        summary: &summary,
        operation: None,
        origin: &RequestOrigin::default(),
    };
    entry.write(connection, now).await?;
    let of = |choice: Choice| {
        let profile = choice.profile;
        choice.changes.into_iter().map(move |change| NewContactChange {
            project,
            profile,
            change,
            source,
            by: None,
        })
    };
    let changes: Vec<NewContactChange> = choices.into_iter().flat_map(of).collect();
    contact_changes::insert(connection, &changes, now).await
}

/// "person 7: sms no", or how many they are.
fn summary(choices: &[Choice]) -> String {
    if choices.len() > SPELLED_MAX {
        return format!(
            "{} changed their preferences",
            pluralize(choices.len() as i64, "person", "people")
        );
    }
    let one = |choice: &Choice| {
        let said = choice.changes.iter().map(|change| {
            let channel = change.field.trim_start_matches("consent:");
            format!("{channel} {}", change.after.as_deref().unwrap_or("unknown"))
        });
        format!("profile {}: {}", choice.profile, said.collect::<Vec<_>>().join(", "))
    };
    choices.iter().map(one).collect::<Vec<_>>().join("; ")
}
