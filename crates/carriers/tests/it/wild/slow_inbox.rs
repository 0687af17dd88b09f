//! An inbox as slow as a store on a slow disk, which records the largest amount in progress, and can stall.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::inbound::InboundPart;
use domain::ports::{End, InboundRefusal, Inbox, Outcome, PortError, Receipt, UnreadReceipt};
use domain::routing::CarrierName;
use tokio::sync::{Semaphore, watch};

#[derive(Debug)]
pub(super) struct SlowInbox {
    held: AtomicUsize,
    pub(super) held_max: AtomicUsize,
    calls: AtomicU32,
    commits: Semaphore,
    stalled: watch::Sender<bool>,
    /// Every n-th call fails; 0 for none.
    pub(super) fails_every: AtomicU32,
    pub(super) failed: AtomicU32,
    pub(super) receipts: Mutex<BTreeSet<String>>,
    pub(super) outcomes: Mutex<Vec<End>>,
    pub(super) refusals: Mutex<Vec<(InboundRefusal, u64)>>,
}

/// Duration of one commit.
const COMMIT: Duration = Duration::from_millis(20);

impl Default for SlowInbox {
    fn default() -> Self {
        Self {
            held: AtomicUsize::new(0),
            held_max: AtomicUsize::new(0),
            calls: AtomicU32::new(0),
            commits: Semaphore::new(4),
            stalled: watch::Sender::new(false),
            fails_every: AtomicU32::new(0),
            failed: AtomicU32::new(0),
            receipts: Mutex::default(),
            outcomes: Mutex::default(),
            refusals: Mutex::default(),
        }
    }
}

impl SlowInbox {
    /// Commits nothing while this is set.
    pub(super) fn stall(&self, stalled: bool) {
        self.stalled.send_replace(stalled);
    }

    pub(super) fn stored(&self) -> usize {
        self.receipts.lock().unwrap().len()
    }

    pub(super) fn outcomes(&self) -> usize {
        self.outcomes.lock().unwrap().len()
    }
}

#[async_trait]
impl Inbox for SlowInbox {
    async fn outcomes(&self, outcomes: Vec<Outcome>) {
        self.outcomes.lock().unwrap().extend(outcomes.into_iter().map(|outcome| outcome.end));
    }

    async fn receipts(&self, receipts: Arc<[Receipt]>) -> Result<(), PortError> {
        let held = self.held.fetch_add(receipts.len(), Ordering::SeqCst) + receipts.len();
        self.held_max.fetch_max(held, Ordering::SeqCst);
        let commit = self.commits.acquire().await.unwrap();
        let _ = self.stalled.subscribe().wait_for(|stalled| !stalled).await;
        tokio::time::sleep(COMMIT).await;
        drop(commit);
        self.held.fetch_sub(receipts.len(), Ordering::SeqCst);
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        let every = self.fails_every.load(Ordering::SeqCst);
        if every > 0 && call.is_multiple_of(every) {
            self.failed.fetch_add(1, Ordering::SeqCst);
            return Err(PortError::Unavailable("the disk is busy".to_owned()));
        }
        let mut stored = self.receipts.lock().unwrap();
        stored.extend(receipts.iter().map(|receipt| receipt.carrier_id.clone()));
        Ok(())
    }

    async fn inbound(&self, _parts: Vec<InboundPart>) -> Result<(), PortError> {
        Ok(())
    }

    async fn unread(&self, _receipts: Vec<UnreadReceipt>) -> Result<(), PortError> {
        Ok(())
    }

    fn refused(&self, _carrier: &CarrierName, why: InboundRefusal, count: u64) {
        self.refusals.lock().unwrap().push((why, count));
    }
}
