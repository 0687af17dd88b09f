//! The metrics as of now: counters as they are, gauges read for the answer.

use crate::backlog::seconds;
use crate::engine::Engine;
use crate::metrics::ByCarrier;

impl Engine {
    /// Counters, and gauges as of now, in the OpenMetrics text format.
    pub async fn encode_metrics(&self) -> String {
        let health = self.health().await;
        let now = &self.metrics.now;
        // A reload may have removed carriers.
        for family in
            [&now.carrier_up, &now.carrier_unanswered, &now.carrier_unanswered_oldest_seconds]
        {
            family.clear();
        }
        for (carrier, link) in self.carriers.set().iter() {
            let labels = ByCarrier { carrier: carrier.as_str().to_owned() };
            now.carrier_up.get_or_create(&labels).set(i64::from(link.status().up));
        }
        for (carrier, count, oldest) in self.dispatch.unanswered() {
            let labels = ByCarrier { carrier: carrier.as_str().to_owned() };
            now.carrier_unanswered.get_or_create(&labels).set(gauge(count));
            let oldest = seconds(oldest);
            now.carrier_unanswered_oldest_seconds.get_or_create(&labels).set(oldest);
        }
        self.backlog.show(now).await;
        now.ready.set(i64::from(health.is_ready()));
        now.chunks_in_work.set(gauge(self.dispatch.chunks_in_flight() as u64));
        if let Ok(tip) = health.node {
            self.lightning_node.tip.set(tip);
        }
        self.lightning_node.show(now).await;
        self.payouts.show(now).await;
        self.metrics.encode()
    }
}

fn gauge(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
