//! How a connection to a mail server begins: plain, encrypted at once, or by STARTTLS (RFC 3207).
//!
//! STARTTLS is done here and not by lettre, which keeps what it has read before the encryption and
//! takes it for answers from inside of it: a machine on the way could answer in the server's name.

use std::{io, net::SocketAddr, time::Duration};

use lettre::transport::smtp::{
    authentication::Credentials,
    client::{AsyncSmtpConnection, AsyncTokioStream},
    commands::{Ehlo, Starttls},
    extension::{ClientId, Extension, ServerInfo},
    response::Response,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    time::timeout,
};

use super::{
    egress::EgressClient,
    egress_stream::EgressStream,
    smtp_replies::{SmtpError, SmtpPhase},
    smtp_stream::SmtpStream,
    smtp_tls::SmtpTls,
};
use wayfare_domain::messages::channel::TlsMode;

/// Longest time until an address of the server takes a connection, and until TLS is agreed on.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// lettre begins with the server's greeting. Behind STARTTLS there is none (RFC 3207, 4.2): the
/// server gave it before, and now waits for EHLO. So lettre reads this one.
const GREETING_BEFORE_STARTTLS: &[u8] = b"220 \r\n";

/// Where the server is, and how it is talked to.
pub struct Server {
    pub outside: EgressClient,
    pub host: String,
    pub port: u16,
    pub security: TlsMode,
    /// None only without encryption.
    pub tls: Option<SmtpTls>,
    pub credentials: Option<Credentials>,
    pub hello: ClientId,
}

impl Server {
    /// A connection on which EHLO was answered, encrypted as the settings say.
    pub async fn connect(&self) -> Result<AsyncSmtpConnection, SmtpError> {
        let addresses =
            self.outside.addresses(&self.host, self.port).await.map_err(SmtpError::NoWay)?;
        let socket = connect_to_any(&addresses).await.map_err(SmtpError::Unreachable)?;
        let peer = socket.peer_addr().map_err(SmtpError::Unreachable)?;
        let stream = self.secured(socket, peer).await?;
        AsyncSmtpConnection::connect_with_transport(stream, &self.hello)
            .await
            .map_err(|error| SmtpError::Answer(SmtpPhase::Connect, error))
    }

    async fn secured(
        &self,
        socket: TcpStream,
        peer: SocketAddr,
    ) -> Result<Box<dyn AsyncTokioStream>, SmtpError> {
        let plain = SmtpStream::new(socket, peer, &self.host);
        let (socket, prelude): (_, &[u8]) = match self.security {
            TlsMode::None => return Ok(Box::new(plain)),
            TlsMode::Tls => (plain.into_inner(), b""),
            TlsMode::Starttls => (starttls(plain, &self.hello).await?, GREETING_BEFORE_STARTTLS),
        };
        let tls = self.tls.as_ref().ok_or(SmtpError::NoEncryption)?;
        // A handshake has no answers to count, and what keeps it from its end may be short.
        let counted = EgressStream::new(socket);
        let received = counted.received();
        let late = || io::Error::new(io::ErrorKind::TimedOut, "handshake timed out");
        let encrypted = timeout(CONNECT_TIMEOUT, tls.handshake(counted)).await;
        let encrypted =
            encrypted.unwrap_or_else(|_| Err(late())).map_err(SmtpError::Unreachable)?;
        let stream = SmtpStream::new(encrypted, peer, &self.host);
        Ok(Box::new(stream.with_prelude(prelude).with_received(received)))
    }
}

/// The first address that takes the connection.
async fn connect_to_any(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut last = io::Error::other("could not resolve to any address");
    for address in addresses {
        match timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await {
            Ok(Ok(socket)) => return Ok(socket),
            Ok(Err(error)) => last = error,
            Err(_) => last = io::Error::new(io::ErrorKind::TimedOut, "connection timed out"),
        }
    }
    Err(last)
}

/// Agrees on encryption, and gives back the stream on which the handshake comes next.
async fn starttls<S>(stream: SmtpStream<S>, hello: &ClientId) -> Result<S, SmtpError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut stream = BufReader::new(stream);
    read_reply(&mut stream).await?;
    let offer = command(&mut stream, &Ehlo::new(hello.clone()).to_string()).await?;
    let offer = ServerInfo::from_response(&offer)
        .map_err(|error| SmtpError::Answer(SmtpPhase::Connect, error))?;
    if !offer.supports_feature(Extension::StartTls) {
        return Err(SmtpError::NoEncryption);
    }
    command(&mut stream, &Starttls.to_string()).await?;
    // Now it is our turn, and a server that keeps to the protocol waits for us. What it has sent
    // already would be read as plain text and believed as if it had been encrypted. What is still
    // under way is read by the handshake, which fails over it.
    if !stream.buffer().is_empty() {
        return Err(SmtpError::Injected);
    }
    Ok(stream.into_inner().into_inner())
}

async fn command<S>(
    stream: &mut BufReader<SmtpStream<S>>,
    command: &str,
) -> Result<Response, SmtpError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    stream.write_all(command.as_bytes()).await.map_err(SmtpError::Unreachable)?;
    stream.flush().await.map_err(SmtpError::Unreachable)?;
    read_reply(stream).await
}

/// One reply, of one line or of several (RFC 5321, 4.2.1). The stream bounds how long it may be.
async fn read_reply<S>(stream: &mut BufReader<SmtpStream<S>>) -> Result<Response, SmtpError>
where
    S: AsyncRead + Unpin,
{
    let mut text = String::new();
    loop {
        let begin = text.len();
        stream.read_line(&mut text).await.map_err(SmtpError::Unreachable)?;
        let line = &text[begin..];
        if !line.ends_with('\n') {
            return Err(SmtpError::Unreachable(io::Error::other("incomplete response")));
        }
        let goes_on = matches!(line.as_bytes(), [b'0'..=b'9', _, _, b'-', ..]);
        if !goes_on {
            break;
        }
    }
    let reply: Response =
        text.parse().map_err(|error| SmtpError::Answer(SmtpPhase::Connect, error))?;
    if reply.is_positive() { Ok(reply) } else { Err(SmtpError::Refused(reply)) }
}

#[cfg(test)]
#[path = "smtp_connect_tests.rs"]
mod tests;
