//! Orders that nobody paid: what is kept of them, and who is told of their end.

use domain::ports::{NodeReport, NodeVerdict, OrderAdmission, OrderCaps, UnpaidEnd};
use domain::reason::Reason;
use domain::sale::fulfilment::Fulfilment;
use domain::sale::order::{NewOrder, OrderState, Payment};

use super::Rig;
use super::world::{CAPS, CLIENT, World, at};

impl World {
    async fn end_unpaid(&self, order: domain::id::OrderId) -> Option<UnpaidEnd> {
        let report = NodeReport { order, verdict: NodeVerdict::Cancelled, check_at: at(99) };
        let mut ended = self.store.record_node_reports(vec![report], at(40)).await.unwrap();
        assert_eq!(ended.len(), 1);
        assert_eq!((ended[0].order, ended[0].state), (order, OrderState::Cancelled));
        ended.remove(0).unpaid
    }
}

pub async fn keeps_no_bodies_of_an_order_that_nobody_paid(rig: &impl Rig) {
    let world = World::new(rig).await;
    let new = NewOrder { referral: Some("me@getalby.com".to_owned()), ..world.new_order() };
    let order = new.id;
    world.add(new).await;
    world.store.attach_invoice(order, "lnbc1", at(600), at(60)).await.unwrap();
    world.cancel(order, Reason::CancelledByBuyer).await;
    // The node does not answer at first.
    let report = NodeReport { order, verdict: NodeVerdict::Unchanged, check_at: at(30) };
    assert!(world.store.record_node_reports(vec![report], at(20)).await.unwrap().is_empty());
    let end = world.end_unpaid(order).await.expect("its webhook is told");
    assert_eq!((&*end.client, &*end.url), (CLIENT, "https://example.com/hook"));
    assert_eq!(end.secret.expose(), "whsec_order");
    assert_eq!((end.snapshot.state, end.snapshot.paid), (OrderState::Cancelled, false));
    assert_eq!(end.snapshot.reason, Some(Reason::CancelledByBuyer));

    let stored = world.order(order).await;
    assert_eq!(stored.referral, None);
    let Fulfilment::Message { text, .. } = &stored.fulfilment else { panic!("{stored:?}") };
    assert_eq!(text.as_str(), "");
    let Payment::Lightning { invoice, preimage, .. } = &stored.payment else { panic!() };
    assert_eq!(*invoice, None);
    // A late payment is still known.
    let hash = preimage.payment_hash();
    assert_eq!(world.store.order_of_payment(hash).await.unwrap().unwrap().id, order);
    assert!(world.due_events(at(9_000)).await.is_empty(), "nothing is stored to be told");
}

pub async fn tells_nobody_of_an_order_that_its_buyer_never_saw(rig: &impl Rig) {
    let world = World::new(rig).await;
    let unseen = world.open_order().await;
    assert!(world.end_unpaid(unseen).await.is_none(), "it has no invoice");
    let new = NewOrder { webhook: None, ..world.new_order() };
    let silent = new.id;
    world.add(new).await;
    world.store.attach_invoice(silent, "lnbc1", at(600), at(60)).await.unwrap();
    assert!(world.end_unpaid(silent).await.is_none(), "it has no webhook");
}

pub async fn keeps_the_bodies_of_an_order_that_was_paid(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    world.cancel(order, Reason::CancelledByBuyer).await;
    assert!(world.end_unpaid(order).await.is_none(), "it has stored events");
    let stored = world.order(order).await;
    let Fulfilment::Message { text, .. } = &stored.fulfilment else { panic!("{stored:?}") };
    assert_eq!(text.as_str(), "hello");
}

pub async fn limits_unpaid_orders_per_client_and_day(rig: &impl Rig) {
    let world = World::new(rig).await;
    let caps = OrderCaps { unpaid_per_day_max: 3, ..CAPS };
    let add = async |client: &str, secs: u64| {
        let new = NewOrder { client: client.to_owned(), created_at: at(secs), ..world.new_order() };
        let order = new.id;
        let admission = world.store.add_order(new, caps.clone(), at(secs + 60)).await.unwrap();
        if admission == OrderAdmission::Stored {
            world.end_unpaid(order).await;
        }
        admission
    };
    for secs in 0..3 {
        assert_eq!(add("a", secs).await, OrderAdmission::Stored);
    }
    let day = 24 * 60 * 60;
    assert_eq!(add("a", 3).await, OrderAdmission::TooManyUnpaidForClient);
    assert_eq!(add("a", day - 1).await, OrderAdmission::TooManyUnpaidForClient);
    assert_eq!(add("b", 3).await, OrderAdmission::Stored, "another client");
    assert_eq!(add("a", day + 1).await, OrderAdmission::Stored, "a day later");
    // A paid order does not count.
    let paid = world.working().await;
    assert_eq!(world.state(paid).await, OrderState::Working);
    let caps = OrderCaps { unpaid_per_day_max: 1, ..CAPS };
    let new = NewOrder { client: CLIENT.to_owned(), ..world.new_order() };
    assert_eq!(world.store.add_order(new, caps, at(60)).await, Ok(OrderAdmission::Stored));
}
