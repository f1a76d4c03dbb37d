//! Pages that need no script and no framework, so that they can always be shown: what went wrong,
//! and what is shown once.

use std::any::Any;

use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
};

use super::assets::Assets;
use crate::api::{AppError, request::ShownOnce};

pub fn of(error: &AppError, assets: &Assets, back: &str) -> Response<Body> {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = told(status, error.title(), &error.sentence(), assets, back);
    if let Some(seconds) = error.wait() {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// What went wrong, with a way back.
pub fn told(
    status: StatusCode,
    title: &str,
    sentence: &str,
    assets: &Assets,
    back: &str,
) -> Response<Body> {
    let content = format!(
        "<div class=\"state state-error\" role=\"alert\"><h1 class=\"state-title\">{title}</h1><p \
            class=\"state-text\">{sentence}</p>\
         <p><a class=\"button\" href=\"{back}\">Go back</a></p></div>",
        title = escape(title),
        sentence = escape(sentence),
        back = escape(back),
    );
    let mut response = page(title, &content, assets);
    *response.status_mut() = status;
    response
}

/// A secret in the one answer that has it.
pub fn shown_once(shown: &ShownOnce, assets: &Assets) -> Response<Body> {
    let content = format!(
        "<h1>{title}</h1><div class=\"card form\" role=\"status\"><p>{text}</p><label \
            class=\"field\"><span class=\"field-label\">{title}</span>\
         <input class=\"secret\" type=\"text\" readonly value=\"{secret}\" autocomplete=\"off\" \
         spellcheck=\"false\"></label>\
         <p><a class=\"button\" href=\"{back}\">Done</a></p></div>",
        title = escape(shown.title),
        text = escape(&shown.text),
        secret = escape(&shown.secret),
        back = escape(shown.back),
    );
    page(shown.title, &content, assets)
}

/// On to the sign-in provider, which is another site.
pub fn onward(name: &str, address: &str, assets: &Assets) -> Response<Body> {
    let content = format!(
        "<h1>Link {name}</h1><div class=\"card form\"><p>Sign in there with your own account. Then \
            you can use {name} to sign in to your account here.</p><p class=\"form-actions\"><a \
            class=\"button button-primary\" href=\"{address}\">Continue to {name}</a> <a \
            class=\"button\" href=\"/account\">Cancel</a></p></div>",
        name = escape(name),
        address = escape(address),
    );
    page(&format!("Link {name}"), &content, assets)
}

fn page(title: &str, content: &str, assets: &Assets) -> Response<Body> {
    document(&format!("{title} · Wayfare"), content, assets)
}

/// A page of plain HTML; what is not markup in `content` is escaped already.
pub fn document(title: &str, content: &str, assets: &Assets) -> Response<Body> {
    let style = assets
        .address("wayfare.css")
        .map(|css| format!("<link rel=\"stylesheet\" href=\"{css}\">"))
        .unwrap_or_default();
    // Named here as well: a browser that is told of no icon asks for one that is not there.
    let icon = assets
        .address("favicon.svg")
        .map(|icon| format!("<link rel=\"icon\" href=\"{icon}\" type=\"image/svg+xml\">"))
        .unwrap_or_default();
    let html = format!(
        "<!DOCTYPE html><html lang=\"en\" data-hydrated=\"true\"><head><meta \
            charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta \
         name=\"color-scheme\" content=\"light dark\">{icon}{style}</head>\
         <body><main class=\"page page-narrow\">{content}</main></body></html>",
        title = escape(title),
    );
    let mut response = Response::new(Body::from(html));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// What a request gets whose handler broke: a bug, told as such, while everybody else is served on.
pub fn after_panic(_: Box<dyn Any + Send + 'static>) -> Response<Body> {
    tracing::error!("request.panicked");
    of(&AppError::Internal, &Assets::default(), "/journeys")
}

pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
