//! Which recipients of a campaign are charged, and which are refunded.

use domain::message::MessageState;
use domain::message::campaign::{Counts, RefundPolicy};
use domain::message::recipient::RecipientState;
use domain::money::Msat;
use domain::ports::{ChunkEnd, Spent};

use super::Rig;
use super::bulk_world::{BulkWorld, EACH, group, times};
use super::world::{REFUND, World, at, balance};

pub async fn charges_recipients_by_policy(rig: &impl Rig) {
    for (refunds, first) in [(RefundPolicy::Undelivered, 1), (RefundPolicy::Unsent, 1_000)] {
        let world = BulkWorld::of(World::from(rig, first).await, times(10)).await;
        let mut new = world.bulk(5);
        (new.groups, new.refunds) = (vec![group(EACH, 0..4), group(times(2), 4..5)], refunds);
        let id = new.content.message;
        world.add(new).await;
        let chunk = world.claim_one(at(5)).await;
        // 0 is delivered, 1 fails at a carrier, 2 is refused, 3 fails by a parked receipt, 4 has no receipt.
        world.receive(&chunk, 3, false).await;
        let mut outcomes = world.taken(&chunk, &[0, 1, 3, 4]);
        outcomes.push(world.refused(&chunk, 2));
        world.world.record(outcomes, vec![(chunk.id, 1, ChunkEnd::Done)]).await;
        world.must_be_sound().await;
        world.receive(&chunk, 0, true).await;
        world.receive(&chunk, 1, false).await;
        let before = world.message(id).await;
        assert_eq!((before.state, before.counts.submitted), (MessageState::Pending, 1));
        world.must_be_sound().await;
        world.store().expire(at(8_000), at(0), 9, REFUND).await.unwrap();
        let ended = world.message(id).await;
        let kept = if refunds == RefundPolicy::Undelivered { 1 } else { 1 + 1 + 1 + 2 };
        assert_eq!((ended.charged, ended.refunded), (times(kept), times(6 - kept)));
        assert_eq!((ended.state, ended.ended_at), (MessageState::Sent, Some(at(8_000))));
        let counts = Counts { success: 1, failed: 3, timeout: 1, ..Counts::default() };
        assert_eq!(ended.counts, counts);
        assert_eq!(world.balance().await, balance(times(10 - kept), Msat::ZERO));
        world.must_be_sound().await;
    }
}

pub async fn moves_no_money_by_receipts_after_the_end(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(2)).await;
    let id = world.added(2).await;
    let chunk = world.claim_one(at(5)).await;
    let taken = world.taken(&chunk, &[0, 1]);
    world.world.record(taken, vec![(chunk.id, 1, ChunkEnd::Done)]).await;
    world.receive(&chunk, 0, true).await;
    world.store().expire(at(8_000), at(0), 9, REFUND).await.unwrap();
    let ended = world.message(id).await;
    assert_eq!((ended.counts.timeout, ended.refunded), (1, EACH));
    let recorded = world.receive(&chunk, 1, true).await;
    assert_eq!((recorded.recipients, recorded.contradictory), (0, 1));
    world.receive(&chunk, 0, false).await;
    let after = world.message(id).await;
    assert_eq!((after.counts, after.refunded), (ended.counts, ended.refunded));
    assert_eq!(world.balance().await, balance(EACH, Msat::ZERO));
    world.must_be_sound().await;
}

pub async fn sends_at_price_zero(rig: &impl Rig) {
    let world = BulkWorld::new(rig, Msat::ZERO).await;
    let mut new = world.bulk(2);
    new.groups = vec![group(Msat::ZERO, 0..2)];
    let id = new.content.message;
    assert!(matches!(world.add(new).await, Spent::Done { price: Msat::ZERO, .. }));
    let claimed = world.claim(at(5)).await;
    world.deliver_all(&claimed).await;
    assert_eq!(world.message(id).await.state, MessageState::Sent);
    world.must_be_sound().await;
}

pub async fn counts_recipients_reported_with_gaps(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(60)).await;
    let id = world.added(60).await;
    let chunk = world.claim_one(at(5)).await;
    // A dense run, one with gaps, single ones; the others are pending.
    let delivered: Vec<u32> = (0..10).chain((12..30).step_by(3)).chain([40, 41, 59]).collect();
    world.deliver(&chunk, &delivered).await;
    let success = world.recipients(id, &[RecipientState::Success]).await;
    assert_eq!(success.iter().map(|one| one.index).collect::<Vec<_>>(), delivered);
    let counts = world.message(id).await.counts;
    assert_eq!((counts.success, counts.pending), (19, 41));
    // A repeat changes nothing.
    world.deliver(&chunk, &delivered).await;
    assert_eq!(world.message(id).await.counts, counts);
    assert_eq!(world.store().trace(id, 0, 1).await.unwrap()[0].parts.len(), 1);
    world.must_be_sound().await;
}
