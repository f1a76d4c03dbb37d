//! The outbox: what the dispatcher leases and records, and what failed.

use std::{
    collections::{HashMap, HashSet},
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;

use crate::{StoreResult, channels::StoredChannel};
use wayfare_domain::{
    access::actor::Actor,
    ids::{MessageKey, ProfileKey, ProjectId, ProjectKey, VersionKey},
    messages::{
        failed::{FailedMessagePage, FailedMessageQuery},
        outcome::SendOutcome,
        send_rules::FrequencyCap,
        suppression::{AddressKind, ListedAddress},
    },
    profiles::profile::Channel,
    time::Timestamp,
};

/// A journey's messages that wait for one endpoint of a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxQueue {
    pub project: ProjectKey,
    pub version: VersionKey,
    pub channel: Channel,
    /// Machine and port of a webhook, where they are known; empty for the providers of other
    /// channels.
    pub endpoint: String,
    /// When the first of them may go out.
    pub due_at: Timestamp,
}

/// How many messages are wanted of a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseQuota {
    pub version: VersionKey,
    pub channel: Channel,
    pub endpoint: String,
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
    pub endpoint: String,
    pub node: String,
    /// How often it was handed over in vain.
    pub attempts: i64,
    /// A server died while it had it in hand.
    pub outlived_a_crash: bool,
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
    pub outcome: SendOutcome,
    /// It was given up on its way and waits again: the provider may have it.
    pub in_doubt: bool,
    /// Who receives it, where that turned out to be someone else than was known.
    pub endpoint: Option<String>,
}

/// Facts that changed after messages in hand may have been judged by them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangedFacts {
    pub people: Vec<ChangedPerson>,
    /// Addresses that get nothing any more.
    pub suppressed: Vec<ListedAddress>,
}

impl ChangedFacts {
    pub fn is_empty(&self) -> bool {
        self.people.is_empty() && self.suppressed.is_empty()
    }
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
#[async_trait]
pub trait OutboxStore: Send + Sync {
    /// What waits, by version and endpoint, whether its time has come or not.
    async fn list_queues(&self) -> StoreResult<Vec<OutboxQueue>>;
    /// Records what happened to messages, and what the engine is to move people by; and leases
    /// others whose time has come, the longest due of each queue first. From then on they are the
    /// dispatcher's, until they are recorded or the server dies. Messages of people who left their
    /// journey meanwhile are cancelled instead. All of it, or nothing.
    async fn record_and_lease(
        &self,
        results: &[MessageResult],
        quotas: &[LeaseQuota],
        now: Timestamp,
    ) -> StoreResult<Vec<LeasedMessage>>;
    /// What the send rules ask besides profiles: which of these addresses are suppressed, and which
    /// messages these profiles got since then.
    async fn load_send_facts(
        &self,
        addresses: &[(ProjectKey, AddressKind, String)],
        profiles: &[ProfileKey],
        since: Timestamp,
    ) -> StoreResult<SendFacts>;
    /// Whatever was leased when the server died waits again; answers how many that were. What was
    /// put off for longer than anything can be
    /// ([`wayfare_domain::messages::send_rules::POSTPONED_MAX_MS`]) is due. These were being
    /// composed: one of which that is so for the last time
    /// ([`wayfare_domain::messages::lease::CRASHES_MAX`]) fails instead, and one that may be next
    /// is leased alone.
    async fn requeue_leased(&self, composed: &[MessageKey], now: Timestamp) -> StoreResult<i64>;
    /// Which of these versions are stopped.
    async fn load_stopped_versions(
        &self,
        versions: &[VersionKey],
    ) -> StoreResult<HashSet<VersionKey>>;
    /// The channels of all projects by which messages really go out.
    async fn list_active_channels(&self) -> StoreResult<Vec<ActiveChannel>>;
    /// The frequency caps of all projects.
    async fn load_caps_by_project(&self) -> StoreResult<HashMap<ProjectKey, Vec<FrequencyCap>>>;
    /// The names of versions that are written into their messages.
    async fn load_version_names(
        &self,
        versions: &[VersionKey],
    ) -> StoreResult<HashMap<VersionKey, VersionNames>>;
    /// The profiles that this store merges, from now on.
    fn merges(&self) -> Merges;
    /// How many messages of a project wait.
    async fn get_outbox_depth(&self, project: ProjectId) -> StoreResult<OutboxDepth>;
}

/// Messages that no provider took.
#[async_trait]
pub trait FailedMessageStore: Send + Sync {
    /// A page of them, the newest first.
    async fn get_failed_message_page(
        &self,
        project: ProjectId,
        query: &FailedMessageQuery,
    ) -> StoreResult<FailedMessagePage>;
    /// Puts failed messages back into the outbox: the chosen ones, or all that the query matches.
    /// Those of stopped journeys and of deleted profiles stay. Answers how many went back.
    async fn resend_messages(
        &self,
        actor: &Actor,
        query: &FailedMessageQuery,
        chosen: &[MessageKey],
        now: Timestamp,
    ) -> StoreResult<i64>;
}
