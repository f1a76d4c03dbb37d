//! A project with an engine and a dispatcher, on a clock that is held.

use std::{
    ops::RangeInclusive,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use wayfare_delivery::{
    DeliveryContext, DeliveryMetrics, InFlightTracker, OutboxDispatcher, channels::Transport,
    compose_journal::ComposeJournal,
};
use wayfare_domain::{
    access::actor::Actor,
    ids::JourneyId,
    journeys::{document::JourneyDocument, list::selection::Selection, transition::Action},
    messages::failed::FailedMessagePage,
    profiles::{
        ingest_record::{IngestRecord, NewEvent, ProfileRef, ProfileUpdate, RecordPayload},
        profile::Channel,
        sender::{Batch, RecordSource, Sender},
    },
    stats::VersionStats,
    time::Timestamp,
};
use wayfare_engine::Engine;
use wayfare_runtime::{clock::Clock, engine_metrics::EngineMetrics, time_zones::TzdbZones};
use wayfare_secrets::server_key::ServerKey;
use wayfare_store_sqlite::{SqliteConfig, SqliteStore};

use super::provider::Provider;
use wayfare_store::Stores;

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// 2027-01-15, 12:00 UTC.
const NOON: i64 = 1_800_014_400_000;

/// A clock that goes when it is told to.
#[derive(Clone)]
pub struct HeldClock(Arc<AtomicI64>);

impl HeldClock {
    pub fn pass(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for HeldClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// A message with the settings of its journey.
pub struct Plan {
    step: Value,
    settings: Value,
}

fn plan(step: Value) -> Plan {
    Plan { step, settings: json!({}) }
}

pub fn webhook() -> Plan {
    webhook_to("https://shop.example.com/")
}

pub fn webhook_to(url: &str) -> Plan {
    plan(json!({"webhook": {"url": url, "body": "{}"}}))
}

pub fn an_hour() -> Plan {
    plan(json!({"delay": {"for": {"minutes": 60}}}))
}

pub fn sms() -> Plan {
    plan(json!({"sms": {"body": "Hello"}}))
}

pub fn sms_with_quiet_hours() -> Plan {
    let quiet = json!({"from": "22:00", "to": "07:30", "then": "send_when_over"});
    Plan { settings: json!({ "quiet_hours": quiet }), ..sms() }
}

pub fn sms_until_ordered() -> Plan {
    Plan {
        settings: json!({"goals": [{"name": "Ordered", "event": {"name": "Ordered"}}]}),
        ..sms()
    }
}

pub struct Shop {
    pub stores: Stores,
    pub actor: Actor,
    pub clock: HeldClock,
    pub provider: Provider,
    pub flights: InFlightTracker,
    signs: DeliveryMetrics,
    engine_signs: EngineMetrics,
    stop: CancellationToken,
    engine: Option<tokio::task::JoinHandle<()>>,
    /// Of the dispatcher alone, so that it can end as in a crash.
    runtime: Option<Runtime>,
    folder: TempDir,
}

impl Shop {
    /// With an engine, and a dispatcher that brings SMS and webhooks to the provider.
    pub async fn open(provider: Provider) -> Self {
        let mut shop = Self::furnished(provider).await;
        let signs = shop.engine_signs.clone();
        let engine =
            Engine::new(&shop.stores, Arc::new(shop.clock.clone()), Arc::new(TzdbZones), signs);
        shop.engine = Some(tokio::spawn(engine.run(shop.stop.clone())));
        shop.restart().await;
        shop
    }

    /// Nothing moves by itself.
    pub async fn without_tasks() -> Self {
        Self::furnished(Provider::taking()).await
    }

    async fn furnished(provider: Provider) -> Self {
        let folder = TempDir::new().expect("a folder");
        let store = SqliteStore::open(&SqliteConfig::new(folder.path().join("shop.db")))
            .await
            .expect("a store");
        let stores = Stores::of(store);
        let clock = HeldClock(Arc::new(AtomicI64::new(NOON)));
        let actor = stores.projects.ensure_local_actor(clock.now()).await.expect("an actor");
        let (engine_signs, stop) = (EngineMetrics::default(), CancellationToken::new());
        let signs = DeliveryMetrics::new(engine_signs.clone());
        let flights = InFlightTracker::new(stores.outbox.merges());
        let (engine, runtime) = (None, None);
        let shop = Self {
            stores,
            actor,
            clock,
            provider,
            flights,
            signs,
            engine_signs,
            stop,
            engine,
            runtime,
            folder,
        };
        let sms = json!({"channel": "sms", "account": "AC1", "from": "+1555", "base_url": "https://sms.example.com"});
        for (channel, settings) in [
            (Channel::Sms, sms),
            (Channel::Webhook, json!({"channel": "webhook", "timeout_seconds": 5})),
        ] {
            let values = "(project_id, channel, live, settings, updated_by, updated_at)
                VALUES (?1, ?2, 1, ?4, ?3, 0)";
            let mut connection = shop.connection().await;
            sqlx::query(sqlx::AssertSqlSafe(format!("INSERT INTO channels {values}")))
                .bind(shop.actor.project.0)
                .bind(channel.key())
                .bind(shop.actor.user.0)
                .bind(settings.to_string())
                .execute(&mut connection)
                .await
                .expect("a channel");
            connection.close().await.expect("closed");
        }
        shop
    }

    /// A dispatcher that knows nothing of the one before it.
    pub async fn restart(&mut self) {
        self.flights = InFlightTracker::new(self.stores.outbox.merges());
        let office = DeliveryContext {
            clock: Arc::new(self.clock.clone()),
            calendar: Arc::new(TzdbZones),
            server_key: ServerKey::open(None, &self.folder.path().join("shop.key")).expect("a key"),
            links: "https://wayfare.example.com/".parse().expect("an address"),
            flights: self.flights.clone(),
            signs: self.signs.clone(),
            composing: ComposeJournal::default(),
        };
        let provider: Arc<dyn Transport> = Arc::new(self.provider.clone());
        let courier = OutboxDispatcher::new(
            &self.stores,
            office,
            Arc::new(move |_| Ok(Arc::clone(&provider))),
        );
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.spawn(courier.run(self.stop.clone()));
        self.runtime = Some(runtime);
    }

    /// The dispatcher and everything that it sends are gone immediately.
    pub async fn crash(&mut self) {
        self.runtime.take().expect("it runs").shutdown_background();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    pub async fn close(mut self) {
        let differences = self.stores.maintenance.check_consistency().await.expect("checked");
        self.stop.cancel();
        if let Some(engine) = self.engine.take() {
            engine.await.expect("it ended");
        }
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
        assert_eq!(differences, []);
    }

    async fn connection(&self) -> sqlx::SqliteConnection {
        SqliteConnectOptions::new()
            .filename(self.folder.path().join("shop.db"))
            .connect()
            .await
            .expect("the database opens")
    }

    /// One number of the database; the present time is bound.
    pub async fn number(&self, sql: &'static str) -> i64 {
        let mut connection = self.connection().await;
        let (number,) = sqlx::query_as(sql)
            .bind(self.now().0)
            .fetch_one(&mut connection)
            .await
            .expect("a number");
        connection.close().await.expect("closed");
        number
    }

    /// What another program does to the file.
    pub async fn sql(&self, sql: &'static str) {
        let mut connection = self.connection().await;
        let done = sqlx::query(sql)
            .execute(&mut connection)
            .await
            .expect("the statement runs")
            .rows_affected();
        assert!(done > 0, "{sql}");
        connection.close().await.expect("closed");
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub async fn cap(&self, channel: Channel, most: i64, hours: i64) {
        let mut connection = self.connection().await;
        sqlx::query(
            "INSERT INTO frequency_caps (project_id, channel, max_messages, window_hours)
             VALUES (?, ?, ?, ?)",
        )
        .bind(self.actor.project.0)
        .bind(channel.key())
        .bind(most)
        .bind(hours)
        .execute(&mut connection)
        .await
        .expect("a cap");
    }

    pub async fn rate(&self, channel: Channel, per_second: i64) {
        let mut connection = self.connection().await;
        sqlx::query(
            "UPDATE channels SET per_second = ?, revision = revision + 1 WHERE channel = ?",
        )
        .bind(per_second)
        .bind(channel.key())
        .execute(&mut connection)
        .await
        .expect("a rate");
    }

    pub async fn publish(&self, name: &str, plan: Plan) -> JourneyId {
        self.publish_for(name, plan, "Signed Up").await
    }

    /// Entry by an event, then the message.
    pub async fn publish_for(&self, name: &str, plan: Plan, event: &str) -> JourneyId {
        let mut settings = json!({"entry": {"event": {"name": event}}});
        settings
            .as_object_mut()
            .expect("settings")
            .extend(plan.settings.as_object().cloned().expect("settings"));
        let document = json!({
            "name": name,
            "settings": settings,
            "graph": {
                "nodes": [{"id": "entry", "step": {"entry": {}}}, {"id": "message", "step": plan.step}],
                "connectors": [{"from": "entry", "outlet": "next", "to": "message"}]
            }
        });
        let document: JourneyDocument = serde_json::from_value(document).expect("a document");
        let id = self
            .stores
            .journeys
            .create_journey(&self.actor, &document, self.now())
            .await
            .expect("created");
        self.operate(&[id], Action::Publish).await;
        id
    }

    pub async fn operate(&self, journeys: &[JourneyId], action: Action) {
        let selection = Selection::Ticked(journeys.to_vec());
        self.stores
            .journeys
            .operate(&self.actor, &selection, action, None, self.now())
            .await
            .expect("answered");
    }

    /// These people sign up, with a phone number each.
    pub async fn sign_up(&self, people: RangeInclusive<u64>) {
        let changes = people.clone().map(|number| {
            let properties = json!({"phone": format!("+49170{number:07}")})
                .as_object()
                .cloned()
                .expect("properties");
            (number, RecordPayload::Change(ProfileUpdate::read(properties).expect("a change")))
        });
        self.send(changes.collect()).await;
        self.did("Signed Up", people).await;
    }

    pub async fn did(&self, event: &str, people: RangeInclusive<u64>) {
        let now = self.now();
        let event = |number| {
            let event =
                NewEvent::read(event, Some(now), Default::default(), None, now).expect("an event");
            (number, RecordPayload::Event(event))
        };
        self.send(people.map(event).collect()).await;
    }

    async fn send(&self, what: Vec<(u64, RecordPayload)>) {
        let who =
            |number| ProfileRef::read(Some(format!("person {number}")), None).expect("a person");
        let records = what
            .into_iter()
            .map(|(number, what)| IngestRecord { who: who(number), what })
            .collect();
        let sender = Sender::trusted(self.actor.user, RecordSource::Api);
        let batch = Batch { project: self.actor.project, sender, records };
        self.stores.ingest.ingest(&[batch], self.now()).await.expect("stored");
        self.engine_signs.wake();
    }

    pub async fn failed_messages(&self) -> FailedMessagePage {
        self.stores
            .failed_messages
            .get_failed_message_page(self.actor.project, &Default::default())
            .await
            .expect("a page")
    }

    pub async fn figures(&self, journey: JourneyId) -> VersionStats {
        self.stores
            .journey_queries
            .get_journey(self.actor.project, journey)
            .await
            .expect("a journey")
            .versions[0]
            .figures
    }

    /// Until it is so, or the test's patience ends.
    async fn wait(&self, what: &str, so: impl AsyncFn() -> bool) {
        let began = Instant::now();
        while !so().await {
            assert!(began.elapsed() < PATIENCE, "{what} in {PATIENCE:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub async fn until(&self, journey: JourneyId, so: impl Fn(VersionStats) -> bool) {
        let what = format!("the figures did not come, they are {:?}", self.figures(journey).await);
        self.wait(&what, async || so(self.figures(journey).await)).await;
    }

    /// Until a message waits for a later try.
    pub async fn until_waiting(&self) {
        self.until_waiting_messages(1).await;
    }

    pub async fn until_waiting_messages(&self, count: i64) {
        let waiting = "SELECT count(*) FROM outbox WHERE status = 0 AND due_at > ?";
        self.wait("no message waits", async || self.number(waiting).await == count).await;
    }

    /// Until no message is in hand.
    pub async fn until_settled(&self) {
        let in_hand = "SELECT count(*) FROM outbox WHERE status = 4 AND ? IS NOT NULL";
        self.wait("messages are in hand", async || self.number(in_hand).await == 0).await;
    }

    /// Until the dispatcher has looked several times and found nothing to do.
    pub async fn until_idle(&self) {
        let mut before = usize::MAX;
        while before != self.provider.asked() {
            before = self.provider.asked();
            tokio::time::sleep(Duration::from_millis(700)).await;
        }
        self.until_settled().await;
    }

    pub async fn until_resting(&self) {
        let resting =
            async || self.signs.channels(self.actor.project).iter().any(|(_, status)| status.open);
        self.wait("the breaker did not open", resting).await;
        self.until_settled().await;
    }

    pub async fn until_asked(&self, count: usize) {
        self.wait("the provider was not asked", async || self.provider.asked() >= count).await;
    }

    pub async fn until_in_flight(&self, count: usize) {
        self.wait("nothing is on its way", async || self.provider.in_flight() >= count).await;
    }
}
