//! Receipts that cannot be read: kept for the operator before the carrier is answered.

use domain::id::InboundId;
use domain::ports::{PortError, UnreadReceipt};

use super::Inbound;
use crate::commit_progress::{CommitProgress, RETRY_PAUSE};
use crate::engine::Engine;
use crate::ids::uuid_v7;

impl Engine {
    /// Receipts that name no message, newest first; with `before`, only older ones.
    pub async fn unread_receipts(
        &self,
        before: Option<InboundId>,
        limit: u32,
    ) -> Result<Vec<(InboundId, UnreadReceipt)>, PortError> {
        self.inbound.unread_receipts(before, limit).await
    }
}

impl Inbound {
    /// Waits while the store is unavailable, like every receipt.
    pub(crate) async fn keep_unread(&self, receipts: Vec<UnreadReceipt>) -> Result<(), PortError> {
        let now = self.clock.now();
        let id = || InboundId(uuid_v7(&*self.random, now));
        let receipts: Vec<_> = receipts.into_iter().map(|receipt| (id(), receipt)).collect();
        let call = self.progress.begin();
        let kept = async {
            loop {
                match self.store.keep_unread_receipts(receipts.clone()).await {
                    Err(error @ (PortError::Unavailable(_) | PortError::Unknown(_))) => {
                        self.metrics.store_retries.inc();
                        tracing::warn!(%error, "could not keep receipts; trying again");
                        tokio::time::sleep(RETRY_PAUSE).await;
                    }
                    Ok(()) => {
                        self.progress.committed();
                        return Ok(());
                    }
                    // A first attempt may have stored them.
                    Err(PortError::Conflict(_)) => return Ok(()),
                    Err(error) => return Err(error),
                }
            }
        };
        tokio::select! {
            kept = kept => kept,
            () = call.stalled() => Err(CommitProgress::error()),
        }
    }

    /// Newest first; with `before`, only older ones.
    async fn unread_receipts(
        &self,
        before: Option<InboundId>,
        limit: u32,
    ) -> Result<Vec<(InboundId, UnreadReceipt)>, PortError> {
        self.store.unread_receipts(before, limit).await
    }
}
