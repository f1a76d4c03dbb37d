//! Connections to one mail server, kept open between messages.
//!
//! A pool of our own around lettre's connections, because lettre's pool looks names up by itself
//! (addresses could not be checked), opens any number of connections, asks the server before each
//! message whether it is still there, and keeps a connection on which a message was given up half
//! way.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use lettre::transport::smtp::{
    Error,
    authentication::Mechanism,
    client::AsyncSmtpConnection,
    commands::{Data, Ehlo, Mail as MailFrom, Rcpt, Rset},
    extension::{ClientId, Extension, MailParameter},
    response::Response,
};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::Instant,
};

use super::{
    mail::Mail,
    smtp_connect::Server,
    smtp_replies::{SmtpError, SmtpPhase},
};

/// Connections at the same time.
pub const CONNECTIONS_MAX: usize = 16;
/// A connection that was quiet for so long is not trusted any more.
const QUIET_MAX: Duration = Duration::from_secs(20);

pub struct Pool {
    server: Server,
    places: Semaphore,
    quiet: Mutex<Vec<IdleConnection>>,
}

struct IdleConnection {
    line: PooledConnection,
    since: Instant,
}

struct PooledConnection {
    connection: AsyncSmtpConnection,
    /// The server takes several words at once (RFC 2920).
    pipelines: bool,
}

impl Pool {
    pub fn new(server: Server) -> Self {
        Self { server, places: Semaphore::new(CONNECTIONS_MAX), quiet: Mutex::default() }
    }

    /// Waits for a place; none only where the pool is closed, which it never is.
    pub async fn acquire(&self) -> Option<SemaphorePermit<'_>> {
        self.places.acquire().await.ok()
    }

    /// Hands a message over and answers the server's words. Dropped half way, it takes the
    /// connection with it: what was said of the message is void, unless its last line had gone out.
    pub async fn send(&self, mail: &Mail) -> Result<String, SmtpError> {
        while let Some(mut line) = self.take() {
            let outcome = hand(&mut line, mail).await;
            if outcome.as_ref().is_err_and(SmtpError::is_stale) {
                continue;
            }
            return self.settle(line, outcome).await;
        }
        let mut line = self.open().await?;
        let outcome = hand(&mut line, mail).await;
        self.settle(line, outcome).await
    }

    /// Keeps a connection that can take the next message.
    async fn settle(
        &self,
        mut line: PooledConnection,
        outcome: Result<String, SmtpError>,
    ) -> Result<String, SmtpError> {
        let sound = match &outcome {
            Ok(_) => true,
            Err(failure) => failure.is_answered() && line.connection.command(Rset).await.is_ok(),
        };
        if sound {
            self.quiet().push(IdleConnection { line, since: Instant::now() });
        }
        outcome
    }

    /// The one that was used last: the others may grow old and be closed.
    fn take(&self) -> Option<PooledConnection> {
        let mut quiet = self.quiet();
        quiet.retain(|quiet| quiet.since.elapsed() < QUIET_MAX);
        quiet.pop().map(|quiet| quiet.line)
    }

    /// Another connection, signed in.
    async fn open(&self) -> Result<PooledConnection, SmtpError> {
        let mut connection = self.server.connect().await?;
        let pipelines = pipelines(&mut connection, &self.server.hello).await?;
        if let Some(credentials) = &self.server.credentials {
            connection
                .auth(&[Mechanism::Plain, Mechanism::Login], credentials)
                .await
                .map_err(at(SmtpPhase::SignIn))?;
        }
        Ok(PooledConnection { connection, pipelines })
    }

    fn quiet(&self) -> std::sync::MutexGuard<'_, Vec<IdleConnection>> {
        self.quiet.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks once more what the server can do: lettre keeps only what it can do itself.
async fn pipelines(
    connection: &mut AsyncSmtpConnection,
    hello: &ClientId,
) -> Result<bool, SmtpError> {
    match connection.command(Ehlo::new(hello.clone())).await {
        Ok(answer) => {
            Ok(answer.message().any(|word| word.trim().eq_ignore_ascii_case("PIPELINING")))
        }
        Err(error) => {
            let failure = SmtpError::Answer(SmtpPhase::Connect, error);
            if failure.is_answered() { Ok(false) } else { Err(failure) }
        }
    }
}

/// The content of a message as what it is to the protocol: one more thing that is said and
/// answered. Said at once, it does not wait for the network to confirm its first part.
struct DataCommand<'a>(&'a str);

impl fmt::Display for DataCommand<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

async fn hand(line: &mut PooledConnection, mail: &Mail) -> Result<String, SmtpError> {
    let foreign =
        [&mail.from, &mail.to].into_iter().any(|address| !AsRef::<str>::as_ref(address).is_ascii());
    if foreign && !line.connection.server_info().supports_feature(Extension::SmtpUtfEight) {
        return Err(SmtpError::ForeignLetters);
    }
    let parameters = if foreign { vec![MailParameter::SmtpUtfEight] } else { Vec::new() };
    let from = MailFrom::new(Some(mail.from.clone()), parameters);
    let to = Rcpt::new(mail.to.clone(), Vec::new());
    if line.pipelines {
        introduce_at_once(&mut line.connection, &from, &to).await?;
    } else {
        introduce(&mut line.connection, from, to).await?;
    }
    let answer: Response =
        line.connection.command(DataCommand(&mail.wire)).await.map_err(at(SmtpPhase::Content))?;
    Ok(answer.message().collect::<Vec<_>>().join(" "))
}

fn at(step: SmtpPhase) -> impl Fn(Error) -> SmtpError {
    move |error| SmtpError::Answer(step, error)
}

/// Sender, recipient, and that the content comes next.
async fn introduce(
    connection: &mut AsyncSmtpConnection,
    from: MailFrom,
    to: Rcpt,
) -> Result<(), SmtpError> {
    connection.command(from).await.map_err(at(SmtpPhase::Sender))?;
    connection.command(to).await.map_err(at(SmtpPhase::Recipient))?;
    connection.command(Data).await.map_err(at(SmtpPhase::Content))?;
    Ok(())
}

/// The same in one breath, for servers that listen so: one turn instead of three (RFC 2920). Each
/// word is answered, whatever became of the one before; the first refusal is what counts.
async fn introduce_at_once(
    connection: &mut AsyncSmtpConnection,
    from: &MailFrom,
    to: &Rcpt,
) -> Result<(), SmtpError> {
    let mut refused = None;
    for step in [SmtpPhase::Sender, SmtpPhase::Recipient, SmtpPhase::Content] {
        let answer = match step {
            SmtpPhase::Sender => {
                connection.command(DataCommand(&format!("{from}{to}{Data}"))).await
            }
            _ => connection.read_response().await,
        };
        match answer {
            Err(error) => {
                let failure = refused.get_or_insert(SmtpError::Answer(step, error));
                if !failure.is_answered() {
                    break;
                }
            }
            // It waits for a content that would go to no one. What it says of that makes no
            // difference.
            Ok(_) if step == SmtpPhase::Content && refused.is_some() => {
                let _ = connection.command(DataCommand(".\r\n")).await;
            }
            Ok(_) => {}
        }
    }
    refused.map_or(Ok(()), Err)
}
