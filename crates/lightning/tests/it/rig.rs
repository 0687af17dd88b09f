//! A sandbox node in a temporary directory, with the chain and customer for the conformance suite.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use domain::id::PaymentHash;
use domain::money::Msat;
use domain::ports::{Lightning, NewHold};
use domain::secret::Preimage;
use lightning::sandbox::{self, Faults, Options, PaidOut, Sandbox};
use tempfile::TempDir;
use testkit::clock::{SeededRandom, TestClock};
use testkit::lightning_conformance::{Rig, Route};

#[derive(Debug)]
pub(crate) struct SandboxRig {
    pub(crate) clock: Arc<TestClock>,
    pub(crate) sandbox: Option<Arc<Sandbox>>,
    options: Options,
    dir: TempDir,
    /// Somebody else's node.
    payee: Sandbox,
}

impl SandboxRig {
    pub(crate) fn new(options: Options) -> Self {
        let (clock, dir) = (TestClock::at_noon(), tempfile::tempdir().unwrap());
        let payee =
            Sandbox::in_memory(clock.clone(), SeededRandom::new(2), Options::default()).unwrap();
        let mut rig = Self { clock, sandbox: None, options, dir, payee };
        rig.start();
        rig
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.dir.path().join("node.journal")
    }

    pub(crate) fn sandbox(&self) -> &Arc<Sandbox> {
        self.sandbox.as_ref().unwrap()
    }

    pub(crate) fn start(&mut self) {
        let (clock, options) = (Arc::clone(&self.clock), self.options.clone());
        self.sandbox = Some(open(&self.journal(), clock, options));
    }
}

fn open(path: &Path, clock: Arc<TestClock>, options: Options) -> Arc<Sandbox> {
    Arc::new(Sandbox::open(path, clock, SeededRandom::new(1), options).unwrap())
}

pub(crate) fn in_memory(options: Options) -> (Arc<Sandbox>, Arc<TestClock>) {
    let clock = TestClock::at_noon();
    let sandbox = Sandbox::in_memory(clock.clone(), SeededRandom::new(1), options).unwrap();
    (Arc::new(sandbox), clock)
}

#[async_trait]
impl Rig for SandboxRig {
    fn node(&self) -> Arc<dyn Lightning> {
        self.sandbox().clone()
    }

    fn clock(&self) -> Arc<TestClock> {
        Arc::clone(&self.clock)
    }

    async fn pay(&self, invoice: &str, amount: Option<Msat>) -> Result<(), String> {
        let paid = match amount {
            Some(amount) => self.sandbox().pay_amount(invoice, amount).await,
            None => self.sandbox().pay(invoice).await,
        };
        paid.map(drop).map_err(|error| error.to_string())
    }

    async fn mine(&self, blocks: u32) {
        self.sandbox().mine(blocks).unwrap();
    }

    async fn debits(&self) -> (Msat, Msat) {
        let purse = self.sandbox().purse();
        assert_eq!(purse.spent, purse.received);
        (purse.locked, purse.spent)
    }

    async fn proof(&self, hash: PaymentHash) -> Option<Preimage> {
        self.sandbox().proof(hash)
    }

    async fn invoice_of_another(&self, hold: NewHold) -> String {
        self.payee.create_hold(hold).await.unwrap()
    }

    async fn set_route(&self, route: Route, fee: Msat) {
        let route = match route {
            Route::Found => sandbox::Route::Found,
            Route::None => sandbox::Route::None,
            Route::Stuck => sandbox::Route::Stuck,
        };
        let faults = self.sandbox().faults();
        self.sandbox().set_faults(Faults { route, route_fee: fee, ..faults });
    }

    async fn delay_payment(&self) {
        let faults = self.sandbox().faults();
        self.sandbox().set_faults(Faults { delayed_payments_next: 1, ..faults });
    }

    async fn deliver_delayed(&self) {
        self.sandbox().deliver_delayed();
    }

    async fn end_payment(&self, hash: PaymentHash, arrived: bool) {
        self.sandbox().end_payment(hash, arrived).unwrap();
    }

    async fn paid_out(&self) -> (u64, Msat) {
        let PaidOut { count, amount, .. } = self.sandbox().paid_out();
        (count, amount)
    }

    async fn restart(&mut self) {
        self.sandbox = None;
        self.start();
    }
}
