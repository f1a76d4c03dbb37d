//! How a connection to a receiver comes about: its name is looked up by the policy, each address is
//! tried, what it sends is counted, and TLS comes above.

use std::{
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
    vec::IntoIter,
};

use futures::future::BoxFuture;
use http::Uri;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::{
    client::legacy::connect::{HttpConnector, dns::Name},
    rt::TokioIo,
};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use tokio::{net::TcpStream, time::timeout};
use tower::{Service, ServiceExt, util::MapResponse};

use super::{
    egress::{EgressError, EgressPolicy},
    egress_stream::EgressStream,
};

/// Longest time until a receiver takes the connection, with its name and TLS.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// After this time without a word it is asked whether it is still there.
const KEEPALIVE: Duration = Duration::from_secs(15);
/// Longest time for which what was sent stays without a receipt: a machine that is gone is not
/// used for request after request.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED_MAX: Duration = Duration::from_secs(30);

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Counted = TokioIo<EgressStream<TcpStream>>;
type TcpConnector = MapResponse<HttpConnector<EgressPolicy>, fn(TokioIo<TcpStream>) -> Counted>;

/// Connects the HTTP client to receivers. Cheap to clone.
#[derive(Clone)]
pub struct EgressConnector(HttpsConnector<TcpConnector>);

impl EgressConnector {
    /// Offers HTTP/2 and 1.1.
    pub fn new(policy: EgressPolicy, mut tls: ClientConfig) -> Self {
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let mut tcp = HttpConnector::new_with_resolver(policy);
        // Addresses that begin with https come here as well.
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
        tcp.set_keepalive(Some(KEEPALIVE));
        #[cfg(target_os = "linux")]
        tcp.set_tcp_user_timeout(Some(UNACKNOWLEDGED_MAX));
        let count: fn(TokioIo<TcpStream>) -> Counted =
            |plain| TokioIo::new(EgressStream::new(plain.into_inner()));
        Self((tcp.map_response(count), tls).into())
    }
}

impl Service<Uri> for EgressConnector {
    type Response = MaybeHttpsStream<Counted>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let connecting = self.0.call(to);
        Box::pin(async move { timeout(CONNECT_TIMEOUT, connecting).await? })
    }
}

/// Looks names up for the client: what is connected to is what was checked.
impl Service<Name> for EgressPolicy {
    type Response = IntoIter<std::net::SocketAddr>;
    type Error = EgressError;
    type Future = BoxFuture<'static, Result<Self::Response, EgressError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), EgressError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let policy = self.clone();
        // The port is the client's to add.
        Box::pin(async move { Ok(policy.look_up(name.as_str(), 0).await?.into_iter()) })
    }
}

/// The authorities that the system trusts; none where they are not installed.
pub fn system_authorities() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

/// TLS that trusts these authorities.
///
/// # Errors
/// Where there is no version of TLS to speak.
pub fn tls(authorities: RootCertStore) -> Result<ClientConfig, rustls::Error> {
    Ok(ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(authorities)
        .with_no_client_auth())
}
