//! Checkpoints the log into the database, mostly on a connection of its own beside the writer.
//!
//! ```text
//! log    ├── copied ──┼── left ──┤
//! pass        a thread copies what is left, as often as that has grown by `pass`
//! restart     once the log is long, the writer copies the small rest and flushes the database;
//!             its next commit writes at the log's beginning again
//! ```
//!
//! A pass flushes the log, never the database: while commits continue, some frames are always left,
//! so only the writer, between two commits, can reach the end. A restart waits briefly for readers
//! of the log's pages to finish; newer readers use the database alone. The log grows while a long
//! read lasts, and a restart at `max` waits longer: its length is bounded as far as reads are.
//!
//! After a failed flush of the database there are no more checkpoints: SQLite would take the pages
//! copied earlier for stored. The next process copies all of them again, because the log still has
//! them.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::durable::{Durable, Trust};

/// `SQLITE_IOERR_FSYNC`.
const FLUSH_FAILED: i32 = 1_034;

const EXISTING: OpenFlags =
    OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// Thresholds in pages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lengths {
    pub(super) pass: u32,
    pub(super) restart: u32,
    pub(super) max: u32,
}

impl Lengths {
    /// 4, 32 and 128 MiB: large enough that pages which change often are copied once, small enough
    /// for a quick start.
    pub(super) const SERVER: Self = Self { pass: 1_000, restart: 8_000, max: 32_000 };
}

/// How long a restart waits for readers.
const PATIENCE: Duration = Duration::from_millis(10);
const PATIENCE_AT_MAX: Duration = Duration::from_millis(500);

pub(super) struct Checkpoints {
    lengths: Lengths,
    busy_timeout: Duration,
    durable: Arc<Durable>,
    passes: Passes,
    /// Log length at which a restart that failed is tried again.
    again_at: u32,
}

impl Checkpoints {
    pub(super) fn start(
        path: PathBuf,
        lengths: Lengths,
        busy_timeout: Duration,
        durable: Arc<Durable>,
    ) -> std::io::Result<Self> {
        let passes = Passes::start(path, durable.clone())?;
        Ok(Self { lengths, busy_timeout, durable, passes, again_at: 0 })
    }

    /// Checks the log between two commits of the writer's `connection`.
    pub(super) fn look(&mut self, connection: &Connection) {
        let Ok(log) = Length::of(connection) else { return };
        if self.durable.trust() != Trust::Whole {
            return;
        }
        if log.left >= self.lengths.pass {
            self.passes.wake();
        }
        if log.pages < self.lengths.restart {
            self.again_at = 0;
            return;
        }
        let at_max = log.pages >= self.lengths.max;
        let is_due = log.pages >= self.again_at && (at_max || log.left < 2 * self.lengths.pass);
        if is_due && !self.passes.under_way() {
            self.again_at = log.pages.saturating_add(self.lengths.pass);
            self.restart(connection, if at_max { PATIENCE_AT_MAX } else { PATIENCE });
        }
    }

    fn restart(&self, connection: &Connection, patience: Duration) {
        let restarted = connection
            .busy_timeout(patience)
            .and_then(|()| checkpoint(connection, "PRAGMA wal_checkpoint(RESTART)"));
        let patient = connection.busy_timeout(self.busy_timeout);
        if let Err(error) = restarted.and(patient) {
            failed(&self.durable, &error);
        }
    }
}

/// The thread that checkpoints beside the writer.
struct Passes {
    wake: Option<SyncSender<()>>,
    under_way: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Passes {
    fn start(path: PathBuf, durable: Arc<Durable>) -> std::io::Result<Self> {
        let (wake, woken) = sync_channel(1);
        let under_way = Arc::new(AtomicBool::new(false));
        let says = under_way.clone();
        let thread = thread::Builder::new()
            .name("store-checkpoint".to_owned())
            .spawn(move || run_passes(&path, &durable, &woken, &says))?;
        Ok(Self { wake: Some(wake), under_way, thread: Some(thread) })
    }

    fn wake(&self) {
        if !self.under_way()
            && let Some(wake) = &self.wake
        {
            // A wake-up may be pending already.
            let _ = wake.try_send(());
        }
    }

    fn under_way(&self) -> bool {
        self.under_way.load(Ordering::SeqCst)
    }
}

impl Drop for Passes {
    fn drop(&mut self) {
        self.wake = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run_passes(path: &PathBuf, durable: &Durable, woken: &Receiver<()>, under_way: &AtomicBool) {
    let mut connection = None;
    while woken.recv().is_ok() {
        if durable.trust() != Trust::Whole {
            continue;
        }
        under_way.store(true, Ordering::SeqCst);
        let passed = match &connection {
            Some(connection) => pass(connection),
            // Opened on first use: a command beside a server never needs it. A removed file is not created
            // again.
            None => Connection::open_with_flags(path, EXISTING)
                .and_then(|new| pass(connection.insert(new))),
        };
        under_way.store(false, Ordering::SeqCst);
        if let Err(error) = passed {
            failed(durable, &error);
        }
    }
}

fn pass(connection: &Connection) -> rusqlite::Result<()> {
    checkpoint(connection, "PRAGMA wal_checkpoint(PASSIVE)").map(drop)
}

fn failed(durable: &Durable, error: &rusqlite::Error) {
    tracing::error!(%error, "could not checkpoint the log into the database");
    if error.sqlite_error().is_some_and(|cause| cause.extended_code == FLUSH_FAILED) {
        durable.doubt(Trust::Gone);
    }
}

/// Size of the log, in pages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Length {
    pub(super) pages: u32,
    /// Not yet checkpointed.
    pub(super) left: u32,
}

impl Length {
    pub(super) fn of(connection: &Connection) -> rusqlite::Result<Self> {
        checkpoint(connection, "PRAGMA wal_checkpoint(NOOP)")
    }
}

/// A checkpoint that is incomplete is not an error.
fn checkpoint(connection: &Connection, pragma: &str) -> rusqlite::Result<Length> {
    connection.prepare_cached(pragma)?.query_row([], |row| {
        let (pages, copied): (i64, i64) = (row.get(1)?, row.get(2)?);
        // Both are -1 without a log.
        let count = |pages: i64| u32::try_from(pages).unwrap_or(0);
        Ok(Length { pages: count(pages), left: count(pages - copied) })
    })
}
