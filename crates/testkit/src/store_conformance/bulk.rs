//! Campaigns: accepted as a whole or not at all, and once per idempotency key.

use std::sync::Arc;

use domain::message::MessageState;
use domain::message::campaign::Counts;
use domain::money::Msat;
use domain::ports::{PortError, Spent};

use super::Rig;
use super::bulk_world::{BulkWorld, EACH, group, times};
use super::world::{World, at, balance};

pub async fn accepts_a_campaign(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(3)).await;
    let new = world.bulk(2);
    let (id, text) = (new.content.message, new.content.text.clone());
    let done = Spent::Done { message: id, recipients: 2, price: times(2) };
    assert_eq!(world.add(new.clone()).await, done);
    assert_eq!(world.balance().await, balance(EACH, times(2)));
    let stored = world.message(id).await;
    assert_eq!((stored.id, stored.account, stored.text), (id, world.account, text));
    assert_eq!((stored.state, stored.price), (MessageState::Pending, times(2)));
    assert_eq!((stored.charged, stored.refunded), (Msat::ZERO, Msat::ZERO));
    assert_eq!(stored.counts, Counts { pending: 2, ..Counts::default() });
    assert_eq!((stored.start_at, stored.paused, stored.ended_at), (None, false, None));
    assert_eq!((stored.created_at, stored.valid_until), (at(0), new.content.valid_until));
    assert_eq!((stored.sender, stored.parts), (new.content.sender.clone(), 1));
    let other = world.world.account(Msat::ZERO).await.id;
    assert!(world.store().bulk(other, id).await.unwrap().is_none(), "another account sees it");
    world.must_be_sound().await;
}

pub async fn refuses_a_duplicate_campaign(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(9)).await;
    let new = world.bulk(2);
    world.add(new.clone()).await;
    let again = world.store().add_bulk(Arc::new(new)).await;
    assert!(matches!(again, Err(PortError::Conflict(_))), "{again:?}");
    assert_eq!(world.balance().await, balance(times(7), times(2)));
    world.must_be_sound().await;
}

pub async fn stores_nothing_of_a_campaign_without_credit(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(199)).await;
    let new = world.keyed(world.bulk(200), "key", 1);
    let insufficient = Spent::Insufficient { price: times(200), available: times(199) };
    assert_eq!(world.add(new.clone()).await, insufficient);
    assert!(world.store().bulk(world.account, new.content.message).await.unwrap().is_none());
    assert!(world.claim(at(5)).await.is_empty());
    let key = new.idempotency.clone().unwrap();
    assert_eq!(world.store().spent(world.account, key).await.unwrap(), None);
    assert_eq!(world.balance().await, balance(times(199), Msat::ZERO));
    world.must_be_sound().await;
    // The same request is accepted once there is enough credit.
    let new = world.keyed(world.bulk(199), "key", 1);
    assert!(matches!(world.add(new).await, Spent::Done { .. }));
}

pub async fn refuses_inconsistent_campaigns(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(9)).await;
    let mut nobody = world.bulk(1);
    nobody.groups = vec![group(EACH, 0..0)];
    let mut negative = world.bulk(1);
    negative.groups = vec![group(Msat::new(-1), 0..1)];
    let mut huge = world.bulk(1);
    huge.groups = vec![group(Msat::new(i64::MAX), 0..2)];
    let mut other = world.bulk(1);
    other.content.account = None;
    for new in [nobody, negative, huge, other] {
        let refused = world.store().add_bulk(Arc::new(new)).await;
        assert!(matches!(refused, Err(PortError::Refused(_))), "{refused:?}");
    }
    assert_eq!(world.balance().await, balance(times(9), Msat::ZERO));
}

pub async fn spends_the_last_credit_on_one_campaign(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(5)).await;
    let other = World::from(rig, 1_000_000).await;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..8 {
        let new = Arc::new(world.bulk(3));
        let store = if number % 2 == 0 { world.store().clone() } else { other.store.clone() };
        tasks.spawn(async move { store.add_bulk(new).await.unwrap() });
    }
    let spent = tasks.join_all().await;
    let done = spent.iter().filter(|spent| matches!(spent, Spent::Done { .. })).count();
    assert_eq!(done, 1, "{spent:?}");
    let insufficient = Spent::Insufficient { price: times(3), available: times(2) };
    assert_eq!(spent.iter().filter(|spent| **spent == insufficient).count(), 7);
    assert_eq!(world.balance().await, balance(times(2), times(3)));
    world.must_be_sound().await;
}

pub async fn an_idempotency_key_is_used_once(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(9)).await;
    let first = world.keyed(world.bulk(2), "key", 1);
    let (message, key) = (first.content.message, first.idempotency.clone().unwrap());
    assert_eq!(world.store().spent(world.account, key.clone()).await.unwrap(), None);
    world.add(first).await;
    let repeat = Spent::Repeat { message, recipients: 2, price: times(2) };
    assert_eq!(world.add(world.keyed(world.bulk(2), "key", 1)).await, repeat);
    assert_eq!(world.add(world.keyed(world.bulk(2), "key", 2)).await, Spent::KeyReused);
    assert_eq!(world.store().spent(world.account, key.clone()).await.unwrap(), Some(repeat));
    let done = |spent| matches!(spent, Spent::Done { .. });
    assert!(done(world.add(world.keyed(world.bulk(2), "other", 1)).await));
    assert_eq!(world.balance().await, balance(times(5), times(4)));
    // Keys are per account.
    let other = world.world.account(Msat::ZERO).await.id;
    assert_eq!(world.store().spent(other, key.clone()).await.unwrap(), None);
    // The key is deleted after a week.
    let week = 7 * 24 * 3_600;
    let forget = |secs| world.store().forget(at(secs).before(domain::limits::FORGET_AFTER), 9);
    assert_eq!(forget(week).await.unwrap(), 0);
    assert_eq!(forget(week + 1).await.unwrap(), 2);
    assert_eq!(world.store().spent(world.account, key).await.unwrap(), None);
}

pub async fn concurrent_requests_with_one_key_are_done_once(rig: &impl Rig) {
    let world = BulkWorld::new(rig, times(100)).await;
    let other = World::from(rig, 1_000_000).await;
    for round in 0..6 {
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..6 {
            let request = u8::from(number > 3);
            let new = Arc::new(world.keyed(world.bulk(2), &format!("key-{round}"), request));
            let store = if number % 2 == 0 { world.store().clone() } else { other.store.clone() };
            tasks.spawn(async move { (request, store.add_bulk(new).await.unwrap()) });
        }
        let spent = tasks.join_all().await;
        let done: Vec<_> =
            spent.iter().filter(|(_, spent)| matches!(spent, Spent::Done { .. })).collect();
        assert_eq!(done.len(), 1, "{spent:?}");
        let (won, Spent::Done { message, recipients, price }) = *done[0] else { unreachable!() };
        for (request, spent) in &spent {
            let repeat = Spent::Repeat { message, recipients, price };
            let expected = if *request == won { repeat } else { Spent::KeyReused };
            assert!(*spent == expected || matches!(spent, Spent::Done { .. }), "{spent:?}");
        }
    }
    assert_eq!(world.balance().await, balance(times(100 - 12), times(12)));
    world.must_be_sound().await;
}
