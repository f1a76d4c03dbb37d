//! Who watches a project hears of changes: those of this process soon, those of other processes (an
//! import from the command line) within half a second more. A change is written down once, however
//! many hear of it.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use wayfare_domain::ids::ProjectId;
use wayfare_runtime::supervisor::short_task;
use wayfare_store::access::ProjectStore;

/// How often the database is asked whether someone else wrote.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Changes that come in a burst are told once.
const BURST: Duration = Duration::from_millis(150);

/// A state of a project, as its watchers are told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub generation: i64,
    /// The server-sent event, shared by all streams.
    pub event: Bytes,
}

impl Change {
    fn new(generation: i64) -> Self {
        Self { generation, event: format!("event: changed\ndata: {generation}\n\n").into() }
    }
}

struct Feed {
    /// May be newer than what has been told.
    newest: i64,
    /// What came in a burst is about to be told.
    is_due: bool,
    told: watch::Sender<Change>,
}

impl Default for Feed {
    fn default() -> Self {
        Self { newest: 0, is_due: false, told: watch::Sender::new(Change::new(0)) }
    }
}

/// The newest generation of each project that is known here. Cheap to clone.
#[derive(Clone, Default)]
pub struct ChangeFeed(Arc<Mutex<HashMap<ProjectId, Feed>>>);

impl ChangeFeed {
    fn feeds(&self) -> MutexGuard<'_, HashMap<ProjectId, Feed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A receiver that wakes whenever the project's generation rises.
    pub fn subscribe(&self, project: ProjectId) -> watch::Receiver<Change> {
        self.feeds().entry(project).or_default().told.subscribe()
    }

    /// Tells anyone who watches the project, once for all that is announced within a moment. Inside
    /// of a runtime.
    pub fn announce(&self, project: ProjectId, generation: i64) {
        let mut feeds = self.feeds();
        let feed = feeds.entry(project).or_default();
        if feed.newest == generation {
            return;
        }
        feed.newest = generation;
        if feed.told.receiver_count() == 0 {
            feed.told.send_replace(Change::new(generation));
        } else if !mem::replace(&mut feed.is_due, true) {
            short_task("changes.burst", self.clone().tell_after_burst(project));
        }
    }

    async fn tell_after_burst(self, project: ProjectId) {
        tokio::time::sleep(BURST).await;
        if let Some(feed) = self.feeds().get_mut(&project) {
            feed.is_due = false;
            feed.told.send_replace(Change::new(feed.newest));
        }
    }

    fn anybody_watches(&self) -> bool {
        self.feeds().values().any(|feed| feed.told.receiver_count() > 0)
    }

    /// Looks for changes that other processes made, until told to stop. No one watching, no one
    /// asked.
    pub async fn watch_store(self, projects: Arc<dyn ProjectStore>, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            if !self.anybody_watches() {
                continue;
            }
            match projects.list_generations().await {
                Ok(generations) => generations
                    .into_iter()
                    .for_each(|(project, generation)| self.announce(project, generation)),
                Err(error) => tracing::warn!(%error, "changes.look_failed"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const PROJECT: ProjectId = ProjectId(Uuid::from_u128(1));

    #[tokio::test]
    async fn a_burst_of_changes_is_told_once_with_the_newest() {
        let changes = ChangeFeed::default();
        let mut watcher = changes.subscribe(PROJECT);
        for generation in 1..=100 {
            changes.announce(PROJECT, generation);
        }
        watcher.changed().await.expect("told");
        assert_eq!(watcher.borrow_and_update().generation, 100);
        tokio::time::sleep(2 * BURST).await;
        assert!(!watcher.has_changed().expect("it goes on"), "and not again");
        changes.announce(PROJECT, 101);
        watcher.changed().await.expect("told");
        assert_eq!(watcher.borrow_and_update().generation, 101);
    }

    #[tokio::test]
    async fn all_watchers_share_the_bytes_of_an_event() {
        let changes = ChangeFeed::default();
        let mut watchers: Vec<_> = (0..100).map(|_| changes.subscribe(PROJECT)).collect();
        changes.announce(PROJECT, 7);
        let mut events = Vec::new();
        for watcher in &mut watchers {
            watcher.changed().await.expect("told");
            events.push(watcher.borrow_and_update().event.clone());
        }
        assert_eq!(events[0], "event: changed\ndata: 7\n\n");
        assert!(events.iter().all(|event| event.as_ptr() == events[0].as_ptr()));
    }

    #[tokio::test]
    async fn a_change_that_nobody_watched_is_known_to_who_comes_later() {
        let changes = ChangeFeed::default();
        changes.announce(PROJECT, 3);
        assert_eq!(changes.subscribe(PROJECT).borrow().generation, 3);
    }
}
