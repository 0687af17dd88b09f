//! Whether the store commits what carriers bring. Callers wait while it is unavailable; when it has committed nothing
//! for [`STORE_STALL_MAX`], their PDUs are refused.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::limits::STORE_STALL_MAX;
use domain::ports::PortError;
use tokio::time::Instant;

/// Every call waits at least this long, also during a stall: an attempt of the store may succeed meanwhile, and carriers
/// do not repeat in a tight loop.
const WAIT_MIN: Duration = Duration::from_secs(2);

/// Pause before a failed change is retried.
pub(crate) const RETRY_PAUSE: Duration = Duration::from_millis(500);

#[derive(Debug)]
pub(crate) struct CommitProgress(Mutex<State>);

#[derive(Debug)]
struct State {
    waiting: usize,
    /// The last commit, or when the first of the waiting calls began.
    since: Instant,
    /// Calls were refused since the last commit.
    stalled: bool,
}

/// A call that waits for a commit.
pub(crate) struct WaitingCall<'a> {
    progress: &'a CommitProgress,
    begun: Instant,
}

impl Default for CommitProgress {
    fn default() -> Self {
        Self(Mutex::new(State { waiting: 0, since: Instant::now(), stalled: false }))
    }
}

impl CommitProgress {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn begin(&self) -> WaitingCall<'_> {
        let (begun, mut state) = (Instant::now(), self.state());
        if state.waiting == 0 && !state.stalled {
            state.since = begun;
        }
        state.waiting += 1;
        WaitingCall { progress: self, begun }
    }

    /// What a refused call gets.
    pub(crate) fn error() -> PortError {
        let seconds = STORE_STALL_MAX.as_secs();
        PortError::Unavailable(format!("the store has committed nothing for {seconds} s"))
    }

    pub(crate) fn committed(&self) {
        let mut state = self.state();
        (state.since, state.stalled) = (Instant::now(), false);
    }
}

impl WaitingCall<'_> {
    /// Returns when the store has committed nothing for too long.
    pub(crate) async fn stalled(&self) {
        loop {
            let now = Instant::now();
            let due = {
                let mut state = self.progress.state();
                let due = (state.since + STORE_STALL_MAX).max(self.begun + WAIT_MIN);
                state.stalled |= now >= due;
                due
            };
            if now >= due {
                return;
            }
            tokio::time::sleep_until(due).await;
        }
    }
}

impl Drop for WaitingCall<'_> {
    fn drop(&mut self) {
        self.progress.state().waiting -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn waits(progress: &CommitProgress) -> Duration {
        let (call, begun) = (progress.begin(), Instant::now());
        call.stalled().await;
        begun.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_is_refused_a_minute_after_the_last_commit() {
        let progress = CommitProgress::default();
        tokio::time::sleep(Duration::from_secs(3_600)).await;
        let second = async {
            tokio::time::sleep(Duration::from_secs(30)).await;
            waits(&progress).await
        };
        let times = tokio::join!(waits(&progress), second);
        assert_eq!(times, (STORE_STALL_MAX, STORE_STALL_MAX / 2));
        tokio::time::sleep(Duration::from_secs(3_600)).await;
        assert_eq!(waits(&progress).await, WAIT_MIN, "the stall goes on");
        progress.committed();
        assert_eq!(waits(&progress).await, STORE_STALL_MAX);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_store_refuses_nothing() {
        let progress = CommitProgress::default();
        let commits = async {
            for _ in 0..100 {
                tokio::time::sleep(STORE_STALL_MAX / 2).await;
                progress.committed();
            }
        };
        tokio::select! {
            _ = waits(&progress) => panic!("refused"),
            () = commits => {}
        }
    }
}
