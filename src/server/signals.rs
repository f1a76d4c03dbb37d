//! The signals that end the server: SIGTERM of a service manager, SIGINT of a terminal.

use tokio_util::sync::CancellationToken;

/// Listens from now on: until it is polled nothing is missed. Returns after a signal, which sets
/// off `stop`, or after `stop`.
///
/// # Errors
/// Where the system lets no one listen. A server that cannot be told to stop does not start.
#[cfg(unix)]
pub fn listen(stop: CancellationToken) -> std::io::Result<impl Future<Output = ()> + Send> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => end(&stop),
            _ = interrupt.recv() => end(&stop),
            () = stop.cancelled() => {}
        }
    })
}

#[cfg(not(unix))]
pub fn listen(stop: CancellationToken) -> std::io::Result<impl Future<Output = ()> + Send> {
    Ok(async move {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => end(&stop),
            () = stop.cancelled() => {}
        }
    })
}

fn end(stop: &CancellationToken) {
    stop.cancel();
    tracing::info!("server.stopping");
}
