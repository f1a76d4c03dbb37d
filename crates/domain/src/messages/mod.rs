//! Rules of delivery: what keeps a message back, when it is tried again, and what becomes of it
//! (DESIGN section 5).

#[cfg(feature = "server")]
pub mod webhook_receiver;
pub mod circuit_breaker;
pub mod channel;
pub mod channel_form;
pub mod event;
pub mod send_rules;
pub mod provider_webhook;
pub mod message_status;
pub mod read_model;
pub mod known_properties;
pub mod channel_health;
pub mod preferences;
pub mod preview;
pub mod token_bucket;
pub mod retry;
pub mod sms;
pub mod suppression;
pub mod failed;
