//! Locks for what has no row (yet). SQLite's one writer needs none.

/// What is locked until the transaction ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum AdvisoryLock<'a> {
    /// Counting the orders at the node, to add one.
    CountOrders,
    /// Shared: storing what this carrier took, after a look for receipts that came first. Alone:
    /// parking its receipts, after a look for what they are of. One of the two sees the other.
    Park(&'a str),
    /// Counting nodes, and the links that are theirs.
    ShareLinks,
    /// Storing a part from this carrier, after a look for the other parts of its text.
    JoinParts(&'a str),
    /// Counting the prices of all accounts, to add some.
    Prices,
}
