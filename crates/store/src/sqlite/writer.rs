//! The one writer: a thread that drains a bounded queue into one transaction after another.
//!
//! ```text
//! command ─┐                 BEGIN IMMEDIATE
//! command ─┼─> bounded queue ─> command · command · …
//! command ─┘                 COMMIT ──> replies
//! ```
//!
//! While one group is written to the disk the next one gathers, so that many callers share each
//! flush; under load it gathers a moment longer ([`Pace`]). A command that fails undoes itself alone.
//! Few fail after they changed something, and a savepoint costs a copy of every page that is changed
//! after it: only when one does, all is rolled back, and the group runs again with a savepoint for
//! each. So a command may run twice. Nobody gets a reply before the commit; when the transaction is
//! lost (disk full, locked) everyone in the group is told that nothing happened, and the thread goes
//! on. A probe is a command that proves too little: a disk may be full for an order and have room for
//! one page. So after a lost commit it fails until another one succeeded, or half a minute has passed.
//! The thread ends when the last sender is gone and the queue is empty.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Instant;

use domain::limits::{STORE_COMMIT_COMMANDS_MAX, STORE_QUEUE_MAX};
use domain::ports::PortError;
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::losses::{LastLoss, Losses};
use super::pace::Pace;
use super::tx::{SqliteTx, port_error};
use crate::sql::Result;
use crate::vault::Vault;

/// `SQLITE_IOERR_FSYNC`: the frames may be on disk or not.
const FLUSH_FAILED: i32 = 1_034;

pub(crate) struct Writer {
    last_loss: LastLoss,
    queue: Option<mpsc::Sender<Box<dyn Command>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(crate) fn start(connection: Connection, vault: Arc<Vault>) -> std::io::Result<Self> {
        let (queue, commands) = mpsc::channel(STORE_QUEUE_MAX);
        let last_loss = LastLoss::default();
        let losses = Losses::new(last_loss.clone());
        let thread = thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || run(&connection, &vault, commands, losses))?;
        Ok(Self { last_loss, queue: Some(queue), thread: Some(thread) })
    }

    /// Runs `work` in a transaction and returns what it made, once that is on disk.
    pub(crate) async fn write<R, F>(&self, work: F) -> Result<R>
    where
        R: Send + 'static,
        F: Fn(&mut SqliteTx<'_>) -> Result<R> + Send + 'static,
    {
        self.queue(work, false).await
    }

    /// The same for a command that only tries whether a commit succeeds.
    pub(crate) async fn probe<F>(&self, work: F) -> Result<()>
    where
        F: Fn(&mut SqliteTx<'_>) -> Result<()> + Send + 'static,
    {
        match self.last_loss.standing() {
            Some(error) => Err(error),
            None => self.queue(work, true).await,
        }
    }

    async fn queue<R, F>(&self, work: F, probe: bool) -> Result<R>
    where
        R: Send + 'static,
        F: Fn(&mut SqliteTx<'_>) -> Result<R> + Send + 'static,
    {
        let gone = || PortError::Unavailable("the store has stopped".to_owned());
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Job { work, result: None, probe, reply });
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
    /// Runs the work, once more if it ran before; true when it succeeded.
    fn run(&mut self, tx: &mut SqliteTx<'_>) -> bool;

    fn is_probe(&self) -> bool;

    /// Replies. `lost` says why the whole transaction did not happen.
    fn finish(self: Box<Self>, lost: Option<&PortError>);
}

struct Job<F, R> {
    work: F,
    result: Option<Result<R>>,
    probe: bool,
    reply: oneshot::Sender<Result<R>>,
}

impl<F, R> Command for Job<F, R>
where
    R: Send,
    F: Fn(&mut SqliteTx<'_>) -> Result<R> + Send,
{
    fn run(&mut self, tx: &mut SqliteTx<'_>) -> bool {
        // A bug in one command must not end the writer for all of them.
        let result = catch_unwind(AssertUnwindSafe(|| (self.work)(tx)))
            .unwrap_or_else(|_| Err(PortError::Refused("a store command broke".to_owned())));
        self.result = Some(result);
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
    mut losses: Losses,
) {
    let mut pace = Pace::default();
    let mut group = Vec::with_capacity(STORE_COMMIT_COMMANDS_MAX);
    while commands.blocking_recv_many(&mut group, STORE_COMMIT_COMMANDS_MAX) > 0 {
        gather(&mut commands, &mut group, &mut pace);
        let committed = commit_group(connection, vault, &mut group);
        match &committed {
            Err(error) => {
                losses.lost(group.len(), error, Instant::now());
                if !connection.is_autocommit() {
                    let _ = connection.execute_batch("ROLLBACK");
                }
            }
            Ok(true) if !group.iter().all(|command| command.is_probe()) => losses.succeeded(),
            Ok(_) => {}
        }
        let lost = committed.err();
        group.drain(..).for_each(|command| command.finish(lost.as_ref()));
        pace.committed(Instant::now());
    }
}

fn gather(
    commands: &mut mpsc::Receiver<Box<dyn Command>>,
    group: &mut Vec<Box<dyn Command>>,
    pace: &mut Pace,
) {
    let waiting = group.len() + commands.len();
    let Some(moment) = pace.moment(waiting, Instant::now()) else { return };
    thread::sleep(moment);
    let before = group.len();
    while group.len() < STORE_COMMIT_COMMANDS_MAX
        && let Ok(command) = commands.try_recv()
    {
        group.push(command);
    }
    pace.came(group.len() - before);
}

/// False when there was nothing to commit, for the only command failed.
fn commit_group(
    connection: &Connection,
    vault: &Vault,
    group: &mut [Box<dyn Command>],
) -> Result<bool> {
    let step = |sql| connection.prepare_cached(sql).and_then(|mut s| s.raw_execute()).map(drop);
    step("BEGIN IMMEDIATE").map_err(port_error)?;
    let mut tx = SqliteTx::new(connection, vault);
    if !run_together(connection, &mut tx, group) {
        // SQLite may have rolled back everything by itself; then this fails, as it must.
        step("ROLLBACK").map_err(|_| lost())?;
        if group.len() == 1 {
            return Ok(false);
        }
        step("BEGIN IMMEDIATE").map_err(port_error)?;
        for command in group {
            step("SAVEPOINT command").map_err(port_error)?;
            if !command.run(&mut tx) {
                // As above.
                step("ROLLBACK TO command").map_err(|_| lost())?;
            }
            step("RELEASE command").map_err(|_| lost())?;
        }
    }
    step("COMMIT").map(|()| true).map_err(|error| match error.sqlite_error() {
        Some(cause) if cause.extended_code == FLUSH_FAILED => {
            PortError::Unknown("the disk did not confirm the commit".to_owned())
        }
        _ => PortError::Unavailable(error.to_string()),
    })
}

/// False when something has to be undone, or the only command failed.
fn run_together(
    connection: &Connection,
    tx: &mut SqliteTx<'_>,
    group: &mut [Box<dyn Command>],
) -> bool {
    let alone = group.len() == 1;
    group.iter_mut().all(|command| {
        let before = connection.total_changes();
        let nothing_done =
            || connection.total_changes() == before && !connection.is_autocommit() && !alone;
        command.run(tx) || nothing_done()
    })
}

fn lost() -> PortError {
    PortError::Unavailable("the transaction was rolled back; is the disk full?".to_owned())
}
