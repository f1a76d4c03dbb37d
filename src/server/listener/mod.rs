//! Takes connections and hands their requests to the router, within limits: of connections at once,
//! of each client and in all, and of the time that a connection may stand still. A slow or greedy
//! client harms itself alone.
//!
//! `connections.rs` knows all of them and decides, `limits.rs` has the numbers; a connection
//! (`connection.rs`) notes what it is doing in `activity.rs` and is told to end through its
//! `handle.rs`.

mod activity;
mod connection;
mod connections;
mod handle;
mod limits;
mod socket;
#[cfg(test)]
mod tests;
mod watched;

use std::{sync::Arc, time::Duration};

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use connections::{ConnectionRefused, Connections};
pub use limits::{CONNECTIONS_MAX, ConnectionLimits, Deadlines};
pub use socket::bind;

use connections::ConnectionSlot;
use wayfare_runtime::supervisor::contained;

/// How long to wait after the system refused a connection.
const ACCEPT_AGAIN_DELAY: Duration = Duration::from_millis(50);

/// The same routes, with what is asked besides: it depends on where a connection comes from.
#[derive(Clone)]
pub struct Routers {
    pub direct: Router,
    /// From trusted proxies.
    pub proxied: Router,
    /// On the last places, from wherever.
    pub reserve: Router,
}

/// Serves until `stop`, then gives running requests `grace` to finish. Connections that fail end on
/// their own.
pub async fn serve(
    listener: TcpListener,
    routers: Routers,
    connections: Arc<Connections>,
    stop: CancellationToken,
    grace: Duration,
) {
    tokio::select! {
        () = accept_until(listener, routers, &connections, stop, grace) => {}
        () = connections.look_after() => {}
    }
}

async fn accept_until(
    listener: TcpListener,
    routers: Routers,
    connections: &Arc<Connections>,
    stop: CancellationToken,
    grace: Duration,
) {
    let tasks = TaskTracker::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => match connections.admit(peer) {
                    Ok(slot) => {
                        let router = router_of(&routers, &slot).clone();
                        tasks.spawn(contained("connection", connection::serve(stream, peer, router, slot)));
                    }
                    Err(refused) => socket::send_and_close(stream, refusal(refused).as_bytes()),
                },
                Err(error) => {
                    // Too many open files, or a client that left again: wait and go on.
                    tracing::warn!(%error, "connection.not_accepted");
                    connections.free_descriptors();
                    tokio::time::sleep(ACCEPT_AGAIN_DELAY).await;
                }
            },
        }
    }
    drop(listener);
    tasks.close();
    connections.finish();
    if tokio::time::timeout(grace, tasks.wait()).await.is_err() {
        tracing::warn!(seconds = grace.as_secs(), "server.requests_cut_off");
    }
}

fn router_of<'r>(routers: &'r Routers, slot: &ConnectionSlot) -> &'r Router {
    match (slot.handle().in_reserve, slot.handle().client) {
        (true, _) => &routers.reserve,
        (false, None) => &routers.proxied,
        (false, Some(_)) => &routers.direct,
    }
}

/// What a client is told for whom there is no place, without a look at what it asks for.
fn refusal(refused: ConnectionRefused) -> String {
    let (status, sentence) = match refused {
        ConnectionRefused::ClientAtLimit => (
            "429 Too Many Requests",
            "Your address has too many connections open. Close some, or try again soon.\n",
        ),
        ConnectionRefused::Full => {
            ("503 Service Unavailable", "All connections are in use. Try again soon.\n")
        }
    };
    format!(
        "HTTP/1.1 {status}\r\nRetry-After: 5\r\nConnection: close\r\nContent-Type: text/plain; \
            charset=utf-8\r\n\
         Content-Length: {}\r\n\r\n{sentence}",
        sentence.len()
    )
}
