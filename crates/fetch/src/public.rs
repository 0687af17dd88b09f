//! Which IP addresses belong to the public internet (IANA special-purpose address registries, RFC
//! 6890). One function checks the addresses in URLs and those that names resolve to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::Options;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    Public,
    Loopback,
    Private,
    /// Link-local, multicast, reserved, documentation: no webhook is served there.
    Never,
}

/// Whether an address belongs to the public internet, in whatever form it is written.
pub fn is_public(ip: IpAddr) -> bool {
    reach(ip) == Reach::Public
}

pub(crate) fn is_allowed(ip: IpAddr, options: &Options) -> bool {
    match reach(ip) {
        Reach::Public => true,
        Reach::Loopback => options.allow_loopback || options.allow_private,
        Reach::Private => options.allow_private,
        Reach::Never => false,
    }
}

pub(crate) fn reach(ip: IpAddr) -> Reach {
    match ip {
        IpAddr::V4(v4) => reach_v4(v4),
        IpAddr::V6(v6) => reach_v6(v6),
    }
}

const fn reach_v4(ip: Ipv4Addr) -> Reach {
    match ip.octets() {
        [127, ..] => Reach::Loopback,
        // RFC 1918, and 100.64.0.0/10 behind carriers' NAT (RFC 6598).
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => Reach::Private,
        // This network, link-local, protocol assignments, 6to4 relays.
        [0, ..] | [169, 254, ..] | [192, 0, 0, _] | [192, 88, 99, _] => Reach::Never,
        // Documentation (RFC 5737) and benchmarks (RFC 2544).
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] | [198, 18 | 19, ..] => Reach::Never,
        // Multicast, reserved, broadcast.
        [224..=255, ..] => Reach::Never,
        _ => Reach::Public,
    }
}

fn reach_v6(ip: Ipv6Addr) -> Reach {
    if ip == Ipv6Addr::LOCALHOST {
        return Reach::Loopback;
    }
    match ip.segments() {
        // An IPv4 address in another form reaches what the IPv4 address does: mapped (::ffff:0:0/96) and NAT64
        // (64:ff9b::/96, RFC 6052), which resolvers of IPv6-only networks give for IPv4 sites.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            reach_v4(embedded(high, low))
        }
        // Unique local (fc00::/7).
        [0xfc00..=0xfdff, ..] => Reach::Private,
        // Teredo, benchmarks, ORCHID and other protocol assignments (2001::/23).
        [0x2001, 0..=0x1ff, ..] => Reach::Never,
        // Documentation (RFC 3849, RFC 9637), and 6to4, which carries any IPv4 address (RFC 7526).
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] | [0x2002, ..] => Reach::Never,
        // Global unicast.
        [0x2000..=0x3fff, ..] => isatap(ip),
        // Unspecified, compatible, local NAT64, link-local, site-local, multicast, not assigned.
        _ => Reach::Never,
    }
}

/// ISATAP ends in an IPv4 address, which an internal tunnel may serve (RFC 5214 §6.1).
fn isatap(ip: Ipv6Addr) -> Reach {
    match ip.segments() {
        [.., 0 | 0x200, 0x5efe, high, low] => reach_v4(embedded(high, low)),
        _ => Reach::Public,
    }
}

fn embedded(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_public_internet() {
        for ip in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.0.1",
            "172.32.0.1",
            "192.167.0.1",
            "192.169.0.1",
            "169.253.0.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "11.0.0.1",
            "126.255.255.255",
            "128.0.0.1",
            "2606:4700::1111",
            "2a00:1450:4001::1",
            "64:ff9b::8.8.8.8",
            "::ffff:8.8.8.8",
        ] {
            assert!(is_public(ip.parse().unwrap()), "{ip}");
        }
    }

    #[test]
    fn knows_what_is_not_public() {
        for ip in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.0.170",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.254",
            "255.255.255.255",
            "::",
            "::1",
            "::2",
            "::127.0.0.1",
            "::8.8.8.8",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "::ffff:0.0.0.0",
            "::ffff:0:127.0.0.1",
            "64:ff9b::127.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b::169.254.169.254",
            "64:ff9b:1::8.8.8.8",
            "100::1",
            "2001::1",
            "2001:2::1",
            "2001:10::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:a00:1::1",
            "2002:808:808::1",
            "3fff::1",
            "3fff:fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fdff::1",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "feff::1",
            "ff02::1",
            "ff0e::1",
            "4000::1",
            "2606:4700::5efe:127.0.0.1",
            "2606:4700::200:5efe:10.0.0.1",
        ] {
            assert!(!is_public(ip.parse().unwrap()), "{ip}");
        }
    }

    #[test]
    fn link_local_is_never_allowed() {
        let options = Options { allow_private: true, allow_loopback: true, ..Options::default() };
        for ip in ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.1.2.3", "fd00::1", "1.1.1.1"] {
            assert!(is_allowed(ip.parse().unwrap(), &options), "{ip}");
        }
        for ip in ["169.254.169.254", "fe80::1", "::ffff:169.254.169.254", "0.0.0.0", "::"] {
            assert!(!is_allowed(ip.parse().unwrap(), &options), "{ip}");
        }
        let sandbox = Options { allow_loopback: true, ..Options::default() };
        assert!(is_allowed("127.0.0.1".parse().unwrap(), &sandbox));
        assert!(!is_allowed("10.1.2.3".parse().unwrap(), &sandbox));
    }
}
