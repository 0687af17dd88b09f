//! One transaction for a group of commands.

use domain::ports::PortError;
use rusqlite::Connection;

use super::command::Command;
use super::durable::Durable;
use super::flusher::{Commit, Group};
use super::tx::{SqliteTx, port_error};
use crate::tx::Result;

/// Runs all commands and commits.
pub(super) fn commit(
    tx: &mut SqliteTx,
    durable: &Durable,
    mut commands: Vec<Box<dyn Command>>,
) -> Group {
    let before = tx.connection().total_changes();
    let ran = run(tx, &mut commands);
    let connection = tx.connection();
    // Readers see the group from the commit on.
    let number = durable.begin();
    let committed = ran.and_then(|to_commit| match to_commit {
        true => step(connection, "COMMIT").map_err(|e| PortError::Unavailable(e.to_string())),
        false => Ok(()),
    });
    let commit = match committed {
        Ok(()) if connection.total_changes() == before => Commit::Empty,
        Ok(()) => Commit::Written,
        Err(error) => {
            if !connection.is_autocommit() {
                let _ = connection.execute_batch("ROLLBACK");
            }
            Commit::Lost(error)
        }
    };
    Group { number, commands, commit }
}

/// False when there is nothing to commit because the only command failed.
fn run(tx: &mut SqliteTx, group: &mut [Box<dyn Command>]) -> Result<bool> {
    step(tx.connection(), "BEGIN IMMEDIATE").map_err(port_error)?;
    if !run_together(tx, group) {
        // SQLite may have rolled back everything already; then this fails, as intended.
        step(tx.connection(), "ROLLBACK").map_err(|_| lost())?;
        if group.len() == 1 {
            return Ok(false);
        }
        step(tx.connection(), "BEGIN IMMEDIATE").map_err(port_error)?;
        for command in group {
            step(tx.connection(), "SAVEPOINT command").map_err(port_error)?;
            if !command.run(tx) {
                // As above.
                step(tx.connection(), "ROLLBACK TO command").map_err(|_| lost())?;
            }
            step(tx.connection(), "RELEASE command").map_err(|_| lost())?;
        }
    }
    Ok(true)
}

/// False when a command must be undone, or the only command failed.
fn run_together(tx: &mut SqliteTx, group: &mut [Box<dyn Command>]) -> bool {
    let alone = group.len() == 1;
    group.iter_mut().all(|command| {
        let before = tx.connection().total_changes();
        let succeeded = command.run(tx);
        let connection = tx.connection();
        let nothing_done =
            || connection.total_changes() == before && !connection.is_autocommit() && !alone;
        succeeded || nothing_done()
    })
}

fn step(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql).and_then(|mut statement| statement.raw_execute()).map(drop)
}

fn lost() -> PortError {
    PortError::Unavailable("the transaction was rolled back; is the disk full?".to_owned())
}
