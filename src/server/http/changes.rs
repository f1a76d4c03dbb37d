//! Tells open pages that something changed (server-sent events). What changed, they ask for themselves.

use std::{convert::Infallible, time::Duration};

use async_stream::stream;
use axum::{
    extract::State,
    response::sse::{Event, KeepAlive, Sse},
};
use futures::Stream;

use super::AppState;

/// Changes that come in a burst are told once.
const BURST: Duration = Duration::from_millis(150);

pub async fn stream(State(state): State<AppState>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut changes = state.services.changes().subscribe();
    let stop = state.stop.clone();
    let events = stream! {
        changes.mark_unchanged();
        // The first event tells the page where it stands, so that nothing is missed between the page and the stream.
        let generation = *changes.borrow();
        yield Ok(Event::default().event("hello").data(generation.to_string()));
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                changed = changes.changed() => if changed.is_err() { return },
            }
            tokio::time::sleep(BURST).await;
            let generation = *changes.borrow_and_update();
            yield Ok(Event::default().event("changed").data(generation.to_string()));
        }
    };
    Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(20)))
}
