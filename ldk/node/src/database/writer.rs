//! The one thread that writes. Changes that wait for it share a transaction, and so one flush to disk.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::DatabaseError;

/// Changes that may wait; the next caller waits for room.
const WAITING_MAX: usize = 1_024;

/// Changes in one transaction.
const TOGETHER_MAX: usize = 256;

/// Runs a change, and returns what answers its caller when the transaction has ended.
type Job = Box<dyn FnOnce(&Connection) -> Answer + Send>;
type Answer = Box<dyn FnOnce(Result<(), DatabaseError>) + Send>;

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
    ) -> Result<T, DatabaseError> {
        self.begin(change).await
    }

    /// As [`Self::change`], for a caller that cannot wait otherwise: it blocks its thread.
    pub(super) fn change_now<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, DatabaseError> {
        let (answer, answered) = sync_channel(1);
        self.queue(change, move |changed| drop(answer.send(changed)));
        answered.recv().unwrap_or_else(|_| Err(not_written()))
    }

    /// Takes its place in the order of changes at once. It is made whether or not the future is awaited.
    pub(super) fn begin<T: Send + 'static, C>(
        &self,
        change: C,
    ) -> impl Future<Output = Result<T, DatabaseError>> + Send + use<T, C>
    where
        C: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        self.queue(change, move |changed| drop(answer.send(changed)));
        async move { answered.await.unwrap_or_else(|_| Err(not_written())) }
    }

    /// Waits for room, which the writer makes without waiting for anybody.
    fn queue<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
        answer: impl FnOnce(Result<T, DatabaseError>) + Send + 'static,
    ) {
        let job: Job = Box::new(move |connection| {
            let changed = change(connection).map_err(DatabaseError::from);
            Box::new(move |committed| answer(committed.and(changed)))
        });
        if let Some(jobs) = &self.jobs {
            // Without its thread the job is dropped, which its caller sees.
            drop(jobs.send(job));
        }
    }
}

fn not_written() -> DatabaseError {
    DatabaseError("the change was not written".into())
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
            tracing::error!(%error, "the node's database cannot be written");
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
        let ended = connection.execute_batch("COMMIT").map_err(DatabaseError::from);
        if let Err(error) = &ended {
            tracing::error!(%error, "the node's database cannot be written");
            // It may have ended already.
            drop(connection.execute_batch("ROLLBACK"));
        }
        for answer in answers {
            answer(ended.clone());
        }
    }
}
