//! What the APIs for people and events share: a batch is read record by record, so that a bad one is named and the others are
//! kept.

use axum::Json;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Answer;
use crate::{
    api::AppError,
    domain::{actor::Actor, error::FieldError, people::record::Record, unreadable::reason_with_place},
    server::http::AppState,
};

/// Most records of one call (reference 8.1).
pub const RECORDS_MAX: usize = 1_000;

/// A record that was not taken.
#[derive(Debug, Serialize)]
pub struct Rejected {
    /// Its place in the batch, from 0.
    pub index: usize,
    #[serde(flatten)]
    pub error: FieldError,
}

/// What became of a batch.
#[derive(Debug, Serialize)]
pub struct Taken {
    pub accepted: usize,
    pub rejected: Vec<Rejected>,
}

/// Reads each record; the bad ones are set aside.
pub fn read_each<'a, T: Deserialize<'a>>(
    raw: &[&'a RawValue],
    read: impl Fn(T) -> Result<Vec<Record>, FieldError>,
) -> Result<(Vec<Record>, usize, Vec<Rejected>), AppError> {
    if raw.len() > RECORDS_MAX {
        let sentence = format!("There are {} records; the most in one call is {RECORDS_MAX}.", raw.len());
        return Err(AppError::field(FieldError::new("", "too_many", sentence)));
    }
    let mut records = Vec::with_capacity(raw.len());
    let mut rejected = Vec::new();
    for (index, raw) in raw.iter().enumerate() {
        let parsed = parse::<T>(raw.get().as_bytes()).and_then(&read);
        match parsed {
            Ok(read) => records.extend(read),
            Err(error) => rejected.push(Rejected { index, error }),
        }
    }
    let accepted = raw.len() - rejected.len();
    Ok((records, accepted, rejected))
}

/// Reads JSON, with the place of what is wrong in it.
pub fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, FieldError> {
    // To know the place costs a third of the time, and most bodies are good.
    if let Ok(value) = serde_json::from_slice(body) {
        return Ok(value);
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { String::new() } else { path };
        FieldError::new(path, "malformed", format!("This cannot be read: {}.", reason_with_place(error.inner())))
    })?;
    reader
        .end()
        .map_err(|error| FieldError::new("", "malformed", format!("This cannot be read: {}.", reason_with_place(&error))))?;
    Ok(value)
}

/// Stores what was good of a batch.
pub async fn store(state: &AppState, actor: &Actor, records: Vec<Record>) -> Result<(), AppError> {
    Ok(state.services.ingest(actor, records).await?)
}

/// Stores and answers, as our own API does.
pub async fn take(
    state: &AppState,
    actor: &Actor,
    (records, accepted, rejected): (Vec<Record>, usize, Vec<Rejected>),
) -> Answer<Json<Taken>> {
    store(state, actor, records).await?;
    Ok(Json(Taken { accepted, rejected }))
}
