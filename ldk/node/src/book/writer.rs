//! The one thread that writes. Changes that wait for it share a transaction, and so one flush to disk.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::BookError;

/// Changes that may wait; the next caller waits for room.
const WAITING_MAX: usize = 1_024;

/// Changes in one transaction.
const TOGETHER_MAX: usize = 256;

/// Runs a change, and returns what answers its caller when the transaction has ended.
type Job = Box<dyn FnOnce(&Connection) -> Answer + Send>;
type Answer = Box<dyn FnOnce(Result<(), BookError>) + Send>;

#[derive(Debug)]
pub(super) struct Writer {
    jobs: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(connection: Connection) -> Self {
        let (jobs, waiting) = sync_channel(WAITING_MAX);
        let thread = thread::spawn(move || write(&connection, &waiting));
        Self { jobs: Some(jobs), thread: Some(thread) }
    }

    /// The change is on disk when this returns.
    pub(super) async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, BookError> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let changed = change(connection).map_err(BookError::from);
            Box::new(move |committed| {
                // Nobody waits for it any more: the change is made all the same.
                drop(answer.send(committed.and(changed)));
            })
        });
        let gone = || BookError("the change was not written".into());
        let jobs = self.jobs.as_ref().ok_or_else(gone)?.clone();
        if let Err(error) = jobs.try_send(job) {
            let std::sync::mpsc::TrySendError::Full(job) = error else { return Err(gone()) };
            let sent = tokio::task::spawn_blocking(move || jobs.send(job).is_ok()).await;
            if !sent.unwrap_or(false) {
                return Err(gone());
            }
        }
        answered.await.map_err(|_| gone())?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // It ends when what waits is written.
            drop(thread.join());
        }
    }
}

fn write(connection: &Connection, waiting: &Receiver<Job>) {
    while let Ok(first) = waiting.recv() {
        let jobs = std::iter::once(first).chain(waiting.try_iter()).take(TOGETHER_MAX);
        if let Err(error) = connection.execute_batch("BEGIN IMMEDIATE") {
            tracing::error!(%error, "the node's book cannot be written");
            // Each caller sees that its change was not made.
            jobs.for_each(drop);
            continue;
        }
        let mut answers: Vec<Answer> = Vec::new();
        for job in jobs {
            // A full disk ends the transaction: nothing is written outside of one.
            if connection.is_autocommit() {
                drop(job);
            } else {
                answers.push(job(connection));
            }
        }
        let ended = connection.execute_batch("COMMIT").map_err(BookError::from);
        if let Err(error) = &ended {
            tracing::error!(%error, "the node's book cannot be written");
            // It may have ended already.
            drop(connection.execute_batch("ROLLBACK"));
        }
        for answer in answers {
            answer(ended.clone());
        }
    }
}
