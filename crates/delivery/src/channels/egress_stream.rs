//! The stream between the HTTP client, or TLS to a mail server, and the socket.
//!
//! The client skips interim answers (1xx) in a loop, and frames of HTTP/2 that belong to no answer
//! as well: a receiver that sends nothing else would take a processor until the request's time is
//! over. So bytes are counted here, below TLS and whatever they mean. Writing does not lower the
//! count, since a receiver can make a client write (TLS key updates, `PING`, `SETTINGS`): only an
//! answer does, and each answer ends a request of ours.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use hyper_util::client::legacy::connect::{Connected, Connection};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::counted_read::poll_read_counted;

/// Most bytes that a connection may receive until an answer begins, and from there to its end
/// beside the body. The certificates of a TLS handshake have about 5 KB, the head of an answer one
/// or two, what the client reads ahead at most 128: an honest receiver stays far below, and what is
/// within takes the client milliseconds.
pub const RECEIVED_MAX: usize = 256 * 1024;

/// A receiver sent more than [`RECEIVED_MAX`]. The end of a sentence that begins with its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("sent more than an answer may have ({} KB)", RECEIVED_MAX / 1024)]
pub struct AnswerTooLong;

/// How much a connection has received since its last answer began or ended, without what was read
/// of bodies. Clones count the same connection.
#[derive(Debug, Clone, Default)]
pub struct ReceivedBytes(Arc<AtomicUsize>);

impl ReceivedBytes {
    /// # Errors
    /// [`AnswerTooLong`] once it was more than the bound: then the connection is over.
    pub fn check(&self) -> Result<(), AnswerTooLong> {
        if self.0.load(Ordering::Relaxed) <= RECEIVED_MAX { Ok(()) } else { Err(AnswerTooLong) }
    }

    /// An answer began or ended: what came until now was its own.
    pub fn reset(&self) {
        self.lower(|_| 0);
    }

    /// So much of it was a body that was read.
    pub fn subtract(&self, bytes: usize) {
        self.lower(|received| received.saturating_sub(bytes));
    }

    fn add(&self, bytes: usize) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Never back below the bound.
    fn lower(&self, to: impl Fn(usize) -> usize) {
        let within = |received: usize| (received <= RECEIVED_MAX).then(|| to(received));
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, within);
    }
}

/// A connection to a receiver that counts what it receives.
#[derive(Debug)]
pub struct EgressStream<S> {
    inner: S,
    received: ReceivedBytes,
}

impl<S> EgressStream<S> {
    pub fn new(inner: S) -> Self {
        Self { inner, received: ReceivedBytes::default() }
    }

    /// How much it has received.
    pub fn received(&self) -> ReceivedBytes {
        self.received.clone()
    }

    fn check(&self) -> io::Result<()> {
        check(&self.received)
    }
}

fn check(received: &ReceivedBytes) -> io::Result<()> {
    received.check().map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// The client hands the count to whoever asks what connection a request went over.
impl<S> Connection for EgressStream<S> {
    fn connected(&self) -> Connected {
        Connected::new().extra(self.received.clone())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for EgressStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let stream = self.get_mut();
        stream.check()?;
        let Self { inner, received } = stream;
        poll_read_counted(inner, context, buffer, |came| {
            received.add(came.len());
            check(received)
        })
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for EgressStream<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let stream = self.get_mut();
        stream.check()?;
        Pin::new(&mut stream.inner).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let stream = self.get_mut();
        stream.check()?;
        Pin::new(&mut stream.inner).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, repeat};

    use super::*;

    #[test]
    fn what_belongs_to_an_answer_is_not_counted_and_what_was_too_much_stays_so() {
        let received = ReceivedBytes::default();
        received.add(RECEIVED_MAX);
        assert_eq!(received.check(), Ok(()));
        received.subtract(1);
        received.add(1);
        assert_eq!(received.check(), Ok(()));
        received.reset();
        received.add(RECEIVED_MAX + 1);
        received.subtract(RECEIVED_MAX);
        received.reset();
        assert_eq!(received.check(), Err(AnswerTooLong));
    }

    #[tokio::test]
    async fn a_connection_that_received_too_much_neither_reads_nor_writes() {
        let mut stream = EgressStream::new(tokio::io::join(repeat(b'a'), tokio::io::sink()));
        let mut bytes = Vec::new();
        let error = stream.read_to_end(&mut bytes).await.expect_err("too much");
        assert!(error.get_ref().is_some_and(|error| error.is::<AnswerTooLong>()), "{error}");
        assert!(bytes.len() <= RECEIVED_MAX, "{}", bytes.len());
        assert!(stream.write_all(b"GET").await.is_err());
    }
}
