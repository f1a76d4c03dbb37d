//! Rules of delivery: why a message is skipped, when it is retried, and the message events that
//! follow (docs/delivery.md).

pub mod abort;
#[cfg(feature = "server")]
pub mod canonical_address;

pub mod channel;
pub mod channel_change;
pub mod channel_form;
pub mod channel_health;
pub mod circuit_breaker;
#[cfg(feature = "server")]
pub mod contact_effects;
pub mod event;
pub mod failed;
pub mod feedback;
pub mod known_properties;
pub mod lease;
pub mod message_status;
pub mod outcome;
pub mod preferences;
pub mod preview;
pub mod provider_webhook;
pub mod read_model;
pub mod reply;
pub mod retry;
pub mod send_rules;
pub mod sms;
pub mod suppression;
pub mod test_recipient;
pub mod token_bucket;
#[cfg(feature = "server")]
pub mod webhook_endpoint;
