//! A pool that lends each connection to one change at a time, and handles an unreachable server.
//!
//! While the server is unreachable, connecting is retried after a wait that doubles; meanwhile
//! callers get the error at once instead of after a timeout each.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::limits::STORE_QUEUE_MAX;
use domain::ports::PortError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::connect::connect;
use super::connection::{Connection, Failure};
use super::error::{chain, lost};
use super::url::Server;
use crate::tx::Result;

const WAIT_MIN: Duration = Duration::from_millis(50);
const WAIT_MAX: Duration = Duration::from_secs(2);

pub(super) struct Pool {
    server: Server,
    deadline: Duration,
    plans: &'static str,
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
    idle: Mutex<Vec<Connection>>,
    down: Mutex<Option<Down>>,
}

/// The server is unreachable.
struct Down {
    until: Instant,
    wait: Duration,
    error: PortError,
}

impl Pool {
    pub(super) fn new(
        server: Server,
        connections: usize,
        deadline: Duration,
        plans: &'static str,
    ) -> Arc<Self> {
        Arc::new(Self {
            server,
            deadline,
            plans,
            permits: Arc::new(Semaphore::new(connections)),
            waiting: AtomicUsize::new(0),
            idle: Mutex::default(),
            down: Mutex::default(),
        })
    }

    pub(super) async fn lend(self: &Arc<Self>) -> Result<Lent> {
        let permit = self.permit().await?;
        let idle = lock(&self.idle).pop().filter(|connection| !connection.is_closed());
        let connection = match idle {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        Ok(Lent { connection: Some(connection), open: false, pool: self.clone(), _permit: permit })
    }

    /// Drops idle connections after one was found dead: the others are probably dead too.
    pub(super) fn drop_idle(&self) {
        lock(&self.idle).clear();
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit> {
        let full = || PortError::Unavailable("too many changes wait for PostgreSQL".to_owned());
        if self.waiting.fetch_add(1, Ordering::Relaxed) >= STORE_QUEUE_MAX {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(full());
        }
        let waiting = Waiting(&self.waiting);
        let permit =
            tokio::time::timeout(self.deadline, self.permits.clone().acquire_owned()).await;
        drop(waiting);
        permit.map_err(|_| full())?.map_err(|_| full())
    }

    async fn connect(&self) -> Result<Connection> {
        if let Some(down) = &*lock(&self.down)
            && Instant::now() < down.until
        {
            return Err(down.error.clone());
        }
        match connect(&self.server, self.deadline, self.plans).await {
            Ok(connection) => {
                if lock(&self.down).take().is_some() {
                    tracing::info!("PostgreSQL can be reached again");
                }
                Ok(connection)
            }
            Err(error) => {
                let error = PortError::Unavailable(chain(&error));
                self.note_down(&error);
                Err(error)
            }
        }
    }

    fn note_down(&self, error: &PortError) {
        let mut down = lock(&self.down);
        let wait = match &*down {
            Some(down) => (down.wait * 2).min(WAIT_MAX),
            None => {
                tracing::error!(%error, "PostgreSQL cannot be reached");
                WAIT_MIN
            }
        };
        *down = Some(Down { until: Instant::now() + wait, wait, error: error.clone() });
    }
}

/// A connection lent to one change. It returns on drop, after a rollback if a transaction is open.
pub(super) struct Lent {
    connection: Option<Connection>,
    pub(super) open: bool,
    pool: Arc<Pool>,
    _permit: OwnedSemaphorePermit,
}

impl Lent {
    /// Fails after the connection was dropped.
    pub(super) fn connection(&mut self) -> std::result::Result<&mut Connection, Failure> {
        self.connection.as_mut().ok_or_else(lost)
    }

    pub(super) fn give_up(&mut self) {
        self.connection = None;
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        if self.open {
            connection.send("ROLLBACK");
        }
        if !connection.is_closed() {
            lock(&self.pool.idle).push(connection);
        }
    }
}

struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
