//! Failover to another carrier after a refusal or a missing receipt.

use domain::id::MessageId;
use domain::limits::NO_ANSWERS_MAX;
use domain::message::parts::PartState;
use domain::message::recipient::RecipientState;
use domain::money::Msat;
use domain::ports::{
    CancelOutcome, ChunkEnd, ClaimedChunk, CreditOutcome, End, Outcome, Receipt, ReceiptState,
    RecipientTrace, Recorded,
};
use domain::reason::Reason;
use domain::routing::CarrierName;
use domain::sale::order::OrderState;
use domain::time::Timestamp;

use super::Rig;
use super::world::{
    CARRIER, LEASE, REFUND, World, accepted, at, balance, deferred, outcome, receipt, refused,
};

fn carrier() -> CarrierName {
    CarrierName::new(CARRIER)
}

fn other(outcome: Outcome) -> Outcome {
    Outcome { carrier: CarrierName::new("other"), ..outcome }
}

fn try_another(chunk: &ClaimedChunk, taken: &[(u16, &str)]) -> Outcome {
    let end = End::TryAnother { reason: Reason::Refused, code: "smpp:0x00000061".to_owned() };
    outcome(chunk, 0, 2, taken, end)
}

async fn end(
    world: &World,
    chunk: &ClaimedChunk,
    outcomes: Vec<Outcome>,
    end: ChunkEnd,
) -> Recorded {
    world.record(outcomes, vec![(chunk.id, chunk.attempt, end)]).await
}

const fn retry(at: Timestamp) -> ChunkEnd {
    ChunkEnd::Retry { at, reason: Reason::Refused }
}

const fn until(until: Timestamp) -> ChunkEnd {
    ChunkEnd::AwaitReceipts { until }
}

/// A carrier accepted the only part as `id`; its receipt is awaited until 100.
async fn awaited(world: &World, id: &str) -> (domain::id::OrderId, MessageId) {
    let order = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    let taken = vec![accepted(&chunk, 0, &[(1, id)])];
    assert_eq!(end(world, &chunk, taken, until(at(100))).await.recipients, 1);
    (order, chunk.id.message)
}

async fn receive_from_other(world: &World, id: &str, state: ReceiptState) -> Recorded {
    let receipt = Receipt { carrier: CarrierName::new("other"), ..receipt(id, state) };
    let recorded = world.store.record_receipts(vec![receipt], at(120), None).await.unwrap();
    Recorded { receipt_waits: vec![], ..recorded }
}

async fn trace(world: &World, message: MessageId) -> RecipientTrace {
    world.store.trace(message, 0, 1).await.unwrap().remove(0)
}

pub async fn tries_another_carrier_after_a_refusal_of_one(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    assert!(chunk.recipients[0].tried.is_empty());
    let recorded = end(&world, &chunk, vec![try_another(&chunk, &[(1, "a")])], retry(at(11))).await;
    assert_eq!(recorded, Recorded::default());
    let shown = trace(&world, chunk.id.message).await;
    assert_eq!((shown.state, shown.reason), (RecipientState::Pending, Some(Reason::Refused)));
    assert_eq!(shown.code.as_deref(), Some("smpp:0x00000061"));
    let again = world.claim_one(at(11)).await;
    let recipient = &again.recipients[0];
    assert_eq!(recipient.tried, [carrier()]);
    assert_eq!((&recipient.accepted_by, &recipient.accepted), (&Some(carrier()), &vec![1]));
    let second = other(try_another(&again, &[]));
    end(&world, &again, vec![second], retry(at(12))).await;
    let third = world.claim_one(at(12)).await;
    assert_eq!(third.recipients[0].tried, [carrier(), CarrierName::new("other")]);
    world.done(&third, refused(&third, Reason::Refused)).await;
    let stored = world.order(order).await;
    assert_eq!((stored.state, stored.reason), (OrderState::Cancelling, Some(Reason::Refused)));
}

pub async fn ignores_try_another_of_a_lost_lease(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.working().await;
    let lost = world.claim_one(at(5)).await;
    let held = world.claim_one(at(5).after(LEASE)).await;
    end(&world, &lost, vec![try_another(&lost, &[])], retry(at(6))).await;
    assert!(trace(&world, held.id.message).await.tried.is_empty());
    assert!(world.claim(at(200)).await.is_empty(), "the second claim is valid");
}

pub async fn the_buyer_can_cancel_when_a_carrier_did_not_accept(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    end(&world, &chunk, vec![try_another(&chunk, &[])], retry(at(60))).await;
    assert_eq!(world.cancel(order, Reason::CancelledByBuyer).await, CancelOutcome::Cancelled);
}

pub async fn counts_attempts_without_an_accepted_part(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.working().await;
    let deferral = |chunk: &ClaimedChunk, reason, carrier: &str, taken: &[(u16, &str)]| Outcome {
        carrier: CarrierName::new(carrier),
        ..outcome(chunk, 0, 2, taken, End::Deferred { reason, wait: None, code: None })
    };
    let cases = [
        (Reason::Throttled, CARRIER, vec![], 1),
        (Reason::LinkDown, CARRIER, vec![], 1),
        (Reason::Throttled, "", vec![], 1),
        (Reason::Throttled, CARRIER, vec![(1, "a")], 1),
        (Reason::NoAnswer, "other", vec![], 2),
    ];
    for (tries, (reason, carrier, taken, attempts)) in cases.into_iter().enumerate() {
        let chunk = world.claim_one(at(10)).await;
        let deferred = deferral(&chunk, reason, carrier, &taken);
        end(&world, &chunk, vec![deferred.clone(), deferred], retry(at(10))).await;
        let again = world.claim_one(at(10)).await;
        assert_eq!(again.recipients[0].attempts, attempts, "{reason:?} {carrier} {taken:?}");
        // A carrier that did not accept is tried again only if no other is left.
        let another = other(try_another(&again, &[]));
        let outcomes = if tries == 0 { vec![another] } else { vec![] };
        end(&world, &again, outcomes, retry(at(10))).await;
    }
    let chunk = world.claim_one(at(10)).await;
    end(&world, &chunk, vec![other(try_another(&chunk, &[]))], retry(at(10))).await;
    assert_eq!(world.claim_one(at(10)).await.recipients[0].attempts, 3);
}

pub async fn tries_another_carrier_without_receipts(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (order, message) = awaited(&world, "a").await;
    assert!(world.claim(at(99)).await.is_empty());
    assert_eq!(world.recipient(order).await, RecipientState::Submitted);
    let again = world.claim_one(at(100)).await;
    assert_eq!(again.attempt, 2);
    let recipient = &again.recipients[0];
    assert_eq!(recipient.tried, [carrier()]);
    assert_eq!((&recipient.accepted_by, &recipient.accepted), (&Some(carrier()), &vec![1]));
    assert_eq!(world.recipient(order).await, RecipientState::Pending);
    assert_eq!(world.cancel(order, Reason::CancelledByBuyer).await, CancelOutcome::TooLate);
    let taken = other(accepted(&again, 0, &[(1, "x")]));
    end(&world, &again, vec![taken], until(at(300))).await;
    assert_eq!(world.recipient(order).await, RecipientState::Submitted);
    receive_from_other(&world, "x", ReceiptState::Delivered).await;
    assert_eq!(world.state(order).await, OrderState::Fulfilled);
    let carriers: Vec<_> = trace(&world, message).await.parts.into_iter().collect();
    assert_eq!(carriers.len(), 2, "the parts of each are shown");
    assert!(world.claim(at(300)).await.is_empty());
}

pub async fn does_not_requeue_final_recipients(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working_with(world.new_message(3)).await;
    let chunk = world.claim_one(at(5)).await;
    let taken = |index, id| accepted(&chunk, index, &[(1, id)]);
    end(&world, &chunk, vec![taken(0, "a"), taken(1, "b"), taken(2, "c")], until(at(100))).await;
    world.receive("a", ReceiptState::Delivered).await;
    world.receive("c", ReceiptState::Failed).await;
    let again = world.claim_one(at(100)).await;
    let left: Vec<_> = again.recipients.iter().map(|recipient| recipient.index).collect();
    assert_eq!(left, [1]);
    let more = other(accepted(&again, 1, &[(1, "x")]));
    end(&world, &again, vec![more], ChunkEnd::Done).await;
    receive_from_other(&world, "x", ReceiptState::Delivered).await;
    assert_eq!(world.state(order).await, OrderState::Fulfilled);
}

pub async fn reports_nothing_when_another_carrier_is_tried(rig: &impl Rig) {
    let world = World::new(rig).await;
    awaited(&world, "a").await;
    let again = world.claim_one(at(100)).await;
    let taken = other(accepted(&again, 0, &[(1, "x")]));
    assert_eq!(end(&world, &again, vec![taken], ChunkEnd::Done).await.events, 0);
    assert_eq!(receive_from_other(&world, "x", ReceiptState::Delivered).await.events, 1);
    assert_eq!(world.deliver_all(at(300)).await.len(), 3, "paid, sent, delivered");
}

pub async fn delivers_by_a_tried_carrier(rig: &impl Rig) {
    let world = World::new(rig).await;
    // While it is submitted to the other carrier.
    let (order, _) = awaited(&world, "a").await;
    let again = world.claim_one(at(100)).await;
    let recorded = world.receive("a", ReceiptState::Delivered).await;
    assert_eq!((recorded.recipients, recorded.decided), (1, 1));
    let late = other(accepted(&again, 0, &[(1, "x")]));
    assert_eq!(end(&world, &again, vec![late], until(at(300))).await, Recorded::default());
    assert_eq!(world.recipient(order).await, RecipientState::Success);
    assert_eq!(receive_from_other(&world, "x", ReceiptState::Failed).await.contradictory, 1);
    assert!(world.claim(at(300)).await.is_empty());

    // When the other carrier has it, split differently.
    let (order, _) = awaited(&world, "b").await;
    let again = world.claim_one(at(100)).await;
    let taken = other(accepted(&again, 0, &[(1, "y"), (2, "z")]));
    end(&world, &again, vec![taken], ChunkEnd::Done).await;
    receive_from_other(&world, "y", ReceiptState::Delivered).await;
    assert_eq!(world.recipient(order).await, RecipientState::Submitted);
    world.receive("b", ReceiptState::Delivered).await;
    assert_eq!(world.state(order).await, OrderState::Fulfilled);
}

pub async fn fails_nothing_by_a_tried_carrier(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (order, message) = awaited(&world, "a").await;
    let again = world.claim_one(at(100)).await;
    assert_eq!(world.receive("a", ReceiptState::Failed).await, Recorded::default());
    assert_eq!(world.recipient(order).await, RecipientState::Pending);
    assert_eq!(trace(&world, message).await.parts[0].state, PartState::Failed);
    let taken = other(accepted(&again, 0, &[(1, "x")]));
    end(&world, &again, vec![taken], ChunkEnd::Done).await;
    assert_eq!(world.recipient(order).await, RecipientState::Submitted);
    receive_from_other(&world, "x", ReceiptState::Failed).await;
    assert_eq!(world.state(order).await, OrderState::Cancelling);
    assert_eq!(world.order(order).await.reason, Some(Reason::Undelivered));
}

pub async fn does_not_fail_while_the_earlier_carrier_may_deliver(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::new(3_000)).await;
    let (no_receipt, refusal, late) = ("no receipt", "a refusal", "its age");
    for (number, why) in [no_receipt, refusal, late].into_iter().enumerate() {
        let id = ["a", "b", "c"][number];
        let (order, outcome) = world.spend(account.id, Msat::new(1_000)).await;
        assert_eq!(outcome, CreditOutcome::Accepted);
        let chunk = world.claim_one(at(5)).await;
        end(&world, &chunk, vec![accepted(&chunk, 0, &[(1, id)])], until(at(100))).await;
        if why == late {
            // No other carrier accepts it during its validity.
            let again = world.claim_one(at(100)).await;
            end(&world, &again, vec![other(deferred(&again, &[], 1))], retry(at(200))).await;
            world.store.expire(at(3_601), at(0), 9, REFUND).await.unwrap();
        } else {
            let again = world.claim_one(at(100)).await;
            if why == refusal {
                end(&world, &again, vec![other(refused(&again, Reason::Refused))], ChunkEnd::Done)
                    .await;
            } else {
                let taken = other(accepted(&again, 0, &[(1, "x")]));
                end(&world, &again, vec![taken], ChunkEnd::Done).await;
                receive_from_other(&world, "x", ReceiptState::Failed).await;
            }
        }
        assert_eq!(world.recipient(order).await, RecipientState::Submitted, "{why}");
        assert_eq!(world.state(order).await, OrderState::Working, "{why}");
        world.receive(id, ReceiptState::Delivered).await;
        assert_eq!(world.state(order).await, OrderState::Settled, "{why}");
    }
    assert_eq!(world.balance(account.id).await, balance(Msat::ZERO, Msat::ZERO));
    world.must_be_sound().await;
}

pub async fn fails_when_the_earlier_carrier_fails_too(rig: &impl Rig) {
    let world = World::new(rig).await;
    for id in ["a", "b"] {
        let (order, _) = awaited(&world, id).await;
        let again = world.claim_one(at(100)).await;
        if id == "a" {
            end(&world, &again, vec![other(refused(&again, Reason::Refused))], ChunkEnd::Done)
                .await;
        } else {
            let taken = other(accepted(&again, 0, &[(1, "x")]));
            end(&world, &again, vec![taken], ChunkEnd::Done).await;
            receive_from_other(&world, "x", ReceiptState::Failed).await;
        }
        world.receive(id, ReceiptState::Failed).await;
        assert_eq!(world.state(order).await, OrderState::Cancelling, "{id}");
    }
    // Near the node's deadline there is no wait.
    let (order, _) = awaited(&world, "c").await;
    let again = world.claim_one(at(100)).await;
    world.done(&again, other(refused(&again, Reason::HoldRanOut))).await;
    assert_eq!(world.state(order).await, OrderState::Cancelling);
    // Nor longer than the receipt timeout.
    let (order, _) = awaited(&world, "d").await;
    let again = world.claim_one(at(100)).await;
    world.done(&again, other(refused(&again, Reason::Refused))).await;
    world.store.expire(at(100_000), at(0), 9, REFUND).await.unwrap();
    assert_eq!(world.recipient(order).await, RecipientState::Timeout);
}

pub async fn stays_with_a_tried_carrier(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (order, message) = awaited(&world, "a").await;
    let again = world.claim_one(at(100)).await;
    // No other carrier is left: the first has all parts and keeps it.
    let stays = outcome(&again, 0, 1, &[], End::Accepted);
    let recorded = world.record(vec![stays], vec![]).await;
    assert_eq!((recorded.recipients, recorded.events), (1, 0), "no news");
    assert_eq!(world.recipient(order).await, RecipientState::Submitted);
    assert!(trace(&world, message).await.tried.is_empty());
    end(&world, &again, vec![], ChunkEnd::Done).await;
    world.receive("a", ReceiptState::Failed).await;
    assert_eq!(world.state(order).await, OrderState::Cancelling);
    assert!(world.claim(at(3_000)).await.is_empty());
}

pub async fn requeues_nothing_without_an_accepted_part(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    for silence in 1..=NO_ANSWERS_MAX {
        let chunk = world.claim_one(at(10)).await;
        let silent = End::Deferred { reason: Reason::NoAnswer, wait: None, code: None };
        let last = silence == NO_ANSWERS_MAX;
        let next = if last { until(at(100)) } else { retry(at(10)) };
        end(&world, &chunk, vec![outcome(&chunk, 0, 1, &[], silent)], next).await;
    }
    assert_eq!(world.recipient(order).await, RecipientState::Submitted);
    assert!(world.claim(at(100)).await.is_empty(), "no more copies");
    assert_eq!(world.recipient(order).await, RecipientState::Submitted);
    assert!(world.claim(at(3_000)).await.is_empty());
}

pub async fn awaits_no_receipts_past_validity(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    end(&world, &chunk, vec![accepted(&chunk, 0, &[(1, "a")])], until(at(3_600))).await;
    assert!(world.claim(at(3_600)).await.is_empty());
    assert_eq!(world.store.expire(at(3_601), at(0), 9, REFUND).await.unwrap(), Recorded::default());
    assert_eq!(world.recipient(order).await, RecipientState::Submitted, "its receipt may arrive");

    let (order, _) = awaited(&world, "b").await;
    assert_eq!(world.store.expire(at(3_601), at(0), 9, REFUND).await.unwrap(), Recorded::default());
    assert_eq!(world.recipient(order).await, RecipientState::Submitted);
    assert!(world.claim(at(3_599)).await.is_empty(), "it is not due again");
}

pub async fn stops_waiting_for_receipts_when_the_message_ends(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (order, _) = awaited(&world, "a").await;
    world.receive("a", ReceiptState::Delivered).await;
    assert_eq!(world.state(order).await, OrderState::Fulfilled);
    assert!(world.claim(at(100)).await.is_empty());

    let (lost, _) = awaited(&world, "b").await;
    world.cancel(lost, Reason::HoldRanOut).await;
    assert!(world.claim(at(100)).await.is_empty());
    assert_eq!(world.recipient(lost).await, RecipientState::Timeout);
}

pub async fn waits_for_receipts_while_others_are_pending(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.working_with(world.new_message(2)).await;
    let chunk = world.claim_one(at(5)).await;
    let taken = accepted(&chunk, 1, &[(1, "a")]);
    end(&world, &chunk, vec![taken], until(at(100))).await;
    // The first recipient has no outcome and is due at once; the second is due later.
    let again = world.claim_one(at(10)).await;
    let left = |chunk: &ClaimedChunk| -> Vec<u32> {
        chunk.recipients.iter().map(|recipient| recipient.index).collect()
    };
    assert_eq!(left(&again), [0]);
    end(&world, &again, vec![deferred(&again, &[], 1)], retry(at(50))).await;
    let third = world.claim_one(at(50)).await;
    assert_eq!(left(&third), [0]);
    world.done(&third, accepted(&third, 0, &[(1, "b")])).await;
    world.receive("b", ReceiptState::Delivered).await;
    assert!(world.claim(at(99)).await.is_empty());
    assert_eq!(left(&world.claim_one(at(100)).await), [1]);
}
