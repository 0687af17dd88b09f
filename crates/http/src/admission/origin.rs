//! Where a request comes from: the address of its connection or, when that is a trusted proxy, the
//! address that the proxy forwarded for.
//!
//! Only the end of `X-Forwarded-For` was written by our proxies; what stands before it is the
//! caller's own claim. So it is read from its end, and the first address that is not a trusted proxy is
//! the caller's. The header is ignored on a connection from any other address.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, HeaderName};
use domain::sale::client::{LOCAL_CLIENT, UNKNOWN_CLIENT, client_at};

use super::network::Network;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Its `Display` form names the client of orders without a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// This machine, with no proxy between.
    Local,
    /// An IPv4 address, or the first address of an IPv6 /64: one customer has all of it and may use any
    /// address in it (RFC 6177).
    Network(IpAddr),
    /// The service was called without the peer's address.
    Unknown,
}

impl Origin {
    pub(super) fn of(request: &Request, proxies: &[Network]) -> Self {
        let info = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let Some(ConnectInfo(peer)) = info else { return Self::Unknown };
        // The caller is not this machine, even if the forwarded address is unreadable.
        if let Some(client) = forwarded(request, proxies) {
            return Self::Network(client);
        }
        let peer = peer.ip().to_canonical();
        if peer.is_loopback() { Self::Local } else { Self::Network(client_network(peer)) }
    }
}

/// The caller that a trusted proxy forwarded for, or the proxy if that is unreadable; `None` if there is no such proxy.
pub(super) fn forwarded(request: &Request, proxies: &[Network]) -> Option<IpAddr> {
    let ConnectInfo(peer) = request.extensions().get::<ConnectInfo<SocketAddr>>()?;
    let (peer, headers) = (peer.ip().to_canonical(), request.headers());
    let is_forwarded = is_one_of(proxies, peer) && headers.contains_key(FORWARDED_FOR);
    is_forwarded.then(|| client_network(forwarded_for(headers, proxies).unwrap_or(peer)))
}

/// The address, or the first one of its IPv6 /64.
pub(super) fn client_network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        IpAddr::V4(_) => address,
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => f.write_str(LOCAL_CLIENT),
            Self::Network(address) => f.write_str(&client_at(*address)),
            Self::Unknown => f.write_str(UNKNOWN_CLIENT),
        }
    }
}

pub(super) fn is_one_of(proxies: &[Network], address: IpAddr) -> bool {
    proxies.iter().any(|network| network.contains(address))
}

/// `None` when the caller's place does not hold an address. When all addresses are trusted proxies,
/// the first of them is the caller.
fn forwarded_for(headers: &HeaderMap, proxies: &[Network]) -> Option<IpAddr> {
    let mut found = None;
    for line in headers.get_all(FORWARDED_FOR).iter().rev() {
        for text in line.to_str().ok()?.rsplit(',') {
            let address = read_address(text.trim())?;
            if !is_one_of(proxies, address) {
                return Some(address);
            }
            found = Some(address);
        }
    }
    found
}

/// Some proxies add the port, and then IPv6 has brackets.
fn read_address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse().ok().map(|address: SocketAddr| address.ip());
    bare.parse().ok().or_else(with_port).map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn seen(peer: &str, lines: &[&str], proxies: &[&str]) -> String {
        let peer = SocketAddr::new(peer.parse().unwrap(), 1);
        let mut request = Request::builder().extension(ConnectInfo(peer));
        for line in lines {
            request = request.header("X-Forwarded-For", *line);
        }
        let proxies: Vec<_> = proxies.iter().map(|network| network.parse().unwrap()).collect();
        Origin::of(&request.body(Body::empty()).unwrap(), &proxies).to_string()
    }

    const OURS: [&str; 3] = ["127.0.0.1", "10.0.0.0/8", "2001:db8:aaaa::/48"];

    #[test]
    fn is_the_peer_when_no_proxy_is_trusted() {
        for (peer, origin) in [
            ("192.0.2.1", "net:192.0.2.1"),
            ("::ffff:192.0.2.1", "net:192.0.2.1"),
            ("2001:db8:1:2:ffff::9", "net:2001:0db8:0001:0002::/64"),
            ("127.0.0.1", "local"),
            ("127.9.9.9", "local"),
            ("::1", "local"),
            ("::ffff:127.0.0.1", "local"),
        ] {
            assert_eq!(seen(peer, &[], &[]), origin, "{peer}");
            assert_eq!(seen(peer, &["198.51.100.7"], &[]), origin, "{peer}");
        }
    }

    #[test]
    fn is_what_a_trusted_proxy_forwarded_for() {
        for (lines, origin) in [
            (&["198.51.100.7"][..], "net:198.51.100.7"),
            (&["203.0.113.5, 198.51.100.7"], "net:198.51.100.7"),
            (&["nonsense,198.51.100.7 , 10.1.2.3"], "net:198.51.100.7"),
            (&["198.51.100.7", "10.1.2.3"], "net:198.51.100.7"),
            (&["203.0.113.5", "198.51.100.7"], "net:198.51.100.7"),
            (&["198.51.100.7:5000"], "net:198.51.100.7"),
            (&["[2001:db8:1:2::3]:5000"], "net:2001:0db8:0001:0002::/64"),
            (&["[2001:db8:1:2::3]"], "net:2001:0db8:0001:0002::/64"),
            (&["2001:db8:1:2::3, 2001:db8:aaaa::1"], "net:2001:0db8:0001:0002::/64"),
            (&["::ffff:198.51.100.7"], "net:198.51.100.7"),
            (&["10.0.0.9, 10.0.0.8"], "net:10.0.0.9"),
            (&["127.0.0.2"], "net:127.0.0.2"),
        ] {
            for peer in ["127.0.0.1", "10.9.9.9", "::ffff:10.0.0.1"] {
                assert_eq!(seen(peer, lines, &OURS), origin, "{peer} {lines:?}");
            }
        }
    }

    #[test]
    fn is_the_proxy_when_it_says_nothing_that_can_be_read() {
        for lines in [&[""][..], &["unknown"], &["198.51.100.7, x"], &["198.51.100.7, "], &["é"]] {
            assert_eq!(seen("10.0.0.1", lines, &OURS), "net:10.0.0.1", "{lines:?}");
            assert_eq!(seen("127.0.0.1", lines, &OURS), "net:127.0.0.1", "{lines:?}: not local");
        }
        assert_eq!(seen("10.0.0.1", &[], &OURS), "net:10.0.0.1");
        assert_eq!(seen("127.0.0.1", &[], &OURS), "local", "nobody forwarded");
    }

    #[test]
    fn strangers_are_not_believed() {
        assert_eq!(seen("192.0.2.1", &["198.51.100.7"], &OURS), "net:192.0.2.1");
        assert_eq!(seen("127.0.0.2", &["198.51.100.7"], &OURS), "local");
    }
}
