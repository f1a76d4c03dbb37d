//! A provider that the test controls: takes, refuses, or keeps messages waiting, and remembers what
//! it was asked.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use futures::future::BoxFuture;
use tokio::sync::watch;
use wayfare_delivery::channels::{FailureScope, OutboundMessage, SendResult, Transport};
use wayfare_templates::content::Content;

#[derive(Debug, Clone)]
pub enum Answer {
    NotNow {
        wish_ms: Option<i64>,
        fault: FailureScope,
    },
    Never {
        fault: FailureScope,
    },
    /// It breaks off within our own code.
    Panics,
}

#[derive(Default)]
struct State {
    /// Answers to the next messages; then it takes them.
    answers: Vec<Answer>,
    failing: Option<FailureScope>,
    asked: Vec<(String, String)>,
    taken: HashMap<String, usize>,
    to: HashMap<String, usize>,
    in_flight: usize,
}

#[derive(Clone)]
pub struct Provider {
    state: Arc<Mutex<State>>,
    held: Arc<watch::Sender<bool>>,
}

impl Provider {
    pub fn taking() -> Self {
        Self::answering(Vec::new())
    }

    pub fn answering(answers: Vec<Answer>) -> Self {
        let state = State { answers, ..State::default() };
        Self { state: Arc::new(Mutex::new(state)), held: Arc::new(watch::Sender::new(false)) }
    }

    /// Messages wait until [`Provider::release`].
    pub fn hold(&self) {
        self.held.send_replace(true);
    }

    pub fn release(&self) {
        self.held.send_replace(false);
    }

    pub fn fail(&self, fault: FailureScope) {
        self.state.lock().expect("state").failing = Some(fault);
    }

    pub fn recover(&self) {
        self.state.lock().expect("state").failing = None;
    }

    /// How often each message was taken, or asked about and refused.
    pub fn keys(&self) -> HashMap<String, usize> {
        self.state.lock().expect("state").taken.clone()
    }

    pub fn asked(&self) -> usize {
        self.state.lock().expect("state").asked.len()
    }

    pub fn asked_at(&self, place: &str) -> usize {
        self.state.lock().expect("state").asked.iter().filter(|(_, at)| at == place).count()
    }

    /// The place in the order of asking of the last message for an address.
    pub fn last_place(&self, place: &str) -> usize {
        let state = self.state.lock().expect("state");
        state.asked.iter().rposition(|(_, at)| at == place).expect("it was asked")
    }

    pub fn in_flight(&self) -> usize {
        self.state.lock().expect("state").in_flight
    }

    pub fn most_to_one(&self) -> usize {
        self.state.lock().expect("state").to.values().copied().max().unwrap_or(0)
    }

    /// None: it panics, which happens where no lock is held.
    fn answer(&self, parcel: &OutboundMessage) -> Option<SendResult> {
        let mut state = self.state.lock().expect("state");
        let place = match &parcel.content {
            Content::Webhook(webhook) => webhook.url.clone(),
            _ => parcel.to.clone(),
        };
        state.asked.push((parcel.key.clone(), place));
        let reason = "the provider says no".to_string();
        if let Some(fault) = state.failing {
            return Some(SendResult::Deferred { reason, wish_ms: None, fault });
        }
        let next = if state.answers.is_empty() { None } else { Some(state.answers.remove(0)) };
        *state.taken.entry(parcel.key.clone()).or_default() += 1;
        *state.to.entry(parcel.to.clone()).or_default() += 1;
        Some(match next {
            None => SendResult::Accepted { provider_id: None },
            Some(Answer::NotNow { wish_ms, fault }) => {
                SendResult::Deferred { reason, wish_ms, fault }
            }
            Some(Answer::Never { fault }) => SendResult::Rejected { reason, fault },
            Some(Answer::Panics) => return None,
        })
    }
}

/// Counts a message as in flight until it is dropped.
struct InFlight(Provider);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.state.lock().expect("state").in_flight -= 1;
    }
}

impl Transport for Provider {
    fn send<'a>(&'a self, parcel: &'a OutboundMessage) -> BoxFuture<'a, SendResult> {
        Box::pin(async move {
            self.state.lock().expect("state").in_flight += 1;
            let _flight = InFlight(self.clone());
            let mut held = self.held.subscribe();
            let _ = held.wait_for(|held| !held).await;
            self.answer(parcel).expect("no panic was asked for")
        })
    }
}
