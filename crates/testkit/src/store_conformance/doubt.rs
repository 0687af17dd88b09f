//! Recipients that a carrier may have accepted without a response.

use domain::limits::NO_ANSWERS_MAX;
use domain::message::recipient::RecipientState;
use domain::ports::{CancelOutcome, ChunkEnd, ClaimedChunk, End, Outcome, ReceiptState, Recorded};
use domain::reason::Reason;
use domain::sale::order::OrderState;

use super::Rig;
use super::world::{LEASE, NODE, REFUND, World, accepted, at, deferred, outcome};

fn silent(chunk: &ClaimedChunk) -> Outcome {
    let end = End::Deferred { reason: Reason::NoAnswer, wait: None, code: None };
    outcome(chunk, 0, 1, &[], end)
}

fn late(chunk: &ClaimedChunk, taken: &[(u16, &str)]) -> Outcome {
    outcome(chunk, 0, 1, taken, End::Late)
}

/// Records an outcome and makes the chunk due at once.
async fn retry(world: &World, chunk: &ClaimedChunk, outcomes: Vec<Outcome>) -> Recorded {
    let end = ChunkEnd::Retry { at: at(10), reason: Reason::NoAnswer };
    world.record(outcomes, vec![(chunk.id, chunk.attempt, end)]).await
}

async fn is_too_late(world: &World, order: domain::id::OrderId) {
    assert_eq!(world.cancel(order, Reason::CancelledByBuyer).await, CancelOutcome::TooLate);
    assert_eq!(world.state(order).await, OrderState::Working);
}

pub async fn the_buyer_cannot_cancel_after_a_lost_claim(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    world.claim_one(at(5)).await;
    world.store.release_leases(NODE, at(6)).await.unwrap();
    is_too_late(&world, order).await;
    // The next claim knows only its own outcomes.
    let again = world.claim_one(at(6)).await;
    retry(&world, &again, vec![deferred(&again, &[], 1)]).await;
    is_too_late(&world, order).await;
}

pub async fn the_buyer_cannot_cancel_after_an_expired_lease(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    world.claim_one(at(5)).await;
    let again = world.claim_one(at(5).after(LEASE)).await;
    retry(&world, &again, vec![deferred(&again, &[], 1)]).await;
    is_too_late(&world, order).await;
}

pub async fn the_buyer_cannot_cancel_without_the_carriers_response(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    retry(&world, &chunk, vec![silent(&chunk)]).await;
    is_too_late(&world, order).await;
    let again = world.claim_one(at(10)).await;
    retry(&world, &again, vec![deferred(&again, &[], 1)]).await;
    is_too_late(&world, order).await;
}

pub async fn the_buyer_cannot_cancel_after_lost_outcomes(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working_with(world.new_message(2)).await;
    let chunk = world.claim_one(at(5)).await;
    // The outcome of one of two came, twice.
    let first = deferred(&chunk, &[], 1);
    retry(&world, &chunk, vec![first.clone(), first]).await;
    is_too_late(&world, order).await;
}

pub async fn the_buyer_can_cancel_after_certain_outcomes(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working_with(world.new_message(2)).await;
    for tries in 1..=3 {
        let chunk = world.claim_one(at(10)).await;
        assert_eq!(chunk.attempt, tries);
        let mut second = deferred(&chunk, &[], 1);
        second.key.recipient = 1;
        // Outcomes arrive separately; the last one ends the chunk.
        world.record(vec![deferred(&chunk, &[], 1)], vec![]).await;
        retry(&world, &chunk, vec![second]).await;
    }
    assert_eq!(world.cancel(order, Reason::CancelledByBuyer).await, CancelOutcome::Cancelled);
}

pub async fn submits_after_too_many_unanswered_claims(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    for silence in 1..=NO_ANSWERS_MAX {
        assert_eq!(world.recipient(order).await, RecipientState::Pending);
        let chunk = world.claim_one(at(10)).await;
        let recorded = retry(&world, &chunk, vec![silent(&chunk)]).await;
        assert_eq!(recorded.recipients, u32::from(silence == NO_ANSWERS_MAX));
    }
    assert_eq!(world.recipient(order).await, RecipientState::Submitted);
    assert!(world.claim(at(3_000)).await.is_empty(), "no more copies");
    is_too_late(&world, order).await;
    let recorded = world.store.expire(at(7_200), at(0), 9, REFUND).await.unwrap();
    assert_eq!((recorded.recipients, recorded.decided), (1, 1));
    assert_eq!(world.order(order).await.reason, Some(Reason::NoReceipt));
}

pub async fn counts_an_unanswered_claim_once(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    for _ in 0..=NO_ANSWERS_MAX {
        world.record(vec![silent(&chunk), silent(&chunk)], vec![]).await;
    }
    assert_eq!(world.recipient(order).await, RecipientState::Pending);
    // Other reasons do not count as missing responses.
    for _ in 0..=NO_ANSWERS_MAX {
        let chunk = world.claim_one(at(10).after(LEASE)).await;
        retry(&world, &chunk, vec![deferred(&chunk, &[], 1)]).await;
    }
    assert_eq!(world.recipient(order).await, RecipientState::Pending);
}

pub async fn records_a_late_response(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let silenced = world.claim_one(at(5)).await;
    retry(&world, &silenced, vec![silent(&silenced)]).await;
    let recorded = world.record(vec![late(&silenced, &[(1, "a")])], vec![]).await;
    assert_eq!(recorded.recipients, 1);
    assert_eq!(world.recipient(order).await, RecipientState::Submitted);
    assert!(world.claim(at(3_000)).await.is_empty(), "it is with the carrier");
    world.receive("a", ReceiptState::Delivered).await;
    assert_eq!(world.state(order).await, OrderState::Fulfilled);
}

pub async fn records_a_late_response_of_an_ended_chunk(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let mut last = None;
    for _ in 0..NO_ANSWERS_MAX {
        let chunk = world.claim_one(at(10)).await;
        retry(&world, &chunk, vec![silent(&chunk)]).await;
        last = Some(chunk);
    }
    let recorded = world.record(vec![late(&last.unwrap(), &[(1, "a")])], vec![]).await;
    assert_eq!(recorded, Recorded::default());
    world.receive("a", ReceiptState::Delivered).await;
    assert_eq!(world.state(order).await, OrderState::Fulfilled);
}

pub async fn a_late_response_ends_no_chunk(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let silenced = world.claim_one(at(5)).await;
    retry(&world, &silenced, vec![silent(&silenced)]).await;
    let held = world.claim_one(at(10)).await;
    // A late refusal.
    let recorded = world.record(vec![late(&silenced, &[])], vec![]).await;
    assert_eq!(recorded, Recorded::default());
    assert_eq!(world.recipient(order).await, RecipientState::Pending);
    assert!(world.claim(at(11)).await.is_empty(), "the second claim is valid");
    world.done(&held, accepted(&held, 0, &[(1, "b")])).await;
    assert_eq!(world.recipient(order).await, RecipientState::Submitted);
}
