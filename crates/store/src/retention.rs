//! What is deleted because it is old.

use async_trait::async_trait;

use crate::StoreResult;
use wayfare_domain::{
    ids::{EnrolmentKey, VersionKey},
    time::Timestamp,
};

/// How old rows must be to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetentionCutoff {
    /// What is from before then goes.
    pub before: Timestamp,
    /// What is later than this was written while the clock was wrong, and says nothing about what
    /// follows it.
    pub now: Timestamp,
}

impl RetentionCutoff {
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
pub struct DeletedPage {
    pub deleted: u64,
    /// Where the next page begins; none: nothing after this one can be old.
    pub next: Option<i64>,
}

/// Deletes what is older than it is kept, a page of a table at a time. A page begins at the key
/// `from`, and the answer says where the next one does.
#[async_trait]
pub trait RetentionStore: Send + Sync {
    /// Events that were received before, and that the engine has looked at.
    async fn delete_old_events(
        &self,
        cutoff: RetentionCutoff,
        from: i64,
        limit: i64,
    ) -> StoreResult<DeletedPage>;
    /// The logs of the next `limit` enrolments.
    async fn delete_old_enrolment_logs(
        &self,
        cutoff: RetentionCutoff,
        from: EnrolmentKey,
        limit: i64,
    ) -> StoreResult<DeletedPage>;
    /// Messages that wait for nothing since before, with what happened to them.
    async fn delete_old_messages(
        &self,
        cutoff: RetentionCutoff,
        from: i64,
        limit: i64,
    ) -> StoreResult<DeletedPage>;
    /// Why people did not enter; the key is that of a version.
    async fn delete_old_entry_rejections(
        &self,
        cutoff: RetentionCutoff,
        from: VersionKey,
        limit: i64,
    ) -> StoreResult<DeletedPage>;
    /// Results of imports and receipts of providers' reports, as many as there is time for.
    async fn delete_old_imports_and_dedup_keys(
        &self,
        cutoff: RetentionCutoff,
        limit: i64,
    ) -> StoreResult<DeletedPage>;
}
