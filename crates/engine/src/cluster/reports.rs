//! The worker that reports this node's links for the operator, and does what he requested of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::limits::{LINK_REPORT_EVERY, LINK_REQUEST_POLL};
use domain::ports::{LinkReport, PortError};
use domain::routing::CarrierName;
use domain::time::Timestamp;
use tokio::time::{sleep, timeout};

use super::Cluster;

/// At shutdown, for removing the reports.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(2);

impl Cluster {
    pub(crate) async fn report_links(self: Arc<Self>) {
        let mut requests = None;
        let mut reported: Option<(Vec<LinkReport>, Timestamp)> = None;
        loop {
            if let Err(error) = self.follow_requests(&mut requests).await {
                tracing::debug!(%error, "could not read the requests for new links");
            }
            let (links, now) = (self.links_now(), self.clock.now());
            let is_news = reported
                .as_ref()
                .is_none_or(|(before, at)| *before != links || now.since(*at) >= LINK_REPORT_EVERY);
            if is_news {
                match self.store.report_links(&self.node, links.clone(), now).await {
                    Ok(()) => reported = Some((links, now)),
                    Err(error) => tracing::debug!(%error, "could not report this node's links"),
                }
            }
            sleep(LINK_REQUEST_POLL).await;
        }
    }

    /// Requests from before the first reading are old.
    async fn follow_requests(
        &self,
        known: &mut Option<BTreeMap<CarrierName, u64>>,
    ) -> Result<(), PortError> {
        let requests: BTreeMap<_, _> = self.store.reconnect_requests().await?.into_iter().collect();
        let before = known.replace(requests.clone());
        let Some(before) = before else { return Ok(()) };
        for (name, _) in requests.iter().filter(|(name, number)| before.get(name) != Some(number)) {
            if let Some(carrier) = self.carriers.get(name) {
                tracing::info!(carrier = name.as_str(), "reconnecting, as the operator requested");
                carrier.reconnect();
            }
        }
        Ok(())
    }

    fn links_now(&self) -> Vec<LinkReport> {
        let carriers = self.carriers.set();
        let report = |(name, carrier): (&CarrierName, &Arc<dyn domain::ports::Carrier>)| {
            LinkReport { carrier: name.clone(), status: carrier.status() }
        };
        carriers.iter().map(report).collect()
    }

    /// Removes this node's reports, because they are no longer true.
    pub(crate) async fn end_reports(&self) {
        let ending = self.store.report_links(&self.node, Vec::new(), self.clock.now());
        if !matches!(timeout(LEAVE_TIMEOUT, ending).await, Ok(Ok(()))) {
            tracing::debug!("could not remove this node's reports of its links");
        }
    }
}
