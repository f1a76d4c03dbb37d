//! The pages, rendered on the server.

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderValue, Method, Response, StatusCode, Uri, header, request::Parts},
    middleware::map_response,
    response::{IntoResponse, Redirect},
};
use leptos::{
    config::LeptosOptions,
    nonce::use_nonce,
    prelude::{provide_context, use_context},
    server_fn::axum::server_fn_paths,
};
use leptos_axum::{LeptosRoutes, ResponseOptions, generate_route_list_with_exclusions};

use super::AppState;
use crate::{
    api::request::{FormProblem, RequestAuth},
    ui::{
        app::App,
        shell::{EditorFiles, HydrationMode, PageFiles, shell},
    },
};

/// The one page that the browser's half takes over.
pub const HYDRATED_ROUTE: &str = "/journeys";

/// The root leads to the list.
pub async fn home() -> Redirect {
    Redirect::temporary(HYDRATED_ROUTE)
}

/// Every route of the pages, and a designed answer for what is none.
pub fn routes(state: &AppState) -> Router<AppState> {
    let options = LeptosOptions::builder().output_name("wayfare").build();
    // Server functions have a handler of their own, which knows plain forms
    // (`server_functions.rs`).
    let functions = server_fn_paths().map(|(path, _)| path.to_string()).collect();
    let pages = generate_route_list_with_exclusions(App, Some(functions));
    let files = page_files(state);
    Router::new()
        .leptos_routes_with_context(
            &PageState { app: state.clone(), options: options.clone() },
            pages,
            context(state.clone()),
            move || document(files.clone()),
        )
        .fallback(|State(page): State<PageState>, request: Request| async move {
            not_found(&page.app, request).await
        })
        .layer(map_response(complete))
        .with_state(PageState { app: state.clone(), options })
}

/// A page is complete when it is sent. What it was made from is let go now: it must not wait for a
/// slow reader.
async fn complete(response: Response<Body>) -> Response<Body> {
    let (mut parts, body) = response.into_parts();
    match to_bytes(body, usize::MAX).await {
        Ok(page) => Response::from_parts(parts, Body::from(page)),
        Err(error) => {
            tracing::error!(%error, "page.incomplete");
            parts.status = StatusCode::INTERNAL_SERVER_ERROR;
            Response::from_parts(parts, Body::empty())
        }
    }
}

/// The framework asks the state for its options.
#[derive(Clone)]
struct PageState {
    app: AppState,
    options: LeptosOptions,
}

impl axum::extract::FromRef<PageState> for LeptosOptions {
    fn from_ref(state: &PageState) -> Self {
        state.options.clone()
    }
}

fn page_files(state: &AppState) -> PageFiles {
    let address = |name: &str| state.assets.address(name).unwrap_or_default();
    PageFiles {
        style: address("wayfare.css"),
        start: address("start.js"),
        glue: address("wayfare.js"),
        wasm: address("wayfare.wasm"),
        editor: EditorFiles {
            style: address("editor.css"),
            start: address("start-editor.js"),
            glue: address("editor.js"),
            wasm: address("editor.wasm"),
        },
        live: address("live.js"),
        icon: address("favicon.svg"),
    }
}

/// What pages can reach: the services, who asks, and the form that did not work.
fn context(state: AppState) -> impl Fn() + Clone + Send + Sync + 'static {
    move || {
        provide_context(state.services.clone());
        let Some(parts) = use_context::<Parts>() else { return };
        provide_context(parts.extensions.get::<RequestAuth>().cloned().unwrap_or_default());
        if let Some(problem) = parts.extensions.get::<FormProblem>() {
            provide_context(problem.clone());
        }
        set_policy();
    }
}

/// Only scripts and styles of this page run: those of the site, and those that carry the nonce of
/// this answer.
fn set_policy() {
    let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>()) else {
        return;
    };
    let frames = if use_context::<Parts>().is_some_and(|parts| shows_message(parts.uri.path())) {
        " frame-src 'self';"
    } else {
        ""
    };
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src \
            'self' 'nonce-{nonce}'; img-src 'self';{frames} \
         connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}

/// The two pages with frames: an email in them.
fn shows_message(path: &str) -> bool {
    matches!(
        path.split('/').collect::<Vec<_>>()[..],
        ["", "journeys", _, "messages", _] | ["", "journeys", _, "edit"]
    )
}

fn document(files: PageFiles) -> impl leptos::prelude::IntoView {
    let liveliness =
        use_context::<Parts>().map_or(HydrationMode::Plain, |parts| liveliness(parts.uri.path()));
    shell(files, liveliness)
}

fn liveliness(path: &str) -> HydrationMode {
    let is_editor = path
        .strip_prefix("/journeys/")
        .and_then(|rest| rest.strip_suffix("/edit"))
        .is_some_and(|id| !id.contains('/'));
    match path {
        HYDRATED_ROUTE => HydrationMode::List,
        _ if is_editor => HydrationMode::Editor,
        _ => HydrationMode::Plain,
    }
}

async fn render(state: &AppState, request: Request) -> Response<Body> {
    let files = page_files(state);
    let handler = leptos_axum::render_app_async_with_context(context(state.clone()), move || {
        document(files.clone())
    });
    handler(request).await.into_response()
}

async fn not_found(state: &AppState, request: Request) -> Response<Body> {
    let mut response = render(state, request).await;
    if response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}

/// The page that a plain form came from, with the reason why it did not work and what was typed.
/// `None` where it cannot be shown: it comes alive in the browser, or is gone.
pub async fn form_again(
    state: &AppState,
    form: &Parts,
    address: &str,
    problem: FormProblem,
) -> Option<Response<Body>> {
    let uri: Uri = address.parse().ok()?;
    if uri.path() == HYDRATED_ROUTE || uri.path().starts_with("/api/") {
        return None;
    }
    let status = StatusCode::from_u16(problem.error.status()).ok()?;
    let mut request = Request::new(Body::empty());
    *request.method_mut() = Method::GET;
    *request.uri_mut() = uri;
    *request.headers_mut() = form.headers.clone();
    request.headers_mut().remove(header::CONTENT_LENGTH);
    request.headers_mut().remove(header::CONTENT_TYPE);
    *request.extensions_mut() = form.extensions.clone();
    request.extensions_mut().insert(problem);
    let mut response = render(state, request).await;
    if !response.status().is_success() {
        return None;
    }
    *response.status_mut() = status;
    Some(response)
}
