//! What the operator says of the place where this server stands.

use std::net::IpAddr;

use ipnet::IpNet;
use url::Url;

use super::{client_address::TrustedProxies, host_check::AllowedHosts, local_token::LocalToken};
use wayfare_secrets::secret::Secret;

/// Addresses and proxies, as configured.
#[derive(Debug, Clone, Default)]
pub struct PublicUrl {
    /// Where people reach us.
    public: Option<Url>,
    pub hosts: AllowedHosts,
    pub proxies: TrustedProxies,
    /// What local mode asks for, where it asks for anything.
    pub local_token: Option<LocalToken>,
}

impl PublicUrl {
    pub fn new(public: Option<Url>, listen: IpAddr, proxies: Vec<IpNet>) -> Self {
        let hosts = AllowedHosts::new(public.as_ref(), !listen.is_loopback());
        Self { public, hosts, proxies: TrustedProxies::new(proxies), local_token: None }
    }

    /// In local mode only someone who shows this comes in.
    pub fn asking_for(self, token: Option<&Secret>) -> Self {
        Self { local_token: token.map(|token| LocalToken(token.hash())), ..self }
    }

    /// Do people reach us over TLS?
    pub fn is_https(&self) -> bool {
        self.public.as_ref().is_some_and(|url| url.scheme() == "https")
    }

    /// The origin that people use, for trust in requests that a proxy has renamed.
    pub fn origin(&self) -> Option<String> {
        self.public.as_ref().map(|url| url.origin().ascii_serialization())
    }

    /// What links begin with: the public address, or the one that this request used.
    pub fn base(&self, host: Option<&str>, secure: bool) -> String {
        match &self.public {
            Some(url) => url.as_str().trim_end_matches('/').to_string(),
            None => format!(
                "{}://{}",
                if secure { "https" } else { "http" },
                host.unwrap_or("127.0.0.1")
            ),
        }
    }
}
