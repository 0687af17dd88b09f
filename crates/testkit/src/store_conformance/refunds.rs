//! Manual refunds: never more than was charged, and once per request.

use std::ops::RangeInclusive;
use std::sync::Arc;

use domain::account::operator::{Action, Actor};
use domain::id::{AccountId, MessageId, OperatorId, OrderId};
use domain::message::campaign::{Exclusion, Idempotency, RefundPolicy};
use domain::money::Msat;
use domain::ports::{
    AuditList, Charge, Charged, ChunkEnd, NewRefund, NodeVerdict, NotRefunded, PortError,
    ReceiptState, Refund, Refunded, Store,
};
use domain::reason::Reason;
use domain::sale::order::OrderState;
use uuid::Uuid;

use super::Rig;
use super::bulk_world::{BulkWorld, EACH, excluded, times};
use super::world::{PRICE, REFUND, World, accepted, at, balance};

const IDA: Actor = Actor::Operator(OperatorId(1));

/// Id and key have the same number.
fn of(of: Charge, number: u8, msat: Option<i64>) -> NewRefund {
    NewRefund {
        id: [number; 32],
        of,
        amount: msat.map(Msat::new),
        note: "it came too late".to_owned(),
        idempotency: Idempotency { key: format!("key-{number}"), request: [number; 32] },
    }
}

async fn give(store: &dyn Store, new: NewRefund) -> Refunded {
    store.refund(new, IDA, at(50)).await.unwrap()
}

async fn given(store: &dyn Store, new: NewRefund) -> Refund {
    match give(store, new).await {
        Refunded::Done(refund) => refund,
        other => panic!("{other:?}"),
    }
}

const fn too_much(left: i64) -> Refunded {
    Refunded::Not(NotRefunded::TooMuch { left: Msat::new(left) })
}

/// A delivered order paid from credit.
async fn delivered(world: &World, account: AccountId) -> OrderId {
    let (order, _) = world.spend(account, PRICE).await;
    let chunk = world.claim_one(at(1)).await;
    let id = order.to_string();
    world.done(&chunk, accepted(&chunk, 0, &[(1, &id)])).await;
    world.receive(&id, ReceiptState::Delivered).await;
    order
}

pub async fn refunds_the_charge_of_an_order(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(PRICE).await.id;
    let order = delivered(&world, account).await;
    let (store, charge) = (&*world.store, Charge::Order(order));
    let first = given(store, of(charge, 1, Some(300_000))).await;
    let expected = Refund {
        id: [1; 32],
        number: 1,
        recipient: None,
        account,
        amount: Msat::new(300_000),
        note: "it came too late".to_owned(),
        by: IDA,
        at: at(50),
    };
    assert_eq!(first, expected);
    world.must_be_sound().await;
    assert_eq!(give(store, of(charge, 2, Some(700_001))).await, too_much(700_000));
    assert_eq!(give(store, of(charge, 1, Some(300_000))).await, Refunded::Repeat(first.clone()));
    let other = NewRefund {
        idempotency: Idempotency { key: "key-1".to_owned(), request: [9; 32] },
        ..of(charge, 9, None)
    };
    assert_eq!(give(store, other).await, Refunded::KeyReused);
    let rest = given(store, of(charge, 3, None)).await;
    assert_eq!((rest.number, rest.amount), (2, Msat::new(700_000)));
    assert_eq!(give(store, of(charge, 4, None)).await, too_much(0));
    assert_eq!(give(store, of(charge, 5, Some(1))).await, too_much(0));
    assert_eq!(world.balance(account).await, balance(PRICE, Msat::ZERO));
    assert_eq!(store.refunds(charge, 0, 9).await.unwrap(), [first, rest.clone()]);
    assert_eq!(store.refunds(charge, 1, 9).await.unwrap(), [rest]);
    let charged = Charged { account: Some(account), charged: PRICE, refunded: PRICE };
    assert_eq!(store.charged(charge).await.unwrap(), Some(charged));
    assert_eq!(world.state(order).await, OrderState::Settled, "it was delivered anyway");
    world.must_be_sound().await;
}

pub async fn records_who_refunded_and_why(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(PRICE).await.id;
    let charge = Charge::Order(delivered(&world, account).await);
    for note in ["", &"x".repeat(201)] {
        let new = NewRefund { note: note.to_owned(), ..of(charge, 1, None) };
        let refused = world.store.refund(new, IDA, at(50)).await;
        assert!(matches!(refused, Err(PortError::Refused(_))), "{refused:?}");
    }
    for msat in [0, -1] {
        let refused = world.store.refund(of(charge, 1, Some(msat)), IDA, at(50)).await;
        assert!(matches!(refused, Err(PortError::Refused(_))), "{refused:?}");
    }
    given(&*world.store, of(charge, 1, Some(7))).await;
    give(&*world.store, of(charge, 1, Some(7))).await;
    give(&*world.store, of(charge, 2, Some(PRICE.get()))).await;
    let list = AuditList { action: Some(Action::CreditRefund), limit: 9, ..AuditList::default() };
    let log = world.store.audit_log(list).await.unwrap();
    assert_eq!(log.len(), 1, "only the refund is logged: {log:?}");
    let Charge::Order(order) = charge else { unreachable!() };
    assert_eq!((log[0].by, log[0].account, log[0].at), (IDA, Some(account), at(50)));
    assert_eq!(log[0].on, order.to_string());
    let detail = &log[0].detail;
    assert!(detail.contains("\"msat\":7") && detail.contains("it came too late"), "{detail}");
}

pub async fn refunds_nothing_that_was_not_charged(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::new(2 * PRICE.get())).await.id;
    let store = &*world.store;
    let refused = |order, why| async move {
        assert_eq!(give(store, of(Charge::Order(order), 1, Some(1))).await, Refunded::Not(why));
    };
    refused(world.open_order().await, NotRefunded::NotYetCharged).await;
    let (working, _) = world.spend(account, PRICE).await;
    refused(working, NotRefunded::NotYetCharged).await;
    world.cancel(working, Reason::CancelledByBuyer).await;
    refused(working, NotRefunded::NotCharged).await;

    let funding = world.new_funding(account);
    let fund = funding.id;
    world.add(funding).await;
    world.hold(fund, None).await;
    refused(fund, NotRefunded::NotYetCharged).await;
    world.node_says(fund, NodeVerdict::Settled).await;
    refused(fund, NotRefunded::IsCredit).await;

    let stranger = world.submitted("stranger").await;
    refused(stranger, NotRefunded::NotYetCharged).await;
    world.receive("stranger", ReceiptState::Delivered).await;
    world.node_says(stranger, NodeVerdict::Settled).await;
    refused(stranger, NotRefunded::NoAccount).await;

    for charge in
        [Charge::Order(OrderId::new([8; 32])), Charge::Message(MessageId(Uuid::from_u128(8)))]
    {
        assert_eq!(give(store, of(charge, 1, None)).await, Refunded::NoSuchCharge);
        assert_eq!(store.charged(charge).await.unwrap(), None);
    }
    world.must_be_sound().await;
}

pub async fn refunds_lightning_payments_as_credit(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::ZERO).await.id;
    let mut new = world.new_order();
    new.account = Some(account);
    let order = new.id;
    world.add(new).await;
    world.hold(order, Some(world.new_message(1))).await;
    let chunk = world.claim_one(at(5)).await;
    world.done(&chunk, accepted(&chunk, 0, &[(1, "a")])).await;
    world.receive("a", ReceiptState::Delivered).await;
    let early = give(&*world.store, of(Charge::Order(order), 1, None)).await;
    assert_eq!(early, Refunded::Not(NotRefunded::NotYetCharged), "the node has not settled it");
    world.node_says(order, NodeVerdict::Settled).await;
    let half = PRICE.get() / 2;
    given(&*world.store, of(Charge::Order(order), 1, Some(half))).await;
    // The message that it bought is the same sale.
    let message = world.order(order).await.fulfilment.message_id().unwrap();
    for same in [Charge::Message(message), Charge::Recipient(message, 0)] {
        let more = give(&*world.store, of(same, 2, Some(half + 1))).await;
        assert_eq!(more, too_much(PRICE.get() - half), "{same:?}");
    }
    let none = give(&*world.store, of(Charge::Recipient(message, 1), 2, None)).await;
    assert_eq!(none, Refunded::NoSuchCharge);
    given(&*world.store, of(Charge::Message(message), 2, None)).await;
    assert_eq!(world.balance(account).await, balance(PRICE, Msat::ZERO));
    assert_eq!(world.store.refunds(Charge::Order(order), 0, 9).await.unwrap().len(), 2);
    world.must_be_sound().await;
}

pub async fn refunds_recipients_of_a_campaign(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(10)).await;
    let mut new = world.bulk(5);
    new.excluded = vec![excluded("nobody", Exclusion::Invalid)];
    let id = new.content.message;
    world.add(new).await;
    let store = world.world.store.clone();
    let one = |index| Charge::Recipient(id, index);
    let nothing = |why| Refunded::Not(why);
    assert_eq!(
        give(&*store, of(Charge::Message(id), 1, None)).await,
        nothing(NotRefunded::NotYetCharged)
    );
    let chunk = world.claim_one(at(5)).await;
    world.deliver(&chunk, &[0, 1]).await;
    let outcomes = vec![world.refused(&chunk, 2)];
    world.world.record(outcomes, vec![]).await;
    for (index, why) in [
        (2, NotRefunded::NotCharged),
        (3, NotRefunded::NotYetCharged),
        (5, NotRefunded::NotCharged),
    ] {
        assert_eq!(give(&*store, of(one(index), 1, None)).await, nothing(why), "{index}");
    }
    assert_eq!(give(&*store, of(one(6), 1, None)).await, Refunded::NoSuchCharge);
    let whole = EACH.get();
    assert_eq!(give(&*store, of(one(0), 1, Some(whole + 1))).await, too_much(whole));
    let first = given(&*store, of(one(0), 1, Some(whole))).await;
    assert_eq!((first.number, first.recipient), (1, Some(0)));
    assert_eq!(give(&*store, of(one(0), 2, Some(1))).await, too_much(0));
    assert_eq!(
        store.charged(one(0)).await.unwrap(),
        Some(Charged { account: Some(world.account), charged: EACH, refunded: EACH })
    );
    world.must_be_sound().await;
    // Of the whole message, until less than one recipient's price is left.
    given(&*store, of(Charge::Message(id), 3, Some(whole - 10))).await;
    assert_eq!(give(&*store, of(one(1), 4, Some(11))).await, too_much(10));
    given(&*store, of(one(1), 4, None)).await;
    let listed = store.refunds(Charge::Message(id), 0, 9).await.unwrap();
    let listed: Vec<_> = listed.iter().map(|one| (one.recipient, one.amount.get())).collect();
    assert_eq!(listed, [(Some(0), whole), (None, whole - 10), (Some(1), 10)]);
    assert_eq!(store.refunds(one(1), 0, 9).await.unwrap().len(), 1);
    assert_eq!(world.message(id).await.charged, times(2));
    assert_eq!(world.balance().await, balance(times(8), times(2)));
    world.must_be_sound().await;
}

pub async fn refunds_accepted_recipients_where_they_are_charged(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(10)).await;
    let mut new = world.bulk(4);
    new.refunds = RefundPolicy::Unsent;
    let id = new.content.message;
    world.add(new).await;
    let store = world.world.store.clone();
    let chunk = world.claim_one(at(5)).await;
    let mut outcomes = world.taken(&chunk, &[0, 1, 2]);
    outcomes.push(world.refused(&chunk, 3));
    world.world.record(outcomes, vec![(chunk.id, 1, ChunkEnd::Done)]).await;
    world.receive(&chunk, 0, true).await;
    world.receive(&chunk, 1, false).await;
    store.expire(at(8_000), at(0), 9, REFUND).await.unwrap();
    assert_eq!(world.message(id).await.charged, times(3));
    for index in 0..3 {
        let one = Charge::Recipient(id, index);
        let number = u8::try_from(index).unwrap();
        assert_eq!(given(&*store, of(one, number, None)).await.amount, EACH, "{index}");
    }
    let refused = give(&*store, of(Charge::Recipient(id, 3), 9, None)).await;
    assert_eq!(refused, Refunded::Not(NotRefunded::NotCharged), "it was refunded automatically");
    assert_eq!(give(&*store, of(Charge::Message(id), 9, None)).await, too_much(0));
    assert_eq!(world.balance().await, balance(times(10), Msat::ZERO));
    world.must_be_sound().await;
}

/// Results of concurrent refunds from both handles.
async fn give_at_once(
    stores: [Arc<dyn Store>; 2],
    charge: Charge,
    each: Option<i64>,
    numbers: RangeInclusive<u8>,
) -> Vec<Msat> {
    let mut tasks = tokio::task::JoinSet::new();
    for number in numbers {
        let store = stores[usize::from(number % 2)].clone();
        tasks.spawn(async move { give(&*store, of(charge, number, each)).await });
    }
    let outcomes = tasks.join_all().await;
    let amount = |outcome| match outcome {
        Refunded::Done(refund) => Some(refund.amount),
        Refunded::Not(NotRefunded::TooMuch { .. }) => None,
        other => panic!("{other:?}"),
    };
    outcomes.into_iter().filter_map(amount).collect()
}

pub async fn two_operators_refund_no_more_than_was_charged(rig: &impl Rig) {
    let world = World::new(rig).await;
    let stores = [world.store.clone(), rig.open().await];
    let account = world.account(PRICE).await.id;
    let order = Charge::Order(delivered(&world, account).await);
    let given = give_at_once(stores.clone(), order, Some(300_000), 1..=20).await;
    assert_eq!(given, [Msat::new(300_000); 3]);
    assert_eq!(world.balance(account).await.available, Msat::new(900_000));
    let rest = give_at_once(stores.clone(), order, None, 21..=40).await;
    assert_eq!(rest, [Msat::new(100_000)], "the first gets the rest");
    let bulk = BulkWorld::of(world, times(3)).await;
    let id = bulk.added(2).await;
    let chunk = bulk.claim_one(at(5)).await;
    bulk.deliver(&chunk, &[0, 1]).await;
    let given = give_at_once(stores, Charge::Recipient(id, 1), None, 41..=60).await;
    assert_eq!(given, [EACH]);
    assert_eq!(bulk.balance().await, balance(times(2), Msat::ZERO));
    bulk.must_be_sound().await;
}

pub async fn one_request_from_two_processes_refunds_once(rig: &impl Rig) {
    let world = World::new(rig).await;
    let other = rig.open().await;
    let account = world.account(PRICE).await.id;
    let charge = Charge::Order(delivered(&world, account).await);
    let new = || of(charge, 1, Some(400_000));
    let (one, two) = tokio::join!(give(&*world.store, new()), give(&*other, new()));
    let done = [&one, &two].iter().filter(|result| matches!(result, Refunded::Done(_))).count();
    let repeated =
        [&one, &two].iter().filter(|result| matches!(result, Refunded::Repeat(_))).count();
    assert_eq!((done, repeated), (1, 1), "{one:?} {two:?}");
    assert_eq!(world.balance(account).await.available, Msat::new(400_000));
    world.must_be_sound().await;
}

pub async fn manual_and_automatic_refunds_exclude_each_other(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(100)).await;
    let other = rig.open().await;
    for round in 0..10_u8 {
        let before = world.balance().await.available;
        let id = world.added(2).await;
        let chunk = world.claim_one(at(5)).await;
        let taken = world.taken(&chunk, &[0, 1]);
        world.world.record(taken, vec![(chunk.id, 1, ChunkEnd::Done)]).await;
        // One fails and is refunded automatically, the other is delivered; both are refunded manually at the same time.
        let by_hand = async {
            let mut given = Msat::ZERO;
            for (index, number) in [(0, 2 * round), (1, 2 * round + 1)] {
                let one = Charge::Recipient(id, index);
                match give(&*other, of(one, number, None)).await {
                    Refunded::Done(refund) => given = given.checked_add(refund.amount).unwrap(),
                    Refunded::Not(why) => assert!(
                        matches!(why, NotRefunded::NotCharged | NotRefunded::NotYetCharged),
                        "{why}"
                    ),
                    result => panic!("{result:?}"),
                }
            }
            given
        };
        let by_itself = async {
            world.receive(&chunk, 0, false).await;
            world.receive(&chunk, 1, true).await;
        };
        let (given, ()) = tokio::join!(by_hand, by_itself);
        assert!(given == Msat::ZERO || given == EACH, "only what was charged: {given}");
        let after = before.checked_sub(EACH).unwrap().checked_add(given).unwrap();
        assert_eq!(world.balance().await, balance(after, Msat::ZERO));
        world.must_be_sound().await;
    }
}
