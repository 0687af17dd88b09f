//! What every carrier has: a name, the inbox it was given to run with, and the word to stop. It
//! makes outcomes; it decides none.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use domain::ports::{AcceptedPart, End, Inbox, Outcome, Submission};
use domain::reason::Reason;
use domain::routing::CarrierName;
use domain::time::Timestamp;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// For outcomes of what was let go to reach the inbox.
const LET_GO: Duration = Duration::from_secs(2);

pub(crate) struct Desk {
    pub(crate) name: CarrierName,
    /// Cancelled when nothing more is taken.
    pub(crate) closing: CancellationToken,
    /// Cancelled when the grace is over and what is open must be let go.
    pub(crate) aborting: CancellationToken,
    /// Until when it hands over; see [`domain::ports::Carrier::allow`].
    lease: AtomicI64,
    inbox: watch::Sender<Option<Arc<dyn Inbox>>>,
    running: watch::Sender<bool>,
}

/// Held while a carrier runs.
pub(crate) struct Running<'a>(&'a Desk);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.send_replace(false);
    }
}

impl Desk {
    pub(crate) fn new(name: CarrierName) -> Self {
        Self {
            name,
            closing: CancellationToken::new(),
            aborting: CancellationToken::new(),
            lease: AtomicI64::new(i64::MAX),
            inbox: watch::Sender::new(None),
            running: watch::Sender::new(false),
        }
    }

    /// Begins a run, which tells `inbox` from now on.
    pub(crate) fn open(&self, inbox: &Arc<dyn Inbox>) -> Running<'_> {
        self.inbox.send_replace(Some(inbox.clone()));
        self.running.send_replace(true);
        Running(self)
    }

    /// It runs and takes more.
    pub(crate) fn is_open(&self) -> bool {
        *self.running.borrow() && !self.closing.is_cancelled()
    }

    pub(crate) fn set_lease(&self, until: Timestamp) {
        self.lease.store(until.as_millis(), Ordering::SeqCst);
    }

    /// The time is over in which it may hand over.
    pub(crate) fn has_lapsed(&self, now: Timestamp) -> bool {
        now.as_millis() >= self.lease.load(Ordering::SeqCst)
    }

    /// The inbox, once there is one.
    pub(crate) async fn inbox(&self) -> Arc<dyn Inbox> {
        let mut told = self.inbox.subscribe();
        loop {
            let known = told.borrow_and_update().clone();
            if let Some(inbox) = known {
                return inbox;
            }
            if told.changed().await.is_err() {
                // The sender is ours and cannot be gone.
                std::future::pending::<()>().await;
            }
        }
    }

    pub(crate) fn outcome(
        &self,
        submission: &Submission,
        parts: u16,
        accepted: Vec<AcceptedPart>,
        end: End,
    ) -> Outcome {
        Outcome { key: submission.key, carrier: self.name.clone(), parts, accepted, end }
    }

    /// Sends a batch back untouched.
    pub(crate) async fn defer(&self, batch: &[Submission], reason: Reason) {
        if batch.is_empty() {
            return;
        }
        let put_off = |submission: &Submission| {
            let parts = submission.content.parts;
            self.outcome(submission, parts, vec![], End::Deferred { reason, wait: None })
        };
        self.inbox().await.outcomes(batch.iter().map(put_off).collect()).await;
    }

    /// Lets no more in and waits for the run to end, which it does when nothing is open; after
    /// `grace` what is still open is let go.
    pub(crate) async fn close(&self, grace: Duration) {
        self.closing.cancel();
        let mut running = self.running.subscribe();
        if tokio::time::timeout(grace, running.wait_for(|running| !running)).await.is_err() {
            tracing::warn!(carrier = self.name.as_str(), "stopping with something still open");
            self.aborting.cancel();
            let _ = tokio::time::timeout(LET_GO, running.wait_for(|running| !running)).await;
        }
    }
}
