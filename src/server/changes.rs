//! Who watches a project hears of changes: those of this process at once, those of other processes (an import from the
//! command line) within half a second.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{domain::ids::ProjectId, server::store::Store};

/// How often the database is asked whether somebody else wrote.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The newest generation of each project that is known here. Cheap to clone.
#[derive(Clone, Default)]
pub struct Changes(Arc<Mutex<HashMap<ProjectId, watch::Sender<i64>>>>);

impl Changes {
    fn with<T>(&self, project: ProjectId, act: impl FnOnce(&watch::Sender<i64>) -> T) -> T {
        let mut projects = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        act(projects.entry(project).or_insert_with(|| watch::Sender::new(0)))
    }

    /// A receiver that wakes whenever the project's generation rises.
    pub fn subscribe(&self, project: ProjectId) -> watch::Receiver<i64> {
        self.with(project, watch::Sender::subscribe)
    }

    pub fn announce(&self, project: ProjectId, generation: i64) {
        self.with(project, |sender| {
            sender.send_if_modified(|known| {
                let newer = *known != generation;
                *known = generation;
                newer
            })
        });
    }

    fn anybody_watches(&self) -> bool {
        let projects = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        projects.values().any(|sender| sender.receiver_count() > 0)
    }

    /// Looks for changes that other processes made, until told to stop. Nobody watching, nobody asked.
    pub async fn watch_store(self, store: impl Store, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            if !self.anybody_watches() {
                continue;
            }
            match store.generations().await {
                Ok(generations) => generations.into_iter().for_each(|(project, generation)| self.announce(project, generation)),
                Err(error) => tracing::warn!(%error, "changes.look_failed"),
            }
        }
    }
}
