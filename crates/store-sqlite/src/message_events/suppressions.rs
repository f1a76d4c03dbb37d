//! The list of addresses that get nothing any more.

use std::{collections::HashMap, sync::LazyLock};

use async_trait::async_trait;
use sqlx::{FromRow, QueryBuilder, Sqlite, SqliteConnection};

use crate::{
    SqliteStore, audit::NewAuditEntry, bulk_statement::BulkStatement, error::SqliteResult,
    profiles::number_of, rows::to_json,
};
use wayfare_domain::messages::canonical_address::canonical;
use wayfare_domain::{
    access::actor::Actor,
    audit::AuditEvent,
    ids::{ProjectId, ProjectKey},
    messages::suppression::{
        AddressKind, ListedAddress, NewSuppression, SUPPRESSION_ROWS, Suppression, SuppressionPage,
        SuppressionQuery, SuppressionReason, added_summary, changes_to_list, removed_summary,
    },
    time::Timestamp,
};
use wayfare_store::{StoreError, StoreResult, message_events::SuppressionStore};

#[async_trait]
impl SuppressionStore for SqliteStore {
    async fn find_suppression_reason(
        &self,
        project: ProjectId,
        kind: AddressKind,
        address: &str,
    ) -> StoreResult<Option<String>> {
        Ok(reason(self, project, kind, address).await?)
    }

    async fn get_suppression_page(
        &self,
        project: ProjectId,
        query: &SuppressionQuery,
    ) -> StoreResult<SuppressionPage> {
        Ok(page(self, project, query).await?)
    }

    async fn load_suppression_batch(
        &self,
        project: ProjectId,
        after: Option<&Suppression>,
    ) -> StoreResult<Vec<Suppression>> {
        Ok(batch(self, project, after).await?)
    }

    async fn add_suppressions(
        &self,
        actor: &Actor,
        kind: AddressKind,
        addresses: &[String],
        note: &str,
        now: Timestamp,
    ) -> StoreResult<u64> {
        Ok(add(self, actor, kind, addresses, note, now).await?)
    }

    async fn remove_suppression(
        &self,
        actor: &Actor,
        kind: AddressKind,
        address: &str,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(remove(self, actor, kind, address, now).await?)
    }
}

/// Addresses of one batch of an export.
const BATCH: i64 = 5_000;

/// Puts addresses on the list, in their one spelling. Everything that joins it comes this way: of
/// two reasons the graver one stays. Answers how many addresses changed.
pub async fn put(connection: &mut SqliteConnection, new: Vec<NewSuppression>) -> SqliteResult<u64> {
    static PUT: BulkStatement = BulkStatement::new(
        "INSERT INTO suppressions (project_key, kind, address, reason_code, reason, at) VALUES",
        6,
        " ON CONFLICT DO UPDATE SET reason_code = excluded.reason_code, reason = excluded.reason,
         at = excluded.at",
    );
    if new.is_empty() {
        return Ok(0);
    }
    let listed = causes(connection, new.iter().map(NewSuppression::listed)).await?;
    PUT.run(connection, changes_to_list(new, &listed), |query, new| {
        let query = query.bind(new.project.0).bind(new.kind.key()).bind(new.address);
        query.bind(new.cause.code()).bind(new.reason).bind(new.at.0)
    })
    .await
}

/// Why addresses are on the list, those that are.
pub async fn causes(
    connection: &mut SqliteConnection,
    addresses: impl Iterator<Item = ListedAddress>,
) -> SqliteResult<HashMap<ListedAddress, SuppressionReason>> {
    let addresses: Vec<(ProjectKey, &str, String)> =
        addresses.map(|(project, kind, address)| (project, kind.key(), address)).collect();
    let rows: Vec<(i64, String, String, i64)> = sqlx::query_as(
        "SELECT s.project_key, s.kind, s.address, s.reason_code FROM json_each(?1) c
         CROSS JOIN suppressions s ON s.project_key = c.value ->> 0 AND s.kind = c.value ->> 1
         AND s.address = c.value ->> 2",
    )
    .bind(to_json(&addresses)?)
    .fetch_all(connection)
    .await?;
    let known = |(project, kind, address, cause): (i64, String, String, i64)| {
        let place = (ProjectKey(project), AddressKind::from_key(&kind)?, address);
        Some((place, SuppressionReason::from_code(cause)?))
    };
    Ok(rows.into_iter().filter_map(known).collect())
}

/// What they said themselves, they take back themselves; nothing else.
pub async fn take_back(
    connection: &mut SqliteConnection,
    addresses: &[ListedAddress],
) -> SqliteResult<()> {
    static TAKE_BACK: LazyLock<BulkStatement> = LazyLock::new(|| {
        let own = SuppressionReason::RECIPIENTS_OWN.code();
        BulkStatement::with_codes(
            "DELETE FROM suppressions WHERE (project_key, kind, address) IN (VALUES",
            3,
            format!(") AND reason_code = {own}"),
        )
    });
    TAKE_BACK
        .run(connection, addresses, |query, (project, kind, address)| {
            query.bind(project.0).bind(kind.key()).bind(address)
        })
        .await?;
    Ok(())
}

/// Why an address is on the list.
async fn reason(
    store: &SqliteStore,
    project: ProjectId,
    kind: AddressKind,
    address: &str,
) -> SqliteResult<Option<String>> {
    let Some(address) = canonical(kind, address) else { return Ok(None) };
    let row: Option<(String,)> = sqlx::query_as(
        "SELECT s.reason FROM projects p JOIN suppressions s ON s.project_key = p.key
         AND s.kind = ?2
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
    fn into_domain(self) -> SqliteResult<Suppression> {
        let kind = AddressKind::from_key(&self.kind);
        let kind = kind.ok_or_else(|| {
            StoreError::Corrupt(format!("an address of the unknown kind {}", self.kind))
        })?;
        Ok(Suppression { kind, address: self.address, reason: self.reason, at: Timestamp(self.at) })
    }
}

async fn page(
    store: &SqliteStore,
    project: ProjectId,
    query: &SuppressionQuery,
) -> SqliteResult<SuppressionPage> {
    let number = number_of(store, project).await?;
    let matching = |select: &str| {
        let mut sql = QueryBuilder::<Sqlite>::new(select);
        sql.push(" FROM suppressions WHERE project_key = ").push_bind(number.0);
        if !query.search.is_empty() {
            sql.push(" AND instr(lower(address), ")
                .push_bind(query.search.to_lowercase())
                .push(") > 0");
        }
        sql
    };
    let (total,): (i64,) =
        matching("SELECT count(*)").build_query_as().fetch_one(&store.readers).await?;
    let query = query.within(total);
    let mut sql = matching("SELECT kind, address, reason, at");
    sql.push(" ORDER BY at DESC, kind, address LIMIT ").push_bind(SUPPRESSION_ROWS);
    sql.push(" OFFSET ").push_bind((query.page - 1) * SUPPRESSION_ROWS);
    let rows: Vec<Row> = sql.build_query_as().fetch_all(&store.readers).await?;
    let rows = rows.into_iter().map(Row::into_domain).collect::<SqliteResult<_>>()?;
    Ok(SuppressionPage { query, rows, total })
}

async fn batch(
    store: &SqliteStore,
    project: ProjectId,
    after: Option<&Suppression>,
) -> SqliteResult<Vec<Suppression>> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT kind, address, reason, at FROM suppressions
         WHERE project_key = ?1 AND (kind, address) > (?2, ?3) ORDER BY kind, address LIMIT ?4",
    )
    .bind(number_of(store, project).await?.0)
    .bind(after.map(|last| last.kind.key()).unwrap_or_default())
    .bind(after.map(|last| last.address.as_str()).unwrap_or_default())
    .bind(BATCH)
    .fetch_all(&store.readers)
    .await?;
    rows.into_iter().map(Row::into_domain).collect()
}

async fn add(
    store: &SqliteStore,
    actor: &Actor,
    kind: AddressKind,
    addresses: &[String],
    note: &str,
    now: Timestamp,
) -> SqliteResult<u64> {
    let number = number_of(store, actor.project).await?;
    let new =
        |address: &String| NewSuppression::by_hand((number, kind, address.clone()), note, now);
    let mut transaction = store.begin().await?;
    let added = put(&mut transaction, addresses.iter().map(new).collect()).await?;
    let summary = added_summary(addresses);
    NewAuditEntry::of(actor, AuditEvent::SuppressionAdded, &summary)
        .write(&mut transaction, now)
        .await?;
    transaction.commit().await?;
    Ok(added)
}

async fn remove(
    store: &SqliteStore,
    actor: &Actor,
    kind: AddressKind,
    address: &str,
    now: Timestamp,
) -> SqliteResult<()> {
    let number = number_of(store, actor.project).await?;
    let mut transaction = store.begin().await?;
    let reason: Option<(String,)> = sqlx::query_as(
        "DELETE FROM suppressions WHERE project_key = ? AND kind = ?
         AND address = ? RETURNING reason",
    )
    .bind(number.0)
    .bind(kind.key())
    .bind(address)
    .fetch_optional(&mut *transaction)
    .await?;
    let (reason,) = reason.ok_or(StoreError::NotFound("address on the list"))?;
    NewAuditEntry::of(actor, AuditEvent::SuppressionRemoved, &removed_summary(address, &reason))
        .write(&mut transaction, now)
        .await?;
    transaction.commit().await
}
