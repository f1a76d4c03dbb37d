//! Addresses that joined the list in a spelling of before, brought to the one of today.

use sqlx::SqlitePool;

use super::suppressions;
use crate::{error::SqliteResult, rows::to_json};
use wayfare_domain::messages::canonical_address::canonical;
use wayfare_domain::{
    ids::ProjectKey,
    messages::suppression::{AddressKind, NewSuppression, SuppressionReason},
    time::Timestamp,
};

type Row = (i64, String, String, i64, String, i64);
/// Where it stood.
type Before = (ProjectKey, &'static str, String);

/// Once after the migration that wrote down which; afterwards there is nothing to do. What has no
/// one spelling stays as it is: nothing is sent there.
pub async fn bring_to_today(writer: &SqlitePool) -> SqliteResult<()> {
    let (waiting,): (bool,) = sqlx::query_as(
        "SELECT EXISTS (SELECT 1
         FROM noncanonical_suppressions)",
    )
    .fetch_one(writer)
    .await?;
    if !waiting {
        return Ok(());
    }
    let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await?;
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT s.project_key, s.kind, s.address, s.reason_code, s.reason, s.at
         FROM noncanonical_suppressions t JOIN suppressions s USING (project_key, kind, address)",
    )
    .fetch_all(&mut *transaction)
    .await?;
    let (before, today): (Vec<_>, Vec<_>) = rows.into_iter().filter_map(spelled).unzip();
    let count = today.len();
    suppressions::put(&mut transaction, today).await?;
    sqlx::query(
        "DELETE FROM suppressions WHERE (project_key, kind, address) IN
            (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?))",
    )
    .bind(to_json(&before)?)
    .execute(&mut *transaction)
    .await?;
    sqlx::query("DELETE FROM noncanonical_suppressions").execute(&mut *transaction).await?;
    tracing::info!(count, "suppressions.spelled");
    Ok(transaction.commit().await?)
}

fn spelled((project, kind, address, cause, reason, at): Row) -> Option<(Before, NewSuppression)> {
    let (kind, cause) = (AddressKind::from_key(&kind)?, SuppressionReason::from_code(cause)?);
    // A number without its + was taken for one with its country.
    let with_plus = || canonical(kind, &format!("+{address}"));
    let today = match kind {
        AddressKind::Phone => canonical(kind, &address).or_else(with_plus)?,
        _ => canonical(kind, &address)?,
    };
    let new = NewSuppression {
        project: ProjectKey(project),
        kind,
        address: today,
        cause,
        reason,
        at: Timestamp(at),
    };
    (new.address != address).then_some(((ProjectKey(project), kind.key(), address), new))
}
