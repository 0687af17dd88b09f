//! The store on SQLite: each port method as one command of the writer, or one read.

mod checkpoint;
mod command;
mod durable;
mod flusher;
mod log;
mod losses;
mod migrate;
mod open;
mod pace;
mod readers;
mod repair;
#[cfg(test)]
mod tests;
mod transaction;
mod tx;
mod writer;

use std::fmt;

use domain::ports::Changed;

use self::readers::Readers;
use self::tx::ready;
use self::writer::Writer;

pub(crate) use self::open::open;

pub(crate) struct SqliteStore {
    // Dropped in this order: the last connection to close folds the log into the database.
    readers: Readers,
    writer: Writer,
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SqliteStore")
    }
}

impl SqliteStore {
    async fn changed_elsewhere(&self) -> Changed {
        std::future::pending().await
    }
}

/// Runs `work` (an expression of a transaction, giving a future) as one command.
macro_rules! write {
    ($store:ident, |$tx:ident| $work:expr) => {
        $store.writer.write(move |$tx| ready($work)).await
    };
}

macro_rules! read {
    ($store:ident, |$tx:ident| $work:expr) => {
        $store.readers.read(move |$tx| ready($work)).await
    };
}

macro_rules! probe {
    ($store:ident, |$tx:ident| $work:expr) => {
        $store.writer.probe(move |$tx| ready($work)).await
    };
}

crate::port::implement_ports!(SqliteStore);
