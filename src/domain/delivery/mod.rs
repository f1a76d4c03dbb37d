//! Rules of delivery: what keeps a message back, when it is tried again, and what becomes of it (DESIGN section 5).

pub mod channel;
pub mod channel_form;
pub mod fate;
pub mod gates;
pub mod retry;
