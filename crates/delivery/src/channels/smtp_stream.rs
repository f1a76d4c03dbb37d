//! The stream between lettre and the socket.
//!
//! lettre reads a line to its end before it looks at its length: a server that never ends one would
//! fill the memory. After each line it reads the whole answer again: many short lines would take a
//! processor for as long as there are any. So bytes and lines are counted here.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{counted_read::poll_read_counted, egress_stream::ReceivedBytes};

/// Most bytes that a mail server may send after what was written last.
pub const ANSWER_MAX: usize = 64 * 1024;
/// Most lines of the same. Servers announce what they can do in a dozen or two.
pub const ANSWER_LINES_MAX: usize = 200;

/// A mail server sent more than [`ANSWER_MAX`] or [`ANSWER_LINES_MAX`]. The end of a sentence for
/// an admin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the mail server “{host}” sent more than an answer may have ({} KB, {ANSWER_LINES_MAX} lines)",
    ANSWER_MAX / 1024
)]
pub struct AnswerTooLong {
    host: Arc<str>,
}

/// A connection to a mail server, plain or encrypted, whose answers are bounded.
#[derive(Debug)]
pub struct SmtpStream<S> {
    inner: S,
    peer: SocketAddr,
    host: Arc<str>,
    /// What is read before anything that the server sends.
    prelude: &'static [u8],
    /// Bytes that the server sent since the last write. Never lowered again once it is beyond the
    /// bound: then the connection is over.
    answered: usize,
    /// Lines of the same.
    lines: usize,
    /// What was received below the encryption, which counts for itself: records without contents
    /// are no part of an answer.
    received: ReceivedBytes,
}

impl<S> SmtpStream<S> {
    pub fn new(inner: S, peer: SocketAddr, host: &str) -> Self {
        let received = ReceivedBytes::default();
        Self { inner, peer, host: host.into(), prelude: b"", answered: 0, lines: 0, received }
    }

    /// The same, with these bytes read first.
    pub fn with_prelude(self, prelude: &'static [u8]) -> Self {
        Self { prelude, ..self }
    }

    /// The same, over an encrypted connection that has received so much.
    pub fn with_received(self, received: ReceivedBytes) -> Self {
        Self { received, ..self }
    }

    pub fn into_inner(self) -> S {
        self.inner
    }

    fn within_bound(&self) -> io::Result<()> {
        within_bound(self.answered, self.lines, &self.host)
    }
}

fn within_bound(answered: usize, lines: usize, host: &Arc<str>) -> io::Result<()> {
    if answered <= ANSWER_MAX && lines <= ANSWER_LINES_MAX {
        return Ok(());
    }
    let too_long = AnswerTooLong { host: Arc::clone(host) };
    Err(io::Error::new(io::ErrorKind::InvalidData, too_long))
}

impl<S: AsyncRead + Unpin> AsyncRead for SmtpStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let stream = self.get_mut();
        if !stream.prelude.is_empty() {
            let (first, rest) =
                stream.prelude.split_at(stream.prelude.len().min(buffer.remaining()));
            buffer.put_slice(first);
            stream.prelude = rest;
            return Poll::Ready(Ok(()));
        }
        stream.within_bound()?;
        let Self { inner, host, answered, lines, .. } = stream;
        poll_read_counted(inner, context, buffer, |came| {
            *answered += came.len();
            *lines += came.iter().filter(|byte| **byte == b'\n').count();
            within_bound(*answered, *lines, host)
        })
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for SmtpStream<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let stream = self.get_mut();
        stream.within_bound()?;
        let written = ready!(Pin::new(&mut stream.inner).poll_write(context, bytes))?;
        (stream.answered, stream.lines) = (0, 0);
        stream.received.reset();
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(context)
    }
}

impl<S> AsyncTokioStream for SmtpStream<S>
where
    S: AsyncRead + AsyncWrite + Send + Sync + Unpin + std::fmt::Debug,
{
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}

#[cfg(test)]
mod tests {
    use lettre::transport::smtp::{
        client::AsyncSmtpConnection, commands::Noop, extension::ClientId,
    };
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, duplex};

    use super::*;
    use crate::channels::egress::cause;

    const BUFFER: usize = 4096;

    fn between() -> (Box<SmtpStream<DuplexStream>>, DuplexStream) {
        let (client, server) = duplex(BUFFER);
        let peer = SocketAddr::from(([127, 0, 0, 1], 25));
        (Box::new(SmtpStream::new(client, peer, "mail.example")), server)
    }

    /// Writes a line without an end until nothing reads any more, and says how much was taken.
    async fn flood(mut server: DuplexStream, first: &str) -> usize {
        if server.write_all(first.as_bytes()).await.is_err() {
            return 0;
        }
        let mut sent = first.len();
        while sent < 8 * 1024 * 1024 {
            match server.write(&[b'a'; 1024]).await {
                Ok(taken) => sent += taken,
                Err(_) => break,
            }
        }
        sent
    }

    #[tokio::test]
    async fn a_line_without_an_end_ends_the_connection_before_it_fills_the_memory() {
        let (stream, server) = between();
        let flooding = tokio::spawn(flood(server, "220 "));
        let hello = ClientId::Domain("here".to_string());
        let connecting = AsyncSmtpConnection::connect_with_transport(stream, &hello);
        let error = connecting.await.err().expect("it is no greeting");
        let too_long = cause::<AnswerTooLong>(&error).expect("that is what is wrong");
        assert_eq!(
            too_long.to_string(),
            "the mail server “mail.example” sent more than an answer may have (64 KB, 200 lines)"
        );
        let sent = flooding.await.expect("no panic");
        assert!(sent < 128 * 1024, "{sent} bytes were read");
    }

    #[tokio::test]
    async fn an_answer_of_very_many_lines_ends_the_connection() {
        let (stream, mut server) = between();
        let answering = tokio::spawn(async move {
            let _ = server.write_all(b"220 mail.example\r\n").await;
            while server.write_all(b"250-\r\n").await.is_ok() {}
        });
        let hello = ClientId::Domain("here".to_string());
        let connecting = AsyncSmtpConnection::connect_with_transport(stream, &hello);
        let error = connecting.await.err().expect("it is no answer");
        assert!(cause::<AnswerTooLong>(&error).is_some(), "{error}");
        answering.await.expect("no panic");
    }

    #[tokio::test]
    async fn a_connection_that_was_ended_takes_no_further_command() {
        let (mut stream, server) = between();
        let flooding = tokio::spawn(flood(server, "250 "));
        let mut bytes = Vec::new();
        let reading = tokio::io::AsyncReadExt::read_to_end(&mut *stream, &mut bytes).await;
        assert!(cause::<AnswerTooLong>(&reading.expect_err("too long")).is_some());
        let writing = stream.write_all(b"QUIT\r\n").await.expect_err("it is over");
        assert!(cause::<AnswerTooLong>(&writing).is_some());
        drop(stream);
        flooding.await.expect("no panic");
    }

    #[tokio::test]
    async fn each_command_has_an_answer_of_its_own_to_count() {
        let (stream, server) = between();
        let answering = async move {
            let (reading, mut writing) = tokio::io::split(server);
            let mut commands = BufReader::new(reading).lines();
            writing.write_all(b"220 mail.example\r\n").await?;
            while commands.next_line().await?.is_some() {
                writing.write_all(format!("250 {}\r\n", "a".repeat(900)).as_bytes()).await?;
            }
            io::Result::Ok(())
        };
        let answering = tokio::spawn(answering);
        let hello = ClientId::Domain("here".to_string());
        let mut connection =
            AsyncSmtpConnection::connect_with_transport(stream, &hello).await.expect("a greeting");
        for _ in 0..2 * ANSWER_MAX / 900 {
            connection.command(Noop).await.expect("its answer is short");
        }
        drop(connection);
        let _ = answering.await.expect("no panic");
    }
}
