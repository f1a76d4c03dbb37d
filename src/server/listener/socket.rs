//! What the system is told about the sockets. Those that are accepted have it from the one that
//! listens.

use std::{io, net::SocketAddr, time::Duration};

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};

/// A peer that is gone without a word is noticed after some two minutes, also by a stream that is
/// quiet.
const KEEPALIVE_AFTER: Duration = Duration::from_secs(60);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);
const KEEPALIVE_RETRIES: u32 = 4;
/// How much of a response waits in the system for a reader that takes nothing, in bytes. What is on
/// its way to a fast reader is not counted.
#[cfg(any(target_os = "linux", target_os = "android"))]
const UNSENT_MAX: u32 = 128 * 1024;
/// The same where the system knows only one bound for both.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const SEND_BUFFER: usize = 256 * 1024;

/// Listens on an address.
///
/// # Errors
/// Where the address cannot be used.
pub async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address).await?;
    let socket = SockRef::from(&listener);
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE_AFTER)
        .with_interval(KEEPALIVE_INTERVAL)
        .with_retries(KEEPALIVE_RETRIES);
    let told = socket.set_tcp_keepalive(&keepalive).and_then(|()| bound_unsent(&socket));
    if let Err(error) = told {
        tracing::warn!(%error, "listener.socket_options");
    }
    Ok(listener)
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn bound_unsent(socket: &SockRef<'_>) -> io::Result<()> {
    socket.set_tcp_notsent_lowat(UNSENT_MAX)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn bound_unsent(socket: &SockRef<'_>) -> io::Result<()> {
    socket.set_send_buffer_size(SEND_BUFFER)
}

/// Sends a few bytes without waiting, as the last ones of a connection. They may be lost.
pub fn send_and_close(stream: TcpStream, bytes: &[u8]) {
    let _ = SockRef::from(&stream).send(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn accepted_sockets_have_the_options_of_the_one_that_listens() {
        let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a listener");
        let _client = TcpStream::connect(listener.local_addr().expect("its address"))
            .await
            .expect("connected");
        let (accepted, _) = listener.accept().await.expect("accepted");
        let socket = SockRef::from(&accepted);
        assert!(socket.keepalive().expect("an option"));
        #[cfg(target_os = "linux")]
        assert_eq!(socket.tcp_notsent_lowat().expect("an option"), UNSENT_MAX);
    }
}
