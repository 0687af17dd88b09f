//! When messages to many begin: in their time, not while they are paused, and never once cancelled.

use domain::message::MessageState;
use domain::money::Msat;
use domain::ports::{CancelBulk, ChunkEnd, ClaimedChunk};
use domain::reason::Reason;

use super::Rig;
use super::bulk_world::{BulkWorld, times};
use super::world::{World, at, balance};

pub async fn begins_and_cancels_only_what_is_scheduled(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(500)).await;
    let scheduled = world.scheduled(150, at(900)).await;
    assert_eq!(world.message(scheduled).await.state, MessageState::Scheduled);
    assert!(world.claim(at(899)).await.is_empty());
    let other = world.world.account(Msat::ZERO).await.id;
    let cancel = |account, id| world.store().cancel_bulk(account, id, at(10));
    assert_eq!(cancel(other, scheduled).await.unwrap(), CancelBulk::NoSuchMessage);
    let cancelled = cancel(world.account, scheduled).await.unwrap();
    assert_eq!(cancelled, CancelBulk::Cancelled { refunded: times(150) });
    assert_eq!(world.balance().await, balance(times(500), Msat::ZERO));
    let after = world.message(scheduled).await;
    assert_eq!((after.state, after.counts.pending), (MessageState::Cancelled, 150));
    assert_eq!((after.refunded, after.ended_at), (times(150), Some(at(10))));
    assert_eq!(world.recipients(scheduled, &[]).await.len(), 150);
    world.must_be_sound().await;
    let not = |state, was_scheduled| CancelBulk::Not { state, was_scheduled };
    let again = cancel(world.account, scheduled).await.unwrap();
    assert_eq!(again, not(MessageState::Cancelled, true));
    assert!(world.claim(at(950)).await.is_empty(), "nothing of it is sent");
    world.store().expire(at(9_000), at(0), 9).await.unwrap();
    world.must_be_sound().await;

    let started = world.scheduled(150, at(900)).await;
    assert_eq!(world.claim(at(900)).await.len(), 1);
    assert_eq!(world.message(started).await.state, MessageState::Pending);
    let late = cancel(world.account, started).await.unwrap();
    assert_eq!(late, not(MessageState::Pending, true));
    let at_once = world.added(1).await;
    let never = cancel(world.account, at_once).await.unwrap();
    assert_eq!(never, not(MessageState::Pending, false));
    world.must_be_sound().await;
}

pub async fn starts_or_cancels_but_never_both(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(10_000)).await;
    let other = World::from(rig, 1_000_000).await;
    let (mut started, mut cancelled) = (0, 0);
    for round in 0..60 {
        let id = world.scheduled(101, at(900)).await;
        let (store, account) = (other.store.clone(), world.account);
        let mut cancel = tokio::task::JoinSet::new();
        cancel.spawn(async move {
            // Now one, now the other is first.
            for _ in 0..round % 6 {
                tokio::task::yield_now().await;
            }
            store.cancel_bulk(account, id, at(900)).await.unwrap()
        });
        let mut claimed = world.claim(at(900)).await;
        let outcome = cancel.join_all().await.remove(0);
        // A claim that found the message taken has put it off.
        claimed.extend(world.claim(at(901)).await);
        let state = world.message(id).await.state;
        match outcome {
            CancelBulk::Cancelled { .. } => {
                cancelled += 1;
                assert!(claimed.is_empty(), "round {round}");
                assert_eq!(state, MessageState::Cancelled);
            }
            CancelBulk::Not { state: seen, .. } => {
                started += 1;
                assert_eq!((claimed.len(), seen), (1, MessageState::Pending), "round {round}");
                assert_eq!(state, MessageState::Pending);
                world.deliver_all(&claimed).await;
            }
            CancelBulk::NoSuchMessage => unreachable!(),
        }
        world.must_be_sound().await;
    }
    assert_eq!(started + cancelled, 60);
}

pub async fn hands_out_nothing_while_paused(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(3_000)).await;
    let id = world.added(2_200).await;
    let chunk =
        world.store().claim_chunks("one", 1.into(), at(5), at(90)).await.unwrap().chunks.remove(0);
    let pause = |account, paused| world.store().pause_bulk(account, id, paused, at(6));
    let other = world.world.account(Msat::ZERO).await.id;
    assert!(!pause(other, true).await.unwrap());
    assert!(pause(world.account, true).await.unwrap());
    assert!(pause(world.account, true).await.unwrap(), "a repeat changes nothing");
    assert!(world.message(id).await.paused);
    assert!(world.claim(at(20)).await.is_empty());
    // What a node has it ends; what is left of it waits too.
    let retry = ChunkEnd::Retry { at: at(30), reason: Reason::Throttled };
    world.world.record(world.taken(&chunk, &[0]), vec![(chunk.id, 1, retry)]).await;
    assert!(world.claim(at(40)).await.is_empty());
    assert!(pause(world.account, false).await.unwrap());
    assert!(!world.message(id).await.paused);
    let sizes = |claimed: &[ClaimedChunk]| -> Vec<_> {
        claimed.iter().map(|chunk| (chunk.id.first, chunk.recipients.len())).collect()
    };
    assert_eq!(sizes(&world.claim(at(29)).await), [(1_000, 1_000), (2_000, 200)]);
    let late = world.claim(at(30)).await;
    assert_eq!(sizes(&late), [(0, 999)], "it is due when it was");
    world.must_be_sound().await;
}

pub async fn puts_off_a_paused_chunk_whose_lease_has_passed(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(300)).await;
    let id = world.added(150).await;
    world.claim_one(at(5)).await;
    world.store().pause_bulk(world.account, id, true, at(6)).await.unwrap();
    assert!(world.claim(at(200)).await.is_empty());
    assert!(world.claim(at(400)).await.is_empty());
    world.store().pause_bulk(world.account, id, false, at(401)).await.unwrap();
    assert_eq!(world.claim_one(at(401)).await.recipients.len(), 150);
}

pub async fn waits_for_receipts_over_a_pause(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(3)).await;
    let id = world.added(1).await;
    let chunk = world.claim_one(at(5)).await;
    let end = ChunkEnd::AwaitReceipts { until: at(100) };
    world.world.record(world.taken(&chunk, &[0]), vec![(chunk.id, 1, end)]).await;
    let pause = |paused| world.store().pause_bulk(world.account, id, paused, at(20));
    pause(true).await.unwrap();
    assert!(world.claim(at(200)).await.is_empty());
    assert_eq!(world.message(id).await.counts.submitted, 1);
    pause(false).await.unwrap();
    assert!(world.claim(at(99)).await.is_empty());
    let again = world.claim_one(at(100)).await;
    assert_eq!(again.recipients[0].tried.len(), 1);
}

pub async fn begins_no_paused_message(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(300)).await;
    let id = world.scheduled(150, at(100)).await;
    let pause = |paused| world.store().pause_bulk(world.account, id, paused, at(20));
    pause(true).await.unwrap();
    pause(false).await.unwrap();
    assert!(world.claim(at(99)).await.is_empty(), "it is due when it was");
    pause(true).await.unwrap();
    assert!(world.claim(at(100)).await.is_empty());
    assert_eq!(world.message(id).await.state, MessageState::Scheduled);
    let cancelled = world.store().cancel_bulk(world.account, id, at(110)).await.unwrap();
    assert_eq!(cancelled, CancelBulk::Cancelled { refunded: times(150) });
    assert!(!pause(false).await.unwrap(), "it has ended");
    // Validity passes meanwhile.
    let id = world.added(150).await;
    world.store().pause_bulk(world.account, id, true, at(20)).await.unwrap();
    world.store().expire(at(3_600), at(0), 9).await.unwrap();
    assert_eq!(world.message(id).await.counts.expired, 150);
    world.must_be_sound().await;
}
