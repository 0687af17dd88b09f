//! The client of an order: whose room it takes while it is unpaid or its payment is held. Clients without a key are named
//! by their addresses, in a form whose beginnings are their networks: one attacker can have all addresses of an IPv6 /48
//! and many of an IPv4 /24, and would have the room of each.

use std::net::IpAddr;

use crate::limits;
use crate::ports::NetworkCaps;

/// The client on this machine itself, as the sandbox's and the operator's own programs are: only the caps for all apply to
/// it.
pub const LOCAL_CLIENT: &str = "local";

/// An address that is not known.
pub const UNKNOWN_CLIENT: &str = "net:unknown";

const NETWORK: &str = "net:";

/// The client at an address; for IPv6 its /64, because one customer has all of it and may use any address in it (RFC 6177).
#[must_use]
pub fn client_at(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => format!("{NETWORK}{address}"),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{NETWORK}{a:04x}:{b:04x}:{c:04x}:{d:04x}::/64")
        }
    }
}

/// Whether the client has neither a key nor is this machine.
#[must_use]
pub fn is_stranger(client: &str) -> bool {
    client.starts_with(NETWORK)
}

/// The caps of the networks that a client is in: IPv4 /24; IPv6 /56 and /48.
#[must_use]
pub fn network_caps(client: &str) -> Vec<NetworkCaps> {
    let Some(address) = client.strip_prefix(NETWORK) else { return Vec::new() };
    let caps = |prefix: &str, times: u64| NetworkCaps {
        prefix: format!("{NETWORK}{prefix}"),
        open_max: limits::ORDERS_OPEN_PER_CLIENT_MAX * times,
        held_max: limits::ORDERS_HELD_PER_CLIENT_MAX * times,
    };
    if let Some((subnet, _)) = address.split_once("::/64") {
        // xxxx:xxxx:xxxx:xxxx, of which a /56 has 17 characters and a /48 has 15.
        let beginning = |length| subnet.get(..length).unwrap_or(subnet);
        return vec![caps(beginning(17), 2), caps(beginning(15), 4)];
    }
    match address.rsplit_once('.') {
        Some((network, _)) => vec![caps(&format!("{network}."), 4)],
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefixes(address: &str) -> Vec<String> {
        let caps = network_caps(&client_at(address.parse().unwrap()));
        caps.into_iter().map(|caps| caps.prefix).collect()
    }

    #[test]
    fn a_client_is_in_its_networks_and_in_no_other() {
        for (one, networks, other) in [
            ("192.0.2.1", vec!["net:192.0.2."], "192.0.20.1"),
            ("192.0.20.1", vec!["net:192.0.20."], "192.0.2.1"),
            (
                "2001:db8:1:2ff::9",
                vec!["net:2001:0db8:0001:02", "net:2001:0db8:0001:"],
                "2001:db8:12:200::",
            ),
            ("::1", vec!["net:0000:0000:0000:00", "net:0000:0000:0000:"], "1::"),
        ] {
            assert_eq!(prefixes(one), networks);
            let other = client_at(other.parse().unwrap());
            assert!(networks.iter().all(|network| !other.starts_with(network)), "{one} {other}");
            let own = client_at(one.parse().unwrap());
            assert!(networks.iter().all(|network| own.starts_with(network)), "{own}");
        }
        for (one, same, is_same) in [
            ("2001:db8:1:200::", "2001:db8:1:2ff::", true),
            ("2001:db8:1:200::", "2001:db8:1:300::", false),
        ] {
            assert_eq!(prefixes(one)[0] == prefixes(same)[0], is_same);
            assert_eq!(prefixes(one)[1], prefixes(same)[1], "the same /48");
        }
    }

    #[test]
    fn keys_and_this_machine_are_in_no_network() {
        for client in [LOCAL_CLIENT, "key:7"] {
            assert!(network_caps(client).is_empty() && !is_stranger(client));
        }
        assert!(network_caps(UNKNOWN_CLIENT).is_empty() && is_stranger(UNKNOWN_CLIENT));
    }
}
