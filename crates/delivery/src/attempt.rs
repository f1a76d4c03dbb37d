//! From leased messages to delivery tasks, each a task of its own.

use std::{collections::HashMap, panic::AssertUnwindSafe, sync::Arc};

use futures::FutureExt;
use tokio::sync::Semaphore;

use super::{
    delivery_task::{AttemptResult, DeliveryTask, address_of, recent_of, suppressed_of},
    dispatcher::{LOOK_EVERY, OutboxDispatcher},
    endpoint_limiter::SendPermit,
};
use crate::channels::Transport;
use wayfare_domain::{
    ids::{MessageKey, ProfileKey},
    messages::{
        outcome::{FixedReason, OutcomeReason, SendOutcome},
        send_rules::CAP_HOURS_MAX,
        suppression::ListedAddress,
    },
    profiles::Profile,
    time::{HOUR_MS, Timestamp},
};
use wayfare_runtime::supervisor::{panic_message, short_task};
use wayfare_store::{
    StoreResult,
    engine::ProfileNeeds,
    outbox::{LeasedMessage, SendFacts},
};

/// How a message gets out.
struct Way {
    transport: Arc<dyn Transport>,
    permits: Arc<Semaphore>,
    pass: SendPermit,
    learns: bool,
}

type People = HashMap<ProfileKey, Arc<Profile>>;

impl OutboxDispatcher {
    /// Reads what the messages need, in sets.
    pub(super) async fn look_around(
        &mut self,
        taken: &[LeasedMessage],
        now: Timestamp,
    ) -> StoreResult<(People, SendFacts)> {
        // What was changed before they were taken counts for them: anyone who changes something
        // afterwards finds them on the board.
        self.refresh().await?;
        self.known
            .learn(&*self.outbox, &*self.source, taken.iter().map(|message| message.version))
            .await?;
        let mut people: Vec<ProfileKey> = taken.iter().map(|message| message.profile).collect();
        people.sort_unstable();
        people.dedup();
        let profiles = self
            .source
            .load_profiles(&people, &ProfileNeeds { profile: true, ..ProfileNeeds::default() })
            .await?;
        let address = |message: &LeasedMessage| {
            let (kind, address) = address_of(profiles.get(&message.profile)?, message.channel)?;
            Some((message.seq, (message.project, kind, address)))
        };
        let (numbers, addresses): (Vec<MessageKey>, Vec<ListedAddress>) =
            taken.iter().filter_map(address).unzip();
        self.context.flights.address(numbers.into_iter().zip(addresses.iter().cloned()));
        let mut capped: Vec<ProfileKey> = taken
            .iter()
            .filter(|message| self.caps.contains_key(&message.project))
            .map(|message| message.profile)
            .collect();
        capped.sort_unstable();
        capped.dedup();
        let since = now.plus(-i64::from(CAP_HOURS_MAX) * HOUR_MS);
        let surroundings = self.outbox.load_send_facts(&addresses, &capped, since).await?;
        let profiles =
            profiles.into_iter().map(|(number, profile)| (number, Arc::new(profile))).collect();
        Ok((profiles, surroundings))
    }

    /// Gives each to a task of its own.
    pub(super) fn dispatch(
        &mut self,
        taken: Vec<LeasedMessage>,
        profiles: People,
        surroundings: &SendFacts,
        now: Timestamp,
    ) {
        for message in taken {
            match (
                self.known.get(message.version),
                profiles.get(&message.profile),
                self.way(&message),
            ) {
                (Some(version), Some(profile), Some(way)) => {
                    let task = DeliveryTask {
                        recent: recent_of(surroundings, &message, now),
                        suppressed: suppressed_of(surroundings, &message, profile),
                        caps: self.caps.get(&message.project).cloned().unwrap_or_default(),
                        message,
                        profile: Arc::clone(profile),
                        version,
                        transport: way.transport,
                        learns: way.learns,
                    };
                    self.hand_over(task, way.permits, way.pass);
                }
                (_, profile, _) => self.cannot(&message, profile.is_some(), now),
            }
        }
    }

    fn way(&mut self, message: &LeasedMessage) -> Option<Way> {
        let limiter = self.limiters.get_mut(&(message.project, message.channel))?;
        let transport = Arc::clone(limiter.transport.as_ref().ok()?);
        let (permits, pass) = limiter.places(&message.endpoint);
        Some(Way { transport, permits, pass, learns: limiter.has_capacity() })
    }

    fn hand_over(&self, task: DeliveryTask, permits: Arc<Semaphore>, pass: SendPermit) {
        let (context, send, stop) =
            (Arc::clone(&self.context), self.send.clone(), self.stop.clone());
        // Made beforehand: of a panic nothing else is left. Whether the provider was asked is not
        // known then.
        let (now, attempts) = (context.clock.now(), task.message.attempts);
        let mut broken_off =
            AttemptResult::not_attempted(&task.message, SendOutcome::untouched(now));
        short_task("delivery.message", async move {
            let permit = tokio::select! {
                biased;
                () = stop.cancelled() => None,
                permit = permits.acquire_owned() => permit.ok(),
            };
            let outcome = if permit.is_some() && pass.is_good() {
                AssertUnwindSafe(task.deliver(&context, &stop)).catch_unwind().await.unwrap_or_else(
                    |panic| {
                        tracing::error!(
                            reason = panic_message(&*panic),
                            "delivery.message_panicked"
                        );
                        let settled = &mut broken_off.settled;
                        settled.outcome =
                            own_error(attempts, FixedReason::BrokenOff, context.clock.now());
                        settled.in_doubt = true;
                        broken_off
                    },
                )
            } else {
                AttemptResult::not_attempted(
                    &task.message,
                    SendOutcome::untouched(context.clock.now()),
                )
            };
            let _ = send.send(outcome);
        });
    }

    /// Someone was deleted or merged meanwhile, a version or a person cannot be read, a channel
    /// was switched off. Taken again, it is known who it is for; what cannot be read stays so, and
    /// ends with the tries.
    fn cannot(&self, message: &LeasedMessage, is_known: bool, now: Timestamp) {
        let at = now.plus(LOOK_EVERY.as_millis() as i64);
        let outcome = if is_known {
            SendOutcome::Retry {
                at,
                reason: Some(OutcomeReason::Fixed(FixedReason::ChannelNotReady)),
                tried: false,
            }
        } else {
            own_error(message.attempts, FixedReason::ProfileUnreadable, now)
        };
        let _ = self.send.send(AttemptResult::not_attempted(message, outcome));
    }
}

fn own_error(attempts: i64, reason: FixedReason, now: Timestamp) -> SendOutcome {
    let soon = now.plus(LOOK_EVERY.as_millis() as i64);
    SendOutcome::own_error(attempts, reason, soon, now)
}
