//! What the APIs for people and events share: a batch is read record by record, so that a bad one
//! is named and the others are kept.

use axum::Json;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::Answer;
use crate::{api::AppError, http::AppState};
use wayfare_domain::{
    access::actor::Actor,
    error::FieldError,
    profiles::{ingest_record::IngestRecord, sender::IgnoredReason},
    unreadable::reason_with_place,
};

/// Most records of one call (docs/design.md, Limits).
pub const RECORDS_MAX: usize = 1_000;

/// A record that was not stored, and why.
#[derive(Debug, Serialize, ToSchema)]
pub struct RejectedRecord {
    /// The place of the record in the batch, from 0.
    pub index: usize,
    /// The path of the field in the record; empty where it is the whole record.
    pub path: String,
    /// A key for programs that does not change: `too_long`, `required`, `malformed`…
    pub key: String,
    /// A sentence for people.
    pub sentence: String,
}

impl RejectedRecord {
    fn new(index: usize, error: FieldError) -> Self {
        let FieldError { path, key, sentence } = error;
        Self { index, path, key, sentence }
    }
}

/// Fields of a record that were left as they were; the rest of it was stored. An API key with the
/// scope `browser` does not change addresses, consent and lists of known profiles, and no key adds
/// properties to a profile that is full.
#[derive(Debug, Serialize, ToSchema)]
pub struct IgnoredFields {
    /// The place of the record in the batch, from 0.
    pub index: usize,
    pub fields: Vec<String>,
    /// A sentence for people.
    pub sentence: &'static str,
}

fn sentence(reason: IgnoredReason) -> &'static str {
    match reason {
        IgnoredReason::BrowserKey => {
            "These fields were not changed: a browser key cannot change addresses, consent or \
                lists of a known profile."
        }
        IgnoredReason::ProfileFull => {
            "These properties were not stored: a profile has at most 256, with 1 MiB in all. \
                Remove others first."
        }
        IgnoredReason::TooManyEventNames => {
            "This event was not stored: the project knows many event names, and a browser key \
                cannot add another. Send it once with a key of your server."
        }
    }
}

/// The result of a batch. What was accepted is on the disk.
#[derive(Debug, Serialize, ToSchema)]
pub struct BatchResult {
    /// How many records were accepted.
    pub accepted: usize,
    pub rejected: Vec<RejectedRecord>,
    /// Left out where nothing was ignored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ignored: Vec<IgnoredFields>,
}

/// A batch as it was read.
pub struct ReadBatch {
    pub records: Vec<IngestRecord>,
    /// From which item of the batch each record comes.
    pub places: Vec<usize>,
    pub accepted: usize,
    pub rejected: Vec<RejectedRecord>,
}

/// Reads each record; the bad ones are set aside.
pub fn read_each<'a, T: Deserialize<'a>>(
    raw: &[&'a RawValue],
    read: impl Fn(T) -> Result<Vec<IngestRecord>, FieldError>,
) -> Result<ReadBatch, AppError> {
    if raw.len() > RECORDS_MAX {
        let sentence =
            format!("There are {} records; the limit in one call is {RECORDS_MAX}.", raw.len());
        return Err(AppError::field(FieldError::new("", "too_many", sentence)));
    }
    let mut records = Vec::with_capacity(raw.len());
    let mut places = Vec::with_capacity(raw.len());
    let mut rejected = Vec::new();
    for (index, raw) in raw.iter().enumerate() {
        let parsed = parse::<T>(raw.get().as_bytes()).and_then(&read);
        match parsed {
            Ok(read) => {
                places.resize(places.len() + read.len(), index);
                records.extend(read);
            }
            Err(error) => rejected.push(RejectedRecord::new(index, error)),
        }
    }
    let accepted = raw.len() - rejected.len();
    Ok(ReadBatch { records, places, accepted, rejected })
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
        FieldError::new(
            path,
            "malformed",
            format!("This cannot be read: {}.", reason_with_place(error.inner())),
        )
    })?;
    reader.end().map_err(|error| {
        FieldError::new(
            "",
            "malformed",
            format!("This cannot be read: {}.", reason_with_place(&error)),
        )
    })?;
    Ok(value)
}

/// Stores what was good of a batch; answers what was left as it was, by the places of the
/// items.
pub async fn store(
    state: &AppState,
    actor: &Actor,
    records: Vec<IngestRecord>,
    places: &[usize],
) -> Result<Vec<IgnoredFields>, AppError> {
    let mut left: Vec<IgnoredFields> = Vec::new();
    for ignored in state.services.ingest(actor, records).await? {
        let index = places.get(ignored.record).copied().unwrap_or(ignored.record);
        let sentence = sentence(ignored.reason);
        match left.last_mut().filter(|last| (last.index, last.sentence) == (index, sentence)) {
            Some(last) => {
                let further =
                    ignored.fields.into_iter().filter(|field| !last.fields.contains(field));
                let further: Vec<String> = further.collect();
                last.fields.extend(further);
            }
            None => left.push(IgnoredFields { index, fields: ignored.fields, sentence }),
        }
    }
    Ok(left)
}

/// Stores and answers, as our own API does.
pub async fn take(state: &AppState, actor: &Actor, read: ReadBatch) -> Answer<Json<BatchResult>> {
    let ignored = store(state, actor, read.records, &read.places).await?;
    Ok(Json(BatchResult { accepted: read.accepted, rejected: read.rejected, ignored }))
}
