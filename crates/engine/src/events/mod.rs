//! Delivers events to their targets: webhooks by signed POST, callbacks by GET. Queue, leases, order,
//! recording and the log of attempts are the same for all targets; the retry plan of each is in
//! [`domain::event`].

mod handoff;

mod attempt;
mod claims;
mod deliver;
mod failure_log;
mod queue;
mod replay;
mod results;
mod sign;
#[cfg(test)]
mod tests;
mod unpaid_ends;

use std::sync::Arc;
use std::time::Duration;

use domain::ports::{Clock, EventStore, Fetch, Snapshot};
use domain::time::Timestamp;

use crate::metrics::Metrics;
use crate::wake::Wake;

use deliver::deliver;
pub(crate) use handoff::Handoff;
pub use replay::ReplayError;
pub use sign::sign;
pub(crate) use unpaid_ends::UnpaidEnds;

/// Renders an event in the wire form of the door that it belongs to.
pub trait RenderEvent: Send + Sync + std::fmt::Debug {
    /// The JSON body of a webhook.
    fn body(&self, snapshot: &Snapshot) -> Vec<u8>;

    /// The query parameters of a callback.
    fn parameters(&self, snapshot: &Snapshot) -> Vec<(String, String)>;
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

    /// Begins no more requests, and waits at most `grace` until those under way are recorded.
    pub(crate) async fn close(&self, grace: Duration) {
        self.context.handoff.close(grace).await;
    }
}
