//! The tables of the newest schema, by which a database that lost some is recognised. A test compares
//! the two engines' tables, so the list of one serves both.

use std::collections::BTreeSet;

use rusqlite::Connection;

use crate::sqlite::{MIGRATIONS, tables};

/// Runs the migrations in memory.
pub(crate) fn expected_tables() -> rusqlite::Result<BTreeSet<String>> {
    let connection = Connection::open_in_memory()?;
    MIGRATIONS.iter().try_for_each(|migration| connection.execute_batch(migration))?;
    tables(&connection)
}
