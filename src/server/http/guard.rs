//! Refuses requests that were not meant for us, before anything looks at them: a foreign `Host` (DNS rebinding), a foreign
//! `Origin` (another site's script). What other sites' forms send is refused by `CsrfLayer` in `mod.rs`.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName, Response, StatusCode, header};
use axum::{body::Body, extract::Request};
use url::Url;

use super::{assets::plain, client::Client};

/// The names under which we may be called.
#[derive(Debug, Clone, Default)]
pub struct Hosts {
    /// Where people reach us, if the operator said so: `wayfare.example.com`, with a port if it is not the usual one.
    public: Option<String>,
    /// Listening for others: then any address is fine, since no name can be made to lead to us by one.
    any_address: bool,
}

impl Hosts {
    pub fn new(public: Option<&Url>, any_address: bool) -> Self {
        let public = public.and_then(|url| {
            let host = url.host_str()?;
            Some(url.port().map_or_else(|| host.to_string(), |port| format!("{host}:{port}")))
        });
        Self { public, any_address }
    }

    fn allow(&self, host: &str) -> bool {
        if self.public.as_deref().is_some_and(|public| public.eq_ignore_ascii_case(host)) {
            return true;
        }
        let name = name_of(host);
        match name.parse::<IpAddr>() {
            Ok(address) => self.any_address || address.is_loopback(),
            Err(_) => name.eq_ignore_ascii_case("localhost"),
        }
    }

    /// The refusal, where the request is none of ours.
    pub fn refusal(&self, request: &Request, client: &Client) -> Option<Response<Body>> {
        let host = client.host.as_deref().or_else(|| request.uri().authority().map(|authority| authority.as_str()));
        let foreign = || (!same_origin(request.headers(), host)).then(|| plain(StatusCode::FORBIDDEN, FOREIGN));
        self.foreign_host(request, client).or_else(foreign)
    }

    /// The same without a look at where it comes from: for what carries a signature instead.
    pub fn foreign_host(&self, request: &Request, client: &Client) -> Option<Response<Body>> {
        let host = client.host.as_deref().or_else(|| request.uri().authority().map(|authority| authority.as_str()));
        (!host.is_some_and(|host| self.allow(host))).then(|| {
            plain(
                StatusCode::MISDIRECTED_REQUEST,
                "Wayfare does not answer to this name. Use this machine's own address, or start it with --public-url and the address \
                 that people use.\n",
            )
        })
    }
}

/// The answer to what another site's page sends.
pub const FOREIGN: &str = "This request comes from another site and was refused. Nothing was changed.\n";

fn same_origin(headers: &HeaderMap, host: Option<&str>) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    match text(header::ORIGIN) {
        None => true,
        Some(origin) => origin.split_once("://").is_some_and(|(_, authority)| Some(authority) == host),
    }
}

/// A host without its port.
fn name_of(host: &str) -> &str {
    match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(""),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_loopback_only_names_of_this_machine_are_ours() {
        let hosts = Hosts::default();
        for host in ["localhost", "localhost:3000", "LOCALHOST:1", "127.0.0.1:3000", "127.9.9.9", "[::1]:3000", "[::1]"] {
            assert!(hosts.allow(host), "{host}");
        }
        for host in [
            "",
            "example.com",
            "localhost.example.com",
            "127.0.0.1.nip.io:3000",
            "192.168.1.5:3000",
            "[2001:db8::1]:80",
            "0.0.0.0",
        ] {
            assert!(!hosts.allow(host), "{host}");
        }
    }

    #[test]
    fn the_public_name_is_ours_and_its_neighbours_are_not() {
        let url = Url::parse("https://wayfare.example.com").expect("an address");
        let hosts = Hosts::new(Some(&url), false);
        assert!(hosts.allow("wayfare.example.com") && hosts.allow("Wayfare.Example.Com"));
        for host in ["example.com", "a.wayfare.example.com", "wayfare.example.com.evil.example", "wayfare.example.com:8443"] {
            assert!(!hosts.allow(host), "{host}");
        }
    }

    #[test]
    fn where_others_reach_us_an_address_is_fine_and_a_name_is_not() {
        let hosts = Hosts::new(None, true);
        assert!(hosts.allow("192.168.1.5:3000") && hosts.allow("[2001:db8::1]:80"));
        assert!(!hosts.allow("wayfare.example.com"));
    }
}
