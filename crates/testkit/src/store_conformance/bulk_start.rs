//! The start of campaigns: at their time, not while paused, and never after a cancel.

use std::sync::Arc;

use domain::message::MessageState;
use domain::money::Msat;
use domain::ports::{CancelBulk, ChunkEnd, ClaimedChunk, Store};
use domain::reason::Reason;

use super::Rig;
use super::bulk_world::{BulkWorld, times};
use super::world::{REFUND, World, at, balance};

pub async fn starts_and_cancels_only_scheduled_campaigns(rig: &impl Rig) {
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
    assert!(world.claim(at(950)).await.is_empty(), "a cancelled campaign is claimed");
    world.store().expire(at(9_000), at(0), 9, REFUND).await.unwrap();
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

/// Races between a start and a cancel per account, and accounts.
const RACES: i64 = 100;
const ACCOUNTS: i64 = 10;

/// Steps by which the winner of the last race starts later, and their limit.
const HANDICAP: u32 = 16;
const HANDICAP_MAX: u32 = 8_000;

/// A thousand races, of which each side wins some: the winner gets a handicap, so that most races are close.
pub async fn starts_or_cancels_but_never_both(rig: &impl Rig) {
    let mut world = BulkWorld::new(rig, Msat::ZERO).await;
    let other = World::from(rig, 1_000_000).await.store;
    let (mut started, mut handicaps) = (0, (0, 0));
    for _ in 0..ACCOUNTS {
        world.account = world.world.account(times(3 * RACES)).await.id;
        started += races(&world, &other, &mut handicaps).await;
    }
    assert!((1..RACES * ACCOUNTS).contains(&started), "{started} started");
}

/// Number of races that the start won.
async fn races(world: &BulkWorld, other: &Arc<dyn Store>, handicaps: &mut (u32, u32)) -> i64 {
    let mut started = 0;
    let (mut claim_waits, mut cancel_waits) = *handicaps;
    for round in 0..RACES {
        let id = world.scheduled(3, at(900)).await;
        let (store, account) = (other.clone(), world.account);
        let mut cancel = tokio::task::JoinSet::new();
        cancel.spawn(async move {
            steps(cancel_waits).await;
            store.cancel_bulk(account, id, at(900)).await.unwrap()
        });
        steps(claim_waits).await;
        let mut claimed = world.claim(at(900)).await;
        let outcome = cancel.join_all().await.remove(0);
        if claimed.is_empty() && matches!(outcome, CancelBulk::Not { .. }) {
            // It found the message locked and postponed it.
            claimed = world.claim(at(901)).await;
        }
        let claimed: Vec<_> = claimed.iter().map(|chunk| chunk.id.message).collect();
        let state = world.message(id).await.state;
        match outcome {
            CancelBulk::Cancelled { refunded } => {
                assert_eq!((claimed, refunded), (vec![], times(3)), "round {round}");
                assert_eq!(state, MessageState::Cancelled);
                (claim_waits, cancel_waits) = handicap(claim_waits, cancel_waits);
            }
            CancelBulk::Not { state: seen, .. } => {
                started += 1;
                assert_eq!((claimed, seen), (vec![id], MessageState::Pending), "round {round}");
                assert_eq!(state, MessageState::Pending);
                (cancel_waits, claim_waits) = handicap(cancel_waits, claim_waits);
            }
            CancelBulk::NoSuchMessage => unreachable!(),
        }
        let (left, held) = (times(3 * (RACES - started)), times(3 * started));
        assert_eq!(world.balance().await, balance(left, held), "round {round}");
    }
    assert!(world.claim(at(902)).await.is_empty(), "a cancelled campaign is claimed");
    world.must_be_sound().await;
    *handicaps = (claim_waits, cancel_waits);
    started
}

async fn steps(count: u32) {
    for _ in 0..count {
        tokio::task::yield_now().await;
    }
}

/// The next delays of the loser and the winner of a race.
fn handicap(loser: u32, winner: u32) -> (u32, u32) {
    match loser.checked_sub(HANDICAP) {
        Some(less) => (less, winner),
        None => (0, (winner + HANDICAP).min(HANDICAP_MAX)),
    }
}

pub async fn claims_nothing_while_paused(rig: &impl Rig) {
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
    // A node finishes its chunk; the rest of it waits, too.
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
    assert_eq!(sizes(&late), [(0, 999)], "it is due as before");
    world.must_be_sound().await;
}

pub async fn postpones_a_paused_chunk_after_its_lease(rig: &impl Rig) {
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

pub async fn starts_no_paused_campaign(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(300)).await;
    let id = world.scheduled(150, at(100)).await;
    let pause = |paused| world.store().pause_bulk(world.account, id, paused, at(20));
    pause(true).await.unwrap();
    pause(false).await.unwrap();
    assert!(world.claim(at(99)).await.is_empty(), "it is due as before");
    pause(true).await.unwrap();
    assert!(world.claim(at(100)).await.is_empty());
    assert_eq!(world.message(id).await.state, MessageState::Scheduled);
    let cancelled = world.store().cancel_bulk(world.account, id, at(110)).await.unwrap();
    assert_eq!(cancelled, CancelBulk::Cancelled { refunded: times(150) });
    assert!(!pause(false).await.unwrap(), "it has ended");
    // Its validity ends meanwhile.
    let id = world.added(150).await;
    world.store().pause_bulk(world.account, id, true, at(20)).await.unwrap();
    world.store().expire(at(3_600), at(0), 9, REFUND).await.unwrap();
    assert_eq!(world.message(id).await.counts.expired, 150);
    world.must_be_sound().await;
}
