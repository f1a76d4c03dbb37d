//! [`MaintenanceStore`] and [`WritePressure`] for SQLite.

use async_trait::async_trait;

use super::{SqliteStore, consistency, readiness};
use wayfare_domain::consistency::Finding;
use wayfare_store::{
    StoreResult,
    error::WriteFailure,
    maintenance::{MaintenanceStore, WritePressure},
};

#[async_trait]
impl MaintenanceStore for SqliteStore {
    async fn check_consistency(&self) -> StoreResult<Vec<Finding>> {
        Ok(consistency::check(self).await?)
    }

    async fn check_ready(&self) -> StoreResult<()> {
        Ok(readiness::check(self).await?)
    }

    fn is_damaged(&self) -> bool {
        self.ownership.is_cut()
    }

    fn loss(&self) -> Option<WriteFailure> {
        self.ownership.loss()
    }

    async fn lost(&self) -> WriteFailure {
        self.ownership.lost().await
    }

    async fn close(&self) {
        // Folds the write-ahead log into the file.
        self.readers.close().await;
        self.writer.close().await;
    }
}

impl WritePressure for SqliteStore {
    fn is_under_pressure(&self) -> bool {
        self.turns.are_pressed()
    }
}
