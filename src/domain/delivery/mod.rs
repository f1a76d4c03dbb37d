//! Rules of delivery: what keeps a message back, when it is tried again, and what becomes of it (DESIGN section 5).

pub mod fate;
pub mod gates;
pub mod names;
pub mod preview;
pub mod retry;
pub mod sms;
