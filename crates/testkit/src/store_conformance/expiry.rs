//! Expiry of recipients.

use domain::message::recipient::RecipientState;
use domain::ports::{ChunkEnd, ReceiptState, Recorded};
use domain::reason::Reason;
use domain::sale::order::OrderState;
use domain::time::Timestamp;

use super::Rig;
use super::world::{REFUND, World, accepted, at, deferred};

const VALID_UNTIL: u64 = 3_600;
const RECEIPTS_UNTIL: u64 = 7_200;

async fn expire(world: &World, now: Timestamp) -> Recorded {
    world.store.expire(now, at(0), 100, REFUND).await.unwrap()
}

pub async fn expires_unaccepted_recipients(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    let retry = ChunkEnd::Retry { at: at(9_000), reason: Reason::LinkDown };
    world.record(vec![deferred(&chunk, &[], 1)], vec![(chunk.id, chunk.attempt, retry)]).await;
    let recorded = expire(&world, at(VALID_UNTIL)).await;
    assert_eq!((recorded.recipients, recorded.decided, recorded.events), (1, 1, 1));
    let stored = world.order(order).await;
    assert_eq!((stored.state, stored.reason), (OrderState::Cancelling, Some(Reason::Expired)));
    assert_eq!(stored.fulfilment.recipient(), Some(RecipientState::Expired));
    assert_eq!(expire(&world, at(VALID_UNTIL)).await, Recorded::default());
    assert!(world.claim(at(9_000)).await.is_empty());
}

pub async fn does_not_expire_leased_chunks(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let chunk = world.claim_one(at(VALID_UNTIL - 1)).await;
    assert_eq!(expire(&world, at(VALID_UNTIL + 1)).await, Recorded::default());
    // Its lease expires without an outcome.
    let recorded = expire(&world, at(VALID_UNTIL + 200)).await;
    assert_eq!(recorded.recipients, 1);
    world.done(&chunk, accepted(&chunk, 0, &[(1, "late")])).await;
    world.receive("late", ReceiptState::Delivered).await;
    assert_eq!(world.recipient(order).await, RecipientState::Expired, "the first end stays");
}

pub async fn times_out_without_a_receipt(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.submitted("a").await;
    assert_eq!(expire(&world, at(RECEIPTS_UNTIL - 1)).await, Recorded::default());
    let recorded = expire(&world, at(RECEIPTS_UNTIL)).await;
    assert_eq!((recorded.recipients, recorded.decided), (1, 1));
    let stored = world.order(order).await;
    assert_eq!((stored.state, stored.reason), (OrderState::Cancelling, Some(Reason::NoReceipt)));
    assert_eq!(stored.fulfilment.recipient(), Some(RecipientState::Timeout));
    world.receive("a", ReceiptState::Delivered).await;
    assert_eq!(world.state(order).await, OrderState::Cancelling);
}

pub async fn does_not_expire_early(rig: &impl Rig) {
    let world = World::new(rig).await;
    let (submitted, pending) = (world.submitted("a").await, world.working().await);
    assert_eq!(expire(&world, at(VALID_UNTIL - 1)).await, Recorded::default());
    assert_eq!(world.recipient(pending).await, RecipientState::Pending);
    assert_eq!(expire(&world, at(VALID_UNTIL)).await.recipients, 1);
    assert_eq!(world.recipient(submitted).await, RecipientState::Submitted);
}

pub async fn expires_no_more_than_its_limit(rig: &impl Rig) {
    let world = World::new(rig).await;
    for _ in 0..3 {
        world.working().await;
    }
    let expire = || world.store.expire(at(VALID_UNTIL), at(0), 2, REFUND);
    assert_eq!(expire().await.unwrap().recipients, 2);
    assert_eq!(expire().await.unwrap().recipients, 1);
    assert_eq!(expire().await.unwrap().recipients, 0);
}

pub async fn deletes_old_parked_receipts(rig: &impl Rig) {
    let world = World::new(rig).await;
    world.receive("a", ReceiptState::Delivered).await;
    world.store.expire(at(100), at(20), 9, REFUND).await.unwrap();
    let order = world.submitted("a").await;
    assert_eq!(world.state(order).await, OrderState::Fulfilled, "only older receipts are deleted");

    world.receive("b", ReceiptState::Delivered).await;
    world.store.expire(at(100), at(21), 9, REFUND).await.unwrap();
    let order = world.submitted("b").await;
    assert_eq!(world.state(order).await, OrderState::Working);
}
