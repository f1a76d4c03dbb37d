//! What is deleted because it is old.

use async_trait::async_trait;

use crate::{
    StoreResult,
    engine::{EnrolmentKey, VersionKey},
};
use wayfare_domain::time::Timestamp;

/// How old rows must be to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Age {
    /// What is from before then goes.
    pub before: Timestamp,
    /// What is later than this was written while the clock was wrong, and says nothing about what
    /// follows it.
    pub now: Timestamp,
}

impl Age {
    pub fn is_old(self, at: Timestamp) -> bool {
        at < self.before
    }

    /// Rows are numbered as they are written: after one of these come only younger ones.
    pub fn is_young(self, at: Timestamp) -> bool {
        (self.before..=self.now).contains(&at)
    }
}

/// What was deleted from one page of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    pub deleted: u64,
    /// Where the next page begins; none: nothing after this one can be old.
    pub next: Option<i64>,
}

/// Deletes what is older than it is kept, a page of a table at a time. A page begins at the key
/// `from`, and the answer says where the next one does.
#[async_trait]
pub trait RetentionStore: Send + Sync {
    /// Events that were received before, and that the engine has looked at.
    async fn delete_old_events(&self, age: Age, from: i64, limit: i64) -> StoreResult<Page>;
    /// The logs of the next `limit` enrolments.
    async fn delete_old_enrolment_logs(
        &self,
        age: Age,
        from: EnrolmentKey,
        limit: i64,
    ) -> StoreResult<Page>;
    /// Messages that wait for nothing since before, with what happened to them.
    async fn delete_old_messages(&self, age: Age, from: i64, limit: i64) -> StoreResult<Page>;
    /// Why people did not enter; the key is that of a version.
    async fn delete_old_entry_rejections(
        &self,
        age: Age,
        from: VersionKey,
        limit: i64,
    ) -> StoreResult<Page>;
    /// Results of imports and receipts of providers' reports, as many as there is time for.
    async fn delete_old_imports_and_receipts(&self, age: Age, limit: i64) -> StoreResult<Page>;
}
