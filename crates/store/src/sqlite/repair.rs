//! Rewrites the write-ahead log, at every start and after a failed flush.

use std::io;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::checkpoint::Length;
use super::durable::{Durable, Trust};
use super::log::Log;

/// Interval between repair attempts.
const EVERY: Duration = Duration::from_secs(1);

#[derive(Debug, thiserror::Error)]
pub(super) enum RepairError {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error(transparent)]
    File(#[from] io::Error),
}

/// Writes all commits to disk, whatever happened to earlier flushes.
pub(super) fn write_anew(connection: &Connection, log: &dyn Log) -> Result<(), RepairError> {
    let length = Length::of(connection)?;
    if length.pages == 0 {
        return Ok(());
    }
    // An open write transaction keeps other connections from writing, and the log from restarting.
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
    /// Whether the log is reliable, after a repair if one is due.
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
                    tracing::info!("rewrote the log; the store is available again");
                }
                Err(RepairError::File(error)) if error.kind() == io::ErrorKind::InvalidData => {
                    durable.doubt(Trust::Gone);
                    tracing::error!(%error, "cannot rewrite the log; restart the program");
                }
                Err(error) => tracing::error!(%error, "could not rewrite the log"),
            }
        }
        durable.trust() == Trust::Whole
    }
}
