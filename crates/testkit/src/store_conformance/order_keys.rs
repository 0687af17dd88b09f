//! Idempotency keys of requests for orders.

use std::time::Duration;

use domain::id::OrderId;
use domain::message::campaign::Idempotency;
use domain::money::Msat;
use domain::ports::{CreditOrder, CreditOutcome, NodeVerdict, OrderAdmission, RepeatedOrder};
use domain::reason::Reason;
use domain::sale::order::{NewOrder, PaymentMethod};
use tokio::task::JoinSet;

use super::Rig;
use super::world::{CAPS, CLIENT, PRICE, World, at};

fn key(key: &str, request: u8) -> Option<Idempotency> {
    Some(Idempotency { key: key.to_owned(), request: [request; 32] })
}

impl World {
    fn keyed(&self, idempotency: Option<Idempotency>) -> NewOrder {
        NewOrder { idempotency, ..self.new_order() }
    }

    /// The order that this key is known of.
    async fn known(&self, client: &str, idempotency: Option<Idempotency>) -> Option<OrderId> {
        let found = self.store.repeated_order(client.to_owned(), idempotency.unwrap()).await;
        match found.unwrap()? {
            RepeatedOrder::Accepted(answer) => Some(answer.id),
            RepeatedOrder::KeyReused => panic!("another request"),
        }
    }
}

pub async fn a_request_makes_one_order_to_be_paid_by_invoice(rig: &impl Rig) {
    let world = World::new(rig).await;
    let new = world.keyed(key("k", 1));
    let id = new.id;
    assert!(world.known(CLIENT, key("k", 1)).await.is_none());
    world.add(new).await;
    let again = world.store.add_order(world.keyed(key("k", 1)), CAPS, at(60)).await;
    assert_eq!(again, Ok(OrderAdmission::Repeat(id)));
    let other = world.store.add_order(world.keyed(key("k", 2)), CAPS, at(60)).await;
    assert_eq!(other, Ok(OrderAdmission::KeyReused));
    let load = world.store.order_load().await.unwrap();
    assert_eq!(load.open, 1, "nothing else was stored");
    // The key is this client's.
    let elsewhere = NewOrder { client: "other".to_owned(), ..world.keyed(key("k", 2)) };
    world.add(elsewhere).await;

    let found = world.store.repeated_order(CLIENT.to_owned(), key("k", 1).unwrap()).await;
    let Some(RepeatedOrder::Accepted(answer)) = found.unwrap() else { panic!("it is known") };
    assert_eq!((answer.id, answer.payment, answer.invoice), (id, PaymentMethod::Lightning, None));
    assert_eq!(answer.webhook_secret.unwrap().expose(), "whsec_order");
    world.store.attach_invoice(id, "lnbc1", at(600), at(60)).await.unwrap();
    let found = world.store.repeated_order(CLIENT.to_owned(), key("k", 1).unwrap()).await;
    let Some(RepeatedOrder::Accepted(answer)) = found.unwrap() else { panic!("it is known") };
    assert_eq!(answer.invoice.as_deref(), Some("lnbc1"));
    let reused = world.store.repeated_order(CLIENT.to_owned(), key("k", 2).unwrap()).await;
    assert!(matches!(reused, Ok(Some(RepeatedOrder::KeyReused))), "{reused:?}");
}

pub async fn a_key_is_free_when_its_order_ended_unpaid(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (unpaid, by_node, paid) =
        (world.keyed(key("a", 1)), world.keyed(key("b", 1)), world.keyed(key("c", 1)));
    let ids = [unpaid.id, by_node.id, paid.id];
    for new in [unpaid, by_node, paid] {
        world.add(new).await;
    }
    world.cancel(ids[0], Reason::CancelledByBuyer).await;
    world.node_says(ids[1], NodeVerdict::Cancelled).await;
    world.hold(ids[2], Some(world.new_message(1))).await;
    world.cancel(ids[2], Reason::CancelledByBuyer).await;
    for free in ["a", "b"] {
        assert_eq!(world.known(CLIENT, key(free, 1)).await, None);
        world.add(world.keyed(key(free, 2))).await;
    }
    assert_eq!(world.known(CLIENT, key("c", 1)).await, Some(ids[2]), "it was paid");
    world.node_says(ids[2], NodeVerdict::Cancelled).await;
    assert_eq!(world.known(CLIENT, key("c", 1)).await, Some(ids[2]), "it was paid");
    // Other rows are kept for 30 days.
    let before = |days: u64| at(0).before(Duration::from_secs(days * 24 * 60 * 60));
    world.store.forget(before(23), 9).await.unwrap();
    assert_eq!(world.known(CLIENT, key("c", 1)).await, Some(ids[2]), "less than a week");
    world.store.forget(before(22), 9).await.unwrap();
    assert_eq!(world.known(CLIENT, key("c", 1)).await, None, "more than a week");
}

pub async fn a_request_spends_credit_once(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::new(3 * PRICE.get())).await.id;
    let new = |idempotency| {
        let credit = world.new_credit(account, PRICE);
        CreditOrder { order: NewOrder { idempotency, ..credit.order }, ..credit }
    };
    let spend =
        async |orders: Vec<CreditOrder>| world.store.add_credit_orders(orders, None).await.unwrap();
    let batch = vec![new(key("k", 1)), new(None), new(key("k", 1)), new(key("k", 2))];
    let first = batch[0].order.id;
    let repeat = CreditOutcome::Repeat(first);
    assert_eq!(
        spend(batch).await,
        [CreditOutcome::Accepted, CreditOutcome::Accepted, repeat, CreditOutcome::KeyReused]
    );
    assert_eq!(spend(vec![new(key("k", 1))]).await, [repeat]);
    assert_eq!(spend(vec![new(key("k", 3))]).await, [CreditOutcome::KeyReused]);
    let balance = world.store.balance(account).await.unwrap();
    assert_eq!((balance.available, balance.reserved), (PRICE, Msat::new(2 * PRICE.get())));
    assert_eq!(world.known(CLIENT, key("k", 1)).await, Some(first));
    world.must_be_sound().await;
}

pub async fn a_refused_request_keeps_no_key(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(PRICE).await.id;
    let new = |price: Msat| {
        let credit = world.new_credit(account, price);
        CreditOrder { order: NewOrder { idempotency: key("k", 1), ..credit.order }, ..credit }
    };
    let dear = Msat::new(2 * PRICE.get());
    let outcomes = world.store.add_credit_orders(vec![new(dear), new(dear)], None).await.unwrap();
    assert_eq!(outcomes, [CreditOutcome::Insufficient { available: PRICE }; 2]);
    assert_eq!(world.known(CLIENT, key("k", 1)).await, None);
    let again = world.store.add_credit_orders(vec![new(PRICE)], None).await.unwrap();
    assert_eq!(again, [CreditOutcome::Accepted]);
    world.must_be_sound().await;
}

/// Of many at once one is accepted.
pub async fn concurrent_requests_with_one_key_are_one(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::new(9 * PRICE.get())).await.id;
    let (mut spending, mut opening) = (JoinSet::new(), JoinSet::new());
    for _ in 0..8 {
        let credit = world.new_credit(account, PRICE);
        let order = NewOrder { idempotency: key("k", 1), ..credit.order };
        let (credit, store) = (CreditOrder { order, ..credit }, world.store.clone());
        spending
            .spawn(async move { store.add_credit_orders(vec![credit], None).await.unwrap()[0] });
        let (new, store) = (world.keyed(key("i", 1)), world.store.clone());
        opening.spawn(async move { store.add_order(new, CAPS, at(60)).await.unwrap() });
    }
    let (spent, opened) = (spending.join_all().await, opening.join_all().await);
    let accepted = spent.iter().filter(|outcome| **outcome == CreditOutcome::Accepted);
    assert_eq!(accepted.count(), 1, "{spent:?}");
    let stored = opened.iter().filter(|admission| **admission == OrderAdmission::Stored);
    assert_eq!(stored.count(), 1, "{opened:?}");
    let balance = world.store.balance(account).await.unwrap();
    assert_eq!(balance.reserved, PRICE);
}
