//! People who are put on lists, as they come in.

use sqlx::SqliteConnection;

use crate::{error::SqliteResult, rows::to_json};
use wayfare_domain::{
    ids::{ProfileKey, ProjectKey},
    profiles::{ingest_record::RecordPayload, resolved_record::ResolvedRecord},
    time::Timestamp,
};

pub async fn insert(
    connection: &mut SqliteConnection,
    records: &[ResolvedRecord<'_>],
    now: Timestamp,
) -> SqliteResult<()> {
    let rows: Vec<(ProjectKey, ProfileKey, &String)> = records
        .iter()
        .filter_map(|record| {
            if let RecordPayload::List(list) = &*record.what {
                Some((record.project, record.profile, list))
            } else {
                None
            }
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let rows = to_json(&rows)?;
    for statement in [
        "INSERT INTO lists (project_key, name, created_at) SELECT DISTINCT value ->> 0,
         value ->> 2, ?2
            FROM json_each(?1)
         WHERE true ON CONFLICT DO NOTHING",
        "INSERT INTO list_members (list_id, profile_key)
         SELECT l.id, c.value ->> 1 FROM json_each(?1) c CROSS JOIN lists l
         ON l.project_key = c.value ->> 0 AND l.name = c.value ->> 2
         WHERE ?2 IS NOT NULL ON CONFLICT DO NOTHING",
    ] {
        sqlx::query(statement).bind(&rows).bind(now.0).execute(&mut *connection).await?;
    }
    Ok(())
}
