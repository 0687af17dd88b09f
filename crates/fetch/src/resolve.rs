//! Names to addresses, without the addresses that are not allowed. The connection goes to one that
//! passed, so a name server gains nothing by answering differently the next time.

use std::fmt;
use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::Semaphore;

use crate::Options;
use crate::address::is_localhost;
use crate::public::is_allowed;

/// Lookups under way: each occupies a thread, for longer than the caller waits if a name server is
/// slow.
const LOOKUPS_MAX: usize = 32;

/// Finds the addresses of a name and checks none of them.
#[async_trait]
pub trait Resolver: Send + Sync + fmt::Debug {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// The system's resolver: hosts file, name servers.
#[derive(Debug)]
pub struct SystemResolver {
    free: Arc<Semaphore>,
}

impl Default for SystemResolver {
    fn default() -> Self {
        Self { free: Arc::new(Semaphore::new(LOOKUPS_MAX)) }
    }
}

#[async_trait]
impl Resolver for SystemResolver {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let permit = Arc::clone(&self.free).acquire_owned().await.map_err(io::Error::other)?;
        let name = name.to_owned();
        let lookup = tokio::task::spawn_blocking(move || {
            // The thread keeps the permit: the caller may time out before the lookup ends.
            let _permit = permit;
            Ok((name.as_str(), 0).to_socket_addrs()?.map(|address| address.ip()).collect())
        });
        lookup.await.map_err(io::Error::other)?
    }
}

/// The addresses that are allowed.
pub(crate) fn allowed(name: &str, found: &[IpAddr], options: &Options) -> Vec<IpAddr> {
    if is_localhost(name) && !(options.allow_loopback || options.allow_private) {
        return Vec::new();
    }
    found.iter().copied().filter(|ip| is_allowed(*ip, options)).collect()
}
