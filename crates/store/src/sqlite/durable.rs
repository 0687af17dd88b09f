//! How far the commits are on disk, and whether the log can be relied on.
//!
//! Groups are numbered. A reader sees a group's rows from its commit on, a little before they are
//! flushed; [`Durable::wait`] keeps what it read until they are, so that nobody acts on what a power
//! cut may undo.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::ports::PortError;
use tokio::sync::watch;

use crate::tx::Result;

/// What can be said of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    Whole,
    /// A flush failed: there may be a hole, behind which no commit counts. It can be written anew.
    Doubtful,
    /// What is missing is not in memory either, or the database missed something. The next process
    /// finds out what is whole.
    Gone,
}

#[derive(Debug, Clone, Copy)]
struct State {
    /// All groups up to this one are on disk, or were told that they may not be.
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
    /// A group will be committed next: its number. One thread calls this.
    pub(super) fn begin(&self) -> u64 {
        self.begun.fetch_add(1, Ordering::SeqCst) + 1
    }

    pub(super) fn flushed(&self, group: u64) {
        self.state.send_modify(|state| state.flushed = group);
    }

    pub(super) fn trust(&self) -> Trust {
        self.state.borrow().trust
    }

    /// The log or the database missed something. What is gone stays gone.
    pub(super) fn doubt(&self, trust: Trust) {
        self.state.send_if_modified(|state| {
            let worse = state.trust != Trust::Gone && state.trust != trust;
            if worse {
                state.trust = trust;
            }
            worse
        });
    }

    /// The log was written anew and flushed.
    pub(super) fn repaired(&self) {
        self.state.send_if_modified(|state| {
            let doubtful = state.trust == Trust::Doubtful;
            if doubtful {
                state.trust = Trust::Whole;
            }
            doubtful
        });
    }

    /// Waits until all that was committed up to now is on disk.
    pub(super) async fn wait(&self) -> Result<()> {
        let seen = self.begun.load(Ordering::SeqCst);
        let mut state = self.state.subscribe();
        let stopped = |_| PortError::Unavailable("the store has stopped".to_owned());
        let state = state.wait_for(|state| state.flushed >= seen).await.map_err(stopped)?;
        if state.trust == Trust::Whole { Ok(()) } else { Err(doubtful()) }
    }
}

/// Nothing is read or done before it is known again what is stored.
pub(super) fn doubtful() -> PortError {
    PortError::Unavailable("the disk did not confirm earlier commits".to_owned())
}
