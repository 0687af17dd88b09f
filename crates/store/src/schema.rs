//! The tables of the newest schema, by which a database that lost some is recognised. A test compares
//! the two engines' tables, so the list of one serves both.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use rusqlite::Connection;

use crate::sqlite::{MIGRATIONS, tables};

/// Runs the migrations in memory, once.
pub(crate) fn expected_tables() -> rusqlite::Result<&'static BTreeSet<String>> {
    static TABLES: OnceLock<BTreeSet<String>> = OnceLock::new();
    if let Some(known) = TABLES.get() {
        return Ok(known);
    }
    let connection = Connection::open_in_memory()?;
    MIGRATIONS.iter().try_for_each(|migration| connection.execute_batch(migration))?;
    let read = tables(&connection)?;
    Ok(TABLES.get_or_init(|| read))
}
