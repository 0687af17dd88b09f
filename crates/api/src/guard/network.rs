//! Which proxies are the house's own: addresses, and networks in CIDR notation (RFC 4632 §3.1).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use serde::Deserialize;

/// `10.0.0.0/8`, `2001:db8::/32`, or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network {
    first: IpAddr,
    /// Leading bits that its addresses share.
    bits: u8,
}

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
        address.is_ipv4() == self.first.is_ipv4() && first_of(address, self.bits) == self.first
    }
}

fn first_of(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let host = u32::MAX.checked_shr(bits.into()).unwrap_or(0);
            Ipv4Addr::from_bits(address.to_bits() & !host).into()
        }
        IpAddr::V6(address) => {
            let host = u128::MAX.checked_shr(bits.into()).unwrap_or(0);
            Ipv6Addr::from_bits(address.to_bits() & !host).into()
        }
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let unreadable = || NetworkError::Unreadable(text.to_owned());
        let (address, bits) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
        let address: IpAddr = address.parse().map_err(|_| unreadable())?;
        if address != address.to_canonical() {
            // Peers are compared in their canonical form, so it would contain nobody.
            return Err(unreadable());
        }
        let bits_max = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(bits_max), str::parse).map_err(|_| unreadable())?;
        if bits > bits_max {
            return Err(unreadable());
        }
        let first = first_of(address, bits);
        if first != address {
            return Err(NetworkError::NotItsFirst(text.to_owned(), first));
        }
        Ok(Self { first, bits })
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
