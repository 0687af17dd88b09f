//! A supplier for unit tests: what it says is set, and its calls are counted.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::activation::loan::{Loan, LoanState, Offer};
use domain::activation::{CountryCode, Network, NumberRequest, SupplierName};
use domain::money::Msat;
use domain::ports::{Acquire, Extend, LoanInbox, PortError, Supplier};
use uuid::Uuid;

pub(super) const COST: Msat = Msat::new(1_000);

#[derive(Debug)]
pub(super) struct FakeSupplier {
    name: SupplierName,
    hangs: bool,
    status: Mutex<Result<LoanState, PortError>>,
    asked: AtomicUsize,
    released: AtomicUsize,
}

impl FakeSupplier {
    pub(super) fn new(name: &str) -> Arc<Self> {
        Self::make(name, false)
    }

    /// It never says what it offers.
    pub(super) fn that_hangs(name: &str) -> Arc<Self> {
        Self::make(name, true)
    }

    fn make(name: &str, hangs: bool) -> Arc<Self> {
        Arc::new(Self {
            name: SupplierName::new(name),
            hangs,
            status: Mutex::new(not_called()),
            asked: AtomicUsize::new(0),
            released: AtomicUsize::new(0),
        })
    }

    pub(super) fn says(&self, status: Result<LoanState, PortError>) {
        *self.status.lock().unwrap() = status;
    }

    /// How often its offers were read.
    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    pub(super) fn released(&self) -> usize {
        self.released.load(Ordering::SeqCst)
    }
}

fn not_called<T>() -> Result<T, PortError> {
    Err(PortError::Refused("not called here".to_owned()))
}

#[async_trait]
impl Supplier for FakeSupplier {
    fn name(&self) -> &SupplierName {
        &self.name
    }

    fn network(&self) -> Network {
        Network::Any
    }

    fn poll_every(&self) -> Option<Duration> {
        None
    }

    async fn run(&self, _: Arc<dyn LoanInbox>) {}

    async fn offers(&self, _: &NumberRequest) -> Result<Vec<Offer>, PortError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.hangs {
            std::future::pending::<()>().await;
        }
        Ok(vec![Offer { country: CountryCode(43), count: 5, cost: COST }])
    }

    async fn acquire(&self, _: Acquire) -> Result<Loan, PortError> {
        not_called()
    }

    async fn status(&self, _: Uuid) -> Result<LoanState, PortError> {
        self.status.lock().unwrap().clone()
    }

    async fn await_next(&self, _: Uuid) -> Result<(), PortError> {
        not_called()
    }

    async fn extend(&self, _: Extend) -> Result<Loan, PortError> {
        not_called()
    }

    async fn finish(&self, _: Uuid) -> Result<(), PortError> {
        not_called()
    }

    async fn release(&self, _: Uuid) -> Result<(), PortError> {
        self.released.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}
