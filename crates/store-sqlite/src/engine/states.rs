//! The numbers of states as they stand in statements. An index over the rows of one state is used
//! only where its number is a part of the text: there it cannot be bound.

use wayfare_domain::{engine::node::ExitReason, messages::message_status::MessageStatus};

/// `enrolments.state` of someone inside.
pub const INSIDE: i64 = ExitReason::enrolment_code(None);
/// `outbox.state` of a message that waits.
pub const QUEUED: i64 = MessageStatus::Queued.code();
/// `outbox.lane` of a message that the log takes.
pub const TEST_MODE: i64 = 0;
/// `outbox.lane` of a message that goes out through a channel.
pub const LIVE: i64 = 1;

/// The lane of a message.
pub const fn lane(is_live: bool) -> i64 {
    if is_live { LIVE } else { TEST_MODE }
}
