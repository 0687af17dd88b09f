//! The journal file that persists the sandbox node. Each change is one JSON line, appended and synced. It is never
//! rewritten, so it grows.
//!
//! | crash while | at the next start |
//! |---|---|
//! | writing a line | an incomplete last line, which is removed: the change was never acknowledged |
//! | syncing | the line or not: the change was never acknowledged |
//! | anything else | every acknowledged change |

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::record::Record;

/// Start of every journal, so that another file is not mistaken for an incomplete one.
const FIRST_BYTES: &[u8] = br#"{"t":"node""#;

/// Why a journal cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("cannot read or write {path}")]
    Io { path: PathBuf, source: io::Error },
    #[error("{path} is in use by another program")]
    InUse { path: PathBuf },
    #[error("line {line} of {path} is not a valid journal line of the sandbox node")]
    Corrupt { path: PathBuf, line: usize },
}

#[derive(Debug)]
pub(super) struct Journal {
    file: File,
    /// Length of the complete lines, in bytes.
    len: u64,
    /// A failed write left an incomplete line that could not be removed.
    broken: bool,
}

impl Journal {
    pub(super) fn open(path: &Path) -> Result<(Self, Vec<Record>), OpenError> {
        let failed = |source| OpenError::Io { path: path.to_owned(), source };
        let mut file = private_file(path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(OpenError::InUse { path: path.to_owned() });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(failed)?;
        let (records, whole) = read_lines(&bytes)
            .map_err(|line| OpenError::Corrupt { path: path.to_owned(), line })?;
        if whole < bytes.len() {
            tracing::warn!(
                bytes = bytes.len() - whole,
                "removed an incomplete last line of the journal"
            );
        }
        let len = u64::try_from(whole).unwrap_or(u64::MAX);
        file.set_len(len).map_err(failed)?;
        file.seek(SeekFrom::Start(len)).map_err(failed)?;
        Ok((Self { file, len, broken: false }, records))
    }

    /// Writes a line. It is durable only after [`Synced::sync`].
    pub(super) fn append(&mut self, record: &Record) -> io::Result<()> {
        if self.broken {
            return Err(io::Error::other("an earlier write failed"));
        }
        let mut line = serde_json::to_vec(record)?;
        line.push(b'\n');
        if let Err(error) = self.file.write_all(&line) {
            let cut = self.file.set_len(self.len);
            self.broken = cut.and_then(|()| self.file.seek(SeekFrom::Start(self.len))).is_err();
            return Err(error);
        }
        self.len += u64::try_from(line.len()).unwrap_or(0);
        Ok(())
    }

    pub(super) const fn len(&self) -> u64 {
        self.len
    }

    pub(super) fn synced(&self) -> io::Result<Synced> {
        Ok(Synced { file: self.file.try_clone()?, up_to: Mutex::new(0) })
    }
}

/// Makes lines durable; concurrent callers share one sync.
#[derive(Debug)]
pub(super) struct Synced {
    file: File,
    up_to: Mutex<u64>,
}

impl Synced {
    /// Returns when the journal's first `len` bytes are on disk. It blocks; never call it while the book is locked.
    pub(super) fn sync(&self, len: u64, written: impl FnOnce() -> u64) -> io::Result<()> {
        let mut up_to = self.up_to.lock().unwrap_or_else(PoisonError::into_inner);
        if *up_to < len {
            let written = written();
            self.file.sync_data()?;
            *up_to = written;
        }
        Ok(())
    }
}

fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The records and their length in bytes, or the number of an invalid line. An incomplete last line is not an error.
fn read_lines(bytes: &[u8]) -> Result<(Vec<Record>, usize), usize> {
    if !bytes.starts_with(&FIRST_BYTES[..FIRST_BYTES.len().min(bytes.len())]) {
        return Err(1);
    }
    let mut records = Vec::new();
    let mut whole = 0;
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        let end = whole + line.len();
        match serde_json::from_slice(line) {
            Ok(record) if line.ends_with(b"\n") => records.push(record),
            _ if end == bytes.len() => break,
            _ => return Err(records.len() + 1),
        }
        whole = end;
    }
    Ok((records, whole))
}
