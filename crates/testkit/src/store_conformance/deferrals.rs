//! A clock that was ahead and goes back.

use domain::limits::DEFERRAL_MAX;
use domain::ports::{ChunkEnd, NodeReport, NodeVerdict};
use domain::reason::Reason;

use super::Rig;
use super::world::{World, at, deferred};

const HOUR: u64 = 60 * 60;

/// The clock goes back by an hour: what was put off meanwhile is due at once, and nothing else.
pub async fn reexamines_what_was_put_off_while_the_clock_was_ahead(rig: &impl Rig) {
    let world = World::new(rig).await;
    for (reason, wait, due) in [
        (Reason::LinkDown, HOUR, true),
        (Reason::Throttled, DEFERRAL_MAX.as_secs() + 1, true),
        // As it should be, and the morning, which is exact.
        (Reason::LinkDown, DEFERRAL_MAX.as_secs() - 1, false),
        // As an unreadable row.
        (Reason::LinkDown, 24 * HOUR - 30, false),
        (Reason::LinkDown, 25 * HOUR, true),
        (Reason::QuietHours, HOUR, false),
    ] {
        world.working().await;
        let chunk = world.claim_one(at(5)).await;
        let retry = ChunkEnd::Retry { at: at(10 + wait), reason };
        let end = (chunk.id, chunk.attempt, retry);
        world.record(vec![deferred(&chunk, &[], 1)], vec![end]).await;
        let changed = world.store.reexamine_deferrals(at(10)).await.unwrap();
        assert_eq!((changed, world.claim(at(10)).await.len()), (due.into(), usize::from(due)));
    }
}

pub async fn reexamines_orders_whose_comparison_was_put_off(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.open_order().await;
    let later = NodeReport { order, verdict: NodeVerdict::Unchanged, check_at: at(HOUR) };
    world.store.record_node_reports(vec![later], at(5)).await.unwrap();
    let due =
        async |now| world.store.claim_order_checks(at(now), at(now + 1), 9).await.unwrap().len();
    assert_eq!(due(10).await, 0);
    assert_eq!(world.store.reexamine_deferrals(at(10)).await.unwrap(), 1);
    assert_eq!(due(10).await, 1);
}
