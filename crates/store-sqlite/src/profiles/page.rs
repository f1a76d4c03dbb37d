//! The page of people: newest first, found by the beginning of a name, or by a segment.

use sqlx::{FromRow, QueryBuilder, Sqlite};

use super::{NAME, address_sql::push_is_address, number_of, segments};
use crate::{SqliteStore, criteria_sql, error::SqliteResult};
use wayfare_domain::{
    ids::ProjectId,
    profiles::{
        identity::IdentifierKind,
        read_model::{PEOPLE_ROWS, ProfilePage, ProfileQuery, ProfileSummary},
    },
    time::Timestamp,
};

#[derive(FromRow)]
struct Row {
    key: i64,
    identity: Option<String>,
    name: Option<String>,
    email: Option<String>,
    created_at: i64,
    updated_at: i64,
}

pub async fn page(
    store: &SqliteStore,
    project: ProjectId,
    query: &ProfileQuery,
    now: Timestamp,
) -> SqliteResult<ProfilePage> {
    let number = number_of(store, project).await?;
    let mut sql = QueryBuilder::<Sqlite>::new(format!(
        "SELECT p.key, p.identity, {NAME} AS name, p.addresses ->> '$.email' AS email,
                p.created_at, p.updated_at
         FROM profiles p WHERE p.project_key = "
    ));
    sql.push_bind(number.0);
    if query.after > 0 {
        sql.push(" AND p.key < ").push_bind(query.after);
    }
    let search = query.search.trim();
    if !search.is_empty() {
        // The last character there is ends the range of everything that begins so.
        let end = |text: &str| format!("{text}\u{10ffff}");
        let lower = search.to_lowercase();
        sql.push(
            " AND p.key IN (SELECT profile_key FROM profile_identifiers
             WHERE project_key = ",
        )
        .push_bind(number.0);
        sql.push(" AND kind IN (").push_bind(IdentifierKind::Identity.code());
        sql.push(", ").push_bind(IdentifierKind::Anonymous.code());
        sql.push(") AND identifier BETWEEN ").push_bind(search.to_string());
        sql.push(" AND ").push_bind(end(search));
        if query.among_addresses {
            sql.push(
                " UNION SELECT key FROM profiles WHERE addresses ->> '$.email' IS NOT NULL
                 AND project_key = ",
            )
            .push_bind(number.0);
            sql.push(" AND lower(addresses ->> '$.email') BETWEEN ").push_bind(lower.clone());
            sql.push(" AND ").push_bind(end(&lower)).push(")");
        } else {
            // Anyone who may not see addresses must not find out about them letter by letter
            // either.
            sql.push(" AND NOT ");
            push_is_address(&mut sql, "identifier");
            sql.push(")");
        }
    }
    if let Some(segment) = &query.segment {
        let criteria = segments::expanded(store, project, segment).await?;
        sql.push(" AND ");
        criteria_sql::push_criteria(&mut sql, &criteria, now);
    }
    if let Some(criteria) = &query.criteria {
        let criteria = segments::with_segments(store, project, criteria).await?;
        sql.push(" AND ");
        criteria_sql::push_criteria(&mut sql, &criteria, now);
    }
    sql.push(" ORDER BY p.key DESC LIMIT ").push_bind(PEOPLE_ROWS + 1);
    let mut reader = store.costly_reader().await?;
    let mut rows: Vec<Row> = sql.build_query_as().fetch_all(&mut *reader).await?;
    let more = rows.len() as i64 > PEOPLE_ROWS;
    rows.truncate(PEOPLE_ROWS as usize);
    let (total,): (i64,) = sqlx::query_as("SELECT count(*) FROM profiles WHERE project_key = ?")
        .bind(number.0)
        .fetch_one(&mut *reader)
        .await?;
    reader.release().await?;
    let row = |row: Row| ProfileSummary {
        seq: row.key,
        identity: row.identity,
        name: row.name,
        email: row.email,
        created_at: Timestamp(row.created_at),
        updated_at: Timestamp(row.updated_at),
    };
    Ok(ProfilePage { rows: rows.into_iter().map(row).collect(), more, total })
}
