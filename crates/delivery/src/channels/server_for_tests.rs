//! Servers of tests that do with their one connection what the test says.

use rcgen::{Certificate, KeyPair};
use rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer};
use std::sync::Arc;
use tokio::{
    io::{AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

pub const HOST: &str = "127.0.0.1";

/// A server that does this with its first connection, and its port.
pub async fn serve<F, T>(
    session: impl FnOnce(TcpStream) -> F + Send + 'static,
) -> (u16, JoinHandle<T>)
where
    F: Future<Output = T> + Send,
    T: Send + 'static,
{
    let listener = TcpListener::bind((HOST, 0)).await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let served = tokio::spawn(async move {
        let (socket, _) = listener.accept().await.expect("a connection");
        session(socket).await
    });
    (port, served)
}

/// TLS handshakes that never end: what each begins with, and what then comes again and again.
pub fn endless_handshakes() -> [(&'static str, Vec<u8>, Vec<u8>); 4] {
    let record = |kind: u8, contents: &[u8]| {
        let [high, low] = u16::try_from(contents.len()).expect("a length").to_be_bytes();
        [&[kind, 3, 3, high, low], contents].concat()
    };
    [
        ("warnings", Vec::new(), record(21, &[1, 100])),
        ("handshake records without contents", Vec::new(), record(22, &[])),
        ("a message of 16 MB", record(22, &[2, 255, 255, 255]), record(22, &[0; 16 * 1024])),
        ("changes of cipher", Vec::new(), record(20, &[1])),
    ]
}

/// Writes the same until no one takes it, or it was far more than anyone should; answers how many
/// bytes were taken, by the system or by who reads.
pub async fn flood(mut stream: impl AsyncWrite + Unpin, what: &[u8]) -> usize {
    let block = what.repeat(16 * 1024 / what.len() + 1);
    let mut sent = 0;
    while sent < FLOOD_MAX && stream.write_all(&block).await.is_ok() {
        sent += block.len();
    }
    sent
}

/// More than the system keeps on its way between two sockets.
pub const UNREAD_MAX: usize = 16 * 1024 * 1024;
const FLOOD_MAX: usize = 16 * UNREAD_MAX;

/// TLS of a server with this certificate.
pub fn server_tls(certificate: &Certificate, key: &KeyPair) -> ServerConfig {
    let private = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .expect("a certificate with its key")
}
