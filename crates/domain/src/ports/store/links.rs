//! What nodes on a shared store report to each other: which nodes are alive, which of the carriers'
//! links each has, and that one stored work for others.

use std::time::Duration;

use async_trait::async_trait;

use crate::ports::{LinkStatus, PortError};
use crate::routing::CarrierName;
use crate::time::Timestamp;

/// A node's demand for links of a carrier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkDemand {
    pub carrier: CarrierName,
    /// Links that the carrier allows over all nodes; 0 without such a limit.
    pub binds: u32,
    /// Of this node: up, or not certainly closed.
    pub open: u32,
    /// The node can submit to this carrier now.
    pub up: bool,
}

/// What a node is granted until its lease ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkLease {
    /// Links of each carrier, in the order of the demands.
    pub allowed: Vec<u32>,
    /// Carriers that another node can submit to.
    pub elsewhere: Vec<CarrierName>,
    /// Time of the clock that link leases are counted by.
    pub now: Timestamp,
    /// Number of other nodes whose leases have expired.
    pub gone: usize,
    /// Number of leases of work released, of dead nodes.
    pub freed: u64,
}

/// A node's links to a carrier, as it reported them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkReport {
    pub carrier: CarrierName,
    pub status: LinkStatus,
}

/// The last report of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeLinks {
    pub node: String,
    pub report: LinkReport,
    pub at: Timestamp,
}

/// Kinds of work that another node stored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changed {
    /// A chunk is due.
    pub chunks: bool,
    /// A Lightning order was decided.
    pub orders: bool,
    /// An event is due.
    pub events: bool,
    /// Nodes joined or left, or links moved between nodes.
    pub links: bool,
    /// Numbers of ours were added, changed or removed.
    pub numbers: bool,
}

impl Changed {
    pub const ALL: Self =
        Self { chunks: true, orders: true, events: true, links: true, numbers: true };

    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            chunks: self.chunks || other.chunks,
            orders: self.orders || other.orders,
            events: self.events || other.events,
            links: self.links || other.links,
            numbers: self.numbers || other.numbers,
        }
    }

    pub const fn is_none(self) -> bool {
        !(self.chunks || self.orders || self.events || self.links || self.numbers)
    }
}

#[async_trait]
pub trait LinkStore: Send + Sync + std::fmt::Debug {
    /// Renews the lease of `node` for `lease`, counted by the store's clock, and shares links: each
    /// node that names a carrier is granted an equal number of its `binds` links, with the
    /// remainder going to the nodes that joined first, but never a link that another node may have
    /// open. A node keeps links beyond its share until `open` reports them closed.
    ///
    /// A node that did not renew in time loses everything: its links are free, and any node that
    /// notices releases its leases of chunks and of events. So it must stop submitting and close
    /// its links before its lease ends. Idempotent.
    async fn lease_links(
        &self,
        node: &str,
        demands: Vec<LinkDemand>,
        lease: Duration,
        now: Timestamp,
    ) -> Result<LinkLease, PortError>;

    /// Removes the node, after all its links are closed. Its leases of work stay. Idempotent.
    async fn leave_links(&self, node: &str) -> Result<(), PortError>;

    /// Replaces what `node` reported of its links.
    async fn report_links(
        &self,
        node: &str,
        reports: Vec<LinkReport>,
        now: Timestamp,
    ) -> Result<(), PortError>;

    /// The last reports of all nodes, by carrier and node. A node that died leaves its last one.
    async fn link_reports(&self) -> Result<Vec<NodeLinks>, PortError>;

    /// Requests that every node closes its links to a carrier and opens them again.
    async fn request_reconnect(&self, carrier: &CarrierName) -> Result<(), PortError>;

    /// How often that was requested, of each carrier for which it was.
    async fn reconnect_requests(&self) -> Result<Vec<(CarrierName, u64)>, PortError>;

    /// Waits until another node has stored work. Missed notifications are covered by the workers'
    /// timers. Never returns if no other node can share the store. Cancel safe.
    async fn changed(&self) -> Changed;
}
