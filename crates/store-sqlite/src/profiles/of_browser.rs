//! What a browser said of profiles and no trusted sender has confirmed
//! (`crates/domain/src/profiles/browser_fields.rs`), read and written.

use std::collections::{HashMap, HashSet};

use sqlx::SqliteConnection;

use crate::{
    bulk_statement::BulkStatement,
    error::SqliteResult,
    rows::{json, to_json},
};
use wayfare_domain::{
    ids::ProfileKey,
    profiles::{browser_fields::BrowserFields, update::ProfileDraft},
};

/// What is kept of those who change.
pub async fn read(
    connection: &mut SqliteConnection,
    described: &HashSet<ProfileKey>,
    changed: &mut HashMap<ProfileKey, ProfileDraft>,
) -> SqliteResult<()> {
    let asked: Vec<&ProfileKey> =
        changed.keys().filter(|profile| described.contains(profile)).collect();
    if asked.is_empty() {
        return Ok(());
    }
    let rows: Vec<(i64, String)> = sqlx::query_as(
        "SELECT p.key, p.browser_fields FROM json_each(?1) chosen CROSS JOIN profiles p
         ON p.key = chosen.value WHERE p.browser_fields IS NOT NULL",
    )
    .bind(to_json(&asked)?)
    .fetch_all(connection)
    .await?;
    for (profile, fields) in rows {
        if let Some(person) = changed.get_mut(&ProfileKey(profile)) {
            person.of_browser = BrowserFields::of(json(&fields, "fields of a browser")?);
        }
    }
    Ok(())
}

pub async fn write(
    connection: &mut SqliteConnection,
    changed: &HashMap<ProfileKey, ProfileDraft>,
) -> SqliteResult<()> {
    static WRITE: BulkStatement = BulkStatement::new(
        "UPDATE profiles SET browser_fields = c.column2 FROM (VALUES",
        2,
        ") c WHERE profiles.key = c.column1",
    );
    let rows: Vec<(ProfileKey, Option<String>)> = changed
        .iter()
        .filter(|(_, person)| person.of_browser.is_changed)
        .map(|(profile, person)| {
            let fields = &person.of_browser.fields;
            let text = (!fields.is_empty()).then(|| to_json(fields)).transpose()?;
            Ok((*profile, text))
        })
        .collect::<SqliteResult<_>>()?;
    WRITE
        .run(connection, rows, |query, (profile, fields)| query.bind(profile.0).bind(fields))
        .await?;
    Ok(())
}
