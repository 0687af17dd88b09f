//! Rows: what must survive, behind the domain's [`Store`] port.
//!
//! ```text
//! SqliteStore ── a command for each port method ──> writer thread ── one transaction for many
//!      │                                                 │
//!      └────────── reads ──> read-only connections       └─> accounts · ledger · orders · messages · events
//! ```
//!
//! The aggregates hold all SQL, each statement once, and know no engine: they run inside the
//! transaction that [`sql::Tx`] stands for. Which state follows which is the domain's business;
//! they only store what its machines answer.

mod sql;
mod vault;
mod vault_file;

mod accounts;
mod check;
mod events;
mod forget;
mod inbound;
mod ledger;
mod messages;
mod orders;

mod sqlite;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use domain::ports::Store;

pub use vault::Vault;
pub use vault_file::VaultError;

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("a store is named sqlite:PATH")]
    BadUrl,
    #[error("PostgreSQL is not supported by this version yet")]
    PostgresUnsupported,
    #[error("the data directory could not be made")]
    Directory(#[source] std::io::Error),
    #[error("the database file could not be made")]
    File(#[source] std::io::Error),
    #[error("the database could not be opened")]
    Sqlite(#[from] rusqlite::Error),
    #[error("the database cannot keep a write-ahead log here")]
    NoWal,
    #[error("the database has version {found}, this program knows {known}: use a newer program")]
    Newer { found: i64, known: i64 },
    #[error("the vault key is not the one this database was made with")]
    WrongVault,
    #[error("the store's thread could not be started")]
    Thread(#[source] std::io::Error),
}

/// How a store is opened; the default is right for a server.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long a command waits for another process's commit.
    pub busy_timeout: Duration,
    /// Connections that read at the same time.
    pub readers: usize,
    /// Size of the database at most, in pages of 4 KiB; `None` means as large as the disk.
    pub pages_max: Option<u32>,
}

impl Default for Options {
    fn default() -> Self {
        Self { busy_timeout: Duration::from_secs(5), readers: 4, pages_max: None }
    }
}

/// Opens the store that `url` names (`sqlite:PATH`), made and migrated as needed.
pub async fn open(url: &str, vault: Vault) -> Result<Arc<dyn Store>, OpenError> {
    open_with(url, vault, Options::default()).await
}

pub async fn open_with(
    url: &str,
    vault: Vault,
    options: Options,
) -> Result<Arc<dyn Store>, OpenError> {
    let path = database_path(url)?;
    let opened = tokio::task::spawn_blocking(move || sqlite::open(path, vault, &options)).await;
    let store = opened.map_err(|error| OpenError::Thread(error.into()))??;
    Ok(Arc::new(store))
}

/// The file that `url` names; its [`Vault`] lies beside it.
pub fn database_path(url: &str) -> Result<PathBuf, OpenError> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Err(OpenError::PostgresUnsupported);
    }
    match url.strip_prefix("sqlite:") {
        Some(path) if !path.is_empty() && !path.starts_with(':') => Ok(PathBuf::from(path)),
        _ => Err(OpenError::BadUrl),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_a_url_names() {
        assert_eq!(database_path("sqlite:a/b.db").unwrap(), PathBuf::from("a/b.db"));
        assert!(matches!(database_path("mysql:x"), Err(OpenError::BadUrl)));
        assert!(matches!(database_path("sqlite::memory:"), Err(OpenError::BadUrl)));
        let postgres = database_path("postgres://u@h/db").unwrap_err();
        assert_eq!(postgres.to_string(), "PostgreSQL is not supported by this version yet");
    }
}
