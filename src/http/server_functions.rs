//! Answers server functions, for scripts and for plain forms.
//!
//! A script gets JSON with a proper status. A browser without scripts is sent on to a page, or gets
//! the page of its form again with the reason why it did not work.

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect},
};
use leptos::prelude::provide_context;

use super::{AppState, authenticate, body, error_page, form_fields, form_project, pages};
use crate::{
    api::{
        AppError,
        request::{FormAnswer, FormProblem, RequestAuth, accepts_html},
    },
    server::own_path::own_path,
};
use wayfare_domain::query_string::pairs;

/// Largest error that is looked into.
const ERROR_MAX: usize = 256 * 1024;
/// Where graphs come in.
const EDITOR: &str = "/api/ui/editor/";
/// Fields that are never written into a page again.
const SECRET_FIELDS: [&str; 4] = ["password", "present", "link", "secret"];

pub async fn answer(State(state): State<AppState>, request: Request) -> Response<Body> {
    let (mut parts, body) = request.into_parts();
    let caller = parts.extensions.get::<RequestAuth>().cloned().unwrap_or_default();
    let taken = if parts.uri.path().starts_with(EDITOR) {
        body::read_graph(&state, &caller, &parts.headers, body).await
    } else {
        body::read(body).await.map(|body| (body, None))
    };
    let (body, _place) = match taken {
        Ok(taken) => taken,
        Err(error) if accepts_html(&parts.headers) => {
            return error_page::of(&error, &state.assets, pages::HYDRATED_ROUTE);
        }
        Err(error) => return authenticate::json(&error),
    };
    let plain_form = accepts_html(&parts.headers);
    if let Err(error) = made_for_this_project(&parts, &caller, &body, plain_form) {
        // The form itself is not shown again: it would be one of the other project.
        return if plain_form {
            let back = referer(&parts.headers).unwrap_or_else(|| pages::HYDRATED_ROUTE.to_string());
            error_page::of(&error, &state.assets, &back)
        } else {
            authenticate::json(&error)
        };
    }
    let original = parts.clone();
    // The framework would answer a plain form with a redirect that carries the error in its
    // address; we say it on a page.
    parts.headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    let form = FormAnswer::default();
    let context = {
        let (form, state) = (form.clone(), state.clone());
        move || {
            provide_context(form.clone());
            provide_context(state.services.clone());
            provide_context(caller.clone());
        }
    };
    let request = Request::from_parts(parts, Body::from(body.clone()));
    let response =
        leptos_axum::handle_server_fns_with_context(context, request).await.into_response();
    if response.status().is_success() {
        return if plain_form {
            went_well(&state, response, &form, &original.headers)
        } else {
            response
        };
    }
    went_wrong(&state, response, &form, plain_form, original, &body).await
}

/// Graphs come from a script, which names the journey that they belong to.
fn made_for_this_project(
    parts: &Parts,
    caller: &RequestAuth,
    body: &Bytes,
    plain_form: bool,
) -> Result<(), AppError> {
    let path = parts.uri.path();
    if parts.method != Method::POST || (path.starts_with(EDITOR) && !plain_form) {
        return Ok(());
    }
    let is_form = form_fields::is_form(&parts.headers);
    let named = is_form.then(|| form_project::named_in(&String::from_utf8_lossy(body))).flatten();
    form_project::require(caller, path, named.as_deref(), plain_form)
}

/// The page that the browser came from, without our own name.
fn referer(headers: &HeaderMap) -> Option<String> {
    let referer = headers.get(header::REFERER)?.to_str().ok()?;
    let (_, rest) = referer.split_once("://")?;
    own_path(&rest[rest.find('/')?..])
}

fn went_well(
    state: &AppState,
    response: Response<Body>,
    form: &FormAnswer,
    headers: &HeaderMap,
) -> Response<Body> {
    let answer = form.get();
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_TYPE);
    parts.headers.remove(header::CONTENT_LENGTH);
    if let Some(shown) = &answer.shown {
        let page = error_page::shown_once(shown, &state.assets);
        parts.headers.extend(page.headers().clone());
        return Response::from_parts(parts, page.into_body());
    }
    parts.status = StatusCode::SEE_OTHER;
    let target = answer
        .target
        .or_else(|| referer(headers))
        .unwrap_or_else(|| pages::HYDRATED_ROUTE.to_string());
    let target =
        HeaderValue::from_str(&target).unwrap_or(HeaderValue::from_static(pages::HYDRATED_ROUTE));
    parts.headers.insert(header::LOCATION, target);
    Response::from_parts(parts, Body::empty())
}

async fn went_wrong(
    state: &AppState,
    response: Response<Body>,
    form: &FormAnswer,
    plain_form: bool,
    original: Parts,
    body: &Bytes,
) -> Response<Body> {
    let (mut parts, answer) = response.into_parts();
    let bytes = to_bytes(answer, ERROR_MAX).await.unwrap_or_default();
    let answer = form.get();
    if let Some(page) = answer.asks_on.filter(|_| plain_form) {
        return Redirect::to(&page).into_response();
    }
    // What is no error of ours is the framework's, which knows no such function.
    let error = answer.error.or_else(|| serde_json::from_slice(&bytes).ok());
    let error = error.unwrap_or_else(|| AppError::NotFound("function".to_string()));
    if plain_form {
        let back = referer(&original.headers).unwrap_or_else(|| pages::HYDRATED_ROUTE.to_string());
        let typed = typed_fields(&String::from_utf8_lossy(body));
        let problem = FormProblem { error: error.clone(), typed };
        let again = pages::form_again(state, &original, &back, problem).await;
        let mut response = again.unwrap_or_else(|| error_page::of(&error, &state.assets, &back));
        say_when(&error, response.headers_mut());
        return response;
    }
    say_when(&error, &mut parts.headers);
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::CONTENT_TYPE);
    let mut told = authenticate::json(&error);
    told.headers_mut().extend(parts.headers);
    told
}

/// Anyone who tried too often is told when to come again.
fn say_when(error: &AppError, headers: &mut HeaderMap) {
    if let Some(seconds) = error.wait() {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
}

fn typed_fields(body: &str) -> Vec<(String, String)> {
    pairs(body).filter(|(key, _)| !SECRET_FIELDS.contains(&key.as_str())).collect()
}
