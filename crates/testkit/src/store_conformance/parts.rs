//! Texts of several parts.

use domain::message::recipient::RecipientState;
use domain::ports::{ChunkEnd, End, ReceiptState};
use domain::reason::Reason;
use domain::sale::order::OrderState;

use super::Rig;
use super::world::{World, accepted, at, deferred, outcome};

const RETRY: ChunkEnd = ChunkEnd::Retry { at: at_ten(), reason: Reason::Throttled };

const fn at_ten() -> domain::time::Timestamp {
    domain::time::Timestamp::from_millis(crate::clock::NOON.as_millis() + 10_000)
}

pub async fn is_submitted_when_all_parts_are_accepted(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    world.done(&chunk, accepted(&chunk, 0, &[(1, "a"), (2, "b"), (3, "c")])).await;
    assert_eq!(world.recipient(order).await, RecipientState::Submitted);
}

pub async fn does_not_submit_accepted_parts_again(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    let some = deferred(&chunk, &[(1, "a"), (3, "c")], 3);
    world.record(vec![some], vec![(chunk.id, chunk.attempt, RETRY)]).await;
    assert_eq!(world.recipient(order).await, RecipientState::Pending);
    let again = world.claim_one(at(10)).await;
    assert_eq!(again.recipients[0].accepted, [1, 3]);
    world.done(&again, outcome(&again, 0, 3, &[(2, "b")], End::Accepted)).await;
    assert_eq!(world.recipient(order).await, RecipientState::Submitted);
    assert!(world.claim(at(3_000)).await.is_empty());
}

pub async fn is_delivered_when_all_parts_are(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    let some = deferred(&chunk, &[(1, "a")], 2);
    world.record(vec![some], vec![(chunk.id, chunk.attempt, RETRY)]).await;
    // The first part is delivered before the second is submitted.
    world.receive("a", ReceiptState::Delivered).await;
    assert_eq!(world.recipient(order).await, RecipientState::Pending);
    let again = world.claim_one(at(10)).await;
    world.done(&again, outcome(&again, 0, 2, &[(2, "b")], End::Accepted)).await;
    assert_eq!(world.recipient(order).await, RecipientState::Submitted);
    world.receive("b", ReceiptState::Delivered).await;
    assert_eq!(world.state(order).await, OrderState::Fulfilled);
}

pub async fn fails_when_one_part_fails(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    world.done(&chunk, accepted(&chunk, 0, &[(1, "a"), (2, "b")])).await;
    world.receive("a", ReceiptState::Delivered).await;
    world.receive("b", ReceiptState::Failed).await;
    assert_eq!(world.recipient(order).await, RecipientState::Failed);
    world.receive("b", ReceiptState::Delivered).await;
    let stored = world.order(order).await;
    assert_eq!((stored.state, stored.reason), (OrderState::Cancelling, Some(Reason::Undelivered)));
}

pub async fn fails_when_a_part_is_refused(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    let end = End::Refused { reason: Reason::Refused, code: "smpp:0x00000045".to_owned() };
    world.done(&chunk, outcome(&chunk, 0, 2, &[(1, "a")], end)).await;
    assert_eq!(world.recipient(order).await, RecipientState::Failed);
    world.receive("a", ReceiptState::Delivered).await;
    let stored = world.order(order).await;
    assert_eq!((stored.state, stored.reason), (OrderState::Cancelling, Some(Reason::Refused)));
}
