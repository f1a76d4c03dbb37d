//! What a connection is doing, as far as it matters for whether it may stay. Its own task writes
//! it, with one atomic a step; anyone who looks after all connections reads it.

use std::{
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use tokio::time::Instant;

/// Since when something is so, in milliseconds after the epoch and one more; 0: it is not so.
#[derive(Debug, Default)]
struct Since(AtomicU64);

impl Since {
    fn begin(&self, epoch: Instant) {
        self.0
            .store(u64::try_from(epoch.elapsed().as_millis()).unwrap_or(u64::MAX - 1) + 1, Relaxed);
    }

    /// Keeps the moment at which it began, where it is so already.
    fn begin_once(&self, epoch: Instant) {
        if !self.is_so() {
            self.begin(epoch);
        }
    }

    fn end(&self) {
        if self.is_so() {
            self.0.store(0, Relaxed);
        }
    }

    fn is_so(&self) -> bool {
        self.0.load(Relaxed) != 0
    }

    fn elapsed(&self, now: Duration) -> Option<Duration> {
        let began = self.0.load(Relaxed).checked_sub(1)?;
        Some(now.saturating_sub(Duration::from_millis(began)))
    }
}

#[derive(Debug)]
pub struct Activity {
    /// Of the listener.
    epoch: Instant,
    has_asked: AtomicBool,
    waiting: Since,
    head: Since,
    body: Since,
    blocked: Since,
}

/// For how long a connection has been at what it is doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// It has brought a whole head of a request before.
    pub has_asked: bool,
    /// There is no request in hand.
    pub waiting: Option<Duration>,
    /// A part of the next request's head has come.
    pub head: Option<Duration>,
    /// The server waits for the next part of a request's body.
    pub body: Option<Duration>,
    /// A part of a response waits for the client to take it.
    pub blocked: Option<Duration>,
}

impl Activity {
    /// Of a connection that has just been made.
    pub fn new(epoch: Instant) -> Self {
        let activity = Self {
            epoch,
            has_asked: AtomicBool::new(false),
            waiting: Since::default(),
            head: Since::default(),
            body: Since::default(),
            blocked: Since::default(),
        };
        activity.waiting.begin(epoch);
        activity
    }

    /// `now` is the time since the epoch.
    pub fn snapshot(&self, now: Duration) -> Snapshot {
        Snapshot {
            has_asked: self.has_asked.load(Relaxed),
            waiting: self.waiting.elapsed(now),
            head: self.head.elapsed(now),
            body: self.body.elapsed(now),
            blocked: self.blocked.elapsed(now),
        }
    }

    /// No one loses anything if the connection ends now: no request is in hand and no response is
    /// on its way.
    pub fn is_waiting(&self) -> bool {
        self.waiting.is_so() && !self.blocked.is_so()
    }

    pub fn bytes_received(&self) {
        if self.waiting.is_so() {
            self.head.begin_once(self.epoch);
        }
    }

    pub fn write_blocked(&self) {
        self.blocked.begin_once(self.epoch);
    }

    pub fn written(&self) {
        self.blocked.end();
    }

    pub fn body_awaited(&self) {
        self.body.begin_once(self.epoch);
    }

    pub fn body_received(&self) {
        self.body.end();
    }

    pub fn request_begun(&self) {
        self.has_asked.store(true, Relaxed);
        self.head.end();
        self.waiting.end();
    }

    pub fn request_ended(&self) {
        self.body.end();
        self.waiting.begin(self.epoch);
    }
}
