//! Tells open pages that something changed (server-sent events). What changed, they ask for
//! themselves.

use std::{convert::Infallible, net::IpAddr, time::Duration};

use async_stream::stream;
use axum::{
    Extension,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderValue, Response, header},
};
use tokio::time::{Instant, interval_at};

use super::{AppState, authenticate::json};
use crate::api::{AppError, request::RequestAuth};
use wayfare_application::{AuthContext, AuthRequest, ServiceResult, client_network::ClientNetwork};
use wayfare_domain::{access::permissions::Permission, ids::UserId};

/// Streams of one person, or of one address in local mode: many windows of several browsers.
pub const STREAMS_MAX: usize = 32;
/// How often a stream shows that it lives, and is asked whether its owner is still signed in.
const STILL_THERE: Duration = Duration::from_secs(30);
/// A comment, which browsers pass over.
const SIGN_OF_LIFE: Bytes = Bytes::from_static(b":\n\n");
/// Seconds after which a refused stream is worth another try.
const AGAIN_AFTER: u64 = 30;

/// Whose streams are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Watcher {
    Person(UserId),
    /// In local mode everybody is the same person.
    Address(Option<ClientNetwork>),
}

impl Watcher {
    fn of(auth: &AuthContext, address: Option<IpAddr>) -> Self {
        match auth.is_local() {
            true => Self::Address(address.map(ClientNetwork::from)),
            false => Self::Person(auth.actor.user),
        }
    }
}

pub async fn stream(
    State(state): State<AppState>,
    Extension(caller): Extension<RequestAuth>,
) -> Response<Body> {
    let Some(auth) = caller.standing else { return json(&AppError::SignedOut) };
    if let Err(refusal) = auth.actor.require(Permission::SeeJourneys) {
        return json(&refusal.into());
    }
    let Some(permit) = state.streams.try_acquire(Watcher::of(&auth, caller.client.origin.address))
    else {
        return too_many();
    };
    let project = auth.actor.project;
    let visit = AuthRequest {
        secret: caller.client.secret,
        wanted: Some(project),
        needed: None,
        origin: caller.client.origin,
        forwarded: false,
    };
    let mut changes = state.services.changes().subscribe(project);
    let events = stream! {
        let _counts_while_open = permit;
        // The first event tells the page where it stands, so that nothing is missed between the
        // page and the stream.
        let generation = changes.borrow_and_update().generation;
        yield Ok::<_, Infallible>(Bytes::from(format!("event: hello\ndata: {generation}\n\n")));
        let mut looks = interval_at(Instant::now() + STILL_THERE, STILL_THERE);
        loop {
            let changed = tokio::select! {
                () = state.stop.cancelled() => return,
                changed = changes.changed() => match changed {
                    Ok(()) => true,
                    Err(_) => return,
                },
                _ = looks.tick() => false,
            };
            if changed {
                let event = changes.borrow_and_update().event.clone();
                yield Ok(event);
            } else if may_still_listen(&state.services.look_again(&visit).await, &auth) {
                yield Ok(SIGN_OF_LIFE);
            } else {
                // Anyone who has signed out, or lost their role, hears nothing more.
                return;
            }
        }
    };
    let mut response = Response::new(Body::from_stream(events));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// A browser takes this for good: the window stays as it is until it is loaded again, and does not
/// take turns with the others.
fn too_many() -> Response<Body> {
    let mut response = json(&AppError::TooMany(AGAIN_AFTER));
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(AGAIN_AFTER));
    response
}

fn may_still_listen(now: &ServiceResult<Option<AuthContext>>, then: &AuthContext) -> bool {
    matches!(now, Ok(Some(now)) if now.actor.user == then.actor.user
        && now.actor.project == then.actor.project
        && now.actor.require(Permission::SeeJourneys).is_ok())
}
