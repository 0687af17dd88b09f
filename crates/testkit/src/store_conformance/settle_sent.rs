//! Orders that are settled because a carrier took their message, and what comes after.

use domain::account::operator::Actor;
use domain::id::OrderId;
use domain::message::progress::Progress;
use domain::message::recipient::RecipientState;
use domain::money::Msat;
use domain::ports::{
    Charge, ChunkEnd, ClaimedChunk, End, NodeVerdict, ReceiptState, Recorded, Snapshot,
};
use domain::reason::Reason;
use domain::sale::order::{NewOrder, OrderState, Unreceipted, Wanted};

use super::Rig;
use super::world::{PRICE, World, accepted, at, balance, deferred, outcome};

/// When the receipt of a message is overdue, and when it is once more.
const OVERDUE: u64 = 7_200;
const OVERDUE_AGAIN: u64 = OVERDUE + 4 * 24 * 60 * 60;

impl World {
    async fn settle_overdue(&self, secs: u64) -> Recorded {
        self.store.expire(at(secs), at(0), 100, Unreceipted::Settle).await.unwrap()
    }

    /// An order from credit whose only part a carrier accepted as `id`.
    async fn taken_from_credit(&self, account: domain::id::AccountId, id: &str) -> OrderId {
        let (order, _) = self.spend(account, PRICE).await;
        let chunk = self.claim_one(at(5)).await;
        self.done(&chunk, accepted(&chunk, 0, &[(1, id)])).await;
        order
    }

    async fn shown(&self, order: OrderId) -> (OrderState, Option<Progress>) {
        let snapshot = self.order(order).await.snapshot();
        (snapshot.state, snapshot.progress)
    }
}

fn sent(chunk: &ClaimedChunk, id: &str) -> domain::ports::Outcome {
    outcome(chunk, 0, 1, &[(1, id)], End::Sent)
}

pub async fn settles_as_sent_what_a_carrier_took(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(PRICE).await.id;
    let by_invoice = world.submitted("a").await;
    let by_credit = world.taken_from_credit(account, "b").await;
    assert_eq!(world.settle_overdue(OVERDUE - 1).await, Recorded::default());
    let recorded = world.settle_overdue(OVERDUE).await;
    assert_eq!((recorded.decided, recorded.settled, recorded.recipients), (1, 1, 0));
    assert_eq!(world.shown(by_invoice).await, (OrderState::Fulfilled, Some(Progress::Sent)));
    assert_eq!(world.shown(by_credit).await, (OrderState::Settled, Some(Progress::Sent)));
    assert_eq!(world.balance(account).await, balance(Msat::ZERO, Msat::ZERO));
    world.node_says(by_invoice, NodeVerdict::Settled).await;
    assert_eq!(world.settle_overdue(OVERDUE + 1).await, Recorded::default(), "once");
    world.must_be_sound().await;

    // No receipt comes later either: that is no failure.
    let recorded = world.settle_overdue(OVERDUE_AGAIN).await;
    assert_eq!((recorded.recipients, recorded.decided, recorded.events), (2, 0, 0));
    for order in [by_invoice, by_credit] {
        assert_eq!(world.recipient(order).await, RecipientState::Timeout);
        assert_eq!(world.shown(order).await, (OrderState::Settled, Some(Progress::Sent)));
    }
    assert_eq!(world.balance(account).await, balance(Msat::ZERO, Msat::ZERO));
    world.must_be_sound().await;
}

pub async fn refunds_what_no_carrier_confirmed(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(PRICE).await.id;
    let (order, _) = world.spend(account, PRICE).await;
    // Three claims without an answer: a carrier may have it, and none said so.
    let mut now = 5;
    for _ in 0..3 {
        let chunk = world.claim_one(at(now)).await;
        let silent = End::Deferred { reason: Reason::NoAnswer, wait: None, code: None };
        let retry = ChunkEnd::Retry { at: at(now + 10), reason: Reason::NoAnswer };
        let unanswered = outcome(&chunk, 0, 1, &[], silent);
        world.record(vec![unanswered], vec![(chunk.id, chunk.attempt, retry)]).await;
        now += 10;
    }
    assert_eq!(world.recipient(order).await, RecipientState::Submitted);
    assert!(!world.store.settle_unreceipted(order, at(100)).await.unwrap());
    world.settle_overdue(OVERDUE).await;
    assert_eq!(world.state(order).await, OrderState::Cancelled);
    assert_eq!(world.balance(account).await, balance(PRICE, Msat::ZERO));
    world.must_be_sound().await;
}

pub async fn settles_at_once_by_a_carrier_whose_word_suffices(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(PRICE).await.id;
    let (by_credit, _) = world.spend(account, PRICE).await;
    let chunk = world.claim_one(at(5)).await;
    let recorded = world.done(&chunk, sent(&chunk, "a")).await;
    assert_eq!((recorded.settled, recorded.recipients), (1, 1));
    assert_eq!(world.shown(by_credit).await, (OrderState::Settled, Some(Progress::Sent)));

    let by_invoice = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    let recorded = world.done(&chunk, sent(&chunk, "b")).await;
    assert_eq!((recorded.decided, recorded.recipients), (1, 1));
    assert_eq!(world.shown(by_invoice).await, (OrderState::Fulfilled, Some(Progress::Sent)));
    // Receipts still tell what became of it.
    world.receive("a", ReceiptState::Delivered).await;
    world.receive("b", ReceiptState::Delivered).await;
    assert_eq!(world.shown(by_credit).await, (OrderState::Settled, Some(Progress::Delivered)));
    assert_eq!(world.shown(by_invoice).await, (OrderState::Fulfilled, Some(Progress::Delivered)));
    assert_eq!(world.balance(account).await, balance(Msat::ZERO, Msat::ZERO));
    world.must_be_sound().await;
}

pub async fn gives_an_account_its_price_back_when_it_failed_late(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(PRICE).await.id;
    let order = world.taken_from_credit(account, "a").await;
    world.settle_overdue(OVERDUE).await;
    world.receive("a", ReceiptState::Failed).await;
    assert_eq!(world.shown(order).await, (OrderState::Settled, Some(Progress::Failed)));
    assert_eq!(world.balance(account).await, balance(PRICE, Msat::ZERO));
    let refunds = world.store.refunds(Charge::Order(order), 0, 9).await.unwrap();
    assert_eq!(refunds.len(), 1);
    assert_eq!((refunds[0].by, refunds[0].amount), (Actor::Gateway, PRICE));
    // Once, whatever comes next.
    world.receive("a", ReceiptState::Expired).await;
    world.receive("a", ReceiptState::Failed).await;
    world.settle_overdue(OVERDUE_AGAIN).await;
    assert_eq!(world.balance(account).await, balance(PRICE, Msat::ZERO));
    world.must_be_sound().await;
}

pub async fn gives_back_what_was_paid_over_lightning_once_it_is_settled(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::ZERO).await.id;
    let mut orders = Vec::new();
    for id in ["a", "b"] {
        let new = NewOrder { account: Some(account), ..world.new_order() };
        orders.push(new.id);
        world.add(new).await;
        world.hold(orders[orders.len() - 1], Some(world.new_message(1))).await;
        let chunk = world.claim_one(at(5)).await;
        world.done(&chunk, sent(&chunk, id)).await;
    }
    // The failure of the first comes after the node settled it, that of the second before.
    world.node_says(orders[0], NodeVerdict::Settled).await;
    world.receive("a", ReceiptState::Failed).await;
    assert_eq!(world.balance(account).await, balance(PRICE, Msat::ZERO));
    world.receive("b", ReceiptState::Failed).await;
    assert_eq!(world.shown(orders[1]).await, (OrderState::Fulfilled, Some(Progress::Failed)));
    assert_eq!(world.balance(account).await, balance(PRICE, Msat::ZERO), "not settled yet");
    world.node_says(orders[1], NodeVerdict::Settled).await;
    assert_eq!(world.balance(account).await, balance(Msat::new(2 * PRICE.get()), Msat::ZERO));
    world.must_be_sound().await;
}

pub async fn a_stranger_sees_a_late_failure(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.submitted("a").await;
    world.settle_overdue(OVERDUE).await;
    world.node_says(order, NodeVerdict::Settled).await;
    let recorded = world.receive("a", ReceiptState::Failed).await;
    assert_eq!(recorded.events, 1);
    assert_eq!(world.shown(order).await, (OrderState::Settled, Some(Progress::Failed)));
    world.must_be_sound().await;
}

pub async fn settles_near_the_nodes_deadline_what_a_carrier_took(rig: &impl Rig) {
    let world = World::new(rig).await;
    let waiting = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    let retry = ChunkEnd::Retry { at: at(9_000), reason: Reason::Throttled };
    world.record(vec![deferred(&chunk, &[], 1)], vec![(chunk.id, chunk.attempt, retry)]).await;
    assert!(!world.store.settle_unreceipted(waiting, at(100)).await.unwrap());
    assert_eq!(world.state(waiting).await, OrderState::Working);
    let taken = world.submitted("a").await;
    assert!(world.store.settle_unreceipted(taken, at(100)).await.unwrap());
    assert!(!world.store.settle_unreceipted(taken, at(101)).await.unwrap(), "decided once");
    assert_eq!(world.shown(taken).await, (OrderState::Fulfilled, Some(Progress::Sent)));
    world.must_be_sound().await;
}

pub async fn reports_an_order_settled_as_sent_at_its_end(rig: &impl Rig) {
    let world = World::new(rig).await;
    let new = world.new_order();
    let webhook = new
        .webhook
        .clone()
        .map(|hook| domain::sale::order::Webhook { wants: Wanted::Final, ..hook });
    let (order, new) = (new.id, NewOrder { webhook, ..new });
    world.add(new).await;
    world.hold(order, Some(world.new_message(1))).await;
    let chunk = world.claim_one(at(5)).await;
    world.done(&chunk, accepted(&chunk, 0, &[(1, "a")])).await;
    assert!(world.due_events(at(10)).await.is_empty());
    assert_eq!(world.settle_overdue(OVERDUE).await.events, 1);
    let events = world.deliver_all(at(OVERDUE)).await;
    let progress = |event: &domain::ports::Delivery| match &event.snapshot {
        Snapshot::Order(order) => order.progress,
        Snapshot::Inbound(_)
        | Snapshot::Campaign(_)
        | Snapshot::Recipients(..)
        | Snapshot::Report(_) => None,
    };
    assert_eq!(events.iter().map(progress).collect::<Vec<_>>(), [Some(Progress::Sent)]);
    assert_eq!(world.receive("a", ReceiptState::Failed).await.events, 1);
}
