//! Delivery: leases messages from the outbox, asks the send rules again, renders the messages,
//! sends them, and records the results (docs/delivery.md); and reads what comes back
//! ([`tracking`]). It meets the engine in tables only. Begin with `dispatcher.rs`.

mod attempt;
pub mod channel_limiter;
pub mod channels;
pub mod compose_journal;
mod delivery_task;
mod dispatcher;
mod endpoint_limiter;
mod fair_quotas;
pub mod in_flight;
pub mod metrics;
mod shutdown;
pub mod tracking;
mod version_cache;
mod waiting;

pub use delivery_task::DeliveryContext;
pub use dispatcher::{OpenTransport, OutboxDispatcher};
pub use in_flight::InFlightTracker;
pub use metrics::{DeliveryMetrics, DeliveryMetricsSnapshot};
