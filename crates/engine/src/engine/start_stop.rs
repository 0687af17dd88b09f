//! Start and stop of the engine's workers.

use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use domain::limits;
use domain::ports::{Carrier, PortError};
use domain::routing::CarrierName;
use tokio_util::sync::CancellationToken;

use super::Engine;
use crate::activations::Activations;
use crate::cluster::Cluster;
use crate::dispatch::Dispatcher;
use crate::events::Events;
use crate::inbound::Inbound;
use crate::keywords::Keywords;
use crate::lightning_node::LightningNode;
use crate::orders::Orders;
use crate::payouts::Payouts;
use crate::phones::Phones;

impl Engine {
    /// Reconciles rows and Lightning node after the previous run, then starts the workers. Orders
    /// must not be accepted earlier.
    pub async fn start(&self) -> Result<(), PortError> {
        self.numbers.declare(self.settings().numbers.clone()).await?;
        let leases =
            self.dispatch.release_leases().await? + self.activations.release_leases().await?;
        let unfinished = self.orders.recheck().await?;
        self.payouts.store_share_rate().await?;
        // Their claims stay: they may be those of other nodes, and end in minutes.
        let payouts = self.payouts.load().await?.attempting;
        if leases + unfinished + payouts > 0 {
            tracing::info!(leases, unfinished, payouts, "taking up what an earlier run left");
        }
        self.orders.sweep_node().await;
        self.orders.catch_up(unfinished).await;

        self.worker("record outcomes", &self.dispatch, Dispatcher::record);
        let inbox = self.inbox();
        let recording = (self.dispatch.clone(), inbox.clone());
        self.tasks.worker("record receipts", move || {
            let (dispatch, inbox) = recording.clone();
            dispatch.record_receipts(inbox)
        });
        self.cluster.wait_for_share();
        self.carriers.set().values().for_each(|carrier| self.run_carrier(carrier));
        self.worker("dispatch", &self.dispatch, Dispatcher::dispatch);
        self.worker("leases", &self.cluster, Cluster::keep_leases);
        self.worker("report links", &self.cluster, Cluster::report_links);
        self.worker("other nodes", &self.cluster, Cluster::follow_others);
        self.worker("watch orders", &self.orders, Orders::watch);
        self.worker("node status", &self.lightning_node, LightningNode::follow);
        self.worker("node events", &self.orders, Orders::follow_node);
        self.worker("held payments", &self.orders, Orders::find_held);
        self.worker("expire", &self.dispatch, Dispatcher::expire);
        self.worker("numbers", &self.inbound, Inbound::follow_numbers);
        self.worker("join", &self.inbound, Inbound::join);
        self.worker("replies", &self.inbound, Inbound::reply);
        self.worker("record loans", &self.activations, Activations::record);
        self.worker("activations", &self.activations, Activations::work);
        self.activations.run_suppliers();
        self.worker("texts of phones", &self.phones, Phones::call_for_texts);
        self.worker("payouts", &self.payouts, Payouts::work);
        self.worker("renew keywords", &self.keywords, Keywords::renew);
        self.worker("webhooks", &self.events, Events::deliver);
        Ok(())
    }

    pub(crate) fn run_carrier(&self, carrier: &Arc<dyn Carrier>) {
        let end = CancellationToken::new();
        self.running().insert(carrier.name().clone(), end.clone());
        let running = (carrier.clone(), self.inbox());
        self.tasks.worker_until("carrier", end, move || {
            let (carrier, inbox) = running.clone();
            async move { carrier.run(inbox).await }
        });
    }

    pub(crate) fn running(&self) -> MutexGuard<'_, BTreeMap<CarrierName, CancellationToken>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn worker<S, W>(&self, name: &'static str, service: &Arc<S>, work: fn(Arc<S>) -> W)
    where
        S: Send + Sync + 'static,
        W: Future<Output = ()> + Send + 'static,
    {
        let service = service.clone();
        self.tasks.worker(name, move || work(service.clone()));
    }

    /// Stops with the least loss: claims end first, open windows are drained and recorded, then the
    /// workers end.
    pub async fn stop(&self) {
        self.dispatch.close();
        let grace = limits::SHUTDOWN_GRACE;
        let carriers = self.carriers.set();
        let drains = carriers.values().map(|carrier| carrier.stop(grace));
        futures_util::future::join_all(drains).await;
        self.dispatch.drained(grace).await;
        self.events.close(grace).await;
        self.tasks.stop(grace + Duration::from_secs(5)).await;
        self.cluster.end_reports().await;
        self.cluster.leave().await;
    }
}
