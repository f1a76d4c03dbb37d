//! How a channel of a project reaches its provider: what is set on its page, and what makes no
//! sense about it. The password or key that goes with it is kept apart ([`ChannelSecret`]): it is
//! sealed, and never shown again.

mod syntax;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{error::FieldError, profiles::profile::Channel, time::Timestamp};
use syntax::{
    ADDRESS_MAX, is_host, is_line, is_mailbox, is_phone_number, is_sender_name, is_web_address,
    is_word,
};

/// Most messages a second that a rate can say.
pub const PER_SECOND_MAX: u32 = 10_000;
/// Longest time that a webhook's receiver may take, in seconds.
pub const WEBHOOK_SECONDS_MAX: u16 = 30;
/// Where Twilio and Firebase live, unless a gateway of one's own stands in for them.
pub const TWILIO: &str = "https://api.twilio.com";
pub const FCM: &str = "https://fcm.googleapis.com";
pub const GOOGLE_TOKENS: &str = "https://oauth2.googleapis.com/token";

/// Longest secret, in bytes: a service account's key has 2 KB.
const SECRET_MAX: usize = 16 * 1024;
/// Shortest secret with which webhooks are signed, in characters.
const SIGNING_MIN: usize = 16;
/// Longest certificate of a private authority, in bytes.
const AUTHORITY_MAX: usize = 32 * 1024;
const NAME_MAX: usize = 100;

/// The settings of one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "channel", rename_all = "snake_case")]
pub enum ChannelSettings {
    Email(EmailSettings),
    Sms(SmsSettings),
    Push(PushSettings),
    Webhook(WebhookSettings),
}

/// How the connection to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TlsMode {
    /// Encrypted from the first byte, usually at port 465.
    Tls,
    /// Encrypted before anything is said, usually at port 587.
    #[default]
    Starttls,
    /// Not at all: for a relay on the same machine or network.
    None,
}

/// A mail server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailSettings {
    pub host: String,
    pub port: u16,
    pub security: TlsMode,
    /// With whose password we sign in; none: without signing in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    pub from_name: String,
    pub from_address: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    /// PEM of a private authority that may vouch for the server, beside the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
}

/// Twilio, or a gateway that speaks its API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmsSettings {
    pub account: String,
    /// A number, a name, or a messaging service.
    pub from: String,
    pub base_url: String,
}

/// Firebase Cloud Messaging, HTTP v1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushSettings {
    pub project: String,
    pub client_email: String,
    pub token_url: String,
    pub base_url: String,
}

/// Requests to addresses that the journeys say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookSettings {
    pub timeout_seconds: u16,
}

impl Default for WebhookSettings {
    fn default() -> Self {
        Self { timeout_seconds: 5 }
    }
}

/// What goes with the settings and is never shown: a password, a token, a private key, a secret for
/// signatures.
#[derive(Clone, PartialEq, Eq)]
pub struct ChannelSecret(String);

impl fmt::Debug for ChannelSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChannelSecret(not shown)")
    }
}

impl ChannelSecret {
    /// # Errors
    /// Where it is too long.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        // Line ends come along when a secret is copied; spaces may belong to it.
        let text = text.trim_matches(['\r', '\n']);
        if text.len() > SECRET_MAX {
            return Err(FieldError::new(
                "secret",
                "too_long",
                "The secret is too long. Use at most 16 KB.",
            ));
        }
        Ok(Self(text.to_string()))
    }

    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Does a channel with these settings need a secret?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretRequirement {
    /// With what to say where it is missing.
    Must(&'static str),
    May,
    /// It has no use for one; one that is there is forgotten.
    No,
}

/// What journeys do with messages of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelState {
    NotSetUp,
    /// Messages are logged and not sent.
    Test,
    Live,
}

impl ChannelState {
    pub fn title(self) -> &'static str {
        match self {
            ChannelState::NotSetUp => "Not set up",
            ChannelState::Test => "Test mode",
            ChannelState::Live => "Live",
        }
    }

    pub fn meaning(self) -> &'static str {
        match self {
            ChannelState::NotSetUp | ChannelState::Test => "Messages are logged and not sent",
            ChannelState::Live => "Messages are sent",
        }
    }
}

/// A channel, as its page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelView {
    pub channel: Channel,
    pub state: ChannelState,
    pub settings: Option<ChannelSettings>,
    /// There is one; which, no one is told.
    pub has_secret: bool,
    pub per_second: Option<u32>,
    /// 0 before it was saved first.
    pub revision: i64,
    pub updated_by: Option<String>,
    pub updated_at: Option<Timestamp>,
}

impl ChannelView {
    /// Of a channel that no one has set up.
    pub fn empty(channel: Channel) -> Self {
        Self {
            channel,
            state: ChannelState::NotSetUp,
            settings: None,
            has_secret: false,
            per_second: None,
            revision: 0,
            updated_by: None,
            updated_at: None,
        }
    }
}

impl TlsMode {
    pub const ALL: [TlsMode; 3] = [TlsMode::Starttls, TlsMode::Tls, TlsMode::None];

    pub fn key(self) -> &'static str {
        match self {
            TlsMode::Tls => "tls",
            TlsMode::Starttls => "starttls",
            TlsMode::None => "none",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            TlsMode::Tls => "TLS from the start (usually port 465)",
            TlsMode::Starttls => "STARTTLS (usually port 587)",
            TlsMode::None => "None (a relay on your own network)",
        }
    }

    pub fn from_key(key: &str) -> Option<Self> {
        TlsMode::ALL.into_iter().find(|security| security.key() == key)
    }
}

impl ChannelSettings {
    pub fn channel(&self) -> Channel {
        match self {
            ChannelSettings::Email(_) => Channel::Email,
            ChannelSettings::Sms(_) => Channel::Sms,
            ChannelSettings::Push(_) => Channel::Push,
            ChannelSettings::Webhook(_) => Channel::Webhook,
        }
    }

    /// What makes no sense about them.
    pub fn problems(&self) -> Vec<FieldError> {
        match self {
            ChannelSettings::Email(email) => email.problems(),
            ChannelSettings::Sms(sms) => sms.problems(),
            ChannelSettings::Push(push) => push.problems(),
            ChannelSettings::Webhook(webhook) => webhook.problems(),
        }
    }

    pub fn secret_need(&self) -> SecretRequirement {
        match self {
            ChannelSettings::Email(EmailSettings { user: None, .. }) => SecretRequirement::No,
            ChannelSettings::Email(_) => {
                SecretRequirement::Must("Enter the password that goes with the user name.")
            }
            ChannelSettings::Sms(_) => {
                SecretRequirement::Must("Enter the auth token of the account.")
            }
            ChannelSettings::Push(_) => {
                SecretRequirement::Must("Paste the service account JSON file.")
            }
            ChannelSettings::Webhook(_) => SecretRequirement::May,
        }
    }

    /// What makes no sense about a secret for them.
    pub fn secret_problem(&self, secret: &ChannelSecret) -> Option<FieldError> {
        let short = matches!(self, ChannelSettings::Webhook(_))
            && secret.expose().chars().count() < SIGNING_MIN;
        short.then(|| {
            let sentence =
                format!("The signing secret is too short. Use at least {SIGNING_MIN} characters.");
            FieldError::new("secret", "too_short", sentence)
        })
    }

    /// To whom the secret is shown. Where this changes it has to be entered again: anyone who may
    /// change an address must not learn a secret by sending it to a machine of their own.
    pub fn secret_audience(&self) -> Vec<&str> {
        match self {
            ChannelSettings::Email(email) => vec![
                &email.host,
                email.security.key(),
                email.user.as_deref().unwrap_or_default(),
                email.authority.as_deref().unwrap_or_default(),
            ],
            ChannelSettings::Sms(sms) => vec![&sms.base_url, &sms.account],
            ChannelSettings::Push(push) => {
                vec![&push.base_url, &push.token_url, &push.project, &push.client_email]
            }
            // It signs and is sent to no one.
            ChannelSettings::Webhook(_) => Vec::new(),
        }
    }

    /// Addresses of the provider that a person typed, with the fields they stand in: a host, or a
    /// URL.
    pub fn provider_addresses(&self) -> Vec<(&'static str, &str)> {
        match self {
            ChannelSettings::Email(email) => vec![("host", &email.host)],
            ChannelSettings::Sms(sms) => vec![("base_url", &sms.base_url)],
            ChannelSettings::Push(push) => {
                vec![("base_url", &push.base_url), ("token_url", &push.token_url)]
            }
            ChannelSettings::Webhook(_) => Vec::new(),
        }
    }

    /// In a few words, for a list.
    pub fn describe(&self) -> String {
        match self {
            ChannelSettings::Email(email) => {
                format!("{} by {}:{}", email.from_address, email.host, email.port)
            }
            ChannelSettings::Sms(sms) => format!("from {} by {}", sms.from, sms.base_url),
            ChannelSettings::Push(push) => format!("Firebase project {}", push.project),
            ChannelSettings::Webhook(webhook) => {
                format!("{} seconds to answer", webhook.timeout_seconds)
            }
        }
    }
}

/// Complaints are collected under the fields' names.
#[derive(Default)]
struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    fn unless(&mut self, fine: bool, path: &str, sentence: &str) {
        if !fine {
            self.0.push(FieldError::new(path, "malformed", sentence));
        }
    }

    fn address_of_provider(&mut self, path: &str, address: &str) {
        let sentence = "This is not a server address. Use https://, as in https://api.example.com, \
            without user name, ? or #. Use http:// only in your own network.";
        self.unless(is_web_address(address), path, sentence);
    }
}

impl EmailSettings {
    fn problems(&self) -> Vec<FieldError> {
        let mut found = FieldErrors::default();
        let host = "Give the name of the mail server, such as smtp.example.com, without http:// \
            and without a port.";
        found.unless(is_host(&self.host), "host", host);
        found.unless(
            self.port != 0,
            "port",
            "A port is a number from 1 to 65535. Mail servers usually listen on 587 or 465.",
        );
        let name = "The sender's name is one line of at most 100 characters.";
        found.unless(is_line(&self.from_name, NAME_MAX), "from_name", name);
        let from = "Give the address that messages come from, such as news@example.com.";
        found.unless(is_mailbox(&self.from_address), "from_address", from);
        let reply =
            "This is not an email address. Leave the field empty to send replies to the sender.";
        found.unless(self.reply_to.as_deref().is_none_or(is_mailbox), "reply_to", reply);
        let user = "The user name is one line of at most 500 characters.";
        found.unless(
            self.user.as_deref().is_none_or(|user| is_line(user, ADDRESS_MAX)),
            "user",
            user,
        );
        let open = "A password is sent over an encrypted connection only. Choose TLS or STARTTLS, \
            or leave the user name empty.";
        found.unless(self.user.is_none() || self.security != TlsMode::None, "security", open);
        let authority =
            "This is not a PEM certificate. It must begin with -----BEGIN CERTIFICATE-----.";
        let is_pem =
            |pem: &str| pem.contains("-----BEGIN CERTIFICATE-----") && pem.len() <= AUTHORITY_MAX;
        found.unless(self.authority.as_deref().is_none_or(is_pem), "authority", authority);
        found.0
    }

    /// What stands behind the @ of the sender.
    pub fn domain(&self) -> &str {
        self.from_address.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

impl SmsSettings {
    fn problems(&self) -> Vec<FieldError> {
        let mut found = FieldErrors::default();
        let account = "The account SID is letters and digits; Twilio's begins with AC.";
        found.unless(is_word(&self.account, 64), "account", account);
        let from = "Give a number such as +4930123456, a name of up to 11 letters, or a messaging \
            service (MG…).";
        let fine = self.is_messaging_service()
            || is_phone_number(&self.from)
            || is_sender_name(&self.from);
        found.unless(fine, "from", from);
        found.address_of_provider("base_url", &self.base_url);
        found.0
    }

    pub fn is_messaging_service(&self) -> bool {
        self.from.len() == 34 && self.from.starts_with("MG") && is_word(&self.from, 34)
    }
}

impl PushSettings {
    fn problems(&self) -> Vec<FieldError> {
        let mut found = FieldErrors::default();
        let account = "The service account file has no project or client email. Download it again \
            from the Firebase console.";
        let is_project = |text: &str| {
            text.chars().all(|sign| sign.is_ascii_alphanumeric() || "-.:".contains(sign))
        };
        let fine =
            !self.project.is_empty() && self.project.len() <= NAME_MAX && is_project(&self.project);
        found.unless(fine && is_mailbox(&self.client_email), "secret", account);
        found.address_of_provider("base_url", &self.base_url);
        found.address_of_provider("token_url", &self.token_url);
        found.0
    }
}

impl WebhookSettings {
    fn problems(&self) -> Vec<FieldError> {
        let mut found = FieldErrors::default();
        let fine = (1..=WEBHOOK_SECONDS_MAX).contains(&self.timeout_seconds);
        found.unless(fine, "timeout_seconds", "Choose a timeout from 1 to 30 seconds.");
        found.0
    }
}

#[cfg(test)]
#[path = "channel_tests.rs"]
mod tests;
