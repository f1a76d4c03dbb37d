//! The outside world by channel: what hands one message to one provider, and what the provider
//! said.

mod counted_read;
mod dns_cache;
mod egress;
mod egress_connect;
mod egress_http;
mod egress_networks;
mod egress_stream;
mod fcm;
mod fcm_token;
mod http;
mod mail;
pub mod outbound;
mod redact;
#[cfg(test)]
mod server_for_tests;
mod smtp;
mod smtp_connect;
mod smtp_pool;
mod smtp_replies;
mod smtp_stream;
mod smtp_tls;
mod twilio;
pub mod webhook;

use std::sync::Arc;

use futures::future::BoxFuture;

pub use egress::{EgressClient, EgressError, ExchangeError};
pub use outbound::OutboundMessage;
pub use rustls::Error as TlsError;
use wayfare_domain::{
    ids::ProjectId,
    messages::channel::{ChannelSecret, ChannelSettings},
    profiles::profile::Channel,
};
use wayfare_secrets::server_key::{KeyFileError, ServerKey};
use wayfare_store::channels::StoredChannel;

/// What a provider said to one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendResult {
    /// It took it, and perhaps told what it calls it.
    Accepted { provider_id: Option<String> },
    /// Not now: it is tried again later, not before what the provider asked for. The reason is a
    /// sentence's end for a marketer: "the mail server is busy (421 …)".
    Deferred { reason: String, wish_ms: Option<i64>, fault: FailureScope },
    /// Never: trying again would not help.
    Rejected { reason: String, fault: FailureScope },
}

/// Whose fault it was that a message was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureScope {
    /// This message's own: its address, its text. Others go out meanwhile.
    Message,
    /// Their address does not exist (any more): it joins the suppression list.
    Address,
    /// The provider's or the network's, or our settings': others would fail as well. Many in a row
    /// open the circuit breaker.
    Channel,
}

/// Hands messages to a provider. One is made for each channel of a project, and made anew when its
/// settings change.
pub trait Transport: Send + Sync + 'static {
    /// Within the channel's own time-out. Dropping the future gives the message up.
    fn send<'a>(&'a self, message: &'a OutboundMessage) -> BoxFuture<'a, SendResult>;
}

/// Why there is no transport with these settings. Sentences for an admin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChannelError {
    #[error("The channel has no password or key. Enter it on the channel's page.")]
    SecretMissing,
    #[error(
        "The service account's private key cannot be read. Download the JSON file again and paste \
            all of it."
    )]
    PrivateKey,
    #[error(
        "The certificate of the private authority cannot be read. Paste it in PEM, from BEGIN \
            CERTIFICATE to END CERTIFICATE."
    )]
    Authority,
    #[error(
        "The channel's password or key was encrypted with another server key. Start the server \
            with that key, or enter the secret again."
    )]
    OtherKey,
    #[error("The mail server's name is not valid in a certificate. Check its spelling.")]
    HostName,
    #[error("The sender's address is not valid in a message. Check its spelling.")]
    Sender,
}

impl SendResult {
    /// Someone handed a message of one channel to the transport of another.
    fn wrong_channel() -> Self {
        SendResult::Rejected {
            reason: "it is not a message of this channel".to_string(),
            fault: FailureScope::Message,
        }
    }
}

/// What hands messages over with these settings. `status_callback` is the address at which an SMS
/// provider tells what became of a message. Nothing is connected to yet. Inside of a runtime.
///
/// # Errors
/// Where something is missing or cannot be read.
pub fn open_transport(
    settings: &ChannelSettings,
    secret: Option<&ChannelSecret>,
    status_callback: Option<String>,
    outside: &EgressClient,
) -> Result<Arc<dyn Transport>, ChannelError> {
    let needed = || secret.ok_or(ChannelError::SecretMissing);
    Ok(match settings {
        ChannelSettings::Email(email) => {
            let password = email.user.is_some().then(needed).transpose()?;
            Arc::new(smtp::Smtp::new(email, password, outside)?)
        }
        ChannelSettings::Sms(sms) => {
            Arc::new(twilio::Twilio::new(sms, needed()?, status_callback, outside)?)
        }
        ChannelSettings::Push(push) => Arc::new(fcm::Fcm::new(push, needed()?, outside)?),
        ChannelSettings::Webhook(webhook) => {
            Arc::new(webhook::Webhook::new(webhook, secret, outside))
        }
    })
}

/// The same of a channel as it is kept.
///
/// # Errors
/// As well where its secret was sealed with another key.
pub fn open_stored(
    stored: &StoredChannel,
    status_callback: Option<String>,
    server_key: &ServerKey,
    outside: &EgressClient,
) -> Result<Arc<dyn Transport>, ChannelError> {
    let unseal =
        |sealed: &Vec<u8>| unseal(server_key, stored.project, stored.settings.channel(), sealed);
    let secret =
        stored.sealed.as_ref().map(unseal).transpose().map_err(|_| ChannelError::OtherKey)?;
    open_transport(&stored.settings, secret.as_ref(), status_callback, outside)
}

/// A sealed secret opens in the channel that it was sealed for, and nowhere else.
fn seal_label(project: ProjectId, channel: Channel) -> String {
    format!("channel {project}/{}", channel.key())
}

/// # Errors
/// Where the operating system gives no random numbers.
pub fn seal(
    server_key: &ServerKey,
    project: ProjectId,
    channel: Channel,
    secret: &ChannelSecret,
) -> Result<Vec<u8>, KeyFileError> {
    server_key.seal(&seal_label(project, channel), secret.expose().as_bytes())
}

/// # Errors
/// [`KeyFileError::OtherKey`] where it was sealed with another key.
pub fn unseal(
    server_key: &ServerKey,
    project: ProjectId,
    channel: Channel,
    sealed: &[u8],
) -> Result<ChannelSecret, KeyFileError> {
    let bytes = server_key.unseal(&seal_label(project, channel), sealed)?;
    let text = String::from_utf8(bytes).map_err(|_| KeyFileError::OtherKey)?;
    ChannelSecret::parse(&text).map_err(|_| KeyFileError::OtherKey)
}
