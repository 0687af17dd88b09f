//! The engine's metrics, declared in one struct, in the Prometheus text format.

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
pub struct ByRefusal {
    pub carrier: String,
    pub reason: &'static str,
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
    /// Campaigns stored, and their recipients.
    pub bulk_messages: Counter,
    pub bulk_recipients: Counter,
    /// Ended orders, by state: held, settled, cancelled, lost.
    pub orders_ended: Family<ByResult, Counter>,
    /// Submissions with an outcome, by carrier and outcome.
    pub submissions: Family<ByOutcome, Counter>,
    /// Chunks handed over: claimed, or direct from the change that stored them.
    pub chunks_handed_over: Family<ByResult, Counter>,
    /// Receipts by state; `not_believed` are those that turned out to be messages.
    pub receipts: Family<ByResult, Counter>,
    /// Inbound messages: complete, incomplete; repeat: repeated parts; helped, unhelped: replies to
    /// HELP.
    pub inbound: Family<ByResult, Counter>,
    /// Receipts and inbound messages that were refused to the carrier, by
    /// [`InboundRefusal`](domain::ports::InboundRefusal).
    pub inbound_refused: Family<ByRefusal, Counter>,
    /// Webhook calls, by result.
    pub webhooks: Family<ByResult, Counter>,
    /// Store changes that were retried.
    pub store_retries: Counter,
    /// What the store refused permanently and was dropped, by kind: outcome, chunk_end, receipt.
    pub given_up: Family<ByKind, Counter>,
    /// As of the last [`Engine::encode_metrics`](crate::Engine::encode_metrics).
    pub(crate) now: Gauges,
}

/// Current values, as opposed to counters.
#[derive(Debug, Default)]
pub(crate) struct Gauges {
    /// 1 when the carrier can take messages.
    pub carrier_up: Family<ByCarrier, Gauge>,
    pub orders_open: Gauge,
    pub orders_held: Gauge,
    pub tip_height: Gauge,
    /// 1 when `/readyz` reports ready.
    pub ready: Gauge,
    /// Chunks in flight.
    pub chunks_in_work: Gauge,
}

impl Gauges {
    fn register(&self, registry: &mut Registry) {
        registry.register("carrier_up", "The carrier takes messages", self.carrier_up.clone());
        registry.register("orders_open", "Orders waiting for payment", self.orders_open.clone());
        registry.register("orders_held", "Payments held", self.orders_held.clone());
        registry.register("tip_height", "Block height of the node", self.tip_height.clone());
        registry.register("ready", "Store, node and carriers are available", self.ready.clone());
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
            inbound_refused: Family::default(),
            webhooks: Family::default(),
            store_retries: Counter::default(),
            given_up: Family::default(),
            now: Gauges::default(),
        };
        let registry = &mut metrics.registry;
        registry.register("orders_created", "Orders stored", metrics.orders_created.clone());
        registry.register("bulk_messages", "Campaigns stored", metrics.bulk_messages.clone());
        registry.register(
            "bulk_recipients",
            "Recipients of campaigns stored",
            metrics.bulk_recipients.clone(),
        );
        registry.register("orders_ended", "Ended orders by state", metrics.orders_ended.clone());
        registry.register("submissions", "Submissions answered", metrics.submissions.clone());
        registry.register(
            "chunks_handed_over",
            "Chunks handed over by origin",
            metrics.chunks_handed_over.clone(),
        );
        registry.register("receipts", "Receipts recorded", metrics.receipts.clone());
        registry.register("inbound", "Inbound messages by result", metrics.inbound.clone());
        registry.register(
            "inbound_refused",
            "Receipts and messages refused to carriers by reason",
            metrics.inbound_refused.clone(),
        );
        registry.register("webhook_calls", "Webhook calls made", metrics.webhooks.clone());
        registry.register(
            "store_retries",
            "Store changes that were retried",
            metrics.store_retries.clone(),
        );
        registry.register(
            "given_up",
            "Writes the store refused for good",
            metrics.given_up.clone(),
        );
        metrics.now.register(registry);
        metrics
    }
}

impl Metrics {
    /// All metrics in the OpenMetrics text format.
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
