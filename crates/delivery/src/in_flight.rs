//! Messages that are leased and have no recorded result yet, one by one.
//!
//! What changes whether a message may go out is a barrier because it looks here: a Stop, an
//! erasure, a withdrawn consent, an address on the suppression list, a channel that was switched
//! off. What has not begun goes back to the outbox and is asked again, with the facts as they are
//! then; what is on its way has come to an end, one way or the other, before the change is
//! answered.

mod concerned;
#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{Mutex as AsyncMutex, MutexGuard as AsyncGuard, Notify, oneshot};

use concerned::Concerned;
use wayfare_domain::{
    ids::{MessageKey, ProfileKey, ProjectKey, VersionKey},
    messages::{abort::AbortReason, suppression::ListedAddress},
    profiles::profile::Channel,
};
use wayfare_store::{
    StoreResult,
    outbox::{ChangedFacts, LeasedMessage, Merges, OutboxStore},
};

/// How long messages on their way get to finish when they are not wanted any more. Then they are
/// given up.
const GRACE: Duration = Duration::from_secs(5);

/// The board on which every message in hand stands. Cheap to clone; all clones are the same board.
#[derive(Clone, Default)]
pub struct InFlightTracker(Arc<Inner>);

#[derive(Default)]
struct Inner {
    /// Held while messages are taken, until they stand on the board.
    taking: AsyncMutex<()>,
    merges: Merges,
    board: Mutex<HashMap<MessageKey, InHand>>,
    landed: Notify,
}

/// A message that was taken and is not settled.
struct InHand {
    project: ProjectKey,
    version: VersionKey,
    /// Whose it is: of several where they were merged meanwhile.
    people: Vec<ProfileKey>,
    channel: Channel,
    /// Where it goes, as the suppression list has it; none as long as no one has looked.
    address: Option<ListedAddress>,
    /// It goes back to the outbox instead of beginning.
    recalled: bool,
    /// While it is being handed over.
    flying: Option<oneshot::Sender<AbortReason>>,
}

/// What a change means for a message in hand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Unconcerned,
    /// Where it has not begun, its send rules are asked again.
    AskAgain,
    /// The same, and what is on its way is waited for.
    Finish(AbortReason),
}

/// A message that is being handed over. Dropping it says that this has come to an end.
pub struct InFlightGuard {
    flights: InFlightTracker,
    message: MessageKey,
    given_up: oneshot::Receiver<AbortReason>,
}

impl InFlightGuard {
    /// It is not wanted any more, and the grace is over.
    pub async fn given_up(&mut self) -> AbortReason {
        match (&mut self.given_up).await {
            Ok(why) => why,
            Err(_) => std::future::pending().await,
        }
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        if let Some(message) = self.flights.table().get_mut(&self.message) {
            message.flying = None;
        }
        self.flights.0.landed.notify_waiters();
    }
}

impl InFlightTracker {
    fn table(&self) -> MutexGuard<'_, HashMap<MessageKey, InHand>> {
        self.0.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A board that knows whom the store has merged.
    pub fn new(merges: Merges) -> Self {
        Self(Arc::new(Inner { merges, ..Inner::default() }))
    }

    /// To be held from before messages are taken until they were registered. Whoever gets it finds
    /// everything on the board that was taken before, under everybody whose it is by now.
    pub async fn taking(&self) -> AsyncGuard<'_, ()> {
        let guard = self.0.taking.lock().await;
        self.follow_merges();
        guard
    }

    /// A message also stays that of the person who was merged: should the merge fail after all, a
    /// barrier is one too many rather than missing.
    fn follow_merges(&self) {
        let merges: HashMap<ProfileKey, ProfileKey> = self.0.merges.take().into_iter().collect();
        if merges.is_empty() {
            return;
        }
        for message in self.table().values_mut() {
            let mut place = 0;
            while let Some(person) = message.people.get(place) {
                if let Some(into) = merges.get(person).filter(|into| !message.people.contains(into))
                {
                    message.people.push(*into);
                }
                place += 1;
            }
        }
    }

    /// These messages were taken.
    pub fn register(&self, messages: &[LeasedMessage]) {
        let in_hand = |message: &LeasedMessage| InHand {
            project: message.project,
            version: message.version,
            people: vec![message.profile],
            channel: message.channel,
            address: None,
            recalled: false,
            flying: None,
        };
        self.table().extend(messages.iter().map(|message| (message.seq, in_hand(message))));
    }

    /// Where these messages go.
    pub fn address(&self, addresses: impl Iterator<Item = (MessageKey, ListedAddress)>) {
        let mut board = self.table();
        for (message, address) in addresses {
            if let Some(message) = board.get_mut(&message) {
                message.address = Some(address);
            }
        }
    }

    /// These messages were settled, or put back.
    pub fn settle(&self, messages: impl Iterator<Item = MessageKey>) {
        let mut board = self.table();
        for message in messages {
            board.remove(&message);
        }
    }

    /// The message is about to be handed over; none where it must not be as it was taken.
    pub fn begin(&self, message: MessageKey) -> Option<InFlightGuard> {
        let mut board = self.table();
        let entry = board.get_mut(&message).filter(|entry| !entry.recalled)?;
        let (give_up, given_up) = oneshot::channel();
        entry.flying = Some(give_up);
        Some(InFlightGuard { flights: self.clone(), message, given_up })
    }

    /// Returns when nothing of a stopped journey is on its way any more, nor ever will be. To be
    /// called after the Stop was committed and before it is answered.
    ///
    /// # Errors
    /// The store's own: then it is not known what was stopped, and everything goes on.
    pub async fn drain_stopped(&self, outbox: &dyn OutboxStore) -> StoreResult<()> {
        let versions: Vec<VersionKey> = {
            // What was taken before the Stop stands on the board from here on; what is taken later
            // sees the Stop.
            let _nobody_takes = self.taking().await;
            self.table()
                .values()
                .map(|message| message.version)
                .collect::<HashSet<_>>()
                .into_iter()
                .collect()
        };
        if versions.is_empty() {
            return Ok(());
        }
        let stopped = outbox.load_stopped_versions(&versions).await?;
        let verdict = |message: &InHand| match stopped.contains(&message.version) {
            true => Verdict::Finish(AbortReason::Stopped),
            false => Verdict::Unconcerned,
        };
        let begun = self.recall_by(verdict);
        self.finish(begun).await;
        Ok(())
    }

    /// Returns when no message that these facts speak against is on its way any more, nor will be.
    /// To be called after they were committed and before that is answered.
    pub async fn facts_changed(&self, facts: &ChangedFacts) {
        if facts.is_empty() {
            return;
        }
        let begun = {
            let _nobody_takes = self.taking().await;
            self.recall(facts)
        };
        self.finish(begun).await;
    }

    /// The same without waiting, for anyone who takes the messages.
    pub fn recall(&self, facts: &ChangedFacts) -> Begun {
        let concerned = Concerned::new(facts);
        self.recall_by(|message| concerned.verdict(message))
    }

    /// The same of a channel whose settings were changed or that was switched off, or of all
    /// channels of a project.
    pub async fn channel_changed(&self, project: ProjectKey, channel: Option<Channel>) {
        let begun = {
            let _nobody_takes = self.taking().await;
            self.recall_by(|message| {
                let concerned = message.project == project
                    && channel.is_none_or(|channel| channel == message.channel);
                if concerned {
                    Verdict::Finish(AbortReason::ChannelChanged)
                } else {
                    Verdict::Unconcerned
                }
            })
        };
        self.finish(begun).await;
    }

    /// Frequency caps of a project were changed: what has not begun is asked again.
    pub async fn caps_changed(&self, project: ProjectKey) {
        let _nobody_takes = self.taking().await;
        // What is on its way was right when it began.
        let _ = self.recall_by(|message| {
            if message.project == project { Verdict::AskAgain } else { Verdict::Unconcerned }
        });
    }

    /// Marks what has not begun, and answers what is on its way and should not be.
    fn recall_by(&self, verdict: impl Fn(&InHand) -> Verdict) -> Begun {
        let mut begun = Begun::default();
        for (number, message) in self.table().iter_mut() {
            match verdict(message) {
                Verdict::Unconcerned => {}
                Verdict::Finish(why) if message.flying.is_some() => begun.0.push((*number, why)),
                Verdict::AskAgain | Verdict::Finish(_) => {
                    message.recalled |= message.flying.is_none()
                }
            }
        }
        begun
    }

    async fn finish(&self, begun: Begun) {
        if tokio::time::timeout(GRACE, self.drained(&begun)).await.is_err() {
            for (number, why) in &begun.0 {
                self.give_up(*number, *why);
            }
            self.drained(&begun).await;
        }
    }

    fn give_up(&self, number: MessageKey, why: AbortReason) {
        let flying = self.table().get_mut(&number).and_then(|message| {
            // Dropping the sender's place would say that it has landed: it has not, before its
            // flight is dropped.
            let (nobody, _) = oneshot::channel();
            message.flying.as_mut().map(|flying| std::mem::replace(flying, nobody))
        });
        if let Some(flying) = flying {
            tracing::warn!(message = %number, ?why, "delivery.given_up");
            let _ = flying.send(why);
        }
    }

    async fn drained(&self, begun: &Begun) {
        loop {
            let landed = self.0.landed.notified();
            tokio::pin!(landed);
            // From here on no landing is missed.
            landed.as_mut().enable();
            let flying = {
                let board = self.table();
                begun.0.iter().any(|(number, _)| {
                    board.get(number).is_some_and(|message| message.flying.is_some())
                })
            };
            if !flying {
                return;
            }
            landed.await;
        }
    }

    /// Gives everything up that is on its way: the server ends.
    pub fn give_all_up(&self) {
        let flying: Vec<MessageKey> = {
            let mut board = self.table();
            board.values_mut().for_each(|message| message.recalled = true);
            board
                .iter()
                .filter(|(_, message)| message.flying.is_some())
                .map(|(number, _)| *number)
                .collect()
        };
        for number in flying {
            self.give_up(number, AbortReason::Ending);
        }
    }
}

/// Messages that were on their way when they were not wanted any more.
#[derive(Default)]
#[must_use]
pub struct Begun(Vec<(MessageKey, AbortReason)>);
