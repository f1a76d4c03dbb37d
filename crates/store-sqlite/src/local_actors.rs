//! Local mode's actor, and the system's: what there is in their names without any account.

use uuid::Uuid;

use super::{SqliteStore, error::SqliteResult};
use wayfare_domain::{
    access::{
        actor::{Actor, RequestOrigin},
        first_account::{FIRST_PROJECT_NAME, LOCAL_ADMIN_NAME, SYSTEM_NAME},
        permissions::Authority,
    },
    ids::ProjectId,
    time::Timestamp,
};
use wayfare_store::actors::{FIRST_PROJECT, LOCAL_ADMIN, SYSTEM};

pub async fn ensure_local_actor(store: &SqliteStore, now: Timestamp) -> SqliteResult<Actor> {
    let mut transaction = store.begin().await?;
    sqlx::query(
        "INSERT INTO projects (id, name, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
    )
    .bind(FIRST_PROJECT.0)
    .bind(FIRST_PROJECT_NAME)
    .bind(now.0)
    .execute(&mut *transaction)
    .await?;
    for (id, name) in [(LOCAL_ADMIN, LOCAL_ADMIN_NAME), (SYSTEM, SYSTEM_NAME)] {
        sqlx::query(
            "INSERT INTO actors (id, name, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(id.0)
        .bind(name)
        .bind(now.0)
        .execute(&mut *transaction)
        .await?;
    }
    transaction.commit().await?;
    local_actor(store).await
}

pub async fn local_actor(store: &SqliteStore) -> SqliteResult<Actor> {
    // The first project may have been archived since; then the oldest that is not.
    let project: Option<(Uuid,)> = sqlx::query_as(
        "SELECT id FROM projects ORDER BY archived_at IS NOT NULL, created_at, id LIMIT 1",
    )
    .fetch_optional(&store.readers)
    .await?;
    Ok(Actor {
        user: LOCAL_ADMIN,
        name: LOCAL_ADMIN_NAME.to_string(),
        project: project.map_or(FIRST_PROJECT, |(project,)| ProjectId(project)),
        authority: Authority::System,
        origin: RequestOrigin::default(),
    })
}
