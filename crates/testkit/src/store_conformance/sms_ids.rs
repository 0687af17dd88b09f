//! Ids of the query door: taken once, and found again.

use std::collections::BTreeSet;

use domain::id::AccountId;
use domain::limits::SMS_ID_MAX;
use domain::message::campaign::NewBulk;

use super::Rig;
use super::bulk_world::{BulkWorld, times};
use super::world::World;

pub async fn hands_out_ids_in_a_row_and_never_twice(rig: &impl Rig) {
    let before = World::new(rig).await;
    let first = before.store.take_sms_ids(3).await.unwrap();
    assert!(first > 0);
    assert_eq!(before.store.take_sms_ids(1_000).await.unwrap(), first + 3);
    drop(before);
    let after = World::from(rig, 1_000).await;
    let next = after.store.take_sms_ids(1).await.unwrap();
    assert_eq!(next, first + 1_003, "what was taken before a restart is not taken again");
}

pub async fn concurrent_nodes_take_different_ids(rig: &impl Rig) {
    let (one, other) = (rig.open().await, rig.open().await);
    let mut firsts = BTreeSet::new();
    for _ in 0..20 {
        let (a, b) = tokio::join!(one.take_sms_ids(10), other.take_sms_ids(10));
        firsts.extend([a.unwrap(), b.unwrap()]);
    }
    assert_eq!(firsts.len(), 40);
    let firsts: Vec<_> = firsts.into_iter().collect();
    assert!(firsts.windows(2).all(|two| two[1] - two[0] >= 10), "{firsts:?}");
}

pub async fn ids_stay_exact_in_json(rig: &impl Rig) {
    let world = World::new(rig).await;
    let most = u64::try_from(SMS_ID_MAX).unwrap();
    let first = world.store.take_sms_ids(u32::MAX).await.unwrap();
    let next = world.store.take_sms_ids(1).await.unwrap();
    assert_eq!(next, first + u64::from(u32::MAX));
    assert!(next < most);
}

pub async fn finds_a_recipient_by_its_id(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(100)).await;
    let first = world.store().take_sms_ids(5).await.unwrap();
    let numbered = |first| NewBulk { first_sms_id: Some(first), ..world.bulk(2) };
    let (one, two) = (numbered(first), numbered(first + 2));
    let ids = [one.content.message, two.content.message];
    world.added(3).await;
    for new in [one, two] {
        world.add(new).await;
    }
    let find = async |id| {
        let found = world.store().bulk_by_sms_id(world.account, id).await.unwrap();
        found.map(|(message, index)| (message.id, message.first_sms_id, index))
    };
    assert_eq!(find(first).await, Some((ids[0], Some(first), 0)));
    assert_eq!(find(first + 1).await, Some((ids[0], Some(first), 1)));
    assert_eq!(find(first + 3).await, Some((ids[1], Some(first + 2), 1)));
    for none in [0, first - 1, first + 4, u64::MAX] {
        assert_eq!(find(none).await, None, "{none}");
    }
    let other = world.store().bulk_by_sms_id(AccountId(999), first).await.unwrap();
    assert!(other.is_none(), "it is another account's");
    let clash = world.store().add_bulk(std::sync::Arc::new(numbered(first))).await;
    assert!(clash.is_err(), "no id is given twice");
    assert_eq!(world.world.balance(world.account).await.reserved, times(7));
}
