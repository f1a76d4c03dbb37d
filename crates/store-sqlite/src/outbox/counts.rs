//! What versions count of their messages.

use std::collections::HashMap;

use sqlx::SqliteConnection;

use crate::{bulk_statement::BulkStatement, error::SqliteResult};
use wayfare_domain::{ids::VersionKey, messages::message_status::CountChange};

/// Added up; versions of which nothing changes are left out.
pub fn by_version(
    changes: impl Iterator<Item = (VersionKey, CountChange)>,
) -> HashMap<VersionKey, CountChange> {
    let mut sums: HashMap<VersionKey, CountChange> = HashMap::new();
    for (version, change) in changes.filter(|(_, change)| *change != CountChange::default()) {
        *sums.entry(version).or_default() += change;
    }
    sums
}

pub async fn add(
    connection: &mut SqliteConnection,
    changes: impl IntoIterator<Item = (VersionKey, CountChange)>,
) -> SqliteResult<()> {
    static ADD: BulkStatement = BulkStatement::new(
        "UPDATE versions SET queued = queued + c.column2, cancelled = cancelled + c.column3
         FROM (VALUES",
        3,
        ") c WHERE versions.key = c.column1",
    );
    ADD.run(connection, changes, |query, (version, change)| {
        query.bind(version.0).bind(change.queued).bind(change.cancelled)
    })
    .await?;
    Ok(())
}
