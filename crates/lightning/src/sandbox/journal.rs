//! The file that makes the sandbox outlive its process, as a node in a process of its own would.
//! One JSON line a change, appended and synced; never rewritten, so it grows like a node's own
//! database does.
//!
//! | crash while | what the next start finds |
//! |---|---|
//! | writing a line | a torn last line, which is cut off: the change was never answered |
//! | syncing | the line, or not: the change was never answered |
//! | anything else | every change that was answered |

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::record::Record;

/// How every journal begins, so that a file of somebody else is not taken for a torn one.
const FIRST_BYTES: &[u8] = br#"{"t":"node""#;

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("cannot read or write {path}")]
    Io { path: PathBuf, source: io::Error },
    #[error("{path} is in use by another program")]
    InUse { path: PathBuf },
    #[error("line {line} of {path} is not a line of a sandbox node's journal")]
    Corrupt { path: PathBuf, line: usize },
}

#[derive(Debug)]
pub(super) struct Journal {
    file: File,
    /// Bytes of whole lines.
    len: u64,
    /// A failed write left a torn line that could not be cut off.
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
            tracing::warn!(bytes = bytes.len() - whole, "cut a torn last line off the journal");
        }
        let len = u64::try_from(whole).unwrap_or(u64::MAX);
        file.set_len(len).map_err(failed)?;
        file.seek(SeekFrom::Start(len)).map_err(failed)?;
        Ok((Self { file, len, broken: false }, records))
    }

    /// Writes a line. It is durable after [`Synced::sync`] only.
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

/// Makes lines durable, many with one call where many callers wait.
#[derive(Debug)]
pub(super) struct Synced {
    file: File,
    up_to: Mutex<u64>,
}

impl Synced {
    /// Returns when the journal's first `len` bytes are on the disk. Blocks; never call it with the
    /// book locked.
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

/// The records and the bytes they fill, or the number of the line that is none. A last line that
/// is none is torn, not wrong.
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
