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

use super::{
    Answer,
    batch::{Taken, parse, read_each, take},
};
use crate::{
    api::{AppError, journeys::journey_id},
    http::AppState,
};
use wayfare_domain::{
    access::actor::Actor,
    engine::entry::start_event_key,
    profiles::{
        Properties,
        ingest_json::{EventJson, ProfileJson},
        ingest_record::{IngestRecord, NewEvent, ProfileRef, RecordPayload},
        property_value::read_properties,
        read_model::ProfileDetail,
    },
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Events<'a> {
    #[serde(borrow)]
    events: Vec<&'a RawValue>,
}

pub async fn events(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    body: Bytes,
) -> Answer<Json<Taken>> {
    let now = state.services.now();
    let form: Events<'_> = parse(&body).map_err(AppError::field)?;
    let read = read_each(&form.events, |form: EventJson| form.read(now))?;
    take(&state, &actor, read).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Profiles<'a> {
    #[serde(borrow)]
    profiles: Vec<&'a RawValue>,
}

pub async fn profiles(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    body: Bytes,
) -> Answer<Json<Taken>> {
    let form: Profiles<'_> = parse(&body).map_err(AppError::field)?;
    let read = read_each(&form.profiles, ProfileJson::read)?;
    take(&state, &actor, read).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EnterRequest<'a> {
    #[serde(borrow)]
    people: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entrant {
    identity: Option<String>,
    anonymous_id: Option<String>,
    /// What the journey's conditions and messages see of the entry.
    #[serde(default)]
    properties: Properties,
    message_id: Option<String>,
}

/// Asks a journey to let people in. It is an occasion like any other: the journey's gates decide,
/// and the journey has to run.
pub async fn enter(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Path(id): Path<String>,
    body: Bytes,
) -> Answer<(StatusCode, Json<Taken>)> {
    let journey = journey_id(&id)?;
    let now = state.services.now();
    let form: EnterRequest<'_> = parse(&body).map_err(AppError::field)?;
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
        Json(Taken { accepted: read.accepted, rejected: read.rejected, ignored: Vec::new() }),
    ))
}

pub async fn read(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Path(identity): Path<String>,
) -> Answer<Json<ProfileDetail>> {
    Ok(Json(state.services.person_of(&actor, &identity).await?))
}

/// Forgets a person, for the law.
pub async fn delete(
    State(state): State<AppState>,
    Extension(actor): Extension<Actor>,
    Path(identity): Path<String>,
) -> Answer<StatusCode> {
    state.services.forget(&actor, &identity).await?;
    Ok(StatusCode::NO_CONTENT)
}
