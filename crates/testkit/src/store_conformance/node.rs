//! Orders and the Lightning node: due comparisons, and the node's reports.

use domain::id::OrderId;
use domain::message::recipient::RecipientState;
use domain::money::Msat;
use domain::ports::{ChunkEnd, ClaimedChunk, NodeReport, NodeVerdict, ReceiptState};
use domain::reason::Reason;
use domain::sale::order::OrderState;
use domain::time::Timestamp;

use super::Rig;
use super::world::{CAPS, PRICE, World, accepted, at, deferred};

async fn due(world: &World, now: Timestamp) -> Vec<OrderId> {
    let put_off = at(500).max(now.after(std::time::Duration::from_secs(30)));
    let orders = world.store.claim_order_checks(now, put_off, 100).await.unwrap();
    orders.iter().map(|order| order.id).collect()
}

pub async fn claims_due_checks_once(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(PRICE).await;
    world.spend(account.id, PRICE).await;
    let (one, two) = (world.open_order().await, world.open_order().await);
    assert!(due(&world, at(59)).await.is_empty());
    let first = world.store.claim_order_checks(at(60), at(500), 1).await.unwrap();
    assert_eq!(first.len(), 1);
    let second = due(&world, at(60)).await;
    assert_eq!(second.len(), 1);
    assert!([[first[0].id, second[0]], [second[0], first[0].id]].contains(&[one, two]));
    assert!(due(&world, at(60)).await.is_empty());
    assert_eq!(due(&world, at(500)).await.len(), 2, "put off, not forgotten");
}

pub async fn checks_a_decided_order_at_once(rig: &impl Rig) {
    let world = World::new(rig).await;
    let delivered = world.submitted("a").await;
    assert!(due(&world, at(20)).await.is_empty());
    assert_eq!(world.receive("a", ReceiptState::Delivered).await.decided, 1);
    assert_eq!(due(&world, at(20)).await, [delivered]);
    let failed = world.submitted("b").await;
    assert_eq!(world.receive("b", ReceiptState::Failed).await.decided, 1);
    assert_eq!(due(&world, at(20)).await, [failed]);
    let cancelled = world.open_order().await;
    world.cancel(cancelled, Reason::Unpaid).await;
    assert_eq!(due(&world, at(30)).await, [cancelled]);
}

pub async fn does_not_postpone_the_check_of_a_decided_order(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.submitted("a").await;
    assert_eq!(due(&world, at(60)).await, [order]);
    // The receipt arrives while the node is called.
    let receipt = super::world::receipt("a", ReceiptState::Delivered);
    world.store.record_receipts(vec![receipt], at(61), None).await.unwrap();
    let report = NodeReport { order, verdict: NodeVerdict::Unchanged, check_at: at(9_000) };
    world.store.record_node_reports(vec![report], at(62)).await.unwrap();
    assert_eq!(due(&world, at(62)).await, [order]);
    // A report after that decision is applied.
    world.store.record_node_reports(vec![report], at(63)).await.unwrap();
    assert!(due(&world, at(8_999)).await.is_empty());
    assert_eq!(due(&world, at(9_000)).await, [order]);
}

pub async fn settles_and_cancels_by_the_nodes_reports(rig: &impl Rig) {
    let world = World::new(rig).await;
    let kept = world.submitted("a").await;
    world.receive("a", ReceiptState::Delivered).await;
    assert_eq!(world.state(kept).await, OrderState::Fulfilled);
    let finals = world.node_says(kept, NodeVerdict::Settled).await;
    assert_eq!(finals, [(kept, OrderState::Settled)]);
    assert_eq!(world.state(kept).await, OrderState::Settled);

    let returned = world.submitted("b").await;
    world.receive("b", ReceiptState::Failed).await;
    assert_eq!(world.state(returned).await, OrderState::Cancelling);
    let finals = world.node_says(returned, NodeVerdict::Cancelled).await;
    assert_eq!(finals, [(returned, OrderState::Cancelled)]);
    let stored = world.order(returned).await;
    assert_eq!((stored.state, stored.reason), (OrderState::Cancelled, Some(Reason::Undelivered)));

    let unpaid = world.open_order().await;
    world.node_says(unpaid, NodeVerdict::Cancelled).await;
    assert_eq!(world.state(unpaid).await, OrderState::Cancelled);
    assert!(due(&world, at(100_000)).await.is_empty(), "a final order is due");
    world.must_be_sound().await;
}

pub async fn repeated_node_reports_change_nothing(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.submitted("a").await;
    world.receive("a", ReceiptState::Delivered).await;
    let report = NodeReport { order, verdict: NodeVerdict::Settled, check_at: at(99) };
    world.store.record_node_reports(vec![report, report], at(40)).await.unwrap();
    world.store.record_node_reports(vec![report], at(41)).await.unwrap();
    let opposite = NodeReport { verdict: NodeVerdict::Cancelled, ..report };
    let finals = world.store.record_node_reports(vec![opposite], at(42)).await.unwrap();
    assert!(finals.is_empty(), "reported once");
    let stored = world.order(order).await;
    assert_eq!((stored.state, stored.updated_at), (OrderState::Settled, at(40)));
    let unknown = NodeReport { order: OrderId::new([9; 32]), ..report };
    world.store.record_node_reports(vec![unknown], at(43)).await.unwrap();
    let report = world.store.check_ledger().await.unwrap();
    assert!(report.is_sound() && report.transfers == 1, "{report:?}");
}

pub async fn an_order_refunded_by_the_node_is_lost(rig: &impl Rig) {
    let world = World::new(rig).await;
    let fulfilled = world.submitted("a").await;
    world.receive("a", ReceiptState::Delivered).await;
    let finals = world.node_says(fulfilled, NodeVerdict::Cancelled).await;
    assert_eq!(finals, [(fulfilled, OrderState::Lost)]);
    assert!(world.node_says(fulfilled, NodeVerdict::Cancelled).await.is_empty(), "reported once");

    let queued = world.working().await;
    let finals = world.node_says(queued, NodeVerdict::Cancelled).await;
    assert_eq!(finals, [(queued, OrderState::Lost)]);
    assert!(world.claim(at(50)).await.is_empty(), "it is no longer paid for");
    for order in [fulfilled, queued] {
        let stored = world.order(order).await;
        assert_eq!((stored.state, stored.reason), (OrderState::Lost, Some(Reason::NodeRefunded)));
    }

    let claimed = world.working().await;
    let chunk = world.claim_one(at(50)).await;
    let finals = world.node_says(claimed, NodeVerdict::Cancelled).await;
    assert_eq!(finals, [(claimed, OrderState::Lost)]);
    world.done(&chunk, accepted(&chunk, 0, &[(1, "c")])).await;
    assert_eq!(world.receive("c", ReceiptState::Delivered).await.decided, 0);
    assert_eq!(world.state(claimed).await, OrderState::Lost);
    world.must_be_sound().await;
}

pub async fn does_not_settle_an_unfulfilled_order(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    assert!(world.node_says(order, NodeVerdict::Settled).await.is_empty());
    assert_eq!(world.state(order).await, OrderState::Working);
    assert_eq!(due(&world, at(1_000)).await, [order], "it is looked up again");
    world.must_be_sound().await;
}

pub async fn makes_every_open_order_due_at_start(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::new(9_000_000)).await;
    world.spend(account.id, PRICE).await;
    let (open, working) = (world.open_order().await, world.working().await);
    let settled = world.open_order().await;
    world.node_says(settled, NodeVerdict::Cancelled).await;
    assert!(due(&world, at(10)).await.is_empty());
    assert_eq!(world.store.recheck_orders(at(10)).await.unwrap(), 2);
    let mut found = due(&world, at(10)).await;
    found.sort_unstable();
    let mut expected = [open, working];
    expected.sort_unstable();
    assert_eq!(found, expected);
}

pub async fn keeps_the_order_of_due_checks(rig: &impl Rig) {
    let world = World::new(rig).await;
    let later = world.open_order().await;
    let waiting = world.new_order();
    let id = waiting.id;
    world.store.add_order(waiting, CAPS, at(3)).await.unwrap();
    assert_eq!(world.store.recheck_orders(at(10)).await.unwrap(), 2);
    for expected in [id, later] {
        let claimed = world.store.claim_order_checks(at(10), at(500), 1).await.unwrap();
        assert_eq!(claimed[0].id, expected);
    }
}

/// An order refunded by the node while its message was claimed.
async fn lost_while_claimed(world: &World) -> (OrderId, ClaimedChunk) {
    let order = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    world.node_says(order, NodeVerdict::Cancelled).await;
    assert_eq!(world.state(order).await, OrderState::Lost);
    (order, chunk)
}

pub async fn retries_nothing_of_a_lost_order(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (order, chunk) = lost_while_claimed(&world).await;
    let retry = ChunkEnd::Retry { at: at(11), reason: Reason::Throttled };
    let ends = vec![(chunk.id, chunk.attempt, retry)];
    let recorded = world.record(vec![deferred(&chunk, &[], 1)], ends.clone()).await;
    assert_eq!((recorded.recipients, recorded.decided), (1, 0));
    assert_eq!(world.recipient(order).await, RecipientState::Timeout);
    assert!(world.claim(at(3_000)).await.is_empty());
    assert_eq!(world.record(vec![], ends).await.recipients, 0);
    assert_eq!(world.state(order).await, OrderState::Lost);
    world.must_be_sound().await;
}

pub async fn claims_nothing_of_a_lost_order(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (order, _) = lost_while_claimed(&world).await;
    // Its process died, and the lease expires.
    let alive = world.working().await;
    let claimed = world.claim_one(at(600)).await;
    world.done(&claimed, accepted(&claimed, 0, &[(1, "a")])).await;
    assert_eq!(world.recipient(alive).await, RecipientState::Submitted);
    assert_eq!(world.recipient(order).await, RecipientState::Timeout);
}
