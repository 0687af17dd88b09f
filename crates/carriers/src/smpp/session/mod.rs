//! One bound session, from bind to end. Three things go on beside each other:
//!
//! ```text
//! queue ── pump: room in the window, pause over, rate ──> requests ──┐
//! inbox <── answers and receipts, batch by batch <── events ─────────┤ smpp session
//!                                       receipts stored ──> answers ─┘
//! ```
//!
//! A part that is not answered in time ends as *no answer*, and what the carrier says of it after
//! that, while the session lasts, follows as *late* ([`domain::ports::End::Late`]).
//!
//! The session itself is read and keeps its timers whatever the other two wait for. When it ends
//! every part it was given has come back as an event; `let_go` is for what a panic left behind.

mod keep;
mod listen;
mod send;

use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::ports::Outcome;
use smpp::link::{Events, Handle, Link, SessionFuture};
use smpp::session::{BindKind, CloseReason};
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Inner;
use super::job::Job;
use super::open::Open;
use super::pace::Pace;
use super::verdict::NotTaken;

/// A session that is bound.
pub(super) struct Bound<'a> {
    carrier: &'a Inner,
    handle: Handle,
    kind: BindKind,
    open: Mutex<Open>,
    pace: Mutex<Pace>,
    /// Told when the carrier asked for less.
    slowed: Notify,
    /// Told when a job was answered.
    answered: Notify,
    /// Cancelled when the session is to take nothing more and to end.
    leaving: CancellationToken,
    /// Cancelled when the session has ended.
    over: CancellationToken,
}

fn lock<T>(held: &Mutex<T>) -> MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'a> Bound<'a> {
    pub(super) fn new(
        carrier: &'a Inner,
        link: Link,
        leaving: CancellationToken,
    ) -> (Self, Events, SessionFuture) {
        let Link { handle, events, run, peer } = link;
        let bound = Self {
            carrier,
            kind: peer.kind,
            open: Mutex::new(Open::new(handle.window())),
            pace: Mutex::new(Pace::new(handle.window(), Instant::now())),
            slowed: Notify::new(),
            answered: Notify::new(),
            leaving,
            over: CancellationToken::new(),
            handle,
        };
        (bound, events, run)
    }

    /// Lives with the session until it has ended and everything is told.
    pub(super) async fn live(&self, events: Events, run: SessionFuture) -> CloseReason {
        let (reason, (), ()) = tokio::join!(self.run(run), self.pump(), self.listen(events));
        reason
    }

    async fn run(&self, mut run: SessionFuture) -> CloseReason {
        let reason = tokio::select! {
            reason = &mut run => reason,
            () = self.carrier.desk.aborting.cancelled() => {
                self.handle.abort();
                run.await
            }
        };
        self.over.cancel();
        reason
    }

    /// Ends at once.
    pub(super) fn abort(&self) {
        self.handle.abort();
    }

    /// Gives an outcome to what has none although the session is over: a fall of this code.
    pub(super) async fn let_go(&self) {
        let left = lock(&self.open).take_all();
        let fail = |mut job: Job| {
            job.answer_open(&NotTaken::NoAnswer);
            self.outcome(job)
        };
        let outcomes: Vec<_> = left.into_iter().map(fail).collect();
        self.carrier.tell(outcomes).await;
    }

    fn outcome(&self, job: Job) -> Outcome {
        self.carrier.outcome(job, lock(&self.pace).pause())
    }
}
