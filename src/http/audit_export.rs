//! The audit log as a file for a spreadsheet (RFC 4180).

use async_stream::try_stream;
use axum::{
    Extension,
    body::{Body, Bytes},
    extract::{RawQuery, State},
    http::{HeaderValue, Response, header},
};

use super::{AppState, error_page};
use crate::api::{AppError, request::RequestAuth};
use wayfare_application::{ServiceError, audit::csv_rows};
use wayfare_domain::{audit::AuditQuery, interrupt::Interrupt};
use wayfare_runtime::costly_work::Job;

/// Sends every entry that the query matches, a batch at a time.
pub async fn download(
    State(state): State<AppState>,
    Extension(caller): Extension<RequestAuth>,
    RawQuery(query): RawQuery,
) -> Response<Body> {
    match begin(&state, caller, &query.unwrap_or_default()).await {
        Ok(response) => response,
        Err(error) => error_page::of(&error, &state.assets, "/audit"),
    }
}

async fn begin(
    state: &AppState,
    caller: RequestAuth,
    query: &str,
) -> Result<Response<Body>, AppError> {
    let actor = caller.standing.ok_or(AppError::SignedOut)?.actor;
    let query = AuditQuery::parse(query).map_err(AppError::Invalid)?;
    let work = state.services.begin_costly(&actor, Job::Export).await?;
    state.services.record_audit_export(&actor, &query).await?;
    let services = state.services.clone();
    let rows = try_stream! {
        yield Bytes::from(csv_rows(&[], true)?);
        let mut before = None;
        loop {
            // It ends when the client hangs up, or after ten minutes.
            work.stop.go_on().map_err(ServiceError::from)?;
            let entries = services.audit_batch(&actor, &query, before).await?;
            let Some(last) = entries.last() else { break };
            before = Some(last.seq);
            yield Bytes::from(csv_rows(&entries, false)?);
        }
    };
    let rows: std::pin::Pin<Box<dyn futures::Stream<Item = Result<Bytes, ServiceError>> + Send>> =
        Box::pin(rows);
    let mut response = Response::new(Body::from_stream(rows));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment; filename=\"wayfare-audit.csv\""),
    );
    Ok(response)
}
