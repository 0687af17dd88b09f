//! An inbox as slow as a store on a slow disk, which records the largest amount in progress.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use domain::inbound::InboundPart;
use domain::ports::{Inbox, Outcome, PortError, Receipt};

#[derive(Debug, Default)]
pub(super) struct SlowInbox {
    held: AtomicUsize,
    pub(super) held_max: AtomicUsize,
    calls: AtomicU32,
    /// Every n-th call fails; 0 for none.
    pub(super) fails_every: AtomicU32,
    pub(super) failed: AtomicU32,
    pub(super) receipts: Mutex<BTreeSet<String>>,
    pub(super) outcomes: AtomicUsize,
}

/// Duration of one commit.
const COMMIT: Duration = Duration::from_millis(20);

#[async_trait]
impl Inbox for SlowInbox {
    async fn outcomes(&self, outcomes: Vec<Outcome>) {
        self.outcomes.fetch_add(outcomes.len(), Ordering::SeqCst);
    }

    async fn receipts(&self, receipts: Vec<Receipt>) -> Result<(), PortError> {
        let held = self.held.fetch_add(receipts.len(), Ordering::SeqCst) + receipts.len();
        self.held_max.fetch_max(held, Ordering::SeqCst);
        tokio::time::sleep(COMMIT).await;
        self.held.fetch_sub(receipts.len(), Ordering::SeqCst);
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        let every = self.fails_every.load(Ordering::SeqCst);
        if every > 0 && call.is_multiple_of(every) {
            self.failed.fetch_add(1, Ordering::SeqCst);
            return Err(PortError::Unavailable("the disk is busy".to_owned()));
        }
        let mut stored = self.receipts.lock().unwrap();
        stored.extend(receipts.into_iter().map(|receipt| receipt.carrier_id));
        Ok(())
    }

    async fn inbound(&self, _parts: Vec<InboundPart>) -> Result<(), PortError> {
        Ok(())
    }
}
