//! The way out: names are looked up here, every address is checked before anything connects to it,
//! and requests go out through one client that follows no redirects and knows no proxies.

use std::{
    error::Error,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use rustls::RootCertStore;
use url::{Host, Url};

use super::{
    dns_cache::{DnsCache, NotFound},
    egress_connect::{EgressConnector, system_authorities, tls},
    egress_http::{HttpAnswer, HttpClient, HttpError, HttpRequest},
    egress_networks::is_allowed,
};

/// What may be reached, and the client that reaches it. Cheap to clone.
#[derive(Clone)]
pub struct EgressClient {
    policy: EgressPolicy,
    http: HttpClient,
}

/// Networks that are closed to what people type, but for those that the operator has opened.
#[derive(Clone)]
pub(super) struct EgressPolicy {
    allowed: Arc<[IpNet]>,
    names: DnsCache,
}

/// Why there is no one to talk to at a name or an address. The sentences stand alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EgressError {
    #[error(
        "“{0}” is in a private network, which this server does not reach. Ask your administrator \
            to allow the network with --allow-networks."
    )]
    Closed(String),
    #[error("The server name “{0}” does not exist. Check its spelling.")]
    Unknown(String),
    #[error("The server name “{0}” has no address. Check its spelling, or its DNS records.")]
    NoAddress(String),
    #[error(
        "“{0}” could not be looked up: no name server could say whether it exists. Try again, and \
            check this server's DNS."
    )]
    LookupFailed(String),
    #[error("The name server gave no address for “{0}”. Try again, or check the name.")]
    Late(String),
    #[error("“{0}” is not a valid address. Use the form https://api.example.com/orders.")]
    Malformed(String),
    #[error("“{0}” contains a user name or password. Put it in a header instead.")]
    Credentials(String),
}

/// Why there is no whole answer to a request of [`EgressClient::exchange`].
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    #[error(transparent)]
    Egress(#[from] EgressError),
    #[error(transparent)]
    Http(#[from] HttpError),
    #[error(transparent)]
    Malformed(#[from] http::Error),
    #[error("the answer is too large")]
    TooLarge,
}

impl EgressClient {
    /// A client for what the operator has configured, which may be in any network.
    ///
    /// # Errors
    /// As [`EgressClient::new`].
    pub fn to_any_network() -> Result<Self, rustls::Error> {
        let all = [IpNet::V4(Ipv4Net::default()), IpNet::V6(Ipv6Net::default())];
        Self::new(all.to_vec())
    }

    /// One request, and its answer with at most so many bytes of body. Takes as long as the
    /// receiver does.
    ///
    /// # Errors
    /// Where there is no whole answer, or a longer one.
    pub async fn exchange(
        &self,
        request: http::Request<Vec<u8>>,
        most: usize,
    ) -> Result<http::Response<Vec<u8>>, ExchangeError> {
        let (head, body) = request.into_parts();
        let request = HttpRequest {
            headers: head.headers,
            body: body.into(),
            answer_max: most + 1,
            ..HttpRequest::new(head.method, self.url(&head.uri.to_string())?)
        };
        let HttpAnswer { status, headers, body } = self.http.send(&request).await?;
        if body.len() > most {
            return Err(ExchangeError::TooLarge);
        }
        let mut answer = http::Response::builder().status(status).body(body)?;
        *answer.headers_mut() = headers;
        Ok(answer)
    }

    /// # Errors
    /// Where there can be no TLS; the reason is the library's.
    pub fn new(allowed: Vec<IpNet>) -> Result<Self, rustls::Error> {
        let authorities = system_authorities();
        if authorities.is_empty() {
            // Such a machine trusts no one, and still serves its pages.
            tracing::warn!(
                "channels.no_authorities: nothing is sent over https; install ca-certificates and \
                    start again"
            );
        }
        Self::trusting(authorities, allowed)
    }

    /// The same, with authorities that are not the system's.
    pub(super) fn trusting(
        authorities: RootCertStore,
        allowed: Vec<IpNet>,
    ) -> Result<Self, rustls::Error> {
        let policy = EgressPolicy { allowed: allowed.into(), names: DnsCache::default() };
        let connector = EgressConnector::new(policy.clone(), tls(authorities)?);
        Ok(Self { policy, http: HttpClient::new(connector) })
    }

    /// For addresses that [`EgressClient::url`] has looked at.
    pub(super) fn http(&self) -> &HttpClient {
        &self.http
    }

    /// An address that someone typed, as far as it can be judged without looking its name up.
    ///
    /// # Errors
    /// [`EgressError`], where nothing can or may be sent there.
    pub fn url(&self, text: &str) -> Result<Url, EgressError> {
        let malformed = || EgressError::Malformed(text.chars().take(200).collect());
        let url: Url = text.trim().parse().map_err(|_| malformed())?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(malformed());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EgressError::Credentials(url.host_str().unwrap_or_default().to_string()));
        }
        // The client looks names up through us, and numbers not at all.
        match url.host() {
            None => return Err(malformed()),
            Some(Host::Domain(_)) => {}
            Some(Host::Ipv4(address)) => self.policy.admit(IpAddr::V4(address))?,
            Some(Host::Ipv6(address)) => self.policy.admit(IpAddr::V6(address))?,
        }
        Ok(url)
    }

    /// The same of a provider's address in the settings: a URL, or the name of a host.
    ///
    /// # Errors
    /// [`EgressError`], where nothing can or may be sent there.
    pub fn provider(&self, text: &str) -> Result<(), EgressError> {
        if text.contains("://") {
            return self.url(text).map(|_| ());
        }
        match text.parse() {
            Ok(address) => self.policy.admit(address),
            Err(_) => Ok(()),
        }
    }

    /// The addresses of a machine, those that may be reached.
    ///
    /// # Errors
    /// Where there are none.
    pub async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, EgressError> {
        if let Ok(address) = host.parse() {
            self.policy.admit(address)?;
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        self.policy.look_up(host, port).await
    }
}

impl EgressPolicy {
    fn admit(&self, address: IpAddr) -> Result<(), EgressError> {
        if is_allowed(address, &self.allowed) {
            Ok(())
        } else {
            Err(EgressError::Closed(address.to_string()))
        }
    }

    pub(super) async fn look_up(
        &self,
        host: &str,
        port: u16,
    ) -> Result<Vec<SocketAddr>, EgressError> {
        let found = self.names.look_up(host).await.map_err(|error| match error {
            NotFound::Unknown => EgressError::Unknown(host.to_string()),
            NotFound::NoAddress => EgressError::NoAddress(host.to_string()),
            NotFound::Failed => EgressError::LookupFailed(host.to_string()),
            NotFound::Late => EgressError::Late(host.to_string()),
        })?;
        // What is connected to is what was checked: the name is not looked up again.
        let open = found.iter().filter(|found| is_allowed(found.ip(), &self.allowed));
        let open: Vec<SocketAddr> = open.map(|found| SocketAddr::new(found.ip(), port)).collect();
        if open.is_empty() { Err(EgressError::Closed(host.to_string())) } else { Ok(open) }
    }
}

/// The first error of a kind among the causes of another.
pub(super) fn cause<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        // An error of the system hides the one within it from `source`.
        let within = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if let Some(found) = within.and_then(|within| cause::<T>(within)) {
            return Some(found);
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;

    fn outside(allowed: &[&str]) -> EgressClient {
        EgressClient::new(
            allowed.iter().map(|network| network.parse().expect("a network")).collect(),
        )
        .expect("a client")
    }

    #[test]
    fn only_addresses_of_the_web_outside_are_taken() {
        let closed = outside(&[]);
        for fine in [
            "https://api.example.com/orders?x=1",
            "http://hooks.example.com:8080",
            "https://[2606:4700::1111]/",
        ] {
            assert!(closed.url(fine).is_ok(), "{fine}");
        }
        for wrong in [
            "",
            "ftp://example.com",
            "file:///etc/passwd",
            "example.com",
            "https://",
            "javascript:alert(1)",
        ] {
            assert!(matches!(closed.url(wrong), Err(EgressError::Malformed(_))), "{wrong}");
        }
        assert!(matches!(closed.url("https://a:b@example.com"), Err(EgressError::Credentials(_))));
        // However a number is written, it is the same machine.
        for inside in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://017700000001/",
            "http://[::1]/",
            "http://[::ffff:10.0.0.1]/",
            "http://169.254.169.254/latest/meta-data/",
            "http://0/",
        ] {
            assert!(matches!(closed.url(inside), Err(EgressError::Closed(_))), "{inside}");
        }
        assert!(outside(&["127.0.0.0/8"]).url("http://2130706433/").is_ok());
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_as_closed_as_the_number() {
        let closed = outside(&[]);
        assert_eq!(
            closed.addresses("localhost", 25).await,
            Err(EgressError::Closed("localhost".to_string()))
        );
        let request =
            HttpRequest::new(Method::GET, "http://localhost:9/".parse().expect("an address"));
        let error = closed.http().send(&request).await.err().expect("it is closed");
        assert_eq!(
            cause::<EgressError>(&error),
            Some(&EgressError::Closed("localhost".to_string()))
        );
        let open = outside(&["127.0.0.0/8"]).addresses("localhost", 25).await.expect("it is open");
        assert!(
            open.iter().all(|address| address.ip().is_loopback() && address.is_ipv4()),
            "{open:?}"
        );
        let nobody = closed.addresses("nobody.invalid", 25).await;
        assert_eq!(nobody, Err(EgressError::Unknown("nobody.invalid".to_string())));
    }
}
