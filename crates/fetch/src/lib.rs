//! The one HTTP client for addresses that customers give. It connects to addresses of the public
//! internet only (SSRF protection): loopback, private networks and the cloud's metadata service are
//! refused, however the URL writes them and whatever a name resolves to.
//!
//! | way to an internal address | closed by |
//! |---|---|
//! | an IP address: `127.0.0.1`, `2130706433`, `[::ffff:7f00:1]` | [`address`], before any name resolution |
//! | a name that resolves to one, at once or the second time (DNS rebinding) | [`connect`]: the connection goes to the address that was checked |
//! | a redirect | [`guarded`]: redirects are not followed |
//! | a proxy from the environment | [`connect`]: no proxy is used |
//!
//! GET and POST over HTTP/1.1, on hyper's connection API with a pool of our own: hyper-util's pooled
//! client bounds idle connections by host only, and its task for each connection costs 12 % more CPU
//! per request (measured with 16 and with 128 under way). A request on a kept connection that the receiver closed without a
//! byte of response is sent once more, at once, on a new one: the receiver closed it while the request was on its way. If
//! it has read it nevertheless, it recognises the repeat by the event's id. No other request is repeated, and
//! [`FetchMethod::GetOnce`](domain::ports::FetchMethod::GetOnce) is always written to a new connection.

mod guarded;

mod address;
mod public;
mod resolve;

mod connect;
mod connection;
mod known_addresses;
mod pool;
mod retry_after;
mod tls;

pub use guarded::{BuildError, Guarded};
pub use public::is_public;
pub use resolve::{Resolver, SystemResolver};

use rustls::pki_types::CertificateDer;

/// What else may be requested. The default is the public internet by `https` and `http`.
#[derive(Debug, Clone)]
pub struct Options {
    /// Without it only `https` is allowed.
    pub allow_http: bool,
    /// Loopback addresses too: for the sandbox.
    pub allow_loopback: bool,
    /// Loopback and private networks too: for tests and closed networks. Link-local addresses, where
    /// cloud providers serve a machine's credentials, are never allowed.
    pub allow_private: bool,
    /// Certificate authorities besides the system's.
    pub extra_roots: Vec<CertificateDer<'static>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            allow_http: true,
            allow_loopback: false,
            allow_private: false,
            extra_roots: Vec::new(),
        }
    }
}
