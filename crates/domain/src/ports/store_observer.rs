//! Told how long the store takes, for the operator's metrics.

use std::fmt;
use std::time::Duration;

/// Called on the store's own threads, which serve all callers: it must return at once.
pub trait StoreObserver: fmt::Debug + Send + Sync {
    /// A transaction that changed rows is committed. SQLite: with the work of all changes that share it;
    /// PostgreSQL: the answer to COMMIT.
    fn committed(&self, took: Duration);

    /// SQLite's write-ahead log is on disk. PostgreSQL flushes within its commit.
    fn flushed(&self, took: Duration);
}
