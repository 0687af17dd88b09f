//! Networks of trusted proxies: addresses, and networks in CIDR notation (RFC 4632 §3.1).

use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use serde::Deserialize;

/// `10.0.0.0/8`, `2001:db8::/32`, or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network(IpNet);

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    #[error("{0:?} is neither an address nor a network such as 10.0.0.0/8")]
    Unreadable(String),
    #[error("{0:?} is no network: its first address is {1}")]
    NotItsFirst(String, IpAddr),
}

impl Network {
    /// `address` must be canonical: IPv4 not written as IPv6.
    pub(super) fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address)
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let network = read(text).ok_or_else(|| NetworkError::Unreadable(text.to_owned()))?;
        if network.addr() != network.network() {
            return Err(NetworkError::NotItsFirst(text.to_owned(), network.network()));
        }
        Ok(Self(network))
    }
}

fn read(text: &str) -> Option<IpNet> {
    let (address, bits) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
    let address: IpAddr = address.parse().ok()?;
    if address != address.to_canonical() {
        // Peers are compared in their canonical form, so it would contain no peer.
        return None;
    }
    match bits {
        None => Some(address.into()),
        Some(bits) => IpNet::new(address, bits.parse().ok()?).ok(),
    }
}

impl TryFrom<String> for Network {
    type Error = NetworkError;

    fn try_from(text: String) -> Result<Self, NetworkError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contains_what_shares_its_leading_bits() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
            ("192.0.2.128/25", "192.0.2.200", "192.0.2.127"),
            ("127.0.0.1", "127.0.0.1", "127.0.0.2"),
            ("0.0.0.0/0", "203.0.113.9", "2001:db8::1"),
            ("2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::1"),
            ("::1", "::1", "::2"),
            ("::/0", "2001:db8::1", "0.0.0.0"),
        ] {
            let network: Network = network.parse().unwrap();
            assert!(network.contains(inside.parse().unwrap()), "{network:?} {inside}");
            assert!(!network.contains(outside.parse().unwrap()), "{network:?} {outside}");
        }
    }

    #[test]
    fn refuses_what_is_no_network() {
        for text in ["", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10/8", "proxy", "10.0.0.0/-1"]
        {
            let told = text.parse::<Network>().unwrap_err();
            assert_eq!(told, NetworkError::Unreadable(text.to_owned()));
        }
        assert!("::ffff:10.0.0.0/104".parse::<Network>().is_err());
        let told = "10.1.2.3/8".parse::<Network>().unwrap_err().to_string();
        assert_eq!(told, "\"10.1.2.3/8\" is no network: its first address is 10.0.0.0");
    }
}
