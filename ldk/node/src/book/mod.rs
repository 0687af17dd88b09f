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
mod writer;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags};

pub(crate) use holds::{Hold, HoldState, Inbound, NewHold};
pub(crate) use payments::{NewPayment, Payment, PaymentState};
use writer::Writer;

const SCHEMA: &str = include_str!("schema.sql");

/// The version of the schema (`PRAGMA user_version`).
const VERSION: i64 = 1;

#[derive(Debug, Clone, thiserror::Error)]
#[error("the node's book: {0}")]
pub(crate) struct BookError(String);

impl BookError {
    pub(crate) fn from_text(text: &impl ToString) -> Self {
        Self(text.to_string())
    }
}

impl From<rusqlite::Error> for BookError {
    fn from(error: rusqlite::Error) -> Self {
        Self(error.to_string())
    }
}

#[derive(Clone)]
pub(crate) struct Book {
    writer: Arc<Writer>,
    reader: Arc<Mutex<Connection>>,
}

impl Book {
    pub(crate) fn open(path: &Path) -> Result<Self, BookError> {
        let connection = Connection::open(path)?;
        // A commit is on disk when it returns.
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        match version {
            0 => {
                connection.execute_batch(SCHEMA)?;
                connection.pragma_update(None, "user_version", VERSION)?;
            }
            VERSION => {}
            newer => return Err(BookError(format!("it is of a newer version ({newer})"))),
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let reader = Connection::open_with_flags(path, flags)?;
        let writer = Arc::new(Writer::start(connection));
        Ok(Self { writer, reader: Arc::new(Mutex::new(reader)) })
    }

    fn read<T>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, BookError> {
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(query(&reader)?)
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
