//! Files of people and events.

use super::{
    AppError,
    request::{context, fail},
};
use crate::domain::{
    access::Permission,
    ids::ImportId,
    people::import::{ImportView, RefusedLine},
};

/// The newest imports.
///
/// # Errors
/// Where she may not import.
pub async fn read_imports() -> Result<Vec<ImportView>, AppError> {
    let (services, actor) = context()?;
    services.imports(&actor).await.map_err(fail)
}

/// An import, and the first rows that were refused.
///
/// # Errors
/// Where there is none of this id.
pub async fn read_import(id: &str) -> Result<(ImportView, Vec<RefusedLine>), AppError> {
    let (services, actor) = context()?;
    // Whoever may not ask hears no more than that.
    actor.require(Permission::SendEvents).map_err(fail)?;
    let import: ImportId =
        id.parse().map_err(|_| fail(AppError::NotFound("import".to_string())))?;
    let view = services.import_of(&actor, import).await.map_err(fail)?;
    Ok((view, services.refused_lines(&actor, import).await.map_err(fail)?))
}
