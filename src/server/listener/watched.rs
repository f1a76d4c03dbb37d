//! What goes over a connection, watched for progress: the socket, and the body of a request.

use std::{
    io,
    io::IoSlice,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use axum::body::Bytes;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use super::handle::{ConnectionHandle, EndOrder};

/// What a connection can be made of.
pub trait Socket: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    /// When it is closed, what has not been sent is thrown away instead of being kept for the
    /// client.
    fn discard_unsent(&self);
}

impl Socket for TcpStream {
    fn discard_unsent(&self) {
        // Where it fails, the system keeps a few kilobytes for some minutes.
        let _ = self.set_zero_linger();
    }
}

/// A socket that notes when something comes and whether what is to be sent is taken.
pub struct WatchedStream<S: Socket> {
    socket: S,
    connection: Arc<ConnectionHandle>,
}

impl<S: Socket> WatchedStream<S> {
    pub fn new(socket: S, connection: Arc<ConnectionHandle>) -> Self {
        Self { socket, connection }
    }

    fn watch_write<T>(&self, written: Poll<T>) -> Poll<T> {
        match &written {
            Poll::Pending => self.connection.activity.write_blocked(),
            Poll::Ready(_) => self.connection.activity.written(),
        }
        written
    }
}

impl<S: Socket> Drop for WatchedStream<S> {
    fn drop(&mut self) {
        if self.connection.order() == Some(EndOrder::Reset) {
            self.socket.discard_unsent();
        }
    }
}

impl<S: Socket> AsyncRead for WatchedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.socket).poll_read(cx, buffer))?;
        if buffer.filled().len() > before {
            self.connection.activity.bytes_received();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: Socket> AsyncWrite for WatchedStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write(cx, bytes);
        self.watch_write(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write_vectored(cx, slices);
        self.watch_write(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

/// Where what is left of a request's body is put by whoever has read enough of it.
pub type UnreadBody = Arc<Mutex<Option<Incoming>>>;

/// A request's body that notes whether the server waits for its next part.
pub struct WatchedBody {
    /// None once it has ended.
    body: Option<Incoming>,
    connection: Arc<ConnectionHandle>,
    unread: UnreadBody,
}

impl WatchedBody {
    pub fn new(body: Incoming, connection: Arc<ConnectionHandle>, unread: UnreadBody) -> Self {
        Self { body: Some(body), connection, unread }
    }
}

impl HttpBody for WatchedBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let frame = Pin::new(body).poll_frame(cx);
        match &frame {
            Poll::Pending => self.connection.activity.body_awaited(),
            Poll::Ready(part) => {
                self.connection.activity.body_received();
                if !matches!(part, Some(Ok(_))) {
                    self.body = None;
                }
            }
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl Drop for WatchedBody {
    fn drop(&mut self) {
        self.connection.activity.body_received();
        let left = self.body.take().filter(|body| !body.is_end_stream());
        *self.unread.lock().unwrap_or_else(PoisonError::into_inner) = left;
    }
}
