//! Where the vault's key is kept: `vault.key` (64 hex digits, mode 0600) beside the database file, or
//! in the data directory of each node of a server's database. A backup of the database without it
//! holds no secret that opens; `boltgram backup` copies both.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use crate::{OpenError, Vault};

#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("{path} could not be read or written")]
    File { path: PathBuf, source: io::Error },
    #[error("{path} is not a vault key: 64 hex digits are expected")]
    NotAKey { path: PathBuf },
    #[error("{path} is missing, but {database} exists; restore the key that belongs to it")]
    Missing { path: PathBuf, database: PathBuf },
    #[error(
        "{path} is missing, but {database} was made with a key: copy the vault.key of the node that \
         made it"
    )]
    MissingOfNode { path: PathBuf, database: String },
    #[error("the database could not be asked whether it has a key")]
    Database(#[source] Box<OpenError>),
    #[error("the system gave no randomness for a new vault key")]
    NoRandomness,
}

impl Vault {
    /// The vault of a SQLite database: its key file is read, or made when there is no database
    /// yet. Two processes that begin at once end with the same key.
    pub fn beside(database: &Path) -> Result<Self, VaultError> {
        let path = database.with_file_name("vault.key");
        let failed = |source| VaultError::File { path: path.clone(), source };
        if !fs::exists(&path).map_err(failed)? {
            if fs::exists(database).map_err(failed)? {
                return Err(VaultError::Missing { path, database: database.to_owned() });
            }
            make(&path)?;
        }
        warn_when_open_to_others(&path);
        read(&path)
    }

    /// The vault of a server's database, whose key each node keeps in its data directory. It is made
    /// when the database has none yet; `made` names a database that has one.
    pub(crate) fn kept_in(data: &Path, made: Option<String>) -> Result<Self, VaultError> {
        let path = data.join("vault.key");
        let found = fs::exists(&path);
        match (found.map_err(|source| VaultError::File { path: path.clone(), source })?, made) {
            (false, Some(database)) => return Err(VaultError::MissingOfNode { path, database }),
            (false, None) => make(&path)?,
            (true, _) => {}
        }
        warn_when_open_to_others(&path);
        read(&path)
    }
}

fn read(path: &Path) -> Result<Vault, VaultError> {
    let text = fs::read_to_string(path)
        .map_err(|source| VaultError::File { path: path.to_owned(), source })?;
    let text = Zeroizing::new(text);
    let mut key = Zeroizing::new([0; 32]);
    hex::decode_to_slice(text.trim_end(), key.as_mut_slice())
        .map(|()| Vault::new(*key))
        .map_err(|_| VaultError::NotAKey { path: path.to_owned() })
}

/// Writes the whole key under another name first: a key file is complete or absent.
fn make(path: &Path) -> Result<(), VaultError> {
    let failed = |source| VaultError::File { path: path.to_owned(), source };
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let directory = directory.unwrap_or_else(|| Path::new("."));
    fs::create_dir_all(directory).map_err(failed)?;
    let mut key = Zeroizing::new([0; 32]);
    SystemRandom::new().fill(key.as_mut_slice()).map_err(|_| VaultError::NoRandomness)?;
    let draft = path.with_extension(format!("key.{}", std::process::id()));
    let written = write_private(&draft, &Zeroizing::new(format!("{}\n", hex::encode(*key))))
        .and_then(|()| match fs::hard_link(&draft, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            linked => linked,
        })
        .and_then(|()| File::open(directory)?.sync_all());
    // A draft of a process that died here would stop the next one of the same number.
    let removed = fs::remove_file(&draft);
    written.and(removed).map_err(failed)
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn warn_when_open_to_others(path: &Path) {
    let open = fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0);
    if open {
        tracing::warn!(path = %path.display(), "the vault key can be read by others: chmod 600");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_a_private_key_once_and_reads_it_again() {
        let directory = tempfile::tempdir().unwrap();
        let database = directory.path().join("data/boltgram.db");
        let first = Vault::beside(&database).unwrap();
        let sealed = first.seal("c", b"r", b"s").unwrap();
        let path = database.with_file_name("vault.key");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(Vault::beside(&database).unwrap().open("c", b"r", &sealed).is_ok());
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn makes_no_new_key_for_an_old_database() {
        let directory = tempfile::tempdir().unwrap();
        let database = directory.path().join("boltgram.db");
        fs::write(&database, "rows").unwrap();
        assert!(matches!(Vault::beside(&database), Err(VaultError::Missing { .. })));
    }

    #[test]
    fn refuses_a_file_that_is_no_key() {
        let directory = tempfile::tempdir().unwrap();
        let database = directory.path().join("boltgram.db");
        fs::write(directory.path().join("vault.key"), "short").unwrap();
        assert!(matches!(Vault::beside(&database), Err(VaultError::NotAKey { .. })));
    }
}
