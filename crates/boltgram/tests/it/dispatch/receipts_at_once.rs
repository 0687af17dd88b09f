//! A message centre without a receipt window, which never repeats a receipt, against engine, store and SMPP carrier.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use carriers::smpp::{InboundRoom, SmppCarrier, SmppConfig};
use domain::message::Lane;
use domain::message::quiet::QuietHours;
use domain::message::recipient::RecipientState;
use domain::ports::{Carrier, Gate, PortError};
use domain::routing::{CarrierName, Route};
use serde_json::json;
use smpp::CommandStatus;
use testkit::clock::{SeededRandom, TestClock};
use testkit::windowless::Windowless;

use super::house::House;

/// The store commits nothing while this is set.
#[derive(Debug, Default)]
struct Broken(AtomicBool);

#[async_trait]
impl Gate for Broken {
    async fn enter(&self) -> Result<(), PortError> {
        if self.0.load(Ordering::SeqCst) {
            return Err(PortError::Unavailable("the disk is away".to_owned()));
        }
        Ok(())
    }

    fn commit(&self) -> Result<(), PortError> {
        Ok(())
    }

    async fn leave(&self, _committed: bool) -> Result<(), PortError> {
        Ok(())
    }
}

/// The clock keeps pace with real time, so that no lease expires on a slow machine.
const TICK: Duration = Duration::from_millis(10);

async fn until(house: &House, what: &str, condition: impl AsyncFnMut() -> bool) {
    house.until_by(TICK, what, condition).await;
}

struct Gateway {
    centre: Windowless,
    broken: Arc<Broken>,
    house: House,
}

async fn gateway(binds: usize, room: usize) -> Gateway {
    let centre = Windowless::open().await;
    let section = json!({
        "host": "127.0.0.1", "port": centre.port, "system_id": "u", "password": "p",
        "binds": binds, "window": 500,
    });
    let config: SmppConfig = serde_json::from_value(section).unwrap();
    let (name, room) = (CarrierName::new("main"), InboundRoom::new(room));
    let (clock, random) = (TestClock::at_noon(), SeededRandom::new(1));
    let carrier = SmppCarrier::new(name.clone(), config, clock, random, &room).unwrap();
    let broken = Arc::new(Broken::default());
    let carriers: Vec<Arc<dyn Carrier>> = vec![carrier];
    let route = Route::in_order("", [name]);
    let gate: Arc<dyn Gate> = broken.clone();
    let house = House::with(carriers, route, QuietHours::default(), Some(gate)).await;
    house.engine.start().await.unwrap();
    until(&house, "every link", async || centre.counts().sessions == binds).await;
    Gateway { centre, broken, house }
}

/// More receipts than the room takes, on every bind at once, while a code is sent.
async fn all_are_recorded(binds: usize) {
    const COUNT: usize = 4_000;
    let Gateway { centre, house, .. } = gateway(binds, 300_000).await;
    let (campaigner, shop) = (house.account("campaigner").await, house.account("shop").await);
    house.send(campaigner, Lane::Bulk, COUNT as u64).await;
    until(&house, "the campaign is submitted", async || centre.owed() == COUNT).await;
    centre.send_receipts();
    let code = house.send(shop, Lane::Single, 1).await;
    until(&house, "the code is submitted", async || centre.owed() == 1).await;
    centre.enquire();
    centre.send_receipts();
    until(&house, "the code is reported", async || {
        house.trace(code).await.state == RecipientState::Success
    })
    .await;
    until(&house, "every receipt is taken", async || centre.counts().taken == COUNT + 1).await;
    until(&house, "all are paid", async || house.is_quiet(campaigner).await).await;
    let counts = centre.counts();
    assert_eq!((counts.sessions, counts.ended, counts.refused), (binds, 0, vec![]));
    assert!(counts.submitted.values().all(|times| *times == 1), "submitted again");
    until(&house, "every enquire_link is answered", async || centre.counts().alive == binds).await;
    assert!(!house.engine.encode_metrics().await.contains("inbound_refused_total{"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receipts_at_once_on_one_bind_are_all_recorded() {
    all_are_recorded(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn receipts_at_once_on_four_binds_are_all_recorded() {
    all_are_recorded(4).await;
}

#[tokio::test]
async fn a_store_that_commits_nothing_for_a_minute_refuses_receipts_and_counts_them() {
    const COUNT: usize = 50;
    let Gateway { centre, broken, house } = gateway(1, 1 << 20).await;
    let shop = house.account("shop").await;
    house.send(shop, Lane::Bulk, COUNT as u64).await;
    until(&house, "all are submitted", async || centre.owed() == COUNT).await;
    house
        .until("all outcomes are recorded", async || {
            house.engine.encode_metrics().await.contains("boltgram_chunks_in_work 0")
        })
        .await;
    broken.0.store(true, Ordering::SeqCst);
    centre.send_receipts();
    centre.flood(COUNT);
    tokio::time::sleep(Duration::from_millis(50)).await;
    pass(Duration::from_secs(50)).await;
    assert_eq!((centre.counts().taken, centre.counts().refused), (0, vec![]));
    pass(Duration::from_secs(11)).await;
    until(&house, "the refusals", async || centre.counts().refused.len() == 2 * COUNT).await;
    assert!(centre.counts().refused.iter().all(|status| *status == CommandStatus::RX_T_APPN));
    let metrics = house.engine.encode_metrics().await;
    let counted = "boltgram_inbound_refused_total{carrier=\"main\",reason=\"store_stalled\"} 100";
    assert!(metrics.contains(counted), "{metrics}");

    broken.0.store(false, Ordering::SeqCst);
    centre.flood(COUNT);
    until(&house, "the next are taken", async || centre.counts().taken == COUNT).await;
    assert_eq!((centre.counts().sessions, centre.counts().ended), (1, 0));
}

/// Lets the timers' clock jump; then whatever is due happens in real time.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
    tokio::time::sleep(Duration::from_millis(100)).await;
}
