//! The queue: claims and leases of chunks.

use domain::limits::CHUNK_RECIPIENTS_MAX;
use domain::message::Lane;

use super::Rig;
use super::world::{LEASE, NO_CHUNK, NODE, PRICE, VALID, World, at, phone};

pub async fn claims_a_chunk_once(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.working().await;
    let chunk = world.claim_one(at(5)).await;
    assert_eq!(chunk.attempt, 1);
    assert!(world.claim(at(5)).await.is_empty());
    let other = world.store.claim_chunks("two", 100.into(), at(6), at(90)).await.unwrap().chunks;
    assert!(other.is_empty());
}

pub async fn serves_the_lower_lane_first(rig: &impl Rig) {
    let world = World::new(rig).await;
    let mut campaign = world.new_message(3);
    campaign.content.lane = Lane::Bulk;
    world.working_with(campaign).await;
    world.working().await;
    let claim = || world.store.claim_chunks(NODE, 1.into(), at(5), at(90));
    assert_eq!(claim().await.unwrap().chunks[0].content.lane, Lane::Single);
    assert_eq!(claim().await.unwrap().chunks[0].content.lane, Lane::Bulk);
    world.working().await;
    assert_eq!(claim().await.unwrap().chunks[0].content.lane, Lane::Single);
}

pub async fn claims_no_more_than_there_is_room_for(rig: &impl Rig) {
    let world = World::new(rig).await;
    for lane in [Lane::Single, Lane::Single, Lane::Bulk, Lane::Bulk, Lane::Bulk] {
        let mut message = world.new_message(1);
        message.content.lane = lane;
        world.working_with(message).await;
    }
    let claim = |limit: u32| world.store.claim_chunks(NODE, limit.into(), at(5), at(90));
    assert_eq!(claim(0).await.unwrap().chunks.len(), 0);
    assert_eq!(claim(3).await.unwrap().chunks.len(), 3);
    assert_eq!(claim(3).await.unwrap().chunks.len(), 2);
}

pub async fn claims_again_after_the_lease(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.working().await;
    let first = world.claim_one(at(5)).await;
    let end = at(5).after(LEASE);
    assert!(world.claim(at(124)).await.is_empty());
    let second =
        world.store.claim_chunks("two", 9.into(), end, end.after(LEASE)).await.unwrap().chunks;
    assert_eq!((second[0].id, second[0].attempt), (first.id, 2));
}

pub async fn renews_only_its_own_leases(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.working().await;
    let chunk = world.claim_one(at(5)).await;
    let renew = |node: &'static str, attempt, until| {
        world.store.renew_leases(node, vec![(chunk.id, attempt), (NO_CHUNK, 1)], until)
    };
    renew("two", 1, at(900)).await.unwrap();
    renew(NODE, 2, at(900)).await.unwrap();
    renew(NODE, 1, at(300)).await.unwrap();
    assert!(world.claim(at(299)).await.is_empty());
    let again = world.store.claim_chunks("two", 9.into(), at(300), at(400)).await.unwrap().chunks;
    assert_eq!(again.len(), 1);
    renew(NODE, 1, at(900)).await.unwrap();
    assert_eq!(world.claim(at(400)).await.len(), 1, "a lost lease was renewed");
}

pub async fn releases_the_leases_of_one_node(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.working().await;
    let mine = world.claim_one(at(5)).await;
    world.working().await;
    let theirs = world.store.claim_chunks("two", 9.into(), at(5), at(90)).await.unwrap().chunks;
    assert_eq!(theirs.len(), 1);
    assert_eq!(world.store.release_leases(NODE, at(6)).await.unwrap(), 1);
    let again = world.claim_one(at(6)).await;
    assert_eq!((again.id, again.attempt), (mine.id, 2));
    assert_eq!(world.store.release_leases("three", at(6)).await.unwrap(), 0);
}

pub async fn does_not_claim_expired_chunks(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.working().await;
    let end = at(0).after(VALID);
    assert!(world.claim(end).await.is_empty());
    assert_eq!(world.claim(at(3_599)).await.len(), 1);
}

pub async fn splits_a_message_into_chunks(rig: &impl Rig) {
    let world = World::new(rig).await;
    let count = 2 * CHUNK_RECIPIENTS_MAX + 1;
    world.working_with(world.new_message(count)).await;
    let chunks = world.claim(at(5)).await;
    let sizes: Vec<_> = chunks.iter().map(|chunk| chunk.recipients.len()).collect();
    assert_eq!(sizes, [1_000, 1_000, 1]);
    let all: Vec<_> = chunks.iter().flat_map(|chunk| &chunk.recipients).collect();
    for (index, recipient) in (0..count).zip(all) {
        assert_eq!((recipient.index, &recipient.to), (index, &phone(index)));
        assert!(recipient.accepted.is_empty());
    }
}

pub async fn reports_the_height_at_which_the_hold_ends(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.working().await;
    assert_eq!(world.claim_one(at(5)).await.deadline_height, Some(1_000));
    let account = world.account(PRICE).await;
    world.spend(account.id, PRICE).await;
    assert_eq!(world.claim_one(at(6)).await.deadline_height, None, "credit has no hold");
}
