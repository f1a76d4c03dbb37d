//! The API that is compatible with CleverTap (docs/rest.md): `POST /1/upload`, the key as
//! `X-CleverTap-Passcode`.

use axum::{
    Extension, Json,
    body::Bytes,
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr,
        schema::{Object, ObjectBuilder, Schema, Type},
    },
};

use super::{
    Answer,
    batch::{IgnoredFields, RECORDS_MAX, parse, store},
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

/// Names that the reference keeps for itself (8.3).
const RESERVED: [&str; 13] = [
    "notification sent",
    "notification viewed",
    "notification clicked",
    "notification delivered",
    "notification replied",
    "utm visited",
    "app launched",
    "app uninstalled",
    "app version changed",
    "stayed",
    "reply sent",
    "experiment rendered",
    "reachable by",
];

/// Profiles and events.
#[derive(Deserialize, ToSchema)]
#[schema(as = CleverTapUpload)]
struct Upload<'a> {
    #[serde(borrow)]
    #[schema(value_type = Vec<Form>, max_items = 1000)]
    d: Vec<&'a RawValue>,
}

/// A profile or an event as CleverTap's API takes it. Fields that are not named here are passed
/// over.
#[derive(Deserialize, ToSchema)]
#[schema(as = CleverTapRecord)]
struct Form {
    #[serde(rename = "type")]
    #[schema(schema_with = types)]
    kind: Option<String>,
    #[schema(schema_with = text_or_number)]
    identity: Option<Value>,
    #[serde(rename = "FBID")]
    #[schema(schema_with = text_or_number)]
    facebook: Option<Value>,
    #[serde(rename = "GPID")]
    #[schema(schema_with = text_or_number)]
    google: Option<Value>,
    #[serde(rename = "objectId")]
    #[schema(schema_with = text_or_number)]
    object: Option<Value>,
    /// The name of the event.
    #[serde(rename = "evtName")]
    event_name: Option<String>,
    /// The properties of the event.
    #[serde(rename = "evtData", default)]
    #[schema(value_type = openapi::Properties)]
    event_data: Properties,
    /// The properties of the profile.
    #[serde(rename = "profileData", default)]
    #[schema(value_type = openapi::Properties)]
    profile_data: Properties,
    /// When it happened, in seconds since 1970.
    #[schema(value_type = Option<i64>)]
    ts: Option<Value>,
}

fn types() -> Object {
    let types = ObjectBuilder::new().schema_type(Type::String);
    types.enum_values(Some(["profile", "event"])).build()
}

/// A record that was not stored, as code written for CleverTap expects it.
#[derive(Debug, Serialize, ToSchema)]
struct UnprocessedRecord<'a> {
    #[schema(schema_with = fail)]
    status: &'static str,
    /// A code of CleverTap's table.
    code: u16,
    /// A sentence for people.
    error: String,
    /// The record as it was sent.
    #[schema(value_type = Value)]
    record: &'a RawValue,
}

fn fail() -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["fail"])).build()
}

/// The result.
#[derive(Debug, Serialize, ToSchema)]
struct CleverTapResult<'a> {
    #[schema(schema_with = statuses)]
    status: &'static str,
    /// How many records were stored.
    processed: usize,
    unprocessed: Vec<UnprocessedRecord<'a>>,
    /// Left out where nothing was ignored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ignored: Vec<IgnoredFields>,
}

fn statuses() -> Object {
    let statuses = ["success", "partial", "fail"];
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(statuses)).build()
}

/// The one value of the query's `dryRun`.
struct DryRun;

impl PartialSchema for DryRun {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["1"])).into()
    }
}

impl ToSchema for DryRun {}

/// A code of the reference's table (8.4), and why.
struct Fault(u16, String);

impl From<FieldError> for Fault {
    fn from(error: FieldError) -> Self {
        let code = match error.path.as_str() {
            "identity" | "anonymous_id" => 523,
            "timestamp" => 525,
            "event" => 512,
            path if path.ends_with("email") => 515,
            path if path.ends_with("phone") => 516,
            _ if error.key == "too_many" => 522,
            _ => 512,
        };
        Fault(
            code,
            if error.path.is_empty() {
                error.sentence
            } else {
                format!("{}: {}", error.path, error.sentence)
            },
        )
    }
}

impl Form {
    fn who(&self) -> Result<ProfileRef, Fault> {
        let text = |value: &Option<Value>| match value {
            Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        let prefixed =
            |value: &Option<Value>, prefix: &str| text(value).map(|text| format!("{prefix}{text}"));
        let identity = text(&self.identity)
            .or(prefixed(&self.facebook, "fb:"))
            .or(prefixed(&self.google, "gp:"));
        Ok(ProfileRef::read(identity, text(&self.object))?)
    }

    fn time(&self) -> Result<Option<Timestamp>, Fault> {
        match &self.ts {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                let seconds =
                    value.as_i64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
                let seconds = seconds.filter(|seconds| (0..100_000_000_000).contains(seconds));
                seconds
                    .map(|seconds| Some(Timestamp(seconds * 1000)))
                    .ok_or_else(|| Fault(525, "ts is not in epoch seconds".to_string()))
            }
        }
    }

    fn record(self, now: Timestamp) -> Result<IngestRecord, Fault> {
        let who = self.who()?;
        let at = self.time()?;
        match self.kind.as_deref() {
            Some("profile") => Ok(IngestRecord {
                who,
                what: RecordPayload::Change(ProfileUpdate::read(dates(self.profile_data))?),
            }),
            Some("event") => {
                let name =
                    self.event_name.ok_or_else(|| Fault(509, "evtName is missing".to_string()))?;
                if RESERVED.contains(&name.trim().to_lowercase().as_str()) {
                    return Err(Fault(513, format!("“{name}” is a system event")));
                }
                let event = NewEvent::read(&name, at, dates(self.event_data), None, now)?;
                Ok(IngestRecord { who, what: RecordPayload::Event(event) })
            }
            _ => Err(Fault(524, "type is neither event nor profile".to_string())),
        }
    }
}

/// `$D_1690000000` is how its libraries write a date.
fn dates(properties: Properties) -> Properties {
    let read = |value: Value| match value
        .as_str()
        .and_then(|text| text.strip_prefix("$D_"))
        .and_then(|text| text.parse::<i64>().ok())
    {
        Some(seconds) => Value::String(Timestamp(seconds.saturating_mul(1000)).to_string()),
        None => value,
    };
    properties.into_iter().map(|(name, value)| (name, read(value))).collect()
}

/// Send profiles and events as CleverTap's API takes them
#[utoipa::path(
    post, path = "/1/upload", operation_id = "upload", tag = "CleverTap",
    params(("dryRun" = inline(Option<DryRun>), Query,
        description = "Validate only; nothing is stored.")),
    request_body(content = Upload, example = json!({ "d": [{
        "type": "event", "identity": "ada", "evtName": "Charged", "evtData": { "Amount": 12 },
    }] })),
    responses(
        (status = 200, description = "What was stored; also where nothing was.",
            body = CleverTapResult),
        CommonErrors, BodyErrors,
    ),
    security(("key" = ["ingest"]), ("key" = ["browser"])),
)]
pub async fn upload(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Answer<Response> {
    let form: Upload<'_> = parse(&body).map_err(AppError::field)?;
    if form.d.len() > RECORDS_MAX {
        let sentence =
            format!("There are {} records; the limit in one call is {RECORDS_MAX}.", form.d.len());
        return Err(AppError::field(FieldError::new("d", "too_many", sentence)).into());
    }
    let now = state.services.now();
    let mut records = Vec::with_capacity(form.d.len());
    let mut places = Vec::with_capacity(form.d.len());
    let mut unprocessed = Vec::new();
    for (index, raw) in form.d.iter().enumerate() {
        let read = parse::<Form>(raw.get().as_bytes()).map_err(|error| Fault(512, error.sentence));
        match read.and_then(|form| form.record(now)) {
            Ok(record) => {
                records.push(record);
                places.push(index);
            }
            Err(Fault(code, error)) => {
                unprocessed.push(UnprocessedRecord { status: "fail", code, error, record: raw })
            }
        }
    }
    let processed = records.len();
    let dry = query.is_some_and(|query| query.split('&').any(|pair| pair == "dryRun=1"));
    let ignored = if dry { Vec::new() } else { store(&state, &actor, records, &places).await? };
    let status = match (processed, unprocessed.is_empty()) {
        (_, true) => "success",
        (0, false) => "fail",
        _ => "partial",
    };
    Ok(Json(CleverTapResult { status, processed, unprocessed, ignored }).into_response())
}
