//! The doors' configuration, and the state that every handler is given.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRef;
use domain::limits;
use domain::money::Msat;
use domain::number::{Home, Notation};
use domain::routing::CarrierName;
use engine::Engine;
use http::{AddressLimits, BodyLimits, Network, Pace, Rate};

use crate::bulk::UploadSlots;
use crate::sandbox::SandboxWallet;

#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// Longer request bodies are refused.
    pub body_bytes_max: usize,
    /// Time for a request's body to arrive.
    pub read_timeout: Duration,
    /// The same for campaigns, whose bodies are read while they arrive: some bytes must come within
    /// every `read_timeout`.
    pub bulk_body_bytes_max: usize,
    pub bulk_read_timeout: Duration,
    /// Large bodies, also files of contacts, that arrive slower are refused.
    pub upload_pace: Pace,
    /// A body of a campaign that arrives slower loses its place when another account waits.
    pub upload_pace_fair: Pace,
    /// How numbers are read: the bulk door and lists of contacts have a home country, all others none.
    pub numbers: Notation,
    /// Parts that the price of one text order buys.
    pub order_parts_max: u8,
    /// Worth of the handler door's unit; positive.
    pub handler_unit: Msat,
    /// Limit of an address for callers without a valid key, this machine exempt; `None` = no limit.
    pub address_rate: Option<Rate>,
    /// Connections of an address at a time or, behind a trusted proxy, requests; `None` = no limit.
    pub connections_per_address: Option<usize>,
    /// Proxies whose `X-Forwarded-For` is read.
    pub trusted_proxies: Vec<Network>,
    /// Whether the operator's doors (`/readyz`, `/metrics`, admin) are on the main listener; not with an
    /// admin listener.
    pub tells_operator: bool,
    /// Where phones reach their door, with its root; `None`: by the name that each called.
    pub phones_url: Option<String>,
    /// The wallet behind `/sandbox/pay`; the route exists only with one.
    pub sandbox: Option<Arc<dyn SandboxWallet>>,
    /// The carrier of the messages that `/sandbox/receive` takes; the route exists only with both.
    pub sandbox_carrier: Option<CarrierName>,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            body_bytes_max: limits::ORDER_BODY_BYTES_MAX,
            read_timeout: limits::REQUEST_READ_TIMEOUT,
            bulk_body_bytes_max: limits::BULK_BODY_BYTES_MAX,
            bulk_read_timeout: limits::BULK_READ_TIMEOUT,
            upload_pace: pace(limits::UPLOAD_BYTES_PER_SECOND_MIN),
            upload_pace_fair: pace(limits::UPLOAD_BYTES_PER_SECOND_FAIR),
            numbers: Notation::of(Home::from_iso("TH")),
            order_parts_max: limits::ORDER_PARTS_MAX,
            handler_unit: Msat::new(1_000),
            address_rate: Some(Rate { per_second: 20, burst: 100 }),
            connections_per_address: Some(256),
            trusted_proxies: Vec::new(),
            tells_operator: true,
            phones_url: None,
            sandbox: None,
            sandbox_carrier: None,
        }
    }
}

impl HttpSettings {
    pub(crate) fn address_limits(&self) -> AddressLimits {
        AddressLimits {
            rate: self.address_rate,
            connections_max: self.connections_per_address,
            trusted_proxies: self.trusted_proxies.clone(),
        }
    }
}

const fn pace(bytes_per_second: u64) -> Pace {
    Pace { bytes_per_second, grace: limits::UPLOAD_GRACE }
}

/// The state of every handler.
#[derive(Debug, Clone)]
pub(crate) struct DoorState {
    pub engine: Arc<Engine>,
    pub settings: Arc<HttpSettings>,
    /// For large bodies that are in memory at the same time.
    pub upload_slots: Arc<UploadSlots>,
}

impl DoorState {
    pub(crate) fn new(engine: Arc<Engine>, settings: HttpSettings) -> Self {
        let upload_slots = Arc::new(UploadSlots::new(settings.upload_pace_fair));
        Self { engine, settings: Arc::new(settings), upload_slots }
    }

    pub(crate) fn body_limits(&self) -> BodyLimits {
        let settings = &self.settings;
        BodyLimits { bytes_max: settings.body_bytes_max, timeout: settings.read_timeout }
    }
}

impl FromRef<DoorState> for BodyLimits {
    fn from_ref(state: &DoorState) -> Self {
        state.body_limits()
    }
}
