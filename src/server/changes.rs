//! Who watches the list hears of changes: those of this process at once, those of other processes (an import from the
//! command line) within half a second.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{domain::ids::ProjectId, server::store::Store};

/// How often the database is asked whether somebody else wrote.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The newest generation of a project that is known here. Cheap to clone.
#[derive(Clone)]
pub struct Changes(Arc<watch::Sender<i64>>);

impl Default for Changes {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }
}

impl Changes {
    /// A receiver that wakes whenever the generation rises.
    pub fn subscribe(&self) -> watch::Receiver<i64> {
        self.0.subscribe()
    }

    pub fn announce(&self, generation: i64) {
        self.0.send_if_modified(|known| {
            let newer = *known != generation;
            *known = generation;
            newer
        });
    }

    /// Looks for changes that other processes made, until told to stop. Nobody watching, nobody asked.
    pub async fn watch_store(self, store: impl Store, project: ProjectId, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            if self.0.receiver_count() == 0 {
                continue;
            }
            match store.generation(project).await {
                Ok(generation) => self.announce(generation),
                Err(error) => tracing::warn!(%error, "changes.look_failed"),
            }
        }
    }
}
