//! The outbox dispatcher.
//!
//! It works in rounds: results are recorded, and as many messages are leased as the channels have
//! places for, in one transaction; in between the messages are sent, each by a task of its own.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    channel_limiter::ChannelLimiter,
    delivery_task::{AttemptResult, DeliveryContext},
    fair_quotas::share,
    version_cache::VersionCache,
    waiting::Waiting,
};
use crate::channels::Transport;
use wayfare_domain::{
    ids::{ProjectId, ProjectKey},
    messages::{outcome::SendOutcome, send_rules::FrequencyCap, suppression::ListedAddress},
    profiles::profile::Channel,
    time::Timestamp,
};
use wayfare_store::{
    StoreResult, Stores,
    channels::StoredChannel,
    engine::{EngineSource, EngineStore},
    outbox::{ActiveChannel, ChangedFacts, LeaseQuota, LeasedMessage, MessageResult, OutboxStore},
};

/// How often the outbox is looked at while nothing is heard of it.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How long the dispatcher lets more come back before it settles, and how often while fewer are
/// back than a third of what is in hand: the senders do not wait for it, and a transaction costs as
/// much for a few as for many.
pub(super) const GATHER: Duration = Duration::from_millis(2);
const COALESCE_ROUNDS: u32 = 10;
const GATHERED_PART: usize = 3;
/// Most messages that are settled together.
const RESULT_BATCH_MAX: usize = 2_048;

/// Makes the transport of a channel from its settings; the error is a sentence.
pub type OpenTransport =
    Arc<dyn Fn(&StoredChannel) -> Result<Arc<dyn Transport>, String> + Send + Sync>;

pub(super) type ChannelKey = (ProjectKey, Channel);

pub struct OutboxDispatcher {
    pub(super) outbox: Arc<dyn OutboxStore>,
    pub(super) engine: Arc<dyn EngineStore>,
    pub(super) source: Arc<dyn EngineSource>,
    pub(super) context: Arc<DeliveryContext>,
    open: OpenTransport,
    epoch: i64,
    pub(super) known: VersionCache,
    pub(super) limiters: HashMap<ChannelKey, ChannelLimiter>,
    projects: HashMap<ProjectKey, ProjectId>,
    pub(super) caps: HashMap<ProjectKey, Arc<[FrequencyCap]>>,
    pub(super) send: mpsc::UnboundedSender<AttemptResult>,
    pub(super) back: mpsc::UnboundedReceiver<AttemptResult>,
    pub(super) in_flight: usize,
    waiting: Waiting,
    /// Nothing begins after it.
    pub(super) stop: CancellationToken,
}

impl OutboxDispatcher {
    pub fn new(stores: &Stores, context: DeliveryContext, open: OpenTransport) -> Self {
        let (send, back) = mpsc::unbounded_channel();
        Self {
            outbox: Arc::clone(&stores.outbox),
            engine: Arc::clone(&stores.engine),
            source: Arc::clone(&stores.engine_source),
            context: Arc::new(context),
            open,
            epoch: -1,
            known: VersionCache::default(),
            limiters: HashMap::new(),
            projects: HashMap::new(),
            caps: HashMap::new(),
            send,
            back,
            in_flight: 0,
            waiting: Waiting::default(),
            stop: CancellationToken::new(),
        }
    }

    /// Works until told to stop: from then on nothing begins, what has not begun goes back, and
    /// what is on its way is seen to its end, or given up.
    pub async fn run(mut self, stop: CancellationToken) {
        self.stop = stop.clone();
        self.take_back(&stop).await;
        let mut came_back = Vec::new();
        let mut failed: u32 = 0;
        while !stop.is_cancelled() {
            let wait = match self.round(&mut came_back).await {
                Ok(wait) => {
                    failed = 0;
                    wait
                }
                Err(error) => {
                    failed += 1;
                    self.context.signs.failed_round();
                    tracing::error!(%error, failed, "delivery.round_failed");
                    LOOK_EVERY * 2_u32.pow(failed.min(5))
                }
            };
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                Some(outcome) = self.back.recv(), if came_back.is_empty() => {
                    came_back.push(outcome);
                    self.gather(&stop).await;
                }
                () = self.context.signs.wait_for_outbox() => self.waiting.hear_of_news(),
                () = tokio::time::sleep(wait) => {}
            }
        }
        self.close(came_back).await;
    }

    /// Waits for others that are about to come back.
    async fn gather(&self, stop: &CancellationToken) {
        for _ in 0..COALESCE_ROUNDS {
            tokio::time::sleep(GATHER).await;
            if self.back.len() >= self.in_flight / GATHERED_PART || stop.is_cancelled() {
                return;
            }
        }
    }

    /// A crash left messages in no one's hands.
    async fn take_back(&mut self, stop: &CancellationToken) {
        let composed = self.context.composing.left();
        while !stop.is_cancelled() {
            match self.outbox.requeue_leased(&composed, self.context.clock.now()).await {
                Ok(in_doubt) => {
                    if in_doubt > 0 {
                        tracing::warn!(in_doubt, ?composed, "delivery.taken_back");
                    }
                    return self.context.composing.forget();
                }
                Err(error) => {
                    tracing::error!(%error, "delivery.take_back_failed");
                    tokio::time::sleep(LOOK_EVERY).await;
                }
            }
        }
    }

    /// Settles what came back and takes what there is room for. Answers how long nothing else is to
    /// be done.
    async fn round(&mut self, came_back: &mut Vec<AttemptResult>) -> StoreResult<Duration> {
        while came_back.len() < RESULT_BATCH_MAX
            && let Ok(outcome) = self.back.try_recv()
        {
            came_back.push(outcome);
        }
        self.refresh().await?;
        let now = self.context.clock.now();
        if self.waiting.rest().is_none() {
            let since = Instant::now();
            self.waiting.was_read(self.outbox.list_queues().await?, since);
        }
        self.update_limiters(came_back, now);
        let quotas = share(&mut self.limiters, &self.waiting.due(now), now);
        if !quotas.is_empty() || !came_back.is_empty() {
            self.exchange(came_back, &quotas, now).await?;
        }
        self.show();
        Ok(self.pause(now))
    }

    /// Until the next message is due, or a channel has room again by the mere passing of time.
    fn pause(&self, now: Timestamp) -> Duration {
        let next = self.waiting.queues().iter().filter_map(|queue| {
            let limiter = self.limiters.get(&(queue.project, queue.channel))?;
            match limiter.free_at(&queue.endpoint, now) {
                Some(free_at) => Some(free_at.max(queue.due_at)),
                None => Some(queue.due_at).filter(|due| *due > now),
            }
        });
        let ahead =
            next.min().map(|next| Duration::from_millis((next.0 - now.0).max(1).unsigned_abs()));
        self.waiting.pause(ahead.unwrap_or(LOOK_EVERY)).min(LOOK_EVERY)
    }

    /// What the providers said counts at once, and for each message once, also where it cannot be
    /// written down yet.
    pub(super) fn update_limiters(&mut self, came_back: &mut [AttemptResult], now: Timestamp) {
        for outcome in came_back.iter_mut().filter(|outcome| !outcome.heard) {
            outcome.heard = true;
            let key = (outcome.settled.project, outcome.channel);
            let Some(limiter) = self.limiters.get_mut(&key) else { continue };
            limiter.returned(&outcome.endpoint);
            if outcome.settled.endpoint.is_some() {
                limiter.leads_elsewhere(&outcome.endpoint);
            }
            if let Some(handed) = &outcome.handed
                && limiter.record_result(&outcome.endpoint, handed, now)
            {
                tracing::warn!(
                    project = %key.0,
                    channel = key.1.key(),
                    endpoint = outcome.endpoint,
                    ?handed,
                    "delivery.channel_fails"
                );
            }
        }
    }

    /// Reads anew what has changed: channels, caps, what is written in versions.
    pub(super) async fn refresh(&mut self) -> StoreResult<()> {
        let head = self.engine.get_engine_state().await?;
        if head.epoch == self.epoch {
            return Ok(());
        }
        self.known.refresh(head.definitions_epoch);
        let caps = self.outbox.load_caps_by_project().await?;
        self.caps = caps.into_iter().map(|(project, caps)| (project, caps.into())).collect();
        let setups = self.outbox.list_active_channels().await?;
        let now = self.context.clock.now();
        self.projects = setups.iter().map(|setup| (setup.project, setup.stored.project)).collect();
        let key = |setup: &ActiveChannel| (setup.project, setup.stored.settings.channel());
        let live: HashSet<ChannelKey> = setups.iter().map(key).collect();
        self.limiters.retain(|key, limiter| {
            let stays = live.contains(key);
            if !stays {
                limiter.close();
            }
            stays
        });
        for setup in setups {
            let (key, stored) = (key(&setup), &setup.stored);
            if self.limiters.get(&key).is_some_and(|limiter| limiter.revision == stored.revision) {
                continue;
            }
            let transport = (self.open)(stored);
            if let Err(reason) = &transport {
                tracing::warn!(project = %stored.project, channel = key.1.key(), reason, "delivery.channel_unusable");
            }
            let limiter =
                ChannelLimiter::new(key.1, stored.revision, stored.per_second, transport, now);
            match self.limiters.get_mut(&key) {
                Some(before) => before.renew(limiter),
                None => {
                    self.limiters.insert(key, limiter);
                }
            }
        }
        self.epoch = head.epoch;
        Ok(())
    }

    /// Settles what came back and takes other messages in its place, in one transaction.
    pub(super) async fn exchange(
        &mut self,
        came_back: &mut Vec<AttemptResult>,
        quotas: &[LeaseQuota],
        now: Timestamp,
    ) -> StoreResult<()> {
        let settled: Vec<MessageResult> =
            came_back.iter().map(|outcome| outcome.settled.clone()).collect();
        let taken = {
            let _guard = self.context.flights.taking().await;
            let taken = self.outbox.record_and_lease(&settled, quotas, now).await?;
            // In this order: what went back may have been taken again at once.
            self.context.flights.settle(settled.iter().map(|message| message.message));
            self.context.flights.register(&taken);
            taken
        };
        for outcome in came_back.drain(..) {
            self.context.signs.count(&outcome.settled.outcome);
        }
        self.waiting.took(quotas, &taken);
        if settled.iter().any(|message| message.outcome.event_kind().is_none()) {
            self.waiting.hear_of_news();
        }
        self.in_flight = self.in_flight.saturating_sub(settled.len()) + taken.len();
        self.leave_dead_addresses(&settled, now);
        if !settled.is_empty() {
            self.context.signs.record_outcome();
        }
        for message in &taken {
            if let Some(limiter) = self.limiters.get_mut(&(message.project, message.channel)) {
                limiter.took(&message.endpoint);
            }
        }
        if taken.is_empty() {
            return Ok(());
        }
        // Whatever goes wrong from here on, none of them may be forgotten.
        match self.look_around(&taken, now).await {
            Ok((profiles, surroundings)) => self.dispatch(taken, profiles, &surroundings, now),
            Err(error) => {
                self.put_back(taken, now);
                return Err(error);
            }
        }
        Ok(())
    }

    /// Other messages to an address that has just turned out not to exist do not begin.
    fn leave_dead_addresses(&self, settled: &[MessageResult], now: Timestamp) {
        let dead =
            settled.iter().filter_map(|message| message.outcome.suppression(message.project, now));
        let suppressed: Vec<ListedAddress> = dead.map(|new| new.listed()).collect();
        if !suppressed.is_empty() {
            // What is on its way there is answered by the provider itself.
            let _ = self
                .context
                .flights
                .recall(&ChangedFacts { suppressed, ..ChangedFacts::default() });
        }
    }

    fn put_back(&self, taken: Vec<LeasedMessage>, now: Timestamp) {
        for message in taken {
            let _ =
                self.send.send(AttemptResult::not_attempted(&message, SendOutcome::untouched(now)));
        }
    }

    fn show(&self) {
        let limiters = self.limiters.iter().filter_map(|((project, channel), limiter)| {
            Some(((*self.projects.get(project)?, *channel), limiter.reading()))
        });
        self.context.signs.show_channels(limiters.collect());
    }
}
