//! New orders and their payment.

use std::time::Duration;

use domain::account::operator::Action;
use domain::activation::{CountryCode, Network, NumberRequest, RentalTerm, ServiceCode};
use domain::id::{OrderId, PaymentHash};
use domain::message::Address;
use domain::message::recipient::RecipientState;
use domain::money::Msat;
use domain::ports::{
    AuditList, CancelOutcome, CreditOutcome, HoldOutcome, NodeVerdict, OrderLoad, OrphanDecision,
    PortError,
};
use domain::reason::Reason;
use domain::sale::fulfilment::Fulfilment;
use domain::sale::order::{NewOrder, OrderKind, OrderState, Payment};
use domain::text::Text;

use super::Rig;
use super::world::{BY, CAPS, PRICE, World, at, balance, phone};

pub async fn keeps_an_order_before_its_invoice(rig: &impl Rig) {
    let world = World::new(rig).await;
    let new = NewOrder { referral: Some("a@example.com".to_owned()), ..world.new_order() };
    let Payment::Lightning { preimage, .. } = new.payment.clone() else { panic!() };
    let id = new.id;
    world.add(new).await;

    let order = world.order(id).await;
    assert_eq!((order.id, order.kind(), order.state), (id, OrderKind::Send, OrderState::Open));
    assert_eq!((order.price, order.held, order.account), (PRICE, None, None));
    let text = Text::new("hello");
    assert_eq!(order.fulfilment, Fulfilment::message(phone(0), text));
    assert_eq!(order.referral.as_deref(), Some("a@example.com"));
    assert_eq!((order.created_at, order.paid_at, order.updated_at), (at(0), None, at(0)));
    let Payment::Lightning { preimage: kept, invoice, pay_by } = order.payment else { panic!() };
    assert_eq!((kept == preimage, invoice, pay_by), (true, None, at(600)));
    assert!(world.store.order(OrderId::new([9; 32])).await.unwrap().is_none());
}

pub async fn refuses_a_duplicate_order(rig: &impl Rig) {
    let world = World::new(rig).await;
    let new = world.new_order();
    world.add(new.clone()).await;
    let again = NewOrder { price: Msat::new(1), ..new };
    let id = again.id;
    let refused = world.store.add_order(again, CAPS, at(60)).await;
    assert!(matches!(refused, Err(PortError::Conflict(_))), "{refused:?}");
    assert_eq!(world.order(id).await.price, PRICE);
}

pub async fn refuses_inconsistent_orders(rig: &impl Rig) {
    let world = World::new(rig).await;
    let fund = NewOrder { fulfilment: Fulfilment::Credit, ..world.new_order() };
    let unpriced = NewOrder { price: Msat::new(-1), ..world.new_order() };
    let credit = NewOrder { payment: Payment::Credit, ..world.new_order() };
    let stranger = world.new_funding(domain::id::AccountId(999));
    for new in [fund, unpriced, credit.clone(), stranger] {
        let id = new.id;
        let refused = world.store.add_order(new, CAPS, at(60)).await;
        assert!(matches!(refused, Err(PortError::Refused(_))), "{refused:?}");
        assert!(world.store.order(id).await.unwrap().is_none());
    }
    let nobody = world.add_credit_order(credit, world.new_message(1)).await;
    assert!(matches!(nobody, Err(PortError::Refused(_))), "{nobody:?}");
    let order = world.open_order().await;
    let hold = domain::ports::HoldOrder {
        order,
        held: PRICE,
        deadline_height: 1,
        message: Some(world.new_message(0)),
    };
    let nowhere = world.store.hold_order(hold, at(1)).await;
    assert!(matches!(nowhere, Err(PortError::Refused(_))), "{nowhere:?}");
    assert_eq!(world.state(order).await, OrderState::Open);
}

pub async fn attaches_an_invoice_only_while_open(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.open_order().await;
    world.store.attach_invoice(order, "lnbc1", at(590), at(70)).await.unwrap();
    let Payment::Lightning { invoice, pay_by, .. } = world.order(order).await.payment else {
        panic!()
    };
    assert_eq!((invoice.as_deref(), pay_by), (Some("lnbc1"), at(590)));

    world.cancel(order, Reason::Unpaid).await;
    for id in [order, OrderId::new([9; 32])] {
        let refused = world.store.attach_invoice(id, "lnbc2", at(595), at(80)).await;
        assert!(matches!(refused, Err(PortError::Conflict(_))), "{refused:?}");
    }
}

pub async fn starts_work_when_the_payment_is_held(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.open_order().await;
    assert!(world.claim(at(1)).await.is_empty());
    let message = world.new_message(1);
    let id = message.content.message;
    assert_eq!(world.hold(order, Some(message)).await, HoldOutcome::Begun);

    let stored = world.order(order).await;
    assert_eq!((stored.state, stored.fulfilment.message_id()), (OrderState::Working, Some(id)));
    assert_eq!((stored.held, stored.paid_at), (Some(PRICE), Some(at(1))));
    assert_eq!(stored.fulfilment.recipient(), Some(RecipientState::Pending));
    let chunk = world.claim_one(at(2)).await;
    assert_eq!((chunk.content.message, chunk.content.text.as_str()), (id, "hello"));
    assert_eq!(chunk.content.sender.as_ref().unwrap().as_str(), "Boltgram");
    assert_eq!((chunk.recipients.len(), &chunk.recipients[0].to), (1, &phone(0)));
}

pub async fn holds_a_payment_once(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.open_order().await;
    let message = world.new_message(1);
    for _ in 0..2 {
        assert_eq!(world.hold(order, Some(message.clone())).await, HoldOutcome::Begun);
    }
    assert_eq!(world.claim(at(2)).await.len(), 1);
    assert_eq!(world.due_events(at(2)).await.len(), 1);
}

pub async fn starts_no_work_for_a_cancelled_order(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.open_order().await;
    world.cancel(order, Reason::Unpaid).await;
    let begun = world.hold(order, Some(world.new_message(1))).await;
    assert_eq!(begun, HoldOutcome::NotOpen(OrderState::Cancelling));
    world.node_says(order, NodeVerdict::Cancelled).await;
    let begun = world.hold(order, Some(world.new_message(1))).await;
    assert_eq!(begun, HoldOutcome::NotOpen(OrderState::Cancelled));
    assert!(world.claim(at(2)).await.is_empty());
}

pub async fn fulfils_funding_when_the_payment_is_held(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::ZERO).await;
    let new = world.new_funding(account.id);
    let id = new.id;
    world.add(new).await;
    assert_eq!(world.hold(id, None).await, HoldOutcome::Begun);
    assert_eq!(world.state(id).await, OrderState::Fulfilled);
    assert_eq!(world.balance(account.id).await.available, Msat::ZERO);
    assert_eq!(world.hold(id, None).await, HoldOutcome::Begun);
}

pub async fn counts_open_and_held_orders(rig: &impl Rig) {
    let world = World::new(rig).await;
    assert_eq!(world.store.order_load().await.unwrap(), OrderLoad::default());
    let account = world.account(PRICE).await;
    world.spend(account.id, PRICE).await;
    let open = world.open_order().await;
    world.open_order().await;
    let held = world.working().await;
    assert_eq!(
        world.store.order_load().await.unwrap(),
        OrderLoad { open: 2, held: 1, unfinished: 3, lost: 0 }
    );
    // Unpaid and being cancelled: neither open nor held.
    world.cancel(open, Reason::Unpaid).await;
    // Paid and being cancelled: the node still holds it.
    world.cancel(held, Reason::CancelledByBuyer).await;
    assert_eq!(
        world.store.order_load().await.unwrap(),
        OrderLoad { open: 1, held: 1, unfinished: 3, lost: 0 }
    );
    world.node_says(held, NodeVerdict::Cancelled).await;
    assert_eq!(
        world.store.order_load().await.unwrap(),
        OrderLoad { open: 1, held: 0, unfinished: 2, lost: 0 }
    );
}

pub async fn lists_held_and_lost_orders(rig: &impl Rig) {
    let world = World::new(rig).await;
    let store = &world.store;
    world.open_order().await;
    let (first, second) = (world.working().await, world.working().await);
    world.cancel(second, Reason::CancelledByBuyer).await;
    let held = store.held_orders(9).await.unwrap();
    let mut ids: Vec<_> = held.iter().map(|held| held.order).collect();
    ids.sort_unstable();
    let mut expected = [first, second];
    expected.sort_unstable();
    assert_eq!(ids, expected, "the node holds what is being cancelled, too");
    let order = world.order(first).await;
    let facts = held.iter().find(|held| held.order == first).unwrap();
    assert_eq!((facts.held, Some(facts.since)), (PRICE, order.paid_at));
    assert!(facts.deadline_height > 0);
    assert_eq!(store.held_orders(1).await.unwrap().len(), 1);
    assert_eq!(store.lost_orders(9).await.unwrap(), []);

    world.node_says(first, NodeVerdict::Cancelled).await;
    assert_eq!(world.state(first).await, OrderState::Lost);
    world.node_says(second, NodeVerdict::Cancelled).await;
    assert_eq!(store.held_orders(9).await.unwrap(), []);
    let lost = store.lost_orders(9).await.unwrap();
    assert_eq!((lost.len(), lost[0].order, lost[0].price), (1, first, PRICE));
    assert_eq!(store.order_load().await.unwrap().lost, 1);
}

pub async fn decides_only_payments_without_a_live_order(rig: &impl Rig) {
    let world = World::new(rig).await;
    let store = &world.store;
    let decide = async |hash| store.decide_orphan(hash, BY, at(9)).await.unwrap();
    let live = world.working().await;
    let hash = world.order(live).await.payment.hash().unwrap();
    assert_eq!(decide(hash).await, OrphanDecision::OfLiveOrder(live));
    let list = || AuditList { action: Some(Action::OrphanCancel), limit: 9, ..Default::default() };
    assert_eq!(store.audit_log(list()).await.unwrap(), []);
    world.node_says(live, NodeVerdict::Cancelled).await;
    assert_eq!(decide(hash).await, OrphanDecision::Decided, "it is final");
    let unknown = PaymentHash::new([0x5c; 32]);
    assert_eq!(decide(unknown).await, OrphanDecision::Decided);
    let audit = store.audit_log(list()).await.unwrap();
    let on: Vec<_> = audit.iter().map(|entry| entry.on.clone()).collect();
    assert_eq!(on, [unknown.to_string(), hash.to_string()]);
}

pub async fn lists_funding_newest_first(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::ZERO).await;
    let mut funded = Vec::new();
    for secs in [1, 2, 3] {
        let new = NewOrder { created_at: at(secs), ..world.new_funding(account.id) };
        funded.push(new.id);
        world.add(new).await;
    }
    for &id in &funded[..2] {
        world.hold(id, None).await;
        world.node_says(id, NodeVerdict::Settled).await;
    }
    let history = |limit| world.store.funding_history(account.id, limit);
    let ids: Vec<_> = history(9).await.unwrap().iter().map(|order| order.id).collect();
    assert_eq!(ids, [funded[1], funded[0]]);
    assert_eq!(history(1).await.unwrap().len(), 1);
}

pub async fn spends_credit_when_the_order_is_accepted(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::new(1_500_000)).await;
    let (order, outcome) = world.spend(account.id, PRICE).await;
    assert_eq!(outcome, CreditOutcome::Accepted);
    let stored = world.order(order).await;
    assert_eq!((stored.state, stored.paid_at), (OrderState::Working, Some(at(0))));
    assert!(matches!(stored.payment, Payment::Credit));
    assert_eq!(world.balance(account.id).await, balance(Msat::new(500_000), PRICE));
    assert_eq!(world.claim(at(1)).await.len(), 1);
    world.must_be_sound().await;
}

pub async fn refuses_an_order_without_enough_credit(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::new(1_999_999)).await;
    world.spend(account.id, PRICE).await;
    let (order, outcome) = world.spend(account.id, PRICE).await;
    assert_eq!(outcome, CreditOutcome::Insufficient { available: Msat::new(999_999) });
    assert!(world.store.order(order).await.unwrap().is_none());
    assert_eq!(world.claim(at(1)).await.len(), 1);
    let (_, exactly) = world.spend(account.id, Msat::new(999_999)).await;
    assert_eq!(exactly, CreditOutcome::Accepted);
    world.must_be_sound().await;
}

pub async fn reserves_nothing_for_a_duplicate_order(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::new(5_000_000)).await;
    let new = NewOrder { account: Some(account.id), payment: Payment::Credit, ..world.new_order() };
    world.add_credit_order(new.clone(), world.new_message(1)).await.unwrap();
    let again = world.add_credit_order(new, world.new_message(1)).await;
    assert_eq!(again, Ok(CreditOutcome::Exists));
    let same_message = world.new_message(1);
    world.working_with(same_message.clone()).await;
    let new = NewOrder { account: Some(account.id), payment: Payment::Credit, ..world.new_order() };
    let again = world.add_credit_order(new, same_message).await;
    assert!(matches!(again, Err(PortError::Conflict(_))), "{again:?}");
    assert_eq!(world.balance(account.id).await.reserved, PRICE);
    world.must_be_sound().await;
}

pub async fn stores_orders_for_email_addresses(rig: &impl Rig) {
    let world = World::new(rig).await;
    let to = Address::Email("someone@example.com".parse().unwrap());
    let fulfilment = Fulfilment::message(to.clone(), Text::new("æøå 🎉"));
    let new = NewOrder { fulfilment: fulfilment.clone(), ..world.new_order() };
    let id = new.id;
    world.add(new).await;
    assert_eq!(world.order(id).await.fulfilment, fulfilment);
    let mut message = world.new_message(1);
    message.recipients = vec![to.clone()];
    world.hold(id, Some(message)).await;
    assert_eq!(world.claim_one(at(2)).await.recipients[0].to, to);
}

pub async fn keeps_orders_for_numbers_that_are_lent(rig: &impl Rig) {
    let world = World::new(rig).await;
    let service: ServiceCode = "tg".parse().unwrap();
    let country = Some(CountryCode(16));
    let code = Fulfilment::number(NumberRequest::for_code(service.clone(), None));
    let rental = Some(RentalTerm { duration: Duration::from_secs(4 * 60 * 60), extends: None });
    let time = NumberRequest { service, country, network: Network::RealPhones, rental };
    let time = Fulfilment::number(time);
    for (fulfilment, kind) in [(code, OrderKind::Receive), (time, OrderKind::Rent)] {
        let new = NewOrder { fulfilment: fulfilment.clone(), ..world.new_order() };
        let id = new.id;
        world.add(new).await;
        let order = world.order(id).await;
        assert_eq!((order.kind(), order.fulfilment), (kind, fulfilment));
        assert_eq!(world.cancel(id, Reason::CancelledByBuyer).await, CancelOutcome::Cancelled);
    }
}

pub async fn finds_an_order_by_its_payment_hash_alone(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(PRICE).await;
    let (_, accepted) = world.spend(account.id, PRICE).await;
    assert_eq!(accepted, CreditOutcome::Accepted);
    let order = world.open_order().await;
    let hash = world.order(order).await.payment.hash().unwrap();
    assert_ne!(hash.as_bytes(), order.as_bytes());
    let found = world.store.order_of_payment(hash).await.unwrap();
    assert_eq!(found.map(|order| order.id), Some(order));
    let by_id = PaymentHash::new(*order.as_bytes());
    assert!(world.store.order_of_payment(by_id).await.unwrap().is_none());
    assert!(world.store.order(OrderId::new(*hash.as_bytes())).await.unwrap().is_none());

    let Payment::Lightning { preimage, .. } = world.order(order).await.payment else { panic!() };
    let payment = Payment::Lightning { preimage, invoice: None, pay_by: at(600) };
    let twice = NewOrder { payment, ..world.new_order() };
    let refused = world.store.add_order(twice, CAPS, at(60)).await;
    assert!(refused.is_err(), "a payment belongs to one order: {refused:?}");
}
