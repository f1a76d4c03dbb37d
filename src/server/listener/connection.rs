//! One connection: its requests go to the router, until it ends or is told to.

use std::{convert::Infallible, net::SocketAddr, pin::pin, sync::Arc};

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{HeaderValue, Request, Response, StatusCode, header},
};
use hyper::{
    body::{Body as _, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower::ServiceExt;

use super::{
    connections::ConnectionSlot,
    handle::{ConnectionHandle, EndOrder, RequestInHand},
    watched::{Socket, WatchedBody, WatchedStream},
};
use crate::{http::plain, server::guarded_body::GuardedBody};

/// How much of a request's head is read before it is refused with 431, in bytes; the last read may
/// go over it.
const HEAD_MAX: usize = 64 * 1024;
/// Most headers of a request.
const HEADERS_MAX: usize = 100;

/// Answers the requests of a connection on its place.
pub async fn serve(stream: TcpStream, peer: SocketAddr, router: Router, slot: ConnectionSlot) {
    // Without this a page in several chunks waits for the delayed acknowledgement of each.
    let _ = stream.set_nodelay(true);
    let connection = slot.handle();
    // Anyone who says nothing costs a place, but none of the buffers of a conversation.
    tokio::select! {
        readable = stream.readable() => if readable.is_err() { return },
        _ = connection.next_order(None) => return,
    }
    if let Err(error) = converse(stream, peer, router, connection).await {
        tracing::debug!(%error, %peer, "connection.ended");
    }
}

pub(super) async fn converse<S: Socket>(
    socket: S,
    peer: SocketAddr,
    router: Router,
    connection: &Arc<ConnectionHandle>,
) -> hyper::Result<()> {
    let service =
        service_fn(|request| answer(request, peer, router.clone(), Arc::clone(connection)));
    let stream = TokioIo::new(WatchedStream::new(socket, Arc::clone(connection)));
    // The deadlines of `limits.rs` are in the place of the framework's own.
    let conversation = http1::Builder::new()
        .header_read_timeout(None)
        .max_buf_size(HEAD_MAX)
        .max_headers(HEADERS_MAX)
        .serve_connection(stream, service);
    let mut conversation = pin!(conversation);
    let mut obeyed = None;
    loop {
        tokio::select! {
            biased;
            ended = conversation.as_mut() => return ended,
            order = connection.next_order(obeyed) => {
                let now = match order {
                    EndOrder::Finish => false,
                    EndOrder::GiveWay => connection.activity.is_waiting(),
                    EndOrder::Reset => true,
                };
                if now {
                    return Ok(());
                }
                conversation.as_mut().graceful_shutdown();
                obeyed = Some(order);
            }
        }
    }
}

async fn answer(
    request: Request<Incoming>,
    peer: SocketAddr,
    router: Router,
    connection: Arc<ConnectionHandle>,
) -> Result<Response<GuardedBody<RequestInHand>>, Infallible> {
    let in_hand = RequestInHand::begin(&connection);
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(ConnectInfo(peer));
    let has_body = !body.is_end_stream();
    let response =
        router.oneshot(Request::from_parts(parts, WatchedBody::new(body, Arc::clone(&connection))));
    let response = if has_body {
        tokio::select! {
            biased;
            response = response => response?,
            () = connection.until_body_is_overdue() => request_timeout(),
        }
    } else {
        response.await?
    };
    Ok(response.map(|body| GuardedBody::new(body, in_hand)))
}

/// The body stopped coming. Nothing can follow it on this connection.
fn request_timeout() -> Response<Body> {
    let mut response = plain(
        StatusCode::REQUEST_TIMEOUT,
        "The rest of the request did not arrive in time. Send it again.\n",
    );
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}
