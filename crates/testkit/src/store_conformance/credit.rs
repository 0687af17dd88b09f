//! Orders paid from credit, many per change.

use std::sync::Arc;

use domain::id::OrderId;
use domain::message::recipient::RecipientState;
use domain::money::Msat;
use domain::ports::{
    CancelOutcome, ChunkEnd, ChunkId, CreditOrder, CreditOutcome, Lease, PortError, ReceiptState,
    Store,
};
use domain::reason::Reason;
use domain::sale::order::OrderState;

use super::Rig;
use super::world::{LEASE, NODE, PRICE, World, accepted, at, balance};

const ACCEPTED: CreditOutcome = CreditOutcome::Accepted;

fn lease() -> Option<Lease> {
    Some(Lease { node: NODE.to_owned(), until: at(120) })
}

fn ids(orders: &[CreditOrder]) -> Vec<OrderId> {
    orders.iter().map(|new| new.order.id).collect()
}

async fn add(world: &World, orders: Vec<CreditOrder>) -> Vec<CreditOutcome> {
    world.store.add_credit_orders(orders, None).await.unwrap()
}

pub async fn accepts_many_orders_in_one_change(rig: &impl Rig) {
    let world = World::new(rig).await;
    assert_eq!(add(&world, vec![]).await, []);
    let (one, two) = (world.account(Msat::new(10 * PRICE.get())).await, world.account(PRICE).await);
    let orders: Vec<_> = (0..8)
        .map(|number| world.new_credit(if number == 3 { two.id } else { one.id }, PRICE))
        .collect();
    let ids = ids(&orders);
    let messages: Vec<_> = orders.iter().map(|new| new.message.content.message).collect();
    assert_eq!(add(&world, orders).await, [ACCEPTED; 8]);
    for (id, message) in ids.into_iter().zip(messages) {
        let order = world.order(id).await;
        assert_eq!(
            (order.state, order.fulfilment.message_id()),
            (OrderState::Working, Some(message))
        );
        assert_eq!(
            (order.paid_at, order.fulfilment.recipient()),
            (Some(at(0)), Some(RecipientState::Pending))
        );
    }
    let left = balance(Msat::new(3 * PRICE.get()), Msat::new(7 * PRICE.get()));
    assert_eq!(world.balance(one.id).await, left);
    assert_eq!(world.balance(two.id).await, balance(Msat::ZERO, PRICE));
    assert_eq!(world.claim(at(1)).await.len(), 8);
    assert!(world.due_events(at(50)).await.is_empty(), "the response confirms the payment");
    world.must_be_sound().await;
}

pub async fn spends_credit_in_order_of_the_batch(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::new(100)).await;
    let rich = world.account(PRICE).await;
    let before = world.new_credit(rich.id, Msat::new(1));
    assert_eq!(add(&world, vec![before.clone()]).await, [ACCEPTED]);
    let again = CreditOrder { message: world.new_message(1), ..before };
    let prices = [60, 50, 40, 1, 0];
    let mut orders: Vec<_> =
        prices.iter().map(|price| world.new_credit(account.id, Msat::new(*price))).collect();
    orders.insert(1, again);
    let twin = CreditOrder { message: world.new_message(1), ..orders[0].clone() };
    orders.push(twin);
    orders.push(world.new_credit(rich.id, Msat::new(2)));
    let ids = ids(&orders);
    let short = |left| CreditOutcome::Insufficient { available: Msat::new(left) };
    let outcomes = add(&world, orders).await;
    let exists = CreditOutcome::Exists;
    let expected = [ACCEPTED, exists, short(40), ACCEPTED, short(0), ACCEPTED, exists, ACCEPTED];
    assert_eq!(outcomes, expected);
    for refused in [ids[2], ids[4]] {
        assert!(world.store.order(refused).await.unwrap().is_none());
    }
    assert_eq!(world.balance(account.id).await, balance(Msat::ZERO, Msat::new(100)));
    assert_eq!(world.balance(rich.id).await.reserved, Msat::new(3));
    assert_eq!(world.claim(at(1)).await.len(), 5, "one existed before");
    world.must_be_sound().await;
}

pub async fn stores_nothing_of_an_inconsistent_batch(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(PRICE).await;
    let price = Msat::new(1);
    let mut nobody = world.new_credit(account.id, price);
    nobody.order.account = None;
    let mut lightning = world.new_credit(account.id, price);
    lightning.order.payment = world.new_order().payment;
    let below_zero = world.new_credit(account.id, Msat::new(-1));
    let mut nowhere = world.new_credit(account.id, price);
    nowhere.message.recipients.clear();
    for bad in [nobody, lightning, below_zero, nowhere] {
        let good = world.new_credit(account.id, price);
        let id = good.order.id;
        let refused = world.store.add_credit_orders(vec![good, bad], None).await;
        assert!(matches!(refused, Err(PortError::Refused(_))), "{refused:?}");
        assert!(world.store.order(id).await.unwrap().is_none());
    }
    assert_eq!(world.balance(account.id).await, balance(PRICE, Msat::ZERO));
    assert!(world.claim(at(1)).await.is_empty());
    world.must_be_sound().await;
}

pub async fn spends_the_last_credit_once(rig: &impl Rig) {
    let one = Arc::new(World::new(rig).await);
    let two = Arc::new(World::from(rig, 1_000_000).await);
    let account = one.account(Msat::new(25 * PRICE.get())).await.id;
    let mut batches = tokio::task::JoinSet::new();
    for world in [vec![one.clone(); 4], vec![two; 4]].concat() {
        batches.spawn(async move {
            let orders = (0..10).map(|_| world.new_credit(account, PRICE)).collect();
            let outcomes = add(&world, orders).await;
            // In a batch the first orders get the credit.
            let refused = outcomes.iter().position(|outcome| *outcome != ACCEPTED).unwrap_or(10);
            assert!(outcomes[refused..].iter().all(|outcome| *outcome != ACCEPTED));
            refused
        });
    }
    assert_eq!(batches.join_all().await.into_iter().sum::<usize>(), 25);
    let spent = Msat::new(25 * PRICE.get());
    assert_eq!(one.balance(account).await, balance(Msat::ZERO, spent));
    assert_eq!(
        one.store.claim_chunks("n", 999.into(), at(1), at(9)).await.unwrap().chunks.len(),
        25
    );
    one.must_be_sound().await;
}

pub async fn leases_accepted_orders_to_the_caller(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(PRICE).await;
    let orders =
        vec![world.new_credit(account.id, PRICE), world.new_credit(account.id, Msat::new(1))];
    let (order, message) = (orders[0].order.id, orders[0].message.content.message);
    let outcomes = world.store.add_credit_orders(orders, lease()).await.unwrap();
    assert_eq!(outcomes, [ACCEPTED, CreditOutcome::Insufficient { available: Msat::ZERO }]);
    assert!(world.claim(at(119)).await.is_empty(), "the caller has the lease");
    let too_late = world.cancel(order, Reason::CancelledByBuyer).await;
    assert_eq!(too_late, CancelOutcome::TooLate, "a carrier may have it");
    // The caller continues as if it had claimed it.
    let id = ChunkId { message, first: 0 };
    world.store.renew_leases(NODE, vec![(id, 1)], at(200)).await.unwrap();
    let again = world.claim(at(199)).await;
    assert!(again.is_empty(), "the lease was renewed");
    let chunk = world.claim_one(at(200)).await;
    assert_eq!((chunk.id, chunk.attempt), (id, 2));
    let first = domain::ports::ClaimedChunk { attempt: 1, ..chunk.clone() };
    world.done(&first, accepted(&first, 0, &[(1, "a")])).await;
    assert_eq!(world.recipient(order).await, RecipientState::Submitted, "the outcome stays");
    world.receive("a", ReceiptState::Delivered).await;
    assert_eq!(world.state(order).await, OrderState::Settled);
    world.must_be_sound().await;
}

pub async fn records_outcomes_of_unclaimed_chunks(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(PRICE).await;
    let new = world.new_credit(account.id, PRICE);
    let (order, content) = (new.order.id, Arc::new(new.message.content.clone()));
    let id = ChunkId { message: content.message, first: 0 };
    assert_eq!(world.store.add_credit_orders(vec![new], lease()).await.unwrap(), [ACCEPTED]);
    let recipients = vec![];
    let chunk = domain::ports::ClaimedChunk {
        id,
        attempt: 1,
        content,
        deadline_height: None,
        held_in_quiet_hours: false,
        recipients,
    };
    let outcome = super::world::refused(&chunk, Reason::BadDestination);
    let end = vec![(id, 1, ChunkEnd::Done)];
    let recorded = world.store.record_outcomes(vec![outcome], end, at(10), None).await.unwrap();
    assert_eq!((recorded.recipients, recorded.cancelled), (1, 1));
    assert_eq!(world.state(order).await, OrderState::Cancelled);
    assert_eq!(world.balance(account.id).await, balance(PRICE, Msat::ZERO));
    assert!(world.claim(at(300)).await.is_empty());
    world.must_be_sound().await;
}

/// The process died between the commit and the submission.
pub async fn resumes_leased_orders_after_a_crash(rig: &impl Rig) {
    let before = World::new(rig).await;
    let account = before.account(PRICE).await.id;
    let orders: Vec<_> = (0..2).map(|_| before.new_credit(account, Msat::new(1))).collect();
    before.store.add_credit_orders(orders, lease()).await.unwrap();
    drop(before);

    let after = World::from(rig, 1_000).await;
    let other: &Arc<dyn Store> = &after.store;
    let early =
        other.claim_chunks("two", 9.into(), at(119), at(119).after(LEASE)).await.unwrap().chunks;
    assert!(early.is_empty(), "another node waits until the lease expires");
    assert_eq!(other.release_leases(NODE, at(6)).await.unwrap(), 2, "a start releases its own");
    let claimed = after.claim(at(6)).await;
    assert_eq!(claimed.len(), 2);
    assert!(claimed.iter().all(|chunk| chunk.attempt == 2 && chunk.recipients.len() == 1));
    after.must_be_sound().await;
}
