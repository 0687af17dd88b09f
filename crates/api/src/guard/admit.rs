//! Finds out who calls and whether he calls too often. A key has the limit it was given, which may
//! be none; everybody else is limited by address. Callers on the same machine are not: they are
//! the operator's own programs, or a proxy that has its own limits.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::LazyLock;
use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderValue;
use axum::http::header::CACHE_CONTROL;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::time::Instant;

use super::caller::{Identity, identify};
use super::rate::{Client, Rate};
use crate::refusal::too_many;
use crate::settings::Door;

/// Where the limiter's time begins.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

pub(crate) async fn admit(State(door): State<Door>, mut request: Request, next: Next) -> Response {
    let identity = identify(&door.engine, request.headers()).await;
    if let Err(wait) = count(&door, &identity, peer(&request)) {
        return too_many(wait).into_response();
    }
    request.extensions_mut().insert(identity);
    let mut response = next.run(request).await;
    // Balances and states are of the moment, and some answers hold secrets.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn count(door: &Door, identity: &Identity, peer: Option<IpAddr>) -> Result<(), Duration> {
    let limit = match identity {
        Identity::Known(caller) => caller
            .key
            .rate
            .map(|rate| (Client::Key(caller.key.id), Rate { per_second: rate, burst: rate })),
        Identity::Stranger | Identity::Refused(_) => match peer {
            Some(address) if address.is_loopback() => None,
            peer => door.settings.address_rate.map(|rate| (client(peer), rate)),
        },
    };
    limit.map_or(Ok(()), |(client, rate)| door.limiter.admit(client, rate, START.elapsed()))
}

fn peer(request: &Request) -> Option<IpAddr> {
    let info = request.extensions().get::<ConnectInfo<SocketAddr>>();
    info.map(|ConnectInfo(peer)| peer.ip().to_canonical())
}

/// One customer of an IPv6 network has a /64 and may take any address in it (RFC 6177).
fn client(peer: Option<IpAddr>) -> Client {
    match peer {
        None => Client::Crowd,
        Some(IpAddr::V6(address)) => {
            Client::Address(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into())
        }
        Some(address) => Client::Address(address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_network_of_ipv6_is_one_client() {
        let of = |text: &str| client(Some(text.parse().unwrap()));
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
