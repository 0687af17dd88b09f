//! Caps of orders at the node: in total and per client.

use domain::id::OrderId;
use domain::money::Msat;
use domain::ports::{
    CreditOutcome, NetworkCaps, NodeVerdict, OrderAdmission, OrderCaps, PortError,
};
use domain::reason::Reason;
use domain::sale::order::NewOrder;

use super::Rig;
use super::world::{CAPS, PRICE, World, at};

const TIGHT: OrderCaps = OrderCaps {
    open_max: 3,
    open_per_client_max: 2,
    held_max: 3,
    held_per_client_max: 2,
    held_msat_max: Msat::new(i64::MAX),
    held_msat_per_client_max: Msat::new(i64::MAX),
    networks: Vec::new(),
    unpaid_per_day_max: 9,
};

async fn add(world: &World, client: &str, caps: OrderCaps) -> (OrderId, OrderAdmission) {
    let new = NewOrder { client: client.to_owned(), ..world.new_order() };
    let id = new.id;
    let admission = world.store.add_order(new, caps, at(60)).await.unwrap();
    let stored = world.store.order(id).await.unwrap().is_some();
    assert_eq!(stored, admission == OrderAdmission::Stored, "stored above the cap");
    (id, admission)
}

/// A paid order of this client.
async fn held(world: &World, client: &str) -> OrderId {
    let (order, _) = add(world, client, CAPS).await;
    world.hold(order, Some(world.new_message(1))).await;
    order
}

pub async fn limits_open_orders_per_client(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (first, _) = add(&world, "a", TIGHT).await;
    assert_eq!(add(&world, "a", TIGHT).await.1, OrderAdmission::Stored);
    assert_eq!(add(&world, "a", TIGHT).await.1, OrderAdmission::TooManyOpenForClient);
    assert_eq!(add(&world, "b", TIGHT).await.1, OrderAdmission::Stored);
    // An order that is being cancelled does not count.
    world.cancel(first, Reason::Unpaid).await;
    assert_eq!(add(&world, "a", TIGHT).await.1, OrderAdmission::Stored);
}

pub async fn limits_open_orders_in_total(rig: &impl Rig) {
    let world = World::new(rig).await;
    for client in ["a", "b", "c"] {
        assert_eq!(add(&world, client, TIGHT).await.1, OrderAdmission::Stored);
    }
    let (_, full) = add(&world, "d", TIGHT).await;
    assert_eq!(full, OrderAdmission::TooManyOpen);
    let wider = OrderCaps { open_max: 4, ..TIGHT };
    assert_eq!(add(&world, "d", wider).await.1, OrderAdmission::Stored);
}

pub async fn limits_held_payments_per_client(rig: &impl Rig) {
    let world = World::new(rig).await;
    let first = held(&world, "a").await;
    held(&world, "a").await;
    assert_eq!(add(&world, "a", TIGHT).await.1, OrderAdmission::TooManyHeldForClient);
    assert_eq!(add(&world, "b", TIGHT).await.1, OrderAdmission::Stored);
    // The decision is not final: the node still holds the payment.
    world.cancel(first, Reason::CancelledByBuyer).await;
    assert_eq!(add(&world, "a", TIGHT).await.1, OrderAdmission::TooManyHeldForClient);
    world.node_says(first, NodeVerdict::Cancelled).await;
    assert_eq!(add(&world, "a", TIGHT).await.1, OrderAdmission::Stored);
}

pub async fn limits_held_payments_in_total(rig: &impl Rig) {
    let world = World::new(rig).await;
    for client in ["a", "b", "c"] {
        held(&world, client).await;
    }
    assert_eq!(add(&world, "d", TIGHT).await.1, OrderAdmission::TooManyHeld);
}

pub async fn limits_the_sum_of_held_payments(rig: &impl Rig) {
    let world = World::new(rig).await;
    held(&world, "a").await;
    let three = Msat::new(3 * PRICE.get());
    let less = Msat::new(three.get() - 1);
    let client = |held_msat_per_client_max| OrderCaps { held_msat_per_client_max, ..CAPS };
    held(&world, "a").await;
    assert_eq!(add(&world, "a", client(less)).await.1, OrderAdmission::TooManyHeldForClient);
    assert_eq!(add(&world, "b", client(less)).await.1, OrderAdmission::Stored);
    assert_eq!(add(&world, "a", client(three)).await.1, OrderAdmission::Stored);
    let next = add(&world, "a", client(three)).await.1;
    assert_eq!(next, OrderAdmission::TooManyHeldForClient, "the unpaid one may be paid");
    let all = |held_msat_max| OrderCaps { held_msat_max, ..CAPS };
    assert_eq!(add(&world, "b", all(less)).await.1, OrderAdmission::TooManyHeld);
    assert_eq!(
        add(&world, "b", all(three)).await.1,
        OrderAdmission::Stored,
        "those of all that are unpaid hold nothing"
    );
    let account = world.account(Msat::ZERO).await.id;
    let funding = world.new_funding(account);
    let stored = world.store.add_order(funding, all(Msat::ZERO), at(60)).await.unwrap();
    assert_eq!(stored, OrderAdmission::Stored, "it is settled at once");
}

pub async fn orders_paid_from_credit_do_not_count_against_the_caps(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::new(9 * PRICE.get())).await;
    for _ in 0..4 {
        let (_, outcome) = world.spend(account.id, PRICE).await;
        assert_eq!(outcome, CreditOutcome::Accepted);
    }
    let client = super::world::CLIENT;
    assert_eq!(add(&world, client, TIGHT).await.1, OrderAdmission::Stored);
}

pub async fn recognises_a_duplicate_order_at_the_cap(rig: &impl Rig) {
    let world = World::new(rig).await;
    let new = world.new_order();
    world.add(new.clone()).await;
    let none = OrderCaps { open_max: 0, ..CAPS };
    let again = world.store.add_order(new, none, at(60)).await;
    assert!(matches!(again, Err(PortError::Conflict(_))), "{again:?}");
}

pub async fn limits_orders_per_network(rig: &impl Rig) {
    let world = World::new(rig).await;
    let near = |open_max, held_max| OrderCaps {
        networks: vec![NetworkCaps { prefix: "net:192.0.2.".to_owned(), open_max, held_max }],
        ..CAPS
    };
    for client in ["net:192.0.2.1", "net:192.0.2.255", "net:192.0.20.1", "net:192.0.1.9", "net:1"] {
        assert_eq!(add(&world, client, CAPS).await.1, OrderAdmission::Stored);
    }
    let client = "net:192.0.2.3";
    let full = OrderAdmission::TooManyOpenForNetwork;
    assert_eq!(add(&world, client, near(2, 9)).await.1, full);
    let none = OrderCaps { open_max: 1, ..near(2, 9) };
    assert_eq!(
        add(&world, client, none).await.1,
        full,
        "it says what the client can do something about"
    );
    assert_eq!(add(&world, client, near(3, 9)).await.1, OrderAdmission::Stored);
    for client in ["net:192.0.2.1", "net:192.0.20.1"] {
        held(&world, client).await;
    }
    assert_eq!(add(&world, client, near(9, 1)).await.1, OrderAdmission::TooManyHeldForNetwork);
    assert_eq!(add(&world, client, near(9, 2)).await.1, OrderAdmission::Stored);
}
