//! How long the store takes, and the statements that it ran: it is opened before the engine, which shows these with its metrics.

use std::time::Duration;

use domain::ports::StoreObserver;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;

use crate::metrics::BRIEF;

#[derive(Debug)]
pub struct StoreTimings {
    pub(crate) commit: Histogram,
    pub(crate) flush: Histogram,
    pub(crate) statements: Counter,
}

impl Default for StoreTimings {
    fn default() -> Self {
        Self {
            commit: Histogram::new(BRIEF),
            flush: Histogram::new(BRIEF),
            statements: Counter::default(),
        }
    }
}

impl StoreObserver for StoreTimings {
    fn committed(&self, took: Duration, statements: u64) {
        self.commit.observe(took.as_secs_f64());
        self.statements.inc_by(statements);
    }

    fn flushed(&self, took: Duration) {
        self.flush.observe(took.as_secs_f64());
    }
}
