//! Use cases. Each takes who is asking, parses nothing, and does one thing: the api and the command line call them, the
//! store carries them out.

mod journeys;
mod transfer;

use std::sync::Arc;

use crate::{
    domain::{ids::ProjectId, time::Timestamp},
    server::{
        changes::Changes,
        clock::Clock,
        store::{Store, StoreResult},
    },
};

/// The use cases over a store. Cheap to clone.
#[derive(Clone)]
pub struct Services<S> {
    store: S,
    clock: Arc<dyn Clock>,
    changes: Changes,
}

impl<S: Store + Clone> Services<S> {
    pub fn new(store: S, clock: Arc<dyn Clock>, changes: Changes) -> Self {
        Self { store, clock, changes }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Is the store able to read and write?
    ///
    /// # Errors
    /// The store's own, where it is not.
    pub async fn ready(&self) -> StoreResult<()> {
        self.store.ready().await
    }

    /// Tells everybody who watches that the project changed.
    async fn announce(&self, project: ProjectId) {
        if let Ok(generation) = self.store.generation(project).await {
            self.changes.announce(generation);
        }
    }
}
