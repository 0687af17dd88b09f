//! The Lightning node of `backend = "ldk"`: a program of its own (`boltgram-node`), which `serve` starts once it holds the
//! lock of the data directory, watches, starts again, and stops last. It is called like an LND; nothing of it is linked
//! here.
//!
//! A node that is killed while a payment changes may lose a channel, so it is never killed. Its standard input is a pipe
//! that this process holds: it ends in order when the pipe closes, and so whenever this process ends.
//!
//! | what happens | what follows |
//! |---|---|
//! | the program is missing, or exits with 2 (bad usage) | the start fails |
//! | it is not ready after [`START_WAIT`], or ended by itself | the start goes on; no invoices are sold until it answers |
//! | it ends by itself, however it ends | it is started again after 1 s, doubled up to 60 s |
//! | another one still runs on its directory | the same: it exits, and is started again |
//! | this process stops | the doors close, the engine stops, then the node gets SIGTERM, the pipe closes, and the node is awaited |
//! | this process dies, or is stopped by a second signal | the pipe closes, and the node ends by itself |

mod command;
mod log_lines;
mod supervise;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use engine::NodeRestarts;
use engine::tasks::Tasks;
use tokio::sync::watch;
use tokio::time::{Instant, interval_at, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use self::command::NodeCommand;
pub(crate) use self::command::find_program;
use self::supervise::{State, Supervisor};
use crate::config::Config;

/// All but a first start takes seconds.
const START_WAIT: Duration = Duration::from_secs(60);

/// While the server waits.
const PROGRESS: Duration = Duration::from_secs(10);

/// It closes its channels' connections and writes its state within seconds.
const STOP_WAIT: Duration = Duration::from_secs(60);

/// Dropping it closes the node's standard input when the runtime ends.
#[derive(Debug)]
pub(crate) struct LightningNode {
    state: watch::Receiver<State>,
    stop: CancellationToken,
    files: NodeFiles,
}

/// What a client needs, made by the node at its first start.
#[derive(Debug, Clone)]
pub(crate) struct NodeFiles {
    pub macaroon: PathBuf,
    pub certificate: PathBuf,
}

impl NodeFiles {
    pub(crate) fn of(config: &Config) -> Self {
        let data = config.lightning_node_data();
        Self { macaroon: data.join("boltgram.macaroon"), certificate: data.join("tls.cert") }
    }

    fn are_there(&self) -> bool {
        self.macaroon.exists() && self.certificate.exists()
    }
}

impl LightningNode {
    /// Starts the node if the configuration has one. Only for who holds the [`crate::serve_lock::ServeLock`].
    pub(crate) fn start(config: &Config, restarts: NodeRestarts) -> anyhow::Result<Option<Self>> {
        let Some(node) = config.lightning_node() else { return Ok(None) };
        let program = find_program(&node.program).map_err(not_started)?;
        let command = NodeCommand::new(program, node, config.lightning_node_data());
        let (node, supervisor) = Self::new(command, NodeFiles::of(config), restarts);
        Tasks::new().spawn(supervisor.run());
        Ok(Some(node))
    }

    fn new(command: NodeCommand, files: NodeFiles, restarts: NodeRestarts) -> (Self, Supervisor) {
        let (sender, state) = watch::channel(State::Starting);
        let stop = CancellationToken::new();
        let supervisor = Supervisor { command, restarts, state: sender, stop: stop.clone() };
        (Self { state, stop, files }, supervisor)
    }

    /// Waits until it is ready, or can be left to start by itself: its files are there, by which it is called.
    pub(crate) async fn await_start(&self) -> anyhow::Result<()> {
        let begun = Instant::now();
        let mut state = self.state.clone();
        let mut progress = interval_at(begun + PROGRESS, PROGRESS);
        loop {
            match &*state.borrow_and_update() {
                State::Ready => return Ok(()),
                State::Unusable(why) => return Err(not_started(why)),
                State::Ended if self.files.are_there() => break,
                _ => {}
            }
            tokio::select! {
                changed = state.changed() => changed.context("the Lightning node is not watched")?,
                _ = progress.tick() => {
                    let waited_s = begun.elapsed().as_secs();
                    tracing::info!(waited_s, "waiting for the Lightning node");
                }
                () = sleep_until(begun + START_WAIT) => break,
            }
        }
        if !self.files.are_there() {
            let NodeFiles { macaroon, certificate } = &self.files;
            let (macaroon, certificate) = (macaroon.display(), certificate.display());
            bail!(
                "the Lightning node did not make {certificate} and {macaroon}: see its lines in the log"
            );
        }
        tracing::warn!("the Lightning node is not ready: no invoices are sold until it answers");
        Ok(())
    }

    /// Ends it in order, and waits for its end, but not for ever.
    pub(crate) async fn stop(&self) {
        self.stop.cancel();
        let mut state = self.state.clone();
        let stopped = state.wait_for(|state| *state == State::Stopped);
        if timeout(STOP_WAIT, stopped).await.is_err() {
            tracing::warn!(
                waited_s = STOP_WAIT.as_secs(),
                "the Lightning node still runs; it is left to end by itself"
            );
        }
    }
}

fn not_started(why: impl std::fmt::Display) -> anyhow::Error {
    anyhow::anyhow!("the Lightning node cannot be started: {why}")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::*;

    /// It goes on until its directory is gone.
    const DEAF: &str = "trap '' TERM\necho ready here\nwhile [ -e \"$0\" ]; do sleep 0.1; done";

    /// A node that is this script, in its own directory.
    fn node(home: &Path, script: &str) -> (LightningNode, Supervisor) {
        let program = home.join("node");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
        let command = NodeCommand::new(program, &Default::default(), home.to_owned());
        let files = NodeFiles {
            macaroon: home.join("boltgram.macaroon"),
            certificate: home.join("tls.cert"),
        };
        LightningNode::new(command, files, NodeRestarts::default())
    }

    /// The clock goes on by itself while everything waits.
    #[tokio::test(start_paused = true)]
    async fn a_node_that_hangs_does_not_keep_the_server_from_starting() {
        let home = tempfile::tempdir().unwrap();
        let (hanging, supervisor) = node(home.path(), "exec cat");
        Tasks::new().spawn(supervisor.run());
        let begun = Instant::now();
        let refused = hanging.await_start().await.unwrap_err().to_string();
        assert!(refused.contains("tls.cert and"), "{refused}");
        assert!(begun.elapsed() >= START_WAIT);
        fs::write(&hanging.files.macaroon, "").unwrap();
        fs::write(&hanging.files.certificate, "").unwrap();
        hanging.await_start().await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_node_that_does_not_end_is_left() {
        let home = tempfile::tempdir().unwrap();
        let (deaf, supervisor) = node(home.path(), DEAF);
        Tasks::new().spawn(supervisor.run());
        let mut state = deaf.state.clone();
        state.wait_for(|state| *state == State::Ready).await.unwrap();
        let begun = Instant::now();
        deaf.stop().await;
        assert!(begun.elapsed() >= STOP_WAIT);
        assert_eq!(*deaf.state.borrow(), State::Ready);
    }
}
