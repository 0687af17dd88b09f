//! Locks that allow one server per data directory, per database file, and per node name on a database server: two would
//! use each other's leased work, or the same journal of the sandbox node. The locks are released when the process ends,
//! however it ends.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use store::NodeName;

use crate::config::Config;
use crate::node_name::node_name;
use crate::open_store::{make_data_directory, make_private_directory};

/// Held until it is dropped.
#[derive(Debug)]
#[expect(dead_code, reason = "dropping a lock frees it")]
pub(crate) struct ServeLock {
    files: Vec<File>,
    node: Option<NodeName>,
}

impl ServeLock {
    pub(crate) async fn take(config: &Config) -> anyhow::Result<Self> {
        let data = &config.data;
        make_data_directory(data)?;
        let whole = lock(&data.join("serve.lock"), || {
            format!("another boltgram serves the data directory {}", data.display())
        })?;
        let url = config.whole_store_url()?;
        let mut files = vec![whole];
        // Two data directories may name the same database elsewhere.
        if let Some(database) = url.file() {
            let database = resolve(database)?;
            files.push(lock(&beside(&database), || {
                format!("another boltgram serves the database {}", database.display())
            })?);
        }
        let node = url.hold_node(&node_name(config)?).await;
        let node = node.with_context(|| format!("cannot lock the store {url}"))?;
        Ok(Self { files, node })
    }
}

fn lock(path: &Path, taken: impl FnOnce() -> String) -> anyhow::Result<File> {
    let file = OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("cannot open {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!(taken()),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", path.display()))
        }
    }
}

/// Resolves links to the file, after creating its directory.
fn resolve(database: &Path) -> anyhow::Result<PathBuf> {
    if let Some(directory) = database.parent().filter(|path| !path.as_os_str().is_empty()) {
        make_private_directory(directory)
            .with_context(|| format!("cannot create {}", directory.display()))?;
    }
    // Before its first start there is none.
    Ok(fs::canonicalize(database).unwrap_or_else(|_| database.to_owned()))
}

fn beside(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push(".lock");
    path.into()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn config(data: &Path, database: Option<&Path>) -> Config {
        let mut config = Config { data: data.to_owned(), ..Config::default() };
        config.store.url = database.map(store::StoreUrl::sqlite);
        config
    }

    async fn refusal(config: &Config) -> String {
        ServeLock::take(config).await.unwrap_err().to_string()
    }

    #[tokio::test]
    async fn a_second_server_is_refused_until_the_first_is_gone() {
        let home = tempfile::tempdir().unwrap();
        let config = config(home.path(), None);
        let first = ServeLock::take(&config).await.unwrap();
        let refused = refusal(&config).await;
        assert!(refused.starts_with("another boltgram serves the data directory"), "{refused}");
        drop(first);
        ServeLock::take(&config).await.unwrap();
    }

    #[tokio::test]
    async fn one_server_per_database_whatever_the_data_directory() {
        let home = tempfile::tempdir().unwrap();
        let database = home.path().join("shared").join("boltgram.db");
        let (here, there) = (home.path().join("here"), home.path().join("there"));
        let first = ServeLock::take(&config(&here, Some(&database))).await.unwrap();
        let refused = refusal(&config(&there, Some(&database))).await;
        assert!(refused.starts_with("another boltgram serves the database"), "{refused}");
        let other = home.path().join("shared").join("other.db");
        ServeLock::take(&config(&there, Some(&other))).await.unwrap();
        drop(first);
        ServeLock::take(&config(&there, Some(&database))).await.unwrap();
    }

    #[tokio::test]
    async fn a_link_to_the_database_has_the_same_lock() {
        let home = tempfile::tempdir().unwrap();
        let (database, link) = (home.path().join("boltgram.db"), home.path().join("link.db"));
        fs::write(&database, "").unwrap();
        symlink(&database, &link).unwrap();
        let (here, there) = (home.path().join("here"), home.path().join("there"));
        let _first = ServeLock::take(&config(&here, Some(&database))).await.unwrap();
        let refused = refusal(&config(&there, Some(&link))).await;
        assert!(refused.contains("serves the database"), "{refused}");
    }
}
