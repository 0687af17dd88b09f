//! The client of `handler_api.php` against a wholesaler that fails on command.

mod codes;
mod conformance;
mod extensions;
mod faults;
mod lost_answers;
mod lost_rentals;
mod rentals;
mod words;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::activation::loan::{Loan, LoanMessage, LoanState, OfferQuery};
use domain::activation::{CountryCode, Network, ServiceCode, SupplierName};
use domain::money::Msat;
use domain::ports::{Acquire, LoanInbox, PortError, Supplier, SupplierObserver};
use domain::secret::Secret;
use suppliers::handler::{HandlerOptions, HandlerSupplier};
use testkit::clock::TestClock;
use testkit::upstreams::Upstreams;
use testkit::wholesaler::{KEY, Wholesaler};
use uuid::Uuid;

/// Germany.
pub(crate) const GERMANY: CountryCode = CountryCode(43);

/// A thousand satoshi for one unit.
pub(crate) const UNIT: i64 = 1_000_000;

#[derive(Debug, Default)]
pub(crate) struct Balances(pub Mutex<Vec<Msat>>);

impl SupplierObserver for Balances {
    fn balance(&self, _: &SupplierName, balance: Msat) {
        self.0.lock().unwrap().push(balance);
    }
}

pub(crate) struct House {
    pub north: Wholesaler,
    pub store: Arc<Upstreams>,
    pub clock: Arc<TestClock>,
    pub balances: Arc<Balances>,
    pub supplier: Arc<HandlerSupplier>,
}

pub(crate) fn options() -> HandlerOptions {
    HandlerOptions {
        name: SupplierName::new("north"),
        url: "https://north.example/stubs/handler_api.php".to_owned(),
        api_key: Secret::new(KEY),
        msat_per_unit: UNIT,
        margin: 20,
        price_max: None,
        network: Network::Any,
        timeout: Duration::from_secs(5),
        rate: 1_000,
        poll_every: Duration::from_secs(3),
        prices_kept: Duration::from_secs(30),
        balance_low: Msat::ZERO,
    }
}

pub(crate) fn service(code: &str) -> ServiceCode {
    code.parse().unwrap()
}

pub(crate) fn wanted(number: u128) -> Acquire {
    Acquire {
        loan: Uuid::from_u128(number),
        service: service("tg"),
        country: Some(GERMANY),
        duration: None,
        cost_max: Msat::new(UNIT),
    }
}

pub(crate) fn rental(number: u128, hours: u64) -> Acquire {
    Acquire {
        service: ServiceCode::full(),
        duration: Some(Duration::from_secs(hours * 60 * 60)),
        cost_max: Msat::new(10 * UNIT),
        ..wanted(number)
    }
}

impl House {
    /// With ten numbers of Telegram in Germany at half a unit.
    pub(crate) fn new() -> Self {
        Self::with(options())
    }

    pub(crate) fn with(options: HandlerOptions) -> Self {
        let north = Wholesaler::new();
        north.stock("tg", 43, "0.50", 10);
        north.stock("full", 43, "0.25", 10);
        let store = Arc::new(Upstreams::default());
        let clock = TestClock::at_noon();
        let balances = Arc::new(Balances::default());
        let supplier = start(options, &north, &store, &clock, &balances);
        Self { north, store, clock, balances, supplier }
    }

    /// As after a restart: the same rows, nothing in memory.
    pub(crate) fn restart(&mut self) {
        self.supplier = start(options(), &self.north, &self.store, &self.clock, &self.balances);
    }

    pub(crate) async fn acquire(&self, number: u128) -> Result<Loan, PortError> {
        self.supplier.acquire(wanted(number)).await
    }

    pub(crate) async fn status(&self, number: u128) -> Result<LoanState, PortError> {
        self.supplier.status(Uuid::from_u128(number)).await
    }

    /// Polls until the status decides, for two minutes.
    pub(crate) async fn decided(&self, number: u128) -> LoanState {
        for _ in 0..30 {
            match self.status(number).await {
                Err(PortError::Unavailable(_)) => self.pass(4).await,
                decided => return decided.unwrap(),
            }
        }
        panic!("undecided");
    }

    pub(crate) async fn messages(&self, number: u128) -> Vec<LoanMessage> {
        match self.status(number).await.unwrap() {
            LoanState::Lent(_, messages) => messages,
            other => panic!("{other:?}"),
        }
    }

    /// Both clocks.
    pub(crate) async fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
        tokio::time::advance(Duration::from_secs(seconds)).await;
    }
}

fn start(
    options: HandlerOptions,
    north: &Wholesaler,
    store: &Arc<Upstreams>,
    clock: &Arc<TestClock>,
    balances: &Arc<Balances>,
) -> Arc<HandlerSupplier> {
    let fetch = Arc::new(north.clone());
    let made = HandlerSupplier::new(options, fetch, store.clone(), clock.clone(), balances.clone());
    Arc::new(made.unwrap())
}

pub(crate) fn query(code: &str, country: Option<CountryCode>) -> OfferQuery {
    OfferQuery::for_code(service(code), country)
}

/// For suppliers that deliver nothing.
#[derive(Debug)]
pub(crate) struct NoInbox;

#[async_trait::async_trait]
impl LoanInbox for NoInbox {
    async fn deliver(&self, _: &SupplierName, _: Uuid, _: LoanMessage) -> Result<(), PortError> {
        Err(PortError::Refused("nothing is delivered".to_owned()))
    }
}
