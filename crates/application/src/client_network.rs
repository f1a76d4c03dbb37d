//! What counts as one client where clients are limited by their address.

use std::net::IpAddr;

/// One IPv4 address; of IPv6 the /64 that one household or one machine is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ClientNetwork {
    V4([u8; 4]),
    V6([u16; 4]),
}

impl From<IpAddr> for ClientNetwork {
    fn from(address: IpAddr) -> Self {
        // A socket that speaks IPv6 shows IPv4 addresses in a form of their own.
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.octets()),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Self::V6([a, b, c, d])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(address: &str) -> ClientNetwork {
        address.parse::<IpAddr>().expect("an address").into()
    }

    #[test]
    fn every_ipv4_address_is_a_client_of_its_own_on_either_kind_of_socket() {
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
        assert_eq!(network("192.0.2.1"), network("::ffff:192.0.2.1"));
    }

    #[test]
    fn the_addresses_of_a_64_are_one_client() {
        assert_eq!(network("2001:db8:0:1::1"), network("2001:db8:0:1:9:9:9:9"));
        assert_ne!(network("2001:db8:0:1::1"), network("2001:db8:0:2::1"));
    }
}
