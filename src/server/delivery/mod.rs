//! The courier: takes messages from the outbox, asks the gates again, fills them in, hands them
//! over, and writes down what became of them (docs/delivery.md).

mod courier;
mod ending;
pub mod flights;
mod hand_over;
mod known;
pub mod lane;
mod letter;
mod receiver;
mod share;
pub mod signs;
mod waiting;

pub use courier::{OpenTransport, OutboxDispatcher};
pub use flights::InFlightTracker;
pub use letter::DeliveryContext;
pub use signs::{DeliveryMetrics, DeliveryMetricsSnapshot};
