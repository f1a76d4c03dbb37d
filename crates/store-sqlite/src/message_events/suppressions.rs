//! The list of addresses that get nothing any more.

use sqlx::{FromRow, QueryBuilder, Sqlite, SqliteConnection};

use crate::{
    SqliteStore, audit::NewAuditEntry, bulk_statement::BulkStatement, profiles::number_of,
};
use wayfare_domain::messages::canonical_address::canonical;
use wayfare_domain::{
    access::actor::Actor,
    audit::AuditEvent,
    ids::ProjectId,
    messages::suppression::{
        AddressKind, SUPPRESSION_ROWS, Suppression, SuppressionPage, SuppressionQuery,
        SuppressionReason,
    },
    stats::pluralize,
    time::Timestamp,
};
use wayfare_store::{StoreError, StoreResult, engine::ProjectKey, outbox::ListedAddress};

/// Addresses of one batch of an export.
const BATCH: i64 = 5_000;

/// An address that is to be put on the list.
pub struct NewSuppression {
    pub project: ProjectKey,
    pub kind: AddressKind,
    /// As [`canonical`] spells it.
    pub address: String,
    pub cause: SuppressionReason,
    pub reason: String,
    pub at: Timestamp,
}

impl NewSuppression {
    pub fn listed(&self) -> ListedAddress {
        (self.project, self.kind, self.address.clone())
    }
}

/// A graver cause takes the place of a lesser one.
pub async fn upsert(
    connection: &mut SqliteConnection,
    list: &[NewSuppression],
) -> StoreResult<u64> {
    static PUT: BulkStatement = BulkStatement::new(
        "INSERT INTO suppressions (project, kind, address, cause, reason, at) VALUES",
        6,
        " ON CONFLICT DO UPDATE SET cause = excluded.cause, reason = excluded.reason, at =
            excluded.at
          WHERE excluded.cause > suppressions.cause",
    );
    PUT.run(connection, list, |query, new| {
        let query = query.bind(new.project).bind(new.kind.key()).bind(&new.address);
        query.bind(new.cause.code()).bind(&new.reason).bind(new.at.0)
    })
    .await
}

/// What they said themselves, they take back themselves; nothing else.
pub async fn remove_own(
    connection: &mut SqliteConnection,
    project: ProjectKey,
    kind: AddressKind,
    address: &str,
) -> StoreResult<()> {
    sqlx::query(
        "DELETE FROM suppressions WHERE project = ? AND kind = ? AND address = ? AND cause = ?",
    )
    .bind(project)
    .bind(kind.key())
    .bind(address)
    .bind(SuppressionReason::Unsubscribed.code())
    .execute(connection)
    .await?;
    Ok(())
}

/// Why an address is on the list.
pub async fn reason(
    store: &SqliteStore,
    project: ProjectId,
    kind: AddressKind,
    address: &str,
) -> StoreResult<Option<String>> {
    let Some(address) = canonical(kind, address) else { return Ok(None) };
    let row: Option<(String,)> = sqlx::query_as(
        "SELECT s.reason FROM projects p JOIN suppressions s ON s.project = p.number AND s.kind = ?2
            AND s.address = ?3
         WHERE p.id = ?1",
    )
    .bind(project.0)
    .bind(kind.key())
    .bind(address)
    .fetch_optional(&store.readers)
    .await?;
    Ok(row.map(|(reason,)| reason))
}

#[derive(FromRow)]
struct Row {
    kind: String,
    address: String,
    reason: String,
    at: i64,
}

impl Row {
    fn into_domain(self) -> StoreResult<Suppression> {
        let kind = AddressKind::from_key(&self.kind);
        let kind = kind.ok_or_else(|| {
            StoreError::Corrupt(format!("an address of the unknown kind {}", self.kind))
        })?;
        Ok(Suppression { kind, address: self.address, reason: self.reason, at: Timestamp(self.at) })
    }
}

pub async fn page(
    store: &SqliteStore,
    project: ProjectId,
    query: &SuppressionQuery,
) -> StoreResult<SuppressionPage> {
    let number = number_of(store, project).await?;
    let matching = |select: &str| {
        let mut sql = QueryBuilder::<Sqlite>::new(select);
        sql.push(" FROM suppressions WHERE project = ").push_bind(number);
        if !query.search.is_empty() {
            sql.push(" AND instr(lower(address), ")
                .push_bind(query.search.to_lowercase())
                .push(") > 0");
        }
        sql
    };
    let (total,): (i64,) =
        matching("SELECT count(*)").build_query_as().fetch_one(&store.readers).await?;
    let last = ((total + SUPPRESSION_ROWS - 1) / SUPPRESSION_ROWS).max(1);
    let query = query.with_page(query.page.clamp(1, last));
    let mut sql = matching("SELECT kind, address, reason, at");
    sql.push(" ORDER BY at DESC, kind, address LIMIT ").push_bind(SUPPRESSION_ROWS);
    sql.push(" OFFSET ").push_bind((query.page - 1) * SUPPRESSION_ROWS);
    let rows: Vec<Row> = sql.build_query_as().fetch_all(&store.readers).await?;
    let rows = rows.into_iter().map(Row::into_domain).collect::<StoreResult<_>>()?;
    Ok(SuppressionPage { query, rows, total })
}

pub async fn batch(
    store: &SqliteStore,
    project: ProjectId,
    after: Option<&Suppression>,
) -> StoreResult<Vec<Suppression>> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT kind, address, reason, at FROM suppressions
         WHERE project = ?1 AND (kind, address) > (?2, ?3) ORDER BY kind, address LIMIT ?4",
    )
    .bind(number_of(store, project).await?)
    .bind(after.map(|last| last.kind.key()).unwrap_or_default())
    .bind(after.map(|last| last.address.as_str()).unwrap_or_default())
    .bind(BATCH)
    .fetch_all(&store.readers)
    .await?;
    rows.into_iter().map(Row::into_domain).collect()
}

pub async fn add(
    store: &SqliteStore,
    actor: &Actor,
    kind: AddressKind,
    addresses: &[String],
    note: &str,
    now: Timestamp,
) -> StoreResult<u64> {
    let number = number_of(store, actor.project).await?;
    let new = |address: &String| NewSuppression {
        project: number,
        kind,
        address: address.clone(),
        cause: SuppressionReason::ByHand,
        reason: SuppressionReason::ByHand.reason(note),
        at: now,
    };
    let list: Vec<NewSuppression> = addresses.iter().map(new).collect();
    let mut transaction = store.begin().await?;
    let added = upsert(&mut transaction, &list).await?;
    let summary = match addresses {
        [one] => one.clone(),
        many => pluralize(many.len() as i64, "address", "addresses"),
    };
    NewAuditEntry::of(actor, AuditEvent::SuppressionAdded, &summary)
        .write(&mut transaction, now)
        .await?;
    transaction.commit().await?;
    Ok(added)
}

pub async fn remove(
    store: &SqliteStore,
    actor: &Actor,
    kind: AddressKind,
    address: &str,
    now: Timestamp,
) -> StoreResult<()> {
    let number = number_of(store, actor.project).await?;
    let mut transaction = store.begin().await?;
    let reason: Option<(String,)> = sqlx::query_as(
        "DELETE FROM suppressions WHERE project = ? AND kind = ? AND address = ? RETURNING reason",
    )
    .bind(number)
    .bind(kind.key())
    .bind(address)
    .fetch_optional(&mut *transaction)
    .await?;
    let (reason,) = reason.ok_or(StoreError::NotFound("address on the list"))?;
    NewAuditEntry::of(actor, AuditEvent::SuppressionRemoved, &format!("{address} ({reason})"))
        .write(&mut transaction, now)
        .await?;
    transaction.commit().await
}
