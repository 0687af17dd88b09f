//! The sandbox carrier: the conformance suite, and its table of outcomes.

use std::sync::Arc;
use std::time::Duration;

use carriers::sandbox::Sandbox;
use domain::message::Address;
use domain::ports::{Carrier, End, ReceiptState};
use domain::routing::CarrierName;
use testkit::carrier_conformance::{
    Fate, Rig, Running, TestInbox, key, submission, until, with_text,
};
use testkit::clock::{SeededRandom, TestClock};

fn sandbox(seed: u64) -> Arc<Sandbox> {
    let random = SeededRandom::new(seed);
    Sandbox::new(CarrierName::new("sandbox"), TestClock::at_noon(), &*random).unwrap()
}

struct SandboxRig;

async fn start() -> SandboxRig {
    SandboxRig
}

#[async_trait::async_trait]
impl Rig for SandboxRig {
    fn carrier(&self) -> Arc<dyn Carrier> {
        sandbox(1)
    }

    fn destination(&self, fate: Fate, number: u32) -> Address {
        let end = match fate {
            Fate::Delivered => "4444",
            Fate::Failed => "0002",
            Fate::Refused => "0001",
        };
        format!("4520{number:03}{end}").parse().unwrap()
    }

    fn unreachable(&self) -> Option<Arc<dyn Carrier>> {
        None
    }

    fn sends_receipts(&self) -> bool {
        true
    }
}

testkit::carrier_conformance!(start);

#[tokio::test]
async fn a_lost_message_is_accepted_and_gets_no_receipt() {
    let running = Running::up(sandbox(1)).await;
    for (number, to) in ["4520120003", "lost@example.com"].into_iter().enumerate() {
        let key = key(u32::try_from(number).unwrap());
        assert_eq!(running.send(submission(key, to.parse().unwrap())).await.end, End::Accepted);
    }
    let outcome = running.send(submission(key(9), "4520123456".parse().unwrap())).await;
    running.inbox.receipt(&outcome.accepted[0].carrier_id).await;
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(running.inbox.receipts().len(), 1);
}

#[tokio::test]
async fn mails_have_one_part_and_all_outcomes() {
    let running = Running::up(sandbox(1)).await;
    let long = "æ".repeat(1_000);
    for (number, to, state) in [
        (1, "ada@example.com", ReceiptState::Delivered),
        (2, "failing@example.com", ReceiptState::Failed),
    ] {
        let outcome = running.send(with_text(key(number), to.parse().unwrap(), &long)).await;
        assert_eq!((outcome.parts, outcome.accepted.len()), (1, 1));
        let receipt = running.inbox.receipt(&outcome.accepted[0].carrier_id).await;
        assert_eq!(receipt.state, state);
    }
}

#[tokio::test]
async fn ids_are_not_reused_after_a_restart() {
    let mut ids = Vec::new();
    for seed in [1, 2] {
        let running = Running::up(sandbox(seed)).await;
        let outcome = running.send(submission(key(1), "4520123456".parse().unwrap())).await;
        ids.push(outcome.accepted[0].carrier_id.clone());
    }
    assert_ne!(ids[0], ids[1]);
}

#[tokio::test(start_paused = true)]
async fn a_message_is_delivered_within_a_second() {
    let running = Running::up(sandbox(1)).await;
    let outcome = running.send(submission(key(1), "4520123456".parse().unwrap())).await;
    let taken = tokio::time::Instant::now();
    running.inbox.receipt(&outcome.accepted[0].carrier_id).await;
    assert!(taken.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn pending_receipts_are_bounded() {
    let running = Running::up(sandbox(1)).await;
    running.inbox.refuse_receipts(u32::MAX);
    // 160,000 parts, of which 100,000 fit.
    let text = "x".repeat(153 * 160);
    let to: Address = "4520123456".parse().unwrap();
    let batch: Vec<_> =
        (0..1_000).map(|number| with_text(key(number), to.clone(), &text)).collect();
    let submitting = tokio::task::spawn({
        let carrier = running.carrier.clone();
        async move { carrier.submit(batch).await }
    });
    let parts = |inbox: &TestInbox| -> usize {
        inbox.outcomes().iter().map(|outcome| outcome.accepted.len()).sum()
    };
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(parts(&running.inbox), 100_000);
    assert!(!submitting.is_finished());
    running.inbox.refuse_receipts(0);
    until("the rest", || running.inbox.receipts().len() == 160_000).await;
    assert_eq!(parts(&running.inbox), 160_000);
    submitting.await.unwrap();
}
