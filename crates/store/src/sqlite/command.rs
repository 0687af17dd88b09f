//! What callers send to the writer: a change, and the channel for its reply.

use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::ports::PortError;
use tokio::sync::oneshot;

use super::tx::SqliteTx;
use crate::tx::Result;

pub(super) trait Command: Send {
    /// Runs the work, once more if it ran before; true when it succeeded.
    fn run(&mut self, tx: &mut SqliteTx) -> bool;

    /// Whether it only tests that a commit succeeds.
    fn is_probe(&self) -> bool;

    /// Replies; with `lost`, the whole transaction failed with this error.
    fn finish(self: Box<Self>, lost: Option<&PortError>);
}

pub(super) struct Job<F, R> {
    pub(super) work: F,
    pub(super) result: Option<Result<R>>,
    pub(super) probe: bool,
    pub(super) reply: oneshot::Sender<Result<R>>,
}

impl<F, R> Command for Job<F, R>
where
    R: Send,
    F: Fn(&mut SqliteTx) -> Result<R> + Send,
{
    fn run(&mut self, tx: &mut SqliteTx) -> bool {
        // A bug in one command must not end the writer for all of them.
        let result = catch_unwind(AssertUnwindSafe(|| (self.work)(tx)))
            .unwrap_or_else(|_| Err(PortError::Refused("a store command panicked".to_owned())));
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
        // The caller may have stopped waiting; its change is stored anyway.
        let _ = self.reply.send(result);
    }
}
