//! A few read-only connections beside the writer. Each read sees one committed state, and its
//! result is returned once that state is on disk, because callers act on it: a fulfilled order is
//! settled at the node, and an order found after an unclear answer counts as accepted.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::ports::PortError;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::durable::Durable;
use super::tx::{SqliteTx, port_error};
use crate::tx::Result;
use crate::vault::Vault;

pub(crate) struct Readers {
    pool: Arc<Pool>,
    permits: Arc<Semaphore>,
    durable: Arc<Durable>,
}

struct Pool {
    path: PathBuf,
    busy_timeout: Duration,
    vault: Arc<Vault>,
    idle: Mutex<Vec<SqliteTx>>,
}

impl Readers {
    pub(crate) fn new(
        path: PathBuf,
        connections: usize,
        busy_timeout: Duration,
        durable: Arc<Durable>,
        vault: Arc<Vault>,
    ) -> Self {
        let pool = Arc::new(Pool { path, busy_timeout, vault, idle: Mutex::default() });
        Self { pool, permits: Arc::new(Semaphore::new(connections)), durable }
    }

    pub(crate) async fn read<R, F>(&self, work: F) -> Result<R>
    where
        R: Send + 'static,
        F: FnOnce(&mut SqliteTx) -> Result<R> + Send + 'static,
    {
        let stopped = || PortError::Unavailable("the store has stopped".to_owned());
        let permit = self.permits.clone().acquire_owned().await.map_err(|_| stopped())?;
        let pool = self.pool.clone();
        let read = spawn_blocking(move || {
            let _permit = permit;
            let mut tx = pool.take().map_err(port_error)?;
            tx.connection().execute_batch("BEGIN").map_err(port_error)?;
            let result = work(&mut tx);
            tx.connection().execute_batch("COMMIT").map_err(port_error)?;
            // After an error above, or a panic, the connection is dropped.
            pool.give_back(tx);
            result
        });
        let broke_off = |_| PortError::Unavailable("a read was aborted".to_owned());
        let found = read.await.map_err(broke_off)??;
        self.durable.wait().await?;
        Ok(found)
    }
}

impl Pool {
    fn take(&self) -> rusqlite::Result<SqliteTx> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| self.connect(), Ok)
    }

    fn connect(&self) -> rusqlite::Result<SqliteTx> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(self.busy_timeout)?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(SqliteTx::new(connection, self.vault.clone()))
    }

    fn give_back(&self, tx: SqliteTx) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(tx);
    }
}
