//! Watches what works in the background. A worker that dies, by a panic or by returning before its
//! time, is an error in the log and in `/healthz`, and ends the server in order: half a server that
//! goes on answering is worse than none, and whatever started it starts it anew. Short tasks begin
//! here as well, so that a panic in one of them is never unseen.

use std::{
    any::Any,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use futures::FutureExt;
use tokio::task::JoinHandle;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Everything that lives as long as the server. A new worker belongs into [`Worker::ALL`]: the test
/// that lets each of them panic goes by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worker {
    /// Watches for changes that other processes make.
    ChangeFeed,
    /// Looks whether the database is still this server's, and whether it was released.
    DatabaseWatch,
    /// Brings messages to their providers.
    Dispatcher,
    Engine,
    /// Writes what is told about messages: opens, clicks, providers' reports.
    EventWriter,
    /// Writes people and events that come in.
    IngestWriter,
    /// Takes connections.
    Listener,
    /// Deletes what is too old.
    Retention,
    /// Starts and completes journeys by the clock.
    Scheduler,
    /// Waits for the signals that end the server.
    Signals,
}

impl Worker {
    pub const ALL: [Worker; 10] = [
        Worker::ChangeFeed,
        Worker::DatabaseWatch,
        Worker::Dispatcher,
        Worker::Engine,
        Worker::EventWriter,
        Worker::IngestWriter,
        Worker::Listener,
        Worker::Retention,
        Worker::Scheduler,
        Worker::Signals,
    ];

    /// Its name in `/healthz` and in the log.
    pub fn key(self) -> &'static str {
        match self {
            Worker::ChangeFeed => "change_feed",
            Worker::DatabaseWatch => "database_watch",
            Worker::Dispatcher => "dispatcher",
            Worker::Engine => "engine",
            Worker::EventWriter => "event_writer",
            Worker::IngestWriter => "ingest_writer",
            Worker::Listener => "listener",
            Worker::Retention => "retention",
            Worker::Scheduler => "scheduler",
            Worker::Signals => "signals",
        }
    }
}

/// A worker that died, and how.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the worker {} died ({reason})", worker.key())]
pub struct WorkerDied {
    pub worker: Worker,
    pub reason: String,
}

/// When a worker may end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum MayEnd {
    WhenStopped,
    /// Or when no one is left who could give it work.
    WhenUnused,
}

/// Runs the workers of one server. Cheap to clone; all clones are the same.
#[derive(Clone, Default)]
pub struct Supervisor(Arc<Inner>);

#[derive(Default)]
struct Inner {
    stop: CancellationToken,
    waited_for: TaskTracker,
    running: Mutex<Vec<Worker>>,
    died: OnceLock<WorkerDied>,
}

impl Supervisor {
    /// `stop` ends the server, and is what a death of a worker sets off.
    pub fn new(stop: CancellationToken) -> Self {
        Self(Arc::new(Inner { stop, ..Inner::default() }))
    }

    /// Runs a worker that returns after the stop and not before.
    pub fn run(&self, worker: Worker, work: impl Future<Output = ()> + Send + 'static) {
        self.0.waited_for.spawn(self.clone().watch(worker, work, MayEnd::WhenStopped));
    }

    /// Runs a worker that also ends when no one is left who could give it work; the end of the
    /// server does not wait for it.
    pub fn run_while_used(&self, worker: Worker, work: impl Future<Output = ()> + Send + 'static) {
        tokio::spawn(self.clone().watch(worker, work, MayEnd::WhenUnused));
    }

    async fn watch(self, worker: Worker, work: impl Future<Output = ()> + Send, may_end: MayEnd) {
        debug_assert!(Worker::ALL.contains(&worker), "{worker:?} is not in the list of workers");
        self.running().push(worker);
        // What a worker leaves behind when it panics is its own, or behind locks that pass a panic
        // over.
        let ended = AssertUnwindSafe(injected::or_panic(worker, work)).catch_unwind().await;
        self.running().retain(|running| *running != worker);
        match ended {
            Ok(()) if may_end == MayEnd::WhenUnused || self.0.stop.is_cancelled() => {}
            Ok(()) => self.died(worker, "it returned".to_string()),
            Err(panic) => self.died(worker, format!("panic: {}", panic_message(&*panic))),
        }
    }

    fn died(&self, worker: Worker, reason: String) {
        // First the end is set off, then it is told: nothing that is done to tell it can stand in
        // the way.
        let _ = self.0.died.set(WorkerDied { worker, reason: reason.clone() });
        self.0.stop.cancel();
        tracing::error!(worker = worker.key(), reason, "worker.died");
    }

    fn running(&self) -> MutexGuard<'_, Vec<Worker>> {
        self.0.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first worker that died, if one did.
    pub fn first_death(&self) -> Option<&WorkerDied> {
        self.0.died.get()
    }

    /// Waits until the server is to end and its workers have; those that are not done `within` the
    /// time after it are left.
    pub async fn until_ended(&self, within: Duration) {
        self.0.stop.cancelled().await;
        self.0.waited_for.close();
        if tokio::time::timeout(within, self.0.waited_for.wait()).await.is_err() {
            let left: Vec<&str> = self.running().iter().map(|worker| worker.key()).collect();
            tracing::error!(?left, seconds = within.as_secs(), "server.workers_left");
        }
    }
}

impl fmt::Debug for Supervisor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supervisor")
            .field("running", &*self.running())
            .field("died", &self.0.died)
            .finish()
    }
}

/// Begins a task that comes to an end by itself and that no one has to wait for. A panic in it
/// harms nothing else and is told with its name.
pub fn short_task(
    what: &'static str,
    work: impl Future<Output = ()> + Send + 'static,
) -> JoinHandle<()> {
    tokio::spawn(contained(what, work))
}

/// The same, of a task that someone waits for.
pub fn task_with_answer<T: Send + 'static, W: Future<Output = T> + Send + 'static>(
    what: &'static str,
    work: W,
) -> impl Future<Output = Result<T, Panicked>> + Send + use<T, W> {
    let task = tokio::spawn(async move { told(what, AssertUnwindSafe(work).catch_unwind().await) });
    async move { task.await.unwrap_or(Err(Panicked(what))) }
}

/// The same, on a thread of its own.
///
/// # Errors
/// Where it panicked.
pub async fn thread_with_answer<T: Send + 'static>(
    what: &'static str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Panicked> {
    let done =
        tokio::task::spawn_blocking(move || told(what, catch_unwind(AssertUnwindSafe(work))));
    done.await.unwrap_or(Err(Panicked(what)))
}

/// Begins work on a thread of its own that no one waits for.
pub fn thread_task(what: &'static str, work: impl FnOnce() + Send + 'static) {
    tokio::task::spawn_blocking(move || told(what, catch_unwind(AssertUnwindSafe(work))));
}

/// Work whose panic harms nothing else.
pub async fn contained(what: &'static str, work: impl Future<Output = ()>) {
    let _ = told(what, AssertUnwindSafe(work).catch_unwind().await);
}

/// There is no answer, since anyone who was to give it panicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} panicked")]
pub struct Panicked(&'static str);

fn told<T>(what: &'static str, ended: std::thread::Result<T>) -> Result<T, Panicked> {
    ended.map_err(|panic| {
        tracing::error!(what, reason = panic_message(&*panic), "task.panicked");
        Panicked(what)
    })
}

/// What a panic says.
pub fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("it says nothing")
}

/// What tests do to workers. None of it is in a release.
#[cfg(debug_assertions)]
mod injected {
    use std::{env, future::pending, panic::panic_any, path::Path, time::Duration};

    use super::Worker;

    /// `WAYFARE_PANIC_IN=engine:FILE` lets the worker panic in the middle of its work, as soon as
    /// there is such a file.
    #[expect(clippy::panic, reason = "it is what the test asks for")]
    pub async fn or_panic(worker: Worker, work: impl Future<Output = ()>) {
        let wanted = env::var("WAYFARE_PANIC_IN").unwrap_or_default();
        let file = wanted
            .split_once(':')
            .filter(|(key, _)| *key == worker.key())
            .map(|(_, file)| file.to_string());
        let fuse = async {
            let Some(file) = file else { return pending().await };
            while !Path::new(&file).exists() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::select! {
            () = work => {}
            () = fuse => panic_any("injected by a test"),
        }
    }
}

#[cfg(not(debug_assertions))]
mod injected {
    pub async fn or_panic(_: super::Worker, work: impl Future<Output = ()>) {
        work.await;
    }
}

#[cfg(test)]
mod tests {
    use std::{future::pending, panic::panic_any};

    use super::*;

    fn panics() {
        panic_any("alone")
    }

    const NET: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn a_panic_in_a_worker_names_it_and_sets_off_the_end() {
        let supervisor = Supervisor::default();
        let stop = supervisor.0.stop.clone();
        supervisor.run(Worker::Engine, async move { stop.cancelled().await });
        supervisor.run(Worker::Retention, async { panic!("of {} days", 7) });
        supervisor.until_ended(NET).await;
        let death = supervisor.first_death().expect("one died");
        assert_eq!(death.to_string(), "the worker retention died (panic: of 7 days)");
        assert!(supervisor.running().is_empty(), "the others have ended in order");
    }

    #[tokio::test]
    async fn a_worker_that_returns_before_its_time_has_died() {
        let supervisor = Supervisor::default();
        supervisor.run(Worker::Scheduler, async {});
        supervisor.until_ended(NET).await;
        assert_eq!(supervisor.first_death().map(|death| death.worker), Some(Worker::Scheduler));
    }

    #[tokio::test]
    async fn a_worker_that_returns_after_the_stop_has_not() {
        let supervisor = Supervisor::default();
        let stop = supervisor.0.stop.clone();
        supervisor.run(Worker::Scheduler, async move { stop.cancelled().await });
        supervisor.run_while_used(Worker::IngestWriter, async {});
        supervisor.0.stop.cancel();
        supervisor.until_ended(NET).await;
        assert_eq!(supervisor.first_death(), None);
    }

    #[tokio::test]
    async fn a_worker_that_never_ends_does_not_keep_the_server_from_ending() {
        let supervisor = Supervisor::default();
        supervisor.run(Worker::Dispatcher, pending());
        supervisor.0.stop.cancel();
        supervisor.until_ended(Duration::from_millis(50)).await;
        assert_eq!(*supervisor.running(), [Worker::Dispatcher]);
    }

    #[tokio::test]
    async fn a_panic_in_a_short_task_is_its_own() {
        short_task("test", async { panic!("alone") }).await.expect("it is contained");
    }

    #[tokio::test]
    async fn whoever_waits_for_a_task_that_panicked_learns_that_there_is_no_answer() {
        assert_eq!(task_with_answer("test", async { panics() }).await, Err(Panicked("test")));
        assert_eq!(thread_with_answer("test", panics).await, Err(Panicked("test")));
        assert_eq!(thread_with_answer("test", || 7).await, Ok(7));
    }
}
