//! The API that is compatible with Segment: its published client libraries send here when their
//! `host` points at Wayfare. The key goes as the user of HTTP basic authentication.

use axum::{Extension, Json, body::Bytes, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};
use utoipa::{
    ToSchema,
    openapi::schema::{Object, ObjectBuilder, Type},
};

use super::{
    Answer,
    batch::{IgnoredFields, RejectedRecord, parse, read_each, store},
    description::{
        errors::{BodyErrors, CommonErrors},
        text_or_number,
    },
};
use crate::{api::AppError, http::AppState};
use wayfare_domain::{
    access::actor::Actor,
    error::FieldError,
    openapi,
    profiles::{
        Properties,
        ingest_record::{IngestRecord, NewEvent, ProfileRef, ProfileUpdate, RecordPayload},
    },
    time::Timestamp,
};

/// The result. Libraries look at the status; the rest is for people.
#[derive(Serialize, ToSchema)]
pub struct SegmentResult {
    /// Whether nothing was rejected.
    success: bool,
    /// Left out where nothing was rejected.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rejected: Vec<RejectedRecord>,
    /// Left out where nothing was ignored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ignored: Vec<IgnoredFields>,
}

/// Messages of any type.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SegmentBatch<'a> {
    #[serde(borrow)]
    #[schema(value_type = Vec<Message>, max_items = 1000)]
    batch: Vec<&'a RawValue>,
}

/// A message as Segment's libraries send it. Fields that are not named here are passed over.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SegmentMessage)]
struct Message {
    #[serde(rename = "type")]
    #[schema(schema_with = types)]
    kind: Option<String>,
    #[schema(schema_with = text_or_number)]
    user_id: Option<Value>,
    #[schema(schema_with = text_or_number)]
    anonymous_id: Option<Value>,
    #[schema(schema_with = text_or_number)]
    previous_id: Option<Value>,
    #[schema(schema_with = text_or_number)]
    group_id: Option<Value>,
    /// The name of the event, for `track`.
    event: Option<String>,
    /// The name of the page or the screen.
    name: Option<String>,
    #[schema(value_type = Option<openapi::Properties>)]
    properties: Option<Properties>,
    #[schema(value_type = Option<openapi::Properties>)]
    traits: Option<Properties>,
    timestamp: Option<Timestamp>,
    message_id: Option<String>,
}

fn types() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some("The type of the message. Only a batch needs it."))
        .enum_values(Some(["track", "identify", "page", "screen", "group", "alias"]))
        .build()
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

/// Send messages of any type
#[utoipa::path(
    post, path = "/v1/batch", operation_id = "batch", tag = "Segment",
    request_body(content = SegmentBatch, example = json!({ "batch": [{
        "type": "track", "userId": "ada", "event": "Visited",
    }] })),
    responses(
        (status = 200, description = "What was stored. Rejected messages are named.",
            body = SegmentResult),
        CommonErrors, BodyErrors,
    ),
    security(("key" = ["ingest"]), ("key" = ["browser"])),
)]
pub async fn batch(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    body: Bytes,
) -> Answer<Json<SegmentResult>> {
    let now = state.services.now();
    let form: SegmentBatch<'_> = parse(&body).map_err(AppError::field)?;
    let read = read_each(&form.batch, |message: Message| message.records(now))?;
    let ignored = store(&state, &actor, read.records, &read.places).await?;
    Ok(Json(SegmentResult { success: read.rejected.is_empty(), rejected: read.rejected, ignored }))
}

async fn one(
    state: AppState,
    actor: Actor,
    kind: &str,
    body: Bytes,
) -> Answer<Json<SegmentResult>> {
    let mut message: Message = parse(&body).map_err(AppError::field)?;
    message.kind = Some(kind.to_string());
    let records = message.records(state.services.now()).map_err(AppError::field)?;
    let ignored = store(&state, &actor, records, &[]).await?;
    Ok(Json(SegmentResult { success: true, rejected: Vec::new(), ignored }))
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident $path:literal $example:tt;)*) => {$(
        $(#[$doc])*
        #[utoipa::path(
            post, path = $path, operation_id = stringify!($name), tag = "Segment",
            request_body(content = Message, example = json!($example)),
            responses(
                (status = 200, description = "The message was stored.", body = SegmentResult),
                CommonErrors, BodyErrors,
            ),
            security(("key" = ["ingest"]), ("key" = ["browser"])),
        )]
        pub async fn $name(
            State(state): State<AppState>,
            Extension(actor): Extension<Actor>,
            body: Bytes,
        ) -> Answer<Json<SegmentResult>> {
            one(state, actor, stringify!($name), body).await
        }
    )*};
}

kinds! {
    /// Send an event
    track "/v1/track" { "userId": "ada", "event": "Visited" };
    /// Identify a profile
    identify "/v1/identify" { "userId": "ada", "traits": { "plan": "gold" } };
    /// Send a view of a page
    page "/v1/page" { "userId": "ada", "name": "Prices" };
    /// Send a view of a screen
    screen "/v1/screen" { "userId": "ada", "name": "Prices" };
    /// Say which group a profile belongs to
    ///
    /// The group ID becomes the property `group_id`; traits of the group are not stored.
    group "/v1/group" { "userId": "ada", "groupId": "acme" };
    /// Say that two IDs are one profile
    alias "/v1/alias" { "userId": "ada", "previousId": "device-7" };
}
