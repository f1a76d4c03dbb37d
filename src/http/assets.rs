//! The site's files, embedded in the binary, precompressed and named after their contents.

use std::{borrow::Cow, collections::HashMap};

use axum::{
    body::{Body, Bytes},
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
};
use rust_embed::RustEmbed;

use super::{AppState, refusals::OurWords};

#[derive(RustEmbed)]
#[folder = "$WAYFARE_EMBED"]
struct Site;

/// One file in the forms in which it can be sent. Its bytes are those of the binary, however many
/// readers it has.
struct File {
    mime: HeaderValue,
    etag: HeaderValue,
    plain: Bytes,
    brotli: Option<Bytes>,
    gzip: Option<Bytes>,
}

/// The files by their names, and the names that pages ask for.
#[derive(Default)]
pub struct Assets {
    files: HashMap<String, File>,
    /// Logical name ("wayfare.css") → name with the hash.
    names: HashMap<String, String>,
}

impl Assets {
    /// What was embedded when the binary was built; nothing, where it was built without the
    /// browser's half.
    pub fn embedded() -> Self {
        let read = |path: &str| {
            Site::get(path).map(|file| match file.data {
                Cow::Borrowed(bytes) => Bytes::from_static(bytes),
                Cow::Owned(bytes) => bytes.into(),
            })
        };
        let names: HashMap<String, String> = read("manifest.json")
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        let mut files = HashMap::new();
        for path in Site::iter() {
            let Some(name) = path.strip_prefix("pkg/") else { continue };
            let compressed = name.ends_with(".br") || name.ends_with(".gz");
            let (false, Some(plain)) = (compressed, read(&path)) else { continue };
            let mime = mime_guess::from_path(name).first_or_octet_stream();
            let file = File {
                mime: HeaderValue::from_str(mime.as_ref())
                    .unwrap_or(HeaderValue::from_static("application/octet-stream")),
                etag: HeaderValue::from_str(&format!("\"{name}\""))
                    .unwrap_or(HeaderValue::from_static("\"\"")),
                plain,
                brotli: read(&format!("{path}.br")),
                gzip: read(&format!("{path}.gz")),
            };
            files.insert(name.to_string(), file);
        }
        Self { files, names }
    }

    /// The address of a file by its logical name, where there is such a file.
    pub fn address(&self, logical: &str) -> Option<String> {
        Some(format!("/pkg/{}", self.names.get(logical)?))
    }
}

/// Sends a file. Its name changes with its contents, so it may be kept for ever.
pub async fn serve(
    State(state): State<AppState>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response<Body> {
    let Some(file) = state.assets.files.get(&name) else {
        return plain(StatusCode::NOT_FOUND, "This file does not exist.\n");
    };
    let accepts = |coding: &str| {
        headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).is_some_and(
            |value| value.split(',').any(|part| part.trim().split(';').next() == Some(coding)),
        )
    };
    let (coding, body) = match (&file.brotli, &file.gzip) {
        (Some(brotli), _) if accepts("br") => (Some("br"), brotli),
        (_, Some(gzip)) if accepts("gzip") => (Some("gzip"), gzip),
        _ => (None, &file.plain),
    };
    let unchanged = headers.get(header::IF_NONE_MATCH).is_some_and(|known| known == file.etag);
    let mut response =
        Response::new(if unchanged { Body::empty() } else { Body::from(body.clone()) });
    if unchanged {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, file.mime.clone());
    out.insert(header::ETAG, file.etag.clone());
    out.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(coding) = coding.filter(|_| !unchanged) {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    response
}

/// A short answer in plain text.
pub fn plain(status: StatusCode, text: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(text.into());
    response.extensions_mut().insert(OurWords);
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
