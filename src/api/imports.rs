//! Imports of profiles and events.

use super::{
    AppError,
    request::{context, respond_error},
};
use wayfare_domain::{
    access::permissions::Permission,
    ids::ImportId,
    profiles::import::{ImportView, RejectedRow},
};

/// The newest imports.
///
/// # Errors
/// If the actor may not import.
pub async fn read_imports() -> Result<Vec<ImportView>, AppError> {
    let (services, actor) = context()?;
    services.imports(&actor).await.map_err(respond_error)
}

/// An import, and its first rejected rows.
///
/// # Errors
/// If there is no import with this id.
pub async fn read_import(id: &str) -> Result<(ImportView, Vec<RejectedRow>), AppError> {
    let (services, actor) = context()?;
    // Without the permission, nothing else is revealed.
    actor.require(Permission::IngestRecords).map_err(respond_error)?;
    let import: ImportId =
        id.parse().map_err(|_| respond_error(AppError::NotFound("import".to_string())))?;
    let view = services.import_of(&actor, import).await.map_err(respond_error)?;
    Ok((view, services.refused_lines(&actor, import).await.map_err(respond_error)?))
}
