//! The only way in. Every API turns its request into a [`Request`] of plain values: payer, content,
//! recipients, time, payment, webhook, and what the API demands beyond the general rules.
//!
//! ```text
//! Request ── repeated? ── sender, start ── text ── numbers ── blocked, prices, routes ── quote
//!   │                                                                       (domain::sale::quote)
//!   ├─ Invoice ── order ── hold invoice ── the payer ... the message begins when it is paid
//!   ├─ Credit ─── order, reservation, message and chunk, in one change (batch)
//!   └─ Shares ─── campaign, reservation and chunks, in one change
//! ```
//!
//! A dry run is the same up to the quote.

mod batch;
mod error;
mod judge;
mod merge;
mod render;
mod request;
mod sms_ids;
mod store_campaign;
mod store_order;
mod traffic;
mod webhook;

use std::borrow::Cow;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use domain::id::AccountId;
use domain::money::Msat;
use domain::ports::{Clock, Fetch, Random, Store};
use domain::secret::Secret;
use domain::time::Timestamp;

use tokio::sync::Semaphore;

use crate::accounts::Accounts;
use crate::dispatch::Dispatcher;
use crate::hot_cache::HotCache;
use crate::live::Live;
use crate::metrics::Metrics;
use crate::orders::Orders;
use crate::settings::Settings;
use crate::tasks::Tasks;
use crate::wake::Wake;
use crate::webhook_url::check_webhook_url;

use judge::Judged;

pub(crate) use sms_ids::SmsIds;

pub use error::AcceptError;
pub use merge::fill_for_contact;
pub use render::{RenderError, TooManyVariables, Variables};
pub use request::{
    Accepted, AcceptedId, CampaignWebhookRequest, Content, Demands, Draft, Estimate, Payment,
    Priority, Recipients, Repeat, Request, Sender, WebhookRequest,
};

#[derive(Debug)]
pub struct Accept {
    pub(crate) store: Arc<dyn Store>,
    /// Checks the addresses of webhooks.
    pub(crate) fetch: Arc<dyn Fetch>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) dispatch: Arc<Dispatcher>,
    /// Opens orders that are paid by invoice.
    pub(crate) orders: Arc<Orders>,
    pub(crate) wake: Arc<Wake>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) tasks: Tasks,
    pub(crate) settings: Arc<Live<Settings>>,
    /// Prices to charge.
    pub(crate) accounts: Arc<Accounts>,
    /// Secrets that sign the webhooks of accounts.
    pub(crate) secrets: HotCache<AccountId, Secret>,
    /// Places of campaigns whose texts differ by recipient, until they are stored.
    pub(crate) merges: Arc<Semaphore>,
    /// Ids of the query door.
    pub(crate) sms_ids: SmsIds,
    /// Orders paid from credit, queued for the next call to the store.
    pub(crate) waiting: Mutex<batch::Waiting>,
}

impl Accept {
    pub async fn accept(self: &Arc<Self>, request: Request) -> Result<Accepted, AcceptError> {
        if !request.is_honoured() {
            return Err(AcceptError::NotForOrders);
        }
        if let (Payment::Invoice | Payment::Credit, Repeat::Key(key)) =
            (request.draft.payment, &request.repeat)
            && let Some(answer) = self.orders.repeated(&request.client, key).await?
        {
            return Ok(Accepted::earlier(answer));
        }
        let begun = Instant::now();
        // Boxed: the caller's future is moved several times until it runs.
        let accepted = match request.draft.payment {
            Payment::Invoice => Box::pin(self.open_order(request)).await,
            Payment::Credit => Box::pin(self.store_order(request)).await,
            Payment::Shares => Box::pin(self.store_campaign(request)).await,
        };
        if accepted.is_ok() {
            self.metrics.accept.observe(begun.elapsed().as_secs_f64());
        }
        accepted
    }

    /// An order that costs its account nothing: what the house itself sends.
    pub(crate) async fn accept_free(
        self: &Arc<Self>,
        request: Request,
    ) -> Result<Accepted, AcceptError> {
        Box::pin(self.store_order_at(request, Some(Msat::ZERO))).await
    }

    /// The engine's time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Checks an address that a customer gives for reports: its normal form, or why it is refused. No
    /// network is used.
    pub fn check_address(&self, url: &str) -> Result<String, Cow<'static, str>> {
        check_webhook_url(&*self.fetch, url)
    }

    /// Price and whether the credit suffices. Stores nothing.
    pub async fn quote(&self, draft: Draft) -> Result<Estimate, AcceptError> {
        let account = draft.account.ok_or(AcceptError::NoAccount)?;
        let Judged { quote, held_until, traffic, .. } = self.judge(draft).await?;
        self.compare_traffic(Some(account), &traffic).await?;
        Ok(Estimate {
            total: quote.recipients(),
            left_out: quote.left_out(),
            held_until,
            parts: quote.size.parts,
            price_each: quote.price_each(),
            price: quote.price,
            available: self.store.balance(account).await?.available,
        })
    }
}
