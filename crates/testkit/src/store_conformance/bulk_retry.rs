//! Another try of those who did not get a message to many.

use domain::bulk::{Counts, Exclusion, Idempotency};
use domain::message::{MessageId, MessageState};
use domain::money::Msat;
use domain::ports::{ChunkEnd, ClaimedChunk, Retry, RetryOutcome, Spent};
use domain::recipient::RecipientState;

use super::Rig;
use super::bulk_world::{BulkWorld, EACH, excluded, times};
use super::world::{World, at, balance};

fn retry(world: &BulkWorld, message: MessageId) -> Retry {
    Retry {
        account: world.account,
        message,
        valid_until: at(20_000),
        receipts_until: at(30_000),
        idempotency: None,
    }
}

async fn retried(world: &BulkWorld, message: MessageId) -> RetryOutcome {
    world.store().retry_bulk(retry(world, message), at(9_000)).await.unwrap()
}

/// A message of which 0 arrived, 1 failed, 2 has no receipt and 3 expired; and its only claim.
async fn ended(world: &BulkWorld) -> (MessageId, ClaimedChunk) {
    let mut new = world.bulk(4);
    new.excluded = vec![excluded("nobody", Exclusion::Invalid)];
    let id = new.content.message;
    world.add(new).await;
    let chunk = world.claim_one(at(5)).await;
    let end = ChunkEnd::Retry { at: at(7_000), reason: domain::reason::Reason::Throttled };
    world.world.record(world.taken(&chunk, &[0, 1, 2]), vec![(chunk.id, 1, end)]).await;
    world.receive(&chunk, 0, true).await;
    world.receive(&chunk, 1, false).await;
    world.store().expire(at(8_000), at(0), 9).await.unwrap();
    let counts =
        Counts { success: 1, failed: 1, timeout: 1, expired: 1, invalid: 1, ..Counts::default() };
    assert_eq!(world.message(id).await.counts, counts);
    (id, chunk)
}

pub async fn tries_again_those_who_did_not_get_it(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(10)).await;
    let (id, _) = ended(&world).await;
    assert_eq!(world.balance().await, balance(times(9), Msat::ZERO));
    let done = RetryOutcome::Spent(Spent::Done { message: id, recipients: 3, price: times(3) });
    assert_eq!(retried(&world, id).await, done);
    let pending = world.message(id).await;
    let counts = Counts { success: 1, pending: 3, invalid: 1, ..Counts::default() };
    assert_eq!((pending.state, pending.counts), (MessageState::Pending, counts));
    assert_eq!((pending.price, pending.charged, pending.refunded), (times(7), EACH, times(3)));
    assert_eq!((pending.valid_until, pending.ended_at), (at(20_000), None));
    assert_eq!(world.balance().await, balance(times(6), times(3)));
    world.must_be_sound().await;
    let states: Vec<_> =
        world.recipients(id, &[]).await.iter().map(|one| (one.state, one.reason)).collect();
    assert_eq!(states[0], (RecipientState::Success, None));
    assert!(states[1..4].iter().all(|one| *one == (RecipientState::Pending, None)));

    let chunk = world.claim_one(at(9_000)).await;
    let claimed: Vec<_> = chunk.recipients.iter().map(|one| one.index).collect();
    assert_eq!(claimed, [1, 2, 3]);
    for one in &chunk.recipients {
        assert!(one.accepted.is_empty() && one.tried.is_empty() && one.attempts == 0);
    }
    world.deliver(&chunk, &[1, 2]).await;
    world.must_be_sound().await;
    world.world.record(vec![world.refused(&chunk, 3)], vec![]).await;
    let ended = world.message(id).await;
    assert_eq!((ended.charged, ended.refunded), (times(3), times(4)));
    assert_eq!((ended.state, ended.ended_at), (MessageState::Sent, Some(at(10))));
    assert_eq!(world.balance().await, balance(times(7), Msat::ZERO));
    world.must_be_sound().await;
    // And once more.
    let done = RetryOutcome::Spent(Spent::Done { message: id, recipients: 1, price: EACH });
    assert_eq!(retried(&world, id).await, done);
    let last = world.claim_one(at(9_001)).await;
    assert!(last.attempt > chunk.attempt);
    world.deliver_all(&[last]).await;
    assert_eq!(retried(&world, id).await, RetryOutcome::NothingToRetry);
    world.must_be_sound().await;
}

pub async fn hears_nothing_of_earlier_tries(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(10)).await;
    let (id, first) = ended(&world).await;
    retried(&world, id).await;
    for (index, delivered) in [(1, true), (2, true), (2, false)] {
        let recorded = world.receive(&first, index, delivered).await;
        assert_eq!((recorded.recipients, recorded.parked), (0, 1));
    }
    assert_eq!(world.message(id).await.counts.pending, 3);
    let second = world.claim_one(at(9_000)).await;
    // The first claim's word and end are not the second's, although it is the same chunk.
    assert_eq!(first.id.message, second.id.message);
    let late = vec![world.refused(&first, 3)];
    let same = ClaimedChunk { id: second.id, ..first.clone() };
    let ends = vec![(second.id, same.attempt, ChunkEnd::Done)];
    world.world.record(late, ends).await;
    let refused = vec![world.refused(&same, 1)];
    world.world.record(refused, vec![]).await;
    assert_eq!(world.message(id).await.counts.pending, 3);
    world.deliver_all(&[second]).await;
    assert_eq!(world.message(id).await.counts.success, 4);
    world.must_be_sound().await;
}

pub async fn tries_again_only_what_has_ended(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(6)).await;
    let pending = world.added(1).await;
    let not = RetryOutcome::NotEnded(MessageState::Pending);
    assert_eq!(retried(&world, pending).await, not);
    let cancelled = world.scheduled(1, at(900)).await;
    world.store().cancel_bulk(world.account, cancelled, at(6)).await.unwrap();
    let not = RetryOutcome::NotEnded(MessageState::Cancelled);
    assert_eq!(retried(&world, cancelled).await, not);
    let claimed = world.claim(at(5)).await;
    world.deliver_all(&claimed).await;
    assert_eq!(retried(&world, pending).await, RetryOutcome::NothingToRetry);
    let unknown = world.bulk(1).content.message;
    assert_eq!(retried(&world, unknown).await, RetryOutcome::NoSuchMessage);
    let other = world.world.account(times(9)).await.id;
    let of_other = Retry { account: other, ..retry(&world, pending) };
    let none = world.store().retry_bulk(of_other, at(9_000)).await.unwrap();
    assert_eq!(none, RetryOutcome::NoSuchMessage);
    world.must_be_sound().await;
}

pub async fn tries_again_once_for_each_key(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(6)).await;
    let (id, _) = ended(&world).await;
    // Three shares are back; two of five are spent elsewhere.
    let blocked = world.scheduled(3, at(15_000)).await;
    let key = |request: u8| {
        let idempotency = Idempotency { key: "again".to_owned(), request: [request; 32] };
        Retry { idempotency: Some(idempotency), ..retry(&world, id) }
    };
    let again = |request| world.store().retry_bulk(key(request), at(9_000));
    let insufficient = Spent::Insufficient { price: times(3), available: times(2) };
    assert_eq!(again(1).await.unwrap(), RetryOutcome::Spent(insufficient));
    assert_eq!(world.message(id).await.state, MessageState::Sent);
    world.must_be_sound().await;
    world.store().cancel_bulk(world.account, blocked, at(6)).await.unwrap();
    let (recipients, price) = (3, times(3));
    let done = Spent::Done { message: id, recipients, price };
    assert_eq!(again(1).await.unwrap(), RetryOutcome::Spent(done));
    let repeat = Spent::Repeat { message: id, recipients, price };
    assert_eq!(again(1).await.unwrap(), RetryOutcome::Spent(repeat));
    assert_eq!(again(2).await.unwrap(), RetryOutcome::Spent(Spent::KeyReused));
    let same_key = world.keyed(world.bulk(1), "again", 3);
    assert_eq!(world.add(same_key).await, Spent::KeyReused);
    assert_eq!(world.balance().await, balance(times(2), times(3)));
    world.must_be_sound().await;
}

pub async fn tries_again_once_from_two_processes(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(20)).await;
    let other = World::from(rig, 1_000_000).await;
    let (id, _) = ended(&world).await;
    let mut tasks = tokio::task::JoinSet::new();
    for store in [world.store().clone(), other.store.clone()] {
        let retry = retry(&world, id);
        tasks.spawn(async move { store.retry_bulk(retry, at(9_000)).await.unwrap() });
    }
    let outcomes = tasks.join_all().await;
    let done = RetryOutcome::Spent(Spent::Done { message: id, recipients: 3, price: times(3) });
    let not = RetryOutcome::NotEnded(MessageState::Pending);
    assert!(outcomes.contains(&done) && outcomes.contains(&not), "{outcomes:?}");
    assert_eq!(world.balance().await.reserved, times(3));
    world.must_be_sound().await;
}

pub async fn tries_again_in_chunks(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(5_000)).await;
    let id = world.added(2_001).await;
    let chunks = world.claim(at(5)).await;
    world.deliver(&chunks[0], &(0..1_000).collect::<Vec<_>>()).await;
    world.deliver(&chunks[1], &[1_000, 1_999]).await;
    for chunk in &chunks {
        let done = vec![(chunk.id, 1, ChunkEnd::Done)];
        world.world.record(vec![], done).await;
    }
    world.store().expire(at(8_000), at(0), 9).await.unwrap();
    world.must_be_sound().await;
    let done = RetryOutcome::Spent(Spent::Done { message: id, recipients: 999, price: times(999) });
    assert_eq!(retried(&world, id).await, done);
    let runs: Vec<_> = world
        .claim(at(9_000))
        .await
        .iter()
        .map(|chunk| (chunk.id.first, chunk.recipients.len()))
        .collect();
    assert_eq!(runs, [(1_001, 998), (2_000, 1)]);
    world.must_be_sound().await;
}
