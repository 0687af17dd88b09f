//! A wholesaler that speaks `handler_api.php`: the protocol of activation services, as its client.
//!
//! It sees one request at a time as far as its rate allows. What costs money is requested once; an
//! answer that was lost is looked for in its list of open loans ([`recover`]). The list serves the status
//! of all loans, prices are kept for a short time, and the balance is watched.

mod acquire;
mod amount;
mod answer;
mod call;
mod control;
mod extend;
mod first_heard;
mod first_seen;
mod fits;
mod open_loans;
mod open_rentals;
mod options;
mod pace;
mod prices;
mod recover;
mod rent;
mod return_numbers;
mod status;
mod watch;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use async_trait::async_trait;
use domain::activation::loan::{Loan, LoanState, Offer, OfferQuery};
use domain::activation::upstream::UpstreamKey;
use domain::activation::{Network, SupplierName};
use domain::ports::{
    Acquire, Clock, Extend, Fetch, LoanInbox, PortError, Supplier, SupplierObserver, UpstreamStore,
};
use uuid::Uuid;

use self::call::Wholesaler;
use self::first_heard::FirstHeard;
use self::first_seen::FirstSeen;
use self::open_loans::OpenLoans;
use self::prices::Prices;

pub use self::options::{HandlerConfigError, HandlerOptions};

/// How long wholesalers lend a number for one code.
const CODE_LOAN: Duration = Duration::from_secs(20 * 60);

/// Whole hours, in which rentals are counted.
fn hours(duration: Duration) -> u64 {
    duration.as_secs().div_ceil(60 * 60).max(1)
}

#[derive(Debug)]
pub struct HandlerSupplier {
    wholesaler: Wholesaler,
    store: Arc<dyn UpstreamStore>,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn SupplierObserver>,
    prices: Prices,
    open: OpenLoans,
    /// Since when lost purchases are searched for, by their loans.
    searched: FirstSeen<Uuid>,
    /// Since when numbers are listed that are in no row: whether each is a rental, and its reference.
    unclaimed: FirstSeen<(bool, String)>,
    /// Since when lost extensions are searched for, by their loans.
    extending: FirstSeen<Uuid>,
    recovering: tokio::sync::Mutex<()>,
    first_heard: FirstHeard,
    /// It does not know `getNumberV2`.
    no_number_v2: AtomicBool,
}

impl HandlerSupplier {
    /// `fetch` may call the operator's own network, because the URL is the operator's.
    pub fn new(
        options: HandlerOptions,
        fetch: Arc<dyn Fetch>,
        store: Arc<dyn UpstreamStore>,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn SupplierObserver>,
    ) -> Result<Self, HandlerConfigError> {
        Ok(Self {
            wholesaler: Wholesaler::new(options, fetch)?,
            store,
            clock,
            observer,
            prices: Prices::default(),
            open: OpenLoans::default(),
            searched: FirstSeen::default(),
            unclaimed: FirstSeen::default(),
            extending: FirstSeen::default(),
            recovering: tokio::sync::Mutex::default(),
            first_heard: FirstHeard::default(),
            no_number_v2: AtomicBool::new(false),
        })
    }

    fn key(&self, loan: Uuid) -> UpstreamKey {
        UpstreamKey { supplier: self.wholesaler.options.name.clone(), loan }
    }
}

#[async_trait]
impl Supplier for HandlerSupplier {
    fn name(&self) -> &SupplierName {
        &self.wholesaler.options.name
    }

    fn network(&self) -> Network {
        self.wholesaler.options.network
    }

    fn poll_every(&self) -> Option<Duration> {
        Some(self.wholesaler.options.poll_every)
    }

    async fn run(&self, _: Arc<dyn LoanInbox>) {
        self.watch().await;
    }

    async fn offers(&self, query: &OfferQuery) -> Result<Vec<Offer>, PortError> {
        if query.network == Network::RealPhones && self.network() != Network::RealPhones {
            return Ok(Vec::new());
        }
        if self.wholesaler.pace.is_paused() {
            return Err(PortError::Unavailable("the wholesaler failed lately".to_owned()));
        }
        let hours = query.duration().map(hours);
        let offers =
            self.prices.offers(&self.wholesaler, &query.service, query.country, hours).await?;
        // What the buyer has to pay, so that nothing is offered that is not bought then.
        let options = &self.wholesaler.options;
        let sold = |offer: Offer| Some(Offer { cost: options.price_for(offer.cost)?, ..offer });
        Ok(offers.into_iter().filter_map(sold).collect())
    }

    async fn acquire(&self, wanted: Acquire) -> Result<Loan, PortError> {
        self.acquire_loan(wanted).await
    }

    async fn status(&self, loan: Uuid) -> Result<LoanState, PortError> {
        self.loan_state(loan).await
    }

    async fn await_next(&self, loan: Uuid) -> Result<(), PortError> {
        self.request_next(loan).await
    }

    async fn extend(&self, extend: Extend) -> Result<Loan, PortError> {
        self.extend_loan(extend).await
    }

    async fn finish(&self, loan: Uuid) -> Result<(), PortError> {
        self.end(loan, true).await
    }

    async fn release(&self, loan: Uuid) -> Result<(), PortError> {
        self.end(loan, false).await
    }
}
