//! Who is at the other end of a connection. What proxies add to a request is believed from
//! configured proxies only: anybody can write a header.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;

/// The proxies that may speak for others.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(Vec<IpNet>);

/// A request's other end, as far as it can be believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientAddress {
    pub address: IpAddr,
    pub host: Option<String>,
    /// A trusted proxy says that it spoke TLS.
    pub over_tls: bool,
}

impl TrustedProxies {
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// May it speak for others?
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = plain(address);
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Reads the addresses that proxies passed on, from the nearest to the first that is not
    /// trusted.
    pub fn client(&self, peer: SocketAddr, headers: &HeaderMap) -> ClientAddress {
        let direct = plain(peer.ip());
        let host = text(headers, &header::HOST);
        if !self.trusts(direct) {
            return ClientAddress { address: direct, host, over_tls: false };
        }
        let mut address = direct;
        let passed: Vec<String> = all(headers, "x-forwarded-for");
        for hop in passed.iter().rev() {
            let Some(hop) = parse_hop(hop) else { break };
            address = plain(hop);
            if !self.trusts(address) {
                break;
            }
        }
        ClientAddress {
            address,
            host: all(headers, "x-forwarded-host").pop().or(host),
            over_tls: all(headers, "x-forwarded-proto")
                .pop()
                .is_some_and(|scheme| scheme.eq_ignore_ascii_case("https")),
        }
    }
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_string)
}

/// The members of a list header, over all its lines.
fn all(headers: &HeaderMap, name: &'static str) -> Vec<String> {
    let lines = headers
        .get_all(HeaderName::from_static(name))
        .iter()
        .filter_map(|value| value.to_str().ok());
    lines
        .flat_map(|line| line.split(','))
        .map(|part| part.trim().to_string())
        .filter(|part| !part.is_empty())
        .collect()
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1` or `[2001:db8::1]:80`.
fn parse_hop(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').split(']').next().unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

/// IPv4 as IPv4, also where the socket speaks IPv6.
fn plain(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn ask(peer: &str, headers: &[(&'static str, &str)]) -> ClientAddress {
        let proxies = TrustedProxies::new(vec![
            "10.0.0.0/8".parse().expect("a network"),
            "::1/128".parse().expect("one"),
        ]);
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(
                HeaderName::from_static(name),
                HeaderValue::from_str(value).expect("a value"),
            );
        }
        proxies.client(SocketAddr::new(peer.parse().expect("an address"), 1234), &map)
    }

    #[test]
    fn a_stranger_is_not_believed() {
        let lies = [
            ("x-forwarded-for", "127.0.0.1"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "evil.example"),
        ];
        let client = ask("192.0.2.7", &lies);
        assert_eq!(
            client,
            ClientAddress {
                address: "192.0.2.7".parse().expect("one"),
                host: None,
                over_tls: false
            }
        );
    }

    #[test]
    fn a_proxy_speaks_for_the_last_one_that_is_none() {
        let client = ask(
            "10.0.0.2",
            &[
                ("x-forwarded-for", "127.0.0.1, 198.51.100.4, 10.9.9.9"),
                ("x-forwarded-proto", "https"),
            ],
        );
        assert_eq!(client.address, "198.51.100.4".parse::<IpAddr>().expect("one"));
        assert!(client.over_tls);
        assert_eq!(
            ask("10.0.0.2", &[("x-forwarded-for", "nonsense")]).address,
            "10.0.0.2".parse::<IpAddr>().expect("one")
        );
        assert_eq!(
            ask("::1", &[("x-forwarded-for", "[2001:db8::9]:443")]).address,
            "2001:db8::9".parse::<IpAddr>().expect("one")
        );
    }

    #[test]
    fn an_ipv4_address_is_one_also_on_an_ipv6_socket() {
        assert_eq!(
            ask("::ffff:10.0.0.2", &[("x-forwarded-for", "198.51.100.4")]).address.to_string(),
            "198.51.100.4"
        );
    }
}
