//! One connection: its requests go to the router, until it ends or is told to.

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::pin,
    sync::{Arc, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::ConnectInfo,
    http::{HeaderValue, Request, Response, StatusCode, header},
};
use http_body_util::BodyExt as _;
use hyper::{
    body::{Body as _, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::timeout};
use tower::ServiceExt;

use super::{
    connections::ConnectionSlot,
    handle::{ConnectionHandle, EndOrder, RequestInHand},
    watched::{Socket, UnreadBody, WatchedBody, WatchedStream},
};
use crate::{http::plain, server::guarded_body::GuardedBody};
use wayfare_runtime::supervisor::short_task;

/// How much of a request's head is read before it is refused with 431, in bytes; the last read may
/// go over it.
const HEAD_MAX: usize = 64 * 1024;
/// Most headers of a request.
const HEADERS_MAX: usize = 100;
/// Most of a body that is taken after the answer to it, in bytes, and for how long.
const UNREAD_MAX: usize = 32 * 1024 * 1024;
const UNREAD_FOR: Duration = Duration::from_secs(5);

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
) -> Result<Response<GuardedBody<Arc<RequestInHand>>>, Infallible> {
    let in_hand = Arc::new(RequestInHand::begin(&connection));
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(ConnectInfo(peer));
    let has_body = !body.is_end_stream();
    // Who asks first whether to send a body at all has not sent it where nobody reads it.
    let is_sent = has_body && !parts.headers.contains_key(header::EXPECT);
    let unread = UnreadBody::default();
    let body = WatchedBody::new(body, Arc::clone(&connection), Arc::clone(&unread));
    let response = router.oneshot(Request::from_parts(parts, body));
    let response = if has_body {
        tokio::select! {
            biased;
            response = response => response?,
            () = connection.until_body_is_overdue() => {
                return Ok(request_timeout().map(|body| GuardedBody::new(body, in_hand)));
            }
        }
    } else {
        response.await?
    };
    let left = unread.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(left) = left.filter(|_| is_sent) {
        short_task("connection.unread", take_unread(left, Arc::clone(&in_hand)));
    }
    Ok(response.map(|body| GuardedBody::new(body, in_hand)))
}

/// Takes what is left of a body of which enough is known, and throws it away. A client that is
/// still sending when the connection closes may never see the answer, such as that its request is
/// too large.
async fn take_unread(mut body: Incoming, _in_hand: Arc<RequestInHand>) {
    let mut taken = 0;
    let taking = async {
        while let Some(Ok(part)) = body.frame().await
            && taken <= UNREAD_MAX
        {
            taken += part.data_ref().map_or(0, Bytes::len);
        }
    };
    // Where there is more of it, or it stops coming, the connection is closed.
    let _ = timeout(UNREAD_FOR, taking).await;
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
