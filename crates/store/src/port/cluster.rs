//! Nodes that share a database.

use std::time::Duration;

use async_trait::async_trait;
use domain::ports::{Changed, LinkDemand, LinkLease, LinkReport, LinkStore, NodeLinks};
use domain::routing::CarrierName;
use domain::time::Timestamp;

use super::{Engine, RowStore};
use crate::rows::cluster;
use crate::tx::Result;

#[async_trait]
impl LinkStore for RowStore {
    async fn lease_links(
        &self,
        node: &str,
        demands: Vec<LinkDemand>,
        lease: Duration,
        now: Timestamp,
    ) -> Result<LinkLease> {
        let node = node.to_owned();
        self.write(async move |tx| cluster::lease(tx, &node, &demands, lease, now).await).await
    }

    async fn leave_links(&self, node: &str) -> Result<()> {
        let node = node.to_owned();
        self.write(async move |tx| cluster::leave(tx, &node).await).await
    }

    async fn report_links(
        &self,
        node: &str,
        reports: Vec<LinkReport>,
        now: Timestamp,
    ) -> Result<()> {
        let node = node.to_owned();
        self.write(async move |tx| cluster::report(tx, &node, &reports, now).await).await
    }

    async fn link_reports(&self) -> Result<Vec<NodeLinks>> {
        self.read(async |tx| cluster::reports(tx).await).await
    }

    async fn request_reconnect(&self, carrier: &CarrierName) -> Result<()> {
        let carrier = carrier.as_str().to_owned();
        self.write(async move |tx| cluster::request_reconnect(tx, &carrier).await).await
    }

    async fn reconnect_requests(&self) -> Result<Vec<(CarrierName, u64)>> {
        self.read(async |tx| cluster::reconnect_requests(tx).await).await
    }

    async fn changed(&self) -> Changed {
        match &self.engine {
            // No other process serves the same file.
            Engine::Sqlite(_) => std::future::pending().await,
            Engine::Postgres(postgres) => postgres.changed_elsewhere().await,
        }
    }
}
