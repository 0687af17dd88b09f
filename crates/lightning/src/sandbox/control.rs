//! A test's control over the node: blocks, tip and faults.

use domain::ports::{NodeEvent, PortError};

use super::Sandbox;
use super::options::Faults;
use super::record::Record;

impl Sandbox {
    /// Adds blocks now. The tip is fresh again, and payments at their deadline are returned.
    pub fn mine(&self, blocks: u32) -> Result<(), PortError> {
        self.node.with_book(|inner, now| {
            inner.write(Record::Mined { blocks, at: now.at.as_millis() })?;
            self.node.hint(inner, NodeEvent::LookAtAll);
            Ok::<_, PortError>(())
        })?;
        self.node.tip().map(drop)
    }

    /// Makes the newest block more than an hour old until the next one is mined.
    pub fn set_tip_stale(&self) {
        self.node.lock().book.chain.make_stale();
    }

    pub fn set_synced(&self, synced: bool) {
        self.node.lock().book.chain.set_synced(synced);
    }

    pub fn set_faults(&self, faults: Faults) {
        self.node.lock().faults = faults;
    }

    pub fn faults(&self) -> Faults {
        self.node.lock().faults.clone()
    }

    /// The next `calls` do nothing and return `Unavailable`.
    pub fn fail_next(&self, calls: u32) {
        self.node.lock().faults.unavailable_next = calls;
    }

    /// The next `changes` take effect and return `Unknown`.
    pub fn lose_answer_next(&self, changes: u32) {
        self.node.lock().faults.lost_answers_next = changes;
    }
}
