//! Who is let in: by key or address, and how often. A key has the limit that it was given, which may
//! be none; callers without a good key are limited by address. Programs on this machine are not
//! limited: they are the operator's own. A proxy on it counts as one of them unless it is configured as
//! a trusted proxy.

mod address_slots;
mod counter;
mod identity;
mod network;
mod operator;
mod origin;
mod rate;

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::Request;
use engine::Engine;
use engine::accounts::Caller;
use tokio::time::Instant;

use self::address_slots::AddressSlots;
use self::identity::identify;
use self::operator::identify_operator;
use self::rate::{Client, RateLimiter};
use crate::envelope::{Refusal, too_many, too_many_at_once};

pub(crate) use address_slots::AddressSlot;
pub use counter::Counter;
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
    /// Counted by address, apart from the other doors. The route `always` is also served when there is no place for its
    /// connection.
    Probe { always: &'static str },
    /// Counted by the key in `X-API-Key`, or by address without a good one. Handlers find the
    /// [`Origin`] and the [`Identity`] in the request's extensions.
    Customer,
    /// As `Customer`. But a request for the route `hurried` is admitted however often it comes, and beside
    /// however many others: its handler takes [`TooOften`], and answers again what it answered last.
    CustomerOrHurried { hurried: &'static str },
    /// The key is in the parameters, which only the handler reads: it takes the [`Counter`], and counts its
    /// request by key or address as `Customer` does. Paths without a route are counted by address.
    ByHandler,
    /// Counted by address; an operator's key is required, except for the route `public`. Handlers take
    /// [`By`].
    Operator { public: &'static str },
}

impl Admission {
    /// The route is served whatever else its caller's address does.
    pub(crate) fn spares(self, route: Option<&str>) -> bool {
        match self {
            Self::Probe { always: spared } | Self::CustomerOrHurried { hurried: spared } => {
                route == Some(spared)
            }
            Self::Open | Self::Customer | Self::ByHandler | Self::Operator { .. } => false,
        }
    }
}

/// The refusal of a request that was admitted although its caller asks too often.
#[derive(Debug, Clone)]
pub struct TooOften(pub Refusal);

/// How much an address may do at once.
#[derive(Debug, Clone)]
pub struct AddressLimits {
    /// Limit of requests without a good key; `None` = no limit.
    pub rate: Option<Rate>,
    /// Connections at a time or, behind a trusted proxy, requests; `None` = no limit.
    pub connections_max: Option<usize>,
    /// `X-Forwarded-For` is read only when it comes from one of these.
    pub trusted_proxies: Vec<Network>,
}

/// Admits requests of all doors of a listener: they share the counts.
#[derive(Debug)]
pub struct Gate {
    engine: Arc<Engine>,
    limits: AddressLimits,
    limiter: RateLimiter,
    slots: Arc<AddressSlots>,
    /// The origin of the limiter's time.
    begun: Instant,
}

/// Where a request comes from.
#[derive(Debug, Clone, Copy)]
struct CallerAddress {
    origin: Origin,
    /// A trusted proxy forwarded it.
    proxied: bool,
}

/// The place of a connection.
#[derive(Debug)]
pub(crate) enum Seat {
    /// Held by the connection, if its address is counted.
    Free(Option<AddressSlot>),
    /// The address has as many connections as it may.
    Full,
}

impl Gate {
    pub fn new(engine: Arc<Engine>, limits: AddressLimits) -> Self {
        let (limiter, begun) = (RateLimiter::new(), Instant::now());
        Self { engine, limits, limiter, slots: Arc::default(), begun }
    }

    /// A trusted proxy brings the requests of many. This machine may have three quarters of all `places`, because an untrusted
    /// proxy on it does, too.
    pub(crate) fn seat(&self, peer: IpAddr, places: usize) -> Seat {
        let peer = peer.to_canonical();
        let Some(max) = self.limits.connections_max else { return Seat::Free(None) };
        if origin::is_one_of(&self.limits.trusted_proxies, peer) {
            return Seat::Free(None);
        }
        let max = if peer.is_loopback() { max.max(places - places / 4) } else { max };
        match self.slots.take(origin::client_network(peer), max) {
            Some(slot) => Seat::Free(Some(slot)),
            None => Seat::Full,
        }
    }

    /// A slot for a request that a trusted proxy forwarded.
    pub(crate) fn seat_forwarded(&self, request: &Request) -> Result<Option<AddressSlot>, Refusal> {
        let max = self.limits.connections_max;
        let Some((max, client)) = max.zip(origin::forwarded(request, &self.limits.trusted_proxies))
        else {
            return Ok(None);
        };
        let slot = self.slots.take(client, max);
        slot.map(Some)
            .ok_or_else(|| too_many_at_once("too many requests at a time from your address"))
    }

    /// `route` is the template of the path's route.
    pub(crate) async fn admit(
        self: &Arc<Self>,
        admission: Admission,
        request: &mut Request,
        route: Option<&str>,
    ) -> Result<(), Refusal> {
        match admission {
            Admission::Open => Ok(()),
            Admission::Probe { .. } => self.count_probe(request),
            Admission::Customer => self.admit_customer(request).await,
            Admission::CustomerOrHurried { hurried } if route == Some(hurried) => {
                if let Err(refusal) = self.admit_customer(request).await {
                    request.extensions_mut().insert(TooOften(refusal));
                }
                Ok(())
            }
            Admission::CustomerOrHurried { .. } => self.admit_customer(request).await,
            Admission::ByHandler if route.is_some() => {
                let counter = Counter::new(self.clone(), self.caller_address(request));
                request.extensions_mut().insert(counter);
                Ok(())
            }
            Admission::ByHandler => self.count_origin(request),
            Admission::Operator { public } => {
                self.count_origin(request)?;
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
            Identity::Stranger | Identity::Refused(_) => self.count_origin(request)?,
        }
        let extensions = request.extensions_mut();
        extensions.insert(origin);
        extensions.insert(identity);
        Ok(())
    }

    fn origin(&self, request: &Request) -> Origin {
        Origin::of(request, &self.limits.trusted_proxies)
    }

    /// As many requests at once as in a second.
    fn count_key(&self, caller: &Caller) -> Result<(), Refusal> {
        let Some(rate) = caller.key.rate else { return Ok(()) };
        self.count(Client::Key(caller.key.id), Rate { per_second: rate, burst: rate })
    }

    fn caller_address(&self, request: &Request) -> CallerAddress {
        let proxied = origin::forwarded(request, &self.limits.trusted_proxies).is_some();
        CallerAddress { origin: self.origin(request), proxied }
    }

    fn count_origin(&self, request: &Request) -> Result<(), Refusal> {
        self.count_address(self.caller_address(request))
    }

    fn count_address(&self, caller: CallerAddress) -> Result<(), Refusal> {
        let client = match caller.origin {
            Origin::Local => return Ok(()),
            Origin::Network(address) => Client::Address(address),
            Origin::Unknown => Client::Others,
        };
        let counted = self.limits.rate.map_or(Ok(()), |rate| self.count(client, rate));
        // Its connection is closed, too; a trusted proxy's serves others.
        counted.map_err(|refusal| if caller.proxied { refusal } else { refusal.unread() })
    }

    fn count_probe(&self, request: &Request) -> Result<(), Refusal> {
        let client = match self.origin(request) {
            Origin::Local => return Ok(()),
            Origin::Network(address) => Client::Prober(address),
            Origin::Unknown => Client::Others,
        };
        self.limits.rate.map_or(Ok(()), |rate| self.count(client, rate))
    }

    fn count(&self, client: Client, rate: Rate) -> Result<(), Refusal> {
        self.limiter.admit(client, rate, self.begun.elapsed()).map_err(too_many)
    }
}
