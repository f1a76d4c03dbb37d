//! Every route, with who may open it. The router is built from here, and nothing else is in it: the
//! route-by-role test reads the same list. The description of the API is made of the same routes.

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{MethodRouter, any, get, post},
};
use leptos::server_fn::axum::server_fn_paths;
use leptos_axum::generate_route_list_with_exclusions;
use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    AppState, audit_export, changes, health, message_html, page_redirects, pages, people_upload,
    provider_webhooks, rest, server_functions, sso, suppressions_export, tracking,
};
use crate::ui::app::App;

/// Who may open a route at all. What they may do there is decided by the services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Everybody, signed in or not.
    Public,
    /// People with a session, or anybody in local mode.
    Session,
    /// Programs with an API key.
    ApiKey,
}

/// One route of the running router.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    pub method: String,
    pub path: String,
    pub access: Access,
}

/// What everybody may open: signing in, links that are a right of their own, site files, signs of
/// life.
const PUBLIC: [&str; 12] = [
    "/",
    "/sign-in",
    "/healthz",
    "/readyz",
    "/api/openapi.json",
    "/sign-in/provider",
    "/sign-in/provider/back",
    "/people",
    "/people/role",
    "/trips/{id}",
    "/keys",
    "/channels/hooks",
];
const PUBLIC_BELOW: [&str; 8] =
    ["/pkg/", "/invitations/", "/password/", "/setup", "/api/ui/session/", "/t/", "/u/", "/hooks/"];
/// Where programs come in, with a key instead of a session.
pub const PROGRAMS_BELOW: &str = "/api/v1/";
/// And where programs come in that were written for others.
const PROGRAMS: [&str; 8] = [
    "/v1/batch",
    "/v1/track",
    "/v1/identify",
    "/v1/page",
    "/v1/screen",
    "/v1/group",
    "/v1/alias",
    "/1/upload",
];

pub fn is_for_programs(path: &str) -> bool {
    PROGRAMS.contains(&path) || path.starts_with(PROGRAMS_BELOW)
}

/// May the address be opened without a session?
pub fn is_public(path: &str) -> bool {
    PUBLIC.contains(&path)
        || PUBLIC_BELOW.iter().any(|start| path.starts_with(start))
        || is_for_programs(path)
}

fn access_of(path: &str) -> Access {
    if is_for_programs(path) {
        Access::ApiKey
    } else if is_public(path) {
        Access::Public
    } else {
        Access::Session
    }
}

/// What is neither a page nor a server function, in groups that are treated differently.
type RouteList = Vec<(&'static str, &'static str, MethodRouter<AppState>)>;

/// Needs no one.
fn infrastructure() -> RouteList {
    vec![
        ("GET", "/pkg/{file}", get(super::assets::serve)),
        ("GET", "/api/openapi.json", get(rest::description::show)),
        ("GET", "/healthz", get(health::alive)),
        ("GET", "/readyz", get(health::ready)),
        ("GET", "/people", get(page_redirects::redirect)),
        ("GET", "/people/role", get(page_redirects::redirect)),
        ("GET", "/trips/{id}", get(page_redirects::redirect)),
        ("GET", "/keys", get(page_redirects::redirect)),
        ("GET", "/channels/hooks", get(page_redirects::redirect)),
    ]
}

/// Answers as long as the browser listens.
fn streams() -> RouteList {
    vec![
        ("GET", "/api/ui/changes", get(changes::stream)),
        ("GET", "/audit.csv", get(audit_export::download)),
        ("GET", "/suppressions.csv", get(suppressions_export::download)),
        ("GET", "/imports/{id}/refused.csv", get(people_upload::refused)),
    ]
}

/// For anyone who got a message, and for providers: what they bring is signed, so no one is signed
/// in and no cookie is looked at.
fn signed_links() -> RouteList {
    vec![
        ("GET", "/t/o/{token}", get(tracking::open)),
        ("GET", "/t/c/{token}", get(tracking::click)),
        ("GET", "/u/{token}", get(tracking::choices)),
        ("POST", "/u/{token}", post(tracking::choose).layer(tracking::choice_limit())),
        ("POST", "/hooks/{token}/{provider}", post(provider_webhooks::take)),
    ]
}

/// Takes as long as the file is large.
fn uploads() -> RouteList {
    vec![("POST", "/imports/upload", post(people_upload::upload))]
}

fn people() -> RouteList {
    vec![
        ("GET", "/", get(pages::home)),
        ("GET", "/journeys/{id}/messages/{node}/html", get(message_html::show)),
        ("POST", "/messages/html", post(message_html::show_draft).layer(unlimited())),
        ("GET", "/sign-in/provider", get(sso::start)),
        ("GET", "/sign-in/provider/back", get(sso::callback)),
        ("POST", "/sign-in/provider/link", post(sso::link)),
    ]
}

/// The API, with its description: each operation says its method and its address itself.
fn api() -> OpenApiRouter<AppState> {
    use rest::{clevertap, journeys, metrics, profiles, segment_com, segments};
    OpenApiRouter::with_openapi(rest::description::frame())
        .routes(routes!(profiles::events))
        .routes(routes!(profiles::profiles))
        .routes(routes!(profiles::read, profiles::delete))
        .routes(routes!(segments::list))
        .routes(routes!(segments::save, segments::remove))
        .routes(routes!(journeys::list, journeys::create))
        .routes(routes!(journeys::read))
        .routes(routes!(profiles::enter))
        .routes(routes!(journeys::preview_stop))
        .routes(routes!(journeys::operate))
        .routes(routes!(metrics::read))
        .routes(routes!(segment_com::batch))
        .routes(routes!(segment_com::track))
        .routes(routes!(segment_com::identify))
        .routes(routes!(segment_com::page))
        .routes(routes!(segment_com::screen))
        .routes(routes!(segment_com::group))
        .routes(routes!(segment_com::alias))
        .routes(routes!(clevertap::upload))
}

/// The description of the API, with every operation that the router has.
pub fn description() -> OpenApi {
    rest::description::complete(api().into_openapi())
}

/// For handlers that read bodies by themselves, and say better what is too large (`body.rs`). What
/// is within would have the limit of everybody otherwise, the framework of server functions
/// included.
fn unlimited() -> DefaultBodyLimit {
    DefaultBodyLimit::disable()
}

/// The routers of the groups.
pub struct Routers {
    pub signs: Router<AppState>,
    pub outside: Router<AppState>,
    pub streams: Router<AppState>,
    pub uploads: Router<AppState>,
    pub people: Router<AppState>,
    pub programs: Router<AppState>,
}

pub fn routers(state: &AppState) -> Routers {
    let build = |routes: RouteList| {
        routes.into_iter().fold(Router::new(), |router, (_, path, route)| router.route(path, route))
    };
    Routers {
        signs: build(infrastructure()),
        outside: build(signed_links()),
        streams: build(streams()),
        uploads: build(uploads()),
        people: build(people())
            .route("/api/ui/{*function}", any(server_functions::answer).layer(unlimited()))
            .merge(pages::routes(state)),
        programs: api().into(),
    }
}

/// Every route there is.
pub fn catalogue() -> Vec<Route> {
    let fixed = [infrastructure(), signed_links(), streams(), uploads(), people()]
        .into_iter()
        .flatten()
        .map(|(method, path, _)| (method.to_string(), path.to_string()));
    let api: Vec<(String, String)> = api()
        .into_openapi()
        .paths
        .paths
        .iter()
        .flat_map(|(path, item)| {
            let methods = rest::description::operations(item).map(|(method, _)| method);
            methods.map(|method| (method.to_string(), path.clone()))
        })
        .collect();
    let functions = server_fn_paths().map(|(path, method)| (method.to_string(), path.to_string()));
    let excluded = server_fn_paths().map(|(path, _)| path.to_string()).collect();
    let pages = generate_route_list_with_exclusions(App, Some(excluded))
        .into_iter()
        .filter(|route| !route.path().starts_with("/api/"))
        .map(|route| ("GET".to_string(), route.path().to_string()));
    let mut routes: Vec<Route> = fixed
        .chain(api)
        .chain(functions)
        .chain(pages)
        .map(|(method, path)| Route { access: access_of(&path), method, path })
        .collect();
    routes.sort();
    routes.dedup();
    routes
}
