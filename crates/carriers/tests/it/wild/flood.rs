//! 100,000 receipts at once.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use domain::ports::{Carrier, Inbox};
use serde_json::{Value, json};
use testkit::carrier_conformance::Running;
use tokio::task::JoinSet;

use super::centre::{Centre, Mode, flood_id};
use super::slow_inbox::SlowInbox;
use super::{Log, assert_quick, one, pass, pass_until};
use crate::smpp::carrier;

/// Limit of unanswered requests of the peer per session.
const HELD_MAX: usize = 2_000;

struct Flooded {
    centre: Arc<Centre>,
    inbox: Arc<SlowInbox>,
    carrier: Arc<dyn Carrier>,
    _run: JoinSet<()>,
}

async fn flooded(more: Value) -> Flooded {
    let centre = Centre::open(Mode::Well).await;
    let carrier: Arc<dyn Carrier> = carrier(centre.port, more);
    let inbox = Arc::new(SlowInbox::default());
    let (runs, run_inbox): (_, Arc<dyn Inbox>) = (carrier.clone(), inbox.clone());
    let mut run = JoinSet::new();
    run.spawn(async move { runs.run(run_inbox).await });
    pass_until("a link", Duration::from_secs(5), || carrier.status().up).await;
    Flooded { centre, inbox, carrier, _run: run }
}

impl Flooded {
    /// Sends a message during the flood.
    async fn assert_takes(&self, at: u32) {
        let before = self.inbox.outcomes.load(Ordering::SeqCst);
        self.carrier.submit(vec![one(at)]).await;
        let answered = || self.inbox.outcomes.load(Ordering::SeqCst) > before;
        pass_until("its answer", Duration::from_secs(1), answered).await;
    }

    fn assert_all_stored(&self, count: u32) {
        let stored = self.inbox.receipts.lock().unwrap();
        assert_eq!(stored.len(), count as usize);
        assert!((0..count).all(|at| stored.contains(&flood_id(at))));
        assert_eq!(self.centre.records().stored.len(), count as usize);
        let held = self.inbox.held_max.load(Ordering::SeqCst);
        assert!(held <= HELD_MAX, "{held} in memory at once");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hundred_thousand_receipts_at_once_are_all_stored_in_bounded_memory() {
    const COUNT: u32 = 100_000;
    let log = Log::listen();
    let flooded = flooded(json!({})).await;
    let other = Centre::open(Mode::Well).await;
    let quick = Running::up(carrier(other.port, json!({}))).await;
    flooded.centre.flood(COUNT);
    for second in 0..3 {
        pass(Duration::from_millis(100)).await;
        flooded.assert_takes(second).await;
        assert_quick(&quick, 10_000 + second).await;
    }
    let all = || flooded.centre.records().stored.len() == COUNT as usize;
    pass_until("the last of them", Duration::from_secs(120), all).await;
    flooded.assert_all_stored(COUNT);
    assert!(flooded.centre.records().put_off > 0, "no receipt was rejected temporarily");
    log.assert_lines(4);
}

/// Receipts are answered only when stored: the carrier repeats failed ones, and failures do not fill the log.
#[tokio::test(start_paused = true)]
async fn a_flood_on_a_failing_store_loses_nothing_and_fills_no_log() {
    const COUNT: u32 = 20_000;
    let log = Log::listen();
    let flooded = flooded(json!({})).await;
    flooded.inbox.fails_every.store(2, Ordering::SeqCst);
    flooded.centre.flood(COUNT);
    let stored = || flooded.centre.records().stored.len();
    pass(Duration::from_secs(2)).await;
    // At any time, everything acknowledged is stored.
    assert!(stored() <= flooded.inbox.receipts.lock().unwrap().len());
    pass_until("the last of them", Duration::from_secs(240), || stored() == COUNT as usize).await;
    flooded.assert_all_stored(COUNT);
    let failed = flooded.inbox.failed.load(Ordering::SeqCst);
    assert!(failed >= 10, "the store failed only {failed} times");
    log.assert_lines(4 + failed.ilog2() as usize + 1);
}
