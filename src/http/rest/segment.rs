//! The API that is compatible with Segment: its published client libraries send here when their
//! `host` points at Wayfare. The key goes as the user of HTTP basic authentication.

use axum::{Extension, Json, body::Bytes, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};

use super::{
    Answer,
    batch::{LeftAlone, Rejected, parse, read_each, store},
};
use crate::{api::AppError, http::AppState};
use wayfare_domain::{
    access::actor::Actor,
    error::FieldError,
    profiles::{
        Properties,
        ingest_record::{IngestRecord, NewEvent, ProfileRef, ProfileUpdate, RecordPayload},
    },
    time::Timestamp,
};

/// What the libraries look at is the status; the rest is for people.
#[derive(Serialize)]
pub struct Told {
    success: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rejected: Vec<Rejected>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ignored: Vec<LeftAlone>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Batch<'a> {
    #[serde(borrow)]
    batch: Vec<&'a RawValue>,
}

/// One message of any kind. Libraries send much that is of no use here; it is passed over.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    #[serde(rename = "type")]
    kind: Option<String>,
    /// Libraries take numbers as well.
    user_id: Option<Value>,
    anonymous_id: Option<Value>,
    previous_id: Option<Value>,
    group_id: Option<Value>,
    event: Option<String>,
    name: Option<String>,
    properties: Option<Properties>,
    traits: Option<Properties>,
    timestamp: Option<Timestamp>,
    message_id: Option<String>,
}

impl Message {
    /// An event happened when the library says; without a word about it, now.
    fn event(self, name: &str, now: Timestamp) -> Result<Vec<IngestRecord>, FieldError> {
        let who = ProfileRef::read(
            text(self.user_id, "userId")?,
            text(self.anonymous_id, "anonymousId")?,
        )?;
        let event = NewEvent::read(
            name,
            self.timestamp,
            self.properties.unwrap_or_default(),
            self.message_id,
            now,
        )?;
        Ok(vec![IngestRecord { who, what: RecordPayload::Event(event) }])
    }

    fn records(mut self, now: Timestamp) -> Result<Vec<IngestRecord>, FieldError> {
        let kind = self.kind.take().unwrap_or_default();
        match kind.as_str() {
            "track" => {
                let name = self.event.take().ok_or_else(|| {
                    FieldError::new("event", "required", "The event has no name.")
                })?;
                self.event(&name, now)
            }
            "page" | "screen" => {
                let name = if kind == "page" { "Page Viewed" } else { "Screen Viewed" };
                if let Some(title) = self.name.take() {
                    self.properties
                        .get_or_insert_default()
                        .entry("name")
                        .or_insert(Value::String(title));
                }
                self.event(name, now)
            }
            "identify" | "alias" | "group" => {
                let anonymous = if kind == "alias" { self.previous_id } else { self.anonymous_id };
                let who = ProfileRef::read(
                    text(self.user_id, "userId")?,
                    text(anonymous, "anonymousId")?,
                )?;
                let mut traits = if kind == "identify" {
                    self.traits.unwrap_or_default()
                } else {
                    Properties::new()
                };
                if let Some(group) = self.group_id.filter(|_| kind == "group") {
                    traits.insert("group_id".to_string(), group);
                }
                let change = ProfileUpdate::read(traits).map_err(|error| error.under("traits"))?;
                Ok(vec![IngestRecord { who, what: RecordPayload::Change(change) }])
            }
            other => {
                let sentence = format!(
                    "“{}” is not a type of message.",
                    other.chars().take(40).collect::<String>()
                );
                Err(FieldError::new("type", "unknown_value", sentence))
            }
        }
    }
}

fn text(id: Option<Value>, path: &str) -> Result<Option<String>, FieldError> {
    match id {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(_) => Err(FieldError::new(path, "malformed", "An ID must be a text.")),
    }
}

pub async fn batch(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    body: Bytes,
) -> Answer<Json<Told>> {
    let now = state.services.now();
    let form: Batch<'_> = parse(&body).map_err(AppError::field)?;
    let read = read_each(&form.batch, |message: Message| message.records(now))?;
    let ignored = store(&state, &actor, read.records, &read.places).await?;
    Ok(Json(Told { success: read.rejected.is_empty(), rejected: read.rejected, ignored }))
}

async fn one(state: AppState, actor: Actor, kind: &str, body: Bytes) -> Answer<Json<Told>> {
    let mut message: Message = parse(&body).map_err(AppError::field)?;
    message.kind = Some(kind.to_string());
    let records = message.records(state.services.now()).map_err(AppError::field)?;
    let ignored = store(&state, &actor, records, &[]).await?;
    Ok(Json(Told { success: true, rejected: Vec::new(), ignored }))
}

macro_rules! kinds {
    ($($name:ident)*) => {
        $(pub async fn $name(State(state): State<AppState>, Extension(actor): Extension<Actor>, body: Bytes) -> Answer<Json<Told>> {
            one(state, actor, stringify!($name), body).await
        })*
    };
}

kinds! { track identify page screen group alias }
