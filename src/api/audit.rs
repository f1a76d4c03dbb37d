//! The audit log.

use super::{
    AppError,
    request::{context, respond_error},
};
use wayfare_domain::audit::{AuditPage, AuditQuery};

/// One page of the log; `query` is the query string of its address.
///
/// # Errors
/// If the actor may not read it, or the query is not valid.
pub async fn read_audit(query: &str) -> Result<AuditPage, AppError> {
    let (services, actor) = context()?;
    let query =
        AuditQuery::parse(query).map_err(|errors| respond_error(AppError::Invalid(errors)))?;
    services.audit(&actor, &query).await.map_err(respond_error)
}
