//! The node's one database: LDK's state and our book, in one file, so that no copy has one without the other, and
//! changes of both share a flush to disk.

mod ldk_store;
mod writer;

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags};

pub(crate) use ldk_store::LdkStore;
use writer::Writer;

const SCHEMA: &str = include_str!("schema.sql");

/// The version of the schema (`PRAGMA user_version`).
const VERSION: i64 = 1;

#[derive(Debug, Clone, thiserror::Error)]
#[error("the node's database: {0}")]
pub(crate) struct DatabaseError(String);

impl From<rusqlite::Error> for DatabaseError {
    fn from(error: rusqlite::Error) -> Self {
        Self(error.to_string())
    }
}

#[derive(Clone)]
pub(crate) struct Database {
    writer: Arc<Writer>,
    reader: Arc<Mutex<Connection>>,
}

impl Database {
    pub(crate) fn open(path: &Path) -> Result<Self, DatabaseError> {
        // SQLite gives its other files the mode of this one.
        let made = OpenOptions::new().append(true).create(true).mode(0o600).open(path);
        made.map_err(|error| DatabaseError(format!("{}: {error}", path.display())))?;
        let connection = Connection::open(path)?;
        // A commit is on disk when it returns.
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        match version {
            0 => {
                // The version is written with the tables, or not.
                let version = format!("PRAGMA user_version = {VERSION}");
                connection.execute_batch(&format!("BEGIN; {SCHEMA} {version}; COMMIT;"))?;
            }
            VERSION => {}
            newer => return Err(DatabaseError(format!("it is of a newer version ({newer})"))),
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let reader = Connection::open_with_flags(path, flags)?;
        let writer = Arc::new(Writer::start(connection));
        Ok(Self { writer, reader: Arc::new(Mutex::new(reader)) })
    }

    pub(crate) fn read<T>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, DatabaseError> {
        let reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(query(&reader)?)
    }

    /// The change is on disk when this returns.
    pub(crate) async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, DatabaseError> {
        self.writer.change(change).await
    }
}
