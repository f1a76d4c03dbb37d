//! Starts everything, and stops it in order: first no new requests, then the running ones finish, then the file is closed.

use std::{io::Write, net::SocketAddr, sync::Arc, time::Duration};

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    domain::actor::Actor,
    server::{
        changes::Changes,
        clock::{Clock, SystemClock},
        config::ServeArgs,
        http::{self, AppState, assets::Assets},
        services::Services,
        store::{
            Store,
            sqlite::{SqliteConfig, SqliteStore},
        },
        timekeeper::keep_time,
    },
};

/// Why the server did not start, or ended: a sentence for the person who started it.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(
        "{0} can be reached by others, and there is no account yet. Listen on 127.0.0.1 or [::1], or put a proxy with a sign-in in front."
    )]
    NotLocal(SocketAddr),
    #[error("Cannot listen on {0}: {1}. Is another program using the port? Give another one with --listen.")]
    Listen(SocketAddr, std::io::Error),
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
    if !args.listen.ip().is_loopback() {
        return Err(ServeError::NotLocal(args.listen));
    }
    let store = SqliteStore::open(&SqliteConfig { readers: args.readers, ..SqliteConfig::new(&args.database.database) }).await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let actor = store.local_actor(clock.now()).await?;
    let changes = Changes::default();
    changes.announce(store.generation(actor.project).await?);

    let listener = TcpListener::bind(args.listen).await.map_err(|error| ServeError::Listen(args.listen, error))?;
    let address = listener.local_addr()?;
    let state = AppState {
        services: Services::new(store.clone(), Arc::clone(&clock), changes.clone()),
        local_admin: actor.clone(),
        assets: Arc::new(Assets::embedded()),
        stop: stop.clone(),
    };
    let background = tokio_util::task::TaskTracker::new();
    background.spawn(changes.clone().watch_store(store.clone(), actor.project, stop.clone()));
    let person = store.system_person();
    let system = Actor { user: person.id, name: person.name, project: actor.project };
    background.spawn(keep_time(store.clone(), clock, system, changes, stop.clone()));
    background.close();
    tokio::spawn(wait_for_signal(stop.clone()));

    announce(address, args);
    // Without this a page in several chunks waits for the delayed acknowledgement of each.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let server = axum::serve(listener, http::router(state)).with_graceful_shutdown({
        let stop = stop.clone();
        async move { stop.cancelled().await }
    });
    let grace = Duration::from_secs(args.shutdown_seconds);
    tokio::select! {
        ended = server.into_future() => ended?,
        () = async { stop.cancelled().await; tokio::time::sleep(grace).await } => {
            tracing::warn!(seconds = args.shutdown_seconds, "server.requests_cut_off");
        }
    }
    background.wait().await;
    store.close().await;
    tracing::info!("server.stopped");
    Ok(())
}

/// The line that people and programs wait for.
fn announce(address: SocketAddr, args: &ServeArgs) {
    let mut out = std::io::stdout();
    let _ = writeln!(out, "Wayfare is listening on http://{address}");
    let _ = out.flush();
    tracing::info!(%address, database = %args.database.database.display(), mode = "local", "server.started");
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
