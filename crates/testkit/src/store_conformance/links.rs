//! Nodes: sharing a carrier's links, and releasing the work of a dead node.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::limits::LINK_ELSEWHERE_WAIT;
use domain::message::recipient::RecipientState;
use domain::ports::{ChunkEnd, ClaimRoom, LinkDemand, LinkLease, LinkReport, LinkStatus, Store};
use domain::reason::Reason;
use domain::routing::CarrierName;
use domain::time::Timestamp;

use super::Rig;
use super::world::{LEASE, NODE, World, at, deferred};

/// Lease of a node that soon dies. With the database's own clock it must really elapse.
const SHORT: Duration = Duration::from_millis(20);

const ROUNDS_MAX: u64 = 2_000;

fn demand(carrier: &str, binds: u32, open: u32) -> LinkDemand {
    LinkDemand { carrier: CarrierName::new(carrier), binds, open, up: open > 0 }
}

async fn lease(store: &Arc<dyn Store>, node: &str, demands: &[LinkDemand]) -> LinkLease {
    static ASKED: AtomicU64 = AtomicU64::new(0);
    // A little later each time.
    let now = at(1).after(Duration::from_millis(ASKED.fetch_add(1, Ordering::SeqCst)));
    store.lease_links(node, demands.to_vec(), LEASE, now).await.unwrap()
}

/// Links granted of a carrier with `binds` to a node with `open` open ones.
async fn links(store: &Arc<dyn Store>, node: &str, binds: u32, open: u32) -> u32 {
    lease(store, node, &[demand("main", binds, open)]).await.allowed[0]
}

/// Renews a node's lease until the grant satisfies a condition.
async fn await_lease(
    store: &Arc<dyn Store>,
    node: &str,
    wished: impl Fn(&LinkLease) -> bool,
) -> (LinkLease, Timestamp) {
    for round in 0..ROUNDS_MAX {
        let now = at(1).after(SHORT / 4 * u32::try_from(round).unwrap());
        let demands = vec![demand("main", 2, 0)];
        let granted = store.lease_links(node, demands, LEASE, now).await.unwrap();
        if wished(&granted) {
            return (granted, now);
        }
        tokio::time::sleep(SHORT / 4).await;
    }
    panic!("the condition was never met");
}

pub async fn one_node_gets_all_links(rig: &impl Rig) {
    let world = World::new(rig).await;
    let demands = [demand("a", 3, 0), demand("b", 1, 0), demand("mail", 0, 0)];
    for _ in 0..2 {
        let granted = lease(&world.store, "one", &demands).await;
        assert_eq!((granted.allowed, granted.elsewhere, granted.freed), (vec![3, 1, 0], vec![], 0));
    }
}

pub async fn shares_links_evenly_without_reassigning_open_ones(rig: &impl Rig) {
    let world = World::new(rig).await;
    let store = &world.store;
    assert_eq!(links(store, "one", 5, 0).await, 5);
    assert_eq!(links(store, "two", 5, 0).await, 0, "all of them may be open");
    assert_eq!(links(store, "one", 5, 5).await, 3, "it must close two");
    assert_eq!(links(store, "two", 5, 0).await, 0, "they are not closed");
    assert_eq!(links(store, "one", 5, 4).await, 3);
    assert_eq!(links(store, "two", 5, 0).await, 1, "one is closed");
    assert_eq!(links(store, "one", 5, 3).await, 3);
    assert_eq!(links(store, "two", 5, 1).await, 2);
    for (node, open) in [("three", 0), ("one", 2), ("two", 2), ("three", 0)] {
        links(store, node, 5, open).await;
    }
    let shares = [("one", 2), ("two", 2), ("three", 1)];
    for (node, share) in shares {
        assert_eq!(links(store, node, 5, share).await, share, "{node}");
    }
}

pub async fn few_links_stay_with_the_oldest_nodes(rig: &impl Rig) {
    let world = World::new(rig).await;
    let demands = [demand("a", 1, 0), demand("b", 1, 0)];
    assert_eq!(lease(&world.store, "zoe", &demands).await.allowed, [1, 1]);
    assert_eq!(lease(&world.store, "ann", &demands).await.allowed, [0, 0]);
    for node in ["ann", "zoe"] {
        let first = u32::from(node == "zoe");
        assert_eq!(lease(&world.store, node, &demands).await.allowed, [first, first]);
    }
    // Only nodes with the carrier share it.
    let granted = lease(&world.store, "bob", &[demand("b", 2, 0), demand("c", 1, 0)]).await;
    assert_eq!(granted.allowed, [0, 1]);
}

pub async fn one_link_is_granted_to_one_of_many_nodes(rig: &impl Rig) {
    let stores = [rig.open().await, rig.open().await];
    let mut tasks = tokio::task::JoinSet::new();
    for (at, node) in ["a", "b", "c", "d"].into_iter().enumerate() {
        let store = stores[at % 2].clone();
        tasks.spawn(async move {
            let mut open = 0;
            for _ in 0..20 {
                open = links(&store, node, 7, open).await;
            }
            (node, open)
        });
    }
    let granted: BTreeMap<_, _> = tasks.join_all().await.into_iter().collect();
    assert!(granted.values().sum::<u32>() <= 7, "{granted:?}");
    let mut open = granted;
    for _ in 0..2 {
        for node in ["a", "b", "c", "d"] {
            let links = links(&stores[0], node, 7, open[node]).await;
            open.insert(node, links);
        }
    }
    let mut shares: Vec<_> = open.into_values().collect();
    shares.sort_unstable();
    assert_eq!(shares, [1, 2, 2, 2]);
}

pub async fn reassigns_the_links_of_a_dead_node(rig: &impl Rig) {
    let world = World::new(rig).await;
    let store = &world.store;
    let short = store.lease_links("one", vec![demand("main", 2, 0)], SHORT, at(1)).await.unwrap();
    assert_eq!(short.allowed, [2]);
    await_lease(store, "two", |granted| granted.allowed == [2]).await;
    assert_eq!(links(store, "one", 2, 2).await, 0, "it counts as a new node");
}

pub async fn a_leaving_node_releases_its_links(rig: &impl Rig) {
    let world = World::new(rig).await;
    let store = &world.store;
    assert_eq!(links(store, "one", 4, 0).await, 4);
    assert_eq!(links(store, "two", 4, 0).await, 0);
    store.leave_links("one").await.unwrap();
    assert_eq!(links(store, "two", 4, 0).await, 4);
    store.leave_links("one").await.unwrap();
    assert_eq!(links(store, "two", 4, 4).await, 4);
}

pub async fn releases_the_work_of_a_dead_node(rig: &impl Rig) {
    let world = World::new(rig).await;
    let store = &world.store;
    world.working().await;
    let lost = world.claim_one(at(1)).await;
    store.lease_links(NODE, vec![], SHORT, at(1)).await.unwrap();
    let (granted, now) = await_lease(store, "two", |granted| granted.freed > 0).await;
    assert_eq!((granted.freed, granted.gone), (1, 1));
    assert!(now < at(1).after(LEASE), "its lease of the chunk has not expired");
    let again = store.claim_chunks("two", 9.into(), now, now.after(LEASE)).await.unwrap().chunks;
    assert_eq!((again[0].id, again[0].attempt), (lost.id, 2));
}

pub async fn releases_nothing_of_a_live_node(rig: &impl Rig) {
    let world = World::new(rig).await;
    let store = &world.store;
    world.working().await;
    world.claim_one(at(1)).await;
    lease(store, NODE, &[]).await;
    let granted = lease(store, "two", &[]).await;
    assert_eq!((granted.freed, granted.gone), (0, 0));
    assert!(world.claim(at(2)).await.is_empty());
}

pub async fn lists_the_carriers_of_other_nodes(rig: &impl Rig) {
    let world = World::new(rig).await;
    let store = &world.store;
    lease(store, "one", &[demand("a", 2, 2), demand("b", 1, 0), demand("mail", 0, 1)]).await;
    let granted = lease(store, "two", &[demand("a", 2, 0), demand("b", 1, 0)]).await;
    assert_eq!(granted.elsewhere, ["a", "mail"].map(CarrierName::new));
    let granted = lease(store, "one", &[demand("a", 2, 0), demand("b", 1, 0)]).await;
    assert_eq!(granted.elsewhere, []);
}

pub async fn leaves_chunks_to_the_node_that_has_their_carrier(rig: &impl Rig) {
    let world = World::new(rig).await;
    let order = world.working().await;
    let chunk = world.claim_one(at(5)).await;
    let end = ChunkEnd::Retry { at: at(6), reason: Reason::LinkElsewhere };
    world.record(vec![deferred(&chunk, &[], 1)], vec![(chunk.id, 1, end)]).await;
    world.working().await;
    let lacking = ClaimRoom { lacks_links: true, ..ClaimRoom::from(9) };
    let claim = |room, now: Timestamp| world.store.claim_chunks("two", room, now, now.after(LEASE));
    let other = claim(lacking.clone(), at(6)).await.unwrap().chunks;
    assert_eq!(other.len(), 1, "the chunk that was not returned");
    assert_ne!(other[0].id, chunk.id);
    let by_then = at(6).after(LINK_ELSEWHERE_WAIT);
    let early = by_then.before(Duration::from_millis(1));
    assert!(claim(lacking.clone(), early).await.unwrap().chunks.is_empty());
    let left = claim(lacking, by_then).await.unwrap().chunks;
    assert_eq!((left[0].id, left[0].attempt), (chunk.id, 2), "it was not claimed meanwhile");
    let retry = ChunkEnd::Retry { at: at(6), reason: Reason::LinkElsewhere };
    let ends = vec![(chunk.id, 2, retry)];
    world.store.record_outcomes(vec![], ends, by_then, None).await.unwrap();
    let taken = world.claim_one(at(6)).await;
    assert_eq!(
        (taken.id, taken.attempt),
        (chunk.id, 3),
        "a node that lacks nothing takes it at once"
    );
    assert_eq!(world.recipient(order).await, RecipientState::Pending);
}

pub async fn nodes_report_their_links_and_see_what_is_requested(rig: &impl Rig) {
    let store = rig.open().await;
    let report = |carrier: &str, up, detail: &str| LinkReport {
        carrier: CarrierName::new(carrier),
        status: LinkStatus { up, detail: detail.to_owned() },
    };
    let (first, second) = (report("b", true, "2 of 2 binds"), report("a", false, "refused"));
    store.report_links("one", vec![first.clone(), second.clone()], at(1)).await.unwrap();
    store.report_links("two", vec![second.clone()], at(2)).await.unwrap();
    let found = store.link_reports().await.unwrap();
    let shown: Vec<_> =
        found.iter().map(|found| (found.node.as_str(), &found.report, found.at)).collect();
    assert_eq!(shown, [("one", &second, at(1)), ("two", &second, at(2)), ("one", &first, at(1))]);
    store.report_links("one", vec![first.clone()], at(3)).await.unwrap();
    store.report_links("two", vec![], at(3)).await.unwrap();
    let found = store.link_reports().await.unwrap();
    assert_eq!((found.len(), &found[0].report, found[0].at), (1, &first, at(3)));

    assert_eq!(store.reconnect_requests().await.unwrap(), []);
    for _ in 0..2 {
        store.request_reconnect(&CarrierName::new("b")).await.unwrap();
    }
    let requests = rig.open().await.reconnect_requests().await.unwrap();
    assert_eq!(requests, [(CarrierName::new("b"), 2)]);
}
