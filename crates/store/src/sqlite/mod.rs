//! SQLite, embedded: one writer that commits many changes together, and a few readers.

mod checkpoint;
mod command;
mod copy;
mod durable;
mod flusher;
mod log;
mod losses;
mod migrate;
mod open;
mod readers;
mod repair;
#[cfg(test)]
mod tests;
mod transaction;
mod tx;
mod writer;

use self::readers::Readers;
use self::tx::ready;
use self::writer::Writer;
use crate::rows::account;
use crate::tx::{AnyTx, AtCommit, Result};

pub use self::copy::CopyError;
pub(crate) use self::copy::{copy, copy_unused};
pub(crate) use self::migrate::{MIGRATIONS, tables};
pub(crate) use self::open::open;
pub(crate) use self::tx::SqliteTx;

pub(crate) struct Sqlite {
    // Dropped in this order: the last connection to close checkpoints the log.
    readers: Readers,
    writer: Writer,
}

impl Sqlite {
    pub(crate) async fn write<R, W>(&self, change: W, at_commit: AtCommit) -> Result<R>
    where
        R: Send + 'static,
        W: AsyncFn(&mut AnyTx<'_>) -> Result<R> + Send + 'static,
    {
        let change = move |tx: &mut SqliteTx| {
            let mut tx = AnyTx::sqlite(tx);
            let value = ready(change(&mut tx))?;
            at_commit.pass(&tx).map(|()| value)
        };
        self.writer.write(change).await
    }

    pub(crate) async fn read<R, Q>(&self, query: Q) -> Result<R>
    where
        R: Send + 'static,
        Q: AsyncFn(&mut AnyTx<'_>) -> Result<R> + Send + 'static,
    {
        self.readers.read(move |tx| ready(query(&mut AnyTx::sqlite(tx)))).await
    }

    /// Whether a durable write succeeds.
    pub(crate) async fn ping(&self) -> Result<()> {
        self.writer.probe(|tx| ready(account::ping(&mut AnyTx::sqlite(tx)))).await
    }
}
