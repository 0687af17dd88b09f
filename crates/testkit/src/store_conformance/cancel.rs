//! Cancelling orders.

use domain::id::OrderId;
use domain::message::recipient::RecipientState;
use domain::money::Msat;
use domain::ports::{CancelOutcome, ChunkEnd, NodeVerdict, ReceiptState};
use domain::reason::Reason;
use domain::sale::order::OrderState;

use super::Rig;
use super::world::{PRICE, World, accepted, at, balance, deferred};

pub async fn cancels_an_open_order(rig: &impl Rig) {
    let world = World::new(rig).await;
    for reason in [Reason::CancelledByBuyer, Reason::Unpaid, Reason::NoInvoice, Reason::HoldRanOut]
    {
        let order = world.open_order().await;
        assert_eq!(world.cancel(order, reason).await, CancelOutcome::Cancelled);
        let stored = world.order(order).await;
        assert_eq!((stored.state, stored.reason), (OrderState::Cancelling, Some(reason)));
        assert_eq!(stored.updated_at, at(30));
        let again = world.cancel(order, Reason::Unpaid).await;
        assert_eq!(again, CancelOutcome::Already(OrderState::Cancelling));
        assert_eq!(world.order(order).await.reason, Some(reason));
    }
    let nobody = world.cancel(OrderId::new([9; 32]), Reason::Unpaid).await;
    assert_eq!(nobody, CancelOutcome::NoSuchOrder);
    world.must_be_sound().await;
}

pub async fn the_buyer_can_cancel_before_a_claim(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    assert_eq!(world.cancel(order, Reason::CancelledByBuyer).await, CancelOutcome::Cancelled);
    assert_eq!(world.state(order).await, OrderState::Cancelling);
    assert!(world.claim(at(31)).await.is_empty(), "a cancelled order is claimed");
    let again = world.cancel(order, Reason::CancelledByBuyer).await;
    assert_eq!(again, CancelOutcome::Already(OrderState::Cancelling));
}

pub async fn the_buyer_cannot_cancel_after_a_claim(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    assert_eq!(world.cancel(order, Reason::CancelledByBuyer).await, CancelOutcome::TooLate);
    world.done(&chunk, accepted(&chunk, 0, &[(1, "a")])).await;
    assert_eq!(world.cancel(order, Reason::CancelledByBuyer).await, CancelOutcome::TooLate);
    assert_eq!(world.state(order).await, OrderState::Working);
}

pub async fn the_buyer_can_cancel_between_two_attempts(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    let retry = ChunkEnd::Retry { at: at(6), reason: Reason::LinkDown };
    world.record(vec![deferred(&chunk, &[], 1)], vec![(chunk.id, chunk.attempt, retry)]).await;
    assert_eq!(world.cancel(order, Reason::CancelledByBuyer).await, CancelOutcome::Cancelled);
    assert!(world.claim(at(31)).await.is_empty());
}

pub async fn the_buyer_cannot_cancel_once_a_carrier_has_a_part(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    let retry = ChunkEnd::Retry { at: at(6), reason: Reason::Throttled };
    let taken = deferred(&chunk, &[(1, "a")], 2);
    world.record(vec![taken], vec![(chunk.id, chunk.attempt, retry)]).await;
    assert_eq!(world.cancel(order, Reason::CancelledByBuyer).await, CancelOutcome::TooLate);
    assert_eq!(world.claim(at(31)).await.len(), 1);
}

pub async fn times_out_at_the_end_of_the_hold(rig: &impl Rig) {
    let world = World::new(rig).await;
    // Queued, claimed, and accepted by a carrier.
    let queued = world.working().await;
    assert_eq!(world.cancel(queued, Reason::HoldRanOut).await, CancelOutcome::Cancelled);
    let claimed = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    assert_eq!(world.cancel(claimed, Reason::HoldRanOut).await, CancelOutcome::Cancelled);
    let recorded = world.done(&chunk, accepted(&chunk, 0, &[(1, "late")])).await;
    assert_eq!((recorded.recipients, recorded.decided), (0, 0));
    let with_carrier = world.submitted("a").await;
    assert_eq!(world.cancel(with_carrier, Reason::HoldRanOut).await, CancelOutcome::Cancelled);

    for order in [queued, claimed, with_carrier] {
        let stored = world.order(order).await;
        assert_eq!(
            (stored.state, stored.reason),
            (OrderState::Cancelling, Some(Reason::HoldRanOut))
        );
        assert_eq!(stored.fulfilment.recipient(), Some(RecipientState::Timeout));
    }
    assert!(world.claim(at(5_000)).await.is_empty());
    world.receive("a", ReceiptState::Delivered).await;
    world.receive("late", ReceiptState::Delivered).await;
    for order in [claimed, with_carrier] {
        assert_eq!(world.state(order).await, OrderState::Cancelling);
    }
}

pub async fn stays_fulfilled_at_the_end_of_the_hold(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.submitted("a").await;
    world.receive("a", ReceiptState::Delivered).await;
    let outcome = world.cancel(order, Reason::HoldRanOut).await;
    assert_eq!(outcome, CancelOutcome::Already(OrderState::Fulfilled));
    assert_eq!(world.recipient(order).await, RecipientState::Success);
}

pub async fn cancels_as_unpaid_only_while_unpaid(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    for reason in [Reason::Unpaid, Reason::PaymentUnfit, Reason::NoInvoice] {
        assert_eq!(world.cancel(order, reason).await, CancelOutcome::TooLate);
    }
    assert_eq!(world.state(order).await, OrderState::Working);
    assert_eq!(world.claim(at(31)).await.len(), 1);
}

pub async fn cancels_an_order_paid_from_credit(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(PRICE).await;
    let (order, _) = world.spend(account.id, PRICE).await;
    assert_eq!(world.cancel(order, Reason::CancelledByBuyer).await, CancelOutcome::Cancelled);
    assert_eq!(world.state(order).await, OrderState::Cancelled);
    assert_eq!(world.balance(account.id).await, balance(PRICE, Msat::ZERO));
    let again = world.cancel(order, Reason::CancelledByBuyer).await;
    assert_eq!(again, CancelOutcome::Already(OrderState::Cancelled));
    world.must_be_sound().await;
}

pub async fn changes_nothing_after_a_cancel(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let (chunk, now) = (world.claim_one(at(5)).await, at(5));
    let retry = ChunkEnd::Retry { at: now, reason: Reason::LinkDown };
    world.record(vec![deferred(&chunk, &[], 1)], vec![(chunk.id, chunk.attempt, retry)]).await;
    assert_eq!(world.cancel(order, Reason::CancelledByBuyer).await, CancelOutcome::Cancelled);
    world.node_says(order, NodeVerdict::Cancelled).await;
    // It was reported as unsent, and yet a carrier accepted it.
    world.done(&chunk, accepted(&chunk, 0, &[(1, "a")])).await;
    let recorded = world.receive("a", ReceiptState::Delivered).await;
    assert_eq!(recorded.decided, 0);
    let stored = world.order(order).await;
    assert_eq!(
        (stored.state, stored.reason),
        (OrderState::Cancelled, Some(Reason::CancelledByBuyer))
    );
    world.must_be_sound().await;
}
