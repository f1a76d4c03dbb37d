//! The page that a plain form gets when it could not be carried out. It needs no script and no framework, so that it can
//! always be shown.

use std::any::Any;

use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
};

use super::assets::Assets;
use crate::api::AppError;

pub fn of(error: &AppError, assets: &Assets, back: &str) -> Response<Body> {
    let style = assets.address("wayfare.css").map(|css| format!("<link rel=\"stylesheet\" href=\"{css}\">")).unwrap_or_default();
    // Named here as well: a browser that is told of no icon asks for one that is not there.
    let icon = assets
        .address("favicon.svg")
        .map(|icon| format!("<link rel=\"icon\" href=\"{icon}\" type=\"image/svg+xml\">"))
        .unwrap_or_default();
    let html = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title} · Wayfare</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">{icon}{style}</head>\
         <body><main class=\"page page-narrow\"><div class=\"state state-error\" role=\"alert\"><h1 class=\"state-title\">{title}</h1>\
         <p class=\"state-text\">{sentence}</p><p><a class=\"button\" href=\"{back}\">Go back</a></p></div></main></body></html>",
        title = escape(error.title()),
        sentence = escape(&error.sentence()),
        back = escape(back),
    );
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

/// What a request gets whose handler broke: a bug, told as such, while everybody else is served on.
pub fn after_panic(_: Box<dyn Any + Send + 'static>) -> Response<Body> {
    tracing::error!("request.panicked");
    of(&AppError::Internal, &Assets::default(), "/journeys")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}
