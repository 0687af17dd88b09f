//! What became of each payment hash: our own record, because ldk-node keeps neither that a payment is held nor until
//! when, and says *ok* to calls that had no effect.
//!
//! | state | changes to | by |
//! |---|---|---|
//! | open | accepted | a payment of at least the amount, before the expiry |
//! | open | cancelled | a call, or the expiry |
//! | accepted | settling | a call with the preimage, before the deadline |
//! | accepted | cancelled | a call, or the deadline |
//! | settling | settled | LDK's report that the money is ours |
//! | settling | cancelled | the deadline, if LDK never reported it |
//!
//! Each change is one statement with the former state as its condition, so of two that race one wins. A change is on disk
//! before LDK is called.

mod holds;
mod payments;

use crate::database::Database;

pub(crate) use holds::{Hold, HoldState, Inbound, NewHold};
pub(crate) use payments::{NewPayment, Payment, PaymentState};

#[derive(Clone)]
pub(crate) struct Book {
    database: Database,
}

impl Book {
    pub(crate) const fn new(database: Database) -> Self {
        Self { database }
    }
}

/// Amounts and times fit: they were read from 64-bit numbers that are not negative.
fn stored(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn read_u64(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests;
