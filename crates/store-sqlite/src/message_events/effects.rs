//! Writes what people's choices, replies and providers' reports lead to: their consent, the trace
//! of it, and the suppression list. A fixed number of statements for as many people as there are.

use std::collections::{BTreeMap, HashSet};

use sqlx::SqliteConnection;
use uuid::Uuid;

use super::suppressions;
use crate::{
    audit::NewAuditEntry,
    bulk_statement::BulkStatement,
    error::SqliteResult,
    profiles::{
        self,
        contact_changes::{self, NewContactChange},
    },
    rows::{json, to_json},
};
use wayfare_domain::{
    access::actor::RequestOrigin,
    audit::AuditEvent,
    ids::{ProfileKey, ProjectId, ProjectKey, UserId},
    messages::{
        contact_effects::{ConsentChange, Contact, ContactEffects, NewConsent, audit_summary},
        suppression::NewSuppression,
    },
    profiles::contact::ContactSource,
    time::Timestamp,
};
use wayfare_store::outbox::{ChangedFacts, ChangedPerson};

/// In whose name the audit log has it; there since migration 8.
const RECIPIENT: UserId = UserId(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0004));

/// Writes all of it; what must not go out any more because of it is added to `facts`.
pub async fn apply(
    connection: &mut SqliteConnection,
    source: ContactSource,
    effects: ContactEffects,
    facts: &mut ChangedFacts,
    now: Timestamp,
) -> SqliteResult<()> {
    let ContactEffects { consents, changes, suppressed, taken_back, withdrawn } = effects;
    let mut of_projects: BTreeMap<ProjectKey, Vec<ConsentChange>> = BTreeMap::new();
    for change in changes {
        of_projects.entry(change.project).or_default().push(change);
    }
    for (project, changes) in of_projects {
        keep_changes(connection, project, source, changes, now).await?;
    }
    write_consent(connection, &consents, now).await?;
    let people = withdrawn.into_iter();
    facts
        .people
        .extend(people.map(|(profile, channel)| ChangedPerson::withdrawn(profile, Some(channel))));
    facts.suppressed.extend(suppressed.iter().map(NewSuppression::listed));
    suppressions::put(connection, suppressed).await?;
    suppressions::take_back(connection, &taken_back).await
}

/// What recipients choose is kept twice: with them, until they are erased, and in the audit log, by
/// their number alone.
async fn keep_changes(
    connection: &mut SqliteConnection,
    project: ProjectKey,
    source: ContactSource,
    changes: Vec<ConsentChange>,
    now: Timestamp,
) -> SqliteResult<()> {
    let (id,): (Uuid,) = sqlx::query_as("SELECT id FROM projects WHERE key = ?")
        .bind(project.0)
        .fetch_one(&mut *connection)
        .await?;
    let entry = NewAuditEntry {
        project: Some(ProjectId(id)),
        by: RECIPIENT,
        event: AuditEvent::RecipientDecided,
        summary: &audit_summary(&changes, source),
        operation: None,
        origin: &RequestOrigin::default(),
    };
    entry.write(connection, now).await?;
    let of = |ConsentChange { project, profile, changes }: ConsentChange| {
        changes.into_iter().map(move |change| NewContactChange {
            project,
            profile,
            change,
            source,
            by: None,
        })
    };
    let changes: Vec<NewContactChange> = changes.into_iter().flat_map(of).collect();
    contact_changes::insert(connection, &changes, now).await
}

/// Keeps what people want, and lets the engine look at them as after any change of a profile.
async fn write_consent(
    connection: &mut SqliteConnection,
    people: &[NewConsent],
    now: Timestamp,
) -> SqliteResult<()> {
    static WRITE: BulkStatement = BulkStatement::new(
        "UPDATE profiles SET consent = c.column2, updated_at = c.column3 FROM (VALUES",
        3,
        ") c WHERE profiles.key = c.column1",
    );
    let rows: Vec<(ProfileKey, String)> = people
        .iter()
        .map(|person| Ok((person.profile, to_json(&person.consent)?)))
        .collect::<SqliteResult<_>>()?;
    if rows.is_empty() {
        return Ok(());
    }
    WRITE
        .run(connection, &rows, |query, (profile, consent)| {
            query.bind(profile.0).bind(consent).bind(now.0)
        })
        .await?;
    let changed = people.iter().map(|person| (person.project, person.profile));
    profiles::record_profile_changes(connection, changed).await
}

/// What profiles say of people.
pub async fn read_contacts(
    connection: &mut SqliteConnection,
    profiles: impl Iterator<Item = ProfileKey>,
) -> SqliteResult<BTreeMap<ProfileKey, Contact>> {
    let profiles: HashSet<ProfileKey> = profiles.collect();
    let rows: Vec<(i64, String, String)> = sqlx::query_as(
        "SELECT p.key, p.addresses, p.consent FROM json_each(?1) chosen CROSS JOIN profiles p
         ON p.key = chosen.value",
    )
    .bind(to_json(&profiles)?)
    .fetch_all(connection)
    .await?;
    let person = |(profile, addresses, consent): (i64, String, String)| {
        let (addresses, consent) = (json(&addresses, "addresses")?, json(&consent, "consent")?);
        Ok((ProfileKey(profile), Contact { addresses, consent }))
    };
    rows.into_iter().map(person).collect()
}
