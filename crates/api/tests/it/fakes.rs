//! A node, a carrier, a fetcher and a wallet controlled by the test.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use api::sandbox::{PayState, SandboxWallet};
use async_trait::async_trait;
use domain::id::PaymentHash;
use domain::payout::{Network, NodeIdentity};
use domain::ports::*;
use domain::routing::{CarrierName, Channel};
use domain::sale::hold::Tip;
use domain::secret::Preimage;
use testkit::clock::NOON;
use url::Url;

#[derive(Debug)]
pub(crate) struct FakeNode {
    pub down: AtomicBool,
    /// Payments that it can hold.
    pub slots: AtomicU64,
    /// Invoices that it was asked for.
    pub holds: Mutex<Vec<NewHold>>,
    /// Invoices that a buyer waits for, once for each call.
    pub followed: Mutex<Vec<PaymentHash>>,
}

impl Default for FakeNode {
    fn default() -> Self {
        Self {
            down: AtomicBool::new(false),
            slots: AtomicU64::new(100),
            holds: Mutex::default(),
            followed: Mutex::default(),
        }
    }
}

#[async_trait]
impl Lightning for FakeNode {
    fn held_max(&self) -> u64 {
        self.slots.load(Ordering::SeqCst)
    }

    async fn tip(&self) -> Result<Tip, PortError> {
        if self.down.load(Ordering::SeqCst) {
            return Err(PortError::Unavailable("10.0.0.7 does not answer".into()));
        }
        Ok(Tip { height: 800_000, synced: true, seen_at: NOON })
    }

    async fn create_hold(&self, hold: NewHold) -> Result<String, PortError> {
        let invoice = format!("lnbcrt{}n1fake", hold.amount.get() / 100);
        self.holds.lock().unwrap().push(hold);
        Ok(invoice)
    }

    async fn lookup(&self, _: PaymentHash) -> Result<HoldState, PortError> {
        Ok(HoldState::Open)
    }

    async fn settle(&self, _: &Preimage) -> Result<(), PortError> {
        Ok(())
    }

    async fn cancel(&self, _: PaymentHash) -> Result<(), PortError> {
        Ok(())
    }

    async fn identity(&self) -> Result<NodeIdentity, PortError> {
        Ok(NodeIdentity { key: [2; 33], network: Network::Regtest })
    }

    async fn pay(&self, _: NewPayment) -> Result<domain::ports::PayState, PortError> {
        Ok(domain::ports::PayState::Failed)
    }

    async fn pay_status(&self, _: PaymentHash) -> Result<domain::ports::PayState, PortError> {
        Ok(domain::ports::PayState::Unknown)
    }

    async fn channels(&self) -> Result<Channels, PortError> {
        Ok(Channels::default())
    }

    async fn pending(&self) -> Result<Vec<PendingInvoice>, PortError> {
        Ok(vec![])
    }

    fn follow(&self, hash: PaymentHash) {
        self.followed.lock().unwrap().push(hash);
    }

    async fn next_event(&self) -> NodeEvent {
        std::future::pending().await
    }
}

#[derive(Debug)]
pub(crate) struct FakeCarrier {
    name: CarrierName,
    pub up: AtomicBool,
}

impl FakeCarrier {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { name: CarrierName::new("main"), up: AtomicBool::new(true) })
    }
}

#[async_trait]
impl Carrier for FakeCarrier {
    fn name(&self) -> &CarrierName {
        &self.name
    }

    fn takes(&self, _: Channel) -> bool {
        true
    }

    fn status(&self) -> LinkStatus {
        LinkStatus { up: self.up.load(Ordering::SeqCst), detail: "1 of 1 binds".into() }
    }

    async fn run(&self, _: Arc<dyn Inbox>) {
        std::future::pending::<()>().await;
    }

    async fn submit(&self, _: Vec<Submission>) {}

    async fn stop(&self, _: Duration) {}
}

/// Makes no calls; forbids URLs other than https.
#[derive(Debug)]
pub(crate) struct FakeFetch;

#[async_trait]
impl Fetch for FakeFetch {
    fn check(&self, url: &Url) -> Result<(), FetchError> {
        if url.scheme() == "https" { Ok(()) } else { Err(FetchError::Forbidden("it is not https")) }
    }

    fn address_of(&self, _: &Url) -> Option<std::net::IpAddr> {
        None
    }

    async fn fetch(&self, _: FetchRequest) -> Result<FetchResponse, FetchError> {
        Err(FetchError::Unreachable(domain::ports::Cause::Name))
    }
}

/// Holds invoices that begin with `lnbcrt`; never responds to `lnbcrtslow`.
#[derive(Debug)]
pub(crate) struct FakeWallet;

#[async_trait]
impl SandboxWallet for FakeWallet {
    async fn pay(&self, payreq: &str) -> Result<PayState, String> {
        match payreq {
            "lnbcrt1settled" => Ok(PayState::Settled),
            "lnbcrt1cancelled" => Ok(PayState::Cancelled),
            "lnbcrt1slow" => {
                tokio::time::sleep(Duration::from_millis(300)).await;
                Ok(PayState::Held)
            }
            held if held.starts_with("lnbcrt") => Ok(PayState::Held),
            _ => Err("not an invoice".to_owned()),
        }
    }
}
