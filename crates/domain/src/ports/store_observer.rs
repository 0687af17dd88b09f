//! Told how long the store takes and how much it does, for the operator's metrics.

use std::fmt;
use std::time::Duration;

/// Called on the store's own threads, which serve all callers: it must return at once.
pub trait StoreObserver: fmt::Debug + Send + Sync {
    /// A transaction that changed rows is committed. SQLite: with the work of all changes that share it;
    /// PostgreSQL: the answer to COMMIT. `statements` are those of the transaction, one for each row of
    /// parameters, in however few round trips they were sent.
    fn committed(&self, took: Duration, statements: u64);

    /// SQLite's write-ahead log is on disk. PostgreSQL flushes within its commit.
    fn flushed(&self, took: Duration);
}
