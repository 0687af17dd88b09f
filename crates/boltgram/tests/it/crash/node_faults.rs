//! The node lies, refuses, falls behind, or has another clock: no order is settled without the node's word, and none that
//! is delivered is given back.

use std::sync::Arc;
use std::time::Duration;

use domain::id::OrderId;
use domain::money::Msat;
use domain::ports::{Clock, HoldState, Lightning};
use domain::reason::Reason;
use domain::sale::hold::ACTION_MARGIN_BLOCKS;
use domain::sale::order::{Order, OrderState, Unreceipted};
use engine::accept::{AcceptedId, Payment};
use futures_util::{StreamExt, stream};
use lightning::sandbox::Faults;
use testkit::clock::{NOON, TestClock};
use testkit::crash::Fuse;

use super::house::{House, Life, NUMBER, PRICE, address};
use super::scenarios::Scenario;
use super::until;
use crate::customer_order::order_of;

/// Time is not of the essence here: blocks are.
const TICK: Duration = Duration::from_millis(500);

const HOUR: Duration = Duration::from_secs(60 * 60);

async fn order(house: &House, life: &Life) -> Option<(OrderId, String)> {
    let request = order_of(house.caller().account, NUMBER, "Din kode er 4711", Payment::Invoice);
    let accepted = life.engine.accept.accept(request).await.ok()?;
    let AcceptedId::Order(id) = accepted.id else { panic!("{:?}", accepted.id) };
    Some((id, accepted.invoice.unwrap()))
}

async fn buy(house: &House, life: &Life) -> OrderId {
    let (id, invoice) = order(house, life).await.unwrap();
    house.node.pay(&invoice).await.unwrap();
    id
}

async fn stored(house: &House, id: OrderId) -> Order {
    house.store.order(id).await.unwrap().unwrap()
}

async fn until_state(house: &House, id: OrderId, state: OrderState) {
    until(house, TICK, state.as_str(), async || stored(house, id).await.state == state).await;
}

async fn at_node(house: &House, id: OrderId) -> HoldState {
    house.node.lookup(stored(house, id).await.payment.hash().unwrap()).await.unwrap()
}

/// Long enough for several comparisons of a fulfilled order.
async fn some_rounds(house: &House) {
    let later = house.clock.now().after(Duration::from_secs(40));
    until(house, TICK, "some rounds pass", async || house.clock.now() >= later).await;
}

/// The node answers *ok* from now on, and does nothing.
fn swallow(house: &House, calls: u32) {
    house.node.set_faults(Faults { swallowed_next: calls, ..house.node.faults() });
}

/// Mines until the order's deadline is so many blocks away.
async fn mine_until_left(house: &House, id: OrderId, left: u32) -> u32 {
    let HoldState::Held(payment) = at_node(house, id).await else { panic!("it is held") };
    let height = house.node.tip().await.unwrap().height;
    house.node.mine(payment.deadline_height - left - height).unwrap();
    payment.deadline_height
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_settle_that_did_not_happen_is_not_recorded() {
    let house = House::new(Scenario::Delivered).await;
    let life = house.begin(Fuse::counting()).await;
    swallow(&house, u32::MAX);
    let id = buy(&house, &life).await;
    until_state(&house, id, OrderState::Fulfilled).await;
    some_rounds(&house).await;
    assert_eq!(stored(&house, id).await.state, OrderState::Fulfilled);
    assert!(matches!(at_node(&house, id).await, HoldState::Held(_)));
    assert_eq!(house.node.purse().received, Msat::ZERO);
    swallow(&house, 0);
    until_state(&house, id, OrderState::Settled).await;
    assert_eq!(house.node.purse().received, PRICE);
}

/// The node gives it back by itself while it answers *ok* to our settles.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivered_order_that_the_node_gives_back_is_lost_and_counted() {
    let house = House::new(Scenario::Refunded).await;
    house.smsc.plan(&address(), testkit::smsc::Plan::Deliver);
    let life = house.begin(Fuse::counting()).await;
    swallow(&house, u32::MAX);
    let id = buy(&house, &life).await;
    until_state(&house, id, OrderState::Fulfilled).await;
    mine_until_left(&house, id, 0).await;
    until_state(&house, id, OrderState::Lost).await;
    assert_eq!(house.node.purse().received, Msat::ZERO);
    let metrics = life.engine.encode_metrics().await;
    for line in ["boltgram_orders_ended_total{result=\"lost\"} 1", "boltgram_orders_lost 1"] {
        assert!(metrics.contains(line), "{line}\n{metrics}");
    }
    let status = life.engine.lightning_node.status().await.unwrap();
    assert_eq!((status.orders.lost, status.lost[0].order), (1, id));
}

/// The macaroon was revoked, or the wallet is locked: every call fails.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_refuses_sells_nothing_and_loses_nothing() {
    let house = House::new(Scenario::Delivered).await;
    let life = house.begin(Fuse::counting()).await;
    swallow(&house, u32::MAX);
    let id = buy(&house, &life).await;
    until_state(&house, id, OrderState::Fulfilled).await;
    house.node.fail_next(u32::MAX);
    swallow(&house, 0);
    some_rounds(&house).await;
    assert_eq!(stored(&house, id).await.state, OrderState::Fulfilled);
    assert!(order(&house, &life).await.is_none(), "nothing is sold");
    let status = life.engine.lightning_node.status().await.unwrap();
    assert_eq!(status.not_selling(), Some("the node does not answer"));
    house.node.fail_next(0);
    until_state(&house, id, OrderState::Settled).await;
    assert_eq!(house.node.purse().received, PRICE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_syncs_sells_nothing_and_settles_what_is_delivered() {
    let house = House::new(Scenario::Delivered).await;
    let life = house.begin(Fuse::counting()).await;
    swallow(&house, u32::MAX);
    let id = buy(&house, &life).await;
    until_state(&house, id, OrderState::Fulfilled).await;
    let (_, invoice) = order(&house, &life).await.unwrap();
    house.node.set_synced(false);
    house.node.pay(&invoice).await.unwrap();
    assert!(order(&house, &life).await.is_none(), "nothing is sold");
    let status = life.engine.lightning_node.status().await.unwrap();
    assert_eq!(status.not_selling(), Some("the node is not synced with the chain"));
    swallow(&house, 0);
    until_state(&house, id, OrderState::Settled).await;
    assert_eq!(house.node.purse().locked, PRICE, "the other payment waits");
    house.node.set_synced(true);
    until(&house, TICK, "all is done", async || house.is_quiet().await).await;
    assert_eq!(house.node.purse().received, PRICE.checked_mul(2).unwrap());
}

/// Two processes get each hint, and compare the same orders.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_settle_each_order_once() {
    const ORDERS: i64 = 30;
    let house = House::new(Scenario::Delivered).await;
    house.node.set_faults(Faults { duplicate_hints: true, ..house.node.faults() });
    let lives = [house.begin(Fuse::counting()).await, house.begin(Fuse::counting()).await];
    let buyers = stream::iter(0..ORDERS).map(|number| {
        let life = &lives[usize::from(number % 2 == 0)];
        buy(&house, life)
    });
    let ids: Vec<_> = buyers.buffer_unordered(8).collect().await;
    until(&house, TICK, "all is done", async || house.is_quiet().await).await;
    for id in ids {
        assert_eq!(stored(&house, id).await.state, OrderState::Settled);
    }
    assert_eq!(house.node.purse().received, PRICE.checked_mul(ORDERS).unwrap());
    assert!(house.store.check_ledger().await.unwrap().is_sound());
}

async fn sells_and_settles(house: &House) {
    let life = house.begin(Fuse::counting()).await;
    let id = buy(house, &life).await;
    until_state(house, id, OrderState::Settled).await;
    let (unpaid, _) = order(house, &life).await.unwrap();
    until(house, 40 * TICK, "it is not paid", async || {
        stored(house, unpaid).await.state == OrderState::Cancelled
    })
    .await;
    assert_eq!(at_node(house, unpaid).await, HoldState::Cancelled);
    assert_eq!(house.node.purse().received, PRICE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_an_hour_ahead_of_the_node_sells_and_settles() {
    let house =
        House::with_node_clock(Scenario::Delivered, TestClock::new(NOON.after(HOUR)), fixed())
            .await;
    sells_and_settles(&house).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_an_hour_behind_the_node_sells_and_settles() {
    let house =
        House::with_node_clock(Scenario::Delivered, TestClock::new(NOON.before(HOUR)), fixed())
            .await;
    sells_and_settles(&house).await;
}

/// The node's clock, which is right.
fn fixed() -> Arc<TestClock> {
    TestClock::at_noon()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_delivered_is_given_back_six_blocks_before_the_node_does() {
    let mut house = House::new(Scenario::Refunded).await;
    house.orders.unreceipted = Unreceipted::Refund;
    let life = house.begin(Fuse::counting()).await;
    let id = buy(&house, &life).await;
    until(&house, TICK, "it is sent", async || house.smsc.submits(&address()) == 1).await;
    mine_until_left(&house, id, ACTION_MARGIN_BLOCKS + 1).await;
    some_rounds(&house).await;
    assert_eq!(stored(&house, id).await.state, OrderState::Working);
    let deadline = mine_until_left(&house, id, ACTION_MARGIN_BLOCKS).await;
    until_state(&house, id, OrderState::Cancelled).await;
    let order = stored(&house, id).await;
    assert_eq!(order.reason, Some(Reason::HoldRanOut));
    assert_eq!(at_node(&house, id).await, HoldState::Cancelled);
    assert!(house.node.tip().await.unwrap().height < deadline, "it was not the node");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_delivered_is_settled_past_the_height_at_which_we_act() {
    let house = House::new(Scenario::Refunded).await;
    house.smsc.plan(&address(), testkit::smsc::Plan::Deliver);
    let life = house.begin(Fuse::counting()).await;
    swallow(&house, u32::MAX);
    let id = buy(&house, &life).await;
    until_state(&house, id, OrderState::Fulfilled).await;
    mine_until_left(&house, id, 1).await;
    some_rounds(&house).await;
    assert_eq!(stored(&house, id).await.state, OrderState::Fulfilled, "it is not given back");
    swallow(&house, 0);
    until_state(&house, id, OrderState::Settled).await;
    assert_eq!(house.node.purse().received, PRICE);
}
