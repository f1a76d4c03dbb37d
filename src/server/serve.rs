//! Starts everything, and stops it in order: first no new requests, then the running ones finish, then the file is closed.

use std::{
    fs::{File, TryLockError},
    io::Write,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
    domain::{delivery::hook::HookProvider, people::profile::Channel},
    server::{
        auth::{
            Auth, Lifetimes,
            oidc::{Provider, ProviderError},
            secret::{NoRandomness, Secret},
        },
        changes::Changes,
        channels::{self, Outside},
        clock::{Clock, SystemClock},
        concurrency_limit::ConcurrencyLimit,
        config::{ProviderArgsError, ServeArgs},
        costly_work::CostlyWork,
        delivery::{Courier, DeliverySigns, Flights, Office},
        engine::{Engine, EngineSigns, calendar::Zones},
        file_descriptors::connections_allowed,
        http::{self, AppState, STREAMS_MAX, Site, TrustedProxies, assets::Assets},
        listener::{self, ConnectionLimits, Connections},
        retention::keep_small,
        services::{Delivery, Services},
        store::{
            Store,
            access::AccessStore,
            channels::StoredChannel,
            people::PeopleStore,
            sqlite::{SqliteConfig, SqliteStore},
        },
        timekeeper::keep_time,
        tracking::hook::hook_url,
        vault::VaultError,
    },
};

/// How long a server that is ending is waited for.
const LOCK_TRIES: u32 = 50;
const LOCK_EVERY: Duration = Duration::from_millis(200);

/// Why the server did not start, or ended: a sentence for the person who started it.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("Others can reach Wayfare at {0}, and there is no account yet. Make one first: wayfare user add you@example.com")]
    NotLocal(String),
    #[error("Cannot listen on {0}: {1}. Is another program using the port? Give another one with --listen.")]
    Listen(SocketAddr, std::io::Error),
    #[error("Another Wayfare serves the database {0}. Stop it first, or give another file with --database.")]
    Busy(PathBuf),
    #[error("The lock file {0} cannot be used: {1}. Check its owner and rights.")]
    Lock(PathBuf, std::io::Error),
    #[error("Sign-in provider: {0}. Look at the WAYFARE_OIDC_ settings.")]
    Provider(#[from] ProviderError),
    #[error(transparent)]
    ProviderArgs(#[from] ProviderArgsError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    #[error("Nothing can be sent from this machine: {0}. Look at its network and its certificates.")]
    Outside(#[from] reqwest::Error),
    #[error(transparent)]
    Store(#[from] crate::server::store::StoreError),
    #[error("the server failed: {0}")]
    Io(#[from] std::io::Error),
}

/// Serves until a signal or `stop` says otherwise.
///
/// # Errors
/// Where the address or the database cannot be used.
pub async fn serve(args: &ServeArgs, stop: CancellationToken) -> Result<(), ServeError> {
    let _only_one = only_server(&args.database.database).await?;
    let store = SqliteStore::open(&SqliteConfig { readers: args.readers, ..SqliteConfig::new(&args.database.database) }).await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    store.local_actor(clock.now()).await?;
    store
        .break_off_imports(
            "The server ended meanwhile. Import the file again: who is known already is only brought up to date.",
            clock.now(),
        )
        .await?;
    let local = store.local_projects().await?.is_some();
    let reachable = args.reachable();
    if let (true, Some(place)) = (local, &reachable) {
        return Err(ServeError::NotLocal(place.clone()));
    }
    let provider = args.provider.config()?.map(Provider::new).transpose()?;
    let lifetimes = Lifetimes::new(hours(args.session_idle_hours), hours(args.session_hours));
    let changes = Changes::default();
    let listener = listener::bind(args.listen).await.map_err(|error| ServeError::Listen(args.listen, error))?;
    let address = listener.local_addr()?;
    let auth = Auth::new(lifetimes, provider);
    let signs = EngineSigns::default();
    let flights = Flights::default();
    let delivery = Delivery {
        vault: args.delivery.vault(&args.database.database)?,
        outside: Outside::new(args.delivery.allow_networks.clone())?,
        signs: DeliverySigns::new(signs.clone()),
        flights,
    };
    let token = args.local_token.then(Secret::new).transpose()?;
    let links = args.public_url.clone().map_or_else(|| local_url(address), Ok)?;
    let (local_too, sending) = (reachable.is_none(), Some(delivery.clone()));
    let services = Services::new(store.clone(), Arc::clone(&clock), changes.clone(), auth, local_too, signs.clone(), sending)
        .with_costly_work(CostlyWork::within(Duration::from_secs(args.work_seconds)));
    let state = AppState {
        services: services.clone(),
        assets: Arc::new(Assets::embedded()),
        site: Arc::new(
            Site::new(args.public_url.clone(), args.listen.ip(), args.trusted_proxies.clone()).asking_for(token.as_ref()),
        ),
        stop: stop.clone(),
        streams: ConcurrencyLimit::new(STREAMS_MAX),
    };
    let limits = ConnectionLimits::new(connections_allowed());
    let routers = http::routers(&state, &limits);
    let connections = Connections::new(limits, TrustedProxies::new(args.trusted_proxies.clone()));
    let background = tokio_util::task::TaskTracker::new();
    background.spawn(changes.clone().watch_store(store.clone(), stop.clone()));
    let engine = Engine::new(store.clone(), Arc::clone(&clock), Arc::new(Zones), signs);
    let engine = match args.delivery.catch_up_per_second {
        0 => engine,
        per_second => engine.catching_up(per_second),
    };
    background.spawn(engine.run(stop.clone()));
    background.spawn(courier(&store, &clock, &delivery, links).run(stop.clone()));
    background.spawn(keep_small(store.clone(), Arc::clone(&clock), args.retention(), stop.clone()));
    background.spawn(keep_time(store.clone(), clock, changes, stop.clone()));
    background.close();
    tokio::spawn(wait_for_signal(stop.clone()));

    announce(address, args, local, token.as_ref());
    let grace = Duration::from_secs(args.shutdown_seconds);
    listener::serve(listener, routers, connections, stop.clone(), grace).await;
    // The listener failed by itself: everything else ends as well.
    stop.cancel();
    background.wait().await;
    services.settle_reports().await;
    store.close().await;
    tracing::info!("server.stopped");
    Ok(())
}

/// One server to a file: two couriers would send everything twice. The lock goes with the process, however it ends. One that
/// is just ending is waited for.
async fn only_server(database: &Path) -> Result<File, ServeError> {
    let mut name = database.as_os_str().to_os_string();
    name.push(".lock");
    let path = PathBuf::from(name);
    let lock = File::options().create(true).truncate(false).write(true).open(&path);
    let lock = lock.map_err(|error| ServeError::Lock(path.clone(), error))?;
    for _ in 0..LOCK_TRIES {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(LOCK_EVERY).await,
            Err(TryLockError::Error(error)) => return Err(ServeError::Lock(path, error)),
        }
    }
    Err(ServeError::Busy(database.to_path_buf()))
}

/// What brings messages to their providers.
fn courier(store: &SqliteStore, clock: &Arc<dyn Clock>, delivery: &Delivery, links: Url) -> Courier<SqliteStore> {
    let Delivery { vault, outside, signs, flights } = delivery.clone();
    let office = Office {
        clock: Arc::clone(clock),
        calendar: Arc::new(Zones),
        vault: vault.clone(),
        links: links.clone(),
        flights,
        signs,
    };
    let open = move |stored: &StoredChannel| {
        let is_sms = stored.settings.channel() == Channel::Sms;
        let callback = is_sms.then(|| hook_url(&links, &vault, stored.project, HookProvider::Twilio));
        channels::open_stored(stored, callback, &vault, &outside).map_err(|error| error.to_string())
    };
    Courier::new(store.clone(), office, Arc::new(open))
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
            "There is no account yet: whoever has this address may do everything: http://{address}/?token={}",
            token.expose()
        ),
        None if local => writeln!(
            out,
            "There is no account yet: whoever reaches this port may do everything. Create the first account at \
             http://{address}/setup, or start with --local-token."
        ),
        None => Ok(()),
    };
    let _ = out.flush();
    let mode = if local { "local" } else { "accounts" };
    tracing::info!(%address, database = %args.database.database.display(), mode, "server.started");
}

async fn wait_for_signal(stop: CancellationToken) {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        _ = interrupt => {}
        () = terminate => {}
    }
    tracing::info!("server.stopping");
    stop.cancel();
}
