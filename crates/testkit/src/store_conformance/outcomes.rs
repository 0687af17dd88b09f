//! Outcomes of submissions, of the current claim and of one with a lost lease.

use domain::message::recipient::RecipientState;
use domain::ports::{ChunkEnd, End, ReceiptState, Recorded};
use domain::reason::Reason;
use domain::sale::order::OrderState;

use super::Rig;
use super::world::{LEASE, NO_CHUNK, World, accepted, at, deferred, outcome, refused};

pub async fn accepted_parts_are_submitted(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    let recorded = world.done(&chunk, accepted(&chunk, 0, &[(1, "a")])).await;
    assert_eq!(recorded, Recorded { recipients: 1, events: 1, ..Recorded::default() });
    assert_eq!(world.recipient(order).await, RecipientState::Submitted);
    assert_eq!(world.order(order).await.updated_at, at(10));
    assert!(world.claim(at(3_000)).await.is_empty(), "the chunk is done");
}

pub async fn accepted_parts_of_a_carrier_without_receipts_are_delivered(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    let recorded = world.done(&chunk, outcome(&chunk, 0, 1, &[(1, "a")], End::Delivered)).await;
    assert_eq!((recorded.recipients, recorded.decided), (1, 1));
    let stored = world.order(order).await;
    assert_eq!(stored.state, OrderState::Fulfilled);
    assert_eq!(stored.fulfilment.recipient(), Some(RecipientState::Success));
}

pub async fn a_refused_recipient_fails(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    let recorded = world.done(&chunk, refused(&chunk, Reason::BadDestination)).await;
    assert_eq!((recorded.recipients, recorded.decided, recorded.events), (1, 1, 1));
    let stored = world.order(order).await;
    assert_eq!(
        (stored.state, stored.reason),
        (OrderState::Cancelling, Some(Reason::BadDestination))
    );
    assert_eq!(stored.fulfilment.recipient(), Some(RecipientState::Failed));
    assert!(world.claim(at(3_000)).await.is_empty());
}

pub async fn a_recipient_refused_for_its_age_expires(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    world.done(&chunk, refused(&chunk, Reason::Expired)).await;
    let stored = world.order(order).await;
    assert_eq!((stored.state, stored.reason), (OrderState::Cancelling, Some(Reason::Expired)));
    assert_eq!(stored.fulfilment.recipient(), Some(RecipientState::Expired));
}

pub async fn retries_deferred_recipients(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    let end = ChunkEnd::Retry { at: at(40), reason: Reason::Throttled };
    let recorded =
        world.record(vec![deferred(&chunk, &[], 1)], vec![(chunk.id, chunk.attempt, end)]).await;
    assert_eq!(recorded, Recorded::default());
    assert_eq!(world.recipient(order).await, RecipientState::Pending);
    assert!(world.claim(at(39)).await.is_empty());
    assert_eq!(world.claim_one(at(40)).await.attempt, 2);
}

pub async fn keeps_a_chunk_due_while_recipients_are_pending(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.working_with(world.new_message(3)).await;
    let chunk = world.claim_one(at(5)).await;
    // The chunk is reported as done, but only one of three recipients is.
    world.done(&chunk, accepted(&chunk, 1, &[(1, "a")])).await;
    let again = world.claim_one(at(10)).await;
    let left: Vec<_> = again.recipients.iter().map(|recipient| recipient.index).collect();
    assert_eq!((again.id, left), (chunk.id, vec![0, 2]));
}

pub async fn ignores_the_end_of_a_lost_lease(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.working().await;
    let lost = world.claim_one(at(5)).await;
    let held = world.claim_one(at(5).after(LEASE)).await;
    assert_eq!((held.id, held.attempt), (lost.id, 2));
    let retry = ChunkEnd::Retry { at: at(5), reason: Reason::NoAnswer };
    world.record(vec![], vec![(lost.id, 1, retry), (lost.id, 1, ChunkEnd::Done)]).await;
    assert!(world.claim(at(200)).await.is_empty(), "the second claim's lease is valid");
}

pub async fn records_the_parts_of_a_lost_lease(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let lost = world.claim_one(at(5)).await;
    let held = world.claim_one(at(5).after(LEASE)).await;
    world.done(&lost, accepted(&lost, 0, &[(1, "first")])).await;
    assert_eq!(world.recipient(order).await, RecipientState::Submitted);
    // The second claim submitted it, too; the carrier's first id counts.
    world.done(&held, accepted(&held, 0, &[(1, "second")])).await;
    assert_eq!(world.receive("second", ReceiptState::Failed).await.parked, 1);
    world.receive("first", ReceiptState::Delivered).await;
    assert_eq!(world.state(order).await, OrderState::Fulfilled);
}

pub async fn ignores_the_refusal_of_a_lost_lease(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let lost = world.claim_one(at(5)).await;
    let held = world.claim_one(at(5).after(LEASE)).await;
    let recorded = world.done(&lost, refused(&lost, Reason::Refused)).await;
    assert_eq!(recorded, Recorded::default());
    assert_eq!(world.recipient(order).await, RecipientState::Pending);
    world.done(&held, accepted(&held, 0, &[(1, "a")])).await;
    assert_eq!(world.recipient(order).await, RecipientState::Submitted);
}

pub async fn ignores_a_refusal_of_an_accepted_recipient(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let lost = world.claim_one(at(5)).await;
    let held = world.claim_one(at(5).after(LEASE)).await;
    world.done(&lost, accepted(&lost, 0, &[(1, "a")])).await;
    // The carrier refuses a duplicate.
    world.done(&held, refused(&held, Reason::Refused)).await;
    assert_eq!(world.recipient(order).await, RecipientState::Submitted);
    world.receive("a", ReceiptState::Delivered).await;
    assert_eq!(world.state(order).await, OrderState::Fulfilled);
}

pub async fn recording_an_outcome_twice_is_harmless(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    let taken = accepted(&chunk, 0, &[(1, "a")]);
    world.record(vec![taken.clone(), taken.clone()], vec![]).await;
    let again = world.done(&chunk, taken.clone()).await;
    assert_eq!(again, Recorded::default());
    world.receive("a", ReceiptState::Delivered).await;
    let late = world.done(&chunk, taken).await;
    assert_eq!(late, Recorded::default());
    assert_eq!(world.recipient(order).await, RecipientState::Success);
}

pub async fn ignores_outcomes_of_unknown_chunks(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let mut chunk = world.claim_one(at(5)).await;
    let beyond = world.record(vec![accepted(&chunk, 7, &[(1, "a")])], vec![]).await;
    assert_eq!(beyond, Recorded::default());
    chunk.id = NO_CHUNK;
    let unknown = world.done(&chunk, accepted(&chunk, 0, &[(1, "b")])).await;
    assert_eq!(unknown, Recorded::default());
    assert_eq!(world.recipient(order).await, RecipientState::Pending);
}

pub async fn records_many_recipients_at_once(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working_with(world.new_message(1_500)).await;
    let chunks = world.claim(at(5)).await;
    let mut outcomes = Vec::new();
    for chunk in &chunks {
        for recipient in &chunk.recipients {
            let id = recipient.index.to_string();
            outcomes.push(accepted(chunk, recipient.index, &[(1, &id)]));
        }
    }
    let ends = chunks.iter().map(|chunk| (chunk.id, chunk.attempt, ChunkEnd::Done)).collect();
    assert_eq!(world.record(outcomes, ends).await.recipients, 1_500);
    assert!(world.claim(at(3_000)).await.is_empty());
    let receipts = |range: std::ops::Range<u32>| {
        range.map(|id| super::world::receipt(&id.to_string(), ReceiptState::Delivered)).collect()
    };
    world.store.record_receipts(receipts(0..1_499), at(20), None).await.unwrap();
    assert_eq!(world.state(order).await, OrderState::Working);
    let last = world.store.record_receipts(receipts(1_499..1_500), at(20), None).await.unwrap();
    assert_eq!(last.decided, 1);
    assert_eq!(world.state(order).await, OrderState::Fulfilled);
}
