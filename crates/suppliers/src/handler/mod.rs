//! A wholesaler that speaks `handler_api.php`: the protocol of activation services, as its client.
//!
//! It sees one request at a time as far as its rate allows. What costs money is requested once; an
//! answer that was lost is looked for in its list of open loans ([`recover`]). The list serves the status
//! of all loans, prices are kept for a short time, and the balance is watched.

mod acquire;
mod amount;
mod answer;
mod buying;
mod call;
mod control;
mod first_heard;
mod open_loans;
mod options;
mod pace;
mod prices;
mod recover;
mod rent;
mod status;
mod unwanted;
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

use self::buying::Buying;
use self::call::Wholesaler;
use self::first_heard::FirstHeard;
use self::open_loans::OpenLoans;
use self::prices::Prices;
use self::unwanted::Unwanted;

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
    buying: Buying,
    unwanted: Unwanted,
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
            buying: Buying::default(),
            unwanted: Unwanted::default(),
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
        self.prices.offers(&self.wholesaler, &query.service, query.country, hours).await
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
