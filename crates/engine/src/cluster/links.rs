//! This node among those that share a store: it says that it lives, and shares the carriers' links
//! with the others. One that is alone has them all, and says nothing.
//!
//! Everything is renewed four times in the time of a lease: first the leases of chunks, then the
//! node's own, by which its links are its own too. What is counted from is when that began.
//!
//! | of a lease have passed | what happens |
//! |---|---|
//! | a quarter | it is renewed; what fails is tried again |
//! | a half | the carriers end their links in order |
//! | three quarters | they hand nothing over any more, whoever looks, and sockets are closed |
//! | all | others take the links, and free the work |
//!
//! A node that was away so long does not know what the others have in work: their leases may have
//! passed for the same reason as its own. It claims nothing for a quarter of a lease, in which each
//! that lives records what its carriers took and renews its own.
//!
//! So clocks of nodes may differ by almost a quarter of a lease: a chunk's lease is compared with the
//! clock of whoever claims, a link's with the database's. A process that was stopped and goes on
//! finds its time over before it writes a part.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::ports::{Changed, LinkDemand, LinkLease};
use domain::routing::CarrierName;
use domain::time::Timestamp;
use tokio::time::{Instant, sleep, timeout};

use crate::engine::Engine;

/// How often it is looked whether a link came up or ended: the others are told at once.
const LOOK: Duration = Duration::from_millis(200);

/// What is known of the other nodes.
#[derive(Debug, Default)]
pub(crate) struct Links {
    /// Carriers that one of them can hand over by.
    elsewhere: Mutex<BTreeSet<CarrierName>>,
    /// They have this time to say what they have in work.
    others_time: Mutex<Range<Timestamp>>,
}

impl Links {
    /// Whether another node can hand over by this carrier.
    pub(crate) fn are_elsewhere(&self, carrier: &CarrierName) -> bool {
        self.lock().contains(carrier)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<CarrierName>> {
        self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn others_time(&self) -> MutexGuard<'_, Range<Timestamp>> {
        self.others_time.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its lease is renewed after it could not be for so long that its links were let go; or it has
    /// one for the first time, and finds others past theirs.
    fn is_back(&self, now: Timestamp, lease: Duration) {
        *self.others_time() = now..now.after(lease / 4);
    }

    /// Not while others that were away too may have work whose lease has passed.
    pub(crate) fn may_claim(&self, now: Timestamp) -> bool {
        !self.others_time().contains(&now)
    }
}

/// Another node can hand over by a carrier that this one cannot.
pub(crate) fn lacks_links(engine: &Engine) -> bool {
    let elsewhere = engine.links.lock();
    !elsewhere.is_empty()
        && engine
            .carriers
            .iter()
            .any(|(name, carrier)| elsewhere.contains(name) && !carrier.status().up)
}

/// Before the carriers run: nothing is this node's yet.
pub(crate) fn wait_for_share(engine: &Engine) {
    if engine.settings.shares_store {
        let never = Timestamp::default();
        engine.carriers.values().for_each(|carrier| carrier.allow(0, never));
    }
}

/// The worker that keeps this node's leases, of chunks and of links.
pub(crate) async fn keep(engine: &Engine) {
    let lease = engine.settings.lease;
    if !engine.settings.shares_store {
        loop {
            sleep(lease / 4).await;
            engine.dispatcher.renew(engine).await;
        }
    }
    let mut kept = Kept::default();
    loop {
        let demands = demands(engine);
        let began = engine.now();
        // The store's own patience is longer than a short lease.
        let renewed = timeout(lease / 4, renew(engine, &demands, began)).await;
        let wait = match renewed {
            Ok(Some(share)) => {
                kept.renewed(engine, &share, began);
                grant(engine, &demands, share, began.after(lease / 4 * 3));
                lease / 4
            }
            Ok(None) | Err(_) => {
                kept.failed(engine, lease);
                lease / 16
            }
        };
        until_changed(engine, &demands, wait).await;
    }
}

/// When this node's lease was renewed last, and what was told of it.
#[derive(Default)]
struct Kept {
    at: Option<Timestamp>,
    let_go: bool,
    skewed: bool,
}

impl Kept {
    fn renewed(&mut self, engine: &Engine, share: &LinkLease, began: Timestamp) {
        let is_first = self.at.replace(began).is_none();
        let was_away = std::mem::take(&mut self.let_go);
        if was_away {
            tracing::warn!(
                "this node's lease is renewed again: it claims nothing for a quarter of it"
            );
        } else if is_first && share.gone > 0 {
            tracing::warn!(
                share.gone,
                "nodes are past their leases: this one claims nothing for a quarter of one"
            );
        }
        if was_away || is_first && share.gone > 0 {
            engine.links.is_back(engine.now(), engine.settings.lease);
        }
        let ahead = began.since(share.now).max(share.now.since(engine.now()));
        let skewed = ahead > engine.settings.lease / 8;
        if skewed && !self.skewed {
            tracing::error!(?ahead, "this node's clock and the database's differ: set them");
        }
        self.skewed = skewed;
    }

    fn failed(&mut self, engine: &Engine, lease: Duration) {
        let Some(at) = self.at else { return };
        if !self.let_go && engine.now().since(at) >= lease / 2 {
            tracing::warn!("this node's lease cannot be renewed: its links are let go");
            self.let_go = true;
            let end = at.after(lease / 4 * 3);
            engine.carriers.values().for_each(|carrier| carrier.allow(0, end));
        }
    }
}

fn demands(engine: &Engine) -> Vec<LinkDemand> {
    let demand = |(name, carrier): (&CarrierName, &std::sync::Arc<dyn domain::ports::Carrier>)| {
        let links = carrier.links();
        let (binds, open) = (links.binds, links.open);
        LinkDemand { carrier: name.clone(), binds, open, up: carrier.status().up }
    };
    let mut demands: Vec<_> = engine.carriers.iter().map(demand).collect();
    demands.sort_by(|a, b| a.carrier.cmp(&b.carrier));
    demands
}

/// `None` when any of it failed.
async fn renew(engine: &Engine, demands: &[LinkDemand], began: Timestamp) -> Option<LinkLease> {
    if !engine.dispatcher.renew(engine).await {
        return None;
    }
    let settings = &engine.settings;
    let renewed =
        engine.store.lease_links(&settings.node, demands.to_vec(), settings.lease, began).await;
    renewed.inspect_err(|error| tracing::debug!(%error, "could not renew this node's lease")).ok()
}

fn grant(engine: &Engine, demands: &[LinkDemand], share: LinkLease, until: Timestamp) {
    for (demand, links) in demands.iter().zip(share.allowed) {
        if let Some(carrier) = engine.carriers.get(&demand.carrier) {
            carrier.allow(links, until);
        }
    }
    *engine.links.lock() = share.elsewhere.into_iter().collect();
    if share.freed > 0 {
        tracing::warn!(leases = share.freed, "taking up what a node that is gone had in work");
        engine.wake.changed(Changed { chunks: true, events: true, ..Changed::default() });
    }
}

/// Waits so long, or until the others, or its own links, give reason to share anew.
async fn until_changed(engine: &Engine, told: &[LinkDemand], wait: Duration) {
    let end = Instant::now() + wait;
    loop {
        let look = LOOK.min(end.saturating_duration_since(Instant::now()));
        if timeout(look, engine.wake.links.notified()).await.is_ok()
            || Instant::now() >= end
            || demands(engine) != told
        {
            return;
        }
    }
}

/// The worker that looks for what other nodes stored as soon as they say so.
pub(crate) async fn follow(engine: &Engine) {
    loop {
        let changed = engine.store.changed().await;
        engine.wake.changed(changed);
    }
}

/// With everything ended, the others need not wait for the end of the lease.
pub(crate) async fn leave(engine: &Engine) {
    let settings = &engine.settings;
    if settings.shares_store {
        let leaving = engine.store.leave_links(&settings.node);
        if !matches!(timeout(settings.lease, leaving).await, Ok(Ok(()))) {
            tracing::warn!(
                "the other nodes were not told that this one goes; they wait for its links"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_away_leaves_the_others_time_to_say_what_they_have() {
        let (links, lease) = (Links::default(), Duration::from_secs(60));
        let at = |secs: i64| Timestamp::from_millis(1_800_000_000_000 + secs * 1_000);
        assert!(links.may_claim(at(0)));
        links.is_back(at(0), lease);
        assert!(!links.may_claim(at(0)) && !links.may_claim(at(14)));
        assert!(links.may_claim(at(15)));
        assert!(links.may_claim(at(-1)), "a clock that was set back");
    }
}
