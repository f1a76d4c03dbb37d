//! Whether everything that happens by itself stands still, as all parts of a running server know it
//! ([`Hold`]). A server is held when it starts, or not at all; a release is final until the next
//! start.

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use wayfare_domain::hold::Hold;

/// Cheap to clone; all clones tell the same.
#[derive(Debug, Clone)]
pub struct HoldWatch(watch::Sender<Option<Hold>>);

impl HoldWatch {
    pub fn new(hold: Option<Hold>) -> Self {
        Self(watch::Sender::new(hold))
    }

    pub fn get(&self) -> Option<Hold> {
        *self.0.borrow()
    }

    pub fn release(&self) {
        self.0.send_if_modified(|hold| hold.take().is_some());
    }

    /// Does the work from the moment on in which nothing is held; not at all where `stop` comes
    /// first.
    pub async fn once_released(self, stop: CancellationToken, work: impl Future<Output = ()>) {
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = self.released() => {}
        }
        work.await;
    }

    async fn released(&self) {
        // The sender is ours: it cannot be gone.
        let _ = self.0.subscribe().wait_for(Option::is_none).await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use wayfare_domain::{hold::HoldReason, time::Timestamp};

    fn held() -> HoldWatch {
        HoldWatch::new(Some(Hold { since: Timestamp(1), reason: HoldReason::Requested }))
    }

    #[tokio::test]
    async fn work_begins_with_the_release_and_never_after_a_stop() {
        let (watch, stop) = (held(), CancellationToken::new());
        static DONE: AtomicBool = AtomicBool::new(false);
        let work = tokio::spawn(
            watch.clone().once_released(stop.clone(), async { DONE.store(true, Ordering::SeqCst) }),
        );
        tokio::task::yield_now().await;
        assert!(!DONE.load(Ordering::SeqCst) && !work.is_finished());
        watch.release();
        work.await.expect("it ends");
        assert!(DONE.load(Ordering::SeqCst));
        stop.cancel();
        held().once_released(stop, async { panic!("nothing begins after a stop") }).await;
    }
}
