//! The parts shared by all carriers: name, inbox, lease, start and stop. It builds outcomes; it decides none.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use domain::ports::{AcceptedPart, End, Inbox, Outcome, Submission};
use domain::reason::Reason;
use domain::routing::CarrierName;
use domain::time::Timestamp;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Time for the outcomes of aborted submissions to reach the inbox.
const ABORT_TIMEOUT: Duration = Duration::from_secs(2);

pub(crate) struct Lifecycle {
    pub(crate) name: CarrierName,
    /// Cancelled when no more submissions are accepted.
    pub(crate) closing: CancellationToken,
    /// Cancelled at the end of the grace period: open submissions are aborted.
    pub(crate) aborting: CancellationToken,
    /// Until when the carrier may submit; see [`domain::ports::Carrier::allow`].
    lease: AtomicI64,
    inbox: watch::Sender<Option<Arc<dyn Inbox>>>,
    running: watch::Sender<bool>,
}

/// Held while a carrier runs.
pub(crate) struct Running<'a>(&'a Lifecycle);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.send_replace(false);
    }
}

impl Lifecycle {
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

    /// Starts a run, which reports to `inbox`.
    pub(crate) fn open(&self, inbox: &Arc<dyn Inbox>) -> Running<'_> {
        self.inbox.send_replace(Some(inbox.clone()));
        self.running.send_replace(true);
        Running(self)
    }

    /// Whether the carrier runs and accepts submissions.
    pub(crate) fn is_open(&self) -> bool {
        *self.running.borrow() && !self.closing.is_cancelled()
    }

    pub(crate) fn set_lease(&self, until: Timestamp) {
        self.lease.store(until.as_millis(), Ordering::SeqCst);
    }

    /// Whether the lease has expired.
    pub(crate) fn has_lapsed(&self, now: Timestamp) -> bool {
        now.as_millis() >= self.lease.load(Ordering::SeqCst)
    }

    /// Waits for the inbox.
    pub(crate) async fn inbox(&self) -> Arc<dyn Inbox> {
        let mut inbox = self.inbox.subscribe();
        loop {
            let current = inbox.borrow_and_update().clone();
            if let Some(inbox) = current {
                return inbox;
            }
            if inbox.changed().await.is_err() {
                // Unreachable: `self` owns the sender.
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
        let carrier = self.name.clone();
        Outcome { key: submission.key, carrier, link: None, parts, accepted, end }
    }

    /// Reports a whole batch as deferred.
    pub(crate) async fn defer(&self, batch: &[Submission], reason: Reason) {
        if batch.is_empty() {
            return;
        }
        let put_off = |submission: &Submission| {
            let parts = submission.content.parts;
            self.outcome(
                submission,
                parts,
                vec![],
                End::Deferred { reason, wait: None, code: None },
            )
        };
        self.inbox().await.outcomes(batch.iter().map(put_off).collect()).await;
    }

    /// Accepts no more submissions and waits for the run to end once none is open; after `grace` the open ones are
    /// aborted.
    pub(crate) async fn close(&self, grace: Duration) {
        self.closing.cancel();
        let mut running = self.running.subscribe();
        if tokio::time::timeout(grace, running.wait_for(|running| !running)).await.is_err() {
            tracing::warn!(carrier = self.name.as_str(), "stopping with open submissions");
            self.aborting.cancel();
            let _ = tokio::time::timeout(ABORT_TIMEOUT, running.wait_for(|running| !running)).await;
        }
    }
}
