//! LND over its REST interface (v0.20): a node in a process of its own, which keeps its channels
//! whatever happens to us. Eight endpoints, no gRPC.
//!
//! Of its streams none is used. LND has one stream per invoice that tells of holds, and the one for
//! all invoices does not; so this client tells of no payment, and a hold is found when the caller
//! looks at its open orders, which it does by itself. What is hinted, as *look at all*, is a new
//! block, since it may have ended a hold, and that the node answers again after it did not: both are
//! seen by asking for the height at an interval.
//!
//! An invoice is shown to a customer only when it is what was asked for, on the node's own network,
//! and signed by the node itself (`identity`).
//!
//! What LND says is taken with care: `SETTLED` means that the preimage was released; a held payment
//! goes back by itself `holdexpirydelta` blocks before the first of its parts expires.

mod client;
mod identity;
mod pinned;
mod wire;

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use domain::id::PaymentHash;
use domain::ports::{HoldState, Lightning, NewHold, NodeEvent, PendingInvoice, PortError};
use domain::sale::hold::Tip;
use domain::secret::Preimage;
use domain::time::Timestamp;
use serde::de::IgnoredAny;
use tokio::sync::{Mutex, OnceCell};
use tokio::time::{Interval, MissedTickBehavior, interval};
use url::Url;

pub use client::LndError;

use client::{CallError, Rest, Said};
use identity::Identity;
use wire::{
    AddHoldInvoice, AddedHoldInvoice, CancelInvoice, Info, Invoice, InvoicePage, SettleInvoice,
    query_hash,
};

/// BOLT 11 `d`.
const MEMO_BYTES_MAX: usize = 639;

/// Invoices in one answer of the list, and answers in one list: five times the orders that may be
/// open at one time.
const PAGE_INVOICES: u32 = 500;
const PAGES_MAX: u32 = 100;

#[derive(Debug, Clone)]
pub struct LndOptions {
    /// `https://host:8080`
    pub url: Url,
    /// Of a macaroon baked with `invoices:read invoices:write info:read`, in a file that only its
    /// owner can read.
    pub macaroon_file: PathBuf,
    /// LND's own `tls.cert`. Read once: when LND makes another, start again.
    pub certificate_file: PathBuf,
    /// Payments held at one time: LND's default for one channel.
    pub held_max: u64,
    /// LND's `invoices.holdexpirydelta`.
    pub margin_blocks: u32,
    /// For one request.
    pub timeout: Duration,
    /// Between two looks at the chain's height.
    pub poll: Duration,
}

impl LndOptions {
    /// LND's own defaults.
    pub const fn new(url: Url, macaroon_file: PathBuf, certificate_file: PathBuf) -> Self {
        Self {
            url,
            macaroon_file,
            certificate_file,
            held_max: 483,
            margin_blocks: 18,
            timeout: Duration::from_secs(15),
            poll: Duration::from_secs(10),
        }
    }
}

#[derive(Debug)]
pub struct Lnd {
    rest: Rest,
    held_max: u64,
    margin_blocks: u32,
    poll: Duration,
    /// Asked for once.
    identity: OnceCell<Identity>,
    watch: Mutex<Watch>,
}

#[derive(Debug, Default)]
struct Watch {
    /// Made when first waited on, since that is when there is a runtime for sure.
    ticks: Option<Interval>,
    /// The height last hinted; `None` before the first answer, and after none came.
    height: Option<u32>,
}

impl Lnd {
    /// Reads the files; does not call the node.
    pub fn new(options: LndOptions) -> Result<Self, LndError> {
        let LndOptions { url, macaroon_file, certificate_file, timeout, .. } = options;
        Ok(Self {
            rest: Rest::new(url, &macaroon_file, &certificate_file, timeout)?,
            held_max: options.held_max,
            margin_blocks: options.margin_blocks,
            poll: options.poll,
            identity: OnceCell::new(),
            watch: Mutex::default(),
        })
    }

    async fn info(&self) -> Result<Info, PortError> {
        Ok(self.rest.get("/v1/getinfo", &[]).await?)
    }

    /// Who the node is. When that cannot be learned no invoice is asked for.
    async fn identity(&self) -> Result<&Identity, PortError> {
        let unreadable = || PortError::Unavailable("LND does not tell its key and network".into());
        let ask = async || Identity::of(&self.info().await?).ok_or_else(unreadable);
        self.identity.get_or_try_init(ask).await
    }

    async fn find(&self, hash: PaymentHash) -> Result<Option<Invoice>, PortError> {
        let query = [("payment_hash", query_hash(hash))];
        match self.rest.get("/v2/invoices/lookup", &query).await {
            Ok(invoice) => Ok(Some(invoice)),
            Err(CallError::Said(Said::NotFound)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The invoice that LND has for the hash already, if it is what was asked for.
    async fn find_same(&self, hold: &NewHold) -> Result<String, PortError> {
        match self.find(hold.hash).await? {
            Some(invoice) if invoice.is_for(hold) => Ok(invoice.payment_request),
            _ => Err(PortError::Conflict("an invoice of other terms has this hash".into())),
        }
    }

    async fn page(&self, after: i64) -> Result<InvoicePage, PortError> {
        let query = [
            ("pending_only", "true".to_owned()),
            ("index_offset", after.to_string()),
            ("num_max_invoices", PAGE_INVOICES.to_string()),
        ];
        Ok(self.rest.get("/v1/invoices", &query).await?)
    }
}

#[async_trait]
impl Lightning for Lnd {
    fn held_max(&self) -> u64 {
        self.held_max
    }

    async fn tip(&self) -> Result<Tip, PortError> {
        let info = self.info().await?;
        Ok(Tip {
            height: info.block_height,
            synced: info.synced_to_chain,
            seen_at: Timestamp::from_millis(info.best_header_timestamp.saturating_mul(1_000)),
        })
    }

    async fn create_hold(&self, hold: NewHold) -> Result<String, PortError> {
        if hold.memo.len() > MEMO_BYTES_MAX {
            return Err(PortError::Refused("the memo is longer than 639 bytes".into()));
        }
        let identity = self.identity().await?;
        let added = self.rest.post("/v2/invoices/hodl", &AddHoldInvoice::new(&hold)).await;
        let invoice = match added {
            Ok(AddedHoldInvoice { payment_request }) => payment_request,
            Err(CallError::Said(Said::AlreadyExists)) => self.find_same(&hold).await?,
            Err(error) => return Err(error.into()),
        };
        if identity.says(&invoice, &hold) {
            return Ok(invoice);
        }
        Err(PortError::Unknown("LND made another invoice than was asked for".into()))
    }

    async fn lookup(&self, hash: PaymentHash) -> Result<HoldState, PortError> {
        let Some(invoice) = self.find(hash).await? else { return Ok(HoldState::Unknown) };
        let no_parts = || PortError::Unavailable("LND holds a payment without parts".into());
        invoice.hold_state(self.margin_blocks).ok_or_else(no_parts)
    }

    async fn settle(&self, preimage: &Preimage) -> Result<(), PortError> {
        let body = SettleInvoice::new(preimage);
        let answer: Result<IgnoredAny, _> = self.rest.post("/v2/invoices/settle", &body).await;
        match answer {
            Ok(_) | Err(CallError::Said(Said::AlreadySettled)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn cancel(&self, hash: PaymentHash) -> Result<(), PortError> {
        let body = CancelInvoice::new(hash);
        let answer: Result<IgnoredAny, _> = self.rest.post("/v2/invoices/cancel", &body).await;
        match answer {
            Ok(_) | Err(CallError::Said(Said::AlreadyCancelled | Said::NotFound)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// All invoices of the node, those of other programs too.
    async fn pending(&self) -> Result<Vec<PendingInvoice>, PortError> {
        let mut pending = Vec::new();
        let mut after = 0;
        for _ in 0..PAGES_MAX {
            let page = self.page(after).await?;
            if page.invoices.is_empty() || page.last_index_offset <= after {
                return Ok(pending);
            }
            after = page.last_index_offset;
            pending.extend(page.invoices.into_iter().filter_map(|invoice| {
                let (hash, held) = (invoice.hash()?, invoice.is_held());
                Some(PendingInvoice { hash, memo: invoice.memo, held })
            }));
        }
        Err(PortError::Unavailable("LND has more pending invoices than are looked at".into()))
    }

    /// Says [`NodeEvent::LookAtAll`] at every interval (see the module's text), the first at once.
    async fn next_event(&self) -> NodeEvent {
        let mut watch = self.watch.lock().await;
        let Watch { ticks, height } = &mut *watch;
        let ticks = ticks.get_or_insert_with(|| {
            let mut ticks = interval(self.poll.max(Duration::from_millis(1)));
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks
        });
        loop {
            ticks.tick().await;
            let told = self.info().await.map(|info| info.block_height).ok();
            // Nothing is waited for from here on, so that no change is noted and not hinted.
            if std::mem::replace(height, told) != told && told.is_some() {
                return NodeEvent::LookAtAll;
            }
        }
    }
}
