//! A new draft beside a published version, and discarding it. [`decide_begin`] and
//! [`decide_discard`] decide on what is read here.

use sqlx::SqliteConnection;

use crate::{
    SqliteStore,
    error::SqliteResult,
    operations::{targets, write::write_operation},
    rows::{json, to_json},
};
use wayfare_domain::{
    access::actor::Actor,
    ids::{JourneyId, JourneyKey, VersionId},
    journeys::status::Status,
    time::Timestamp,
    versions::begin::{JourneyToRevise, NewDraft, OriginalVersion, decide_begin, decide_discard},
};

pub async fn begin(
    store: &SqliteStore,
    actor: &Actor,
    journey: JourneyId,
    from: Option<i64>,
    now: Timestamp,
) -> SqliteResult<i64> {
    let mut transaction = store.begin().await?;
    let target = targets::one(&mut transaction, actor.project, journey, now).await?;
    let key = target.key;
    let known = JourneyToRevise {
        target,
        draft: draft_of(&mut transaction, actor, journey).await?,
        original: original(&mut transaction, actor, journey, from).await?,
    };
    let draft = decide_begin(known, now)?;
    insert(&mut transaction, actor, journey, &draft, now).await?;
    count_versions(&mut transaction, actor, key, 1, now).await?;
    write_operation(&mut transaction, actor, &draft.record, now).await?;
    store.commit(transaction, actor.project).await?;
    Ok(draft.number)
}

pub async fn discard(
    store: &SqliteStore,
    actor: &Actor,
    journey: JourneyId,
    now: Timestamp,
) -> SqliteResult<()> {
    let mut transaction = store.begin().await?;
    let target = targets::one(&mut transaction, actor.project, journey, now).await?;
    let draft = draft_of(&mut transaction, actor, journey).await?;
    let record = decide_discard(&target, draft)?;
    sqlx::query("DELETE FROM versions WHERE journey_id = ? AND project_id = ? AND status = ?")
        .bind(journey.0)
        .bind(actor.project.0)
        .bind(Status::Draft.code())
        .execute(&mut *transaction)
        .await?;
    count_versions(&mut transaction, actor, target.key, -1, now).await?;
    write_operation(&mut transaction, actor, &record, now).await?;
    store.commit(transaction, actor.project).await
}

/// The number of the journey's draft.
async fn draft_of(
    connection: &mut SqliteConnection,
    actor: &Actor,
    journey: JourneyId,
) -> SqliteResult<Option<i64>> {
    let row: Option<(i64,)> = sqlx::query_as(
        "SELECT number FROM versions WHERE journey_id = ? AND project_id = ? AND status = ?",
    )
    .bind(journey.0)
    .bind(actor.project.0)
    .bind(Status::Draft.code())
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|(number,)| number))
}

/// The version of this number, or else the newest.
async fn original(
    connection: &mut SqliteConnection,
    actor: &Actor,
    journey: JourneyId,
    from: Option<i64>,
) -> SqliteResult<Option<OriginalVersion>> {
    let row: Option<(i64, String, i64)> = sqlx::query_as(
        "SELECT v.number, v.settings, (SELECT max(w.number) FROM versions w
            WHERE w.journey_id = v.journey_id)
         FROM versions v WHERE v.journey_id = ?1 AND v.project_id = ?2 AND (?3 IS NULL
         OR v.number = ?3)
         ORDER BY v.number DESC LIMIT 1",
    )
    .bind(journey.0)
    .bind(actor.project.0)
    .bind(from)
    .fetch_optional(connection)
    .await?;
    row.map(|(number, settings, newest)| {
        Ok(OriginalVersion { number, settings: json(&settings, "settings")?, newest })
    })
    .transpose()
}

async fn insert(
    connection: &mut SqliteConnection,
    actor: &Actor,
    journey: JourneyId,
    draft: &NewDraft,
    now: Timestamp,
) -> SqliteResult<()> {
    sqlx::query(
        "INSERT INTO versions (id, journey_id, project_id, number, status, entry_type, graph,
            settings, start_at, end_at, unresolved_references, created_by, created_at)
         SELECT ?1, v.journey_id, v.project_id, ?4, ?10, v.entry_type, v.graph, ?5, ?6, ?7,
            v.unresolved_references, ?8, ?9
         FROM versions v WHERE v.journey_id = ?2 AND v.number = ?3",
    )
    .bind(VersionId::new().0)
    .bind(journey.0)
    .bind(draft.from)
    .bind(draft.number)
    .bind(to_json(&draft.settings)?)
    .bind(draft.settings.start.map(|start| start.0))
    .bind(draft.settings.end.map(|end| end.0))
    .bind(actor.user.0)
    .bind(now.0)
    .bind(Status::Draft.code())
    .execute(connection)
    .await?;
    Ok(())
}

/// The journey has a version more or less.
async fn count_versions(
    connection: &mut SqliteConnection,
    actor: &Actor,
    journey: JourneyKey,
    more: i64,
    now: Timestamp,
) -> SqliteResult<()> {
    sqlx::query(
        "UPDATE journeys SET version_count = version_count + ?3, revision = revision + 1,
            updated_at = ?4
         WHERE project_id = ?1 AND key = ?2",
    )
    .bind(actor.project.0)
    .bind(journey.0)
    .bind(more)
    .bind(now.0)
    .execute(connection)
    .await?;
    Ok(())
}
