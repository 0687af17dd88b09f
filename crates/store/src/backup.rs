//! Backups: one committed state of a store in one file, made while others write, and restored into a
//! store that does not exist yet. A SQLite database is copied; a server's is dumped by `pg_dump`, and
//! restored by `pg_restore`, which belong to PostgreSQL.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::postgres::DumpError;
use crate::sqlite::{CopyError, copy, copy_unused};

/// The database in a backup's directory.
pub(crate) const DATABASE: &str = "boltgram.db";
pub(crate) const DUMP: &str = "boltgram.dump";

#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error(transparent)]
    Copy(#[from] CopyError),
    #[error(transparent)]
    Dump(#[from] DumpError),
    #[error("{path} cannot be written")]
    File { path: PathBuf, source: io::Error },
    #[error("{path} exists already; a backup is restored only where there is no database")]
    Exists { path: PathBuf },
    #[error("the database has tables; a backup is restored only into an empty database")]
    NotEmpty,
}

/// Copies the database at `path` into `directory`, and reads every page of the copy.
pub(crate) fn back_up(path: &Path, directory: &Path) -> Result<(), BackupError> {
    Ok(copy(path, &directory.join(DATABASE))?)
}

/// Copies the database of the backup in `directory` to `path`.
pub(crate) fn restore(path: &Path, directory: &Path) -> Result<(), BackupError> {
    let failed = |source| BackupError::File { path: path.to_owned(), source };
    // SQLite would take the log of another database for this one's.
    for file in std::iter::once(path.to_owned()).chain(logs(path)) {
        if fs::exists(&file).map_err(failed)? {
            return Err(BackupError::Exists { path: file });
        }
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    Ok(copy_unused(&directory.join(DATABASE), path)?)
}

/// What SQLite keeps beside a database.
pub(crate) fn logs(database: &Path) -> [PathBuf; 2] {
    ["-wal", "-shm"].map(|end| {
        let mut name = database.as_os_str().to_owned();
        name.push(end);
        name.into()
    })
}
