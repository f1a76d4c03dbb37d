//! Imports of files, and what became of their rows.

use async_trait::async_trait;
use sqlx::FromRow;
use uuid::Uuid;

use crate::{
    SqliteStore, audit::NewAuditEntry, bulk_statement::BulkStatement, error::SqliteResult,
    write_queue::Urgency,
};
use wayfare_domain::{
    access::actor::Actor,
    audit::AuditEvent,
    error::FieldError,
    ids::{ImportId, ProjectId},
    profiles::import::{ImportProgress, ImportState, ImportView, RejectedRow},
    time::Timestamp,
};
use wayfare_store::{
    StoreError, StoreResult,
    profiles::{ImportStore, NewImport},
};

#[async_trait]
impl ImportStore for SqliteStore {
    async fn begin_import(
        &self,
        actor: &Actor,
        new: &NewImport,
        now: Timestamp,
    ) -> StoreResult<ImportId> {
        Ok(begin(self, actor, new, now).await?)
    }

    async fn record_import_progress(
        &self,
        project: ProjectId,
        import: ImportId,
        progress: &ImportProgress,
        rejected: &[RejectedRow],
    ) -> StoreResult<()> {
        Ok(record_progress(self, project, import, progress, rejected).await?)
    }

    async fn finish_import(
        &self,
        actor: &Actor,
        import: ImportId,
        problem: Option<&str>,
        now: Timestamp,
    ) -> StoreResult<()> {
        Ok(finish(self, actor, import, problem, now).await?)
    }

    async fn fail_running_imports(&self, problem: &str, now: Timestamp) -> StoreResult<()> {
        Ok(fail_running(self, problem, now).await?)
    }

    async fn list_imports(
        &self,
        project: ProjectId,
        import: Option<ImportId>,
    ) -> StoreResult<Vec<ImportView>> {
        Ok(read(self, project, import).await?)
    }

    async fn list_rejected_rows(
        &self,
        project: ProjectId,
        import: ImportId,
    ) -> StoreResult<Vec<RejectedRow>> {
        Ok(rejected_rows(self, project, import).await?)
    }
}

/// Imports on the page.
const SHOWN: i64 = 20;

async fn begin(
    store: &SqliteStore,
    actor: &Actor,
    new: &NewImport,
    now: Timestamp,
) -> SqliteResult<ImportId> {
    let id = ImportId::new();
    let mut transaction = store.begin().await?;
    sqlx::query(
        "INSERT INTO imports (id, project_id, file_name, list, bytes, started_by, started_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(id.0)
    .bind(actor.project.0)
    .bind(&new.file_name)
    .bind(&new.list)
    .bind(i64::try_from(new.bytes).unwrap_or(i64::MAX))
    .bind(actor.user.0)
    .bind(now.0)
    .execute(&mut *transaction)
    .await?;
    store.commit(transaction, actor.project).await?;
    Ok(id)
}

/// Keeps how far it has come, and the first of the rows that were refused.
async fn record_progress(
    store: &SqliteStore,
    project: ProjectId,
    import: ImportId,
    progress: &ImportProgress,
    refused: &[RejectedRow],
) -> SqliteResult<()> {
    static REFUSE: BulkStatement = BulkStatement::new(
        "INSERT INTO import_errors (import_id, line, field, message) VALUES",
        4,
        " ON CONFLICT DO NOTHING",
    );
    let mut transaction = store.begin().await?;
    sqlx::query(
        "UPDATE imports SET bytes_read = ?3, imported = ?4, rejected = ?5 WHERE id = ?1
        AND project_id = ?2",
    )
    .bind(import.0)
    .bind(project.0)
    .bind(progress.bytes_read as i64)
    .bind(progress.taken as i64)
    .bind(progress.refused as i64)
    .execute(&mut *transaction)
    .await?;
    let kept = refused.iter().take(progress.kept_rejections(refused.len()));
    REFUSE
        .run(&mut transaction, kept, |query, refused| {
            query
                .bind(import.0)
                .bind(refused.line as i64)
                .bind(&refused.error.path)
                .bind(&refused.error.sentence)
        })
        .await?;
    store.commit(transaction, project).await
}

async fn finish(
    store: &SqliteStore,
    actor: &Actor,
    import: ImportId,
    problem: Option<&str>,
    now: Timestamp,
) -> SqliteResult<()> {
    let mut transaction = store.begin().await?;
    let state = ImportState::ended(problem);
    let (file, taken, refused): (String, i64, i64) = sqlx::query_as(
        "UPDATE imports SET status = ?5, problem = ?3, finished_at = ?4
            WHERE id = ?1 AND project_id = ?2
         RETURNING file_name, imported, rejected",
    )
    .bind(import.0)
    .bind(actor.project.0)
    .bind(problem)
    .bind(now.0)
    .bind(state.code())
    .fetch_optional(&mut *transaction)
    .await?
    .ok_or(StoreError::NotFound("import"))?;
    let (taken, refused) = (taken.unsigned_abs(), refused.unsigned_abs());
    let progress = ImportProgress { taken, refused, ..ImportProgress::default() };
    NewAuditEntry::of(actor, AuditEvent::PeopleImported, &progress.summary(&file, &state))
        .write(&mut transaction, now)
        .await?;
    store.commit(transaction, actor.project).await
}

/// What was under way when the server ended will not go on.
async fn fail_running(store: &SqliteStore, problem: &str, now: Timestamp) -> SqliteResult<()> {
    let statement = sqlx::query(
        "UPDATE imports SET status = ?3, problem = ?1, finished_at = ?2 WHERE status = ?4",
    )
    .bind(problem)
    .bind(now.0)
    .bind(ImportState::ended(Some(problem)).code())
    .bind(ImportState::Running.code());
    store.execute(Urgency::Person, statement).await?;
    Ok(())
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    file_name: String,
    list: Option<String>,
    status: i64,
    problem: Option<String>,
    bytes: i64,
    bytes_read: i64,
    imported: i64,
    rejected: i64,
    started_by: String,
    started_at: i64,
    finished_at: Option<i64>,
}

impl Row {
    fn into_view(self) -> SqliteResult<ImportView> {
        let row = self;
        let state = ImportState::from_code(row.status, row.problem).ok_or_else(|| {
            StoreError::Corrupt(format!("the unknown state {} of an import", row.status))
        })?;
        Ok(ImportView {
            id: ImportId(row.id),
            file_name: row.file_name,
            list: row.list,
            state,
            bytes: row.bytes.unsigned_abs(),
            progress: ImportProgress {
                bytes_read: row.bytes_read.unsigned_abs(),
                taken: row.imported.unsigned_abs(),
                refused: row.rejected.unsigned_abs(),
            },
            started_by: row.started_by,
            started_at: Timestamp(row.started_at),
            finished_at: row.finished_at.map(Timestamp),
        })
    }
}

/// The newest, or one of them.
async fn read(
    store: &SqliteStore,
    project: ProjectId,
    import: Option<ImportId>,
) -> SqliteResult<Vec<ImportView>> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT i.id, i.file_name, i.list, i.status, i.problem, i.bytes, i.bytes_read, i.imported,
            i.rejected, u.name AS started_by, i.started_at, i.finished_at
         FROM imports i JOIN actors u ON u.id = i.started_by
         WHERE i.project_id = ?1 AND (?2 IS NULL OR i.id = ?2) ORDER BY i.started_at DESC, i.id DESC
         LIMIT ?3",
    )
    .bind(project.0)
    .bind(import.map(|import| import.0))
    .bind(SHOWN)
    .fetch_all(&store.readers)
    .await?;
    rows.into_iter().map(Row::into_view).collect()
}

async fn rejected_rows(
    store: &SqliteStore,
    project: ProjectId,
    import: ImportId,
) -> SqliteResult<Vec<RejectedRow>> {
    let rows: Vec<(i64, String, String)> = sqlx::query_as(
        "SELECT e.line, e.field, e.message FROM imports i JOIN import_errors e ON e.import_id = i.id
         WHERE i.id = ?1 AND i.project_id = ?2 ORDER BY e.line",
    )
    .bind(import.0)
    .bind(project.0)
    .fetch_all(&store.readers)
    .await?;
    let line = |(line, field, sentence): (i64, String, String)| RejectedRow {
        line: line.unsigned_abs(),
        error: FieldError::new(field, "refused", sentence),
    };
    Ok(rows.into_iter().map(line).collect())
}
