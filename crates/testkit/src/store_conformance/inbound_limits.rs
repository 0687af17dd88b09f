//! Bounds of what incomplete inbound messages take.

use std::sync::Arc;

use domain::inbound::{InboundPart, Join, JoinScheme, Party};
use domain::limits::{
    INBOUND_INCOMPLETE_PER_SENDER_MAX, INBOUND_PARTS_WAITING_MAX,
    INBOUND_PARTS_WAITING_PER_SENDER_MAX,
};
use domain::routing::CarrierName;

use super::Rig;
use super::inbound::{made, whole};
use super::world::{World, at};

pub async fn joins_no_more_incomplete_messages_than_the_limit(rig: &impl Rig) {
    let world = World::new(rig).await;
    for reference in 0..5 {
        let join = Join::new(JoinScheme::Udh8, reference, 2, 1);
        world.take(&[InboundPart { join, ..whole("a", at(5 + u64::from(reference))) }]).await;
    }
    for (limit, incomplete) in [(2, 2), (2, 2), (2, 1), (2, 0)] {
        let store = &world.store;
        let made = store.join_incomplete(at(100), Arc::default(), at(100), limit).await.unwrap();
        assert_eq!(made.incomplete, incomplete);
    }
    let received: Vec<_> = world.came_in().await.iter().map(|m| m.received_at).collect();
    assert_eq!(received, [at(9), at(8), at(7), at(6), at(5)]);
}

pub async fn limits_waiting_parts(rig: &impl Rig) {
    let world = World::new(rig).await;
    let first = |reference: u32, seconds| {
        let join = Join::new(JoinScheme::Udh16, u16::try_from(reference).unwrap(), 2, 1);
        let from = Party::new(format!("45{}", 20_000_000 + reference));
        InboundPart { from, join, ..whole("a", at(seconds)) }
    };
    let full: Vec<_> = (0..INBOUND_PARTS_WAITING_MAX).map(|n| first(n, 5 + u64::from(n))).collect();
    assert_eq!(world.take(&full).await, made(0, 0, 0));
    let other = InboundPart { carrier: CarrierName::new("other"), ..first(1, 1) };
    assert_eq!(world.take(&[other]).await, made(0, 0, 0));
    let late = 5 + u64::from(INBOUND_PARTS_WAITING_MAX);
    let more = [first(20_001, late), first(20_002, late)];
    assert_eq!(world.take(&more).await, made(0, 2, 0));
    let received: Vec<_> = world.came_in().await.iter().map(|m| m.received_at).collect();
    assert_eq!(received.len(), 2);
    assert!(received.contains(&at(5)) && received.contains(&at(6)), "{received:?}");
}

/// A phone, or whoever forges one, that sends first parts alone.
pub async fn limits_what_a_sender_leaves_incomplete(rig: &impl Rig) {
    let world = World::new(rig).await;
    let first = |sender: &str, reference: u16, seconds| {
        let join = Join::new(JoinScheme::Udh16, reference, 2, 1);
        InboundPart { from: Party::new(sender), join, ..whole("a", at(seconds)) }
    };
    let waiting = u16::try_from(INBOUND_PARTS_WAITING_PER_SENDER_MAX).unwrap();
    let kept = INBOUND_INCOMPLETE_PER_SENDER_MAX as usize;
    assert_eq!(world.take(&[first("4531999999", 1, 4)]).await, made(0, 0, 0));
    for reference in 0..waiting + 200 {
        let part = first("4531000001", reference, 5 + u64::from(reference));
        let incomplete = u32::from(reference >= waiting);
        assert_eq!(world.take(&[part]).await, made(0, incomplete, 0), "{reference}");
    }
    assert_eq!(world.came_in().await.len(), kept, "200 were reported incomplete");
    // The rest of them, and the one of another sender, which is kept.
    let now = at(10_000);
    let joined = world.store.join_incomplete(now, Arc::default(), now, 1_000).await.unwrap();
    assert_eq!(joined.incomplete, u32::from(waiting) + 1);
    assert_eq!(world.came_in().await.len(), kept + 1);
    // What is whole is kept; what is not goes after its days.
    assert_eq!(world.take(&[whole("all of it", at(10_001))]).await.complete, 1);
    let store = &world.store;
    while store.forget(at(200), 50).await.unwrap() > 0 {}
    assert_eq!(world.came_in().await.len(), kept + 2, "they are not old enough");
    while store.forget(at(10_002), 50).await.unwrap() > 0 {}
    assert_eq!(world.came_in().await.len(), 1);
}
