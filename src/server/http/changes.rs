//! Tells open pages that something changed (server-sent events). What changed, they ask for themselves.

use std::{convert::Infallible, time::Duration};

use async_stream::stream;
use axum::{
    Extension,
    body::Body,
    extract::State,
    http::Response,
    response::{
        IntoResponse,
        sse::{Event, KeepAlive, Sse},
    },
};

use super::{AppState, identify::json};
use crate::{
    api::{AppError, request::Caller},
    domain::access::Permission,
    server::services::{ServiceResult, Standing, Visit},
};

/// Changes that come in a burst are told once.
const BURST: Duration = Duration::from_millis(150);
/// How often a quiet stream is asked whether its owner is still signed in.
const STILL_THERE: Duration = Duration::from_secs(30);

pub async fn stream(State(state): State<AppState>, Extension(caller): Extension<Caller>) -> Response<Body> {
    let Some(standing) = caller.standing else { return json(&AppError::SignedOut) };
    if let Err(refusal) = standing.actor.require(Permission::SeeJourneys) {
        return json(&refusal.into());
    }
    let project = standing.actor.project;
    let visit = Visit {
        secret: caller.visitor.secret,
        wanted: Some(project),
        needed: None,
        origin: caller.visitor.origin,
        forwarded: false,
    };
    let mut changes = state.services.changes().subscribe(project);
    let events = stream! {
        changes.mark_unchanged();
        // The first event tells the page where it stands, so that nothing is missed between the page and the stream.
        let generation = *changes.borrow();
        yield Ok::<_, Infallible>(Event::default().event("hello").data(generation.to_string()));
        loop {
            let changed = tokio::select! {
                () = state.stop.cancelled() => return,
                changed = changes.changed() => match changed {
                    Ok(()) => true,
                    Err(_) => return,
                },
                () = tokio::time::sleep(STILL_THERE) => false,
            };
            // Whoever has signed out, or lost her role, hears nothing more.
            if !may_still_listen(&state.services.standing(&visit).await, &standing) {
                return;
            }
            if changed {
                tokio::time::sleep(BURST).await;
                let generation = *changes.borrow_and_update();
                yield Ok(Event::default().event("changed").data(generation.to_string()));
            }
        }
    };
    Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(20))).into_response()
}

fn may_still_listen(now: &ServiceResult<Option<Standing>>, then: &Standing) -> bool {
    matches!(now, Ok(Some(now)) if now.actor.user == then.actor.user
        && now.actor.project == then.actor.project
        && now.actor.require(Permission::SeeJourneys).is_ok())
}
