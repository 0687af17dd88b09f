//! Copies a database that may be in use: one committed state, with everything that is only in the log.
//! Writers are not held up.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

/// How long the copy waits for a lock, which only recovery after a crash holds.
const PATIENCE: Duration = Duration::from_secs(30);

/// All pages in one step: then the copy is of one state, whatever is written meanwhile.
const ALL_PAGES: i32 = -1;

#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    #[error("{path} cannot be written")]
    File { path: PathBuf, source: io::Error },
    #[error("the database cannot be copied")]
    Sqlite(#[from] rusqlite::Error),
    #[error("the database is locked")]
    Locked,
    #[error("the copy is damaged: {0}")]
    Damaged(String),
}

/// Writes the copy under another name, checks it, and gives it its name: `to` is complete or as before.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), CopyError> {
    under_draft(to, |draft| write(from, draft))
}

fn under_draft(
    to: &Path,
    write: impl FnOnce(&Path) -> Result<(), CopyError>,
) -> Result<(), CopyError> {
    let mut draft = to.as_os_str().to_owned();
    draft.push(".new");
    let draft = PathBuf::from(draft);
    let copied = write(&draft).and_then(|()| {
        fs::rename(&draft, to)
            .and_then(|()| sync_directory(to))
            .map_err(|source| CopyError::File { path: to.to_owned(), source })
    });
    if copied.is_err() {
        // It may not be there; the first error is the one that matters.
        let _ = fs::remove_file(&draft);
    }
    copied
}

/// As [`copy`], of a database that is not in use, such as a backup's, without opening it.
pub(crate) fn copy_unused(from: &Path, to: &Path) -> Result<(), CopyError> {
    under_draft(to, |draft| {
        let copied = private(draft).and_then(|mut target| {
            io::copy(&mut File::open(from)?, &mut target)?;
            target.sync_all()
        });
        copied.map_err(|source| CopyError::File { path: draft.to_owned(), source })?;
        let copy = Connection::open(draft)?;
        check(&copy)?;
        Ok(copy.close().map_err(|(_, error)| error)?)
    })
}

fn private(draft: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(draft)
}

fn write(from: &Path, draft: &Path) -> Result<(), CopyError> {
    let failed = |source| CopyError::File { path: draft.to_owned(), source };
    drop(private(draft).map_err(failed)?);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let source = Connection::open_with_flags(from, flags)?;
    source.busy_timeout(PATIENCE)?;
    let mut target = Connection::open(draft)?;
    // It is flushed as a whole below.
    target.pragma_update(None, "synchronous", "off")?;
    let backup = Backup::new(&source, &mut target)?;
    if backup.step(ALL_PAGES)? != StepResult::Done {
        return Err(CopyError::Locked);
    }
    drop(backup);
    // One file: the copied header names a log.
    let _: String =
        target.pragma_update_and_check(None, "journal_mode", "delete", |row| row.get(0))?;
    check(&target)?;
    target.close().map_err(|(_, error)| error)?;
    File::open(draft).and_then(|file| file.sync_all()).map_err(failed)
}

/// Reads every page and every index.
fn check(connection: &Connection) -> Result<(), CopyError> {
    let found: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if found == "ok" { Ok(()) } else { Err(CopyError::Damaged(found)) }
}

/// Makes a new name durable.
pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(directory.unwrap_or_else(|| Path::new(".")))?.sync_all()
}
