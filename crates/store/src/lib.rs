//! The contract of the store: small traits, each about one thing that is kept, with methods as
//! large as a use case; and [`Stores`], all of them together. A crate such as `store-sqlite`
//! implements them; nothing else knows the dialect, and no statement stands here.

pub mod access;
pub mod actors;
pub mod channels;
pub mod engine;
pub mod error;
pub mod journeys;
pub mod maintenance;
pub mod message_events;
pub mod outbox;
pub mod ownership;
pub mod profiles;
pub mod retention;
pub mod simulation;
pub mod transfer;
pub mod versions;

use std::sync::Arc;

use access::{
    AccountStore, ApiKeyStore, AuditStore, MemberStore, ProjectStore, SessionStore, SsoStore,
};
use channels::ChannelStore;
use engine::{EngineSource, EngineStore};
pub use error::StoreError;
use journeys::{FilterStore, JourneyQueries, JourneyStore};
use maintenance::MaintenanceStore;
use message_events::{MessageEventStore, SuppressionStore, WebhookSecretStore};
use outbox::{FailedMessageStore, OutboxStore};
use ownership::OwnershipStore;
use profiles::{ImportStore, IngestStore, ProfileQueries, ProfileStore, SegmentStore};
use retention::RetentionStore;
use simulation::SimulationSource;
use transfer::JourneyTransfer;
use versions::VersionStore;

/// Answers come after the change is on the disk.
pub type StoreResult<T> = Result<T, StoreError>;

/// The stores by name, each with its trait: one list for the struct and for what makes it.
macro_rules! stores {
    ($($(#[$doc:meta])* $field:ident: $contract:ident,)*) => {
        /// Everything that is kept, each part behind its trait. Whoever works takes the part that
        /// they need, or all of them.
        #[derive(Clone)]
        pub struct Stores { $($(#[$doc])* pub $field: Arc<dyn $contract>,)* }

        impl Stores {
            /// The stores that one engine of storage keeps.
            pub fn of<S: $($contract +)* 'static>(store: S) -> Self {
                let store = Arc::new(store);
                Self { $($field: store.clone(),)* }
            }
        }
    };
}

stores! {
    /// What is done to journeys.
    journeys: JourneyStore,
    /// Versions: opened, saved, begun, published.
    versions: VersionStore,
    /// What pages show of journeys.
    journey_queries: JourneyQueries,
    /// Journeys as documents, in and out.
    journey_transfer: JourneyTransfer,
    /// Labels and saved filters.
    filters: FilterStore,
    /// What simulations and replays read.
    simulation: SimulationSource,
    /// Accounts and their passwords.
    accounts: AccountStore,
    /// Sessions, and local mode.
    sessions: SessionStore,
    /// Sign-in through an identity provider.
    sso: SsoStore,
    /// Projects, their keys and generations.
    projects: ProjectStore,
    /// Members, roles and invitations.
    members: MemberStore,
    /// API keys.
    api_keys: ApiKeyStore,
    /// The audit log.
    audit: AuditStore,
    /// One profile.
    profiles: ProfileStore,
    /// What is asked of many profiles.
    profile_queries: ProfileQueries,
    /// Segments.
    segments: SegmentStore,
    /// Imports of files.
    imports: ImportStore,
    /// Records of profiles and events.
    ingest: IngestStore,
    /// Channels and frequency caps.
    channels: ChannelStore,
    /// What comes back from messages.
    message_events: MessageEventStore,
    /// The suppression list.
    suppressions: SuppressionStore,
    /// Secrets of provider webhooks.
    webhook_secrets: WebhookSecretStore,
    /// Messages that no provider took.
    failed_messages: FailedMessageStore,
    /// What the engine works on, and what it commits.
    engine: EngineStore,
    /// What the engine's decisions read.
    engine_source: EngineSource,
    /// What the dispatcher works on.
    outbox: OutboxStore,
    /// Deletes what is too old.
    retention: RetentionStore,
    /// Whose the database is, and whether it is held.
    ownership: OwnershipStore,
    /// The opened database itself.
    maintenance: MaintenanceStore,
}
