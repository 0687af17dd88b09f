//! Names of stores: `sqlite:PATH` or `postgres://user@host/db`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use domain::ports::Store;

use crate::port::{Engine, RowStore};
use crate::postgres::{self, NodeName, Server};
use crate::{BackupError, OpenError, Options, Vault, VaultError, backup, sqlite};

/// The name of a store. Its `Display` and `Debug` hide the password.
#[derive(Clone)]
pub struct StoreUrl(Place);

#[derive(Clone)]
enum Place {
    Sqlite(PathBuf),
    Postgres(Box<Server>),
}

impl StoreUrl {
    pub fn sqlite(path: impl Into<PathBuf>) -> Self {
        Self(Place::Sqlite(path.into()))
    }

    /// The database file; `None` when the database is a server's.
    pub fn file(&self) -> Option<&Path> {
        match &self.0 {
            Place::Sqlite(path) => Some(path),
            Place::Postgres(_) => None,
        }
    }

    /// Whether the store exists; otherwise [`StoreUrl::open`] creates it.
    pub async fn is_made(&self) -> Result<bool, OpenError> {
        match &self.0 {
            Place::Sqlite(path) => std::fs::exists(path).map_err(OpenError::File),
            Place::Postgres(server) => postgres::is_made(server).await,
        }
    }

    /// The vault of this store. Its key is beside a database file, or for PostgreSQL in the data
    /// directory of each node. It is created with the store.
    pub async fn vault(&self, data: &Path) -> Result<Vault, VaultError> {
        match &self.0 {
            Place::Sqlite(path) => Vault::beside(path),
            Place::Postgres(server) => {
                let asked = postgres::is_made(server).await;
                let made = asked.map_err(|error| VaultError::Database(Box::new(error)))?;
                Vault::kept_in(data, made.then(|| server.to_string()))
            }
        }
    }

    /// Where the vault's key of this store is.
    pub fn vault_file(&self, data: &Path) -> PathBuf {
        match &self.0 {
            Place::Sqlite(path) => path.with_file_name("vault.key"),
            Place::Postgres(_) => data.join("vault.key"),
        }
    }

    /// Where a backup in `directory` has the database of this store.
    pub fn backup_file(&self, directory: &Path) -> PathBuf {
        directory.join(match &self.0 {
            Place::Sqlite(_) => backup::DATABASE,
            Place::Postgres(_) => backup::DUMP,
        })
    }

    /// Writes one committed state of the store into `directory`, while others write.
    pub async fn back_up(&self, directory: &Path) -> Result<(), BackupError> {
        match &self.0 {
            Place::Sqlite(path) => backup::back_up(path, directory),
            Place::Postgres(server) => postgres::dump(server, directory).await,
        }
    }

    /// Creates the store from the backup in `directory`. There must be none yet.
    pub async fn restore(&self, directory: &Path) -> Result<(), BackupError> {
        match &self.0 {
            Place::Sqlite(path) => backup::restore(path, directory),
            Place::Postgres(server) => postgres::restore(server, directory).await,
        }
    }

    /// Holds the name of a node for this process. A database file needs none: its one server locks it.
    pub async fn hold_node(&self, node: &str) -> Result<Option<NodeName>, OpenError> {
        match &self.0 {
            Place::Sqlite(_) => Ok(None),
            Place::Postgres(server) => postgres::hold(server, node).await.map(Some),
        }
    }

    /// With the server's password, which must be given in one place only.
    pub fn with_password(mut self, password: &str) -> Result<Self, OpenError> {
        match &mut self.0 {
            Place::Postgres(server) if !server.has_password() => server.set_password(password),
            _ => return Err(OpenError::PasswordTwice),
        }
        Ok(self)
    }

    /// Opens the store; creates and migrates it as needed.
    pub async fn open(&self, vault: Vault, options: Options) -> Result<Arc<dyn Store>, OpenError> {
        let gate = options.gate.clone();
        let engine = match self.0.clone() {
            Place::Sqlite(path) => {
                let opening = move || sqlite::open(path, vault, &options);
                let opened = tokio::task::spawn_blocking(opening).await;
                Engine::Sqlite(opened.map_err(|error| OpenError::Thread(error.into()))??)
            }
            Place::Postgres(server) => {
                Engine::Postgres(Box::new(postgres::open(*server, vault, &options).await?))
            }
        };
        Ok(Arc::new(RowStore::new(engine, gate)))
    }
}

impl FromStr for StoreUrl {
    type Err = OpenError;

    fn from_str(url: &str) -> Result<Self, OpenError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Server::parse(url).map(|server| Self(Place::Postgres(Box::new(server))));
        }
        match url.strip_prefix("sqlite:") {
            Some(path) if !path.is_empty() && !path.starts_with(':') => Ok(Self::sqlite(path)),
            _ => Err(OpenError::BadUrl),
        }
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Place::Postgres(server) => server.fmt(f),
        }
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<StoreUrl, OpenError> {
        url.parse()
    }

    #[test]
    fn knows_what_a_url_names() {
        assert_eq!(parse("sqlite:a/b.db").unwrap().file(), Some(Path::new("a/b.db")));
        assert!(parse("postgresql://u@h/d").unwrap().file().is_none());
        for bad in ["mysql:x", "sqlite::memory:", "sqlite:", "a/b.db", ""] {
            assert!(matches!(parse(bad), Err(OpenError::BadUrl)), "{bad}");
        }
    }

    #[test]
    fn takes_the_password_from_one_place() {
        let url = parse("postgres://u@h:5/d").unwrap().with_password("s3cret").unwrap();
        assert_eq!(format!("{url} {url:?}"), "postgres://u@h:5/d postgres://u@h:5/d");
        assert!(matches!(url.with_password("other"), Err(OpenError::PasswordTwice)));
        let file = parse("sqlite:a.db").unwrap();
        assert!(matches!(file.with_password("s3cret"), Err(OpenError::PasswordTwice)));
    }
}
