//! The port's conformance suite over HTTPS.

use std::sync::Arc;

use async_trait::async_trait;
use domain::id::PaymentHash;
use domain::money::Msat;
use domain::ports::{Lightning, NewHold};
use domain::secret::Preimage;
use lightning::lnd::Lnd;
use lightning::sandbox::Options;
use testkit::clock::TestClock;
use testkit::lightning_conformance::{Rig, Route};

use super::fake::{FakeLnd, MACAROON};
use super::tls::Identity;

struct LndRig {
    fake: FakeLnd,
    clock: Arc<TestClock>,
    lnd: Arc<Lnd>,
}

async fn rig() -> LndRig {
    let options = Options { held_max: 10, ..Options::mined() };
    let fake = FakeLnd::start(options, Identity::new(2020, 2040)).await;
    let options = fake.options(&fake.identity.pem, MACAROON);
    let (clock, lnd) = (fake.shared.rig.read().await.clock(), Arc::new(Lnd::new(options).unwrap()));
    // Learns what its channels can hold.
    lnd.tip().await.unwrap();
    LndRig { fake, clock, lnd }
}

#[async_trait]
impl Rig for LndRig {
    fn node(&self) -> Arc<dyn Lightning> {
        self.lnd.clone()
    }

    fn clock(&self) -> Arc<TestClock> {
        Arc::clone(&self.clock)
    }

    async fn pay(&self, invoice: &str, amount: Option<Msat>) -> Result<(), String> {
        self.fake.shared.rig.read().await.pay(invoice, amount).await
    }

    async fn mine(&self, blocks: u32) {
        self.fake.shared.rig.read().await.mine(blocks).await;
    }

    async fn debits(&self) -> (Msat, Msat) {
        self.fake.shared.rig.read().await.debits().await
    }

    async fn proof(&self, hash: PaymentHash) -> Option<Preimage> {
        self.fake.shared.rig.read().await.proof(hash).await
    }

    async fn invoice_of_another(&self, hold: NewHold) -> String {
        self.fake.shared.rig.read().await.invoice_of_another(hold).await
    }

    async fn set_route(&self, route: Route, fee: Msat) {
        self.fake.shared.rig.read().await.set_route(route, fee).await;
    }

    async fn delay_payment(&self) {
        self.fake.shared.rig.read().await.delay_payment().await;
    }

    async fn deliver_delayed(&self) {
        self.fake.shared.rig.read().await.deliver_delayed().await;
    }

    async fn end_payment(&self, hash: PaymentHash, arrived: bool) {
        self.fake.shared.rig.read().await.end_payment(hash, arrived).await;
    }

    async fn paid_out(&self) -> (u64, Msat) {
        self.fake.shared.rig.read().await.paid_out().await
    }

    /// Restarts the node's process; the client stays and reconnects. Its first call may still find
    /// a connection that the old process closed, and fails then.
    async fn restart(&mut self) {
        self.fake.restart().await;
        while self.lnd.tip().await.is_err() {
            tokio::task::yield_now().await;
        }
    }

    fn races(&self) -> u16 {
        100
    }
}

testkit::lightning_conformance!(rig);
