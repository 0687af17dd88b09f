//! A payment that comes while the node's tip is stale: it stays held until a block shows whether there is
//! time for the work.

use std::time::Duration;

use domain::ports::{Clock, HoldState, Lightning};
use domain::sale::order::OrderState;
use engine::accept::{AcceptedId, Payment};
use testkit::crash::Fuse;

use super::house::{House, NUMBER};
use super::scenarios::Scenario;
use super::{TICK, until};
use crate::customer_order::order_of;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_stays_held_while_the_tip_is_stale() {
    let house = House::new(Scenario::Delivered).await;
    let life = house.begin(Fuse::counting()).await;
    let request = order_of(house.caller().account, NUMBER, "Din kode er 4711", Payment::Invoice);
    let accepted = life.engine.accept.accept(request).await.unwrap();
    let AcceptedId::Order(id) = accepted.id else { panic!("{:?}", accepted.id) };
    house.node.set_tip_stale();
    house.node.pay(&accepted.invoice.unwrap()).await.unwrap();
    let later = house.clock.now().after(Duration::from_secs(60));
    until(&house, TICK, "a minute passes", async || house.clock.now() >= later).await;
    let order = house.store.order(id).await.unwrap().unwrap();
    let hash = order.payment.hash().unwrap();
    assert_eq!(order.state, OrderState::Open, "no work was begun");
    assert!(matches!(house.node.lookup(hash).await, Ok(HoldState::Held(_))), "it is held");

    house.node.mine(1).unwrap();
    until(&house, TICK, "the order ends", async || house.is_quiet().await).await;
    let order = house.store.order(id).await.unwrap().unwrap();
    assert_eq!(order.state, OrderState::Settled);
}
