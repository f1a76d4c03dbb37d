//! The pages, rendered on the server.

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{Response, StatusCode, request::Parts},
    response::{IntoResponse, Redirect},
    routing::get,
};
use leptos::{
    config::LeptosOptions,
    prelude::{provide_context, use_context},
    server_fn::axum::server_fn_paths,
};
use leptos_axum::{LeptosRoutes, generate_route_list_with_exclusions};

use super::AppState;
use crate::ui::app::{App, PageFiles, shell};

/// Every route of the pages, and a designed answer for what is none.
pub fn routes(state: &AppState) -> Router<AppState> {
    let options = LeptosOptions::builder().output_name("wayfare").build();
    // Server functions have a handler of their own, which knows plain forms (`server_functions.rs`).
    let functions = server_fn_paths().map(|(path, _)| path.to_string()).collect();
    let routes = generate_route_list_with_exclusions(App, Some(functions));
    let files = page_files(state);
    let context = {
        let (state, files) = (state.clone(), files.clone());
        move || {
            provide_context(state.services.clone());
            provide_context(state.local_admin.clone());
            provide_context(files.clone());
        }
    };
    let shell_with_files = move || {
        let comes_alive = use_context::<Parts>().is_some_and(|parts| parts.uri.path() == "/journeys");
        shell(files.clone(), comes_alive)
    };
    Router::new()
        .route("/", get(|| async { Redirect::temporary("/journeys") }))
        .leptos_routes_with_context(
            &PageState { app: state.clone(), options: options.clone() },
            routes,
            context.clone(),
            shell_with_files.clone(),
        )
        .fallback(move |State(_): State<PageState>, request: Request| {
            not_found(context.clone(), shell_with_files.clone(), request)
        })
        .with_state(PageState { app: state.clone(), options })
}

/// The framework asks the state for its options.
#[derive(Clone)]
struct PageState {
    #[expect(dead_code, reason = "kept so that handlers beside the pages can reach the application")]
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
        icon: address("favicon.svg"),
    }
}

async fn not_found<C, V>(context: C, shell: impl Fn() -> V + Clone + Send + Sync + 'static, request: Request) -> Response<Body>
where
    C: Fn() + Clone + Send + Sync + 'static,
    V: leptos::prelude::IntoView + 'static,
{
    let handler = leptos_axum::render_app_async_with_context(context, shell);
    let mut response = handler(request).await.into_response();
    if response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}
