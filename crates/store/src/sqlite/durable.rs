//! How many commits are on disk, and whether the write-ahead log can be relied on.
//!
//! Groups are numbered. A reader sees a group's rows from its commit on, a little before they are
//! flushed; [`Durable::wait`] delays the result until they are, so that no caller acts on what a power
//! failure may undo.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::ports::PortError;
use tokio::sync::watch;

use crate::tx::Result;

/// State of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    Whole,
    /// A flush failed: frames may be missing, and commits after them would be lost. The log can be
    /// rewritten.
    Doubtful,
    /// The missing frames are not in memory either, or a write to the database failed. SQLite
    /// recovers the valid part at the next start.
    Gone,
}

#[derive(Debug, Clone, Copy)]
struct State {
    /// All groups up to this one are on disk, or their callers got an error.
    flushed: u64,
    trust: Trust,
}

pub(super) struct Durable {
    begun: AtomicU64,
    state: watch::Sender<State>,
}

impl Default for Durable {
    fn default() -> Self {
        let state = watch::Sender::new(State { flushed: 0, trust: Trust::Whole });
        Self { begun: AtomicU64::new(0), state }
    }
}

impl Durable {
    /// Number of the group that is committed next. Called by one thread.
    pub(super) fn begin(&self) -> u64 {
        self.begun.fetch_add(1, Ordering::SeqCst) + 1
    }

    pub(super) fn flushed(&self, group: u64) {
        self.state.send_modify(|state| state.flushed = group);
    }

    pub(super) fn trust(&self) -> Trust {
        self.state.borrow().trust
    }

    /// A write to the log or the database failed. [`Trust::Gone`] is final.
    pub(super) fn doubt(&self, trust: Trust) {
        self.state.send_if_modified(|state| {
            let worse = state.trust != Trust::Gone && state.trust != trust;
            if worse {
                state.trust = trust;
            }
            worse
        });
    }

    /// The log was rewritten and flushed.
    pub(super) fn repaired(&self) {
        self.state.send_if_modified(|state| {
            let doubtful = state.trust == Trust::Doubtful;
            if doubtful {
                state.trust = Trust::Whole;
            }
            doubtful
        });
    }

    /// Waits until all earlier commits are on disk.
    pub(super) async fn wait(&self) -> Result<()> {
        let seen = self.begun.load(Ordering::SeqCst);
        let mut state = self.state.subscribe();
        let stopped = |_| PortError::Unavailable("the store has stopped".to_owned());
        let state = state.wait_for(|state| state.flushed >= seen).await.map_err(stopped)?;
        if state.trust == Trust::Whole { Ok(()) } else { Err(doubtful()) }
    }
}

/// The error while it is not known what is stored.
pub(super) fn doubtful() -> PortError {
    PortError::Unavailable("the disk did not confirm earlier commits".to_owned())
}
