//! The suppression list as a file for a spreadsheet, or for another provider (RFC 4180).

use async_stream::try_stream;
use axum::{
    Extension,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderValue, Response, header},
};

use super::{AppState, error_page};
use crate::api::{AppError, request::RequestAuth};
use wayfare_application::{ServiceError, suppressions::suppression_rows};
use wayfare_domain::interrupt::Interrupt;
use wayfare_runtime::costly_work::Job;

/// Sends every address, a batch at a time.
pub async fn download(
    State(state): State<AppState>,
    Extension(caller): Extension<RequestAuth>,
) -> Response<Body> {
    match begin(&state, caller).await {
        Ok(response) => response,
        Err(error) => error_page::of(&error, &state.assets, "/suppressions"),
    }
}

async fn begin(state: &AppState, caller: RequestAuth) -> Result<Response<Body>, AppError> {
    let actor = caller.standing.ok_or(AppError::SignedOut)?.actor;
    let work = state.services.begin_costly(&actor, Job::Export).await?;
    state.services.record_suppression_export(&actor).await?;
    let services = state.services.clone();
    let rows = try_stream! {
        yield Bytes::from(suppression_rows(&[], true)?);
        let mut after = None;
        loop {
            // It ends when the client hangs up, or after ten minutes.
            work.stop.go_on().map_err(ServiceError::from)?;
            let list = services.suppression_batch(&actor, after.as_ref()).await?;
            let Some(last) = list.last() else { break };
            after = Some(last.clone());
            yield Bytes::from(suppression_rows(&list, false)?);
        }
    };
    let rows: std::pin::Pin<Box<dyn futures::Stream<Item = Result<Bytes, ServiceError>> + Send>> =
        Box::pin(rows);
    let mut response = Response::new(Body::from_stream(rows));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment; filename=\"wayfare-suppressions.csv\""),
    );
    Ok(response)
}
