//! How often the program started its Lightning node again: it runs before the engine, which shows this with its metrics.

use prometheus_client::metrics::counter::Counter;

/// Clones count together.
#[derive(Debug, Clone, Default)]
pub struct NodeRestarts(pub(crate) Counter);

impl NodeRestarts {
    pub fn count(&self) {
        self.0.inc();
    }
}
