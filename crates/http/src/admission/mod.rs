//! Who is let in: by key or address, and how often. A key has the limit that it was given, which may
//! be none; callers without a good key are limited by address. Programs on this machine are not
//! limited: they are the operator's own. A proxy on it counts as one of them unless it is configured as
//! a trusted proxy.

mod identity;
mod network;
mod operator;
mod origin;
mod rate;

use std::sync::Arc;

use axum::extract::Request;
use engine::Engine;
use engine::accounts::Caller;
use tokio::time::Instant;

use self::identity::identify;
use self::operator::identify_operator;
use self::rate::{Client, RateLimiter};
use crate::envelope::{Refusal, too_many};

pub use identity::{Identity, key_text};
pub use network::{Network, NetworkError};
pub use operator::By;
pub use origin::Origin;
pub use rate::Rate;

/// What a door demands of a request before its handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Nothing; nothing is counted.
    Open,
    /// Counted by address. No key is read.
    Address,
    /// Counted by the key in `X-API-Key`, or by address without a good one. Handlers find the
    /// [`Origin`] and the [`Identity`] in the request's extensions.
    Customer,
    /// As `Customer`. But a request for the route `hurried` is admitted however often it comes: its
    /// handler takes [`TooOften`], and answers again what it answered last.
    CustomerOrHurried { hurried: &'static str },
    /// Counted by address; an operator's key is required, except for the route `public`. Handlers take
    /// [`By`].
    Operator { public: &'static str },
}

/// The refusal of a request that was admitted although its caller asks too often.
#[derive(Debug, Clone)]
pub struct TooOften(pub Refusal);

/// Admits requests of all doors of a listener: they share the counts.
#[derive(Debug)]
pub struct Gate {
    engine: Arc<Engine>,
    address_rate: Option<Rate>,
    trusted_proxies: Vec<Network>,
    limiter: RateLimiter,
    /// The origin of the limiter's time.
    begun: Instant,
}

impl Gate {
    /// `address_rate` is the limit of an address without a key; `None` = no limit. `X-Forwarded-For` is
    /// read only when it comes from a trusted proxy.
    pub fn new(
        engine: Arc<Engine>,
        address_rate: Option<Rate>,
        trusted_proxies: Vec<Network>,
    ) -> Self {
        let (limiter, begun) = (RateLimiter::new(), Instant::now());
        Self { engine, address_rate, trusted_proxies, limiter, begun }
    }

    /// `route` is the template of the path's route.
    pub(crate) async fn admit(
        &self,
        admission: Admission,
        request: &mut Request,
        route: Option<&str>,
    ) -> Result<(), Refusal> {
        match admission {
            Admission::Open => Ok(()),
            Admission::Address => self.count_origin(self.origin(request)),
            Admission::Customer => self.admit_customer(request).await,
            Admission::CustomerOrHurried { hurried } if route == Some(hurried) => {
                if let Err(refusal) = self.admit_customer(request).await {
                    request.extensions_mut().insert(TooOften(refusal));
                }
                Ok(())
            }
            Admission::CustomerOrHurried { .. } => self.admit_customer(request).await,
            Admission::Operator { public } => {
                self.count_origin(self.origin(request))?;
                if route == Some(public) {
                    return Ok(());
                }
                let by = identify_operator(&self.engine, request.headers()).await?;
                request.extensions_mut().insert(by);
                Ok(())
            }
        }
    }

    async fn admit_customer(&self, request: &mut Request) -> Result<(), Refusal> {
        let origin = self.origin(request);
        let identity = identify(&self.engine, request.headers()).await;
        match &identity {
            Identity::Known(caller) => self.count_key(caller)?,
            Identity::Stranger | Identity::Refused(_) => self.count_origin(origin)?,
        }
        let extensions = request.extensions_mut();
        extensions.insert(origin);
        extensions.insert(identity);
        Ok(())
    }

    fn origin(&self, request: &Request) -> Origin {
        Origin::of(request, &self.trusted_proxies)
    }

    /// As many requests at once as in a second.
    fn count_key(&self, caller: &Caller) -> Result<(), Refusal> {
        let Some(rate) = caller.key.rate else { return Ok(()) };
        self.count(Client::Key(caller.key.id), Rate { per_second: rate, burst: rate })
    }

    fn count_origin(&self, origin: Origin) -> Result<(), Refusal> {
        let client = match origin {
            Origin::Local => return Ok(()),
            Origin::Network(address) => Client::Address(address),
            Origin::Unknown => Client::Others,
        };
        self.address_rate.map_or(Ok(()), |rate| self.count(client, rate))
    }

    fn count(&self, client: Client, rate: Rate) -> Result<(), Refusal> {
        self.limiter.admit(client, rate, self.begun.elapsed()).map_err(too_many)
    }
}
