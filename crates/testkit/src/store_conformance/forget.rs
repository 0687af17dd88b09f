//! Deletes rows whose time of retention is over.

use domain::ports::{NodeVerdict, ReceiptState, Recorded};
use domain::reason::Reason;

use super::Rig;
use super::world::{DELIVERED, World, accepted, at, result};

pub async fn deletes_orders_that_were_never_paid(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (unpaid, cancelling, open) =
        (world.open_order().await, world.open_order().await, world.open_order().await);
    for order in [unpaid, cancelling] {
        world.cancel(order, Reason::Unpaid).await;
    }
    world.node_says(unpaid, NodeVerdict::Cancelled).await;
    let paid = world.working().await;
    world.cancel(paid, Reason::CancelledByBuyer).await;
    world.node_says(paid, NodeVerdict::Cancelled).await;

    assert_eq!(
        world.store.forget_unpaid_orders(at(40), 9).await.unwrap(),
        0,
        "it was cancelled at 40"
    );
    assert!(world.store.order(unpaid).await.unwrap().is_some());
    assert_eq!(world.store.forget_unpaid_orders(at(41), 9).await.unwrap(), 1);
    assert!(world.store.order(unpaid).await.unwrap().is_none());
    assert_eq!(world.store.forget_unpaid_orders(at(9_000), 9).await.unwrap(), 0);
    for order in [cancelling, open, paid] {
        assert!(world.store.order(order).await.unwrap().is_some());
    }
    world.must_be_sound().await;
}

pub async fn deletes_no_more_than_the_limit(rig: &impl Rig) {
    let world = World::new(rig).await;
    for _ in 0..3 {
        let order = world.open_order().await;
        world.node_says(order, NodeVerdict::Cancelled).await;
    }
    let forget = || world.store.forget_unpaid_orders(at(9_000), 2);
    assert_eq!(forget().await.unwrap(), 2);
    assert_eq!(forget().await.unwrap(), 1);
    assert_eq!(forget().await.unwrap(), 0);
}

pub async fn deletes_finished_events(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let first = world.due_events(at(2)).await.remove(0);
    world.store.record_deliveries(vec![result(first.id, DELIVERED)], at(3)).await.unwrap();
    let other = world.working().await;
    assert_eq!(world.store.forget(at(3), 9).await.unwrap(), 0, "not old enough");
    assert_eq!(world.store.forget(at(4), 9).await.unwrap(), 1);
    assert_eq!(world.due_events(at(9_000)).await.len(), 1, "the other has not ended");
    // Later events are not affected.
    let chunks = world.claim(at(5)).await;
    let outcomes =
        chunks.iter().zip(["a", "b"]).map(|(chunk, id)| accepted(chunk, 0, &[(1, id)])).collect();
    assert_eq!(world.record(outcomes, vec![]).await.events, 2);
    for order in [order, other] {
        assert!(world.store.order(order).await.unwrap().is_some());
    }
}

pub async fn keeps_what_is_queued_and_takes_late_outcomes(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    world.done(&chunk, accepted(&chunk, 0, &[(1, "a")])).await;
    let waiting = world.working().await;
    assert_eq!(world.store.forget(at(9_000), 9).await.unwrap(), 0);
    let late = world.done(&chunk, accepted(&chunk, 0, &[(1, "b")])).await;
    assert_eq!(late, Recorded::default());
    world.receive("a", ReceiptState::Delivered).await;
    assert_eq!(world.state(order).await, domain::sale::order::OrderState::Fulfilled);
    assert_eq!(world.claim(at(12)).await.len(), 1, "queued messages stay");
    assert!(world.store.order(waiting).await.unwrap().is_some());
}
