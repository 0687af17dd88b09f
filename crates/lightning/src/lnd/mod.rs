//! LND over its REST interface (v0.20): a node in a process of its own, which keeps its channels
//! whatever happens to us. Eight endpoints, no gRPC.
//!
//! Of its streams none is used. LND has one stream per invoice that tells of holds, and the one for
//! all invoices does not; so this client hints *look at all* at an interval instead, and the truth
//! is looked up. A hold is seen at most that much later.
//!
//! What LND says is taken with care: `SETTLED` means that the preimage was released; a held payment
//! goes back by itself `holdexpirydelta` blocks before the first of its parts expires.

mod client;
mod pinned;
mod wire;

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use domain::hold::Tip;
use domain::order::PaymentHash;
use domain::ports::{HoldState, Lightning, NewHold, NodeEvent, PendingInvoice, PortError};
use domain::secret::Preimage;
use domain::time::Timestamp;
use lightning_invoice::Bolt11Invoice;
use serde::de::IgnoredAny;
use tokio::sync::Mutex;
use tokio::time::{Interval, MissedTickBehavior, interval};
use url::Url;

pub use client::LndError;

use client::{CallError, Rest, Said};
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
    /// Of a macaroon baked with `invoices:read invoices:write info:read`.
    pub macaroon_file: PathBuf,
    /// LND's own `tls.cert`. Read once: when LND makes another, start again.
    pub certificate_file: PathBuf,
    /// Payments held at one time: LND's default for one channel.
    pub held_max: u64,
    /// LND's `invoices.holdexpirydelta`.
    pub margin_blocks: u32,
    /// For one request.
    pub timeout: Duration,
    /// Between two hints.
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
            poll: Duration::from_secs(5),
        }
    }
}

#[derive(Debug)]
pub struct Lnd {
    rest: Rest,
    held_max: u64,
    margin_blocks: u32,
    poll: Duration,
    /// Made when first waited on, since that is when there is a runtime for sure.
    ticks: Mutex<Option<Interval>>,
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
            ticks: Mutex::new(None),
        })
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
        let info: Info = self.rest.get("/v1/getinfo", &[]).await?;
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
        let added = self.rest.post("/v2/invoices/hodl", &AddHoldInvoice::new(&hold)).await;
        let invoice = match added {
            Ok(AddedHoldInvoice { payment_request }) => payment_request,
            Err(CallError::Said(Said::AlreadyExists)) => self.find_same(&hold).await?,
            Err(error) => return Err(error.into()),
        };
        if says(&invoice, &hold) {
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
        let mut ticks = self.ticks.lock().await;
        let ticks = ticks.get_or_insert_with(|| {
            let mut ticks = interval(self.poll.max(Duration::from_millis(1)));
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks
        });
        ticks.tick().await;
        NodeEvent::LookAtAll
    }
}

/// Whether the text is an invoice that a customer may be shown for these terms. One that is not,
/// whoever made it, is never shown.
fn says(text: &str, hold: &NewHold) -> bool {
    let Ok(invoice) = text.parse::<Bolt11Invoice>() else { return false };
    AsRef::<[u8]>::as_ref(invoice.payment_hash()) == hold.hash.as_bytes()
        && invoice.amount_milli_satoshis() == u64::try_from(hold.amount.get()).ok()
        && invoice.min_final_cltv_expiry_delta() >= u64::from(hold.cltv_delta)
        && invoice.expiry_time().as_secs() == hold.expiry.as_secs()
}
