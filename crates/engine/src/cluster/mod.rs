//! This node among others on a shared store: its leases, its share of the carriers' links, and the
//! reports of other nodes.

mod leases;
mod reports;

use std::sync::Arc;
use std::time::Duration;

use domain::ports::{Clock, LinkStore};

use crate::carriers::Carriers;
use crate::dispatch::Dispatcher;
use crate::other_nodes::OtherNodes;
use crate::wake::Wake;

#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) store: Arc<dyn LinkStore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) wake: Arc<Wake>,
    pub(crate) carriers: Arc<Carriers>,
    /// Renews the leases of the chunks in flight.
    pub(crate) dispatch: Arc<Dispatcher>,
    pub(crate) other_nodes: Arc<OtherNodes>,
    pub(crate) node: String,
    pub(crate) lease: Duration,
    /// Other nodes may share the store.
    pub(crate) shares_store: bool,
}
