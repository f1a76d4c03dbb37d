//! Files of people and events from the page, and what was refused of them, as a file again.

use std::{
    io::{self, ErrorKind, Seek, Write},
    time::Duration,
};

use axum::{
    Extension,
    body::Body,
    extract::{
        FromRequest, Multipart, Path, Request, State,
        multipart::{Field, MultipartError},
    },
    http::{HeaderValue, Response, StatusCode, header},
    response::{IntoResponse, Redirect},
};
use tokio::time::sleep;

use super::{AppState, access_recheck::AccessRecheck, error_page, form_project};
use crate::api::{
    AppError,
    request::{RequestAuth, accepts_html},
};
use wayfare_application::imports::{PeopleFile, refused_csv};
use wayfare_domain::{
    access::{actor::Actor, permissions::Permission},
    error::FieldError,
    ids::ImportId,
    profiles::import::{FileFormat, ImportOptions},
    query_string::FOR_PROJECT,
};
use wayfare_runtime::costly_work::Job;

/// Largest file that a browser may send, in bytes. Larger ones are for `wayfare import-profiles`.
pub const FILE_MAX: usize = 512 * 1024 * 1024;
/// Longest time that a file may be on its way.
const ARRIVES_WITHIN: Duration = Duration::from_secs(2 * 60 * 60);
/// How often it is asked meanwhile whether its sender may still send it.
const RECHECK_EVERY: Duration = Duration::from_secs(30);
/// Longest text of another field of the form, in bytes.
const FIELD_MAX: usize = 4 * 1024;
const PAGE: &str = "/imports";
const UPLOAD: &str = "/imports/upload";

pub async fn upload(
    State(state): State<AppState>,
    Extension(caller): Extension<RequestAuth>,
    request: Request,
) -> Response<Body> {
    match take(&state, caller, request).await {
        Ok(import) => Redirect::to(&format!("{PAGE}/{import}")).into_response(),
        Err(error) => error_page::of(&error, &state.assets, PAGE),
    }
}

async fn take(
    state: &AppState,
    caller: RequestAuth,
    request: Request,
) -> Result<ImportId, AppError> {
    let plain = accepts_html(request.headers());
    let recheck = request.extensions().get::<AccessRecheck>().cloned();
    let recheck = recheck.ok_or(AppError::SignedOut)?;
    let made_for = |named: Option<&str>| form_project::require(&caller, UPLOAD, named, plain);
    let actor = may_import(&caller)?;
    let place = state.services.begin_costly(&actor, Job::Import).await?;
    let form = Multipart::from_request(request, state)
        .await
        .map_err(|_| broken("the request contains no file"))?;
    let file = received(&recheck, read(form, made_for)).await?;
    // A form may be whole before its request has ended.
    recheck.require_unchanged().await?;
    Ok(state.services.start_import(&actor, file, place).await?)
}

/// Asked before the file is taken from the wire.
fn may_import(caller: &RequestAuth) -> Result<Actor, AppError> {
    let actor = caller.standing.as_ref().ok_or(AppError::SignedOut)?.actor.clone();
    actor.require(Permission::IngestRecords)?;
    Ok(actor)
}

/// Reads a file that arrives as long as its sender may send it, and in time.
async fn received<T>(
    recheck: &AccessRecheck,
    reading: impl Future<Output = Result<T, AppError>>,
) -> Result<T, AppError> {
    let refused = async {
        loop {
            sleep(RECHECK_EVERY).await;
            if let Err(refusal) = recheck.require_unchanged().await {
                return refusal;
            }
        }
    };
    tokio::select! {
        read = reading => read,
        refusal = refused => Err(refusal),
        () = sleep(ARRIVES_WITHIN) => Err(AppError::TookTooLong(
            "The file did not arrive within two hours. Split it, or import it with “wayfare \
                import-profiles” on the server."
                .to_string(),
        )),
    }
}

/// Keeps the file on the disk, in a place that is gone with this process. The field of the project
/// stands first in the form, and nothing is kept of a file that it does not come before.
async fn read(
    mut form: Multipart,
    made_for: impl Fn(Option<&str>) -> Result<(), AppError>,
) -> Result<PeopleFile, AppError> {
    let (mut list, mut identity, mut received, mut project) = (None, None, None, None);
    while let Some(mut field) = form.next_field().await.map_err(lost)? {
        match field.name().unwrap_or_default() {
            name @ FOR_PROJECT => project = Some(short(name.to_string(), field).await?),
            name @ "list" => list = Some(short(name.to_string(), field).await?),
            name @ "identity" => identity = Some(short(name.to_string(), field).await?),
            "file" => {
                made_for(project.as_deref())?;
                let name = field.file_name().unwrap_or_default().to_string();
                let mut file = tempfile::tempfile().map_err(disk)?;
                let mut bytes = 0;
                while let Some(chunk) = field.chunk().await.map_err(lost)? {
                    file.write_all(&chunk).map_err(disk)?;
                    bytes += chunk.len() as u64;
                }
                file.rewind().map_err(disk)?;
                received = Some((name, file, bytes));
            }
            _ => {}
        }
    }
    made_for(project.as_deref())?;
    let Some((name, file, bytes)) = received.filter(|(name, ..)| !name.is_empty()) else {
        return Err(AppError::field(FieldError::new("file", "required", "Choose a file.")));
    };
    let format = FileFormat::of_name(&name).ok_or_else(|| {
        let sentence = "The file has an unknown format. Use a .csv or .jsonl file.";
        AppError::field(FieldError::new("file", "unknown_value", sentence))
    })?;
    let given = |text: Option<String>| {
        text.map(|text| text.trim().to_string()).filter(|text| !text.is_empty())
    };
    Ok(PeopleFile {
        name,
        file,
        bytes,
        reading: ImportOptions { format, identity: given(identity), list: given(list) },
    })
}

/// A field that someone types. Only the file may be as long as the whole form.
async fn short(name: String, mut field: Field<'_>) -> Result<String, AppError> {
    let mut text = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(lost)? {
        text.extend_from_slice(&chunk);
        if text.len() > FIELD_MAX {
            let sentence = format!("This has more than {FIELD_MAX} bytes. Shorten it.");
            return Err(AppError::field(FieldError::new(name, "too_long", sentence)));
        }
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn lost(error: MultipartError) -> AppError {
    tracing::debug!(%error, "upload.lost");
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let most = FILE_MAX / 1024 / 1024;
        return AppError::TooLarge(format!(
            "The file is larger than {most} MB. Split it, or import it with “wayfare \
                import-profiles” on the server."
        ));
    }
    broken("the connection ended, or the form is not valid")
}

fn broken(reason: &str) -> AppError {
    let sentence = format!("The file did not arrive: {}.", reason.trim_end_matches('.'));
    AppError::field(FieldError::new("file", "malformed", sentence))
}

fn disk(error: io::Error) -> AppError {
    tracing::error!(%error, "upload.failed");
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            AppError::Unavailable(
                "The server's folder for temporary files is full. Nothing was imported. Free some \
                    space and try again."
                    .to_string(),
            )
        }
        _ => AppError::Internal,
    }
}

/// The rows that were refused, for anyone who mends them.
pub async fn refused(
    State(state): State<AppState>,
    Extension(caller): Extension<RequestAuth>,
    Path(import): Path<String>,
) -> Response<Body> {
    match refused_rows(&state, caller, &import).await {
        Ok(rows) => {
            let mut response = Response::new(Body::from(rows));
            let headers = response.headers_mut();
            headers
                .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
            headers.insert(
                header::CONTENT_DISPOSITION,
                HeaderValue::from_static("attachment; filename=\"refused-rows.csv\""),
            );
            response
        }
        Err(error) => error_page::of(&error, &state.assets, PAGE),
    }
}

async fn refused_rows(
    state: &AppState,
    caller: RequestAuth,
    import: &str,
) -> Result<Vec<u8>, AppError> {
    let actor = may_import(&caller)?;
    let import: ImportId = import.parse().map_err(|_| AppError::NotFound("import".to_string()))?;
    // Only those of an import of their project.
    state.services.import_of(&actor, import).await?;
    Ok(refused_csv(&state.services.refused_lines(&actor, import).await?)?)
}
