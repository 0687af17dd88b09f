//! Whether the store, the Lightning node and the carriers are available.

use std::sync::Arc;
use std::time::Duration;

use domain::ports::{Carrier, Clock, Lightning, LinkStatus, PortError, Store};
use domain::routing::{CarrierName, Channel};
use domain::sale::hold::Tip;
use domain::time::Timestamp;
use tokio::sync::Mutex;

use crate::carriers::Carriers;
use crate::other_nodes::OtherNodes;

/// A check costs a durable write and a call to the node.
const AGE_MAX: Duration = Duration::from_secs(1);

/// What `/readyz` reports.
#[derive(Debug, Clone)]
pub struct Health {
    pub store: Result<(), PortError>,
    pub node: Result<Tip, PortError>,
    /// False: invoices are not sold.
    pub has_node: bool,
    pub node_is_fresh: bool,
    pub every_channel_is_up: bool,
    pub carriers: Vec<(CarrierName, LinkStatus)>,
}

impl Health {
    /// The store is writable, the node follows the chain, and for every kind of message that some
    /// carrier takes, at least one carrier is up, here or at another node.
    pub fn is_ready(&self) -> bool {
        self.store.is_ok() && self.node_is_fresh && self.every_channel_is_up
    }
}

#[derive(Debug)]
pub(crate) struct HealthCheck {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) lightning: Arc<dyn Lightning>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) carriers: Arc<Carriers>,
    pub(crate) other_nodes: Arc<OtherNodes>,
    /// The last result and its time.
    pub(crate) last: Mutex<Option<(Timestamp, Health)>>,
}

impl HealthCheck {
    /// At most [`AGE_MAX`] old.
    pub(crate) async fn get(&self) -> Health {
        let mut last = self.last.lock().await;
        if let Some((at, health)) = &*last
            && self.clock.now().since(*at) < AGE_MAX
        {
            return health.clone();
        }
        let health = self.check().await;
        *last = Some((self.clock.now(), health.clone()));
        health
    }

    async fn check(&self) -> Health {
        let (store, node) = tokio::join!(self.store.ping(), self.lightning.tip());
        let has_node = self.lightning.held_max() > 0;
        let node_is_fresh =
            !has_node || node.as_ref().is_ok_and(|tip| tip.is_fresh(self.clock.now()));
        let set = self.carriers.set();
        let carriers: Vec<_> =
            set.iter().map(|(name, carrier)| (name.clone(), carrier.status())).collect();
        let every_channel_is_up = [Channel::Sms, Channel::Email].into_iter().all(|channel| {
            let mut taking = set.values().filter(|carrier| carrier.takes(channel)).peekable();
            let up = |carrier: &Arc<dyn Carrier>| {
                carrier.status().up || self.other_nodes.have_up(carrier.name())
            };
            taking.peek().is_none() || taking.any(up)
        });
        Health { store, node, has_node, node_is_fresh, every_channel_is_up, carriers }
    }
}
