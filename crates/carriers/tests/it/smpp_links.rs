//! Links shared between nodes: which ones the carrier holds, how it releases them, and that it submits nothing after its
//! lease.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use carriers::smpp::{SmppCarrier, SmppConfig};
use domain::ports::{End, LinkCount};
use domain::reason::Reason;
use domain::routing::CarrierName;
use domain::time::Timestamp;
use serde_json::{Value, json};
use testkit::carrier_conformance::{Running, key, submission, until};
use testkit::clock::{NOON, SeededRandom, TestClock};

use crate::centre::{Centre, Open, open};
use crate::smpp::{deferred, room, to};

const FAR: Timestamp = Timestamp::from_millis(i64::MAX);

struct Links {
    open: Open,
    clock: Arc<TestClock>,
    running: Running,
}

impl Links {
    async fn with(more: Value) -> Self {
        let open = open(Centre::new(), 0).await;
        let mut section = json!({
            "host": "127.0.0.1", "port": open.port, "system_id": "u", "password": "p",
            "reconnect_ms": 20,
        });
        section.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let config: SmppConfig = serde_json::from_value(section).unwrap();
        let (clock, random) = (TestClock::at_noon(), SeededRandom::new(1));
        let carrier =
            SmppCarrier::new(CarrierName::new("main"), config, clock.clone(), random, &room())
                .unwrap();
        Self { open, clock, running: Running::new(carrier) }
    }

    fn links(&self) -> LinkCount {
        self.running.carrier.links()
    }

    async fn keeps(&self, open: u32) {
        until("so many links", || self.links().open == open).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holds_as_many_links_as_granted() {
    let links = Links::with(json!({ "binds": 4 })).await;
    let carrier = &links.running.carrier;
    links.keeps(4).await;
    assert_eq!(links.links().binds, 4);
    carrier.allow(1, FAR);
    links.keeps(1).await;
    links.running.wait_up(true).await;
    assert_eq!(carrier.status().detail, "1 of 1 binds; 3 on other nodes");
    carrier.allow(0, FAR);
    links.keeps(0).await;
    links.running.wait_up(false).await;
    let outcome = links.running.send(submission(key(1), to("4520120001"))).await;
    assert_eq!(outcome.end, deferred(Reason::LinkDown));
    carrier.allow(3, FAR);
    links.keeps(3).await;
    links.running.wait_up(true).await;
    assert_eq!(links.running.send(submission(key(2), to("4520123456"))).await.end, End::Accepted);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pair_of_sessions_is_one_link() {
    let links = Links::with(json!({ "binds": 2, "bind": "transmitter_receiver" })).await;
    links.keeps(2).await;
    let bound = || links.open.centre.kinds.lock().unwrap().len();
    until("two pairs", || bound() == 4).await;
    links.running.carrier.allow(1, FAR);
    links.keeps(1).await;
    links.running.wait_up(true).await;
    links.running.carrier.allow(2, FAR);
    until("another pair", || bound() == 6).await;
    assert_eq!(links.links(), LinkCount { binds: 2, open: 2 });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn releases_a_link_only_after_its_open_parts_are_answered() {
    let links = Links::with(json!({ "binds": 3, "window": 4 })).await;
    links.keeps(3).await;
    links.open.centre.delay_ms.store(300, Ordering::SeqCst);
    let keys: Vec<_> = (0..12).map(key).collect();
    let batch = keys.iter().map(|key| submission(*key, to("4520123456"))).collect();
    links.running.carrier.submit(batch).await;
    until("the centre to have them", || links.open.centre.count() > 0).await;
    links.running.carrier.allow(0, FAR);
    for key in keys {
        let end = links.running.inbox.outcome(key).await.end;
        assert!(end == End::Accepted || end == deferred(Reason::LinkDown), "{end:?}");
    }
    assert!(links.open.centre.count() > 0);
    links.keeps(0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn submits_nothing_after_its_lease() {
    let links = Links::with(json!({ "window": 2 })).await;
    let lease = Duration::from_millis(50);
    links.running.carrier.allow(1, NOON.after(lease));
    links.running.wait_up(true).await;
    links.open.centre.silent.store(true, Ordering::SeqCst);
    let keys: Vec<_> = (0..6).map(key).collect();
    let batch = keys.iter().map(|key| submission(*key, to("4520123456"))).collect();
    links.running.carrier.submit(batch).await;
    until("a full window", || links.open.centre.count() == 2).await;
    links.clock.advance(lease);
    assert!(!links.running.carrier.status().up);
    let mut ends = Vec::new();
    for key in keys {
        ends.push(links.running.inbox.outcome(key).await.end);
    }
    let unanswered = ends.iter().filter(|end| **end == deferred(Reason::NoAnswer)).count();
    let unsent = ends.iter().filter(|end| **end == deferred(Reason::LinkDown)).count();
    assert_eq!((unanswered, unsent), (2, 4), "{ends:?}");
    links.keeps(0).await;
    assert_eq!(links.open.centre.count(), 2, "nothing came after it");
    links.open.centre.silent.store(false, Ordering::SeqCst);
    links.running.carrier.allow(1, FAR);
    links.running.wait_up(true).await;
    assert_eq!(links.running.send(submission(key(9), to("4520123456"))).await.end, End::Accepted);
}
