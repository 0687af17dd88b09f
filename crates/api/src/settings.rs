//! What the operator decided, as the doors need it, and the state that every handler is given.

use std::sync::Arc;
use std::time::Duration;

use domain::limits;
use domain::number::Home;
use domain::routing::CarrierName;
use engine::Engine;

use crate::bulk::Rooms;
use crate::guard::{Network, Rate, RateLimiter};
use crate::sandbox::SandboxWallet;

#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// Longer request bodies are refused.
    pub body_bytes_max: usize,
    /// Time for a request's body to arrive.
    pub read_timeout: Duration,
    /// The same of messages to many, which are read while they arrive: something must come within
    /// every `read_timeout`.
    pub bulk_body_bytes_max: usize,
    pub bulk_read_timeout: Duration,
    /// The country whose numbers the bulk door takes as they are written there; `None`: all are
    /// international.
    pub home: Option<Home>,
    /// For callers without a valid key, by address, this machine exempt; `None` = no limit.
    pub address_rate: Option<Rate>,
    /// Proxies whose `X-Forwarded-For` says for whom they call; of others it is not read.
    pub trusted_proxies: Vec<Network>,
    /// Whether `/readyz` and `/metrics` are told here; not when an admin listener tells them.
    pub tells_operator: bool,
    /// The wallet behind `/sandbox/pay`; the route exists only with one.
    pub sandbox: Option<Arc<dyn SandboxWallet>>,
    /// The carrier that brings what `/sandbox/receive` is given; the route exists only with both.
    pub sandbox_carrier: Option<CarrierName>,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            body_bytes_max: limits::ORDER_BODY_BYTES_MAX,
            read_timeout: limits::REQUEST_READ_TIMEOUT,
            bulk_body_bytes_max: limits::BULK_BODY_BYTES_MAX,
            bulk_read_timeout: limits::BULK_READ_TIMEOUT,
            home: Home::from_iso("TH"),
            address_rate: Some(Rate { per_second: 20, burst: 100 }),
            trusted_proxies: Vec::new(),
            tells_operator: true,
            sandbox: None,
            sandbox_carrier: None,
        }
    }
}

/// What every handler is given.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    pub engine: Arc<Engine>,
    pub settings: Arc<HttpSettings>,
    pub limiter: Arc<RateLimiter>,
    /// Places for large bodies that are in memory at a time.
    pub rooms: Arc<Rooms>,
}

impl Door {
    pub(crate) fn new(engine: Arc<Engine>, settings: HttpSettings) -> Self {
        Self {
            engine,
            settings: Arc::new(settings),
            limiter: Arc::new(RateLimiter::new()),
            rooms: Arc::default(),
        }
    }
}
