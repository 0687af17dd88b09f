//! The one HTTP client for addresses that customers give. It calls addresses of the public internet
//! and nothing else: what stands on this machine, in this house's network or at the cloud's
//! metadata service is refused, whatever the address looks like and whatever its name resolves to.
//!
//! Four doors have to be shut, and each is shut in a file of its own:
//!
//! | way in | shut by |
//! |---|---|
//! | a number: `127.0.0.1`, `2130706433`, `[::ffff:7f00:1]` | [`address`], before anything else: a resolver is never asked for those |
//! | a name that resolves inside, now or at the second look | [`connect`]: the connection goes to the address that was judged |
//! | a redirect | [`connection`]: not followed |
//! | a proxy of the environment | [`connect`]: not used |
//!
//! It speaks HTTP/1.1 and keeps connections for the next call. It keeps no account of calls and repeats none; who calls decides that.

mod guarded;

mod address;
mod public;
mod resolve;

mod connect;
mod connection;
mod pool;
mod tls;

pub use guarded::{BuildError, Guarded};
pub use public::is_public;
pub use resolve::{Resolver, SystemResolver};

use rustls::pki_types::CertificateDer;

/// What else may be called. The default is the public internet by `https` and `http`.
#[derive(Debug, Clone)]
pub struct Options {
    /// Without it only `https` is called.
    pub allow_http: bool,
    /// This machine too: for the sandbox.
    pub allow_loopback: bool,
    /// This machine and private networks: for tests and closed networks. Link-local addresses,
    /// where cloud machines find their own secrets, are never called.
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
