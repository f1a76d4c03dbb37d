//! The trace of changed addresses and consent: written where something that was known became
//! another, one statement for as many as came together.

use sqlx::{FromRow, SqliteConnection};

use crate::{bulk_statement::BulkStatement, error::SqliteResult};
use wayfare_domain::{
    ids::{ProfileKey, ProjectKey, UserId},
    profiles::contact::{ContactChange, ContactFieldChange, ContactSource},
    time::Timestamp,
};
use wayfare_store::StoreError;

/// The newest that a page shows.
const LINES: i64 = 50;

/// A change that is to be kept.
pub struct NewContactChange {
    pub project: ProjectKey,
    pub profile: ProfileKey,
    pub change: ContactFieldChange,
    pub source: ContactSource,
    pub by: Option<UserId>,
}

pub async fn insert(
    connection: &mut SqliteConnection,
    changes: &[NewContactChange],
    now: Timestamp,
) -> SqliteResult<()> {
    static INSERT: BulkStatement = BulkStatement::new(
        "INSERT INTO contact_changes (project_key, profile_key, field, before, after, source,
         actor_id, at)
         VALUES",
        8,
        "",
    );
    if changes.is_empty() {
        return Ok(());
    }
    INSERT
        .run(connection, changes, |query, new| {
            let ContactFieldChange { field, before, after } = &new.change;
            let query = query
                .bind(new.project.0)
                .bind(new.profile.0)
                .bind(field)
                .bind(before.as_deref())
                .bind(after.as_deref());
            query.bind(new.source.code()).bind(new.by.map(|by| by.0)).bind(now.0)
        })
        .await?;
    Ok(())
}

#[derive(FromRow)]
struct ChangeRow {
    at: i64,
    field: String,
    before: Option<String>,
    after: Option<String>,
    source: i64,
    by: Option<String>,
}

/// The newest first.
pub async fn of_person(
    connection: &mut SqliteConnection,
    project: ProjectKey,
    profile: ProfileKey,
) -> SqliteResult<Vec<ContactChange>> {
    let rows: Vec<ChangeRow> = sqlx::query_as(
        "SELECT c.at, c.field, c.before, c.after, c.source, u.name AS by
         FROM contact_changes c LEFT JOIN actors u ON u.id = c.actor_id
         WHERE c.profile_key = ?1 AND c.project_key = ?2 ORDER BY c.seq DESC LIMIT ?3",
    )
    .bind(profile.0)
    .bind(project.0)
    .bind(LINES)
    .fetch_all(connection)
    .await?;
    let change = |row: ChangeRow| {
        let source = ContactSource::from_code(row.source);
        let source = source.ok_or_else(|| {
            StoreError::Corrupt(format!("the unknown source {} of a change", row.source))
        })?;
        let (field, before, after, by) = (row.field, row.before, row.after, row.by);
        Ok(ContactChange { at: Timestamp(row.at), field, before, after, source, by })
    };
    rows.into_iter().map(change).collect()
}
