//! Statements on one SQLite connection. None waits, so a row's future is ready at its first poll:
//! [`ready`] takes its value without a runtime.

use std::cell::Cell;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use domain::ports::PortError;
use rusqlite::ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, ErrorCode, ToSql};

use crate::tx::{Column, Result, Row, Value};
use crate::vault::Vault;

/// Longest clause to cut, such as `FOR UPDATE OF orders SKIP LOCKED`: only the end of a statement
/// is searched.
const ROW_LOCKS_CHARS_MAX: usize = 48;

/// A connection; the caller begins and ends its transactions.
pub(crate) struct SqliteTx {
    connection: Connection,
    vault: Arc<Vault>,
    /// Run since they were last counted.
    statements: Cell<u64>,
}

impl SqliteTx {
    pub(crate) const fn new(connection: Connection, vault: Arc<Vault>) -> Self {
        Self { connection, vault, statements: Cell::new(0) }
    }

    pub(super) const fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(crate) fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Statements run since the last call.
    pub(super) const fn take_statements(&self) -> u64 {
        self.statements.replace(0)
    }

    /// For so many runs.
    fn prepare(&self, sql: &'static str, runs: usize) -> Result<CachedStatement<'_>> {
        self.statements.set(self.statements.get() + runs as u64);
        self.connection.prepare_cached(without_row_locks(sql)).map_err(port_error)
    }

    pub(crate) fn execute(&self, sql: &'static str, params: &[Value<'_>]) -> Result<u64> {
        execute(&mut self.prepare(sql, 1)?, params)
    }

    pub(crate) fn query(&self, sql: &'static str, params: &[Value<'_>]) -> Result<Vec<Row>> {
        query(&mut self.prepare(sql, 1)?, params)
    }

    pub(crate) fn execute_many<const N: usize>(
        &self,
        sql: &'static str,
        params: &[[Value<'_>; N]],
    ) -> Result<Vec<u64>> {
        let mut statement = self.prepare(sql, params.len())?;
        params.iter().map(|params| execute(&mut statement, params)).collect()
    }

    pub(crate) fn query_many<const N: usize>(
        &self,
        sql: &'static str,
        params: &[[Value<'_>; N]],
    ) -> Result<Vec<Vec<Row>>> {
        let mut statement = self.prepare(sql, params.len())?;
        params.iter().map(|params| query(&mut statement, params)).collect()
    }

    /// Without `RETURNING`, for which SQLite creates a temporary table per statement.
    pub(crate) fn insert_many<const N: usize>(
        &self,
        sql: &'static str,
        params: &[[Value<'_>; N]],
    ) -> Result<Vec<i64>> {
        let mut statement = self.prepare(sql.trim_end_matches("RETURNING id"), params.len())?;
        let mut ids = Vec::with_capacity(params.len());
        for params in params {
            execute(&mut statement, params)?;
            ids.push(self.connection.last_insert_rowid());
        }
        Ok(ids)
    }
}

/// The single writer locks the whole database: SQLite neither has nor needs row locks.
fn without_row_locks(sql: &str) -> &str {
    let end = sql.len().saturating_sub(ROW_LOCKS_CHARS_MAX);
    let clause = sql.get(end..).and_then(|tail| tail.rfind("FOR UPDATE"));
    clause.and_then(|at| sql.get(..end + at)).map_or(sql, str::trim_end)
}

fn execute(statement: &mut CachedStatement<'_>, params: &[Value<'_>]) -> Result<u64> {
    bind(statement, params)?;
    statement.raw_execute().map(|changed| changed as u64).map_err(port_error)
}

fn query(statement: &mut CachedStatement<'_>, params: &[Value<'_>]) -> Result<Vec<Row>> {
    bind(statement, params)?;
    let width = statement.column_count();
    let mut rows = statement.raw_query();
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(port_error)? {
        let mut columns = Vec::with_capacity(width);
        for at in 0..width {
            columns.push(column(row.get_ref(at).map_err(port_error)?));
        }
        found.push(Row::new(columns));
    }
    Ok(found)
}

fn bind(statement: &mut CachedStatement<'_>, params: &[Value<'_>]) -> Result<()> {
    for (at, value) in params.iter().enumerate() {
        statement.raw_bind_parameter(at + 1, Bound(*value)).map_err(port_error)?;
    }
    Ok(())
}

struct Bound<'a>(Value<'a>);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Null => ValueRef::Null,
            Value::Int(value) => ValueRef::Integer(value),
            Value::Text(value) => ValueRef::Text(value.as_bytes()),
            Value::Blob(value) => ValueRef::Blob(value),
        }))
    }
}

fn column(value: ValueRef<'_>) -> Column {
    match value {
        ValueRef::Integer(value) => Column::Int(value),
        ValueRef::Text(value) => Column::Text(String::from_utf8_lossy(value).into_owned()),
        ValueRef::Blob(value) => Column::Blob(value.to_owned()),
        // Our columns are never floats: STRICT tables and integer sums.
        ValueRef::Null | ValueRef::Real(_) => Column::Null,
    }
}

/// Maps an error to the port's. SQLite's messages name tables and columns, never values.
#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
pub(crate) fn port_error(error: rusqlite::Error) -> PortError {
    let exists = [SQLITE_CONSTRAINT_UNIQUE, SQLITE_CONSTRAINT_PRIMARYKEY];
    if error.sqlite_error().is_some_and(|cause| exists.contains(&cause.extended_code)) {
        return PortError::Conflict(error.to_string());
    }
    match error.sqlite_error_code() {
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::OutOfMemory
            | ErrorCode::ReadOnly,
        ) => PortError::Unavailable(error.to_string()),
        _ => PortError::Refused(error.to_string()),
    }
}

/// The value of a future that never waits.
pub(crate) fn ready<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(PortError::Refused("a statement waited on SQLite".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_off_what_only_a_server_locks() {
        for plain in
            ["SELECT id FROM t", "SELECT id, due_at FROM a_table WHERE due_at < ?1 LIMIT ?2"]
        {
            for locks in ["", " FOR UPDATE", "\n     FOR UPDATE SKIP LOCKED", " FOR UPDATE OF t"] {
                assert_eq!(without_row_locks(&format!("{plain}{locks}")), plain);
            }
        }
    }
}
