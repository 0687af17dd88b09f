//! Retries of a campaign's undelivered recipients.

use domain::id::MessageId;
use domain::message::MessageState;
use domain::message::campaign::{Counts, Exclusion, Idempotency};
use domain::message::recipient::RecipientState;
use domain::money::Msat;
use domain::phone::{NewPhoneText, PhoneReport, Placed};
use domain::ports::{
    ChunkEnd, ClaimedChunk, End, RecipientList, RecipientTrace, Retry, RetryOutcome, Spent,
};
use domain::reason::Reason;

use super::Rig;
use super::bulk_world::{BulkWorld, EACH, excluded, times};
use super::phone_texts::{terms, text};
use super::phones::hash;
use super::world::{BY, REFUND, World, at, balance, outcome};

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

/// A campaign in which recipient 0 is delivered, 1 failed, 2 has no receipt and 3 expired; and its only claim.
async fn ended(world: &BulkWorld) -> (MessageId, ClaimedChunk) {
    let mut new = world.bulk(4);
    new.excluded = vec![excluded("nobody", Exclusion::Invalid)];
    let id = new.content.message;
    world.add(new).await;
    let chunk = world.claim_one(at(5)).await;
    let end = ChunkEnd::Retry { at: at(7_000), reason: Reason::Throttled };
    world.world.record(world.taken(&chunk, &[0, 1, 2]), vec![(chunk.id, 1, end)]).await;
    world.receive(&chunk, 0, true).await;
    world.receive(&chunk, 1, false).await;
    world.store().expire(at(8_000), at(0), 9, REFUND).await.unwrap();
    let counts =
        Counts { success: 1, failed: 1, timeout: 1, expired: 1, invalid: 1, ..Counts::default() };
    assert_eq!(world.message(id).await.counts, counts);
    (id, chunk)
}

pub async fn retries_undelivered_recipients(rig: &impl Rig) {
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

pub async fn ignores_results_of_earlier_attempts(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(10)).await;
    let (id, first) = ended(&world).await;
    retried(&world, id).await;
    let words = [(1, true), (2, true), (2, false)];
    for (index, delivered) in words {
        let recorded = world.receive(&first, index, delivered).await;
        assert_eq!((recorded.recipients, recorded.decided), (0, 0));
    }
    let silent = End::Deferred { reason: Reason::NoAnswer, wait: None, code: None };
    world.world.record(vec![outcome(&first, 3, 1, &[], silent)], vec![]).await;
    assert_eq!(world.message(id).await.counts.pending, 3);
    let traced = world.store().trace(id, 0, 9).await.unwrap();
    let fresh = |trace: &RecipientTrace| {
        (trace.state, trace.reason, trace.parts.len()) == (RecipientState::Pending, None, 0)
    };
    assert!(traced[1..].iter().all(fresh), "{traced:?}");
    let second = world.claim_one(at(9_000)).await;
    for (index, delivered) in words {
        let recorded = world.receive(&first, index, delivered).await;
        assert_eq!((recorded.recipients, recorded.parked), (0, 1));
    }
    // Results of the first claim do not apply to the second, although the chunk is the same.
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

pub async fn retries_only_finished_campaigns(rig: &impl Rig) {
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

pub async fn retries_once_per_idempotency_key(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(6)).await;
    let (id, _) = ended(&world).await;
    // Three recipients were refunded; two of five are spent elsewhere.
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

pub async fn retries_once_from_two_processes(rig: &impl Rig) {
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

pub async fn retries_in_chunks(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(5_000)).await;
    let id = world.added(2_001).await;
    let chunks = world.claim(at(5)).await;
    world.deliver(&chunks[0], &(0..1_000).collect::<Vec<_>>()).await;
    world.deliver(&chunks[1], &[1_000, 1_999]).await;
    for chunk in &chunks {
        let done = vec![(chunk.id, 1, ChunkEnd::Done)];
        world.world.record(vec![], done).await;
    }
    world.store().expire(at(8_000), at(0), 9, REFUND).await.unwrap();
    world.must_be_sound().await;
    let done = RetryOutcome::Spent(Spent::Done { message: id, recipients: 999, price: times(999) });
    assert_eq!(retried(&world, id).await, done);
    world.must_be_sound().await;
    // A recipient to be retried is pending, although its row is not updated yet.
    let counts = Counts { success: 1_002, pending: 999, ..Counts::default() };
    assert_eq!(world.message(id).await.counts, counts);
    for (states, first, expected) in [
        (vec![], 998, vec![998, 999, 1_000, 1_001]),
        (vec![RecipientState::Pending], 0, vec![1_001, 1_002, 1_003, 1_004]),
        (vec![RecipientState::Success], 998, vec![998, 999, 1_000, 1_999]),
        (vec![RecipientState::Timeout], 0, vec![]),
    ] {
        let list = RecipientList { states, first, limit: 4 };
        let page = world.store().bulk_recipients(id, list).await.unwrap();
        let found: Vec<_> = page.recipients.iter().map(|one| one.index).collect();
        assert_eq!(found, expected);
        let pending = page.recipients.iter().filter(|one| one.state == RecipientState::Pending);
        assert!(pending.into_iter().all(|one| (one.reason, one.updated_at) == (None, at(9_000))));
    }
    let runs: Vec<_> = world
        .claim(at(9_000))
        .await
        .iter()
        .map(|chunk| (chunk.id.first, chunk.recipients.len()))
        .collect();
    assert_eq!(runs, [(1_000, 998), (2_000, 1)]);
    world.must_be_sound().await;
}

/// Some recipients end the second attempt only by the chunk's age; the third includes them.
pub async fn ends_an_unclaimed_retry(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(5_000)).await;
    let id = world.added(3_000).await;
    let chunks = world.claim(at(5)).await;
    for chunk in &chunks {
        let first = chunk.id.first;
        let refused = vec![world.refused(chunk, first + 7), world.refused(chunk, first + 8)];
        let rest: Vec<_> =
            (first..first + 1_000).filter(|index| ![7, 8].contains(&(index % 1_000))).collect();
        world.world.record(refused, vec![]).await;
        world.deliver(chunk, &rest).await;
        world.world.record(vec![], vec![(chunk.id, 1, ChunkEnd::Done)]).await;
    }
    let done = |count: u32| {
        let price = times(count.into());
        RetryOutcome::Spent(Spent::Done { message: id, recipients: count, price })
    };
    assert_eq!(retried(&world, id).await, done(6));
    world.must_be_sound().await;
    // One chunk is claimed, and one of its two recipients is delivered; then the campaign is paused.
    let claim = world.store().claim_chunks("one", 1.into(), at(9_000), at(9_100));
    let claimed = claim.await.unwrap().chunks.remove(0);
    let index = claimed.recipients[0].index;
    world.deliver(&claimed, &[index]).await;
    world.store().pause_bulk(world.account, id, true, at(9_001)).await.unwrap();
    let end = ChunkEnd::Retry { at: at(9_010), reason: Reason::Throttled };
    world.world.record(vec![], vec![(claimed.id, claimed.attempt, end)]).await;
    world.must_be_sound().await;
    assert_eq!(world.store().expire(at(20_000), at(0), 9, REFUND).await.unwrap().recipients, 5);
    let ended = world.message(id).await;
    assert_eq!((ended.counts.expired, ended.counts.failed, ended.counts.pending), (5, 0, 0));
    assert_eq!(world.balance().await, balance(times(5_000 - 2_995), Msat::ZERO));
    world.must_be_sound().await;
    assert_eq!(retried(&world, id).await, done(5));
    world.must_be_sound().await;
}

/// The process dies after the retry was stored: the next one does all the work.
pub async fn resumes_a_retry_after_a_crash(rig: &impl Rig) {
    let before = BulkWorld::new(rig, times(9_000)).await;
    let id = before.added(4_000).await;
    let claimed = before.claim(at(5)).await;
    for chunk in &claimed {
        before.world.record(vec![], vec![(chunk.id, 1, ChunkEnd::Done)]).await;
    }
    before.store().expire(at(8_000), at(0), 9, REFUND).await.unwrap();
    let done = Spent::Done { message: id, recipients: 4_000, price: times(4_000) };
    assert_eq!(retried(&before, id).await, RetryOutcome::Spent(done));
    let claim = before.store().claim_chunks("one", 1.into(), at(9_000), at(9_100));
    assert_eq!(claim.await.unwrap().chunks[0].recipients.len(), 1_000);
    let account = before.account;
    drop(before);

    let world = World::from(rig, 1_000_000).await;
    let world = BulkWorld { world, account };
    let pause = world.store().pause_bulk(account, id, true, at(9_001)).await;
    assert!(pause.unwrap(), "the retry has started");
    assert_eq!(retried(&world, id).await, RetryOutcome::NotEnded(MessageState::Pending));
    world.store().pause_bulk(account, id, false, at(9_002)).await.unwrap();
    world.must_be_sound().await;
    let chunks = world.claim(at(9_200)).await;
    let all: Vec<_> =
        chunks.iter().flat_map(|chunk| &chunk.recipients).map(|one| one.index).collect();
    assert_eq!(all, (0..4_000).collect::<Vec<_>>());
    world.deliver_all(&chunks).await;
    let ended = world.message(id).await;
    assert_eq!((ended.counts.success, ended.charged), (4_000, times(4_000)));
    world.must_be_sound().await;
}

pub async fn queues_a_retry_for_two_processes(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(20_000)).await;
    let other = World::from(rig, 1_000_000).await;
    let id = world.added(8_000).await;
    for chunk in &world.claim(at(5)).await {
        world.world.record(vec![], vec![(chunk.id, 1, ChunkEnd::Done)]).await;
    }
    world.store().expire(at(8_000), at(0), 9, REFUND).await.unwrap();
    retried(&world, id).await;
    let mut claims = tokio::task::JoinSet::new();
    for (node, store) in [("one", world.store().clone()), ("two", other.store.clone())] {
        claims.spawn(async move {
            let (mut handed_out, mut idle, mut now) = (Vec::new(), 0, at(9_000));
            while idle < 3 {
                let claimed = store.claim_chunks(node, 2.into(), now, at(9_900)).await.unwrap();
                idle = if claimed.chunks.is_empty() { idle + 1 } else { 0 };
                let recipients = claimed.chunks.iter().flat_map(|chunk| &chunk.recipients);
                handed_out.extend(recipients.map(|one| one.index));
                // Chunks locked by another change are due a little later.
                now = now.after(std::time::Duration::from_millis(300));
            }
            handed_out
        });
    }
    let mut handed_out = claims.join_all().await.concat();
    handed_out.sort_unstable();
    assert_eq!(handed_out, (0..8_000).collect::<Vec<_>>());
    world.must_be_sound().await;
}

pub async fn a_retry_sends_again_what_a_phone_had(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(10)).await;
    let (message, _) = ended(&world).await;
    let (store, phone) = (world.store(), world.world.ready_phone().await);
    store.register_phone(hash(1), hash(2), PhoneReport::default(), at(0)).await.unwrap();
    assert!(store.set_sim_sends(phone, 1, true, BY, at(0)).await.unwrap());
    let queue = async |number| {
        let valid_until = at(20_000);
        let new = NewPhoneText { message, recipient: 2, valid_until, ..text(number, 1) };
        store.queue_phone_texts(terms(9), vec![new], at(3)).await.unwrap().remove(0)
    };
    assert_eq!(queue(1).await, Placed::Waiting);
    assert_eq!(store.fetch_phone_texts(phone, false, at(4)).await.unwrap().len(), 1);
    assert!(matches!(queue(2).await, Placed::Taken(_)));
    retried(&world, message).await;
    world.claim_one(at(9_000)).await;
    assert_eq!(queue(3).await, Placed::Waiting);
}
