//! What the house counts about itself, declared in one struct, in the Prometheus text format.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
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

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct ByCarrier {
    pub carrier: String,
}

#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Orders stored, by kind.
    pub orders_created: Family<ByKind, Counter>,
    /// Messages to many stored, and their recipients.
    pub bulk_messages: Counter,
    pub bulk_recipients: Counter,
    /// What became of orders, by state: held, settled, cancelled, lost.
    pub orders_ended: Family<ByResult, Counter>,
    /// Submissions answered, by carrier and outcome.
    pub submissions: Family<ByOutcome, Counter>,
    /// Chunks handed over, by how they came: claimed, or direct from the change that stored them.
    pub chunks_handed_over: Family<ByResult, Counter>,
    /// Receipts that came, by state; and those that were none after all, not_believed.
    pub receipts: Family<ByResult, Counter>,
    /// Messages that came in, by how: complete, incomplete; parts that came again, repeat; and questions for
    /// help, helped, unhelped.
    pub inbound: Family<ByResult, Counter>,
    /// Webhook calls, by result.
    pub webhooks: Family<ByResult, Counter>,
    /// Store changes that had to be repeated.
    pub store_retries: Counter,
    /// What the store refused for good and was given up, by kind: outcome, chunk_end, receipt.
    pub given_up: Family<ByKind, Counter>,
    /// As of the last [`Engine::encode_metrics`](crate::Engine::encode_metrics).
    pub(crate) now: Gauges,
}

/// What is the case now, as opposed to what has happened.
#[derive(Debug, Default)]
pub(crate) struct Gauges {
    /// 1 when the carrier can take messages.
    pub carrier_up: Family<ByCarrier, Gauge>,
    pub orders_open: Gauge,
    pub orders_held: Gauge,
    pub tip_height: Gauge,
    /// 1 when `/readyz` would say so.
    pub ready: Gauge,
    /// Chunks claimed and not ended.
    pub chunks_in_work: Gauge,
}

impl Gauges {
    fn register(&self, registry: &mut Registry) {
        registry.register("carrier_up", "The carrier takes messages", self.carrier_up.clone());
        registry.register("orders_open", "Orders waiting for payment", self.orders_open.clone());
        registry.register("orders_held", "Payments held", self.orders_held.clone());
        registry.register("tip_height", "Block height of the node", self.tip_height.clone());
        registry.register("ready", "Store, node and carriers are there", self.ready.clone());
        registry.register("chunks_in_work", "Chunks being sent", self.chunks_in_work.clone());
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("boltgram"),
            orders_created: Family::default(),
            bulk_messages: Counter::default(),
            bulk_recipients: Counter::default(),
            orders_ended: Family::default(),
            submissions: Family::default(),
            chunks_handed_over: Family::default(),
            receipts: Family::default(),
            inbound: Family::default(),
            webhooks: Family::default(),
            store_retries: Counter::default(),
            given_up: Family::default(),
            now: Gauges::default(),
        };
        let registry = &mut metrics.registry;
        registry.register("orders_created", "Orders stored", metrics.orders_created.clone());
        registry.register(
            "bulk_messages",
            "Messages to many stored",
            metrics.bulk_messages.clone(),
        );
        registry.register(
            "bulk_recipients",
            "Recipients of messages to many stored",
            metrics.bulk_recipients.clone(),
        );
        registry.register("orders_ended", "Orders by what became", metrics.orders_ended.clone());
        registry.register("submissions", "Submissions answered", metrics.submissions.clone());
        registry.register(
            "chunks_handed_over",
            "Chunks handed over by how they came",
            metrics.chunks_handed_over.clone(),
        );
        registry.register("receipts", "Receipts recorded", metrics.receipts.clone());
        registry.register("inbound", "Messages that came in, by how", metrics.inbound.clone());
        registry.register("webhook_calls", "Webhook calls made", metrics.webhooks.clone());
        registry.register(
            "store_retries",
            "Store changes that had to be repeated",
            metrics.store_retries.clone(),
        );
        registry.register("given_up", "What the store refused for good", metrics.given_up.clone());
        metrics.now.register(registry);
        metrics
    }
}

impl Metrics {
    /// All of it, in the OpenMetrics text format.
    pub(crate) fn encode(&self) -> String {
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
