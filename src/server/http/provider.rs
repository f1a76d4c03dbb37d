//! To the sign-in provider and back.

use axum::{
    Extension,
    body::Body,
    extract::{Query, State},
    http::{HeaderValue, Response, header},
    response::{IntoResponse, Redirect},
};
use serde::Deserialize;
use subtle::ConstantTimeEq;

use super::{AppState, error_page};
use crate::api::{
    AppError,
    request::{Caller, PROVIDER_COOKIE, cookie, local, new_cookie, session_cookie},
};

#[derive(Deserialize)]
pub struct DepartQuery {
    #[serde(default)]
    next: String,
}

/// Sends the browser to the provider.
pub async fn depart(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<DepartQuery>,
) -> Response<Body> {
    let visitor = &caller.visitor;
    match state.services.depart_to_provider(visitor, &local(&query.next)).await {
        Ok(departure) => {
            let bound = new_cookie(PROVIDER_COOKIE, departure.state, departure.lifetime, visitor.secure);
            with_cookies(Redirect::to(&departure.address).into_response(), &[bound])
        }
        Err(error) => error_page::of(&error.into(), &state.assets, "/sign-in"),
    }
}

#[derive(Deserialize)]
pub struct ArriveQuery {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
}

/// Takes the browser back: only the one that was sent, and only once.
pub async fn arrive(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<ArriveQuery>,
    headers: axum::http::HeaderMap,
) -> Response<Body> {
    let visitor = &caller.visitor;
    let ours = cookie(&headers, PROVIDER_COOKIE).unwrap_or_default();
    let same = !ours.is_empty() && bool::from(ours.as_bytes().ct_eq(query.state.as_bytes()));
    let arrived = if !same {
        Err(AppError::DeadLink)
    } else if query.code.is_empty() {
        // The person said no, or the provider did.
        Err(AppError::Provider)
    } else {
        state.services.arrive_from_provider(&query.state, query.code, visitor).await.map_err(AppError::from)
    };
    let spent = new_cookie(PROVIDER_COOKIE, String::new(), 0, visitor.secure);
    match arrived {
        Ok((session, next)) => {
            let name = session_cookie(visitor.secure);
            let session = new_cookie(name, session.secret.expose().to_string(), session.lifetime, visitor.secure);
            with_cookies(Redirect::to(&local(&next)).into_response(), &[spent, session])
        }
        Err(error) => with_cookies(error_page::of(&error, &state.assets, "/sign-in"), &[spent]),
    }
}

fn with_cookies(mut response: Response<Body>, cookies: &[::cookie::Cookie<'_>]) -> Response<Body> {
    for cookie in cookies {
        if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
}
