//! Rules of delivery: what keeps a message back, when it is tried again, and what becomes of it
//! (DESIGN section 5).

pub mod breaker;
pub mod channel;
pub mod channel_form;
pub mod fate;
pub mod gates;
pub mod hook;
pub mod message_status;
pub mod message_view;
pub mod names;
pub mod overview;
pub mod preferences;
pub mod preview;
pub mod rate;
pub mod retry;
pub mod sms;
pub mod suppression;
pub mod undelivered;
