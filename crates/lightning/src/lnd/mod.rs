//! LND by its REST API (v0.20): a node in its own process, which keeps its channels whatever happens to ours. Eleven
//! endpoints, no gRPC.
//!
//! Holds are reported by the streams of single invoices (`streams`), for those invoices that were followed last; those of
//! the others are found when the caller polls (`held`). The stream of all invoices reports no holds and is not used. The
//! client hints *look at all* at a new block, which may have ended a hold, and when the node responds again after a
//! failure. Both are detected by polling the height.
//!
//! An invoice is shown to a customer only if it has the requested terms, is on the node's network, and is signed by the
//! node (`identity`).
//!
//! `SETTLED` means that the preimage was released. LND returns a held payment by itself `holdexpirydelta` blocks before
//! the first of its parts expires.

mod channels;
mod client;
mod credentials;
mod held;
mod identity;
mod payment;
mod pinned;
mod streams;
mod wire;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::id::PaymentHash;
use domain::payout::NodeIdentity;
use domain::ports::{
    Channels, HoldState, Lightning, NewHold, NewPayment, NodeEvent, PayState, PendingInvoice,
    PortError,
};
use domain::sale::hold::Tip;
use domain::secret::Preimage;
use domain::time::Timestamp;
use serde::de::IgnoredAny;
use tokio::sync::{Mutex, OnceCell, mpsc};
use tokio::time::{Interval, MissedTickBehavior, interval};
use url::Url;

pub use client::LndError;

use channels::Slots;
use client::{CallError, Refusal, Rest};
use held::WalkStart;
use identity::Identity;
use streams::Streams;
use wire::{
    AddHoldInvoice, AddedHoldInvoice, CancelInvoice, Info, Invoice, InvoicePage, SettleInvoice,
    query_hash,
};

/// Limit of the description (BOLT 11 `d`).
const MEMO_BYTES_MAX: usize = 639;

/// Invoices per page, and pages per list: five times the limit of open orders.
const PAGE_INVOICES: u32 = 500;
const PAGES_MAX: u32 = 100;

#[derive(Debug, Clone)]
pub struct LndOptions {
    /// `https://host:8080`
    pub url: Url,
    /// Macaroon with `invoices:read invoices:write info:read offchain:read`, and for payments `offchain:write`, in a file that only its owner can access.
    pub macaroon_file: PathBuf,
    /// LND's `tls.cert`. Both files are read again after a failure that a change of them may explain.
    pub certificate_file: PathBuf,
    /// Payments that a channel holds at once; as many may be held until the node's channels are known.
    pub held_per_channel: u64,
    /// LND's `invoices.holdexpirydelta`.
    pub margin_blocks: u32,
    /// Timeout of a request.
    pub timeout: Duration,
    /// Interval of polling the chain's height.
    pub poll: Duration,
}

impl LndOptions {
    /// LND's own defaults.
    pub const fn new(url: Url, macaroon_file: PathBuf, certificate_file: PathBuf) -> Self {
        Self {
            url,
            macaroon_file,
            certificate_file,
            held_per_channel: 483,
            margin_blocks: 18,
            timeout: Duration::from_secs(15),
            poll: Duration::from_secs(10),
        }
    }
}

#[derive(Debug)]
pub struct Lnd {
    rest: Arc<Rest>,
    slots: Slots,
    streams: Streams,
    walk_start: WalkStart,
    margin_blocks: u32,
    timeout: Duration,
    poll: Duration,
    /// Requested once.
    identity: OnceCell<Identity>,
    watch: Mutex<Watch>,
}

#[derive(Debug)]
struct Watch {
    /// Of the streams.
    hints: mpsc::Receiver<PaymentHash>,
    /// Created on first use, when there is certainly a runtime.
    ticks: Option<Interval>,
    /// Whether the height is to be read.
    due: bool,
    /// The height last hinted; `None` before the first response and after a failure.
    height: Option<u32>,
}

impl Lnd {
    /// Reads the files; it does not call the node.
    pub fn new(options: LndOptions) -> Result<Self, LndError> {
        let LndOptions { url, macaroon_file, certificate_file, timeout, .. } = options;
        let rest = Arc::new(Rest::new(url, macaroon_file, certificate_file, timeout)?);
        let (streams, hints) = Streams::new(Arc::clone(&rest), timeout);
        Ok(Self {
            rest,
            slots: Slots::new(options.held_per_channel),
            streams,
            walk_start: WalkStart::default(),
            margin_blocks: options.margin_blocks,
            timeout,
            poll: options.poll,
            identity: OnceCell::new(),
            watch: Mutex::new(Watch { hints, ticks: None, due: false, height: None }),
        })
    }

    async fn info(&self) -> Result<Info, PortError> {
        Ok(self.rest.get("/v1/getinfo", &[]).await?)
    }

    /// The node's identity, without which no invoice is created.
    async fn known_identity(&self) -> Result<&Identity, PortError> {
        let unreadable = || PortError::Unavailable("LND reports no valid key and network".into());
        let ask = async || Identity::of(&self.info().await?).ok_or_else(unreadable);
        self.identity.get_or_try_init(ask).await
    }

    async fn find(&self, hash: PaymentHash) -> Result<Option<Invoice>, PortError> {
        let query = [("payment_hash", query_hash(hash))];
        match self.rest.get("/v2/invoices/lookup", &query).await {
            Ok(invoice) => Ok(Some(invoice)),
            Err(CallError::Refusal(Refusal::NotFound)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The existing invoice of the hash, if it has the requested terms.
    async fn find_same(&self, hold: &NewHold) -> Result<String, PortError> {
        match self.find(hold.hash).await? {
            Some(invoice) if invoice.is_for(hold) => Ok(invoice.payment_request),
            _ => Err(PortError::Conflict("an invoice with other terms has this hash".into())),
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
        self.slots.get()
    }

    async fn tip(&self) -> Result<Tip, PortError> {
        let info = self.info().await?;
        self.slots.refresh(&self.rest).await;
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
        let identity = self.known_identity().await?;
        let added = self.rest.post("/v2/invoices/hodl", &AddHoldInvoice::new(&hold)).await;
        let invoice = match added {
            Ok(AddedHoldInvoice { payment_request }) => payment_request,
            Err(CallError::Refusal(Refusal::AlreadyExists)) => self.find_same(&hold).await?,
            Err(error) => return Err(error.into()),
        };
        if identity.matches(&invoice, &hold) {
            return Ok(invoice);
        }
        Err(PortError::Unknown("LND's invoice differs from the requested one".into()))
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
            Ok(_) | Err(CallError::Refusal(Refusal::AlreadySettled)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn cancel(&self, hash: PaymentHash) -> Result<(), PortError> {
        let body = CancelInvoice::new(hash);
        let answer: Result<IgnoredAny, _> = self.rest.post("/v2/invoices/cancel", &body).await;
        match answer {
            Ok(_) | Err(CallError::Refusal(Refusal::AlreadyCancelled | Refusal::NotFound)) => {
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn identity(&self) -> Result<NodeIdentity, PortError> {
        Ok(self.known_identity().await?.shown())
    }

    async fn pay(&self, payment: NewPayment) -> Result<PayState, PortError> {
        payment::pay(&self.rest, &payment, payment.timeout + self.timeout).await
    }

    async fn pay_status(&self, hash: PaymentHash) -> Result<PayState, PortError> {
        payment::pay_status(&self.rest, hash).await
    }

    async fn channels(&self) -> Result<Channels, PortError> {
        let channels = channels::request(&self.rest).await?;
        self.slots.set(&channels);
        Ok(channels)
    }

    /// All invoices of the node, including those of other programs.
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
        Err(PortError::Unavailable("LND has too many pending invoices".into()))
    }

    async fn held(&self) -> Result<Vec<PaymentHash>, PortError> {
        held::held(&self.rest, &self.walk_start).await
    }

    fn follow(&self, hash: PaymentHash) {
        self.streams.follow(hash);
    }

    /// Returns what the streams report, and [`NodeEvent::LookAtAll`] (see the module documentation) by polling the height
    /// at every interval, first at once.
    async fn next_event(&self) -> NodeEvent {
        let mut watch = self.watch.lock().await;
        let Watch { hints, ticks, due, height } = &mut *watch;
        let ticks = ticks.get_or_insert_with(|| {
            let mut ticks = interval(self.poll.max(Duration::from_millis(1)));
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks
        });
        loop {
            let latest = tokio::select! {
                biased;
                Some(hash) = hints.recv() => return NodeEvent::Changed(hash),
                info = self.info(), if *due => info.map(|info| info.block_height).ok(),
                _ = ticks.tick(), if !*due => {
                    *due = true;
                    continue;
                }
            };
            // No await from here on, so that no change is recorded without a hint.
            *due = false;
            if std::mem::replace(height, latest) != latest && latest.is_some() {
                self.walk_start.reset();
                return NodeEvent::LookAtAll;
            }
        }
    }
}
