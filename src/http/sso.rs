//! To the sign-in provider and back.

use axum::{
    Extension, Form,
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
    request::{RequestAuth, cookie, local, new_cookie, provider_cookie, session_cookies},
};
use wayfare_application::{
    RequestClient,
    sso::{ProviderArrival, SsoRedirect},
};

#[derive(Deserialize)]
pub struct DepartQuery {
    #[serde(default)]
    next: String,
}

/// Sends the browser to the provider.
pub async fn start(
    State(state): State<AppState>,
    Extension(caller): Extension<RequestAuth>,
    Query(query): Query<DepartQuery>,
) -> Response<Body> {
    let client = &caller.client;
    match state.services.depart_to_provider(client, &local(&query.next)).await {
        Ok(departure) => {
            let response = Redirect::to(&departure.address).into_response();
            with_cookies(response, &[bound(departure, client)])
        }
        Err(error) => error_page::of(&error.into(), &state.assets, "/sign-in"),
    }
}

#[derive(Deserialize)]
pub struct LinkForm {
    #[serde(default)]
    present: String,
}

/// Begins to link the provider to the account that is signed in. It is a form of ours, never a link
/// that another site could follow; and a page in between, because a form may lead to no other site
/// (`form-action 'self'`).
pub async fn link(
    State(state): State<AppState>,
    Extension(caller): Extension<RequestAuth>,
    Form(form): Form<LinkForm>,
) -> Response<Body> {
    let Some(auth) = &caller.standing else {
        return error_page::of(&AppError::SignedOut, &state.assets, "/sign-in");
    };
    match state.services.depart_to_link(auth, &form.present, &caller.client).await {
        Ok(departure) => {
            let name = state.services.provider_name().unwrap_or_default();
            let page = error_page::onward(&name, &departure.address, &state.assets);
            with_cookies(page, &[bound(departure, &caller.client)])
        }
        Err(error) => error_page::of(&error.into(), &state.assets, "/account"),
    }
}

/// Binds what was begun to this browser.
fn bound(departure: SsoRedirect, client: &RequestClient) -> ::cookie::Cookie<'static> {
    let name = provider_cookie(client.secure);
    new_cookie(name, departure.state, departure.lifetime, client.secure)
}

#[derive(Deserialize)]
pub struct ArriveQuery {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
}

/// Takes the browser back: only the one that was sent, and only once.
pub async fn callback(
    State(state): State<AppState>,
    Extension(caller): Extension<RequestAuth>,
    Query(query): Query<ArriveQuery>,
    headers: axum::http::HeaderMap,
) -> Response<Body> {
    let client = &caller.client;
    let ours = cookie(&headers, provider_cookie(client.secure)).unwrap_or_default();
    let same = !ours.is_empty() && bool::from(ours.as_bytes().ct_eq(query.state.as_bytes()));
    let arrived = if !same {
        Err(AppError::DeadLink)
    } else if query.code.is_empty() {
        // The person said no, or the provider did.
        Err(AppError::Provider)
    } else {
        let auth = caller.standing.as_ref();
        state
            .services
            .arrive_from_provider(&query.state, query.code, auth, client)
            .await
            .map_err(AppError::from)
    };
    let spent = new_cookie(provider_cookie(client.secure), String::new(), 0, client.secure);
    match arrived {
        Ok(ProviderArrival::SignedIn { session, next }) => {
            let mut cookies = session_cookies(&session, client);
            cookies.push(spent);
            with_cookies(Redirect::to(&local(&next)).into_response(), &cookies)
        }
        Ok(ProviderArrival::Linked) => {
            with_cookies(Redirect::to("/account?notice=provider-linked").into_response(), &[spent])
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
