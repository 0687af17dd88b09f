//! The only place that spawns tasks. A worker that panics or returns is restarted after a pause
//! until shutdown; one-off tasks are counted, so that shutdown can wait for them.

use std::future::Future;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Pause before a failed worker is restarted.
const RESTART_PAUSE: Duration = Duration::from_secs(1);

#[derive(Debug, Clone, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    stopping: CancellationToken,
}

impl Tasks {
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs `work` repeatedly until shutdown, which drops it: it must be safe to drop at any
    /// `await`.
    pub fn worker<F, W>(&self, name: &'static str, work: F)
    where
        F: Fn() -> W + Send + 'static,
        W: Future<Output = ()> + Send + 'static,
    {
        self.worker_until(name, CancellationToken::new(), work);
    }

    /// Likewise, but also ends when `end` is cancelled.
    pub(crate) fn worker_until<F, W>(&self, name: &'static str, end: CancellationToken, work: F)
    where
        F: Fn() -> W + Send + 'static,
        W: Future<Output = ()> + Send + 'static,
    {
        let tasks = self.clone();
        self.spawn(async move {
            loop {
                let run = tasks.spawn_raw(work());
                let stop = run.abort_handle();
                tokio::select! {
                    ended = run => match ended {
                        Ok(()) => tracing::debug!(worker = name, "worker returned"),
                        Err(error) => tracing::error!(worker = name, %error, "worker panicked"),
                    },
                    () = tasks.stopping.cancelled() => {
                        stop.abort();
                        return;
                    }
                    () = end.cancelled() => {
                        stop.abort();
                        return;
                    }
                }
                tokio::select! {
                    () = tokio::time::sleep(RESTART_PAUSE) => {}
                    () = tasks.stopping.cancelled() => return,
                    () = end.cancelled() => return,
                }
            }
        });
    }

    /// Runs a one-off task.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        drop(self.spawn_raw(task));
    }

    /// Runs blocking work outside the async threads. It cannot be cancelled, so it must end by
    /// itself.
    pub fn spawn_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> tokio::task::JoinHandle<T> {
        self.tracker.spawn_blocking(work)
    }

    #[expect(clippy::disallowed_methods, reason = "the one supervised spawner")]
    fn spawn_raw(
        &self,
        task: impl Future<Output = ()> + Send + 'static,
    ) -> tokio::task::JoinHandle<()> {
        tokio::spawn(self.tracker.track_future(task))
    }

    /// Resolves when shutdown begins.
    pub async fn stopping(&self) {
        self.stopping.cancelled().await;
    }

    /// Cancels every worker at once, as a kill would, without waiting.
    pub fn kill(&self) {
        self.stopping.cancel();
    }

    /// Stops every worker, and waits up to `grace` for all tasks.
    pub async fn stop(&self, grace: Duration) {
        self.stopping.cancel();
        self.tracker.close();
        if tokio::time::timeout(grace, self.tracker.wait()).await.is_err() {
            tracing::warn!(left = self.tracker.len(), "tasks did not end in time");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_worker_that_panics_is_started_again() {
        let tasks = Tasks::new();
        let starts = Arc::new(AtomicU32::new(0));
        let counted = starts.clone();
        tasks.worker("panics", move || {
            let starts = counted.clone();
            async move {
                assert!(starts.fetch_add(1, Ordering::SeqCst) > 1, "panics twice");
                std::future::pending::<()>().await;
            }
        });
        while starts.load(Ordering::SeqCst) < 3 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        tasks.stop(Duration::from_secs(1)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_waits_for_tasks_that_end_by_themselves() {
        let tasks = Tasks::new();
        let done = Arc::new(AtomicU32::new(0));
        let flag = done.clone();
        tasks.spawn(async move {
            tokio::time::sleep(Duration::from_secs(2)).await;
            flag.store(1, Ordering::SeqCst);
        });
        tasks.stop(Duration::from_secs(5)).await;
        assert_eq!(done.load(Ordering::SeqCst), 1);
    }
}
