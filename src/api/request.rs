//! The request behind a server function: who is asking, what serves her, and how a plain form is answered.

use std::sync::{Arc, Mutex};

use http::{HeaderValue, StatusCode, header, request::Parts};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

use super::AppError;
use crate::{
    domain::{actor::Actor, columns::ColumnChoice, ids::OperationId},
    server::{
        services::Services,
        store::{StoreError, sqlite::SqliteStore},
    },
};

/// The services as the pages use them: server functions cannot be generic.
pub type AppServices = Services<SqliteStore>;

/// The cookie of the list's columns.
pub const COLUMNS_COOKIE: &str = "wayfare_columns";

/// What a server function leaves for the answer to a plain form: its error, or the page to go on to.
#[derive(Clone, Default)]
pub struct FormAnswer(Arc<Mutex<(Option<AppError>, Option<String>)>>);

impl FormAnswer {
    pub fn error(&self) -> Option<AppError> {
        self.0.lock().ok()?.0.clone()
    }

    pub fn target(&self) -> Option<String> {
        self.0.lock().ok()?.1.clone()
    }
}

/// Who serves and who asks.
pub fn context() -> Result<(AppServices, Actor), AppError> {
    match (use_context::<AppServices>(), use_context::<Actor>()) {
        (Some(services), Some(actor)) => Ok((services, actor)),
        _ => Err(fail(AppError::Internal)),
    }
}

/// Gives the answer the error's status and remembers the error for a plain form.
pub fn fail(error: impl Into<AppError>) -> AppError {
    let error = error.into();
    if let Some(response) = use_context::<ResponseOptions>()
        && let Ok(status) = StatusCode::from_u16(error.status())
    {
        response.set_status(status);
    }
    if let Some(Ok(mut answer)) = use_context::<FormAnswer>().as_ref().map(|answer| answer.0.lock()) {
        answer.0 = Some(error.clone());
    }
    error
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound(what) => AppError::NotFound(what.to_string()),
            StoreError::Refused { name, refusal } => AppError::Conflict(format!("{name} {}.", refusal.phrase())),
            StoreError::RevisionChanged { name } => AppError::Conflict(format!(
                "{name} was changed by somebody since you opened it. Nothing was saved; reload the page to see their change."
            )),
            StoreError::SelectionChanged(preview) => AppError::SelectionChanged(preview),
            StoreError::Taken(what) => {
                AppError::Conflict(format!("There is already a {what} of this name. Choose another name."))
            }
            StoreError::Damaged(_) | StoreError::Unusable(_) | StoreError::Database(_) => {
                tracing::error!(%error, "store.failed");
                AppError::Internal
            }
        }
    }
}

/// True for a request that a browser sent without the help of a script.
pub fn accepts_html(headers: &http::HeaderMap) -> bool {
    headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains("text/html"))
}

/// Sends a plain form on to a page of ours; a script gets the answer itself and goes where it wants.
pub fn go_to(path: &str) {
    if let Some(Ok(mut answer)) = use_context::<FormAnswer>().as_ref().map(|answer| answer.0.lock()) {
        answer.1 = Some(local(path));
    }
}

/// Sends a plain form back to the list it came from, which then shows what the operation did.
pub fn back_with_outcome(back: &str, operation: OperationId) {
    let back = local(back);
    let mut parts = back.splitn(2, '?');
    let path = parts.next().unwrap_or("/journeys").to_string();
    let kept: Vec<&str> =
        parts.next().unwrap_or("").split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("done=")).collect();
    let mut query = kept.join("&");
    if !query.is_empty() {
        query.push('&');
    }
    go_to(&format!("{path}?{query}done={operation}"));
}

/// Only paths of this server: never another site, never a header injected.
fn local(path: &str) -> String {
    let fine = path.starts_with('/')
        && !path.starts_with("//")
        && !path.starts_with("/\\")
        && path.len() < 8_000
        && HeaderValue::from_str(path).is_ok();
    if fine { path.to_string() } else { "/journeys".to_string() }
}

/// The columns that this browser wants.
pub fn chosen_columns() -> ColumnChoice {
    let cookies = use_context::<Parts>().and_then(|parts| Some(parts.headers.get(header::COOKIE)?.to_str().ok()?.to_string()));
    let wanted = cookies
        .as_deref()
        .and_then(|cookies| cookies.split(';').find_map(|cookie| cookie.trim().strip_prefix(COLUMNS_COOKIE)?.strip_prefix('=')));
    wanted.map_or_else(ColumnChoice::default, ColumnChoice::from_cookie)
}

/// Keeps the columns in this browser for a year.
pub fn remember_columns(columns: &ColumnChoice) {
    let cookie = format!("{COLUMNS_COOKIE}={}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax", columns.to_cookie());
    if let (Some(response), Ok(value)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(&cookie)) {
        response.append_header(header::SET_COOKIE, value);
    }
}
