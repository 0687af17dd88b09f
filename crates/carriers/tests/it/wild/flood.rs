//! Tens of thousands of receipts at once.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use carriers::smpp::InboundRoom;
use domain::ports::{Carrier, End, InboundRefusal, Inbox};
use serde_json::{Value, json};
use smpp::CommandStatus;
use testkit::carrier_conformance::Running;
use testkit::windowless::Windowless;
use tokio::task::JoinSet;

use super::centre::{Centre, Mode, flood_id};
use super::slow_inbox::SlowInbox;
use super::{Log, assert_quick, one, pass, pass_until};
use crate::smpp::{carrier, carrier_in, room};

/// A receipt takes more octets of the room.
const PER_RECEIPT: usize = 128;

struct Flooded {
    inbox: Arc<SlowInbox>,
    carrier: Arc<dyn Carrier>,
    room: Arc<InboundRoom>,
    _run: JoinSet<()>,
}

async fn flooded(port: u16, more: Value, room: Arc<InboundRoom>) -> Flooded {
    let carrier: Arc<dyn Carrier> = carrier_in(port, more, &room);
    let inbox = Arc::new(SlowInbox::default());
    let (runs, run_inbox): (_, Arc<dyn Inbox>) = (carrier.clone(), inbox.clone());
    let mut run = JoinSet::new();
    run.spawn(async move { runs.run(run_inbox).await });
    let status = || carrier.status().detail;
    pass_until("all links", Duration::from_secs(5), || {
        let detail = status();
        detail.split(" of ").next() == detail.split([' ', ';']).nth(2)
    })
    .await;
    Flooded { inbox, carrier, room, _run: run }
}

impl Flooded {
    /// Sends a message during the flood.
    async fn assert_takes(&self, at: u32, limit: Duration) {
        let before = self.inbox.outcomes();
        self.carrier.submit(vec![one(at)]).await;
        pass_until("its answer", limit, || self.inbox.outcomes() > before).await;
    }

    fn assert_bounded(&self, room: usize, links: usize) {
        let held = self.inbox.held_max.load(Ordering::SeqCst);
        // Every link may exceed the room by one read.
        let most = room / PER_RECEIPT + links * 800;
        assert!(held <= most, "{held} in memory at once, not {most}");
    }

    fn assert_all_accepted(&self) {
        let ends = self.inbox.outcomes.lock().unwrap();
        assert!(ends.iter().all(|end| *end == End::Accepted), "{ends:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hundred_thousand_receipts_at_once_are_all_stored_in_bounded_memory() {
    const COUNT: u32 = 100_000;
    let log = Log::listen();
    let centre = Centre::open(Mode::Well).await;
    let flooded = flooded(centre.port, json!({}), room()).await;
    let other = Centre::open(Mode::Well).await;
    let quick = Running::up(carrier(other.port, json!({}))).await;
    centre.flood(COUNT);
    for second in 0..3 {
        pass(Duration::from_millis(100)).await;
        flooded.assert_takes(second, Duration::from_secs(1)).await;
        assert_quick(&quick, 10_000 + second).await;
    }
    let all = || centre.records().stored.len() == COUNT as usize;
    pass_until("the last of them", Duration::from_secs(120), all).await;
    let stored = flooded.inbox.receipts.lock().unwrap().clone();
    assert!(stored.len() == COUNT as usize && (0..COUNT).all(|at| stored.contains(&flood_id(at))));
    flooded.assert_bounded(domain::limits::INBOUND_QUEUE_BYTES_MAX, 1);
    assert_eq!(centre.records().put_off, 0);
    log.assert_lines(4);
}

/// The room is small, so that most receipts wait in TCP.
async fn none_is_refused_without_a_window(binds: usize) {
    const COUNT: usize = 40_000;
    const ROOM: usize = 1 << 20;
    let log = Log::listen();
    let centre = Windowless::open().await;
    let section = json!({ "binds": binds, "response_timeout_s": 2 });
    let flooded = flooded(centre.port, section, InboundRoom::new(ROOM)).await;
    centre.flood(COUNT);
    for at in 0..5 {
        // Their responses lie behind receipts.
        flooded.carrier.submit(vec![one(at)]).await;
        centre.enquire();
        pass(Duration::from_millis(20)).await;
    }
    let all = || centre.counts().taken == COUNT && flooded.inbox.outcomes() == 5;
    pass_until("the last of them", Duration::from_secs(120), all).await;
    let counts = centre.counts();
    assert_eq!((counts.sessions, counts.ended, counts.refused), (binds, 0, vec![]));
    assert_eq!((flooded.inbox.stored(), flooded.room.taken()), (COUNT, 0));
    assert_eq!(counts.submitted.values().copied().collect::<Vec<_>>(), [1; 5]);
    assert_eq!(counts.alive, 5 * binds);
    flooded.assert_all_accepted();
    flooded.assert_bounded(ROOM, binds);
    assert!(flooded.inbox.refusals.lock().unwrap().is_empty());
    log.assert_lines(2 + binds);
}

#[tokio::test(start_paused = true)]
async fn none_is_refused_on_one_bind_without_a_window() {
    none_is_refused_without_a_window(1).await;
}

#[tokio::test(start_paused = true)]
async fn none_is_refused_on_four_binds_without_a_window() {
    none_is_refused_without_a_window(4).await;
}

#[tokio::test(start_paused = true)]
async fn a_store_that_stalls_drops_no_link_and_repeats_no_message() {
    const COUNT: usize = 20_000;
    let centre = Windowless::open().await;
    let section = json!({ "response_timeout_s": 5, "enquire_link_s": 5 });
    let flooded = flooded(centre.port, section, InboundRoom::new(1 << 20)).await;
    flooded.inbox.stall(true);
    centre.flood(COUNT);
    pass_until("a link that is not read", Duration::from_secs(5), || flooded.room.waiting() == 1)
        .await;
    flooded.carrier.submit((0..20).map(one).collect()).await;
    pass(Duration::from_secs(50)).await;
    assert_eq!((flooded.inbox.stored(), flooded.inbox.outcomes()), (0, 0));
    flooded.inbox.stall(false);
    let all = || centre.counts().taken == COUNT && flooded.inbox.outcomes() == 20;
    pass_until("the last of them", Duration::from_secs(60), all).await;
    flooded.assert_all_accepted();
    let counts = centre.counts();
    assert_eq!((counts.sessions, counts.ended, counts.refused), (1, 0, vec![]));
    assert!(counts.submitted.len() == 20 && counts.submitted.values().all(|times| *times == 1));
    flooded.assert_takes(20, Duration::from_secs(1)).await;
}

/// The inbox refuses only after a long stall. It is counted, and does not fill the log.
#[tokio::test(start_paused = true)]
async fn what_the_inbox_refuses_is_refused_to_the_carrier_counted_and_logged() {
    const COUNT: u32 = 20_000;
    let log = Log::listen();
    let centre = Centre::open(Mode::Well).await;
    let flooded = flooded(centre.port, json!({}), room()).await;
    flooded.inbox.fails_every.store(2, Ordering::SeqCst);
    centre.flood(COUNT);
    let stored = || centre.records().stored.len();
    pass(Duration::from_secs(2)).await;
    // At any time, everything acknowledged is stored.
    assert!(stored() <= flooded.inbox.stored());
    pass_until("the last of them", Duration::from_secs(240), || stored() == COUNT as usize).await;
    assert_eq!(flooded.inbox.stored(), COUNT as usize);
    let failed = flooded.inbox.failed.load(Ordering::SeqCst);
    assert!(failed >= 10, "the store failed only {failed} times");
    let refusals = flooded.inbox.refusals.lock().unwrap();
    assert!(refusals.iter().all(|(why, _)| *why == InboundRefusal::StoreStalled));
    let counted: u64 = refusals.iter().map(|(_, count)| count).sum();
    assert_eq!(counted, centre.records().put_off as u64);
    log.assert_lines(4 + failed.ilog2() as usize + 1);
    assert!(log.text().contains("inbound PDUs cannot be stored; rejected temporarily"));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_decoded_or_is_not_allowed_is_refused_and_counted() {
    let log = Log::listen();
    let centre = Windowless::open().await;
    let flooded = flooded(centre.port, json!({}), room()).await;
    centre.send_raw(smpp::CommandId::DELIVER_SM, b"no deliver_sm");
    centre.send_raw(smpp::CommandId::SUBMIT_SM, b"");
    pass_until("both answers", Duration::from_secs(5), || centre.counts().refused.len() == 2).await;
    assert!(centre.counts().refused.contains(&CommandStatus::RINVBNDSTS));
    flooded.carrier.stop(Duration::from_secs(1)).await;
    pass_until("the end", Duration::from_secs(20), || centre.counts().ended == 1).await;
    let refusals = || flooded.inbox.refusals.lock().unwrap().clone();
    pass_until("both refusals", Duration::from_secs(20), || refusals().len() == 2).await;
    assert_eq!(refusals(), [(InboundRefusal::Malformed, 1), (InboundRefusal::Misplaced, 1)]);
    assert!(log.text().contains("cannot be decoded"));
}
