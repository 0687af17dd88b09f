//! A message that moves to a second carrier.

use domain::message::recipient::RecipientState;
use domain::ports::{ChunkEnd, ClaimedChunk, End, Outcome, Receipt, ReceiptState, Recorded};
use domain::reason::Reason;
use domain::routing::CarrierName;
use domain::sale::order::OrderState;

use super::Rig;
use super::world::{World, accepted, at, deferred, outcome, receipt};

fn other(outcome: Outcome) -> Outcome {
    Outcome { carrier: CarrierName::new("other"), ..outcome }
}

/// Records that some parts were accepted and that the rest is retried.
async fn some(world: &World, chunk: &ClaimedChunk, outcome: Outcome, secs: u64) {
    let end = ChunkEnd::Retry { at: at(secs), reason: Reason::Throttled };
    let ends = vec![(chunk.id, chunk.attempt, end)];
    world.store.record_outcomes(vec![outcome], ends, at(secs), None).await.unwrap();
}

async fn receive_from_other(world: &World, id: &str, state: ReceiptState) -> Recorded {
    let receipt = Receipt { carrier: CarrierName::new("other"), ..receipt(id, state) };
    let recorded = world.store.record_receipts(vec![receipt], at(40), None).await.unwrap();
    Recorded { receipt_waits: vec![], ..recorded }
}

pub async fn a_claim_includes_the_carrier_that_has_parts(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.working().await;
    let chunk = world.claim_one(at(5)).await;
    assert_eq!(chunk.recipients[0].accepted_by, None);
    some(&world, &chunk, deferred(&chunk, &[(1, "a")], 3), 10).await;
    let again = world.claim_one(at(10)).await;
    let recipient = &again.recipients[0];
    assert_eq!(recipient.accepted_by, Some(CarrierName::new(super::world::CARRIER)));
    assert_eq!(recipient.accepted, [1]);
    // The other carrier accepted other parts, which do not complete the text.
    some(&world, &again, other(deferred(&again, &[(2, "x"), (3, "y")], 3)), 20).await;
    let third = world.claim_one(at(20)).await;
    let recipient = &third.recipients[0];
    assert_eq!(recipient.accepted_by, Some(CarrierName::new("other")));
    assert_eq!(recipient.accepted, [2, 3]);
}

pub async fn does_not_combine_parts_of_two_carriers(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    some(&world, &chunk, deferred(&chunk, &[(1, "a")], 2), 10).await;
    let again = world.claim_one(at(10)).await;
    some(&world, &again, other(deferred(&again, &[(2, "x")], 2)), 20).await;
    assert_eq!(world.recipient(order).await, RecipientState::Pending);
    let third = world.claim_one(at(20)).await;
    // The first carrier's parts do not count when the second splits the text differently.
    some(&world, &third, other(deferred(&third, &[], 2)), 30).await;
    let last = world.claim_one(at(30)).await;
    let rest = other(outcome(&last, 0, 2, &[(1, "y")], End::Accepted));
    world.store.record_outcomes(vec![rest], vec![], at(35), None).await.unwrap();
    assert_eq!(world.recipient(order).await, RecipientState::Submitted);
}

pub async fn replaces_the_parts_of_another_carrier(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    some(&world, &chunk, deferred(&chunk, &[(1, "a")], 2), 10).await;
    let again = world.claim_one(at(10)).await;
    let all = other(accepted(&again, 0, &[(1, "x"), (2, "y")]));
    world.store.record_outcomes(vec![all], vec![], at(20), None).await.unwrap();
    assert_eq!(world.recipient(order).await, RecipientState::Submitted);
    // The first carrier's receipt for a replaced part has no effect.
    assert_eq!(world.receive("a", ReceiptState::Failed).await, Recorded::default());
    receive_from_other(&world, "x", ReceiptState::Delivered).await;
    receive_from_other(&world, "y", ReceiptState::Delivered).await;
    assert_eq!(world.state(order).await, OrderState::Fulfilled);
}

pub async fn keeps_a_part_with_a_final_state(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    some(&world, &chunk, deferred(&chunk, &[(1, "a")], 2), 10).await;
    world.receive("a", ReceiptState::Delivered).await;
    let again = world.claim_one(at(10)).await;
    let all = other(accepted(&again, 0, &[(1, "x"), (2, "y")]));
    world.store.record_outcomes(vec![all], vec![], at(20), None).await.unwrap();
    assert_eq!(receive_from_other(&world, "x", ReceiptState::Failed).await, Recorded::default());
    receive_from_other(&world, "y", ReceiptState::Delivered).await;
    assert_eq!(world.state(order).await, OrderState::Fulfilled);
}
