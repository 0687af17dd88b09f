//! Processes that die, restart, and run concurrently.

use std::sync::Arc;

use domain::message::recipient::RecipientState;
use domain::money::Msat;
use domain::ports::{NodeVerdict, ReceiptState};
use domain::sale::order::{OrderState, Payment};

use super::Rig;
use super::world::{NODE, PRICE, World, accepted, at, balance};

pub async fn keeps_everything_across_a_restart(rig: &impl Rig) {
    let before = World::new(rig).await;
    let account = before.account(Msat::new(3_000_000)).await;
    let (spent, _) = before.spend(account.id, PRICE).await;
    let chunk = before.claim_one(at(5)).await;
    before.done(&chunk, accepted(&chunk, 0, &[(1, "a")])).await;
    let open = before.open_order().await;
    let settled = before.submitted("b").await;
    before.receive("b", ReceiptState::Delivered).await;
    before.node_says(settled, NodeVerdict::Settled).await;
    drop(before);

    let after = World::from(rig, 1_000).await;
    assert_eq!(after.balance(account.id).await, balance(Msat::new(2_000_000), PRICE));
    assert_eq!(after.recipient(spent).await, RecipientState::Submitted);
    assert_eq!(after.state(settled).await, OrderState::Settled);
    let Payment::Lightning { preimage, .. } = after.order(open).await.payment else { panic!() };
    let found = after.store.order_of_payment(preimage.payment_hash()).await.unwrap();
    assert_eq!(found.map(|order| order.id), Some(open), "the sealed preimage opens");
    after.receive("a", ReceiptState::Delivered).await;
    assert_eq!(after.state(spent).await, OrderState::Settled);
    assert_eq!(after.deliver_all(at(50)).await.len(), 5, "the response confirms the first");
    after.must_be_sound().await;
}

pub async fn resumes_claimed_work_after_a_crash(rig: &impl Rig) {
    let before = World::new(rig).await;
    let order = before.working().await;
    let lost = before.claim_one(at(5)).await;
    drop(before);

    let after = World::from(rig, 1_000).await;
    assert!(after.claim(at(6)).await.is_empty());
    assert_eq!(after.store.release_leases(NODE, at(6)).await.unwrap(), 1);
    assert_eq!(after.store.recheck_orders(at(6)).await.unwrap(), 1);
    let again = after.claim_one(at(6)).await;
    assert_eq!((again.id, again.attempt), (lost.id, lost.attempt + 1));
    after.done(&again, accepted(&again, 0, &[(1, "a")])).await;
    after.receive("a", ReceiptState::Delivered).await;
    assert_eq!(after.state(order).await, OrderState::Fulfilled);
}

pub async fn records_late_outcomes_after_a_restart(rig: &impl Rig) {
    let before = World::new(rig).await;
    let order = before.working().await;
    let lost = before.claim_one(at(5)).await;
    let after = World::from(rig, 1_000).await;
    after.store.release_leases(NODE, at(6)).await.unwrap();
    let again = after.claim_one(at(6)).await;
    // The old process was still alive: its carrier has the message.
    before.done(&lost, accepted(&lost, 0, &[(1, "old")])).await;
    assert_eq!(after.recipient(order).await, RecipientState::Submitted);
    after.done(&again, accepted(&again, 0, &[(1, "new")])).await;
    after.receive("old", ReceiptState::Delivered).await;
    assert_eq!(after.state(order).await, OrderState::Fulfilled);
}

pub async fn serves_two_processes_at_once(rig: &impl Rig) {
    let one = Arc::new(World::new(rig).await);
    let two = Arc::new(World::from(rig, 1_000_000).await);
    let mut tasks = tokio::task::JoinSet::new();
    for world in [one.clone(), two.clone()] {
        tasks.spawn(async move {
            for _ in 0..50 {
                world.working().await;
            }
        });
    }
    tasks.join_all().await;
    let mut claimed = Vec::new();
    for (world, node) in [(&one, "one"), (&two, "two")].into_iter().cycle().take(10) {
        claimed
            .extend(world.store.claim_chunks(node, 10.into(), at(5), at(90)).await.unwrap().chunks);
    }
    let mut ids: Vec<_> = claimed.iter().map(|chunk| chunk.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 100, "one of them got each chunk");
}

pub async fn answers_a_ping(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.store.ping().await.unwrap();
}
