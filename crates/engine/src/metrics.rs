//! The engine's metrics, declared in one struct, in the Prometheus text format.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::lightning_node::NodeGauges;
use crate::node_restarts::NodeRestarts;
use crate::store_timings::StoreTimings;
use crate::supplier_balances::SupplierBalances;

/// Bounds in seconds, for what takes milliseconds.
pub(crate) const BRIEF: [f64; 14] =
    [0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0];

/// For what waits for another party: a carrier's answer, a webhook's.
const REMOTE: [f64; 14] =
    [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 60.0];

/// For receipts, which come within seconds or within days.
const LONG: [f64; 14] = [
    0.05, 0.2, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3_600.0, 14_400.0, 86_400.0,
    259_200.0,
];

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

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct ByWait {
    pub lane: &'static str,
    /// Empty where no carrier put them off.
    pub carrier: String,
    pub reason: &'static str,
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
    /// Payments to referrers that ended: paid, failed.
    pub payouts_ended: Family<ByResult, Counter>,
    /// Webhook calls, by result.
    pub webhooks: Family<ByResult, Counter>,
    /// Store changes that were retried.
    pub store_retries: Counter,
    /// What the store refused permanently and was dropped, by kind: outcome, chunk_end, receipt.
    pub given_up: Family<ByKind, Counter>,
    /// From the request to the durable message, for requests that were accepted.
    pub accept: Histogram,
    /// From the hand-over to a carrier to its outcome.
    pub submit: Histogram,
    /// From a part's acceptance by a carrier to its final receipt.
    pub receipt: Histogram,
    /// Calls of webhooks that were answered, or ended without an answer.
    pub webhook: Histogram,
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
    pub node: NodeGauges,
    /// Owed to referrers, payments under way to them, and referrers that wait for the operator.
    pub referrals_due_msat: Gauge,
    pub payouts_attempting: Gauge,
    pub referrers_stopped: Gauge,
    /// 1 when payments to referrers are paused.
    pub payouts_paused: Gauge,
    /// 1 when `/readyz` reports ready.
    pub ready: Gauge,
    /// Chunks in flight.
    pub chunks_in_work: Gauge,
    /// Recipients that are not with a carrier yet, and the age of their oldest message.
    pub backlog_recipients: Family<ByWait, Gauge>,
    pub backlog_oldest_seconds: Family<ByWait, Gauge>,
    /// Recipients handed to a carrier by this node without an outcome, and the age of the oldest.
    pub carrier_unanswered: Family<ByCarrier, Gauge>,
    pub carrier_unanswered_oldest_seconds: Family<ByCarrier, Gauge>,
    /// Webhook calls that have not ended, and the age of the oldest event.
    pub webhooks_waiting: Gauge,
    pub webhooks_oldest_seconds: Gauge,
}

impl Gauges {
    fn register(&self, registry: &mut Registry) {
        registry.register("carrier_up", "The carrier takes messages", self.carrier_up.clone());
        registry.register("orders_open", "Orders waiting for payment", self.orders_open.clone());
        registry.register("orders_held", "Payments held", self.orders_held.clone());
        self.node.register(registry);
        registry.register(
            "referrals_due_msat",
            "Owed to referrers",
            self.referrals_due_msat.clone(),
        );
        registry.register(
            "payouts_attempting",
            "Payments to referrers under way",
            self.payouts_attempting.clone(),
        );
        registry.register(
            "referrers_stopped",
            "Referrers that wait for the operator",
            self.referrers_stopped.clone(),
        );
        registry.register(
            "payouts_paused",
            "Payments to referrers are paused",
            self.payouts_paused.clone(),
        );
        registry.register("ready", "Store, node and carriers are available", self.ready.clone());
        registry.register("chunks_in_work", "Chunks being sent", self.chunks_in_work.clone());
        registry.register(
            "backlog_recipients",
            "Recipients that wait to be sent, by lane and reason",
            self.backlog_recipients.clone(),
        );
        registry.register(
            "backlog_oldest_seconds",
            "Age of the oldest message that waits to be sent, by lane and reason",
            self.backlog_oldest_seconds.clone(),
        );
        registry.register(
            "carrier_unanswered",
            "Recipients handed to a carrier that has not answered",
            self.carrier_unanswered.clone(),
        );
        registry.register(
            "carrier_unanswered_oldest_seconds",
            "Since when the oldest of them waits for the answer",
            self.carrier_unanswered_oldest_seconds.clone(),
        );
        registry.register(
            "webhooks_waiting",
            "Webhook calls that have not ended",
            self.webhooks_waiting.clone(),
        );
        registry.register(
            "webhooks_oldest_seconds",
            "Age of the oldest event whose webhook call has not ended",
            self.webhooks_oldest_seconds.clone(),
        );
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new(&StoreTimings::default(), &SupplierBalances::default(), &NodeRestarts::default())
    }
}

impl Metrics {
    pub fn new(
        store: &StoreTimings,
        suppliers: &SupplierBalances,
        node_restarts: &NodeRestarts,
    ) -> Self {
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
            payouts_ended: Family::default(),
            webhooks: Family::default(),
            store_retries: Counter::default(),
            given_up: Family::default(),
            accept: Histogram::new(BRIEF),
            submit: Histogram::new(REMOTE),
            receipt: Histogram::new(LONG),
            webhook: Histogram::new(REMOTE),
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
        registry.register(
            "payouts_ended",
            "Ended payments to referrers by state",
            metrics.payouts_ended.clone(),
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
        for (name, help, histogram) in [
            ("accept_seconds", "From a request to its durable message", &metrics.accept),
            ("submit_seconds", "From the hand-over to a carrier to its answer", &metrics.submit),
            ("receipt_seconds", "From a part's acceptance to its receipt", &metrics.receipt),
            ("webhook_seconds", "Duration of webhook calls", &metrics.webhook),
            ("store_commit_seconds", "Duration of the store's commits", &store.commit),
            ("store_flush_seconds", "Duration of the flushes of SQLite's log", &store.flush),
        ] {
            registry.register(name, help, histogram.clone());
        }
        registry.register(
            "store_statements",
            "Statements of committed transactions",
            store.statements.clone(),
        );
        registry.register(
            "supplier_balance_msat",
            "Credit left at a supplier that is paid in advance",
            suppliers.msat.clone(),
        );
        registry.register(
            "lightning_node_restarts",
            "Restarts of the Lightning node that the program runs",
            node_restarts.0.clone(),
        );
        metrics.now.register(registry);
        metrics
    }

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
    use std::collections::BTreeSet;

    use domain::activation::SupplierName;
    use domain::money::Msat;
    use domain::ports::SupplierObserver;

    use super::*;

    /// A family without members is not encoded.
    fn with_all_families() -> Metrics {
        let suppliers = SupplierBalances::default();
        suppliers.balance(&SupplierName::new("north"), Msat::ZERO);
        let metrics = Metrics::new(&StoreTimings::default(), &suppliers, &NodeRestarts::default());
        let Metrics {
            registry: _,
            orders_created,
            bulk_messages: _,
            bulk_recipients: _,
            orders_ended,
            submissions,
            chunks_handed_over,
            receipts,
            inbound,
            inbound_refused,
            payouts_ended,
            webhooks,
            store_retries: _,
            given_up,
            accept: _,
            submit: _,
            receipt: _,
            webhook: _,
            now,
        } = &metrics;
        let (kind, result, reason) = ("", "", "");
        let carrier = String::new;
        for family in [orders_created, given_up] {
            family.get_or_create(&ByKind { kind }).inc();
        }
        for family in [orders_ended, chunks_handed_over, receipts, inbound, payouts_ended, webhooks]
        {
            family.get_or_create(&ByResult { result }).inc();
        }
        submissions.get_or_create(&ByOutcome { carrier: carrier(), outcome: "" }).inc();
        inbound_refused.get_or_create(&ByRefusal { carrier: carrier(), reason }).inc();
        for family in
            [&now.carrier_up, &now.carrier_unanswered, &now.carrier_unanswered_oldest_seconds]
        {
            family.get_or_create(&ByCarrier { carrier: carrier() }).set(0);
        }
        now.node.set_next_deadline(Some(0));
        for family in [&now.backlog_recipients, &now.backlog_oldest_seconds] {
            family.get_or_create(&ByWait { lane: "", carrier: carrier(), reason }).set(0);
        }
        metrics
    }

    #[test]
    fn the_document_lists_every_metric_and_no_other() {
        let text = with_all_families().encode();
        let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
        let shown: BTreeSet<_> = types
            .filter_map(|line| line.split_once(' '))
            .map(|(name, kind)| format!("{name}{}", if kind == "counter" { "_total" } else { "" }))
            .collect();
        let document = include_str!("../../../docs/metrics.md");
        let cells = document.lines().filter_map(|line| line.strip_prefix("| `"));
        let listed: BTreeSet<_> = cells
            .filter_map(|line| line.split('`').next())
            .filter(|name| name.starts_with("boltgram_"))
            .map(str::to_owned)
            .collect();
        assert_eq!(shown, listed);
    }

    #[test]
    fn encodes_what_was_counted() {
        let metrics = Metrics::default();
        metrics.orders_created.get_or_create(&ByKind { kind: "send" }).inc();
        let text = metrics.encode();
        assert!(text.contains("boltgram_orders_created_total{kind=\"send\"} 1"), "{text}");
    }
}
