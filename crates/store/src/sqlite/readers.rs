//! A few read-only connections beside the writer, each on a thread of its own, so that reads neither
//! wait for other blocking work nor add threads. Each read sees one committed state, and its
//! result is returned once that state is on disk, because callers act on it: a fulfilled order is
//! settled at the node, and an order found after an unclear answer counts as accepted.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use domain::ports::PortError;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::{mpsc, oneshot};

use super::durable::Durable;
use super::tx::{SqliteTx, port_error};
use crate::tx::Result;
use crate::vault::Vault;

type Job = Box<dyn FnOnce(&mut Reader) + Send>;

pub(crate) struct Readers {
    jobs: Option<mpsc::Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
    durable: Arc<Durable>,
}

/// A thread's connection, opened on first use.
struct Reader {
    path: Arc<PathBuf>,
    busy_timeout: Duration,
    vault: Arc<Vault>,
    tx: Option<SqliteTx>,
}

impl Readers {
    pub(crate) fn start(
        path: PathBuf,
        connections: usize,
        busy_timeout: Duration,
        durable: Arc<Durable>,
        vault: &Arc<Vault>,
    ) -> std::io::Result<Self> {
        let (sender, jobs) = mpsc::channel(1);
        let (path, jobs) = (Arc::new(path), Arc::new(Mutex::new(jobs)));
        let start = |number| {
            let (path, vault, jobs) = (path.clone(), vault.clone(), jobs.clone());
            let reader = Reader { path, busy_timeout, vault, tx: None };
            let thread = thread::Builder::new().name(format!("store-reader-{number}"));
            thread.spawn(move || run(reader, &jobs))
        };
        let threads = (1..=connections).map(start).collect::<std::io::Result<_>>()?;
        Ok(Self { jobs: Some(sender), threads, durable })
    }

    pub(crate) async fn read<R, F>(&self, work: F) -> Result<R>
    where
        R: Send + 'static,
        F: FnOnce(&mut SqliteTx) -> Result<R> + Send + 'static,
    {
        let stopped = || PortError::Unavailable("the store has stopped".to_owned());
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |reader| {
            let _ = reply.send(reader.read(work));
        });
        let jobs = self.jobs.as_ref().ok_or_else(stopped)?;
        jobs.send(job).await.map_err(|_| stopped())?;
        let broke_off = |_| PortError::Unavailable("a read was aborted".to_owned());
        let found = answer.await.map_err(broke_off)??;
        self.durable.wait().await?;
        Ok(found)
    }
}

impl Drop for Readers {
    /// Waits for the reads under way.
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn run(mut reader: Reader, jobs: &Mutex<mpsc::Receiver<Job>>) {
    loop {
        let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
        let Some(job) = next else { return };
        // After a panic the caller has no reply, and the connection is gone.
        let _ = catch_unwind(AssertUnwindSafe(|| job(&mut reader)));
    }
}

impl Reader {
    fn read<R>(&mut self, work: impl FnOnce(&mut SqliteTx) -> Result<R>) -> Result<R> {
        let mut tx = self.tx.take().map_or_else(|| self.connect(), Ok).map_err(port_error)?;
        tx.connection().execute_batch("BEGIN").map_err(port_error)?;
        let result = work(&mut tx);
        tx.connection().execute_batch("COMMIT").map_err(port_error)?;
        // After an error above, or a panic, the connection is dropped.
        self.tx = Some(tx);
        result
    }

    fn connect(&self) -> rusqlite::Result<SqliteTx> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&*self.path, flags)?;
        connection.busy_timeout(self.busy_timeout)?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(SqliteTx::new(connection, self.vault.clone()))
    }
}
