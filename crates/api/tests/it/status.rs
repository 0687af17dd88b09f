//! The status response of an order in each state.

use std::fmt::Write as _;

use domain::id::OrderId;
use domain::ports::NodeVerdict::{Cancelled, Settled};
use domain::reason::Reason;
use domain::sale::fulfilment::Fulfilment;
use domain::sale::order::NewOrder;

use crate::house::{House, Open, sats};
use crate::world::{Fate, World, text, unpaid};

async fn send(world: &World, number: u8) -> OrderId {
    world.add_order(unpaid([number; 32], text(), "local")).await
}

async fn fund(house: &House, number: u8) -> OrderId {
    let new = unpaid([number; 32], Fulfilment::Credit, "local");
    house.world().add_order(NewOrder { account: Some(house.account()), ..new }).await
}

/// Paid, with its message queued.
async fn working(world: &World, number: u8) -> OrderId {
    let order = send(world, number).await;
    world.hold(order, sats(1_000), Some(world.message(number))).await;
    order
}

/// Paid, and submitted to a carrier.
async fn carried(world: &World, number: u8, fate: Fate) -> OrderId {
    let order = working(world, number).await;
    world.carry(|_| fate).await;
    order
}

#[tokio::test]
async fn tells_every_state() {
    let house = House::new().await;
    house.key(sats(0), "*", None).await;
    let world = &house.world();
    let mut orders = vec![("unpaid", send(world, 1).await)];
    let no_receipt = carried(world, 10, Fate::Submitted).await;
    world.time_out().await;
    world.node_says(no_receipt, Cancelled).await;
    let sent = carried(world, 5, Fate::Submitted).await;
    let delivered = carried(world, 6, Fate::Delivered).await;
    let settled = carried(world, 7, Fate::Delivered).await;
    world.node_says(settled, Settled).await;
    let failed = carried(world, 8, Fate::Failed).await;
    let refused = carried(world, 9, Fate::Refused).await;
    world.node_says(refused, Cancelled).await;
    let lost = carried(world, 14, Fate::Delivered).await;
    world.node_says(lost, Cancelled).await;
    let waiting = working(world, 4).await;
    world.put_off(Reason::LinkDown).await;
    let queued = working(world, 3).await;
    let never_paid = send(world, 11).await;
    world.cancel(never_paid, Reason::Unpaid).await;
    world.node_says(never_paid, Cancelled).await;
    let by_buyer = send(world, 12).await;
    world.cancel(by_buyer, Reason::CancelledByBuyer).await;
    let by_node = send(world, 13).await;
    world.node_says(by_node, Cancelled).await;
    let funded = fund(&house, 16).await;
    world.hold(funded, sats(1_000), None).await;
    world.node_says(funded, Settled).await;
    let unfunded = fund(&house, 17).await;
    world.cancel(unfunded, Reason::Unpaid).await;
    world.node_says(unfunded, Cancelled).await;
    orders.extend([
        ("queued", queued),
        ("waits for a link", waiting),
        ("sent", sent),
        ("delivered", delivered),
        ("delivered and settled", settled),
        ("failed", failed),
        ("failed and refunded", refused),
        ("no receipt", no_receipt),
        ("never paid", never_paid),
        ("cancelled by the buyer", by_buyer),
        ("cancelled by the node", by_node),
        ("lost", lost),
        ("funding unpaid", fund(&house, 15).await),
        ("funding settled", funded),
        ("funding cancelled", unfunded),
    ]);
    let open: Open = house.open_as(Default::default()).await;
    let mut told = String::new();
    for (name, id) in orders {
        let answer = open.get(&format!("/orderstatus?orderId={id}")).await;
        assert_eq!(answer.status, 200);
        writeln!(told, "{name}\n  {}", answer.body).unwrap();
    }
    insta::assert_snapshot!(told);
}
