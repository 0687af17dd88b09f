//! Events in the form of the door that they belong to: an order's in the orders door's, what came in
//! in our own.

use domain::ports::Snapshot;
use engine::events::RenderEvent;

use crate::inbound::Told;
use crate::orders::OrderEvent;

/// Tells every kind of event.
#[derive(Debug, Clone, Copy, Default)]
pub struct Events;

impl RenderEvent for Events {
    fn render(&self, snapshot: &Snapshot) -> Vec<u8> {
        // Strings, numbers and flags: it cannot fail.
        match snapshot {
            Snapshot::Order(order) => serde_json::to_vec(&OrderEvent::of(order)),
            Snapshot::Inbound(message) => serde_json::to_vec(&Told::of(message)),
        }
        .unwrap_or_default()
    }
}
