//! Places for costly work: so many at once for a person, for a project and for the server, and so
//! many who wait for one.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};

use wayfare_domain::ids::{ProjectId, UserId};

/// Longest time that someone waits for a place.
pub const WAIT: Duration = Duration::from_secs(5);
/// Queues that are remembered before those that no one stands in are forgotten.
const QUEUES_MAX: usize = 256;

/// Work that gets in each other's way. Each kind has places of its own, so that an export never
/// keeps anybody from a preview.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WorkQueue {
    /// Takes a processor: messages, checks, trials, comparisons.
    Rendering,
    /// Reads much of the database: replays, counts, searches.
    Reading,
    /// Goes on as long as the client reads.
    Export,
    /// Goes on as long as the file is long.
    Import,
    /// A request of more than a megabyte, from its first byte to its answer: what is held in memory
    /// for it.
    LargeRequest,
}

/// Places, and how many may stand in line for them.
#[derive(Debug, Clone, Copy)]
struct Bound {
    at_once: usize,
    waiting: usize,
}

const fn bound(at_once: usize, waiting: usize) -> Bound {
    Bound { at_once, waiting }
}

impl WorkQueue {
    /// Of a person, of a project, and of the whole server. (`docs/security.md` has them as a
    /// table.)
    const fn bounds(self) -> [Bound; 3] {
        match self {
            WorkQueue::Rendering => [bound(2, 8), bound(4, 16), bound(8, 64)],
            // The list, the engine and the editor read with the connections that are left.
            WorkQueue::Reading => [bound(1, 4), bound(2, 8), bound(2, 32)],
            WorkQueue::Export => [bound(2, 0), bound(4, 0), bound(8, 0)],
            WorkQueue::Import => [bound(2, 0), bound(4, 0), bound(8, 0)],
            WorkQueue::LargeRequest => [bound(2, 4), bound(3, 8), bound(6, 16)],
        }
    }
}

/// Whose places are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Of {
    Person(UserId),
    Project(ProjectId),
    Server,
}

#[derive(Debug)]
struct Queue {
    places: Arc<Semaphore>,
    /// Who has a place, and who waits for one.
    in_line: AtomicUsize,
}

/// Someone in a queue.
#[derive(Debug)]
struct Turn(Arc<Queue>);

impl Turn {
    fn join(queue: &Arc<Queue>, bound: Bound) -> Option<Self> {
        let most = bound.at_once + bound.waiting;
        let join = |in_line: usize| (in_line < most).then_some(in_line + 1);
        queue.in_line.fetch_update(Ordering::AcqRel, Ordering::Acquire, join).ok()?;
        Some(Self(Arc::clone(queue)))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.in_line.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A place of the person, of the project and of the server. Dropped when the work is done.
#[derive(Debug)]
pub struct Permit {
    _taken: Vec<(OwnedSemaphorePermit, Turn)>,
}

#[derive(Debug, Default)]
pub struct Places {
    queues: Mutex<HashMap<(WorkQueue, Of), Weak<Queue>>>,
}

impl Places {
    /// Takes a place, or waits for one.
    ///
    /// # Errors
    /// Whose places are all taken, and the queue before them as well, or no one has left for too
    /// long.
    pub async fn take(
        &self,
        lane: WorkQueue,
        person: UserId,
        project: ProjectId,
    ) -> Result<Permit, Of> {
        let until = Instant::now() + WAIT;
        let mut taken = Vec::with_capacity(3);
        for (of, bound) in
            [Of::Person(person), Of::Project(project), Of::Server].into_iter().zip(lane.bounds())
        {
            let queue = self.queue(lane, of, bound);
            let turn = Turn::join(&queue, bound).ok_or(of)?;
            let place = timeout_at(until, Arc::clone(&queue.places).acquire_owned()).await;
            taken.push((place.ok().and_then(Result::ok).ok_or(of)?, turn));
        }
        Ok(Permit { _taken: taken })
    }

    fn queue(&self, lane: WorkQueue, of: Of, bound: Bound) -> Arc<Queue> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = queues.get(&(lane, of)).and_then(Weak::upgrade) {
            return queue;
        }
        if queues.len() >= QUEUES_MAX {
            queues.retain(|_, queue| queue.strong_count() > 0);
        }
        let queue = Arc::new(Queue {
            places: Arc::new(Semaphore::new(bound.at_once)),
            in_line: AtomicUsize::new(0),
        });
        queues.insert((lane, of), Arc::downgrade(&queue));
        queue
    }
}
