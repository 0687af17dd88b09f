//! Locks for what has no row (yet). SQLite's one writer needs none.

/// What is locked until the transaction ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum AdvisoryLock<'a> {
    /// Counting the orders at the node, to add one.
    CountOrders,
    /// Shared: storing this carrier's submissions, after a search for receipts that came first.
    /// Exclusive: parking its receipts, after a search for their submissions. So each of the two sees
    /// what the other stored.
    Park(&'a str),
    /// Counting nodes, and dividing links among them.
    ShareLinks,
    /// Storing a part from this carrier, after a search for the other parts of its text.
    JoinParts(&'a str),
    /// Counting the prices of all accounts, to add some.
    Prices,
    /// Selling an answer about this number, after a search for one that is fresh.
    Lookup(&'a str),
    /// Counting phones, to add one, or searching the SIM card of a number, to give it one.
    Phones,
    /// Texts that phones send: choosing a SIM card by its counts, and counting there; searching what waits, and giving it
    /// to its phone or withdrawing it.
    PhoneTexts,
    /// Choosing a number of ours that has no loan, and lending it.
    Lend,
    /// Shared: lending numbers for a service, after a search for a rental of the whole number.
    /// Exclusive: renting whole numbers, after a search for any loan.
    WholeNumbers,
}
