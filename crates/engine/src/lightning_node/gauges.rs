//! Metrics of the Lightning node and of what it holds.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct NoLabels {}

#[derive(Debug, Default)]
pub(crate) struct NodeGauges {
    pub(super) tip_height: Gauge,
    pub(super) tip_age_seconds: Gauge,
    pub(super) channels: Gauge,
    pub(super) active: Gauge,
    pub(super) capacity_msat: Gauge,
    pub(super) inbound_msat: Gauge,
    pub(super) outbound_msat: Gauge,
    pub(super) slots: Gauge,
    pub(super) orphans: Gauge,
    pub(super) orders_lost: Gauge,
    pub(super) held_msat: Gauge,
    pub(super) held_oldest_seconds: Gauge,
    /// Without a member while nothing is held.
    next_deadline_blocks: Family<NoLabels, Gauge>,
}

impl NodeGauges {
    pub(crate) fn register(&self, registry: &mut Registry) {
        for (name, help, gauge) in [
            ("tip_height", "Block height of the node", &self.tip_height),
            ("tip_age_seconds", "Age of the node's newest block", &self.tip_age_seconds),
            ("lightning_channels", "Channels of the node", &self.channels),
            ("lightning_channels_active", "Channels that carry payments", &self.active),
            ("lightning_capacity_msat", "Capacity of all channels", &self.capacity_msat),
            ("lightning_inbound_msat", "What active channels can receive", &self.inbound_msat),
            ("lightning_outbound_msat", "What active channels can send", &self.outbound_msat),
            ("lightning_slots", "Payments that active channels can hold", &self.slots),
            ("lightning_orphans", "Invoices at the node that belong to no order", &self.orphans),
            ("orders_lost", "Orders ever lost", &self.orders_lost),
            ("held_msat", "Sum of the payments held", &self.held_msat),
            ("held_oldest_seconds", "Age of the oldest payment held", &self.held_oldest_seconds),
        ] {
            registry.register(name, help, gauge.clone());
        }
        registry.register(
            "held_next_deadline_blocks",
            "Blocks until the node gives the next payment back",
            self.next_deadline_blocks.clone(),
        );
    }

    pub(crate) fn set_next_deadline(&self, blocks: Option<u32>) {
        self.next_deadline_blocks.clear();
        if let Some(blocks) = blocks {
            self.next_deadline_blocks.get_or_create(&NoLabels {}).set(blocks.into());
        }
    }
}
