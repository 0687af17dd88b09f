//! Rewrites the write-ahead log, at every start and after a failed flush.

use std::io;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::checkpoint::Length;
use super::durable::{Durable, Trust};
use super::log::Log;

/// Between two tries.
const EVERY: Duration = Duration::from_secs(1);

#[derive(Debug, thiserror::Error)]
pub(super) enum RepairError {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error(transparent)]
    File(#[from] io::Error),
}

/// Brings everything that was committed to the disk, whatever became of earlier flushes.
pub(super) fn write_anew(connection: &Connection, log: &dyn Log) -> Result<(), RepairError> {
    let length = Length::of(connection)?;
    if length.pages == 0 {
        return Ok(());
    }
    // While a write transaction is open no other connection writes, and the log does not restart.
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let written = log.write_anew(length.pages as usize);
    connection.execute_batch("ROLLBACK")?;
    written?;
    Ok(log.flush()?)
}

#[derive(Default)]
pub(super) struct Repair {
    tried_at: Option<Instant>,
}

impl Repair {
    /// Whether the log can be relied on, after a repair if one is due.
    pub(super) fn is_whole(
        &mut self,
        connection: &Connection,
        log: &dyn Log,
        durable: &Durable,
    ) -> bool {
        if durable.trust() == Trust::Doubtful
            && self.tried_at.is_none_or(|at| at.elapsed() >= EVERY)
        {
            self.tried_at = Some(Instant::now());
            match write_anew(connection, log) {
                Ok(()) => {
                    self.tried_at = None;
                    durable.repaired();
                    tracing::info!("the log was written anew; the store works again");
                }
                Err(RepairError::File(error)) if error.kind() == io::ErrorKind::InvalidData => {
                    durable.doubt(Trust::Gone);
                    tracing::error!(%error, "the log cannot be written anew: start the program again");
                }
                Err(error) => tracing::error!(%error, "the log could not be written anew"),
            }
        }
        durable.trust() == Trust::Whole
    }
}
