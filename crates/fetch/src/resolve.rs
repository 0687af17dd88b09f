//! Names to addresses, with those left out that may not be called. What this lets through is what
//! the connection goes to, so a name server that answers differently the next time gains nothing.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;

use crate::Options;
use crate::address::is_localhost;
use crate::public::is_allowed;

/// Lookups under way: each costs a thread, and slow name servers keep it longer than the caller
/// waits.
const LOOKUPS_MAX: usize = 64;

/// Finds the addresses of a name. Judges none of them.
#[async_trait]
pub trait Resolver: Send + Sync + fmt::Debug {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// What the system says: hosts file, name servers.
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
            // The thread keeps the permit, not the caller, who may be gone before it.
            let _permit = permit;
            Ok((name.as_str(), 0).to_socket_addrs()?.map(|address| address.ip()).collect())
        });
        lookup.await.map_err(io::Error::other)?
    }
}

#[derive(Debug)]
pub(crate) struct Filtered {
    pub(crate) resolver: Arc<dyn Resolver>,
    pub(crate) options: Arc<Options>,
}

/// The name has addresses, and none of them may be called.
#[derive(Debug, thiserror::Error)]
#[error("no address of the name may be called")]
pub(crate) struct AllInside;

impl Resolve for Filtered {
    fn resolve(&self, name: Name) -> Resolving {
        let (resolver, options) = (Arc::clone(&self.resolver), Arc::clone(&self.options));
        Box::pin(async move {
            let found = resolver.resolve(name.as_str()).await?;
            let allowed = allowed(name.as_str(), found, &options);
            if allowed.is_empty() {
                return Err(AllInside.into());
            }
            let addresses: Addrs = Box::new(allowed.into_iter().map(|ip| SocketAddr::new(ip, 0)));
            Ok(addresses)
        })
    }
}

fn allowed(name: &str, found: Vec<IpAddr>, options: &Options) -> Vec<IpAddr> {
    if is_localhost(name) && !(options.allow_loopback || options.allow_private) {
        return Vec::new();
    }
    found.into_iter().filter(|ip| is_allowed(*ip, options)).collect()
}
