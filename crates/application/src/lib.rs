//! The services: one use case a method, the actor first. Each asks the table of permissions
//! (`crates/domain/src/access/permissions.rs`) whether the actor may, and does one thing: pages,
//! API and command line call it, the store carries it out. HTTP, SQL and views do not belong here.
//! Begin with [`Services`] and `journeys.rs`.

mod api_keys;
pub mod audit;
pub mod auth;
mod authentication;
mod browser_key_limiter;
pub mod change_feed;
mod channels;
pub mod client_network;
mod csv_file;
pub mod delivery;
mod error;
mod hold;
pub mod hold_watch;
mod import_export;
pub mod import_reader;
pub mod imports;
pub mod ingest_writer;
pub mod journey_scheduler;
mod journeys;
mod members;
pub mod message_events;
pub mod message_preview;
mod profiles;
mod projects;
pub mod retention;
pub mod sign_in;
pub mod sso;
pub mod suppressions;
mod test_sends;
mod versions;

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use crate::{
    auth::Auth, browser_key_limiter::BrowserKeyLimiter, change_feed::ChangeFeed,
    hold_watch::HoldWatch, ingest_writer::IngestWriter,
};
pub use authentication::{AccessSince, AuthContext, AuthMethod, AuthRequest, RequestClient};
pub use error::{ServiceError, ServiceResult};
use wayfare_delivery::{
    DeliveryMetrics, InFlightTracker, channels::EgressClient,
    tracking::event_writer::MessageEventWriter,
};
use wayfare_domain::{
    access::actor::Actor,
    ids::ProjectId,
    interrupt::{GivenUp, Interrupt},
    time::Timestamp,
};
use wayfare_runtime::{
    clock::Clock,
    costly_work::{CostlyWork, Job, Running, WorkReading, WorkStop, aside},
    engine_metrics::EngineMetrics,
    supervisor::Supervisor,
};
use wayfare_secrets::server_key::ServerKey;
use wayfare_store::{StoreResult, Stores, outbox::ChangedFacts};

/// How long the segments of a page are counted.
const COUNTING_TIME: Duration = Duration::from_secs(3);

/// The use cases over the stores. Cheap to clone.
#[derive(Clone)]
pub struct Services {
    stores: Arc<Stores>,
    clock: Arc<dyn Clock>,
    changes: ChangeFeed,
    auth: Arc<Auth>,
    /// May anybody come in while there is no account? Only where no one but this machine's own
    /// users can reach us.
    allow_local: bool,
    intake: IngestWriter,
    reports: MessageEventWriter,
    signs: EngineMetrics,
    delivery: Option<DeliveryHandles>,
    work: CostlyWork,
    counting_time: Duration,
    browser_keys: Option<Arc<BrowserKeyLimiter>>,
    hold: HoldWatch,
    supervisor: Supervisor,
}

/// What messages go out with.
#[derive(Clone)]
pub struct DeliveryHandles {
    pub server_key: ServerKey,
    pub outside: EgressClient,
    /// How the dispatcher does.
    pub signs: DeliveryMetrics,
    /// What is on its way.
    pub flights: InFlightTracker,
}

impl Services {
    /// Inside of a runtime: what comes in is written by a task. Without `delivery` for commands,
    /// which send nothing.
    pub fn new(
        stores: Stores,
        clock: Arc<dyn Clock>,
        changes: ChangeFeed,
        auth: Auth,
        signs: EngineMetrics,
        delivery: Option<DeliveryHandles>,
        supervisor: Supervisor,
    ) -> Self {
        let flights =
            delivery.as_ref().map(|delivery| delivery.flights.clone()).unwrap_or_default();
        let intake = IngestWriter::start(
            Arc::clone(&stores.ingest),
            Arc::clone(&clock),
            signs.clone(),
            flights.clone(),
            &supervisor,
        );
        let reports = MessageEventWriter::start(
            Arc::clone(&stores.message_events),
            Arc::clone(&clock),
            signs.clone(),
            flights,
            &supervisor,
        );
        let (work, hold) = (CostlyWork::default(), HoldWatch::new(None));
        Self {
            stores: Arc::new(stores),
            clock,
            changes,
            auth: Arc::new(auth),
            allow_local: false,
            intake,
            reports,
            signs,
            delivery,
            work,
            counting_time: COUNTING_TIME,
            browser_keys: None,
            hold,
            supervisor,
        }
    }

    /// Lets anyone who uses this machine in without an account, as long as there is none.
    #[must_use]
    pub fn with_local_mode(self, allow_local: bool) -> Self {
        Self { allow_local, ..self }
    }

    /// With limits on costly work that are other than the usual ones.
    #[must_use]
    pub fn with_costly_work(self, work: CostlyWork) -> Self {
        Self { work, ..self }
    }

    /// With another time for counting the segments of a page.
    #[must_use]
    pub fn with_counting_time(self, counting_time: Duration) -> Self {
        Self { counting_time, ..self }
    }

    /// With at most so many records a minute by one API key of browsers from one client network.
    #[must_use]
    pub fn with_browser_records(self, per_minute: Option<NonZeroU32>) -> Self {
        let browser_keys = per_minute.map(|most| Arc::new(BrowserKeyLimiter::new(most)));
        Self { browser_keys, ..self }
    }

    /// What costly work the server has done, and refused.
    pub fn costly_work(&self) -> WorkReading {
        self.work.read()
    }

    /// A place for costly work that goes on as long as what is answered is held: a request that is
    /// large, a file that is read.
    ///
    /// # Errors
    /// Where no place is free.
    pub async fn begin_costly(&self, actor: &Actor, job: Job) -> ServiceResult<Running> {
        Ok(self.work.begin(actor, job).await?)
    }

    /// Does costly work within its limits. What it fails with is the use case's own, or says that
    /// it was not begun or stopped.
    async fn costly<T, F>(
        &self,
        actor: &Actor,
        job: Job,
        work: impl FnOnce(WorkStop) -> F,
    ) -> ServiceResult<T>
    where
        T: Send + 'static,
        F: Future<Output = ServiceResult<T>> + Send + 'static,
    {
        Ok(self.work.run(actor, job, work).await?)
    }

    /// The same for work that reads nothing and takes a processor.
    async fn calculated<T: Send + 'static>(
        &self,
        actor: &Actor,
        job: Job,
        work: impl FnOnce(&dyn Interrupt) -> Result<T, GivenUp> + Send + 'static,
    ) -> ServiceResult<T> {
        self.costly(actor, job, |stop| async move { Ok(aside(stop, work).await??) }).await
    }

    /// Knows whether the server is held.
    #[must_use]
    pub fn with_hold(mut self, hold: HoldWatch) -> Self {
        self.hold = hold;
        self
    }

    /// Who watches what works in the background.
    pub fn supervisor(&self) -> &Supervisor {
        &self.supervisor
    }

    /// What the engine tells about itself.
    pub fn engine(&self) -> &EngineMetrics {
        &self.signs
    }

    /// What is on its way; nothing in a command.
    fn flights(&self) -> Option<&InFlightTracker> {
        self.delivery.as_ref().map(|delivery| &delivery.flights)
    }

    /// Answers when no message goes out any more that these facts speak against.
    async fn facts_changed(&self, facts: &ChangedFacts) {
        if let Some(flights) = self.flights() {
            flights.facts_changed(facts).await;
        }
    }

    /// What messages go out with.
    ///
    /// # Errors
    /// In a command.
    pub fn delivery(&self) -> ServiceResult<&DeliveryHandles> {
        self.delivery.as_ref().ok_or(ServiceError::NoDelivery)
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn changes(&self) -> &ChangeFeed {
        &self.changes
    }

    /// Is the store able to read and write?
    ///
    /// # Errors
    /// The store's own, where it is not.
    pub async fn ready(&self) -> StoreResult<()> {
        self.stores.maintenance.check_ready().await
    }

    /// Was a part of the database lost while it was open?
    pub fn is_damaged(&self) -> bool {
        self.stores.maintenance.is_damaged()
    }

    /// Tells everybody who watches that the project changed, and the engine that there may be
    /// something to do.
    async fn announce(&self, project: ProjectId) {
        self.signs.wake();
        if let Ok(generation) = self.stores.projects.get_generation(project).await {
            self.changes.announce(project, generation);
        }
    }
}
