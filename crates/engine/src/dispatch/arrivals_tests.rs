//! Receipts that overtake outcomes, receipts of single messages, and a store that commits nothing.

use std::time::Duration;

use domain::id::MessageId;
use domain::ports::{AcceptedPart, ChunkId, End, ReceiptScope, SubmissionKey};
use domain::routing::CarrierName;
use domain::time::Timestamp;
use tokio::time::Instant;
use uuid::Uuid;

use super::super::in_flight::Handed;
use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_000);

fn chunk(lane: Lane) -> ChunkId {
    ChunkId { message: MessageId(Uuid::from_u128(lane as u128 + 1)), first: 0 }
}

fn main() -> CarrierName {
    CarrierName::new("main")
}

/// With two chunks at the carrier: a single message and a campaign.
fn arrivals() -> (Arc<Arrivals>, Queues) {
    let mut work = InFlight::default();
    for lane in [Lane::Single, Lane::Bulk] {
        let handed = [Handed { recipient: 0, others: false, receipt_wait: None }];
        work.begin(chunk(lane), 1, (lane, None), &handed, None, NOW);
        work.occupy(chunk(lane), &main(), 1);
    }
    Arrivals::new(Arc::default(), Arc::new(Mutex::new(work)))
}

fn outcome(lane: Lane, id: &str) -> Outcome {
    Outcome {
        key: SubmissionKey { chunk: chunk(lane), attempt: 1, recipient: 0 },
        carrier: main(),
        link: None,
        parts: 1,
        accepted: vec![AcceptedPart { part: 1, carrier_id: id.to_owned() }],
        end: End::Accepted,
    }
}

fn receipt(carrier: &CarrierName, id: &str) -> Receipt {
    Receipt {
        carrier: carrier.clone(),
        carrier_id: id.to_owned(),
        state: ReceiptState::Delivered,
        code: None,
        to: None,
        at: NOW,
        unmarked: None,
        scope: ReceiptScope::Part,
    }
}

/// Plays a store that matches none of them. Returns how long they waited before it was called first,
/// and from then until they were parked.
async fn park(queues: &Queues) -> (Duration, Duration) {
    let (mut queue, begun) = (queues.receipts.lock().await, Instant::now());
    let Delivered { receipts, unmatched, done } = queue.recv().await.unwrap();
    assert_eq!(unmatched, Unmatched::Return);
    let first = begun.elapsed();
    done.send(Ok(receipts.to_vec())).unwrap();
    let Delivered { unmatched, done, .. } = queue.recv().await.unwrap();
    assert_eq!(unmatched, Unmatched::Park);
    done.send(Ok(vec![])).unwrap();
    (first, begun.elapsed() - first)
}

#[tokio::test(start_paused = true)]
async fn a_receipt_waits_in_memory_for_the_outcomes_that_it_may_have_overtaken() {
    let (arrivals, queues) = arrivals();
    let early = || arrivals.receipts([receipt(&main(), "early")].into());
    let moment = limits::EARLY_RECEIPT_WAIT;
    let (answer, waited) = tokio::join!(early(), park(&queues));
    assert_eq!((answer, waited), (Ok(()), (Duration::ZERO, moment)), "no outcome is queued");

    arrivals.outcomes(vec![outcome(Lane::Bulk, "early")]).await;
    let record = async {
        tokio::time::sleep(moment * 2).await;
        drop(arrivals.recording(1));
    };
    let (answer, waited, ()) = tokio::join!(early(), park(&queues), record);
    assert_eq!((answer, waited), (Ok(()), (moment * 2, moment)), "until it is recorded");

    arrivals.outcomes(vec![outcome(Lane::Bulk, "early")]).await;
    let most = limits::OUTCOMES_BEFORE_RECEIPTS_MAX;
    let (answer, waited) = tokio::join!(early(), park(&queues));
    assert_eq!((answer, waited), (Ok(()), (most, moment + most)), "it is not recorded");

    drop(arrivals.recording(1));
    let other = arrivals.receipts([receipt(&CarrierName::new("other"), "1")].into());
    let (answer, waited) = tokio::join!(other, park(&queues));
    assert_eq!((answer, waited), (Ok(()), Default::default()), "nothing is with that carrier");
}

#[tokio::test]
async fn receipts_of_single_messages_are_recorded_before_those_of_campaigns() {
    let (arrivals, queues) = arrivals();
    arrivals.outcomes(vec![outcome(Lane::Single, "code"), outcome(Lane::Bulk, "bulk")]).await;
    drop(arrivals.recording(2));
    let send = async |id| arrivals.receipts([receipt(&main(), id)].into()).await;
    let record = async {
        let mut queue = queues.receipts.lock().await;
        let mut order = Vec::new();
        for _ in 0..3 {
            let Delivered { receipts, done, .. } = queue.recv().await.unwrap();
            order.push(receipts[0].carrier_id.clone());
            done.send(Ok(vec![])).unwrap();
        }
        order
    };
    let (.., order) = tokio::join!(send("bulk"), send("unknown"), send("code"), record);
    assert_eq!(order, ["code", "bulk", "unknown"]);
}

#[tokio::test(start_paused = true)]
async fn receipts_are_refused_only_when_nothing_was_committed_for_a_minute() {
    let (arrivals, queues) = arrivals();
    let begun = Instant::now();
    let send = async |id| {
        let answer = arrivals.receipts([receipt(&main(), id)].into()).await;
        (answer, begun.elapsed())
    };
    let commit = async {
        tokio::time::sleep(Duration::from_secs(50)).await;
        let first = queues.receipts.lock().await.recv().await.unwrap();
        arrivals.progress.committed();
        first.done.send(Ok(vec![])).unwrap();
    };
    let (first, second, ()) = tokio::join!(send("1"), send("2"), commit);
    assert_eq!(first, (Ok(()), Duration::from_secs(50)));
    assert_eq!(second, (Err(CommitProgress::error()), Duration::from_secs(110)));
    let abandoned = queues.receipts.lock().await.recv().await.unwrap();
    assert!(abandoned.done.is_closed(), "it would be recorded, though it was refused");
}
