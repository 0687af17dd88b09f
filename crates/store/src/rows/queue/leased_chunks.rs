//! The chunks of one claim after their lease: those still in the claim, and those to write back.

use std::time::Duration;

use domain::message::chunk::{Doubt, DoubtEvent};
use domain::ports::{ChunkId, Recorded};
use domain::time::Timestamp;

use crate::rows::message::message_lock::{self, Messages};
use crate::rows::message::recipients::Range;
use crate::tx::{Result, Tx, UNREADABLE_WAIT, params};

/// Delay before a chunk is claimed again whose message was locked by another change.
const BUSY_WAIT: Duration = Duration::from_millis(200);

/// A chunk leased by the claim.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LeasedChunk {
    pub(crate) id: ChunkId,
    pub(crate) last: u32,
    /// Number of this claim.
    pub(crate) attempt: u32,
    /// Its recipients' rows are yet to become pending.
    pub(crate) requeued_at: Option<Timestamp>,
    /// When receipts of earlier claims are overdue.
    pub(crate) await_until: Option<Timestamp>,
    /// Doubt before this claim.
    pub(crate) doubt: Doubt,
}

impl LeasedChunk {
    /// Whether it was due because receipts are overdue.
    pub(crate) fn is_overdue(&self, now: Timestamp) -> bool {
        self.await_until.is_some_and(|until| until <= now)
    }

    pub(crate) const fn range(&self) -> Range {
        (self.id.message, self.id.first, self.last)
    }
}

pub(crate) struct Claim {
    pub(crate) now: Timestamp,
    pub(crate) chunks: Vec<LeasedChunk>,
    pub(crate) recorded: Recorded,
    /// Chunks to release, each with its next due time.
    freed: Vec<(LeasedChunk, Timestamp)>,
    deleted: Vec<ChunkId>,
}

impl Claim {
    pub(crate) fn new(chunks: Vec<LeasedChunk>, now: Timestamp) -> Self {
        let (recorded, freed, deleted) = (Recorded::default(), Vec::new(), Vec::new());
        Self { now, chunks, recorded, freed, deleted }
    }

    /// Removes chunks from the claim; they are due again at `due_at`.
    pub(crate) fn put_back(&mut self, due_at: Timestamp, which: impl Fn(&LeasedChunk) -> bool) {
        let back = self.chunks.extract_if(.., |chunk| which(chunk));
        self.freed.extend(back.map(|chunk| (chunk, due_at)));
    }

    /// Removes chunks because of another change; they are due again shortly.
    pub(crate) fn put_back_busy(&mut self, which: impl Fn(&LeasedChunk) -> bool) {
        self.put_back(self.now.after(BUSY_WAIT), which);
    }

    /// Locks the messages of these chunks. Those locked by another change are put back.
    pub(crate) async fn lock_messages(
        &mut self,
        tx: &mut impl Tx,
        which: impl Fn(&LeasedChunk) -> bool,
    ) -> Result<Messages> {
        let wanted = self.chunks.iter().filter(|chunk| which(chunk));
        let messages = message_lock::lock_free(tx, wanted.map(|chunk| chunk.id.message)).await?;
        self.put_back_busy(|chunk| which(chunk) && !messages.contains_key(&chunk.id.message));
        Ok(messages)
    }

    /// Removes chunks from the claim, and deletes them.
    pub(crate) fn delete(&mut self, which: impl Fn(&LeasedChunk) -> bool) -> Vec<LeasedChunk> {
        let deleted: Vec<_> = self.chunks.extract_if(.., |chunk| which(chunk)).collect();
        self.deleted.extend(deleted.iter().map(|chunk| chunk.id));
        deleted
    }

    /// Nothing of the chunk is pending: it continues to await receipts, or is deleted.
    pub(crate) fn finish(&mut self, chunk: LeasedChunk) {
        match chunk.await_until {
            Some(until) => self.freed.push((chunk, until)),
            None => self.deleted.push(chunk.id),
        }
    }

    /// Postpones a chunk that needs an operator.
    pub(crate) fn put_off_unreadable(&mut self, chunk: LeasedChunk) {
        tracing::error!(chunk = %chunk.id, "a chunk cannot be read and is put off");
        self.freed.push((chunk, self.now.after(UNREADABLE_WAIT)));
    }

    /// Releases or deletes the chunks that are no longer in the claim.
    pub(crate) async fn write_back(&self, tx: &mut impl Tx) -> Result<()> {
        let rows: Vec<_> = self
            .freed
            .iter()
            .map(|(chunk, due_at)| {
                let doubt = chunk.doubt.after(DoubtEvent::Claimed);
                let doubt = doubt.after(DoubtEvent::ReturnedUnused);
                // Overdue receipts are still overdue when it is due again.
                let await_until = chunk
                    .await_until
                    .map(|until| if chunk.is_overdue(self.now) { *due_at } else { until });
                params![&chunk.id.message, chunk.id.first, *due_at, doubt, await_until]
            })
            .collect();
        tx.execute_many(
            "UPDATE chunks SET lease_node = NULL, due_at = ?3, doubt = ?4, await_until = ?5
             WHERE message = ?1 AND first_idx = ?2",
            &rows,
        )
        .await?;
        let rows: Vec<_> = self.deleted.iter().map(|id| params![&id.message, id.first]).collect();
        tx.execute_many("DELETE FROM chunks WHERE message = ?1 AND first_idx = ?2", &rows)
            .await
            .map(drop)
    }
}
