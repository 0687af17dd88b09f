//! Campaigns whose text differs by recipient.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::message::campaign::NewBulk;
use domain::message::merged_texts::MergedTexts;
use domain::money::Msat;
use domain::ports::{ClaimedChunk, PortError, Retry};

use super::Rig;
use super::bulk_world::{BulkWorld, group};
use super::world::{RECEIPTS, VALID, at};

const EACH: Msat = Msat::new(1_000);

/// Of two prices: the first `few` recipients have two parts. The numbers of the second group begin at `few`.
fn merged(world: &BulkWorld, few: u32, all: u32) -> NewBulk {
    let groups = vec![group(Msat::new(2 * EACH.get()), 0..few), group(EACH, few..all)];
    let mut texts = MergedTexts::default();
    for (parts, group) in [2, 1].into_iter().zip(&groups) {
        for number in &group.numbers {
            texts.add(*number, &format!("Hi {}", number.digits()), parts);
        }
    }
    let mut new = NewBulk { groups, texts: Some(Arc::new(texts.sorted())), ..world.bulk(all) };
    new.content.parts = 2;
    new
}

/// Every recipient with the text that names its number.
fn check(chunk: &ClaimedChunk) -> BTreeSet<u32> {
    let with_text = |recipient: &domain::ports::ClaimedRecipient| {
        let content = recipient.content.as_ref().expect("it has its own text");
        assert_eq!(content.text.as_str(), format!("Hi {}", recipient.to.stored()));
        assert_eq!(content.message, chunk.content.message);
        assert_eq!(
            (content.lane, content.valid_until),
            (chunk.content.lane, chunk.content.valid_until)
        );
        recipient.index
    };
    chunk.recipients.iter().map(with_text).collect()
}

pub async fn hands_out_each_recipient_with_its_own_text(rig: &impl Rig) {
    let world = BulkWorld::new(rig, Msat::new(10_000_000_000)).await;
    for (few, all) in [(2, 5), (3, 1_203)] {
        let new = merged(&world, few, all);
        let id = new.content.message;
        assert_eq!(new.price(), Some(Msat::new(EACH.get() * i64::from(all + few))));
        world.add(new).await;
        assert_eq!(world.message(id).await.own_parts, Some(u64::from(all + few)));
        let asked = vec![(id, all - 1), (id, 0), (id, all)];
        let texts = world.store().own_texts(asked).await.unwrap();
        let parts: Vec<_> =
            texts.iter().map(|text| text.as_ref().map(|(_, parts)| *parts)).collect();
        assert_eq!(parts, [Some(1), Some(2), None], "also before they are claimed");
        let chunks = world.claim(at(0)).await;
        let found: BTreeSet<_> = chunks.iter().flat_map(check).collect();
        assert_eq!(found, (0..all).collect());
        for recipient in chunks.iter().flat_map(|chunk| &chunk.recipients) {
            let parts = if recipient.index < few { 2 } else { 1 };
            assert_eq!(recipient.content.as_ref().unwrap().parts, parts);
        }
        let plain = world.added(2).await;
        assert_eq!(world.message(plain).await.own_parts, None);
        let chunk = world.claim_one(at(0)).await;
        assert!(chunk.recipients.iter().all(|recipient| recipient.content.is_none()));
        assert_eq!(world.store().own_texts(vec![(plain, 0)]).await.unwrap(), [None]);
        world.must_be_sound().await;
    }
    let without = MergedTexts::default().sorted();
    let new = NewBulk { texts: Some(Arc::new(without)), ..world.bulk(2) };
    let refused = world.store().add_bulk(Arc::new(new)).await;
    assert!(matches!(refused, Err(PortError::Refused(_))), "{refused:?}");
}

pub async fn keeps_own_texts_for_a_retry(rig: &impl Rig) {
    let world = BulkWorld::new(rig, Msat::new(10_000_000_000)).await;
    let id = {
        let new = merged(&world, 2, 5);
        let id = new.content.message;
        world.add(new).await;
        id
    };
    let chunk = world.claim_one(at(0)).await;
    let outcomes = (0..5).map(|index| world.refused(&chunk, index)).collect();
    let done = vec![(chunk.id, chunk.attempt, domain::ports::ChunkEnd::Done)];
    world.store().record_outcomes(outcomes, done, at(1), None).await.unwrap();
    let retry = Retry {
        account: world.message(id).await.account,
        message: id,
        valid_until: at(2).after(VALID),
        receipts_until: at(2).after(RECEIPTS),
        idempotency: None,
    };
    world.store().retry_bulk(retry, at(2)).await.unwrap();
    let again = world.claim_one(at(3)).await;
    assert_eq!(check(&again), (0..5).collect());
    world.must_be_sound().await;
}
