//! The request behind a server function: its caller, the services, and the answer to a plain form.

use std::sync::{Arc, Mutex};

use cookie::{Cookie, SameSite, time::Duration};
use http::{HeaderName, HeaderValue, StatusCode, header, request::Parts};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

use super::AppError;
use crate::server::own_path::own_path;
use wayfare_application::{
    AuthContext, RequestClient, ServiceError, Services, sign_in::OpenedSession,
};
use wayfare_domain::{
    access::{
        actor::Actor,
        permissions::{Forbidden, Permission, Role},
    },
    ids::{OperationId, ProjectId},
    journeys::list::columns::ColumnChoice,
};
use wayfare_runtime::costly_work::WAIT;
use wayfare_secrets::server_key::KeyFileError;
use wayfare_store::StoreError;

/// The cookie of the list's columns.
pub const COLUMNS_COOKIE: &str = "wayfare_columns";

/// The cookie of the project that was chosen last. Over TLS its name, as that of the others below,
/// makes browsers refuse one that another host or path has set (RFC 6265bis, 4.1.3.2).
pub fn project_cookie(secure: bool) -> &'static str {
    if secure { "__Host-wayfare_project" } else { "wayfare_project" }
}

/// The cookie that binds a sign-in with the provider to the browser that began it.
pub fn provider_cookie(secure: bool) -> &'static str {
    if secure { "__Host-wayfare_provider" } else { "wayfare_provider" }
}

/// The cookie of the session.
pub fn session_cookie(secure: bool) -> &'static str {
    if secure { "__Host-wayfare_session" } else { "wayfare_session" }
}

/// The cookie by which accounts know the browsers that signed in to them before.
pub fn device_cookie(secure: bool) -> &'static str {
    if secure { "__Host-wayfare_device" } else { "wayfare_device" }
}

/// The caller of a request, provided by the router.
#[derive(Clone, Default)]
pub struct RequestAuth {
    pub client: RequestClient,
    /// None if no one is signed in.
    pub standing: Option<AuthContext>,
}

impl RequestAuth {
    /// The current project.
    pub fn project(&self) -> Option<ProjectId> {
        Some(self.standing.as_ref()?.project()?.id)
    }

    /// The role in the current project.
    pub fn role(&self) -> Option<Role> {
        self.standing.as_ref().and_then(AuthContext::role)
    }
}

/// What is shown once, on a page of its own, instead of going back: a key, a link.
#[derive(Debug, Clone)]
pub struct ShownOnce {
    pub title: &'static str,
    pub text: String,
    pub secret: String,
    pub back: &'static str,
}

/// What a server function leaves for the answer to a plain form.
#[derive(Clone, Default)]
pub struct FormAnswer(Arc<Mutex<FormOutcome>>);

#[derive(Clone, Default)]
pub struct FormOutcome {
    pub error: Option<AppError>,
    /// The page that asks for the missing confirmation.
    pub asks_on: Option<String>,
    /// The page to go on to.
    pub target: Option<String>,
    pub shown: Option<ShownOnce>,
}

impl FormAnswer {
    pub fn get(&self) -> FormOutcome {
        self.0.lock().map(|answer| answer.clone()).unwrap_or_default()
    }

    fn change(change: impl FnOnce(&mut FormOutcome)) {
        if let Some(Ok(mut answer)) =
            use_context::<FormAnswer>().as_ref().map(|answer| answer.0.lock())
        {
            change(&mut answer);
        }
    }
}

/// A plain form that did not work: the page that it came from shows it again with the reason and
/// what was typed.
#[derive(Debug, Clone)]
pub struct FormProblem {
    pub error: AppError,
    /// Without passwords.
    pub typed: Vec<(String, String)>,
}

/// What was typed into a field before it did not work.
pub fn submitted_value(field: &str) -> Option<String> {
    let problem = use_context::<FormProblem>()?;
    problem.typed.into_iter().find(|(key, _)| key == field).map(|(_, value)| value)
}

/// The services, for any caller.
pub fn services() -> Result<Services, AppError> {
    use_context::<Services>().ok_or_else(|| respond_error(AppError::Internal))
}

/// The services, and the caller.
pub fn caller() -> Result<(Services, RequestAuth), AppError> {
    Ok((services()?, use_context::<RequestAuth>().unwrap_or_default()))
}

/// The services, and the user who is signed in.
pub fn require_auth() -> Result<(Services, AuthContext), AppError> {
    let (services, caller) = caller()?;
    let auth = caller.standing.ok_or_else(|| respond_error(AppError::SignedOut))?;
    Ok((services, auth))
}

/// The services, and the actor in the current project.
pub fn context() -> Result<(Services, Actor), AppError> {
    let (services, auth) = require_auth()?;
    Ok((services, auth.actor))
}

/// Checks the permission for pages that only show a form.
///
/// # Errors
/// If the actor may not, with the reason.
pub fn require(permission: Permission) -> Result<(), AppError> {
    let (_, actor) = context()?;
    actor.require(permission).map_err(respond_error)
}

/// Whether the user has the permission here, for what a page shows.
pub fn may(permission: Permission) -> bool {
    use_context::<RequestAuth>()
        .and_then(|caller| caller.standing)
        .is_some_and(|auth| auth.actor.require(permission).is_ok())
}

/// A list that was opened in one project must not act on another, which was chosen in another tab
/// meanwhile.
pub fn same_project(actor: &Actor, matching: Option<&str>) -> Result<(), AppError> {
    let named = matching.and_then(wayfare_domain::journeys::list::query::project_of_matching);
    if named.is_some_and(|project| project != actor.project) {
        return Err(respond_error(other_project()));
    }
    Ok(())
}

/// What is said of a form or a list that was made for another project than the chosen one.
pub fn other_project() -> AppError {
    let sentence = "You chose another project in another tab. Nothing was changed; reload the \
        page and try again.";
    AppError::Conflict(sentence.to_string())
}

/// Gives the answer the error's status and remembers the error for a plain form.
pub fn respond_error(error: impl Into<AppError>) -> AppError {
    let error = error.into();
    if let Some(response) = use_context::<ResponseOptions>()
        && let Ok(status) = StatusCode::from_u16(error.status())
    {
        response.set_status(status);
        if let Some(seconds) = error.wait() {
            response.insert_header(header::RETRY_AFTER, seconds.into());
        }
    }
    FormAnswer::change(|answer| answer.error = Some(error.clone()));
    error
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound(what) => AppError::NotFound(what.to_string()),
            StoreError::Refused { name, refusal } => {
                AppError::Conflict(format!("{name} {}.", refusal.phrase()))
            }
            StoreError::Forbidden(error) => error.into(),
            StoreError::LimitReached { what, most } => AppError::Conflict(format!(
                "A project can have {most} {what}. Nothing was saved. Remove some that are not \
                    used any more."
            )),
            StoreError::RevisionChanged { name } => AppError::Conflict(format!(
                "{name} was changed by someone else since you opened it. Nothing was saved. \
                    Reload the page to see their change."
            )),
            StoreError::Draft(conflict) => AppError::Conflict(conflict.sentence().to_string()),
            StoreError::SelectionChanged(preview) => AppError::SelectionChanged(preview),
            StoreError::NameTaken(what) => AppError::Conflict(format!(
                "A {what} with this name already exists. Choose another name."
            )),
            StoreError::Access(refusal) => AppError::Conflict(refusal.to_string()),
            StoreError::Conflict(sentence) => AppError::Conflict(sentence.to_string()),
            StoreError::Problems(problems) => AppError::Invalid(problems),
            StoreError::LinkExpired => AppError::DeadLink,
            StoreError::Unavailable(obstacle) => {
                tracing::error!(%obstacle, "store.unavailable");
                AppError::Unavailable(obstacle.sentence().to_string())
            }
            StoreError::Corrupt(_) | StoreError::CannotOpen(_) | StoreError::Backend { .. } => {
                tracing::error!(%error, "store.failed");
                AppError::Internal
            }
        }
    }
}

impl From<ServiceError> for AppError {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Store(error) => error.into(),
            ServiceError::Forbidden(error) => error.into(),
            ServiceError::Invalid(error) => AppError::field(error),
            ServiceError::Problems(problems) => AppError::Invalid(problems),
            ServiceError::WrongCredentials => AppError::WrongCredentials,
            ServiceError::SignedOut => AppError::SignedOut,
            ServiceError::Unconfirmed => AppError::Conflict(
                "Nothing was changed. Confirm it on the confirmation page within an hour."
                    .to_string(),
            ),
            ServiceError::TooMany(wait) => AppError::TooMany(wait.0),
            ServiceError::Busy => AppError::TooMany(1),
            ServiceError::Crowded(crowded) => {
                AppError::Crowded { sentence: crowded.sentence(), seconds: WAIT.as_secs() }
            }
            ServiceError::TookTooLong(sentence) => AppError::TookTooLong(sentence),
            ServiceError::GivenUp(why) => {
                AppError::TookTooLong(format!("This was stopped: {why}. Try again."))
            }
            ServiceError::BrokeOff(_) => {
                tracing::error!(%error, "work.broke_off");
                AppError::Internal
            }
            ServiceError::Stopping => AppError::Unavailable(
                "The server is stopping, so your change may not be saved. Try again in a moment."
                    .to_string(),
            ),
            ServiceError::Provider(error) => {
                tracing::warn!(%error, "sign_in.provider_failed");
                AppError::Provider
            }
            ServiceError::NotDelivered(sentence) => AppError::Conflict(sentence),
            ServiceError::Channel(error) => AppError::Conflict(error.to_string()),
            ServiceError::ServerKey(KeyFileError::OtherKey) => {
                AppError::Conflict(KeyFileError::OtherKey.to_string())
            }
            ServiceError::NoDelivery | ServiceError::ServerKey(_) => {
                tracing::error!(%error, "channels.impossible");
                AppError::Internal
            }
            ServiceError::Hash | ServiceError::Randomness(_) => {
                tracing::error!(%error, "sign_in.impossible");
                AppError::Internal
            }
        }
    }
}

impl From<Forbidden> for AppError {
    fn from(error: Forbidden) -> Self {
        AppError::Forbidden(error.sentence())
    }
}

/// True for a request that a browser sent without the help of a script.
pub fn accepts_html(headers: &http::HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("text/html"))
}

/// Shows a secret once, in the answer itself.
pub fn show_once(shown: ShownOnce) {
    FormAnswer::change(|answer| answer.shown = Some(shown));
}

/// Sends a plain form on to a page of ours; a script gets the answer itself and goes where it
/// wants.
pub fn go_to(path: &str) {
    FormAnswer::change(|answer| answer.target = Some(local(path)));
}

/// Sends a plain form on to the confirmation page; a script gets the error.
pub fn ask_on(path: &str, error: impl Into<AppError>) -> AppError {
    FormAnswer::change(|answer| answer.asks_on = Some(local(path)));
    respond_error(error)
}

/// Sends a plain form back to the list it came from, which then shows what the operation did.
pub fn back_with_outcome(back: &str, operation: OperationId) {
    let back = local(back);
    let mut parts = back.split('#').next().unwrap_or_default().splitn(2, '?');
    let path = parts.next().unwrap_or("/journeys").to_string();
    let kept: Vec<&str> = parts
        .next()
        .unwrap_or("")
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.starts_with("done="))
        .collect();
    let mut query = kept.join("&");
    if !query.is_empty() {
        query.push('&');
    }
    go_to(&format!("{path}?{query}done={operation}"));
}

/// The page of ours that a request names, or the list.
pub fn local(path: &str) -> String {
    own_path(path).unwrap_or_else(|| "/journeys".to_string())
}

/// The value of a cookie of a request.
pub fn cookie(headers: &http::HeaderMap, name: &str) -> Option<String> {
    headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok()).find_map(
        |text| {
            Cookie::split_parse(text)
                .filter_map(Result::ok)
                .find(|cookie| cookie.name() == name)
                .map(|cookie| cookie.value().to_string())
        },
    )
}

/// A cookie that scripts cannot read and other sites' requests do not carry, unless a person
/// follows a link.
pub fn new_cookie(
    name: &'static str,
    value: String,
    lifetime: i64,
    secure: bool,
) -> Cookie<'static> {
    Cookie::build((name, value))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(secure)
        .max_age(Duration::milliseconds(lifetime))
        .build()
}

fn set_cookie(cookie: &Cookie<'_>) {
    if let (Some(response), Ok(value)) =
        (use_context::<ResponseOptions>(), HeaderValue::from_str(&cookie.to_string()))
    {
        response.append_header(header::SET_COOKIE, value);
    }
}

/// Gives the browser its session.
pub fn keep_session(session: &OpenedSession, client: &RequestClient) {
    session_cookies(session, client).iter().for_each(set_cookie);
}

/// The cookies that a browser gets at sign-in: its session and its device.
pub fn session_cookies(session: &OpenedSession, client: &RequestClient) -> Vec<Cookie<'static>> {
    let secure = client.secure;
    let own = new_cookie(
        session_cookie(secure),
        session.secret.expose().to_string(),
        session.lifetime,
        secure,
    );
    let device = session
        .device
        .clone()
        .map(|device| new_cookie(device_cookie(secure), device, YEAR, secure));
    std::iter::once(own).chain(device).collect()
}

/// Takes the session away, and everything that the browser kept of us (`Clear-Site-Data`).
pub fn forget_session(client: &RequestClient) {
    set_cookie(&new_cookie(session_cookie(client.secure), String::new(), 0, client.secure));
    if let Some(response) = use_context::<ResponseOptions>() {
        let name = HeaderName::from_static("clear-site-data");
        response.insert_header(name, HeaderValue::from_static("\"cache\", \"storage\""));
    }
}

/// A year, in milliseconds.
const YEAR: i64 = 365 * wayfare_domain::time::DAY_MS;

/// Keeps the chosen project in this browser.
pub fn remember_project(project: ProjectId, client: &RequestClient) {
    let name = project_cookie(client.secure);
    set_cookie(&new_cookie(name, project.to_string(), YEAR, client.secure));
}

/// The columns that this browser wants.
pub fn chosen_columns() -> ColumnChoice {
    let wanted = use_context::<Parts>().and_then(|parts| cookie(&parts.headers, COLUMNS_COOKIE));
    wanted.as_deref().map_or_else(ColumnChoice::default, ColumnChoice::from_cookie)
}

/// Keeps the columns in this browser for a year.
pub fn remember_columns(columns: &ColumnChoice) {
    let secure = use_context::<RequestAuth>().is_some_and(|caller| caller.client.secure);
    set_cookie(&new_cookie(COLUMNS_COOKIE, columns.to_cookie(), YEAR, secure));
}
