//! Email over SMTP.

use std::time::Duration;

use futures::future::BoxFuture;
use lettre::transport::smtp::{authentication::Credentials, extension::ClientId};

use super::{
    ChannelError, OutboundMessage, SendResult, Transport, egress::EgressClient, mail::Sender,
    redact::Redactor, smtp_connect::Server, smtp_pool::Pool, smtp_replies::SmtpError,
    smtp_tls::SmtpTls,
};
use wayfare_domain::messages::channel::{ChannelSecret, EmailSettings, TlsMode};
use wayfare_templates::content::{Content, EmailContent};

/// Longest time from the first word to the server's receipt.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Longest name that a mail server gives a message.
const QUEUE_ID_MAX: usize = 100;

pub struct Smtp {
    sender: Sender,
    pool: Pool,
    hushed: Redactor,
}

impl Smtp {
    /// # Errors
    /// Where the settings cannot be used.
    pub fn new(
        settings: &EmailSettings,
        password: Option<&ChannelSecret>,
        outside: &EgressClient,
    ) -> Result<Self, ChannelError> {
        let password = password.map(|password| password.expose().to_string());
        let credentials = settings
            .user
            .clone()
            .zip(password.clone())
            .map(|(user, password)| Credentials::new(user, password));
        let server = Server {
            outside: outside.clone(),
            host: settings.host.clone(),
            port: settings.port,
            security: settings.security,
            tls: match settings.security {
                TlsMode::None => None,
                TlsMode::Starttls | TlsMode::Tls => {
                    Some(SmtpTls::new(&settings.host, settings.authority.as_deref())?)
                }
            },
            credentials,
            hello: ClientId::default(),
        };
        Ok(Self {
            sender: Sender::new(settings)?,
            pool: Pool::new(server),
            hushed: Redactor::new(password),
        })
    }

    async fn send(
        &self,
        message: &OutboundMessage,
        content: &EmailContent,
    ) -> Result<SendResult, SendResult> {
        let mail = self.sender.write(message, content)?;
        // Waiting for others is not the server's fault.
        let _place = self.pool.acquire().await;
        let sent = tokio::time::timeout(TIMEOUT, self.pool.send(&mail))
            .await
            .unwrap_or(Err(SmtpError::Late));
        match sent {
            Ok(words) => Ok(SendResult::Accepted { provider_id: queue_id(&words) }),
            Err(failure) => Err(failure.handed(&self.hushed, TIMEOUT.as_secs())),
        }
    }
}

/// What the server calls the message in its own log: "2.0.0 Ok: queued as 4F2A1".
fn queue_id(words: &str) -> Option<String> {
    let (_, rest) = words.split_once("queued as ")?;
    rest.split_whitespace().next().filter(|id| id.len() <= QUEUE_ID_MAX).map(str::to_string)
}

impl Transport for Smtp {
    fn send<'a>(&'a self, message: &'a OutboundMessage) -> BoxFuture<'a, SendResult> {
        Box::pin(async move {
            match &message.content {
                Content::Email(content) => {
                    self.send(message, content).await.unwrap_or_else(|handed| handed)
                }
                // Any other content, also of channels that are yet to come.
                _ => SendResult::wrong_channel(),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::queue_id;

    #[test]
    fn a_server_tells_what_it_calls_the_message() {
        assert_eq!(queue_id("2.0.0 Ok: queued as 4F2A1"), Some("4F2A1".to_string()));
        assert_eq!(queue_id("2.0.0 OK"), None);
    }
}
