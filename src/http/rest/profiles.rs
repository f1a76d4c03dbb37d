//! Profiles and events in our own form: `POST /api/v1/events`, `/api/v1/profiles`,
//! `/api/v1/journeys/{id}/enter`.

use axum::{
    Extension, Json,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
};
use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::{
    Answer,
    batch::{BatchResult, parse, read_each, take},
    description::errors::{
        AddressErrors, BodyErrors, CommonErrors, ConflictErrors, NotFoundErrors,
    },
};
use crate::{
    api::{AppError, journeys::journey_id},
    http::AppState,
};
use wayfare_domain::{
    access::actor::Actor,
    engine::entry::start_event_key,
    openapi,
    profiles::{
        Properties,
        ingest_json::{EventJson, ProfileJson},
        ingest_record::{IngestRecord, NewEvent, ProfileRef, RecordPayload},
        property_value::read_properties,
        read_model::ProfileDetail,
    },
};

/// Events to store.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EventBatch<'a> {
    #[serde(borrow)]
    #[schema(value_type = Vec<EventJson>, max_items = 1000)]
    events: Vec<&'a RawValue>,
}

/// Send events
///
/// What profiles did. An event can start enrolments, unless it is more than an hour old. A rejected
/// record is named, and the others are stored.
#[utoipa::path(
    post, path = "/api/v1/events", operation_id = "sendEvents", tag = "Profiles",
    request_body(content = EventBatch, example = json!({ "events": [{
        "identity": "ada", "name": "Signed Up", "properties": { "plan": "gold" },
        "message_id": "4711",
    }] })),
    responses(
        (status = 200, description = "What was stored, and what was not and why.",
            body = BatchResult),
        CommonErrors, BodyErrors,
    ),
    security(("key" = ["ingest"]), ("key" = ["browser"])),
)]
pub async fn events(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    body: Bytes,
) -> Answer<Json<BatchResult>> {
    let now = state.services.now();
    let form: EventBatch<'_> = parse(&body).map_err(AppError::field)?;
    let read = read_each(&form.events, |form: EventJson| form.read(now))?;
    take(&state, &actor, read).await
}

/// Profiles to store.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ProfileBatch<'a> {
    #[serde(borrow)]
    #[schema(value_type = Vec<ProfileJson>, max_items = 1000)]
    profiles: Vec<&'a RawValue>,
}

/// Send profiles
///
/// What is known of profiles: properties, with addresses and consent among them, and lists. A
/// profile that is not known yet is created. A rejected record is named, and the others are stored.
#[utoipa::path(
    post, path = "/api/v1/profiles", operation_id = "sendProfiles", tag = "Profiles",
    request_body(content = ProfileBatch, example = json!({ "profiles": [{
        "identity": "ada", "properties": { "email": "ada@example.com", "plan": "gold" },
        "lists": ["VIP"],
    }] })),
    responses(
        (status = 200, description = "What was stored, and what was not and why.",
            body = BatchResult),
        CommonErrors, BodyErrors,
    ),
    security(("key" = ["ingest"]), ("key" = ["browser"])),
)]
pub async fn profiles(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    body: Bytes,
) -> Answer<Json<BatchResult>> {
    let form: ProfileBatch<'_> = parse(&body).map_err(AppError::field)?;
    let read = read_each(&form.profiles, ProfileJson::read)?;
    take(&state, &actor, read).await
}

/// Whom a journey is asked to enter.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EntrantBatch<'a> {
    #[serde(borrow)]
    #[schema(value_type = Vec<Entrant>, max_items = 1000)]
    people: Vec<&'a RawValue>,
}

/// A profile that a journey is asked to enter. It has an `identity` or an `anonymous_id`, or both.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Entrant {
    /// The key by which your own system knows the profile.
    #[schema(max_length = 255)]
    identity: Option<String>,
    /// The key of a device or browser, before its owner is identified.
    #[schema(max_length = 255)]
    anonymous_id: Option<String>,
    /// Properties of the entry, for the journey's conditions and messages.
    #[serde(default)]
    #[schema(value_type = openapi::Properties)]
    properties: Properties,
    /// Two requests with the same message ID are one.
    message_id: Option<String>,
}

/// Ask a journey to start enrolments
///
/// The journey has to be running. Whether a profile enters is decided after the answer, by the
/// entry rules.
#[utoipa::path(
    post, path = "/api/v1/journeys/{id}/enter", operation_id = "enterJourney", tag = "Journeys",
    params(("id" = String, Path, description = "The ID of the journey.",
        example = "00000000-0000-7000-8000-000000000000")),
    request_body(content = EntrantBatch, example = json!({ "people": [{
        "identity": "ada", "properties": { "cart": "C-1" },
    }] })),
    responses(
        (status = 202, description = "The requests were stored. The entry rules decide.",
            body = BatchResult),
        CommonErrors, BodyErrors, NotFoundErrors, ConflictErrors,
    ),
    security(("key" = ["enter"])),
)]
pub async fn enter(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    body: Bytes,
) -> Answer<(StatusCode, Json<BatchResult>)> {
    let journey = journey_id(&id)?;
    let now = state.services.now();
    let form: EntrantBatch<'_> = parse(&body).map_err(AppError::field)?;
    let name = start_event_key(&journey.to_string());
    let read = read_each(&form.people, |form: Entrant| {
        let who = ProfileRef::read(form.identity, form.anonymous_id)?;
        let properties =
            read_properties(form.properties).map_err(|error| error.under("properties"))?;
        let event =
            NewEvent { name: name.clone(), at: now, properties, message_id: form.message_id };
        Ok(vec![IngestRecord { who, what: RecordPayload::Event(event) }])
    })?;
    state.services.enter(&actor, journey, read.records).await?;
    Ok((
        StatusCode::ACCEPTED,
        Json(BatchResult { accepted: read.accepted, rejected: read.rejected, ignored: Vec::new() }),
    ))
}

/// Read a profile
///
/// A profile with its recent events and enrolments. With `read` or `operate` alone, addresses are
/// masked and properties are left out; asking by an identity that is an address needs `profiles`.
#[utoipa::path(
    get, path = "/api/v1/profiles/{identity}", operation_id = "readPerson", tag = "Profiles",
    params(("identity" = String, Path, description = "The identity, as it was sent.",
        example = "ada")),
    responses(
        (status = 200, description = "The profile.", body = ProfileDetail),
        CommonErrors, AddressErrors, NotFoundErrors,
    ),
    security(("key" = ["profiles"]), ("key" = ["read"]), ("key" = ["operate"])),
)]
pub async fn read(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Path(identity): Path<String>,
) -> Answer<Json<ProfileDetail>> {
    Ok(Json(state.services.person_of(&actor, &identity).await?))
}

/// Delete a profile for good
///
/// The totals of journeys keep its enrolments, without it.
#[utoipa::path(
    delete, path = "/api/v1/profiles/{identity}", operation_id = "forgetPerson", tag = "Profiles",
    params(("identity" = String, Path, description = "The identity, as it was sent.",
        example = "ada")),
    responses(
        (status = 204, description = "The profile is deleted."),
        CommonErrors, AddressErrors, NotFoundErrors,
    ),
    security(("key" = ["erase"])),
)]
pub async fn delete(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Path(identity): Path<String>,
) -> Answer<StatusCode> {
    state.services.delete_profile_by_identity(&actor, &identity).await?;
    Ok(StatusCode::NO_CONTENT)
}
