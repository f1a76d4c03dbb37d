//! Connections to one mail server, kept open between messages.
//!
//! A pool of our own around lettre's connections, because lettre's pool looks names up by itself (addresses could not be
//! checked), opens any number of connections, asks the server before each message whether it is still there, and keeps a
//! connection on which a message was given up half way.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use lettre::transport::smtp::{
    Error,
    authentication::{Credentials, Mechanism},
    client::{AsyncSmtpConnection, TlsParameters},
    commands::{Data, Mail as MailFrom, Rcpt, Rset},
    extension::{ClientId, Extension, MailParameter},
    response::Response,
};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::Instant,
};

use super::{
    mail::Mail,
    outside::Outside,
    smtp_answers::{Failure, Step},
};
use crate::domain::delivery::channel::Security;

/// Connections at the same time.
pub const CONNECTIONS_MAX: usize = 16;
/// A connection that was quiet for so long is not trusted any more.
const QUIET_MAX: Duration = Duration::from_secs(20);
/// Longest time until an address of the server takes a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Where the server is, and how it is talked to.
pub struct Server {
    pub outside: Outside,
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// None only without encryption.
    pub tls: Option<TlsParameters>,
    pub credentials: Option<Credentials>,
    pub hello: ClientId,
}

pub struct Pool {
    server: Server,
    places: Semaphore,
    quiet: Mutex<Vec<Quiet>>,
}

struct Quiet {
    connection: AsyncSmtpConnection,
    since: Instant,
}

impl Pool {
    pub fn new(server: Server) -> Self {
        Self { server, places: Semaphore::new(CONNECTIONS_MAX), quiet: Mutex::default() }
    }

    /// Waits for a place; none only where the pool is closed, which it never is.
    pub async fn place(&self) -> Option<SemaphorePermit<'_>> {
        self.places.acquire().await.ok()
    }

    /// Hands a message over and answers the server's words. Dropped half way, it takes the connection with it: what was said of
    /// the message is void, unless its last line had gone out.
    pub async fn send(&self, mail: &Mail) -> Result<String, Failure> {
        while let Some(mut connection) = self.take() {
            let outcome = hand(&mut connection, mail).await;
            if outcome.as_ref().is_err_and(Failure::is_stale) {
                continue;
            }
            return self.settle(connection, outcome).await;
        }
        let mut connection = self.server.connect().await?;
        let outcome = hand(&mut connection, mail).await;
        self.settle(connection, outcome).await
    }

    /// Keeps a connection that can take the next message.
    async fn settle(&self, mut connection: AsyncSmtpConnection, outcome: Result<String, Failure>) -> Result<String, Failure> {
        let sound = match &outcome {
            Ok(_) => true,
            Err(failure) => failure.is_answered() && connection.command(Rset).await.is_ok(),
        };
        if sound {
            self.quiet().push(Quiet { connection, since: Instant::now() });
        }
        outcome
    }

    /// The one that was used last: the others may grow old and be closed.
    fn take(&self) -> Option<AsyncSmtpConnection> {
        let mut quiet = self.quiet();
        quiet.retain(|quiet| quiet.since.elapsed() < QUIET_MAX);
        quiet.pop().map(|quiet| quiet.connection)
    }

    fn quiet(&self) -> std::sync::MutexGuard<'_, Vec<Quiet>> {
        self.quiet.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Server {
    async fn connect(&self) -> Result<AsyncSmtpConnection, Failure> {
        let addresses = self.outside.addresses(&self.host, self.port).await.map_err(Failure::NoWay)?;
        let at = |step| move |error| Failure::Answer(step, error);
        let at_once = self.tls.clone().filter(|_| self.security == Security::Tls);
        let connecting =
            AsyncSmtpConnection::connect_tokio1(addresses.as_slice(), Some(CONNECT_TIMEOUT), &self.hello, at_once, None);
        let mut connection = connecting.await.map_err(at(Step::Connect))?;
        if self.security == Security::Starttls {
            let tls = self.tls.clone().filter(|_| connection.can_starttls()).ok_or(Failure::NoEncryption)?;
            connection.starttls(tls, &self.hello).await.map_err(at(Step::Connect))?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(&[Mechanism::Plain, Mechanism::Login], credentials).await.map_err(at(Step::SignIn))?;
        }
        Ok(connection)
    }
}

/// The content of a message as what it is to the protocol: one more thing that is said and answered. Said at once, it does not
/// wait for the network to confirm its first part.
struct Said<'a>(&'a str);

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

async fn hand(connection: &mut AsyncSmtpConnection, mail: &Mail) -> Result<String, Failure> {
    let at = |step| move |error: Error| Failure::Answer(step, error);
    let wide = !mail.to.to_string().is_ascii() && connection.server_info().supports_feature(Extension::SmtpUtfEight);
    let parameters = if wide { vec![MailParameter::SmtpUtfEight] } else { Vec::new() };
    connection.command(MailFrom::new(Some(mail.from.clone()), parameters)).await.map_err(at(Step::Sender))?;
    connection.command(Rcpt::new(mail.to.clone(), Vec::new())).await.map_err(at(Step::Recipient))?;
    connection.command(Data).await.map_err(at(Step::Content))?;
    let answer: Response = connection.command(Said(&mail.wire)).await.map_err(at(Step::Content))?;
    Ok(answer.message().collect::<Vec<_>>().join(" "))
}
