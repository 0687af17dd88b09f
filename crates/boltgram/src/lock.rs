//! One server for one data directory: two would take each other's leased work for their own. The
//! system frees the lock when the process ends, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, bail};

use crate::open::make_data_directory;

/// Held as long as it lives.
#[derive(Debug)]
pub(crate) struct DataLock(#[expect(dead_code, reason = "closing the file frees the lock")] File);

impl DataLock {
    pub(crate) fn take(data: &Path) -> anyhow::Result<Self> {
        make_data_directory(data)?;
        let path = data.join("serve.lock");
        let file = OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("{} cannot be opened", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => {
                bail!("another boltgram serves the data directory {}", data.display())
            }
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("{} cannot be locked", path.display()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_server_is_refused_until_the_first_is_gone() {
        let data = tempfile::tempdir().unwrap();
        let first = DataLock::take(data.path()).unwrap();
        let refused = DataLock::take(data.path()).unwrap_err().to_string();
        assert!(refused.starts_with("another boltgram serves"), "{refused}");
        drop(first);
        DataLock::take(data.path()).unwrap();
    }
}
