//! The lives of the node, one after another.

use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use engine::NodeRestarts;
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Child;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::command::NodeCommand;
use super::log_lines::{Lines, log};

/// Before it is started again: doubled from the first to the second while it does not live as long as the second.
const PAUSE_MIN: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// While it starts: a first start may take minutes, until it has found the chain.
const PROGRESS: Duration = Duration::from_secs(60);

/// For what a node that ended has written last.
const LAST_LINES: Duration = Duration::from_secs(1);

/// Exit status for a command line or configuration that it cannot use.
const BAD_USAGE: i32 = 2;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    Starting,
    Ready,
    /// By itself; it will be started again.
    Ended,
    /// It cannot run as it is called, and why. It is tried again nevertheless.
    Unusable(String),
    /// As it was asked to.
    Stopped,
}

#[derive(Debug)]
pub(super) struct Supervisor {
    pub command: NodeCommand,
    pub restarts: NodeRestarts,
    pub state: watch::Sender<State>,
    pub stop: CancellationToken,
}

impl Supervisor {
    /// Until it shall stop and the node has ended.
    pub(super) async fn run(self) {
        let mut pause = PAUSE_MIN;
        loop {
            let begun = Instant::now();
            self.state.send_replace(State::Starting);
            let ended = self.live().await;
            if self.stop.is_cancelled() {
                break;
            }
            self.state.send_replace(ended);
            let lived = begun.elapsed();
            pause = if lived < PAUSE_MAX { pause } else { PAUSE_MIN };
            tracing::info!(pause_s = pause.as_secs(), "starting the Lightning node again soon");
            tokio::select! {
                () = sleep(pause) => {}
                () = self.stop.cancelled() => break,
            }
            pause = longer(pause);
            self.restarts.count();
        }
        self.state.send_replace(State::Stopped);
    }

    /// One life of the node, and how it ended.
    async fn live(&self) -> State {
        let program = self.command.program().display();
        match self.command.spawn() {
            Ok(child) => {
                tracing::info!(%program, id = child.id(), "Lightning node started");
                self.watch(child).await
            }
            Err(error) => {
                tracing::error!(%program, %error, "the Lightning node cannot be started");
                State::Unusable(format!("{program}: {error}"))
            }
        }
    }

    async fn watch(&self, mut child: Child) -> State {
        // Held until it shall end.
        let mut stdin = child.stdin.take();
        let mut out = Lines::new(child.stdout.take());
        let mut err = Lines::new(child.stderr.take());
        let begun = Instant::now();
        let mut progress = interval_at(begun + PROGRESS, PROGRESS);
        progress.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut is_ready, mut is_stopping, mut reason) = (false, false, String::new());
        let status = loop {
            tokio::select! {
                line = err.next(), if !err.has_ended() => {
                    reason = heard(line.unwrap_or_default(), reason);
                }
                line = out.next(), if !out.has_ended() => {
                    let Some(line) = line else { continue };
                    let Some(address) = line.strip_prefix("ready ") else { log(&line); continue };
                    let after_s = begun.elapsed().as_secs();
                    tracing::info!(address, after_s, "Lightning node ready");
                    is_ready = true;
                    self.state.send_replace(State::Ready);
                }
                status = child.wait() => break status,
                () = self.stop.cancelled(), if !is_stopping => {
                    is_stopping = true;
                    tracing::info!("stopping the Lightning node");
                    end_in_order(&child);
                    // A read of it may keep the node from ending.
                    drop(stdin.take());
                }
                _ = progress.tick(), if !is_stopping && !is_ready => {
                    let waited_s = begun.elapsed().as_secs();
                    tracing::info!(waited_s, "the Lightning node is still starting");
                }
            }
        };
        let rest = async {
            while let Some(line) = err.next().await {
                reason = heard(line, std::mem::take(&mut reason));
            }
        };
        // A process that it left behind may hold the pipe open.
        let _ = timeout(LAST_LINES, rest).await;
        judge(status, is_stopping, &reason)
    }
}

/// Logs a line, and keeps it as the reason of an end that may follow: the last line, or that of a usage error, which is
/// followed by help.
fn heard(line: String, reason: String) -> String {
    log(&line);
    if line.is_empty() || reason.starts_with("error: ") { reason } else { line }
}

/// Logs the end, and says what it means.
fn judge(status: io::Result<ExitStatus>, is_stopping: bool, reason: &str) -> State {
    let (code, shown) = match status {
        Ok(status) => (status.code(), status.to_string()),
        Err(error) => (None, format!("unknown: {error}")),
    };
    if is_stopping {
        tracing::info!(status = shown, "Lightning node stopped");
        return State::Stopped;
    }
    tracing::error!(status = shown, "the Lightning node ended by itself");
    if code == Some(BAD_USAGE) {
        return State::Unusable(format!("it exits with {BAD_USAGE}: {reason}"));
    }
    State::Ended
}

fn end_in_order(child: &Child) {
    // Without an id it has ended.
    let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    let sent = id.map_or(Ok(()), |id| kill_process(id, Signal::TERM));
    if let Err(error) = sent {
        tracing::error!(%error, "SIGTERM cannot be sent to the Lightning node");
    }
}

fn longer(pause: Duration) -> Duration {
    pause.saturating_mul(2).min(PAUSE_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_minute() {
        let pauses = std::iter::successors(Some(PAUSE_MIN), |pause| Some(longer(*pause)));
        let seconds: Vec<_> = pauses.take(8).map(|pause| pause.as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 60, 60]);
    }
}
