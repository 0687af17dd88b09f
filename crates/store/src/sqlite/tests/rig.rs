//! A writer on one table, and a log whose flushes a test can hold or fail.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use domain::ports::PortError;
use rusqlite::Connection;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::sqlite::checkpoint::{Length, Lengths};
use crate::sqlite::durable::Durable;
use crate::sqlite::log::{Log, LogFile};
use crate::sqlite::open::connect;
use crate::sqlite::readers::Readers;
use crate::sqlite::tx::SqliteTx;
use crate::sqlite::writer::{Context, Writer};
use crate::tx::{Result, Value};
use crate::vault::Vault;

const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct Database(TempDir);

impl Database {
    pub(super) fn new() -> Self {
        let database = Self(tempfile::tempdir().unwrap());
        let connection = connect(&database.path(), PATIENCE).unwrap();
        connection.execute_batch("CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT)").unwrap();
        database
    }

    pub(super) fn path(&self) -> PathBuf {
        self.0.path().join("t.db")
    }

    pub(super) fn connect(&self) -> Connection {
        connect(&self.path(), PATIENCE).unwrap()
    }

    /// Size of the log file.
    pub(super) fn log_bytes(&self) -> u64 {
        std::fs::metadata(self.path().with_extension("db-wal")).unwrap().len()
    }
}

/// Number of rows, as another connection sees them.
pub(super) fn rows(connection: &Connection) -> i64 {
    connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap()
}

pub(super) struct Rig {
    pub(super) readers: Readers,
    pub(super) writer: Arc<Writer>,
    pub(super) outside: Connection,
}

impl Rig {
    pub(super) fn with_disk(database: &Database) -> (Self, Arc<Disk>) {
        let outside = database.connect();
        let disk = Disk::of(&outside);
        (Self::new(database, outside, Lengths::SERVER, disk.clone()), disk)
    }

    pub(super) fn with_lengths(database: &Database, lengths: Lengths) -> Self {
        let outside = database.connect();
        rows(&outside);
        let log = Arc::new(LogFile::of(&outside, &[]).unwrap());
        Self::new(database, outside, lengths, log)
    }

    /// Uses the log of a connection that stays open: SQLite removes the log with the last one.
    fn new(database: &Database, outside: Connection, lengths: Lengths, log: Arc<dyn Log>) -> Self {
        let (vault, durable) = (Arc::new(Vault::new([7; 32])), Arc::new(Durable::default()));
        let (path, connection) = (database.path(), database.connect());
        let readers = Readers::start(path.clone(), 4, PATIENCE, durable.clone(), &vault).unwrap();
        let busy_timeout = PATIENCE;
        let tx = SqliteTx::new(connection, vault);
        let context = Context { tx, path, busy_timeout, log, lengths, durable, observer: None };
        let writer = Arc::new(Writer::start(context).unwrap());
        Self { readers, writer, outside }
    }

    /// Ends like a process: the writer is dropped last.
    pub(super) async fn close(self) {
        let Self { readers, writer, outside } = self;
        drop((readers, outside));
        until(|| Arc::strong_count(&writer) == 1).await;
        drop(writer);
    }

    /// Adds a row of this size.
    #[expect(clippy::disallowed_methods, reason = "a test looks whether it is finished")]
    pub(super) fn add(&self, bytes: usize) -> JoinHandle<Result<u64>> {
        let (writer, body) = (self.writer.clone(), "x".repeat(bytes));
        tokio::task::spawn(async move {
            let add = "INSERT INTO t (body) VALUES (?1)";
            writer.write(move |tx| tx.execute(add, &[Value::Text(&body)])).await
        })
    }

    pub(super) async fn read(&self) -> Result<i64> {
        let count = "SELECT count(*) FROM t";
        self.readers.read(move |tx| tx.query(count, &[])?[0].get()).await
    }

    pub(super) fn rows(&self) -> i64 {
        rows(&self.outside)
    }

    pub(super) fn log_pages(&self) -> u32 {
        Length::of(&self.outside).unwrap().pages
    }
}

pub(super) fn is_unknown<T>(result: &Result<T>) -> bool {
    matches!(result, Err(PortError::Unknown(_)))
}

pub(super) fn is_unavailable<T>(result: &Result<T>) -> bool {
    matches!(result, Err(PortError::Unavailable(_)))
}

#[derive(Default)]
struct Orders {
    held: bool,
    /// How long each flush takes more than it does.
    delay: Duration,
    failures: usize,
    /// Number of flushes that began.
    begun: usize,
    written_anew: usize,
}

/// A real log whose flushes a test controls.
pub(super) struct Disk {
    file: LogFile,
    orders: Mutex<Orders>,
    changed: Condvar,
}

impl Disk {
    fn of(connection: &Connection) -> Arc<Self> {
        rows(connection);
        let file = LogFile::of(connection, &[]).unwrap();
        Arc::new(Self { file, orders: Mutex::default(), changed: Condvar::new() })
    }

    /// Holds the flushes that begin from now on until [`Disk::let_go`].
    pub(super) fn hold(&self) {
        self.orders.lock().unwrap().held = true;
    }

    pub(super) fn let_go(&self) {
        self.orders.lock().unwrap().held = false;
        self.changed.notify_all();
    }

    /// Makes each flush take this much longer.
    pub(super) fn slow_down(&self, delay: Duration) {
        self.orders.lock().unwrap().delay = delay;
    }

    /// Fails this many flushes from now on.
    pub(super) fn fail(&self, flushes: usize) {
        self.orders.lock().unwrap().failures = flushes;
    }

    pub(super) fn flushes(&self) -> usize {
        self.orders.lock().unwrap().begun
    }

    pub(super) fn written_anew(&self) -> usize {
        self.orders.lock().unwrap().written_anew
    }
}

impl Log for Disk {
    fn flush(&self) -> io::Result<()> {
        let mut orders = self.orders.lock().unwrap();
        orders.begun += 1;
        let mut orders = self.changed.wait_while(orders, |orders| orders.held).unwrap();
        if orders.failures > 0 {
            orders.failures -= 1;
            return Err(io::Error::other("the disk does not answer"));
        }
        let delay = orders.delay;
        drop(orders);
        std::thread::sleep(delay);
        self.file.flush()
    }

    fn check_presence(&self) -> Result<()> {
        self.file.check_presence()
    }

    fn write_anew(&self, frames: usize) -> io::Result<()> {
        self.orders.lock().unwrap().written_anew += 1;
        self.file.write_anew(frames)
    }
}

/// Waits for a condition; ten seconds are for a machine that does much else.
pub(super) async fn until(mut condition: impl FnMut() -> bool) {
    let met = async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), met).await.unwrap();
}
