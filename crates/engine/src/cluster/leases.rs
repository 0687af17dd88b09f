//! Workers that renew this node's leases, share the carriers' links with other nodes, and follow
//! what other nodes store. A node without a shared store has all links and reports nothing.
//!
//! All leases are renewed four times per lease duration: chunks first, then the node's own lease,
//! which its share of the links depends on. Durations count from the start of the renewal.
//!
//! | share of a lease that has passed | what happens |
//! |---|---|
//! | a quarter | it is renewed; what fails is tried again |
//! | a half | the carriers close their links in order |
//! | three quarters | nothing is handed over any more, and sockets are closed |
//! | all | others take the links, and release the chunks |
//!
//! A node whose lease expired does not know what is in flight elsewhere: the other leases may have
//! expired for the same reason. It claims nothing for a quarter of a lease, in which every live
//! node records its outcomes and renews its leases.
//!
//! So clocks may differ by almost a quarter of a lease: the claiming node's clock decides about a
//! chunk's lease, the database's about a link's. A process that resumes after suspension notices
//! that its lease has expired before it writes a part.

use std::sync::Arc;
use std::time::Duration;

use domain::ports::{Carrier, Changed, LinkDemand, LinkLease};
use domain::routing::CarrierName;
use domain::time::Timestamp;
use tokio::time::{Instant, sleep, timeout};

use super::Cluster;

/// Interval for detecting own links that opened or closed; other nodes are notified at once.
const LINK_POLL: Duration = Duration::from_millis(200);

impl Cluster {
    /// Before the carriers run: this node has no share of the links yet.
    pub(crate) fn wait_for_share(&self) {
        if self.shares_store {
            let never = Timestamp::default();
            self.carriers.set().values().for_each(|carrier| carrier.allow(0, never));
        }
    }

    /// The worker that renews this node's leases of chunks and links.
    pub(crate) async fn keep_leases(self: Arc<Self>) {
        let lease = self.lease;
        if !self.shares_store {
            loop {
                sleep(lease / 4).await;
                self.dispatch.renew_leases().await;
            }
        }
        let mut kept = Kept::default();
        loop {
            let demands = self.demands();
            let began = self.clock.now();
            // The store may retry for longer than a short lease lasts.
            let renewed = timeout(lease / 4, self.renew(&demands, began)).await;
            let wait = match renewed {
                Ok(Some(share)) => {
                    kept.renewed(&self, &share, began);
                    self.grant(&demands, share, began.after(lease / 4 * 3));
                    lease / 4
                }
                Ok(None) | Err(_) => {
                    kept.failed(&self);
                    lease / 16
                }
            };
            self.until_changed(&demands, wait).await;
        }
    }

    fn demands(&self) -> Vec<LinkDemand> {
        let demand = |(name, carrier): (&CarrierName, &Arc<dyn Carrier>)| {
            let links = carrier.links();
            let (binds, open) = (links.binds, links.open);
            LinkDemand { carrier: name.clone(), binds, open, up: carrier.status().up }
        };
        self.carriers.set().iter().map(demand).collect()
    }

    /// `None` if any renewal failed.
    async fn renew(&self, demands: &[LinkDemand], began: Timestamp) -> Option<LinkLease> {
        if !self.dispatch.renew_leases().await {
            return None;
        }
        let renewed = self.store.lease_links(&self.node, demands.to_vec(), self.lease, began).await;
        renewed
            .inspect_err(|error| tracing::debug!(%error, "could not renew this node's lease"))
            .ok()
    }

    fn grant(&self, demands: &[LinkDemand], share: LinkLease, until: Timestamp) {
        for (demand, links) in demands.iter().zip(share.allowed) {
            if let Some(carrier) = self.carriers.get(&demand.carrier) {
                carrier.allow(links, until);
            }
        }
        self.other_nodes.set_up(share.elsewhere);
        if share.freed > 0 {
            tracing::warn!(leases = share.freed, "released the leases of a dead node");
            self.wake.changed(Changed { chunks: true, events: true, ..Changed::default() });
        }
    }

    /// Waits for `wait`, or until links change here or at another node.
    async fn until_changed(&self, reported: &[LinkDemand], wait: Duration) {
        let end = Instant::now() + wait;
        loop {
            let poll = LINK_POLL.min(end.saturating_duration_since(Instant::now()));
            if timeout(poll, self.wake.links.notified()).await.is_ok()
                || Instant::now() >= end
                || self.demands() != reported
            {
                return;
            }
        }
    }

    /// The worker that wakes other workers when another node announces changes.
    pub(crate) async fn follow_others(self: Arc<Self>) {
        loop {
            let changed = self.store.changed().await;
            self.wake.changed(changed);
        }
    }

    /// Ends the lease once all links are closed, so that other nodes need not wait for its expiry.
    pub(crate) async fn leave(&self) {
        if self.shares_store {
            let leaving = self.store.leave_links(&self.node);
            if !matches!(timeout(self.lease, leaving).await, Ok(Ok(()))) {
                tracing::warn!(
                    "could not end this node's lease; other nodes wait until it expires"
                );
            }
        }
    }
}

/// Time of the last renewal, and what was logged about it.
#[derive(Default)]
struct Kept {
    at: Option<Timestamp>,
    links_released: bool,
    skewed: bool,
}

impl Kept {
    fn renewed(&mut self, cluster: &Cluster, share: &LinkLease, began: Timestamp) {
        let is_first = self.at.replace(began).is_none();
        let was_away = std::mem::take(&mut self.links_released);
        if was_away {
            tracing::warn!(
                "this node's lease was renewed late; no claims for a quarter of a lease"
            );
        } else if is_first && share.gone > 0 {
            tracing::warn!(
                share.gone,
                "leases of other nodes have expired; no claims for a quarter of a lease"
            );
        }
        let now = cluster.clock.now();
        if was_away || is_first && share.gone > 0 {
            cluster.other_nodes.wait_for_reports(now, cluster.lease);
        }
        let ahead = began.since(share.now).max(share.now.since(now));
        let skewed = ahead > cluster.lease / 8;
        if skewed && !self.skewed {
            tracing::error!(
                ?ahead,
                "this node's clock differs from the database's; synchronize them"
            );
        }
        self.skewed = skewed;
    }

    fn failed(&mut self, cluster: &Cluster) {
        let Some(at) = self.at else { return };
        if !self.links_released && cluster.clock.now().since(at) >= cluster.lease / 2 {
            tracing::warn!("could not renew this node's lease; releasing its links");
            self.links_released = true;
            let end = at.after(cluster.lease / 4 * 3);
            cluster.carriers.set().values().for_each(|carrier| carrier.allow(0, end));
        }
    }
}
