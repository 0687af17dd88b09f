//! One bound session, from bind to end. Three activities run concurrently:
//!
//! ```text
//! queue ── pump: room in the window, pause over, rate ──> requests ──┐
//! inbox <── outcomes and receipts, batch by batch <── events ────────┤ smpp session
//!                                       receipts stored ──> answers ─┘
//! ```
//!
//! A part without a response in time ends as *no answer*; a response after that, while the session lasts, is reported as
//! *late* ([`domain::ports::End::Late`]).
//!
//! The session is read and keeps its timers whatever the other two wait for, as long as there is room for what the carrier
//! sends ([`InboundRoom`](smpp::link::InboundRoom)). When it ends, every part has come back as an event; `fail_open_jobs`
//! handles what a panic left behind.

mod receive_events;
mod send;
mod store_inbound;

use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::ports::{InboundRefusal, Outcome};
use smpp::link::{Events, Handle, Link, SessionFuture};
use smpp::session::{BindKind, CloseReason};
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Inner;
use super::job::Job;
use super::open_jobs::OpenJobs;
use super::pace::Pace;
use super::verdict::NotAccepted;

/// A bound session.
pub(super) struct Bound<'a> {
    carrier: &'a Inner,
    handle: Handle,
    /// Its link's number, from 1.
    number: u16,
    kind: BindKind,
    open: Mutex<OpenJobs>,
    pace: Mutex<Pace>,
    /// Notified when the carrier throttles.
    slowed: Notify,
    /// Notified when a job is complete.
    answered: Notify,
    /// Cancelled when the session is to send nothing more and end.
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
        number: u16,
        link: Link,
        leaving: CancellationToken,
    ) -> (Self, Events, SessionFuture) {
        let Link { handle, events, run, peer } = link;
        let bound = Self {
            carrier,
            number,
            kind: peer.kind,
            open: Mutex::new(OpenJobs::new(handle.window())),
            pace: Mutex::new(Pace::new(handle.window(), Instant::now())),
            slowed: Notify::new(),
            answered: Notify::new(),
            leaving,
            over: CancellationToken::new(),
            handle,
        };
        (bound, events, run)
    }

    /// Runs the session until it has ended and everything is reported.
    pub(super) async fn run(&self, events: Events, run: SessionFuture) -> CloseReason {
        let (reason, (), ()) =
            tokio::join!(self.drive(run), self.pump(), self.receive_events(events));
        let counters = self.handle.counters();
        let misplaced = counters.misplaced + counters.unknown_commands;
        if misplaced > 0 {
            let carrier = self.carrier.lifecycle.name.as_str();
            tracing::warn!(
                carrier,
                misplaced,
                "the carrier sent requests that SMPP does not allow"
            );
            self.refused(InboundRefusal::Misplaced, misplaced).await;
        }
        reason
    }

    async fn drive(&self, mut run: SessionFuture) -> CloseReason {
        let reason = tokio::select! {
            reason = &mut run => reason,
            () = self.carrier.lifecycle.aborting.cancelled() => {
                self.handle.abort();
                run.await
            }
        };
        self.over.cancel();
        reason
    }

    /// Ends the session at once.
    pub(super) fn abort(&self) {
        self.handle.abort();
    }

    /// Reports jobs that are still open after the session has ended, which happens only after a panic.
    pub(super) async fn fail_open_jobs(&self) {
        let left = lock(&self.open).take_all();
        let fail = |mut job: Job| {
            job.answer_remaining(&NotAccepted::NoAnswer);
            self.outcome(job)
        };
        let outcomes: Vec<_> = left.into_iter().map(fail).collect();
        self.carrier.report(outcomes).await;
    }

    fn outcome(&self, job: Job) -> Outcome {
        let outcome = self.carrier.outcome(job, lock(&self.pace).pause());
        Outcome { link: Some(self.number), ..outcome }
    }
}
