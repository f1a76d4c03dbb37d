//! Names of machines are looked up here: within a time, a few at once, each once however many ask.
//!
//! The system's own way of looking up blocks a thread, for as long as its servers please. A name
//! that no one answers for holds one place and one thread; anyone who asks for it again hears so at
//! once for a while, and other names go on.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use tokio::sync::Semaphore;

use crate::server::supervisor::task_with_answer;

/// Longest time until a name is answered for.
const WITHIN: Duration = Duration::from_secs(4);
/// Names that are looked up at the same time.
const TOGETHER: usize = 32;
/// How long a name that was not found is not looked up again: short, because names come and go.
const REMEMBERED: Duration = Duration::from_secs(5);
/// Names that are remembered at most.
const NAMES_MAX: usize = 4_096;

/// Why there are no addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotFound {
    /// There is no such name.
    Unknown,
    /// No one answered in time.
    Late,
}

type Found = Result<Arc<[SocketAddr]>, NotFound>;
type LookUp = Arc<dyn Fn(String) -> BoxFuture<'static, Found> + Send + Sync>;

/// The names that are being looked up, and those that were not found. Cheap to clone.
#[derive(Clone)]
pub struct Names(Arc<Inner>);

struct Inner {
    look_up: LookUp,
    within: Duration,
    places: Arc<Semaphore>,
    asked: Mutex<HashMap<String, Asked>>,
}

struct Asked {
    answer: Shared<BoxFuture<'static, Found>>,
    /// Since when it is known not to be found.
    failed: Option<Instant>,
}

impl Default for Names {
    fn default() -> Self {
        Self::new(Arc::new(|name: String| ask_system(name).boxed()), WITHIN, TOGETHER)
    }
}

async fn ask_system(name: String) -> Found {
    let found: Vec<SocketAddr> =
        tokio::net::lookup_host((name.as_str(), 0)).await.map_err(|_| NotFound::Unknown)?.collect();
    if found.is_empty() { Err(NotFound::Unknown) } else { Ok(found.into()) }
}

impl Names {
    fn new(look_up: LookUp, within: Duration, together: usize) -> Self {
        let places = Arc::new(Semaphore::new(together));
        Self(Arc::new(Inner { look_up, within, places, asked: Mutex::default() }))
    }

    fn asked(&self) -> MutexGuard<'_, HashMap<String, Asked>> {
        self.0.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The addresses of a name, with port 0.
    ///
    /// # Errors
    /// Where there are none, or no one says so in time.
    pub async fn look_up(&self, name: &str) -> Found {
        let name = name.to_lowercase();
        let answer = self.answer(&name);
        let found = answer.clone().await;
        let mut asked = self.asked();
        // Someone else may have asked anew meanwhile.
        if let Some(known) = asked.get_mut(&name).filter(|known| known.answer.ptr_eq(&answer)) {
            if found.is_ok() {
                asked.remove(&name);
            } else {
                known.failed.get_or_insert_with(Instant::now);
            }
        }
        found
    }

    fn answer(&self, name: &str) -> Shared<BoxFuture<'static, Found>> {
        let mut asked = self.asked();
        let is_over =
            |known: &Asked| known.failed.is_some_and(|since| since.elapsed() > REMEMBERED);
        if let Some(known) = asked.get(name).filter(|known| !is_over(known)) {
            return known.answer.clone();
        }
        if asked.len() >= NAMES_MAX {
            asked.retain(|_, known| known.failed.is_none());
        }
        let answer = self.ask(name.to_string());
        asked.insert(name.to_string(), Asked { answer: answer.clone(), failed: None });
        answer
    }

    /// The place is kept until the system answers, also where no one waits for it any more: its
    /// thread is.
    fn ask(&self, name: String) -> Shared<BoxFuture<'static, Found>> {
        let (look_up, places, within) =
            (Arc::clone(&self.0.look_up), Arc::clone(&self.0.places), self.0.within);
        let asking = task_with_answer("channels.look_up", async move {
            let _place = places.acquire_owned().await;
            look_up(name).await
        });
        let answer = async move {
            match tokio::time::timeout(within, asking).await {
                Ok(Ok(found)) => found,
                Ok(Err(_)) => Err(NotFound::Unknown),
                Err(_) => Err(NotFound::Late),
            }
        };
        answer.boxed().shared()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Counts how often the system is asked; never answers for names that begin with "stuck", and
    /// does not know "unknown".
    fn names(within: Duration) -> (Names, Arc<AtomicUsize>) {
        let count = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&count);
        let look_up = move |name: String| {
            counter.fetch_add(1, Ordering::SeqCst);
            async move {
                match name.as_str() {
                    stuck if stuck.starts_with("stuck") => std::future::pending().await,
                    "unknown" => Err(NotFound::Unknown),
                    _ => Ok([SocketAddr::from(([192, 0, 2, 1], 0))].into()),
                }
            }
            .boxed()
        };
        (Names::new(Arc::new(look_up), within, 4), count)
    }

    #[tokio::test]
    async fn a_name_that_nobody_answers_for_is_asked_for_once_and_keeps_no_other_waiting() {
        let (names, count) = names(Duration::from_millis(50));
        let many = (0..64).map(|_| names.look_up("stuck.example.com"));
        let answers = futures::future::join_all(many).await;
        assert!(answers.iter().all(|answer| *answer == Err(NotFound::Late)));
        assert_eq!(count.load(Ordering::SeqCst), 1);
        assert!(names.look_up("shop.example.com").await.is_ok());
    }

    #[tokio::test]
    async fn a_name_that_was_not_found_is_remembered_and_one_that_was_is_asked_for_anew() {
        let (names, count) = names(WITHIN);
        for _ in 0..3 {
            assert_eq!(names.look_up("unknown").await, Err(NotFound::Unknown));
        }
        assert_eq!(count.load(Ordering::SeqCst), 1);
        for _ in 0..2 {
            assert!(names.look_up("Shop.example.com").await.is_ok());
        }
        assert_eq!(count.load(Ordering::SeqCst), 3);
    }
}
