//! Which addresses of the internet a person may make us talk to. Anyone who writes a webhook's
//! address or names a mail server must not reach the machines around us with it, least of all the
//! ones that hand out a cloud's credentials.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// Everything of IPv4 that is not an address of a machine on the internet (IANA's special-purpose
/// registry), and Azure's host, which looks like one.
const CLOSED_V4: [Ipv4Net; 17] = [
    v4([0, 0, 0, 0], 8),
    v4([10, 0, 0, 0], 8),
    v4([100, 64, 0, 0], 10),
    v4([127, 0, 0, 0], 8),
    v4([168, 63, 129, 16], 32),
    v4([169, 254, 0, 0], 16),
    v4([172, 16, 0, 0], 12),
    v4([192, 0, 0, 0], 24),
    v4([192, 0, 2, 0], 24),
    v4([192, 31, 196, 0], 24),
    v4([192, 88, 99, 0], 24),
    v4([192, 168, 0, 0], 16),
    v4([198, 18, 0, 0], 15),
    v4([198, 51, 100, 0], 24),
    v4([203, 0, 113, 0], 24),
    v4([224, 0, 0, 0], 4),
    v4([240, 0, 0, 0], 4),
];

/// The one block of IPv6 that machines on the internet have addresses of…
const OPEN_V6: Ipv6Net = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);
/// …and what of it they have not: protocols, documentation, and the ways back into IPv4 (Teredo,
/// 6to4).
const CLOSED_V6: [Ipv6Net; 4] = [
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),
    v6([0x2001, 0x0db8, 0, 0, 0, 0, 0, 0], 32),
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16),
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),
];
/// IPv4 behind a translator (NAT64, RFC 6052): as good as the address inside.
const NAT64: Ipv6Net = v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96);

const fn v4(octets: [u8; 4], prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(octets[0], octets[1], octets[2], octets[3]), prefix)
}

const fn v6(parts: [u16; 8], prefix: u8) -> Ipv6Net {
    let [a, b, c, d, e, f, g, h] = parts;
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, e, f, g, h), prefix)
}

/// May we talk to it?
pub fn is_allowed(address: IpAddr, allowed: &[IpNet]) -> bool {
    let plain = inner(address);
    if allowed.iter().any(|network| network.contains(&address) || network.contains(&plain)) {
        return true;
    }
    match plain {
        IpAddr::V4(address) => !CLOSED_V4.iter().any(|network| network.contains(&address)),
        IpAddr::V6(address) => {
            OPEN_V6.contains(&address)
                && !CLOSED_V6.iter().any(|network| network.contains(&address))
        }
    }
}

/// The IPv4 address within, where one is written as IPv6.
fn inner(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(wrapped) if NAT64.contains(&wrapped) => {
            let [.., a, b, c, d] = wrapped.octets();
            IpAddr::V4(Ipv4Addr::new(a, b, c, d))
        }
        plain => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(text: &str) -> bool {
        is_allowed(text.parse().expect("an address"), &[])
    }

    #[test]
    fn machines_on_the_internet_are_open() {
        for address in [
            "1.1.1.1",
            "93.184.216.34",
            "172.32.0.1",
            "2606:4700::1111",
            "::ffff:1.1.1.1",
            "64:ff9b::1.1.1.1",
        ] {
            assert!(open(address), "{address}");
        }
    }

    #[test]
    fn this_machine_and_those_around_it_are_closed_however_they_are_written() {
        for address in [
            "127.0.0.1",
            "127.8.8.8",
            "0.0.0.0",
            "10.0.0.1",
            "100.64.0.1",
            "100.100.100.200",
            "168.63.129.16",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "192.0.2.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::10.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::1",
            "2002:0a00:0001::1",
            "2001:0:1::1",
            "2001:db8::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "ff02::1",
        ] {
            assert!(!open(address), "{address}");
        }
    }

    #[test]
    fn the_operator_opens_networks_and_no_others() {
        let allowed: Vec<IpNet> =
            vec!["10.1.0.0/16".parse().expect("a network"), "::1/128".parse().expect("a network")];
        let open = |text: &str| is_allowed(text.parse().expect("an address"), &allowed);
        assert!(open("10.1.2.3") && open("::ffff:10.1.2.3") && open("::1"));
        assert!(!open("10.2.0.1") && !open("127.0.0.1"));
    }
}
