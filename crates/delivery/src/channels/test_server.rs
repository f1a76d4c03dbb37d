//! Servers of tests that do with their one connection what the test says.

use rcgen::{Certificate, KeyPair};
use rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer};
use std::sync::Arc;
use tokio::{
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
