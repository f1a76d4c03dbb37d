//! The opened database itself, for whoever watches, checks and closes it.

use async_trait::async_trait;

use crate::{StoreResult, error::WriteFailure};
use wayfare_domain::consistency::Finding;

/// The opened database itself: is it whole, is it still ours, and its end.
#[async_trait]
pub trait MaintenanceStore: Send + Sync {
    /// Everything that does not add up: every version's counters (guarantee 6), and their mirrors.
    async fn check_consistency(&self) -> StoreResult<Vec<Finding>>;
    /// Can it be read and written right now?
    async fn check_ready(&self) -> StoreResult<()>;
    /// Was the database cut off or overwritten under this process?
    fn is_damaged(&self) -> bool;
    /// Why nothing may be written any more, such as that another server took the database.
    fn loss(&self) -> Option<WriteFailure>;
    /// Returns when there is such a reason.
    async fn lost(&self) -> WriteFailure;
    /// Finishes what is under way. Nothing is asked of any of the stores afterwards.
    async fn close(&self);
}

/// How much waits to be written.
pub trait WritePressure: Send + Sync {
    /// Has a request had to wait lately while others wrote? Whoever writes much does so in small
    /// portions then.
    fn is_under_pressure(&self) -> bool;
}
