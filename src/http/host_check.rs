//! Refuses requests that were not meant for us, before anything looks at them: a foreign `Host`
//! (DNS rebinding), a foreign `Origin` (another site's script). What other sites' forms send is
//! refused by `CsrfLayer` in `mod.rs`.

use std::net::IpAddr;

use axum::http::{HeaderMap, Response, StatusCode, header, uri::Authority};
use axum::{body::Body, extract::Request};
use url::Url;

use super::{assets::plain, client_address::ClientAddress};

/// The names under which we may be called.
#[derive(Debug, Clone, Default)]
pub struct AllowedHosts {
    /// Where people reach us, if the operator said so: `wayfare.example.com`, with a port if it is
    /// not the usual one.
    public: Option<String>,
    /// They come over TLS to that name.
    public_over_tls: bool,
    /// Listening for others: then any address is fine, since no name can be made to lead to us by
    /// one.
    any_address: bool,
}

impl AllowedHosts {
    pub fn new(public: Option<&Url>, any_address: bool) -> Self {
        let url = public;
        let public = url.and_then(|url| {
            let host = url.host_str()?;
            Some(url.port().map_or_else(|| host.to_string(), |port| format!("{host}:{port}")))
        });
        let public_over_tls = url.is_some_and(|url| url.scheme() == "https");
        Self { public, public_over_tls, any_address }
    }

    fn is_public(&self, host: &str) -> bool {
        self.public.as_deref().is_some_and(|public| public.eq_ignore_ascii_case(host))
    }

    fn allow(&self, host: &str) -> bool {
        if self.is_public(host) {
            return true;
        }
        let Some(name) = name_of(host) else { return false };
        match name.parse::<IpAddr>() {
            Ok(address) => self.any_address || address.is_loopback(),
            Err(_) => name.eq_ignore_ascii_case("localhost"),
        }
    }

    /// The refusal, where the request is none of ours.
    pub fn refusal(&self, request: &Request, client: &ClientAddress) -> Option<Response<Body>> {
        let host = client
            .host
            .as_deref()
            .or_else(|| request.uri().authority().map(|authority| authority.as_str()));
        let foreign = || {
            (!self.same_origin(request.headers(), host, client.over_tls))
                .then(|| plain(StatusCode::FORBIDDEN, FOREIGN))
        };
        self.foreign_host(request, client).or_else(foreign)
    }

    /// Does the page that sent it come from here: scheme, name and port? A page of the same name
    /// without TLS may be anybody's.
    fn same_origin(&self, headers: &HeaderMap, host: Option<&str>, over_tls: bool) -> bool {
        let Some(theirs) = headers.get(header::ORIGIN) else { return true };
        let (Some(host), Ok(theirs)) = (host, theirs.to_str()) else { return false };
        let scheme = if over_tls || (self.public_over_tls && self.is_public(host)) {
            "https"
        } else {
            "http"
        };
        let origin = |text: &str| {
            Url::parse(text).ok().map(|url| url.origin()).filter(url::Origin::is_tuple)
        };
        origin(theirs).is_some_and(|theirs| Some(theirs) == origin(&format!("{scheme}://{host}")))
    }

    /// The same without a look at where it comes from: for what carries a signature instead.
    pub fn foreign_host(
        &self,
        request: &Request,
        client: &ClientAddress,
    ) -> Option<Response<Body>> {
        let host = client
            .host
            .as_deref()
            .or_else(|| request.uri().authority().map(|authority| authority.as_str()));
        (!host.is_some_and(|host| self.allow(host))).then(|| {
            plain(
                StatusCode::MISDIRECTED_REQUEST,
                "Wayfare does not answer to this name. Use this machine's own address, or start \
                    Wayfare with --public-url and its public address.\n",
            )
        })
    }
}

/// The answer to what another site's page sends.
pub const FOREIGN: &str =
    "This request comes from another site and was refused. Nothing was changed.\n";

/// A host without its port; `None` for whatever is more or less than a name and a port. Links in
/// invitations begin with it, and a browser reads `127.0.0.1:80@evil.example` as evil.example.
fn name_of(host: &str) -> Option<&str> {
    host.parse::<Authority>().ok()?;
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => host.split_at(host.find(':').unwrap_or(host.len())),
    };
    let is_number =
        |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    (port.is_empty() || port.strip_prefix(':').is_some_and(is_number)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_loopback_only_names_of_this_machine_are_ours() {
        let hosts = AllowedHosts::default();
        for host in [
            "localhost",
            "localhost:3000",
            "LOCALHOST:1",
            "127.0.0.1:3000",
            "127.9.9.9",
            "[::1]:3000",
            "[::1]",
        ] {
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
    fn a_host_is_a_name_and_a_port_and_nothing_else() {
        let hosts = AllowedHosts::new(None, true);
        for host in [
            "127.0.0.1:80@evil.example",
            "evil.example@127.0.0.1",
            "evil.example:x@localhost",
            "[::1]evil.example",
            "[::1]@evil.example",
            "[::1",
            "::1",
            "localhost:41000/evil",
            "localhost:1, evil.example",
            "localhost:",
            "localhost:+80",
            "localhost:80:80",
            "localhost:65536",
            "localhost:evil",
            "localhost#evil",
            "localhost ",
        ] {
            assert!(!hosts.allow(host), "{host}");
        }
    }

    #[test]
    fn the_public_name_is_ours_and_its_neighbours_are_not() {
        let url = Url::parse("https://wayfare.example.com").expect("an address");
        let hosts = AllowedHosts::new(Some(&url), false);
        assert!(hosts.allow("wayfare.example.com") && hosts.allow("Wayfare.Example.Com"));
        for host in [
            "example.com",
            "a.wayfare.example.com",
            "wayfare.example.com.evil.example",
            "wayfare.example.com:8443",
        ] {
            assert!(!hosts.allow(host), "{host}");
        }
    }

    #[test]
    fn a_page_of_the_same_name_with_another_scheme_is_another_site() {
        let url = Url::parse("https://wayfare.example.com").expect("an address");
        let (public, plain) = (AllowedHosts::new(Some(&url), false), AllowedHosts::default());
        let same = |hosts: &AllowedHosts, origin: &str, host: &str, over_tls: bool| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ORIGIN, origin.parse().expect("a value"));
            hosts.same_origin(&headers, Some(host), over_tls)
        };
        assert!(
            same(&public, "https://wayfare.example.com", "wayfare.example.com", false),
            "the proxy need not say it"
        );
        assert!(same(&public, "https://wayfare.example.com", "Wayfare.Example.com:443", true));
        assert!(!same(&public, "http://wayfare.example.com", "wayfare.example.com", false));
        assert!(!same(&public, "https://wayfare.example.com:8443", "wayfare.example.com", true));
        assert!(same(&plain, "http://127.0.0.1:3000", "127.0.0.1:3000", false));
        for origin in [
            "https://127.0.0.1:3000",
            "http://127.0.0.1:3001",
            "http://localhost:3000",
            "null",
            "file://",
            "127.0.0.1:3000",
        ] {
            assert!(!same(&plain, origin, "127.0.0.1:3000", false), "{origin}");
        }
    }

    #[test]
    fn where_others_reach_us_an_address_is_fine_and_a_name_is_not() {
        let hosts = AllowedHosts::new(None, true);
        assert!(hosts.allow("192.168.1.5:3000") && hosts.allow("[2001:db8::1]:80"));
        assert!(!hosts.allow("wayfare.example.com"));
    }
}
