//! What the dispatcher asks of the store.

use std::{
    collections::{HashMap, HashSet},
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{
    StoreResult,
    channels::StoredChannel,
    engine::{ProfileKey, ProjectKey, VersionKey},
};
use wayfare_domain::{
    access::actor::Actor,
    ids::ProjectId,
    messages::{
        failed::{FailedMessagePage, FailedMessageQuery},
        outcome::SendOutcome,
        send_rules::FrequencyCap,
        suppression::{AddressKind, ListedAddress},
    },
    profiles::profile::Channel,
    time::Timestamp,
};

/// Number of a message: `outbox.key`.
pub type MessageKey = i64;

/// A journey's messages that wait for one receiver of a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxQueue {
    pub project: ProjectKey,
    pub version: VersionKey,
    pub channel: Channel,
    /// Machine and port of a webhook, where they are known; empty for the providers of other
    /// channels.
    pub receiver: String,
    /// When the first of them may go out.
    pub due_at: Timestamp,
}

/// How many messages are wanted of a heap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseQuota {
    pub version: VersionKey,
    pub channel: Channel,
    pub receiver: String,
    /// Of the channel's settings: where they have changed since, nothing is taken.
    pub revision: i64,
    pub most: i64,
}

/// A message that the dispatcher has leased.
#[derive(Debug, Clone, PartialEq)]
pub struct LeasedMessage {
    pub seq: MessageKey,
    pub project: ProjectKey,
    pub version: VersionKey,
    pub profile: ProfileKey,
    pub channel: Channel,
    /// As it was known when the message was written.
    pub receiver: String,
    pub node: String,
    /// How often it was handed over in vain.
    pub attempts: i64,
    pub expires_at: Option<Timestamp>,
    /// Of the event that let them in.
    pub entry_properties: Option<String>,
}

/// A message and what happened to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageResult {
    pub message: MessageKey,
    pub project: ProjectKey,
    pub version: VersionKey,
    pub settlement: SendOutcome,
    /// It was given up on its way and waits again: the provider may have it.
    pub in_doubt: bool,
    /// Who receives it, where that turned out to be someone else than was known.
    pub receiver: Option<String>,
}

/// Facts that changed after messages in hand may have been judged by them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangedFacts {
    pub people: Vec<ChangedPerson>,
    /// Addresses that get nothing any more.
    pub suppressed: Vec<ListedAddress>,
}

/// A person of whom something changed that send rules ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChangedPerson {
    pub profile: ProfileKey,
    /// None: by every channel.
    pub channel: Option<Channel>,
    /// Nothing may go out any more as it was prepared: a consent or an address is gone, or the
    /// person. Otherwise messages are only asked about again.
    pub withdrawn: bool,
}

impl ChangedPerson {
    pub fn withdrawn(profile: ProfileKey, channel: Option<Channel>) -> Self {
        Self { profile, channel, withdrawn: true }
    }

    /// Messages are only asked about again.
    pub fn asked_again(profile: ProfileKey) -> Self {
        Self { profile, channel: None, withdrawn: false }
    }
}

impl ChangedFacts {
    pub fn is_empty(&self) -> bool {
        self.people.is_empty() && self.suppressed.is_empty()
    }
}

/// Who becomes whom, told by the store before it is committed: a message that was taken for the one
/// is the other's from then on, for whoever changes something afterwards. Cheap to clone; all
/// clones are the same.
#[derive(Clone, Default)]
pub struct Merges(Arc<Mutex<Vec<(ProfileKey, ProfileKey)>>>);

impl Merges {
    fn noted(&self) -> MutexGuard<'_, Vec<(ProfileKey, ProfileKey)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn note(&self, merges: &[(ProfileKey, ProfileKey)]) {
        self.noted().extend(merges);
    }

    /// What was noted since it was asked last.
    pub fn take(&self) -> Vec<(ProfileKey, ProfileKey)> {
        mem::take(&mut *self.noted())
    }
}

/// What the send rules want to know of people besides their profiles.
#[derive(Debug, Clone, Default)]
pub struct SendFacts {
    /// Why addresses get nothing any more: by project, kind of address and address.
    pub suppressed: HashMap<(ProjectKey, AddressKind, String), String>,
    /// When people got messages lately: by person, with the message's number and, where it is still
    /// with a sender, no time.
    pub recent: HashMap<ProfileKey, Vec<(Channel, MessageKey, Option<Timestamp>)>>,
}

/// A channel of a project by which messages really go out.
#[derive(Clone)]
pub struct ActiveChannel {
    pub project: ProjectKey,
    pub stored: StoredChannel,
}

/// What lies in a project's outbox.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutboxDepth {
    /// Messages that wait, by channel.
    pub waiting: HashMap<Channel, i64>,
    /// Messages that were with a sender when the server died, ever.
    pub doubts: i64,
}

/// A version's names, for what is written into its messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionNames {
    pub journey_id: String,
    pub journey_name: String,
}

/// The outbox, as the dispatcher sees it.
pub trait OutboxStore: Clone + Send + Sync + 'static {
    /// What waits, by journey and channel, whether its time has come or not.
    fn list_queues(&self) -> impl Future<Output = StoreResult<Vec<OutboxQueue>>> + Send;
    /// Writes down what happened to messages, and what the engine is to move people by; and takes
    /// others whose time has come, the longest due of each heap first. From then on they are the
    /// dispatcher's, until they are settled or the server dies. Messages of people who left their
    /// journey meanwhile are called off instead. All of it, or nothing.
    fn record_and_lease(
        &self,
        settled: &[MessageResult],
        quotas: &[LeaseQuota],
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<Vec<LeasedMessage>>> + Send;
    /// Addresses are asked for by project, kind and address; messages that were sent to people
    /// since then by number of person.
    fn surroundings(
        &self,
        addresses: &[(ProjectKey, AddressKind, String)],
        people: &[ProfileKey],
        since: Timestamp,
    ) -> impl Future<Output = StoreResult<SendFacts>> + Send;
    /// Whatever was with a sender when the server died waits again; answers how many that were.
    fn requeue_leased(&self, now: Timestamp) -> impl Future<Output = StoreResult<i64>> + Send;
    fn project_number(
        &self,
        project: ProjectId,
    ) -> impl Future<Output = StoreResult<ProjectKey>> + Send;
    /// Which of these versions are stopped.
    fn closed_versions(
        &self,
        versions: &[VersionKey],
    ) -> impl Future<Output = StoreResult<HashSet<VersionKey>>> + Send;
    fn active_channels(&self) -> impl Future<Output = StoreResult<Vec<ActiveChannel>>> + Send;
    /// By project.
    fn all_caps(
        &self,
    ) -> impl Future<Output = StoreResult<HashMap<ProjectKey, Vec<FrequencyCap>>>> + Send;
    fn version_names(
        &self,
        versions: &[VersionKey],
    ) -> impl Future<Output = StoreResult<HashMap<VersionKey, VersionNames>>> + Send;

    /// What this store merges.
    fn merges(&self) -> Merges;

    // For people.
    fn outbox_load(
        &self,
        project: ProjectId,
    ) -> impl Future<Output = StoreResult<OutboxDepth>> + Send;
    /// Messages that no provider took, the newest first.
    fn undelivered(
        &self,
        project: ProjectId,
        query: &FailedMessageQuery,
    ) -> impl Future<Output = StoreResult<FailedMessagePage>> + Send;
    /// Puts undelivered messages back into the outbox: the chosen ones, or all that the query
    /// matches. Those of stopped journeys and of people who were forgotten stay. Answers how many
    /// went back.
    fn resend(
        &self,
        actor: &Actor,
        query: &FailedMessageQuery,
        chosen: &[MessageKey],
        now: Timestamp,
    ) -> impl Future<Output = StoreResult<i64>> + Send;
}
