//! Whether the files that this process has open are still the ones under their names. After `rm -rf` of
//! the data directory, or a copy over the database, writes would succeed and be lost with the process.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use domain::ports::PortError;
use rusqlite::Connection;

#[derive(Default)]
pub(super) struct Presence {
    /// The database, its log and its index of the log, with device and inode.
    opened: Vec<(PathBuf, (u64, u64))>,
    /// Files that are read at the next start; they may be replaced.
    kept: Vec<PathBuf>,
}

impl Presence {
    /// Of a connection that has read or written before, so that its log exists.
    pub(super) fn of(connection: &Connection, kept: &[PathBuf]) -> io::Result<Self> {
        // As SQLite names it: with links resolved.
        let path = connection.path().ok_or(io::ErrorKind::NotFound)?;
        let opened = ["", "-wal", "-shm"].map(|end| PathBuf::from(format!("{path}{end}")));
        let opened = opened.into_iter().map(|path| Ok((identity(&path)?, path)));
        let opened =
            opened.map(|found: io::Result<_>| found.map(|(identity, path)| (path, identity)));
        Ok(Self { opened: opened.collect::<io::Result<_>>()?, kept: kept.to_vec() })
    }

    /// *Unavailable* while one is missing or another file.
    pub(super) fn check(&self) -> Result<(), PortError> {
        let is_ours = |(path, identity): &&(PathBuf, _)| {
            self::identity(path).is_ok_and(|now| now == *identity)
        };
        let lost = self.opened.iter().find(|opened| !is_ours(opened)).map(|(path, _)| path);
        match lost.or_else(|| self.kept.iter().find(|path| fs::metadata(path).is_err())) {
            None => Ok(()),
            Some(path) => Err(gone(path)),
        }
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    fs::metadata(path).map(|found| (found.dev(), found.ino()))
}

/// Names the file only: the text is shown to everyone.
pub(crate) fn gone(path: &Path) -> PortError {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    PortError::Unavailable(format!("{name} was removed or replaced while the program runs"))
}
