//! The one writer: a thread that drains a bounded queue into one transaction after another.
//!
//! ```text
//! command ─┐                 BEGIN IMMEDIATE
//! command ─┼─> bounded queue ─> SAVEPOINT · command · RELEASE   (or ROLLBACK TO, if it failed)
//! command ─┘                 COMMIT ──> replies
//! ```
//!
//! While one group is written to the disk the next one gathers, so that many callers share each
//! flush. A command that fails undoes itself alone. Nobody gets a reply before the commit; when the
//! transaction is lost (disk full, locked) everyone in the group is told that nothing happened,
//! and the thread goes on. A probe is a command that proves too little: a disk may be full for an
//! order and have room for one page. So after a lost commit it fails until another one succeeded, or
//! half a minute has passed. The thread ends when the last sender is gone and the queue is empty.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use domain::limits::{STORE_COMMIT_COMMANDS_MAX, STORE_QUEUE_MAX};
use domain::ports::PortError;
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::tx::{SqliteTx, port_error};
use crate::sql::Result;
use crate::vault::Vault;

/// `SQLITE_IOERR_FSYNC`: the frames may be on disk or not.
const FLUSH_FAILED: i32 = 1_034;

/// How long a lost commit speaks against the store when nothing else is written.
const LOSS_COUNTS: Duration = Duration::from_secs(30);

/// When the last commit was lost, and why; nothing once another one succeeded.
type LastLoss = Arc<Mutex<Option<(Instant, PortError)>>>;

pub(crate) struct Writer {
    last_loss: LastLoss,
    queue: Option<mpsc::Sender<Box<dyn Command>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(crate) fn start(connection: Connection, vault: Arc<Vault>) -> std::io::Result<Self> {
        let (queue, commands) = mpsc::channel(STORE_QUEUE_MAX);
        let last_loss = LastLoss::default();
        let losses = last_loss.clone();
        let thread = thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || run(&connection, &vault, commands, &losses))?;
        Ok(Self { last_loss, queue: Some(queue), thread: Some(thread) })
    }

    /// Runs `work` in a transaction and returns what it made, once that is on disk.
    pub(crate) async fn write<R, F>(&self, work: F) -> Result<R>
    where
        R: Send + 'static,
        F: FnOnce(&mut SqliteTx<'_>) -> Result<R> + Send + 'static,
    {
        self.queue(work, false).await
    }

    /// The same for a command that only tries whether a commit succeeds.
    pub(crate) async fn probe<F>(&self, work: F) -> Result<()>
    where
        F: FnOnce(&mut SqliteTx<'_>) -> Result<()> + Send + 'static,
    {
        let lost = self.last_loss.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match lost {
            Some((at, error)) if at.elapsed() < LOSS_COUNTS => Err(error),
            _ => self.queue(work, true).await,
        }
    }

    async fn queue<R, F>(&self, work: F, probe: bool) -> Result<R>
    where
        R: Send + 'static,
        F: FnOnce(&mut SqliteTx<'_>) -> Result<R> + Send + 'static,
    {
        let gone = || PortError::Unavailable("the store has stopped".to_owned());
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Job { work: Some(work), result: None, probe, reply });
        self.queue.as_ref().ok_or_else(gone)?.send(job).await.map_err(|_| gone())?;
        answer.await.map_err(|_| PortError::Unknown("the store broke off".to_owned()))?
    }
}

impl Drop for Writer {
    /// What is queued is still written; whoever drops the last handle waits for it.
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

trait Command: Send {
    /// Runs the work inside a savepoint that the caller keeps; true when it succeeded.
    fn run(&mut self, tx: &mut SqliteTx<'_>) -> bool;

    fn is_probe(&self) -> bool;

    /// Replies. `lost` says why the whole transaction did not happen.
    fn finish(self: Box<Self>, lost: Option<&PortError>);
}

struct Job<F, R> {
    work: Option<F>,
    result: Option<Result<R>>,
    probe: bool,
    reply: oneshot::Sender<Result<R>>,
}

impl<F, R> Command for Job<F, R>
where
    R: Send,
    F: FnOnce(&mut SqliteTx<'_>) -> Result<R> + Send,
{
    fn run(&mut self, tx: &mut SqliteTx<'_>) -> bool {
        // A bug in one command must not end the writer for all of them.
        let result = self.work.take().map(|work| {
            catch_unwind(AssertUnwindSafe(|| work(tx)))
                .unwrap_or_else(|_| Err(PortError::Refused("a store command broke".to_owned())))
        });
        self.result = result;
        matches!(self.result, Some(Ok(_)))
    }

    fn is_probe(&self) -> bool {
        self.probe
    }

    fn finish(self: Box<Self>, lost: Option<&PortError>) {
        let unrun = || Err(PortError::Unavailable("not run".to_owned()));
        let result = match lost {
            Some(error) => Err(error.clone()),
            None => self.result.unwrap_or_else(unrun),
        };
        // The caller may have gone; what it asked for is stored all the same.
        let _ = self.reply.send(result);
    }
}

fn run(
    connection: &Connection,
    vault: &Vault,
    mut commands: mpsc::Receiver<Box<dyn Command>>,
    losses: &LastLoss,
) {
    let mut group = Vec::with_capacity(STORE_COMMIT_COMMANDS_MAX);
    while commands.blocking_recv_many(&mut group, STORE_COMMIT_COMMANDS_MAX) > 0 {
        let lost = commit_group(connection, vault, &mut group).err();
        if let Some(error) = &lost {
            tracing::error!(commands = group.len(), %error, "a commit failed");
            if !connection.is_autocommit() {
                let _ = connection.execute_batch("ROLLBACK");
            }
        }
        if lost.is_some() || !group.iter().all(|command| command.is_probe()) {
            let loss = lost.clone().map(|error| (Instant::now(), error));
            *losses.lock().unwrap_or_else(PoisonError::into_inner) = loss;
        }
        group.drain(..).for_each(|command| command.finish(lost.as_ref()));
    }
}

fn commit_group(
    connection: &Connection,
    vault: &Vault,
    group: &mut [Box<dyn Command>],
) -> Result<()> {
    let step = |sql| connection.prepare_cached(sql).and_then(|mut s| s.raw_execute()).map(drop);
    step("BEGIN IMMEDIATE").map_err(port_error)?;
    let mut tx = SqliteTx::new(connection, vault);
    for command in group {
        step("SAVEPOINT command").map_err(port_error)?;
        if !command.run(&mut tx) {
            // SQLite may have rolled back everything by itself; then this fails, as it must.
            step("ROLLBACK TO command").map_err(|_| lost())?;
        }
        step("RELEASE command").map_err(|_| lost())?;
    }
    step("COMMIT").map_err(|error| match error.sqlite_error() {
        Some(cause) if cause.extended_code == FLUSH_FAILED => {
            PortError::Unknown("the disk did not confirm the commit".to_owned())
        }
        _ => PortError::Unavailable(error.to_string()),
    })
}

fn lost() -> PortError {
    PortError::Unavailable("the transaction was rolled back; is the disk full?".to_owned())
}
