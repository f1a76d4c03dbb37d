//! Takes connections and hands their requests to the router, within limits: of headers, of time to send them, of
//! connections at once. A slow or greedy client harms itself alone.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, extract::ConnectInfo};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// Longest time until the headers of a request are there.
const HEADERS_WITHIN: Duration = Duration::from_secs(15);
/// How much of a request's head is read before it is refused with 431, in bytes; the last read may go over it.
const HEAD_MAX: usize = 64 * 1024;
/// Most headers of a request.
const HEADERS_MAX: usize = 100;
/// Connections at once; more wait.
const CONNECTIONS_MAX: usize = 4096;

/// Serves until `stop`, then gives running requests `grace` to finish.
///
/// # Errors
/// Never for a single connection; those end on their own.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken, grace: Duration) -> std::io::Result<()> {
    let open = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { break };
        let (stream, peer) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Too many open files, or a client that left again: wait and go on.
                    tracing::warn!(%error, "connection.not_accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        let connection = open.watch(connection(stream, peer, router.clone()));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, %peer, "connection.ended");
            }
            drop(place);
        });
    }
    drop(listener);
    tokio::select! {
        () = open.shutdown() => {}
        () = tokio::time::sleep(grace) => tracing::warn!(seconds = grace.as_secs(), "server.requests_cut_off"),
    }
    Ok(())
}

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
) -> http1::Connection<
    TokioIo<TcpStream>,
    impl hyper::service::HttpService<Incoming, ResBody = axum::body::Body, Error = std::convert::Infallible, Future: Send> + Send,
> {
    // Without this a page in several chunks waits for the delayed acknowledgement of each.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .max_buf_size(HEAD_MAX)
        .max_headers(HEADERS_MAX)
        .serve_connection(TokioIo::new(stream), service)
}
