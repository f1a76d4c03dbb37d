//! Who reports what became of messages: providers, gateways, mail servers.

use serde::{Deserialize, Serialize};

use crate::domain::time::Timestamp;

/// Who reports, and in which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HookProvider {
    Twilio,
    SendGrid,
    Mailgun,
    /// A gateway of one's own, or a provider behind an adapter: the documented form, signed with a
    /// shared secret.
    Gateway,
    /// A mail server that passes bounces on as they are.
    Bounce,
}

impl HookProvider {
    pub const ALL: [HookProvider; 5] = [
        HookProvider::Twilio,
        HookProvider::SendGrid,
        HookProvider::Mailgun,
        HookProvider::Gateway,
        HookProvider::Bounce,
    ];

    pub fn key(self) -> &'static str {
        match self {
            HookProvider::Twilio => "twilio",
            HookProvider::SendGrid => "sendgrid",
            HookProvider::Mailgun => "mailgun",
            HookProvider::Gateway => "gateway",
            HookProvider::Bounce => "bounce",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            HookProvider::Twilio => "Twilio",
            HookProvider::SendGrid => "SendGrid",
            HookProvider::Mailgun => "Mailgun",
            HookProvider::Gateway => "Your own gateway",
            HookProvider::Bounce => "Bounces from a mail server",
        }
    }

    pub fn from_key(key: &str) -> Option<Self> {
        HookProvider::ALL.into_iter().find(|provider| provider.key() == key)
    }

    /// What its reports are verified with, as the provider calls it. Bounces are known by the
    /// signed names of the messages that they are about.
    pub fn secret_name(self) -> Option<&'static str> {
        match self {
            HookProvider::Twilio => Some("Auth token"),
            HookProvider::SendGrid => Some("Verification key"),
            HookProvider::Mailgun => Some("HTTP webhook signing key"),
            HookProvider::Gateway => Some("Shared secret"),
            HookProvider::Bounce => None,
        }
    }

    /// Where the address goes.
    pub fn instruction(self) -> &'static str {
        match self {
            HookProvider::Twilio => {
                "Enter it as “A message comes in” of your number, so that STOP and START count. \
                    Status callbacks need no setup."
            }
            HookProvider::SendGrid => {
                "Enter it under Mail Settings, Event Webhook, and switch on the Signed Event \
                    Webhook there: it shows the verification key."
            }
            HookProvider::Mailgun => {
                "Enter it under Sending, Webhooks, for every event. The signing key is on the same \
                    page."
            }
            HookProvider::Gateway => {
                "Post a list of message events to it, signed with a shared secret \
                    (docs/message-events.md has the format)."
            }
            HookProvider::Bounce => {
                "Have your mail server post every bounce and every complaint to it as \
                    message/rfc822 (docs/message-events.md has the command)."
            }
        }
    }
}

/// One of them, as the page shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookView {
    pub provider: HookProvider,
    pub address: String,
    /// Since when its secret is known, and by whom.
    pub secret: Option<(Timestamp, String)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_lead_back_from_their_keys() {
        for provider in HookProvider::ALL {
            assert_eq!(HookProvider::from_key(provider.key()), Some(provider));
        }
    }
}
