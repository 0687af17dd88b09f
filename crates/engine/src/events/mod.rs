//! Telling customers what happened, by HTTP POST, signed, again and again until they have it or a
//! day has passed.

mod handoff;

mod call;
mod claims;
mod deliver;
mod queue;
mod results;
mod schedule;
mod sign;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use domain::ports::{Clock, EventStore, Fetch, Snapshot};
use domain::time::Timestamp;

use crate::metrics::Metrics;
use crate::wake::Wake;

use deliver::deliver;
pub(crate) use handoff::Handoff;
pub use sign::sign;

/// Turns an event into a door's wire body: the door that sold an order, and for what came in our own.
pub trait RenderEvent: Send + Sync + std::fmt::Debug {
    /// A JSON body.
    fn render(&self, snapshot: &Snapshot) -> Vec<u8>;
}

/// What the deliverer is handed.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) store: Arc<dyn EventStore>,
    pub(crate) fetch: Arc<dyn Fetch>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) render: Arc<dyn RenderEvent>,
    pub(crate) handoff: Arc<Handoff>,
    pub(crate) wake: Arc<Wake>,
    pub(crate) metrics: Arc<Metrics>,
}

impl Context {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

#[derive(Debug)]
pub struct Events {
    pub(crate) context: Context,
}

impl Events {
    /// The worker.
    pub(crate) async fn deliver(self: Arc<Self>) {
        deliver(&self.context).await;
    }

    /// Begins no more calls, and waits until those under way are recorded, at most `grace`.
    pub(crate) async fn close(&self, grace: Duration) {
        self.context.handoff.close(grace).await;
    }
}
