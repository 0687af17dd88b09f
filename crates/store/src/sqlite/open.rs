//! Opens a SQLite database for this process: directory, settings, migrations, vault, threads.
//!
//! No exclusive lock is taken: the command line works beside a running server, and both wait for
//! each other's commits with a busy timeout.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension};

use super::Sqlite;
use super::checkpoint::Lengths;
use super::copy::sync_directory;
use super::durable::Durable;
use super::log::{Log, LogFile};
use super::migrate::{self, migrate};
use super::readers::Readers;
use super::repair::{RepairError, write_anew};
use super::tx::SqliteTx;
use super::writer::{Context, Writer};
use crate::backup::logs;
use crate::vault::{VAULT_CHECK, Vault};
use crate::{OpenError, Options};

/// Prepared statements to cache; more than the crate has.
const STATEMENTS: usize = 256;

/// Page cache of the writer. Four times as much used 60 MiB and saved nothing measurable: the
/// operating system caches the rest.
const WRITER_CACHE_KIB: i64 = 16 * 1_024;

/// A longer log file is truncated to this on restart: twice its usual length.
const LOG_KEPT_BYTES: i64 = 64 * 1_024 * 1_024;

pub(crate) fn open(path: PathBuf, vault: Vault, options: &Options) -> Result<Sqlite, OpenError> {
    make_directory(&path)?;
    create(&path)?;
    let mut connection = connect(&path, options.busy_timeout)?;
    // The first statement makes SQLite create the log.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    let log = Arc::new(LogFile::of(&connection, &options.kept).map_err(OpenError::Log)?);
    // The previous process may have ended after a failed flush.
    write_anew(&connection, &*log)?;
    migrate(&mut connection, &path, options)?;
    check_vault(&connection, &vault)?;
    log.flush().map_err(OpenError::Log)?;
    if let Some(pages) = options.pages_max {
        connection.pragma_update(None, "max_page_count", pages)?;
    }
    let (vault, durable) = (Arc::new(vault), Arc::new(Durable::default()));
    let busy_timeout = options.busy_timeout;
    let readers =
        Readers::start(path.clone(), options.readers, busy_timeout, durable.clone(), &vault)
            .map_err(OpenError::Thread)?;
    let lengths = Lengths::SERVER;
    let tx = SqliteTx::new(connection, vault);
    let observer = options.observer.clone();
    let context = Context { tx, path, busy_timeout, log, lengths, durable, observer };
    let writer = Writer::start(context).map_err(OpenError::Thread)?;
    Ok(Sqlite { readers, writer })
}

fn make_directory(path: &Path) -> Result<(), OpenError> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    directory.map_or(Ok(()), fs::create_dir_all).map_err(OpenError::Directory)
}

/// Creates a database that only its owner can read; SQLite gives the files beside it the same mode. It is
/// complete or absent, so that one without tables has lost them. It is created under another name:
/// closing a descriptor of the database itself would release this process's locks on it.
fn create(path: &Path) -> Result<(), OpenError> {
    if let Ok(found) = fs::metadata(path) {
        let is_empty = found.is_file() && found.len() == 0;
        return if is_empty { Err(OpenError::Empty { path: path.to_owned() }) } else { Ok(()) };
    }
    // SQLite would take it for the log of the new database.
    if let Some(log) = logs(path).into_iter().find(|log| log.exists())
        && !path.exists()
    {
        return Err(OpenError::Leftover { path: log });
    }
    static DRAFTS: AtomicU64 = AtomicU64::new(0);
    let number = DRAFTS.fetch_add(1, Ordering::Relaxed);
    let draft = path.with_extension(format!("new.{}.{number}", std::process::id()));
    let created = write_draft(&draft).and_then(|()| {
        let linked = match fs::hard_link(&draft, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            linked => linked.and_then(|()| sync_directory(path)),
        };
        linked.map_err(OpenError::File)
    });
    let removed = fs::remove_file(&draft).map_err(OpenError::File);
    created.and(removed)
}

fn write_draft(draft: &Path) -> Result<(), OpenError> {
    let options =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(draft);
    drop(options.map_err(OpenError::File)?);
    let mut connection = Connection::open(draft)?;
    use_log(&connection)?;
    migrate::create(&mut connection)?;
    // Closing checkpoints the log and removes it.
    connection.close().map_err(|(_, error)| error)?;
    File::open(draft).and_then(|file| file.sync_all()).map_err(OpenError::File)
}

pub(super) fn connect(path: &Path, busy_timeout: Duration) -> Result<Connection, OpenError> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(busy_timeout)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // One plan for all values; otherwise SQLite prepares statements again when values change.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    use_log(&connection)?;
    // Commits do not wait for the disk: the flusher does, before it replies.
    connection.pragma_update(None, "synchronous", "normal")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    // Keep savepoints and sorts in memory.
    connection.pragma_update(None, "temp_store", "memory")?;
    // Commits do not checkpoint either.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "journal_size_limit", LOG_KEPT_BYTES)?;
    Ok(connection)
}

fn use_log(connection: &Connection) -> Result<(), OpenError> {
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode == "wal" { Ok(()) } else { Err(OpenError::NoWal) }
}

/// Detects a wrong key at start instead of at the first preimage.
fn check_vault(connection: &Connection, vault: &Vault) -> Result<(), OpenError> {
    let (column, row, plain) = VAULT_CHECK;
    let sealed = vault.seal(column, row, plain).map_err(|_| OpenError::WrongVault)?;
    connection.execute(
        "INSERT INTO vault_check (id, sealed) VALUES (1, ?1) ON CONFLICT (id) DO NOTHING",
        [sealed],
    )?;
    let stored: Option<Vec<u8>> = connection
        .query_row("SELECT sealed FROM vault_check WHERE id = 1", [], |row| row.get(0))
        .optional()?;
    let opens = stored.is_some_and(|sealed| vault.open(column, row, &sealed).is_ok());
    if opens { Ok(()) } else { Err(OpenError::WrongVault) }
}

impl From<RepairError> for OpenError {
    fn from(error: RepairError) -> Self {
        match error {
            RepairError::Sqlite(error) => Self::Sqlite(error),
            RepairError::File(error) => Self::Log(error),
        }
    }
}
