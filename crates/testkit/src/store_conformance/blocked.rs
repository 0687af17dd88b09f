//! Numbers blocked after their message was accepted.

use std::sync::Arc;

use domain::account::blocklist::{BlockProof, BlockScope};
use domain::id::AccountId;
use domain::message::campaign::{Counts, Exclusion, NewBulk, RefundPolicy};
use domain::message::recipient::RecipientState;
use domain::message::{Address, MessageState};
use domain::money::Msat;
use domain::number::Msisdn;
use domain::ports::{
    ChunkEnd, Claimed, ClaimedChunk, CreditOutcome, Lease, ReceiptState, Retry, RetryOutcome, Spent,
};
use domain::reason::Reason;
use domain::sale::fulfilment::Fulfilment;
use domain::sale::order::{NewOrder, OrderState};
use domain::text::Text;
use domain::time::Timestamp;

use super::Rig;
use super::bulk_world::{BulkWorld, EACH, excluded, times};
use super::world::{
    BY, LEASE, NODE, PRICE, REFUND, World, accepted, at, balance, deferred, outcome, phone,
};

const EVERYBODY: BlockScope = BlockScope::Everybody;

/// The number that [`phone`] gives to an index.
fn number(index: u32) -> Msisdn {
    let Address::Phone(number) = phone(index) else { panic!("a phone has a number") };
    number
}

async fn block(world: &World, scope: BlockScope, indices: impl IntoIterator<Item = u32>) {
    let numbers: Vec<_> = indices.into_iter().map(number).collect();
    for batch in numbers.chunks(1_000) {
        world.store.block(scope, batch.to_vec(), BlockProof::by(BY), at(3)).await.unwrap();
    }
}

async fn claim(world: &World, now: Timestamp) -> Claimed {
    world.store.claim_chunks(NODE, 100.into(), now, now.after(LEASE)).await.unwrap()
}

fn indices(chunk: &ClaimedChunk) -> Vec<u32> {
    chunk.recipients.iter().map(|one| one.index).collect()
}

pub async fn hands_out_no_recipient_that_was_blocked_meanwhile(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(10)).await;
    let stranger = world.world.account(Msat::ZERO).await.id;
    let mut new = world.bulk(5);
    (new.start_at, new.excluded) = (Some(at(100)), vec![excluded("1", Exclusion::Blocked)]);
    let id = new.content.message;
    world.add(new).await;
    block(&world.world, EVERYBODY, [0, 4]).await;
    block(&world.world, BlockScope::Account(world.account), [2, 4]).await;
    block(&world.world, BlockScope::Account(stranger), [1]).await;
    // A START before the claim lifts the block.
    let freed = vec![number(4)];
    for scope in [EVERYBODY, BlockScope::Account(world.account)] {
        world.store().unblock(scope, freed.clone(), BY, at(4)).await.unwrap();
    }

    let claimed = claim(&world.world, at(100)).await;
    assert_eq!(claimed.recorded.recipients, 2);
    let [chunk] = &claimed.chunks[..] else { panic!("one chunk is due") };
    assert_eq!(indices(chunk), [1, 3, 4]);
    let stored = world.message(id).await;
    let counts = Counts { pending: 3, blocked: 3, ..Counts::default() };
    assert_eq!((stored.state, stored.counts), (MessageState::Pending, counts));
    assert_eq!((stored.charged, stored.refunded), (Msat::ZERO, times(2)));
    assert_eq!(world.balance().await, balance(times(7), times(3)));
    let blocked = world.recipients(id, &[RecipientState::Blocked]).await;
    let blocked: Vec<_> = blocked.iter().map(|one| (one.index, one.reason)).collect();
    assert_eq!(blocked, [0, 2, 5].map(|index| (index, Some(Reason::Blocked))));
    world.must_be_sound().await;

    world.deliver_all(&claimed.chunks).await;
    assert_eq!(world.message(id).await.state, MessageState::Sent);
    assert_eq!(world.balance().await, balance(times(7), Msat::ZERO));
    // A START after the claim has no effect.
    world.store().unblock(EVERYBODY, vec![number(0)], BY, at(105)).await.unwrap();
    assert!(claim(&world.world, at(900)).await.chunks.is_empty());
    world.must_be_sound().await;
}

pub async fn finds_the_blocked_in_chunks_that_were_not_claimed_yet(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(3_000)).await;
    let id = world.added(2_500).await;
    // Many more numbers are blocked than the message has, except at its end.
    block(&world.world, EVERYBODY, (0..9_000).filter(|index| index % 3 != 0 && *index < 2_400))
        .await;
    block(&world.world, EVERYBODY, 3_000..9_000).await;
    block(&world.world, BlockScope::Account(world.account), [0, 999, 1_000, 2_499]).await;
    let claimed = world.claim(at(5)).await;
    let wanted = |index: &u32| {
        (*index >= 2_400 || index.is_multiple_of(3)) && ![0, 999, 1_000, 2_499].contains(index)
    };
    let handed_out: Vec<_> = claimed.iter().flat_map(indices).collect();
    assert_eq!(handed_out, (0..2_500).filter(wanted).collect::<Vec<_>>());
    let left = u32::try_from(handed_out.len()).unwrap();
    assert_eq!(world.message(id).await.counts.blocked, 2_500 - left);
    world.must_be_sound().await;
    world.deliver_all(&claimed).await;
    assert_eq!(world.message(id).await.charged, times(left.into()));
    world.must_be_sound().await;
}

pub async fn ends_a_message_whose_recipients_are_all_blocked(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(1_100)).await;
    for recipients in [2, 1_100] {
        let id = world.scheduled(recipients, at(50)).await;
        block(&world.world, BlockScope::Account(world.account), 0..recipients).await;
        let claimed = claim(&world.world, at(50)).await;
        assert!(claimed.chunks.is_empty());
        assert_eq!(claimed.recorded.recipients, recipients);
        let stored = world.message(id).await;
        assert_eq!((stored.state, stored.ended_at), (MessageState::Failed, Some(at(50))));
        assert_eq!(world.balance().await, balance(times(1_100), Msat::ZERO));
        let retry = Retry {
            account: world.account,
            message: id,
            valid_until: at(20_000),
            receipts_until: at(30_000),
            idempotency: None,
        };
        let again = world.store().retry_bulk(retry, at(60)).await.unwrap();
        assert_eq!(again, RetryOutcome::NothingToRetry);
        world.must_be_sound().await;
    }
}

pub async fn retries_no_recipient_that_was_blocked_meanwhile(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(9)).await;
    let id = world.added(2).await;
    let chunk = world.claim_one(at(5)).await;
    let refused = vec![world.refused(&chunk, 0), world.refused(&chunk, 1)];
    world.world.record(refused, vec![(chunk.id, 1, ChunkEnd::Done)]).await;
    block(&world.world, EVERYBODY, [0]).await;
    let retry = Retry {
        account: world.account,
        message: id,
        valid_until: at(20_000),
        receipts_until: at(30_000),
        idempotency: None,
    };
    let done = Spent::Done { message: id, recipients: 2, price: times(2) };
    let again = world.store().retry_bulk(retry, at(60)).await.unwrap();
    assert_eq!(again, RetryOutcome::Spent(done));
    assert_eq!(indices(&world.claim_one(at(60)).await), [1]);
    assert_eq!(world.balance().await, balance(times(8), EACH));
    world.must_be_sound().await;
}

pub async fn refunds_a_blocked_order(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(PRICE).await.id;
    let (paid, _) = world.spend(account, PRICE).await;
    let held = world.working().await;
    block(&world, EVERYBODY, [0]).await;
    let claimed = claim(&world, at(5)).await;
    assert!(claimed.chunks.is_empty());
    let recorded = claimed.recorded;
    assert_eq!((recorded.recipients, recorded.cancelled, recorded.decided), (2, 1, 1));
    assert_eq!(recorded.events, 2, "both buyers get an event");
    for (order, state) in [(paid, OrderState::Cancelled), (held, OrderState::Cancelling)] {
        let stored = world.order(order).await;
        assert_eq!((stored.state, stored.reason), (state, Some(Reason::Blocked)));
        assert_eq!(stored.fulfilment.recipient(), Some(RecipientState::Blocked));
    }
    assert_eq!(world.balance(account).await, balance(PRICE, Msat::ZERO));
    let due = world.store.claim_order_checks(at(5), at(90), 9).await.unwrap();
    assert!(due.iter().any(|order| order.id == held), "the node is to cancel at once");
    assert!(claim(&world, at(3_000)).await.chunks.is_empty());
    world.must_be_sound().await;
}

pub async fn refuses_an_order_to_a_blocked_number(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::new(9 * PRICE.get())).await.id;
    block(&world, BlockScope::Account(account), [0]).await;
    for lease in [None, Some(Lease { node: NODE.to_owned(), until: at(120) })] {
        let mut orders: Vec<_> = (0..3).map(|_| world.new_credit(account, PRICE)).collect();
        orders[1].message.recipients = vec![phone(1)];
        let mailbox = Address::Email("someone@example.com".parse().unwrap());
        orders[2].message.recipients = vec![mailbox];
        let id = orders[0].order.id;
        let outcomes = world.store.add_credit_orders(orders, lease).await.unwrap();
        let accepted = CreditOutcome::Accepted;
        assert_eq!(outcomes, [CreditOutcome::Blocked, accepted, accepted]);
        assert!(world.store.order(id).await.unwrap().is_none());
    }
    assert_eq!(world.balance(account).await.reserved, Msat::new(4 * PRICE.get()));
    world.must_be_sound().await;
}

pub async fn blocks_do_not_affect_email(rig: &impl Rig) {
    let world = World::new(rig).await;
    block(&world, EVERYBODY, 0..9).await;
    let to = Address::Email("someone@example.com".parse().unwrap());
    let fulfilment = Fulfilment::message(to.clone(), Text::new("hello"));
    let new = NewOrder { fulfilment, ..world.new_order() };
    let id = new.id;
    world.add(new).await;
    let mut message = world.new_message(1);
    message.recipients = vec![to.clone()];
    world.hold(id, Some(message)).await;
    assert_eq!(world.claim_one(at(2)).await.recipients[0].to, to);
}

/// No carrier certainly has all of it.
pub async fn blocks_recipients_without_a_complete_submission(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = world.account(Msat::new(2 * PRICE.get())).await.id;
    for taken in [&[][..], &[(1, "a")]] {
        let (order, _) = world.spend(account, PRICE).await;
        let chunk = world.claim_one(at(5)).await;
        let retry = ChunkEnd::Retry { at: at(10), reason: Reason::Throttled };
        let outcomes = vec![deferred(&chunk, taken, 2)];
        world.record(outcomes, vec![(chunk.id, chunk.attempt, retry)]).await;
        block(&world, EVERYBODY, [0]).await;
        assert_eq!(claim(&world, at(10)).await.recorded.cancelled, 1);
        assert_eq!(world.recipient(order).await, RecipientState::Blocked);
        world.receive("a", ReceiptState::Delivered).await;
        assert_eq!(
            world.state(order).await,
            OrderState::Cancelled,
            "the first final state changed"
        );
        world.store.unblock(EVERYBODY, vec![number(0)], BY, at(11)).await.unwrap();
    }
    assert_eq!(world.balance(account).await.reserved, Msat::ZERO);
    world.must_be_sound().await;
}

/// It is not sent again, but may still be delivered.
pub async fn waits_for_receipts_of_possibly_accepted_recipients(rig: &impl Rig) {
    let world = World::new(rig).await;
    for arrives in [true, false] {
        let account = world.account(PRICE).await.id;
        let (order, _) = world.spend(account, PRICE).await;
        let lost = world.claim_one(at(5)).await;
        world.store.release_leases(NODE, at(6)).await.unwrap();
        block(&world, EVERYBODY, [0]).await;
        let claimed = claim(&world, at(6)).await;
        assert!(claimed.chunks.is_empty(), "no second copy");
        assert_eq!((claimed.recorded.recipients, claimed.recorded.cancelled), (1, 0));
        assert_eq!(world.recipient(order).await, RecipientState::Submitted);
        assert_eq!(world.balance(account).await, balance(Msat::ZERO, PRICE));
        assert!(claim(&world, at(3_000)).await.chunks.is_empty());
        if arrives {
            world.record(vec![accepted(&lost, 0, &[(1, "a")])], vec![]).await;
            world.receive("a", ReceiptState::Delivered).await;
            assert_eq!(world.state(order).await, OrderState::Settled);
        } else {
            world.store.expire(at(7_200), at(0), 9, REFUND).await.unwrap();
            assert_eq!(world.state(order).await, OrderState::Cancelled);
            assert_eq!(world.balance(account).await, balance(PRICE, Msat::ZERO));
        }
        world.store.unblock(EVERYBODY, vec![number(0)], BY, at(20)).await.unwrap();
    }
    world.must_be_sound().await;
}

pub async fn leaves_the_blocked_with_a_tried_carrier(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(9)).await;
    let new = NewBulk { refunds: RefundPolicy::Unsent, ..world.bulk(3) };
    let id = new.content.message;
    world.add(new).await;
    let chunk = world.claim_one(at(5)).await;
    let wait = ChunkEnd::AwaitReceipts { until: at(100) };
    world.world.record(world.taken(&chunk, &[0, 1, 2]), vec![(chunk.id, 1, wait)]).await;
    block(&world.world, EVERYBODY, [0, 1]).await;
    let claimed = claim(&world.world, at(100)).await;
    let [again] = &claimed.chunks[..] else { panic!("one chunk is due") };
    assert_eq!(indices(again), [2]);
    let counts = Counts { submitted: 2, pending: 1, ..Counts::default() };
    assert_eq!(world.message(id).await.counts, counts);
    world.receive(&chunk, 0, true).await;
    world.receive(&chunk, 1, false).await;
    world.receive(&chunk, 2, true).await;
    let stored = world.message(id).await;
    let counts = Counts { success: 2, failed: 1, ..Counts::default() };
    assert_eq!((stored.counts, stored.charged), (counts, times(3)), "a carrier accepted all of it");
    world.must_be_sound().await;
}

pub async fn waits_for_receipts_of_unblocked_recipients(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(9)).await;
    let id = world.added(2).await;
    let chunk = world.claim_one(at(5)).await;
    let wait = ChunkEnd::AwaitReceipts { until: at(100) };
    let end = domain::ports::End::Deferred { reason: Reason::Throttled, wait: None, code: None };
    let mut outcomes = world.taken(&chunk, &[0]);
    outcomes.push(outcome(&chunk, 1, 1, &[], end));
    world.world.record(outcomes, vec![(chunk.id, 1, wait)]).await;
    block(&world.world, EVERYBODY, [1]).await;
    assert!(claim(&world.world, at(11)).await.chunks.is_empty());
    let counts = Counts { submitted: 1, blocked: 1, ..Counts::default() };
    assert_eq!(world.message(id).await.counts, counts);
    assert!(claim(&world.world, at(99)).await.chunks.is_empty());
    let again = world.claim_one(at(100)).await;
    assert_eq!(indices(&again), [0], "without its receipt another carrier is tried");
    world.must_be_sound().await;
}

/// Two nodes claim while the blocklist grows: numbers blocked before a claim are in none.
pub async fn two_processes_claim_no_blocked_number(rig: &impl Rig) {
    let world = Arc::new(BulkWorld::new(rig, times(6_000)).await);
    let other = World::from(rig, 1_000_000).await;
    let id = world.added(6_000).await;
    block(&world.world, EVERYBODY, (0..6_000).step_by(10)).await;
    let mut claims = tokio::task::JoinSet::new();
    for (node, store) in [("one", world.store().clone()), ("two", other.store.clone())] {
        claims.spawn(async move {
            let (mut handed_out, mut idle) = (Vec::new(), 0);
            let mut now = at(5);
            // The other node's clock may be ahead: what it puts back is due by that one.
            while idle < 50 {
                let claimed =
                    store.claim_chunks(node, 1.into(), now, at(900)).await.unwrap().chunks;
                idle = if claimed.is_empty() { idle + 1 } else { 0 };
                handed_out.extend(claimed.iter().flat_map(indices));
                // Chunks locked by another change are due a little later.
                now = now.after(std::time::Duration::from_millis(300));
            }
            handed_out
        });
    }
    let account: AccountId = world.account;
    block(&world.world, BlockScope::Account(account), [7]).await;
    let mut handed_out: Vec<_> = claims.join_all().await.concat();
    handed_out.sort_unstable();
    handed_out.retain(|index| *index != 7);
    let wanted: Vec<_> = (0..6_000).filter(|index| index % 10 != 0 && *index != 7).collect();
    assert_eq!(handed_out, wanted);
    let counts = world.message(id).await.counts;
    assert!((600..=601).contains(&counts.blocked), "{counts:?}");
    world.must_be_sound().await;
}
