//! The recorder of receipts: while one change is under way it gathers what arrives, so that a storm
//! of receipts is stored in few changes. Each caller hears what became of the change that had its
//! own receipts.

use domain::limits;
use domain::ports::{PortError, Receipt};

use super::Dispatcher;
use super::inbox::Told;

impl Dispatcher {
    /// The worker. Safe to drop: callers that were not answered tell their carriers nothing, and
    /// get the receipts again.
    pub(crate) async fn record_receipts(&self) {
        let mut queue = self.queues.receipts.lock().await;
        while let Some(first) = queue.recv().await {
            let mut size = first.receipts.len();
            let mut batch = vec![first];
            while size < limits::RECEIPT_FLUSH_MAX {
                let Ok(more) = queue.try_recv() else { break };
                size += more.receipts.len();
                batch.push(more);
            }
            self.record_batch(batch).await;
        }
    }

    async fn record_batch(&self, mut batch: Vec<Told>) {
        // A call that was given up is made again.
        batch.retain(|told| !told.done.is_closed());
        if batch.is_empty() {
            return;
        }
        let all = batch.iter().flat_map(|told| told.receipts.iter().cloned()).collect();
        match self.store_receipts(all).await {
            Err(PortError::Refused(_) | PortError::Conflict(_)) if batch.len() > 1 => {
                for Told { receipts, done } in batch {
                    let _ = done.send(self.store_receipts(receipts).await);
                }
            }
            result => {
                for told in batch {
                    let _ = told.done.send(result.clone());
                }
            }
        }
    }

    async fn store_receipts(&self, receipts: Vec<Receipt>) -> Result<(), PortError> {
        let now = self.clock.now();
        let recorded = self.store.record_receipts(receipts, now, self.desk.lease(now)).await?;
        self.tell(recorded);
        Ok(())
    }
}
