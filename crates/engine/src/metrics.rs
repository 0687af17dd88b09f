//! What the house counts about itself, declared in one struct, in the Prometheus text format.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ByKind {
    pub kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ByOutcome {
    pub carrier: String,
    pub outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ByResult {
    pub result: &'static str,
}

#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Orders stored, by kind.
    pub orders_created: Family<ByKind, Counter>,
    /// What became of orders, by state: held, settled, cancelled, lost.
    pub orders_ended: Family<ByResult, Counter>,
    /// Submissions answered, by carrier and outcome.
    pub submissions: Family<ByOutcome, Counter>,
    /// Receipts recorded, by state.
    pub receipts: Family<ByResult, Counter>,
    /// Webhook calls, by result.
    pub webhooks: Family<ByResult, Counter>,
    /// Store changes that had to be repeated.
    pub store_retries: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("boltgram"),
            orders_created: Family::default(),
            orders_ended: Family::default(),
            submissions: Family::default(),
            receipts: Family::default(),
            webhooks: Family::default(),
            store_retries: Counter::default(),
        };
        let registry = &mut metrics.registry;
        registry.register("orders_created", "Orders stored", metrics.orders_created.clone());
        registry.register("orders_ended", "Orders by what became", metrics.orders_ended.clone());
        registry.register("submissions", "Submissions answered", metrics.submissions.clone());
        registry.register("receipts", "Receipts recorded", metrics.receipts.clone());
        registry.register("webhook_calls", "Webhook calls made", metrics.webhooks.clone());
        registry.register(
            "store_retries",
            "Store changes that had to be repeated",
            metrics.store_retries.clone(),
        );
        metrics
    }
}

impl Metrics {
    /// All of it, in the OpenMetrics text format.
    pub fn encode(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = prometheus_client::encoding::text::encode(&mut text, &self.registry);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_what_was_counted() {
        let metrics = Metrics::default();
        metrics.orders_created.get_or_create(&ByKind { kind: "send" }).inc();
        let text = metrics.encode();
        assert!(text.contains("boltgram_orders_created_total{kind=\"send\"} 1"), "{text}");
    }
}
