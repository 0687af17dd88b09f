//! A new connection: resolve, check every address, connect to the first allowed one that accepts, and
//! add TLS for `https`.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use domain::ports::{Cause, FetchError};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use crate::Options;
use crate::known_addresses::KnownAddresses;
use crate::resolve::{Resolver, allowed};

/// Limit for resolution, TCP and TLS together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Connection attempt delay: the next address is tried beside a slow one (RFC 8305 §5).
const NEXT_ADDRESS_AFTER: Duration = Duration::from_millis(250);

/// Addresses of a name that are tried; the others are ignored.
const ADDRESSES_MAX: usize = 8;

pub(crate) trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

#[derive(Clone)]
pub(crate) struct Connector {
    pub(crate) options: Arc<Options>,
    pub(crate) resolver: Arc<dyn Resolver>,
    pub(crate) tls: TlsConnector,
    pub(crate) known: Arc<KnownAddresses>,
}

impl Connector {
    pub(crate) async fn connect(&self, url: &Url) -> Result<Box<dyn Wire>, FetchError> {
        let opened = timeout(CONNECT_TIMEOUT, self.open(url)).await;
        opened.unwrap_or(Err(FetchError::TimedOut))
    }

    async fn open(&self, url: &Url) -> Result<Box<dyn Wire>, FetchError> {
        let addresses = self.addresses(url).await?;
        let connected = first_of(addresses).await;
        let stream = connected.map_err(|error| unreachable(Cause::Connect(error.kind())))?;
        // A request is one packet: Nagle's algorithm would only delay it.
        let _ = stream.set_nodelay(true);
        if url.scheme() != "https" {
            return Ok(Box::new(stream));
        }
        let name = server_name(url).ok_or_else(|| unreachable(Cause::Name))?;
        let secured = self.tls.connect(name, stream).await;
        // rustls tells a certificate's fault, or the name of the peer's alert.
        Ok(Box::new(secured.map_err(|error| unreachable(Cause::Tls(error.to_string())))?))
    }

    /// The connection goes to an address that is checked here. A name that resolves to an internal
    /// address is *unreachable*, as a closed port is: the error reveals nothing about our network to a
    /// customer. It is logged.
    async fn addresses(&self, url: &Url) -> Result<Vec<SocketAddr>, FetchError> {
        let found = match url.host() {
            Some(Host::Ipv4(ip)) => vec![IpAddr::V4(ip)],
            Some(Host::Ipv6(ip)) => vec![IpAddr::V6(ip)],
            Some(Host::Domain(name)) => {
                let found = self.resolver.resolve(name).await;
                let found = found.map_err(|_| unreachable(Cause::Name))?;
                self.known.note(name, &found);
                found
            }
            None => return Err(unreachable(Cause::Name)),
        };
        let host = url.host_str().unwrap_or_default();
        let allowed = allowed(host, &found, &self.options);
        if allowed.is_empty() {
            if !found.is_empty() {
                tracing::warn!(
                    host,
                    "a customer's host name resolves to an internal address; not requested"
                );
            }
            return Err(unreachable(if found.is_empty() { Cause::Name } else { Cause::Internal }));
        }
        let port = url.port_or_known_default().unwrap_or(0);
        Ok(allowed.into_iter().take(ADDRESSES_MAX).map(|ip| SocketAddr::new(ip, port)).collect())
    }
}

const fn unreachable(cause: Cause) -> FetchError {
    FetchError::Unreachable(cause)
}

/// Name for the certificate check: the host without the brackets of an IPv6 address.
fn server_name(url: &Url) -> Option<ServerName<'static>> {
    match url.host()? {
        Host::Domain(name) => ServerName::try_from(name.to_owned()).ok(),
        Host::Ipv4(ip) => Some(ServerName::from(IpAddr::V4(ip))),
        Host::Ipv6(ip) => Some(ServerName::from(IpAddr::V6(ip))),
    }
}

/// Connects to the first address that accepts, and tries one more after each [`NEXT_ADDRESS_AFTER`].
async fn first_of(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut left = addresses.into_iter();
    let mut trying = FuturesUnordered::new();
    let mut failure = io::Error::from(io::ErrorKind::AddrNotAvailable);
    loop {
        trying.extend(left.next().map(TcpStream::connect));
        tokio::select! {
            tried = trying.next() => match tried {
                Some(Ok(stream)) => return Ok(stream),
                Some(Err(error)) => failure = error,
                None => return Err(failure),
            },
            () = sleep(NEXT_ADDRESS_AFTER), if left.len() > 0 => {}
        }
    }
}
