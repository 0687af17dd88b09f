//! The sandbox supplier, by the conformance suite, and what it promises beyond it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use domain::activation::loan::{Loan, LoanState};
use domain::money::Msat;
use domain::ports::{Acquire, Supplier};
use suppliers::sandbox::SandboxSupplier;
use testkit::clock::{SeededRandom, TestClock};
use testkit::supplier_conformance::{Inbox, Rig, running};
use uuid::Uuid;

struct Sandbox(Arc<TestClock>, Arc<SandboxSupplier>);

#[async_trait]
impl Rig for Sandbox {
    fn supplier(&self) -> Arc<dyn Supplier> {
        self.1.clone()
    }

    fn cost(&self) -> Msat {
        Msat::ZERO
    }

    fn rents(&self) -> bool {
        true
    }

    /// They come by themselves.
    async fn receive(&self, _: &Loan) {
        self.pass(Duration::from_secs(2)).await;
    }

    async fn pass(&self, time: Duration) {
        self.0.advance(time);
        tokio::time::sleep(time).await;
    }
}

fn rig() -> Sandbox {
    let clock = TestClock::at_noon();
    let supplier = SandboxSupplier::new(clock.clone(), SeededRandom::new(7));
    Sandbox(clock, Arc::new(supplier))
}

testkit::supplier_conformance!(rig);

#[tokio::test(start_paused = true)]
async fn brings_a_code_within_two_seconds_and_none_to_the_service_none() {
    let rig = rig();
    let inbox = Arc::new(Inbox::default());
    let _running = running(rig.supplier(), inbox.clone());
    let acquire = |number, service: &str| Acquire {
        loan: Uuid::from_u128(number),
        service: service.parse().unwrap(),
        country: None,
        duration: None,
        cost_max: Msat::ZERO,
    };
    rig.supplier().acquire(acquire(1, "tg")).await.unwrap();
    rig.supplier().acquire(acquire(2, "none")).await.unwrap();
    rig.pass(Duration::from_secs(2)).await;
    let messages = inbox.messages(Uuid::from_u128(1));
    let code = domain::activation::code::find(&"tg".parse().unwrap(), messages[0].text.as_str());
    assert_eq!(code.map(|code| code.as_str().len()), Some(6));
    rig.pass(Duration::from_secs(600)).await;
    assert!(inbox.messages(Uuid::from_u128(2)).is_empty());
    let silent = rig.supplier().status(Uuid::from_u128(2)).await.unwrap();
    assert!(matches!(silent, LoanState::Lent(_, messages) if messages.is_empty()));
}
