//! The courier: takes messages from the outbox, asks the gates again, fills them in, hands them
//! over, and writes down what became of them (docs/delivery.md).

mod attempt;
pub mod channel_limiter;
pub mod channels;
mod delivery_task;
mod dispatcher;
mod fair_quotas;
pub mod in_flight;
pub mod metrics;
mod receiver;
mod shutdown;
pub mod tracking;
mod version_cache;
mod waiting;

pub use delivery_task::DeliveryContext;
pub use dispatcher::{OpenTransport, OutboxDispatcher};
pub use in_flight::InFlightTracker;
pub use metrics::{DeliveryMetrics, DeliveryMetricsSnapshot};
