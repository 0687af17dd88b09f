//! The one writer: a thread that drains a bounded queue into one transaction after another.
//!
//! ```text
//! command ─┐                 BEGIN IMMEDIATE
//! command ─┼─> bounded queue ─> command · command · …
//! command ─┘                 COMMIT ──> flusher ──> replies
//! ```
//!
//! A commit writes to the log (`synchronous = NORMAL`) without waiting for the disk: the flusher
//! does, and replies, while the next group runs. After a crash the log holds all groups up to one
//! of them: a frame counts only if all before it are whole. SQLite flushes the log before it
//! checkpoints pages into the database, the database before the log restarts, and the log's new
//! header before the frames behind it.
//!
//! A group is what came while the last one was committed and flushed, so that many callers share a
//! commit, and a single one waits for nobody. A command that fails is undone alone. Few fail
//! after they changed something, and a savepoint costs a copy of every page changed after it: only
//! when one does, the whole group is rolled back and runs again with a savepoint for each command.
//! So a command may run twice. There is no reply before the flush. When the transaction is lost
//! (disk full, locked), every caller in the group gets *unavailable*, and the thread continues. A
//! probe proves too little: a full disk may have room for its one page but not for an order. So
//! after a lost commit it fails until another commit succeeds, or for half a minute.
//!
//! After a failed flush it is unknown what is on disk. Commands and reads are refused until the log
//! has been rewritten from memory and flushed ([`Log::write_anew`]). Checkpointing it instead might
//! store half of it. If memory has lost it too, the process must be restarted; the log is left as
//! it is, and SQLite recovers its valid part. Commands are also refused while the database, its log or
//! the vault's key is not the file under its name ([`Log::check_presence`]). The thread ends when the last sender is dropped and
//! the queue is empty.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use domain::limits::{STORE_COMMIT_COMMANDS_MAX, STORE_QUEUE_MAX};
use domain::ports::{PortError, StoreObserver};
use rusqlite::config::DbConfig;
use tokio::sync::{mpsc, oneshot};

use super::checkpoint::{Checkpoints, Lengths};
use super::command::{Command, Job};
use super::durable::{Durable, Trust, doubtful};
use super::flusher::{Commit, Flusher, Group};
use super::log::Log;
use super::losses::{LastLoss, Losses};
use super::repair::Repair;
use super::transaction::commit;
use super::tx::SqliteTx;
use crate::tx::Result;

pub(crate) struct Writer {
    last_loss: LastLoss,
    queue: Option<mpsc::Sender<Box<dyn Command>>>,
    thread: Option<JoinHandle<()>>,
}

/// Dependencies of the writer's threads.
pub(super) struct Context {
    pub(super) tx: SqliteTx,
    pub(super) path: PathBuf,
    pub(super) busy_timeout: Duration,
    pub(super) log: Arc<dyn Log>,
    pub(super) lengths: Lengths,
    pub(super) durable: Arc<Durable>,
    pub(super) observer: Option<Arc<dyn StoreObserver>>,
}

impl Writer {
    pub(super) fn start(context: Context) -> std::io::Result<Self> {
        let (queue, commands) = mpsc::channel(STORE_QUEUE_MAX);
        let last_loss = LastLoss::default();
        let losses = Losses::new(last_loss.clone());
        let Context { log, durable, observer, .. } = &context;
        let flusher = Flusher::start(log.clone(), durable.clone(), losses, observer.clone())?;
        let Context { path, lengths, busy_timeout, durable, .. } = &context;
        let checkpoints =
            Checkpoints::start(path.clone(), *lengths, *busy_timeout, durable.clone())?;
        let thread = thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || run(context, commands, flusher, checkpoints))?;
        Ok(Self { last_loss, queue: Some(queue), thread: Some(thread) })
    }

    /// Runs `work` in a transaction and returns its result once that is on disk.
    pub(crate) async fn write<R, F>(&self, work: F) -> Result<R>
    where
        R: Send + 'static,
        F: Fn(&mut SqliteTx) -> Result<R> + Send + 'static,
    {
        self.queue(work, false).await
    }

    /// Like [`Writer::write`], for a command that only tests that a commit succeeds.
    pub(crate) async fn probe<F>(&self, work: F) -> Result<()>
    where
        F: Fn(&mut SqliteTx) -> Result<()> + Send + 'static,
    {
        match self.last_loss.standing() {
            Some(error) => Err(error),
            None => self.queue(work, true).await,
        }
    }

    async fn queue<R, F>(&self, work: F, probe: bool) -> Result<R>
    where
        R: Send + 'static,
        F: Fn(&mut SqliteTx) -> Result<R> + Send + 'static,
    {
        let gone = || PortError::Unavailable("the store has stopped".to_owned());
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Job { work, result: None, probe, reply });
        self.queue.as_ref().ok_or_else(gone)?.send(job).await.map_err(|_| gone())?;
        answer.await.map_err(|_| PortError::Unknown("the store did not reply".to_owned()))?
    }
}

impl Drop for Writer {
    /// Queued commands are still written; dropping the last handle waits for them.
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The connection is dropped last, after everything was flushed.
#[expect(clippy::needless_pass_by_value, reason = "dropped here, the last one first")]
fn run(
    mut context: Context,
    mut commands: mpsc::Receiver<Box<dyn Command>>,
    flusher: Flusher,
    mut checkpoints: Checkpoints,
) {
    let Context { tx, log, durable, observer, .. } = &mut context;
    let mut repair = Repair::default();
    let mut group = Vec::new();
    while commands.blocking_recv_many(&mut group, STORE_COMMIT_COMMANDS_MAX) > 0 {
        let commands = std::mem::take(&mut group);
        let writable = log.check_presence().and_then(|()| {
            let is_whole = repair.is_whole(tx.connection(), &**log, durable);
            if is_whole { Ok(()) } else { Err(doubtful()) }
        });
        if let Err(error) = writable {
            let commit = Commit::Lost(error);
            flusher.send(Group { number: durable.begin(), commands, commit });
            continue;
        }
        let begun = Instant::now();
        let group = commit(tx, durable, commands);
        let statements = tx.take_statements();
        if let (Some(observer), Commit::Written) = (&observer, &group.commit) {
            observer.committed(begun.elapsed(), statements);
        }
        flusher.send(group);
        checkpoints.look(tx.connection());
    }
}

impl Drop for Context {
    /// The last connection to close checkpoints the log, unless the log is in doubt.
    fn drop(&mut self) {
        if self.durable.trust() != Trust::Whole {
            let keep = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
            let _ = self.tx.connection().set_db_config(keep, true);
        }
    }
}
