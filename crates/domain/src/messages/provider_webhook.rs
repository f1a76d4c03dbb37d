//! Who reports message events: providers, gateways, mail servers.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// Who reports, and in which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookProvider {
    Twilio,
    SendGrid,
    Mailgun,
    /// A gateway of one's own, or a provider behind an adapter: the documented form, signed with a
    /// shared secret.
    Gateway,
    /// A mail server that passes bounces on as they are.
    Bounce,
}

impl WebhookProvider {
    pub const ALL: [WebhookProvider; 5] = [
        WebhookProvider::Twilio,
        WebhookProvider::SendGrid,
        WebhookProvider::Mailgun,
        WebhookProvider::Gateway,
        WebhookProvider::Bounce,
    ];

    pub fn key(self) -> &'static str {
        match self {
            WebhookProvider::Twilio => "twilio",
            WebhookProvider::SendGrid => "sendgrid",
            WebhookProvider::Mailgun => "mailgun",
            WebhookProvider::Gateway => "gateway",
            WebhookProvider::Bounce => "bounce",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            WebhookProvider::Twilio => "Twilio",
            WebhookProvider::SendGrid => "SendGrid",
            WebhookProvider::Mailgun => "Mailgun",
            WebhookProvider::Gateway => "Your own gateway",
            WebhookProvider::Bounce => "Bounces from a mail server",
        }
    }

    pub fn from_key(key: &str) -> Option<Self> {
        WebhookProvider::ALL.into_iter().find(|provider| provider.key() == key)
    }

    /// What its reports are verified with, as the provider calls it. Bounces are known by the
    /// signed names of the messages that they are about.
    pub fn secret_name(self) -> Option<&'static str> {
        match self {
            WebhookProvider::Twilio => Some("Auth token"),
            WebhookProvider::SendGrid => Some("Verification key"),
            WebhookProvider::Mailgun => Some("HTTP webhook signing key"),
            WebhookProvider::Gateway => Some("Shared secret"),
            WebhookProvider::Bounce => None,
        }
    }

    /// Where the address goes.
    pub fn instruction(self) -> &'static str {
        match self {
            WebhookProvider::Twilio => {
                "Enter it as “A message comes in” of your number, so that STOP and START count. \
                    Status callbacks need no setup."
            }
            WebhookProvider::SendGrid => {
                "Enter it under Mail Settings, Event Webhook, and switch on the Signed Event \
                    Webhook there: it shows the verification key."
            }
            WebhookProvider::Mailgun => {
                "Enter it under Sending, Webhooks, for every event. The signing key is on the same \
                    page."
            }
            WebhookProvider::Gateway => {
                "Post a list of message events to it, signed with a shared secret \
                    (docs/message-events.md has the format)."
            }
            WebhookProvider::Bounce => {
                "Have your mail server post every bounce and every complaint to it as \
                    message/rfc822 (docs/message-events.md has the command)."
            }
        }
    }
}

/// One of them, as the page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderWebhookView {
    pub provider: WebhookProvider,
    pub address: String,
    /// Since when its secret is known, and by whom.
    pub secret: Option<(Timestamp, String)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_lead_back_from_their_keys() {
        for provider in WebhookProvider::ALL {
            assert_eq!(WebhookProvider::from_key(provider.key()), Some(provider));
        }
    }
}
