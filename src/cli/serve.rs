//! Starts everything, and stops it in order: first no new requests, then the running ones finish,
//! then the file is closed. What works in the background is watched: where one of it dies,
//! everything else ends in the same order.

use std::{io::Write, net::SocketAddr, num::NonZeroU32, path::Path, sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;
use url::Url;

use super::{
    args::{ProviderArgsError, ServeArgs},
    database_watch,
    open::open_for_server,
    server_key::{ServerKeyError, server_key},
};
use crate::{
    http::{self, AppState, PublicUrl, STREAMS_MAX, TrustedProxies, assets::Assets},
    server::{
        concurrency_limit::ConcurrencyLimit,
        file_descriptors::connections_allowed,
        listener::{self, ConnectionLimits, Connections},
        signals,
    },
};
use wayfare_application::{
    DeliveryHandles, Services,
    auth::{
        Auth, Lifetimes,
        oidc::{OidcClient, ProviderError},
    },
    change_feed::ChangeFeed,
    hold_watch::HoldWatch,
    journey_scheduler::run_scheduler,
    retention::run_retention,
};
use wayfare_delivery::{
    DeliveryContext, DeliveryMetrics, InFlightTracker, OutboxDispatcher,
    channels::{self, EgressClient, TlsError},
    compose_journal::ComposeJournal,
    tracking::provider_webhook::webhook_url,
};
use wayfare_domain::{messages::provider_webhook::WebhookProvider, profiles::profile::Channel};
use wayfare_engine::Engine;
use wayfare_runtime::{
    clock::{Clock, GuardedClock},
    costly_work::CostlyWork,
    engine_metrics::EngineMetrics,
    supervisor::{Supervisor, Worker, WorkerDied},
    time_zones::TzdbZones,
};
use wayfare_secrets::{
    private_file::beside,
    secret::{NoRandomness, Secret},
};
use wayfare_store::{Stores, channels::StoredChannel, error::WriteFailure};

/// How long workers get to end after running requests did. Each has a bound of its own that is
/// shorter; this one is for those that hang.
const WORKERS_END: Duration = Duration::from_secs(60);
/// How long the file gets to be closed in order. What was answered is in it in any case.
const FILE_CLOSES: Duration = Duration::from_secs(10);

/// Why the server did not start, or ended: a sentence for the person who started it.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(
        "Others can reach Wayfare at {0}, and there is no account yet. Create one first: wayfare \
            user add you@example.com"
    )]
    NotLocal(String),
    #[error(
        "Cannot listen on {0}: {1}. Another program may use the port. Choose another one with \
            --listen."
    )]
    Listen(SocketAddr, std::io::Error),
    /// It served, and may not any more.
    #[error("{}", .0.sentence())]
    Lost(WriteFailure),
    #[error(
        "The clock jumped ahead by {0} hours, so the server stopped. When it starts again, \
            everything is held until someone releases it. Check the machine's date and time."
    )]
    ClockJumped(u64),
    #[error("Identity provider: {0}. Check the WAYFARE_OIDC_ settings.")]
    Provider(#[from] ProviderError),
    #[error(transparent)]
    ProviderArgs(#[from] ProviderArgsError),
    #[error(transparent)]
    Key(#[from] ServerKeyError),
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    #[error("Nothing can be sent from this machine: {0}. Check its network and its certificates.")]
    Outside(#[from] TlsError),
    #[error(transparent)]
    Store(#[from] wayfare_store::StoreError),
    #[error("{0}, so the server stopped. Check its log and start it again.")]
    Died(WorkerDied),
    #[error("the server failed: {0}")]
    Io(#[from] std::io::Error),
}

/// Serves until a signal or `stop` says otherwise.
///
/// # Errors
/// Where the address or the database cannot be used, or something that works in the background
/// died.
pub async fn serve(args: &ServeArgs, stop: CancellationToken) -> Result<(), ServeError> {
    let database = open_for_server(&args.database.database, args.readers).await?;
    let stores = &database.stores;
    let guarded = Arc::new(GuardedClock::start());
    let clock: Arc<dyn Clock> = Arc::clone(&guarded) as Arc<dyn Clock>;
    let hold = database_watch::take_over(&database, args.hold, clock.now()).await?;
    stores.projects.ensure_local_actor(clock.now()).await?;
    stores
        .imports
        .fail_running_imports(
            "The server stopped during the import. Import the file again: existing profiles are \
                updated.",
            clock.now(),
        )
        .await?;
    let local = stores.sessions.find_local_projects().await?.is_some();
    let reachable = args.reachable();
    if let (true, Some(place)) = (local, &reachable) {
        return Err(ServeError::NotLocal(place.clone()));
    }
    let provider = args.provider.config()?.map(OidcClient::new).transpose()?;
    let lifetimes = Lifetimes::new(hours(args.session_idle_hours), hours(args.session_hours));
    let changes = ChangeFeed::default();
    let listener = listener::bind(args.listen)
        .await
        .map_err(|error| ServeError::Listen(args.listen, error))?;
    let address = listener.local_addr()?;
    let auth = Auth::new(lifetimes, provider);
    let signs = EngineMetrics::default();
    let flights = InFlightTracker::new(stores.outbox.merges());
    let delivery = DeliveryHandles {
        server_key: server_key(&args.delivery, &args.database.database, &*stores.ownership).await?,
        outside: EgressClient::new(args.delivery.allow_networks.clone())?,
        signs: DeliveryMetrics::new(signs.clone()),
        flights,
    };
    let token = args.local_token.then(Secret::new).transpose()?;
    let links = args.public_url.clone().map_or_else(|| local_url(address), Ok)?;
    let (local_too, sending) = (reachable.is_none(), Some(delivery.clone()));
    let supervisor = Supervisor::new(stop.clone());
    let services = Services::new(
        stores.clone(),
        Arc::clone(&clock),
        changes.clone(),
        auth,
        signs.clone(),
        sending,
        supervisor.clone(),
    )
    .with_local_mode(local_too)
    .with_costly_work(CostlyWork::within(Duration::from_secs(args.work_seconds)))
    .with_browser_records(NonZeroU32::new(args.browser_records_per_minute))
    .with_hold(hold.clone());
    let state = AppState {
        services: services.clone(),
        assets: Arc::new(Assets::embedded()),
        site: Arc::new(
            PublicUrl::new(args.public_url.clone(), args.listen.ip(), args.trusted_proxies.clone())
                .asking_for(token.as_ref()),
        ),
        stop: stop.clone(),
        streams: ConcurrencyLimit::new(STREAMS_MAX),
    };
    let limits = ConnectionLimits::new(connections_allowed());
    let routers = http::routers(&state, &limits);
    let connections = Connections::new(limits, TrustedProxies::new(args.trusted_proxies.clone()));
    supervisor.run(Worker::Signals, signals::listen(stop.clone())?);
    supervisor.run(
        Worker::ChangeFeed,
        changes.clone().watch_store(Arc::clone(&stores.projects), stop.clone()),
    );
    let engine = Engine::new(stores, Arc::clone(&clock), Arc::new(TzdbZones), signs);
    let engine = match args.delivery.catch_up_per_second {
        0 => engine,
        per_second => engine.catching_up(per_second),
    };
    let composing = compose_journal(&args.database.database);
    let watching =
        database_watch::watch(stores.clone(), Arc::clone(&guarded), hold.clone(), stop.clone());
    supervisor.run(Worker::DatabaseWatch, watching);
    // Whatever happens by itself waits for the release where the server is held.
    supervisor
        .run(Worker::Engine, hold.clone().once_released(stop.clone(), engine.run(stop.clone())));
    supervisor.run(
        Worker::Dispatcher,
        hold.clone().once_released(
            stop.clone(),
            dispatcher(stores, &clock, &delivery, links, composing).run(stop.clone()),
        ),
    );
    supervisor.run(
        Worker::Retention,
        hold.clone().once_released(
            stop.clone(),
            run_retention(
                Arc::clone(&stores.retention),
                Arc::clone(&clock),
                args.retention(),
                stop.clone(),
            ),
        ),
    );
    supervisor.run(
        Worker::Scheduler,
        hold.clone().once_released(
            stop.clone(),
            run_scheduler(stores.clone(), clock, changes, stop.clone()),
        ),
    );
    let grace = Duration::from_secs(args.shutdown_seconds);
    supervisor.run(Worker::Listener, listener::serve(listener, routers, connections, stop, grace));

    announce(address, args, local, token.as_ref());
    announce_hold(&hold, args);
    supervisor.until_ended(grace + WORKERS_END).await;
    let closed = async {
        services.settle_reports().await;
        stores.maintenance.close().await;
    };
    if tokio::time::timeout(FILE_CLOSES, closed).await.is_err() {
        tracing::error!(seconds = FILE_CLOSES.as_secs(), "server.file_not_closed");
    }
    tracing::info!("server.stopped");
    if let Some(lost) = stores.maintenance.loss() {
        return Err(ServeError::Lost(lost));
    }
    if let Some(by) = guarded.jump() {
        return Err(ServeError::ClockJumped(by.as_secs() / 3600));
    }
    supervisor.first_death().cloned().map_or(Ok(()), |death| Err(ServeError::Died(death)))
}

/// Beside the database; without it messages go out all the same.
fn compose_journal(database: &Path) -> ComposeJournal {
    ComposeJournal::open(&beside(database, ".composing")).unwrap_or_else(|error| {
        tracing::warn!(%error, "delivery.compose_journal_failed");
        ComposeJournal::default()
    })
}

/// What brings messages to their providers.
fn dispatcher(
    stores: &Stores,
    clock: &Arc<dyn Clock>,
    delivery: &DeliveryHandles,
    links: Url,
    composing: ComposeJournal,
) -> OutboxDispatcher {
    let DeliveryHandles { server_key, outside, signs, flights } = delivery.clone();
    let context = DeliveryContext {
        clock: Arc::clone(clock),
        calendar: Arc::new(TzdbZones),
        server_key: server_key.clone(),
        links: links.clone(),
        flights,
        signs,
        composing,
    };
    let open = move |stored: &StoredChannel| {
        let is_sms = stored.settings.channel() == Channel::Sms;
        let callback = is_sms
            .then(|| webhook_url(&links, &server_key, stored.project, WebhookProvider::Twilio));
        channels::open_stored(stored, callback, &server_key, &outside)
            .map_err(|error| error.to_string())
    };
    OutboxDispatcher::new(stores, context, Arc::new(open))
}

/// Where links in messages lead while no address for people is set.
fn local_url(address: SocketAddr) -> Result<Url, ServeError> {
    format!("http://{address}/").parse().map_err(|_| ServeError::NotLocal(address.to_string()))
}

fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours.saturating_mul(3600))
}

/// The line that people and programs wait for; in local mode another one that says who may come in.
fn announce(address: SocketAddr, args: &ServeArgs, local: bool, token: Option<&Secret>) {
    let mut out = std::io::stdout();
    let _ = writeln!(out, "Wayfare is listening on http://{address}");
    let _ = match token.filter(|_| local) {
        Some(token) => writeln!(
            out,
            "There is no account yet. Anyone with this address can do everything: \
                http://{address}/?token={}",
            token.expose()
        ),
        None if local => writeln!(
            out,
            "There is no account yet. Anyone who reaches this port can do everything. Create the \
                first account at http://{address}/setup, or start with --local-token."
        ),
        None => Ok(()),
    };
    let _ = out.flush();
    let mode = if local { "local" } else { "accounts" };
    tracing::info!(%address, database = %args.database.database.display(), mode, "server.started");
}

/// And that nothing happens by itself, where it is so.
fn announce_hold(hold: &HoldWatch, args: &ServeArgs) {
    let Some(held) = hold.get() else { return };
    let how = format!(
        "Release it on any page, or with: wayfare release --database {}",
        args.database.database.display()
    );
    let mut out = std::io::stdout();
    let _ = writeln!(out, "{}\n{how}", held.reason.sentence());
    let _ = out.flush();
    tracing::warn!(since = %held.since, reason = ?held.reason, "server.held");
}
