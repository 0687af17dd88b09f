//! Fairness between accounts: no account waits for another's campaign.

use std::collections::BTreeSet;

use domain::id::{AccountId, MessageId};
use domain::limits::CHUNK_RECIPIENTS_MAX;
use domain::message::Lane;
use domain::money::Msat;
use domain::ports::{ClaimRoom, ClaimedChunk};
use domain::time::Timestamp;

use super::Rig;
use super::world::{LEASE, NODE, World, at};

async fn account(world: &World) -> AccountId {
    world.account(Msat::ZERO).await.id
}

/// Queues a campaign with this many chunks.
async fn queue(world: &World, account: Option<AccountId>, chunks: u32) -> MessageId {
    let mut message = world.new_message((chunks - 1) * CHUNK_RECIPIENTS_MAX + 1);
    (message.content.account, message.content.lane) = (account, Lane::Bulk);
    let id = message.content.message;
    world.working_with(message).await;
    id
}

async fn claim(world: &World, room: impl Into<ClaimRoom>, now: Timestamp) -> Vec<ClaimedChunk> {
    world.store.claim_chunks(NODE, room.into(), now, now.after(LEASE)).await.unwrap().chunks
}

fn accounts(chunks: &[ClaimedChunk]) -> Vec<Option<AccountId>> {
    let mut accounts: Vec<_> = chunks.iter().map(|chunk| chunk.content.account).collect();
    accounts.sort_unstable();
    accounts
}

pub async fn claims_from_accounts_in_turn(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (campaign, other) = (account(&world).await, account(&world).await);
    queue(&world, Some(campaign), 20).await;
    queue(&world, Some(other), 1).await;
    queue(&world, None, 3).await;
    let claimed = accounts(&claim(&world, 6, at(5)).await);
    let (campaign, other) = (Some(campaign), Some(other));
    // Two per account; the unused share goes to the others.
    assert_eq!(claimed, [None, None, None, campaign, campaign, other]);
    // A chunk queued during a campaign is in the next claim.
    queue(&world, other, 1).await;
    let claimed = accounts(&claim(&world, 2, at(6)).await);
    assert_eq!(claimed, [campaign, other]);
}

pub async fn claims_next_from_accounts_that_did_not_fit(rig: &impl Rig) {
    let world = World::new(rig).await;
    let mut waiting = BTreeSet::new();
    for _ in 0..7 {
        let account = account(&world).await;
        queue(&world, Some(account), 4).await;
        waiting.insert(Some(account));
    }
    // Seven accounts, two per claim: four claims serve all of them.
    for _ in 0..4 {
        let claimed = claim(&world, 2, at(5)).await;
        assert_eq!(claimed.len(), 2);
        for account in accounts(&claimed) {
            waiting.remove(&account);
        }
    }
    assert!(waiting.is_empty(), "{waiting:?}");
    let one = account(&world).await;
    queue(&world, Some(one), 1).await;
    let mut claims = 0;
    while !accounts(&claim(&world, 1, at(5)).await).contains(&Some(one)) {
        claims += 1;
        assert!(claims < 8, "no later than the others");
    }
}

pub async fn claims_an_accounts_oldest_chunk_first(rig: &impl Rig) {
    let world = World::new(rig).await;
    let account = account(&world).await;
    let mut queued = Vec::new();
    for _ in 0..3 {
        queued.push(queue(&world, Some(account), 1).await);
    }
    for message in queued {
        let claimed = claim(&world, 1, at(5)).await;
        assert_eq!(claimed[0].id.message, message);
    }
    assert!(claim(&world, 1, at(5)).await.is_empty());
}

pub async fn claims_nothing_of_accounts_at_their_limit(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (full, other) = (account(&world).await, account(&world).await);
    for account in [Some(full), Some(other), None] {
        queue(&world, account, 2).await;
    }
    let room =
        |lane| ClaimRoom { full: vec![(lane, Some(full)), (lane, None)], ..ClaimRoom::from(9) };
    let claimed = claim(&world, room(Lane::Bulk), at(5)).await;
    assert_eq!(accounts(&claimed), [Some(other), Some(other)]);
    let claimed = claim(&world, room(Lane::Single), at(5)).await;
    assert_eq!(accounts(&claimed), [None, None, Some(full), Some(full)]);
}

pub async fn limits_the_bulk_chunks_of_a_claim(rig: &impl Rig) {
    let world = World::new(rig).await;
    queue(&world, None, 5).await;
    world.working().await;
    let room = |chunks, bulk| ClaimRoom { chunks, bulk, ..ClaimRoom::default() };
    let lanes = |chunks: &[ClaimedChunk]| -> Vec<Lane> {
        chunks.iter().map(|chunk| chunk.content.lane).collect()
    };
    let claimed = claim(&world, room(4, 2), at(5)).await;
    assert_eq!(lanes(&claimed), [Lane::Single, Lane::Bulk, Lane::Bulk]);
    assert_eq!(claim(&world, room(9, 0), at(5)).await.len(), 0);
    assert_eq!(claim(&world, room(2, 9), at(5)).await.len(), 2);
}

pub async fn shares_the_queue_between_two_nodes(rig: &impl Rig) {
    let world = World::new(rig).await;
    let other = World::from(rig, 1_000_000).await;
    let account = account(&world).await;
    queue(&world, Some(account), 30).await;
    queue(&world, None, 30).await;
    let mut tasks = tokio::task::JoinSet::new();
    for (store, node) in [(world.store.clone(), "one"), (other.store.clone(), "two")] {
        tasks.spawn(async move {
            let mut ids = Vec::new();
            for _ in 0..60 {
                let claimed =
                    store.claim_chunks(node, 3.into(), at(5), at(90)).await.unwrap().chunks;
                ids.extend(claimed.into_iter().map(|chunk| chunk.id));
            }
            ids
        });
    }
    let mut ids: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
    assert_eq!(ids.len(), 60);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 60, "one of them got each chunk");
}
