//! What nodes that share a store know of each other: who lives, who has which of the carriers'
//! links, and that one of them stored work for the others.

use std::time::Duration;

use async_trait::async_trait;

use crate::ports::PortError;
use crate::routing::CarrierName;
use crate::time::Timestamp;

/// What a node has of a carrier, and could have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkDemand {
    pub carrier: CarrierName,
    /// Links that the carrier grants over all nodes; 0 when it counts none.
    pub binds: u32,
    /// Of this node: up, or not certainly ended.
    pub open: u32,
    /// It can hand over by this carrier now.
    pub up: bool,
}

/// What a node has until its lease ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkLease {
    /// Links of each carrier, in the order of the demands.
    pub allowed: Vec<u32>,
    /// Carriers that another node can hand over by.
    pub elsewhere: Vec<CarrierName>,
    /// The moment by the clock that leases of links are counted by.
    pub now: Timestamp,
    /// Other nodes found past their time.
    pub gone: usize,
    /// Leases of work freed, of nodes that are gone.
    pub freed: u64,
}

/// Kinds of things that another node stored, to be looked for now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changed {
    /// A chunk is due.
    pub chunks: bool,
    /// A Lightning order was decided.
    pub orders: bool,
    /// An event is due.
    pub events: bool,
    /// Nodes came or went, or links passed from one to another.
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
    /// Says that `node` lives for as long as `lease`, counted by the store's own clock, and shares out
    /// links: of `binds` links each node that names the carrier is allowed an equal number, those that
    /// have been there longest one more of what is over, and never one that another node may have
    /// open. What a node has more than that stays its own until `open` says that it has ended.
    ///
    /// A node that did not renew in time has nothing any more: its links are free, and its leases of
    /// chunks and of events are freed by whoever finds it. So it must have stopped handing over, and
    /// have let its links go, before its lease ends. Repeat: renews.
    async fn lease_links(
        &self,
        node: &str,
        demands: Vec<LinkDemand>,
        lease: Duration,
        now: Timestamp,
    ) -> Result<LinkLease, PortError>;

    /// The node goes, with all links ended. Its leases of work are left. Repeat: harmless.
    async fn leave_links(&self, node: &str) -> Result<(), PortError>;

    /// Waits until another node stored something to be looked for. What is missed is found by the
    /// workers' own rounds. Never, where no other node can share the store. Cancel safe.
    async fn changed(&self) -> Changed;
}
