//! An inbox that records everything and can refuse receipts.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use domain::inbound::{InboundBody, InboundPart};
use domain::ports::{
    InboundRefusal, Inbox, Outcome, PortError, Receipt, SubmissionKey, UnreadReceipt,
};
use domain::routing::CarrierName;

/// How long a condition may take before the test fails.
pub const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug, Default)]
pub struct TestInbox {
    outcomes: Mutex<Vec<Outcome>>,
    receipts: Mutex<Vec<Receipt>>,
    inbound: Mutex<Vec<InboundPart>>,
    unread: Mutex<Vec<UnreadReceipt>>,
    refusals: AtomicU32,
    refused: AtomicU32,
    /// Receipts with this id and messages with this text are never stored.
    poison: Mutex<Option<String>>,
    stall_ms: AtomicU32,
    reported_refusals: Mutex<Vec<(InboundRefusal, u64)>>,
}

fn lock<T>(held: &Mutex<T>) -> MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

impl TestInbox {
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Makes the next `calls` of `receipts` and `inbound` fail.
    pub fn refuse_receipts(&self, calls: u32) {
        self.refusals.store(calls, Ordering::SeqCst);
    }

    /// Refuses receipts with this id and messages with this text permanently.
    pub fn poison(&self, word: &str) {
        *lock(&self.poison) = Some(word.to_owned());
    }

    fn take(&self, mut words: impl Iterator<Item = String>) -> Result<(), PortError> {
        let poison = lock(&self.poison);
        match &*poison {
            Some(poison) if words.any(|word| word == *poison) => {
                Err(PortError::Refused("bad".to_owned()))
            }
            _ => Ok(()),
        }
    }

    /// Number of failed calls.
    pub fn refused(&self) -> u32 {
        self.refused.load(Ordering::SeqCst)
    }

    /// Fails if the store is to be unavailable.
    fn store(&self) -> Result<(), PortError> {
        let left = |calls: u32| calls.checked_sub(1);
        if self.refusals.fetch_update(Ordering::SeqCst, Ordering::SeqCst, left).is_ok() {
            self.refused.fetch_add(1, Ordering::SeqCst);
            return Err(PortError::Unavailable("the store is unavailable".to_owned()));
        }
        Ok(())
    }

    /// Makes every call of `outcomes` take this long.
    pub fn stall(&self, by: Duration) {
        self.stall_ms.store(u32::try_from(by.as_millis()).unwrap_or(u32::MAX), Ordering::SeqCst);
    }

    /// What the carrier reported as refused.
    pub fn refusals(&self) -> Vec<(InboundRefusal, u64)> {
        lock(&self.reported_refusals).clone()
    }

    pub fn outcomes(&self) -> Vec<Outcome> {
        lock(&self.outcomes).clone()
    }

    pub fn outcomes_of(&self, key: SubmissionKey) -> Vec<Outcome> {
        lock(&self.outcomes).iter().filter(|outcome| outcome.key == key).cloned().collect()
    }

    /// Stored receipts, including repeats.
    pub fn receipts(&self) -> Vec<Receipt> {
        lock(&self.receipts).clone()
    }

    /// Stored parts of inbound messages, including repeats.
    pub fn inbound(&self) -> Vec<InboundPart> {
        lock(&self.inbound).clone()
    }

    pub fn receipts_of(&self, carrier_id: &str) -> Vec<Receipt> {
        let stored = lock(&self.receipts);
        stored.iter().filter(|receipt| receipt.carrier_id == carrier_id).cloned().collect()
    }

    /// Waits for the one outcome of a submission.
    pub async fn outcome(&self, key: SubmissionKey) -> Outcome {
        until("an outcome", || !self.outcomes_of(key).is_empty()).await;
        self.outcomes_of(key).remove(0)
    }

    /// Waits until there are `count` outcomes.
    pub async fn wait_outcomes(&self, count: usize) -> Vec<Outcome> {
        until("outcomes", || lock(&self.outcomes).len() >= count).await;
        self.outcomes()
    }

    /// Waits for a receipt of this part.
    /// Receipts that could not be read.
    pub fn unread(&self) -> Vec<UnreadReceipt> {
        lock(&self.unread).clone()
    }

    pub async fn receipt(&self, carrier_id: &str) -> Receipt {
        until("a receipt", || !self.receipts_of(carrier_id).is_empty()).await;
        self.receipts_of(carrier_id).remove(0)
    }
}

/// Waits for a condition.
///
/// # Panics
///
/// If the condition does not hold within [`PATIENCE`].
pub async fn until(what: &str, condition: impl Fn() -> bool) {
    let begun = tokio::time::Instant::now();
    while !condition() {
        assert!(begun.elapsed() < PATIENCE, "{what} never came");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[async_trait]
impl Inbox for TestInbox {
    async fn outcomes(&self, outcomes: Vec<Outcome>) {
        let stall = self.stall_ms.load(Ordering::SeqCst);
        if stall > 0 {
            tokio::time::sleep(Duration::from_millis(stall.into())).await;
        }
        lock(&self.outcomes).extend(outcomes);
    }

    async fn receipts(&self, receipts: Arc<[Receipt]>) -> Result<(), PortError> {
        self.store()?;
        self.take(receipts.iter().map(|receipt| receipt.carrier_id.clone()))?;
        lock(&self.receipts).extend(receipts.iter().cloned());
        Ok(())
    }

    async fn inbound(&self, parts: Vec<InboundPart>) -> Result<(), PortError> {
        self.store()?;
        self.take(parts.iter().filter_map(|part| match &part.body {
            InboundBody::Text(text) => Some(text.clone()),
            InboundBody::Units(_) | InboundBody::Octets(_) => None,
        }))?;
        lock(&self.inbound).extend(parts);
        Ok(())
    }

    async fn unread(&self, receipts: Vec<UnreadReceipt>) -> Result<(), PortError> {
        self.store()?;
        lock(&self.unread).extend(receipts);
        Ok(())
    }

    fn refused(&self, _carrier: &CarrierName, why: InboundRefusal, count: u64) {
        lock(&self.reported_refusals).push((why, count));
    }
}
