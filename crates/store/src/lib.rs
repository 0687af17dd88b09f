//! Rows: what must survive, behind the domain's [`Store`] port.
//!
//! ```text
//! port (RowStore: every method once) ── rows (all SQL, each statement once)
//!   │                                     │
//!   ├─> sqlite    many changes in one transaction of the writer thread ──┐
//!   └─> postgres  a transaction for each change ─────────────────────────┴─> tx
//! ```
//!
//! The rows know no engine: they run inside the transaction that [`tx::Tx`] stands for. Which state
//! follows which is decided in the domain; they store what its machines answer.

mod backup;
mod port;
mod postgres;
mod presence;
mod rows;
mod schema;
mod sqlite;
mod tx;
mod url;
mod vault;
mod vault_file;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use domain::ports::{Gate, Store, StoreObserver};

pub use backup::BackupError;
pub use postgres::{DumpError, NodeName};
pub use sqlite::CopyError;
pub use url::StoreUrl;
pub use vault::Vault;
pub use vault_file::VaultError;

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("a store is named sqlite:PATH or postgres://user@host/db")]
    BadUrl,
    #[error(
        "this postgres URL cannot be read: postgres://user@host:port/db, special characters as %XX, \
         with options that are known"
    )]
    BadPostgresUrl,
    #[error("the password of PostgreSQL is either in the URL or in a file, not in both")]
    PasswordTwice,
    #[error("TLS to PostgreSQL: {0}")]
    Tls(String),
    #[error("the data directory could not be created")]
    Directory(#[source] std::io::Error),
    #[error("the database file could not be created")]
    File(#[source] std::io::Error),
    #[error("the write-ahead log of the database could not be flushed")]
    Log(#[source] std::io::Error),
    #[error("the database could not be opened")]
    Sqlite(#[from] rusqlite::Error),
    #[error("PostgreSQL returned an error")]
    Postgres(#[from] tokio_postgres::Error),
    #[error("PostgreSQL did not answer in time")]
    PostgresSilent,
    #[error(
        "a pooler between this program and PostgreSQL gives each transaction another session (pgbouncer: \
         pool_mode = transaction or statement): set pool_mode = session, or connect to the server itself"
    )]
    PostgresPooled,
    #[error("PostgreSQL {found} is too old: 13 or later is required")]
    PostgresTooOld { found: String },
    #[error("the database has the encoding {found}, it must be UTF8")]
    PostgresEncoding { found: String },
    #[error(
        "another process is the node {node} on this database: each has a data directory of its own"
    )]
    NodeTaken { node: String },
    #[error("the file system does not support SQLite's write-ahead log")]
    NoWal,
    #[error("the database has version {found}, this program knows {known}: use a newer program")]
    Newer { found: i64, known: i64 },
    #[error(
        "the database has version {found}, this program needs {known}: stop what serves it and start \
         `boltgram serve` of this version, which migrates it"
    )]
    Older { found: i64, known: i64 },
    #[error("{path} is empty; restore a backup, or move the data directory away to begin anew")]
    Empty { path: PathBuf },
    #[error(
        "there is {path}, of a database that is gone; put the database back, or move this file away"
    )]
    Leftover { path: PathBuf },
    #[error(
        "{path} has lost its tables, or is no database of this program; restore a backup, or move the \
         data directory away to begin anew"
    )]
    NoTables { path: PathBuf },
    #[error("the database has lost tables ({}); restore a backup", .missing.join(", "))]
    TablesMissing { missing: Vec<String> },
    #[error(
        "the database must be migrated, but other nodes use it: stop {}; one that was killed counts until \
         its lease ends", .nodes.join(", ")
    )]
    NodesRunning { nodes: Vec<String> },
    #[error("the database must be migrated, and a copy of it cannot be made before")]
    Copy(#[source] CopyError),
    #[error("the vault key is not the one this database was created with")]
    WrongVault,
    #[error("the store's thread could not be started")]
    Thread(#[source] std::io::Error),
}

/// How a store is opened; the default is right for a server.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whether an older database is migrated: only by whoever will serve it. Otherwise it is refused.
    pub migrate: bool,
    /// Files without which the store cannot be opened again (the vault's key): while one is missing,
    /// nothing is stored.
    pub kept: Vec<PathBuf>,
    /// SQLite: how long a command waits for another process's commit.
    pub busy_timeout: Duration,
    /// Connections that read at the same time.
    pub readers: usize,
    /// SQLite: size of the database at most, in pages of 4 KiB; `None` means as large as the disk.
    pub pages_max: Option<u32>,
    /// PostgreSQL: connections that write at the same time.
    pub writers: usize,
    /// PostgreSQL: the connection is dropped when one answer takes longer.
    pub deadline: Duration,
    /// PostgreSQL: limit for the check whether the store can be written to.
    pub ping_timeout: Duration,
    /// PostgreSQL: limit for opening, migrations included.
    pub open_timeout: Duration,
    /// What stands around every change and read; `None` in production.
    pub gate: Option<Arc<dyn Gate>>,
    /// Told how long commits and flushes take.
    pub observer: Option<Arc<dyn StoreObserver>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            migrate: true,
            kept: Vec::new(),
            busy_timeout: Duration::from_secs(5),
            readers: 4,
            pages_max: None,
            writers: 8,
            deadline: Duration::from_secs(20),
            ping_timeout: Duration::from_secs(5),
            open_timeout: Duration::from_secs(600),
            gate: None,
            observer: None,
        }
    }
}

/// Opens the store that `url` names; creates and migrates it as needed.
pub async fn open(url: &str, vault: Vault) -> Result<Arc<dyn Store>, OpenError> {
    open_with(url, vault, Options::default()).await
}

pub async fn open_with(
    url: &str,
    vault: Vault,
    options: Options,
) -> Result<Arc<dyn Store>, OpenError> {
    url.parse::<StoreUrl>()?.open(vault, options).await
}
